"""The manifest of a report: RO-Crate 1.1 with the profile Process Run Crate 0.5, rule by rule.

Rules: https://w3id.org/ro/crate/1.1 (root data entity, data entities) and
https://w3id.org/ro/wfrun/process/0.5 (requirements).
"""

import hashlib
import json
import mimetypes
import shutil
import warnings
from datetime import UTC, date, datetime
from importlib.metadata import version
from urllib.parse import unquote

import pytest
import yaml
from rocrate.rocrate import ROCrate

from evidence_review import __version__
from evidence_review.findings.every import review_findings
from evidence_review.records import DataError
from evidence_review.runs import plan
from evidence_review.runs.manifest import keep_inputs, read_manifest, write_manifest

from ..conftest import ROOT

REVIEW = "magnesium-rls"
PAGES = {
    "index.html": "<p>the answer</p>",
    "key-figure.svg": "<svg/>",
    "results.json": "{}",
    "notebooks/01-one.ipynb": "{}",
    "summary.md": "# The answer",
    "a page, 100%.html": "a name that an address has to escape",
}


@pytest.fixture(scope="module")
def findings(magnesium):
    return {name: one.as_dict() for name, one in review_findings(magnesium).items()}


@pytest.fixture
def make(project, findings, tmp_path, magnesium):
    """Makes the folder of a report without its notebooks; returns it with its manifest as JSON."""

    def manifest(changed=(), source=project, **extra):
        folder = tmp_path / "report"
        shutil.rmtree(folder, ignore_errors=True)
        for name, words in PAGES.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(words, encoding="utf-8")
        keep_inputs(plan.input_files(source, REVIEW), folder)
        inputs = plan.report_inputs(source, {"review": REVIEW}) | extra
        write_manifest(magnesium, dict(changed), findings, inputs, folder)
        return folder, json.loads((folder / "ro-crate-metadata.json").read_text(encoding="utf-8"))

    return manifest


def entities(crate) -> dict[str, dict]:
    return {entity["@id"]: entity for entity in crate["@graph"]}


def many(value) -> list:
    return value if isinstance(value, list) else [value]


def ids(references) -> set[str]:
    return {reference["@id"] for reference in many(references)}


def references(value):
    """Every {"@id": …} inside an entity."""
    if isinstance(value, dict) and set(value) == {"@id"}:
        yield value["@id"]
    elif isinstance(value, dict):
        for part in value.values():
            yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def test_what_ro_crate_and_the_profile_demand(make):
    _, crate = make()
    found = entities(crate)
    assert len(found) == len(crate["@graph"]), "an id stands twice"
    assert crate["@context"][0] == "https://w3id.org/ro/crate/1.1/context"
    descriptor = found["ro-crate-metadata.json"]
    assert descriptor["@type"] == "CreativeWork"
    assert descriptor["about"] == {"@id": "./"}
    assert descriptor["conformsTo"] == {"@id": "https://w3id.org/ro/crate/1.1"}
    root = found["./"]
    assert root["@type"] == "Dataset"
    assert root["name"]
    assert root["description"]
    assert date.fromisoformat(root["datePublished"])
    assert found[root["license"]["@id"]]["name"] == "CC-BY-4.0"
    assert root["conformsTo"] == {"@id": "https://w3id.org/ro/wfrun/process/0.5"}
    assert found["https://w3id.org/ro/wfrun/process/0.5"]["@type"] == "CreativeWork"
    (action,) = (entity for entity in crate["@graph"] if entity["@type"] == "CreateAction")
    assert action["@id"] in ids(root["mentions"])
    instrument = found[action["instrument"]["@id"]]
    assert "SoftwareApplication" in instrument["@type"]
    assert (instrument["name"], instrument["softwareVersion"]) == ("evidence-review", __version__)
    for name in ids(action["object"]) | ids(action["result"]):
        assert found[name]["@type"] in ("File", "PropertyValue")
    for entity in crate["@graph"]:
        for name in set(references(list(entity.values()))) - {"https://w3id.org/ro/crate/1.1"}:
            assert name in found, f"{entity['@id']} refers to {name}, which is not there"


def test_another_reader_finds_every_file_and_has_nothing_to_warn_of(make):
    """ro-crate-py, which is not ours."""
    folder, _ = make()
    with warnings.catch_warnings(action="error"):
        crate = ROCrate(str(folder))
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    read = {unquote(entity.id) for entity in crate.data_entities if entity.type == "File"}
    assert read == there - {"ro-crate-metadata.json"}


def test_every_file_is_part_of_it_with_its_digest_and_size(make):
    folder, crate = make()
    found = entities(crate)
    files = {name: entity for name, entity in found.items() if "File" in many(entity["@type"])}
    there = {path for path in folder.rglob("*") if path.is_file()}
    assert {folder / unquote(name) for name in files} == there - {folder / "ro-crate-metadata.json"}
    for name, entity in files.items():
        content = (folder / unquote(name)).read_bytes()
        assert entity["sha256"] == hashlib.sha256(content).hexdigest()
        assert entity["contentSize"] == str(len(content))
        known, _ = mimetypes.guess_type(name)
        if known and not name.endswith((".j2", ".cff", ".yml")):
            assert entity["encodingFormat"] == known
    assert set(files) <= ids(found["./"]["hasPart"])


def test_inputs_and_results_are_told_apart(make, project):
    _, crate = make()
    found = entities(crate)
    action = found["#report"]
    assert ids(action["result"]) == {
        "index.html",
        "key-figure.svg",
        "results.json",
        "notebooks/01-one.ipynb",
        "summary.md",
        "a%20page%2C%20100%25.html",
    }
    used = {found[name].get("alternateName") for name in ids(action["object"])}
    data = {f"data/{REVIEW}/{path.name}" for path in (project.data / REVIEW).glob("*.csv")}
    notebooks = {f"notebooks/{path.name}" for path in project.notebooks.glob("*.ipynb")}
    assert len(data) > 5
    assert len(notebooks) > 5
    assert data | notebooks <= used
    assert not any(name.startswith("inputs/evidence_review/") for name in ids(action["object"]))
    instrument = found[action["instrument"]["@id"]]
    assert "inputs/evidence_review/stats/bayes.py" in ids(instrument["hasPart"])


def test_a_summary_of_the_defaults_is_not_a_result_of_other_settings(make):
    _, crate = make(changed={"level": 0.9})
    found = entities(crate)
    assert "summary.md" not in ids(found["#report"]["result"])
    assert "summary.md" in ids(found["./"]["hasPart"])
    assert found["#report"]["description"].endswith("--set level=0.9")


def test_what_the_review_found_can_be_read_back(make, records, settings):
    """Answer, verdicts (agreed ones, which are current: see `check`), parameters, versions, digests."""
    folder, _ = make()
    made = read_manifest(folder / "ro-crate-metadata.json")
    summary = (ROOT / "reports" / REVIEW / "summary.md").read_text(encoding="utf-8")
    assert len(made.answer) == 3
    assert all(sentence in summary for sentence in made.answer)
    claims = records["claims"]
    assert made.verdicts == dict(zip(claims.claim, claims.verdict, strict=True))
    assert made.parameters["level"] == 0.95
    assert made.parameters["arm_size"] == settings.arm_size
    assert "crossover_r" not in made.parameters  # nothing is assumed of it
    assert made.software["numpy"] == version("numpy")
    assert made.software["evidence-review"].startswith(__version__)
    path = f"data/{REVIEW}/claims.csv"
    assert made.files[path] == hashlib.sha256((ROOT / path).read_bytes()).hexdigest()


def test_dates_come_from_the_data_or_from_source_date_epoch(make, records):
    found = entities(make()[1])
    assert found["./"]["datePublished"] == records.review.search_date
    assert "endTime" not in found["#report"]
    moment = datetime(2026, 11, 22, 10, tzinfo=UTC).isoformat()
    found = entities(make(**{plan.DATE: moment})[1])
    assert found["./"]["datePublished"] == found["#report"]["endTime"] == moment
    setting = found[found["#report"]["environment"]["@id"]]
    assert (setting["name"], setting["@type"]) == ("SOURCE_DATE_EPOCH", "PropertyValue")


def test_authors_and_the_licence_of_the_code_are_those_of_the_citation(make, copy):
    citation = {
        "authors": [
            {"given-names": "Ada", "family-names": "Lovelace", "orcid": "https://orcid.org/0"},
            {"name": "The Society"},
        ],
        "license": "MIT",
    }
    (copy.root / "CITATION.cff").write_text(yaml.safe_dump(citation), encoding="utf-8")
    found = entities(make(source=copy)[1])
    authors = {(found[name]["@type"], found[name]["name"]) for name in ids(found["./"]["author"])}
    assert authors == {("Person", "Ada Lovelace"), ("Organization", "The Society")}
    assert found["inputs/evidence_review/"]["license"] == {"@id": "https://spdx.org/licenses/MIT"}

    (copy.root / "CITATION.cff").write_text("authors: [3]", encoding="utf-8")
    with pytest.raises(DataError, match=r"CITATION\.cff: is not in the Citation File Format"):
        make(source=copy)


def test_without_a_citation_nobody_is_named(make, copy):
    found = entities(make(source=copy)[1])
    assert "author" not in found["./"]
    assert "license" not in found["inputs/evidence_review/"]


@pytest.mark.parametrize("words", ["tomorrow", "1.5", "9" * 30])
def test_a_source_date_that_is_none_is_refused(monkeypatch, words):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", words)
    with pytest.raises(ValueError, match=r"SOURCE_DATE_EPOCH = .* is no date; set it to whole"):
        plan.source_date()


def test_a_source_date_is_read_as_utc(monkeypatch):
    """The billionth second of Unix time: 2001-09-09 01:46:40 UTC."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    assert plan.source_date() == "2001-09-09T01:46:40+00:00"
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "")
    assert plan.source_date() == ""
