"""`evidence-review diff`: differences made by hand must be told, in order, and nothing else."""

import json
import sys
from dataclasses import replace
from io import BytesIO, TextIOWrapper
from math import inf

import pytest

from evidence_review.cli import main
from evidence_review.exchange.diff import (
    DiffError,
    compare,
    read_report,
    shift,
)
from evidence_review.review.finding import Finding, Interval

CHANGE = Finding(
    "trial.score.change",
    "Change of the score",
    -6.0,
    "points",
    Interval(-9.0, -3.0, 0.95),
    basis="reported",
    rows=("a/b.csv:2",),
)
SHARE = Finding("trial.share", "Share as good", 51.0, "%")
PEOPLE = Finding("trial.people", "People", 12.0, "people")
P = Finding("trial.p", "P of the change", 0.006, "p")


def entity(address: str, kind: str, /, **rest) -> dict:
    return {"@id": address, "@type": kind, **rest}


@pytest.fixture
def make(tmp_path):
    """A folder with results and, unless told otherwise, a manifest, both made by hand."""

    def report(
        name,
        *findings,
        answer=("It may help.", "It may not."),
        verdict="supported",
        level=0.95,
        numpy="2.0.0",
        digest="aaaa",
        manifest=True,
    ):
        folder = tmp_path / name
        folder.mkdir()
        results = {one.id: one.as_dict() | {"notebook": "01-one"} for one in findings}
        (folder / "results.json").write_text(json.dumps(results), encoding="utf-8")
        graph = [
            entity("./", "Dataset", description="\n".join(answer)),
            entity(
                "#claim-c01", "ClaimReview", claimReviewed="It works", reviewRating={"@id": "#v"}
            ),
            entity("#v", "Rating", alternateName=verdict),
            entity("#parameter-level", "PropertyValue", name="level", value=level),
            entity("#parameter-review", "PropertyValue", name="review", value="magnesium-rls"),
            entity("n", "SoftwareApplication", name="numpy", softwareVersion=numpy),
            entity("inputs/data/a.csv", "File", alternateName="data/a.csv", sha256=digest),
            entity("index.html", "File", sha256="of a page, which is no input"),
        ]
        if manifest:
            (folder / "ro-crate-metadata.json").write_text(
                json.dumps({"@graph": graph}), encoding="utf-8"
            )
        return folder

    return report


def told(old, new) -> tuple[bool, list[str]]:
    """Whether the results differ, and the lines after the heading that are not empty."""
    difference = compare(read_report(old), read_report(new))
    return difference.is_one, list(filter(None, difference.text.split("\n")))[1:]


def test_the_same_results(make):
    assert told(make("old", CHANGE, SHARE), make("new", CHANGE, SHARE)) == (
        False,
        ["The results are the same."],
    )


def test_findings_are_read_as_they_were_written(make):
    assert read_report(make("old", CHANGE, P)).findings == {CHANGE.id: CHANGE, P.id: P}


def test_everything_that_changed_what_matters_first(make):
    old = make("old", CHANGE, SHARE, PEOPLE, P)
    new = make(
        "new",
        replace(CHANGE, value=-3.0, interval=Interval(-6.5, 0.5, 0.95), basis="derived"),
        replace(SHARE, value=53.5),
        replace(P, note="two-sided"),
        Finding("trial.weeks", "Length", 8.0, "weeks"),
        answer=("It may help.", "It does not."),
        verdict="contradicted",
        level=0.9,
        numpy="2.1.0",
        digest="bbbb",
    )
    assert told(old, new) == (
        True,
        [
            "## The answer",
            "- was: It may not.",
            "- is: It does not.",
            "## Verdicts on claims",
            "- “It works”: supported → contradicted",
            "## Numbers that changed (2)",
            "- Change of the score (`trial.score.change`): −6.00 points (−9.00 to −3.00) → "
            "−3.00 points (−6.50 to 0.50), up by 3 points; basis reported → derived",
            "- Share as good (`trial.share`): 51.0% → 53.5%, up by 2.5 percentage points",
            "## Numbers that are new",
            "- Length (`trial.weeks`): 8 weeks",
            "## Numbers that are gone",
            "- People (`trial.people`): 12 people",
            "## The same numbers, but other words or data rows",
            "- P of the change (`trial.p`): note",
            "## What they are made from",
            "- level: 0.95 → 0.9",
            "- numpy: 2.0.0 → 2.1.0",
            "- data/a.csv changed",
        ],
    )


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (4.0, 3.0, 0.25),  # a quarter of the larger
        (-1.0, 1.0, 2.0),  # of a sign
        (None, 3.0, inf),
        (3.0, None, inf),
        (None, None, 0.0),
        (1e6, 1e6 + 0.9, 0.0),  # nine tenths of a millionth: noise
        (1e6, 1e6 + 1.1, 1.1 / (1e6 + 1.1)),
        (0.0, 9e-10, 0.0),
        (0.0, 2e-9, 1.0),
    ],
)
def test_how_far_a_number_moved(one, other, expected):
    """By hand, from the definition: what is not noise is told from 0."""
    assert shift(replace(SHARE, value=one), replace(SHARE, value=other)) == pytest.approx(expected)


def test_a_number_is_called_what_it_is_now(make):
    """A pool of five trials that has become one of eight."""
    pool = replace(CHANGE, label="Difference: 5 trials pooled")
    now = replace(pool, label="Difference: 8 trials pooled", value=-5.0)
    _, lines = told(make("old", pool), make("new", now))
    assert lines[1] == (
        "- Difference: 8 trials pooled (`trial.score.change`): −6.00 points (−9.00 to −3.00) → "
        "−5.00 points (−9.00 to −3.00), up by 1 point; before: Difference: 5 trials pooled"
    )


def test_a_limit_alone_counts(make):
    is_one, lines = told(
        make("old", CHANGE), make("new", replace(CHANGE, interval=Interval(-9.0, -2.5, 0.95)))
    )
    assert is_one
    assert lines[1].endswith("−6.00 points (−9.00 to −3.00) → −6.00 points (−9.00 to −2.50)")


def test_a_number_that_could_not_be_computed(make):
    _, lines = told(make("old", SHARE), make("new", replace(SHARE, value=None)))
    assert lines[1] == "- Share as good (`trial.share`): 51.0% → –"


def test_without_a_manifest_numbers_are_compared_and_it_is_said(make):
    old, new = make("old", CHANGE), make("new", CHANGE, manifest=False)
    is_one, lines = told(old, new / "results.json")
    assert not is_one
    assert lines == [
        "The results are the same.",
        f"There is no ro-crate-metadata.json next to {new / 'results.json'}: only numbers were compared.",
    ]


def test_results_under_another_name_are_not_of_the_manifest_beside_them(make):
    old = make("old", CHANGE)
    other = old / "before.json"
    other.write_bytes((old / "results.json").read_bytes())
    is_one, lines = told(other, old)
    assert not is_one
    assert lines[1].endswith(f"next to {other}: only numbers were compared.")


def test_inputs_alone_are_told_but_are_no_difference(make):
    is_one, lines = told(make("old", CHANGE), make("new", CHANGE, digest="bbbb"))
    assert not is_one
    assert lines == [
        "The results are the same.",
        "## What they are made from",
        "- data/a.csv changed",
    ]


@pytest.mark.parametrize(
    ("file", "content", "says"),
    [
        ("results.json", None, "has no results.json"),
        ("results.json", "{broken", "results.json is broken, it is not JSON: Expecting"),
        ("results.json", "[1]", "results.json is not as a report has it"),
        (
            "results.json",
            '{"a.b": {"value": 3}}',
            "results.json is not as a report has it",
        ),
        ("results.json", '{"a.b": 3}', "results.json is not as a report has it"),
        (
            "ro-crate-metadata.json",
            '{"@graph": []}',
            "ro-crate-metadata.json is not as a report has it",
        ),
        ("ro-crate-metadata.json", "\xff\xfe", "ro-crate-metadata.json is broken"),
    ],
)
def test_what_cannot_be_read(make, file, content, says):
    folder = make("old", CHANGE)
    (folder / file).unlink()
    if content is not None:
        (folder / file).write_bytes(content.encode("latin-1"))
    with pytest.raises(DiffError, match=says):
        read_report(folder)


def test_a_minus_sign_goes_into_a_file_whatever_the_code_of_the_system(make, copy, monkeypatch):
    """Windows-1252 has none; Python writes it to what is not a terminal there."""
    old, new = make("old", CHANGE), make("new", replace(CHANGE, value=-5.0))
    written = BytesIO()
    monkeypatch.setattr("sys.stdout", TextIOWrapper(written, encoding="cp1252"))
    assert main(["--project", str(copy.root), "diff", str(old), str(new)]) == 1
    sys.stdout.flush()
    assert "−5.00" in written.getvalue().decode("utf-8")


def test_the_command(make, copy, capsys, monkeypatch):
    """As the command diff: 0 for the same, 1 for different, 2 for trouble; by default the present report."""
    old, new = make("old", CHANGE), make("new", replace(CHANGE, value=-5.0))

    def run(*words) -> tuple[int, str]:
        code = main(["--project", str(copy.root), "diff", *map(str, words)])
        said = capsys.readouterr()
        return code, said.out + said.err

    assert run(old, new)[0] == 1
    code, said = run(old, make("again", CHANGE))
    assert code == 0
    assert said.startswith(f"# From {old / 'results.json'} to ")
    code, said = run(old, old / "results.json")
    assert code == 2
    assert f"{old / 'results.json'} would be compared with itself" in said
    code, said = run(old, copy.root / "nowhere")
    assert code == 2
    assert f"there is no {copy.root / 'nowhere'}; name the folder of a report" in said
    code, said = run(old)
    assert code == 2
    assert f"there is no {copy.reports / 'magnesium-rls'}" in said
    copy.reports.mkdir()
    new.rename(copy.reports / "magnesium-rls")
    code, said = run(old)
    assert code == 1
    assert "up by 1 point\n" in said


def test_one_more_is_said_in_the_singular(make):
    """'study', not 'studie'."""
    old, new = (Finding("flow.studies", "Studies", value, "studies") for value in (10.0, 11.0))
    _, said = told(make("old", old), make("new", new))
    assert said[1].endswith("up by 1 study")
