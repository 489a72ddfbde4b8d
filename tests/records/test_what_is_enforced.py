"""The data package is enforced as Frictionless would, once, in time that grows with the rows."""

import json
import sys

import frictionless
import pytest

from evidence_review.records import (
    DataError,
    PackageError,
    Violation,
    load,
    validation,
    violations,
)
from evidence_review.records.package import DATA_PACKAGE, TABLES

from ..minimal_review import NAME, append, fill, statistic

STATISTICS = "magnesium-rls/statistics.csv"
SOURCES = "magnesium-rls/sources.csv"
BROKEN = {
    "a number that is none": (STATISTICS, ",25.16,", ",x,"),
    "a count that is not whole": ("magnesium-rls/studies.csv", ",2024,", ",2024.5,"),
    "a date that is none": ("magnesium-rls/review.csv", "2026-", "2026-13-"),
    "an empty cell that is required": (STATISTICS, ",gorantla2024,abstract,", ",,abstract,"),
    "a word outside the list": (STATISTICS, ",reported,", ",Reported,"),
    "a text of another form": (SOURCES, "source_id,citation", None),
    "below the least": (STATISTICS, ",RLS severity,,8.7,", ",RLS severity,,-8.7,"),
    "a row too short": (STATISTICS, None, "jadidi2022,all"),
    "a row too long": (STATISTICS, None, f"jadidi2022,all{',' * 40}"),
    "a blank row": (STATISTICS, None, "," * 17),
}


def break_file(copy, file, old, new):
    path = copy.data / file
    text = path.read_text(encoding="utf-8")
    if new is None:  # an id in capitals
        lines = text.splitlines()
        lines[1] = lines[1].upper()
        changed = "\n".join(lines) + "\n"
    elif old is None:
        changed = f"{text}{new}\n"
    else:
        assert old in text
        changed = text.replace(old, new, 1)
    path.write_text(changed, encoding="utf-8")


@pytest.mark.parametrize("mistake", BROKEN)
def test_frictionless_finds_the_same_row_broken(copy, mistake):
    """All but keys and rules of a row, which are ours: the rest is the standard's."""
    file, old, new = BROKEN[mistake]
    break_file(copy, file, old, new)
    folder, table = file.removesuffix(".csv").split("/")
    package = frictionless.Package(str(copy.data / DATA_PACKAGE))
    resource = package.get_resource(f"{folder}.{table}")
    resource.schema.foreign_keys = []
    errors = resource.validate().task.errors
    theirs = {error.row_number for error in errors}
    ours = {one.row for one in violations(copy, [folder]) if one.file == f"data/{file}"}
    assert theirs and theirs <= ours


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("constraints", {"minLength": 3}, "minLength is not enforced"),
        ("type", "boolean", "boolean is not enforced"),
        ("format", "email", "string email is not enforced"),
        ("constraints", {"pattern": "("}, "cannot be read"),
    ],
)
def test_what_is_not_enforced_is_refused(copy, name, value, says):
    path = copy.data / DATA_PACKAGE
    package = json.loads(path.read_text(encoding="utf-8"))
    package["resources"][0]["schema"]["fields"][0][name] = value
    path.write_text(json.dumps(package), encoding="utf-8")
    with pytest.raises(PackageError, match=says):
        violations(copy, copy.folders())


def test_a_package_that_lacks_a_part_says_which(copy):
    path = copy.data / DATA_PACKAGE
    package = json.loads(path.read_text(encoding="utf-8"))
    del package["resources"][0]["schema"]["primaryKey"]
    path.write_text(json.dumps(package), encoding="utf-8")
    with pytest.raises(PackageError, match="'primaryKey' is missing; write it anew"):
        violations(copy, copy.folders())


def alike(count: int, first: int = 2) -> list[Violation]:
    return [Violation("a.csv", row, "x", "1", "wrong; why") for row in range(first, first + count)]


@pytest.mark.parametrize(("count", "shown"), [(3, 3), (4, 1), (5, 1)])
def test_from_four_on_violations_alike_are_one(count, shown):
    found = DataError(alike(count)).violations
    assert len(found) == shown
    assert ("the same in rows 3, 4, 5" in found[0].message) == (count > 3)


def test_violations_of_whole_files_are_never_one():
    found = [Violation("a.json", 0, "", name, "not in the package") for name in "abcdef"]
    assert DataError(found).violations == tuple(found)


@pytest.mark.parametrize("row", ["jadidi2022,,x", f"jadidi2022,,x,,nan,{',' * 30}"])
def test_a_malformed_row_is_reported_once_whatever_its_cells_are(copy, row):
    break_file(copy, STATISTICS, None, row)
    (found,) = violations(copy, ["magnesium-rls"])
    assert "cells, the header 18" in found.message


def test_a_short_row_of_a_table_that_others_point_to(copy):
    path = copy.data / "rls-placebo/instruments.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    place = next(i for i, line in enumerate(lines) if line.startswith("IRLS,"))
    lines[place] = "IRLS,a scale"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = violations(copy, ["magnesium-rls", "rls-placebo"])
    assert [(one.file, one.row) for one in found] == [
        ("data/rls-placebo/instruments.csv", place + 1)
    ]


def test_an_empty_key_is_not_said_to_stand_twice(review):
    fill(review, randomised=True)
    append(review, "assumptions", {"unit": "u", "reason": "r"}, {"unit": "u", "reason": "r"})
    found = violations(review, [NAME])
    assert found
    assert not [one for one in found if "earlier row" in one.message]


@pytest.mark.parametrize("file", [TABLES, DATA_PACKAGE, STATISTICS, "rls-placebo/arms.csv"])
def test_known_valid_data_are_checked_anew_when_this_file_has_changed(copy, monkeypatch, file):
    load("magnesium-rls", copy)
    path = copy.data / file
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    checked = []
    monkeypatch.setattr(validation, "violations", lambda *_: checked.append(file) or [])
    load("magnesium-rls", copy)
    assert checked == [file]


def calls(action) -> int:
    """How many functions of Python are called: a cost that does not depend on the machine."""
    count = 0

    def profile(frame, event, _):
        nonlocal count
        count += event == "call"

    sys.setprofile(profile)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("arm", ["zinc", "nobody"])
def test_cost_grows_with_the_rows_and_no_faster(review, arm):
    """Valid rows, and rows whose key points to nothing: twice the rows, twice the calls."""
    fill(review, randomised=True)
    costs, week = [], 10
    for more in (100, 100, 200):
        rows = [
            statistic(arm if arm == "zinc" else f"{arm}{week + i}", "mean", "9", week=str(week + i))
            for i in range(more)
        ]
        append(review, "statistics", *rows)
        week += more
        costs.append(calls(lambda: violations(review, [NAME])))
    per_hundred = costs[1] - costs[0]
    assert per_hundred > 100
    assert costs[2] - costs[1] == pytest.approx(2 * per_hundred, rel=0.1)
