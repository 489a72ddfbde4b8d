"""References come in from four forms and go out in them, the same each time."""

import csv
import json
from types import SimpleNamespace

import pytest

from evidence_review.cli import main
from evidence_review.exchange.references import (
    NoReferencesError,
    Reference,
    read_references,
    write_references,
)
from evidence_review.records import load, violations

from ..minimal_review import NAME, fill
from ..small_project import content

RIGHT = Reference(
    authors=("Müller, Anna B", "Roe, Jane"),
    title="Zinc for restless legs: a trial",
    published_in="Sleep Med",
    year="2020",
    volume="12",
    pages="1-9",
    doi="10.1000/xyz.1",
    pmid="12345",
)
RIS = """TY  - JOUR
AU  - Müller, Anna B
AU  - Roe, Jane
TI  - Zinc for restless legs: a trial
T2  - Sleep Med
PY  - 2020/05/01
VL  - 12
SP  - 1
EP  - 9
DO  - 10.1000/xyz.1
AN  - PMID: 12345
ER  -
"""
NBIB = """
PMID- 12345
OWN - NLM
DP  - 2020 May
TI  - Zinc for restless legs:
      a trial.
PG  - 1-9
LID - 10.1000/xyz.1 [doi]
FAU - Müller, Anna B
AU  - Müller AB
FAU - Roe, Jane
AU  - Roe J
TA  - Sleep Med
VI  - 12
"""
BIBTEX = r"""@article{mueller,
  author = {M{\"u}ller, Anna B and Jane Roe},
  title = {{Zinc} for restless legs: a trial},
  journal = {Sleep Med}, year = 2020, volume = {12}, pages = {1--9},
  doi = {https://doi.org/10.1000/xyz.1}, pmid = {12345},
}
"""
CSL = json.dumps(
    [
        {
            "type": "article-journal",
            "title": "Zinc for restless legs: a trial",
            "author": [
                {"family": "Müller", "given": "Anna B"},
                {"family": "Roe", "given": "Jane"},
            ],
            "container-title": "Sleep Med",
            "issued": {"date-parts": [[2020, 5]]},
            "volume": "12",
            "page": "1-9",
            "DOI": "10.1000/xyz.1",
            "PMID": "12345",
        }
    ]
)


@pytest.mark.parametrize("text", [RIS, NBIB, BIBTEX, CSL], ids=["ris", "nbib", "bibtex", "csl"])
@pytest.mark.parametrize("change", [lambda t: t, lambda t: "\ufeff" + t.replace("\n", "\r\n")])
def test_one_reference_in_every_form(text, change):
    assert read_references(change(text).encode()) == [RIGHT]


def test_several_references(tmp_path):
    text = NBIB + NBIB.replace("12345", "678").replace("Zinc", "Iron")
    assert [one.pmid for one in read_references(text.encode())] == ["12345", "678"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("TY  - JOUR\nAU  - Doe, J\nER  - \n", "no title in reference 1"),
        ("@article{x, title = {open}", "BibTeX entries that begin in line 1 are malformed"),
        ('[{"title": ', "cannot be read"),
    ],
)
def test_what_cannot_be_read_is_told(text, says):
    with pytest.raises(NoReferencesError, match=says):
        read_references(text.encode())


def test_they_fill_the_sources_and_can_be_taken_back(review, capsys):
    """A source that an import made has only a name: it gets its citation, DOI and PMID."""
    fill(review, randomised=True)
    before = content(review.data)
    refs = review.root / "refs.ris"
    other = RIS.replace("Zinc", "Iron").replace("xyz.1", "xyz.2").replace("12345", "6")
    roe = "TY  - JOUR\nAU  - Roe, Jane\nTI  - Zinc again\nPY  - 2020\nDO  - 10.1000/roe\nER  - \n"
    refs.write_text(RIS + other + roe, encoding="utf-8")
    command = ["--project", str(review.root), "import", "--review", NAME]
    assert main([*command, str(refs), "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert "2 new sources; 1 known source filled in" in told
    assert told.endswith("Nothing was written.\n")
    assert content(review.data) == before
    assert main([*command, str(refs)]) == 0
    assert violations(review, [NAME]) == []
    with (review.data / NAME / "sources.csv").open(encoding="utf-8", newline="") as stream:
        rows = {row["source_id"]: row for row in csv.DictReader(stream)}
    assert list(rows) == ["roe2020", "muller2020", "muller2020b"]
    assert rows["roe2020"]["doi"] == "10.1000/roe"
    assert rows["roe2020"]["citation"] == "Roe J. Zinc again. 2020."
    assert rows["muller2020"]["citation"] == (
        "Müller AB, Roe J. Zinc for restless legs: a trial. Sleep Med 2020;12:1-9."
    )
    assert main([*command, str(refs)]) == 0
    assert "0 new sources; 0 known sources filled in" in capsys.readouterr().out
    for _ in range(2):
        assert main([*command, "--undo"]) == 0
    assert content(review.data) == before


def test_what_goes_out_comes_in_again(review, tmp_path):
    fill(review, randomised=True)
    refs = review.root / "refs.ris"
    refs.write_text(RIS, encoding="utf-8")
    assert main(["--project", str(review.root), "import", "--review", NAME, str(refs)]) == 0
    records = load(NAME, review)
    write_references(SimpleNamespace(review=SimpleNamespace(records=records)), tmp_path)
    for form in ("ris", "bib", "json", "nbib"):
        found = read_references((tmp_path / f"references.{form}").read_bytes())
        one = next(one for one in found if one.pmid == "12345")
        wanted = (RIGHT.authors, RIGHT.title, RIGHT.published_in, RIGHT.year, RIGHT.doi)
        assert (one.authors, one.title, one.published_in, one.year, one.doi) == wanted, form
