"""Mistakes that a person makes in a spreadsheet: each gives one message, which says how to mend it."""

import csv
import re

import pytest

from evidence_review.checks.doubts import doubts
from evidence_review.records import DataError, load, violations

from ..minimal_review import NAME, append, fill, people, statistic

RESULT = "roe2020,zinc,RLS severity,IRLS,8,"
MEAN = f"{RESULT}mean,=,14.2,"


def one_message(review) -> str:
    (found,) = DataError(violations(review, [NAME])).violations
    return str(found)


@pytest.fixture
def statistics(review):
    """The table that most people err in: change its text, and get the message."""
    fill(review, randomised=True)
    path = review.data / NAME / "statistics.csv"

    def message(old: str, new: str) -> str:
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, "the mistake must be made once"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return one_message(review)

    return message


def value(text: str) -> str:
    return MEAN.replace("14.2", text)


CELLS = {
    "a decimal comma": (value('"14,2"'), ["'14,2'", "write 14.2"]),
    "a comma for thousands, or not": (value('"1,042"'), ["write 1042 or 1.042"]),
    "commas for thousands": (value('"1,042,000"'), ["write 1042000"]),
    "point and comma": (value('"1.042,5"'), ["write 1042.5"]),
    "a space for thousands": (value("1 042"), ["write 1042"]),
    "a no-break space within": (value("1\u00a0042"), ["write 1042"]),
    "a no-break space after": (value("14.2\u00a0"), ["begins or ends with a space"]),
    "a trailing space": (value("14.2 "), ["begins or ends with a space", "delete it"]),
    "a minus sign that is none": (value("\u221214.2"), ["write -14.2", "a hyphen for minus"]),
    "a date, day and month": (value("14-Feb"), ["a date", "format to 'text'"]),
    "a date, month and year": (value("Feb-14"), ["a date", "format to 'text'"]),
    "a date with slashes": (value("14/02/2026"), ["a date", "format to 'text'"]),
    "a date as databases write it": (value("2026-02-14 00:00:00"), ["a date"]),
    "n/a": (value("n/a"), ["leave the cell empty", "'missing_reason'"]),
    "NA": (value("NA"), ["leave the cell empty", "'missing_reason'"]),
    "NaN": (value("NaN"), ["leave the cell empty", "'missing_reason'"]),
    "a dash": (value("\u2013"), ["leave the cell empty", "'missing_reason'"]),
    "a formula": (value("=B2/B3"), ["a formula", "paste it as a value"]),
    "the error of a formula": (value("#DIV/0!"), ["a formula", "paste it as a value"]),
    "a percent sign": (value("14.2%"), ["write 14.2:"]),
    "the unit with the number": (
        value("14.2 points"),
        ["write 14.2 alone if that is in the column's unit"],
    ),
    "mean and SD in one cell": (value("14.2 ± 6.1"), ["several", "write one in each cell"]),
    "a bound with the number": (value("<14.2"), ["write 14.2 here and < in 'comparator'"]),
    "an id in capitals": (
        MEAN.replace("roe2020", "Roe2020"),
        ["'Roe2020, zinc': does not exist", "if you mean 'roe2020, zinc', write it so"],
    ),
    "an unknown study": (
        MEAN.replace("roe2020", "smith1999"),
        ["'smith1999, zinc': does not exist in data/zinc/arms.csv", "add it there"],
    ),
    "a space after an id": (MEAN.replace("zinc,", "zinc ,"), ["column 'arm_id'", "delete it"]),
    "a score that the scale has not": (value("142"), ["IRLS runs from 0 to 40"]),
}


@pytest.mark.parametrize("mistake", CELLS)
def test_a_cell(statistics, mistake):
    new, says = CELLS[mistake]
    message = statistics(MEAN, new)
    assert message.startswith("data/zinc/statistics.csv, row 3, column '")
    for words in says:
        assert words in message


SD = f"{RESULT}sd,=,6.1,,points,,,reported"
CHANGED = {
    "the same row twice": (f"{RESULT}sd,", f"{RESULT}mean,", ["an earlier row has the same"]),
    "an SD below zero": (SD, SD.replace("6.1", "-6.1"), ["greater than 0"]),
    "a number of people that is not whole": (
        "n_analysed,=,21,",
        "n_analysed,=,21.5,",
        ["whole number above 0"],
    ),
    "a word that is not in the list": (
        SD,
        SD.replace("reported", "Reported"),
        ["'Reported': not one of the allowed values: reported, derived, assumed"],
    ),
    "a word with a space that only looks like one": (
        f"{RESULT}sd",
        f"{RESULT}s\u00a0d",
        ["it has a special space", "type the space again"],
    ),
}


@pytest.mark.parametrize("mistake", CHANGED)
def test_a_row(statistics, mistake):
    old, new, says = CHANGED[mistake]
    message = statistics(old, new)
    for words in ("data/zinc/statistics.csv, row ", *says):
        assert words in message


ADDED = {
    "a percentage above 100": (
        [statistic("zinc", "responders_percent", "132", unit="%")],
        ["row 8, column 'value': '132'", "between 0 and 100"],
    ),
    "p above 1": (
        [statistic("zinc", "p_difference", "1.2", unit="p")],
        ["row 8, column 'value': '1.2'", "between 0 and 1"],
    ),
    "more people than were randomised": (
        [
            people("all", "40") | {"statistic": "n_randomised"},
            people("zinc", "43") | {"statistic": "n_randomised"},
        ],
        ["row 9, column 'value': '43'", "more people than the 40"],
    ),
    "the lower limit above the upper one": (
        [
            statistic("zinc", "difference", "-3.7", sign_convention="end minus baseline"),
            statistic("zinc", "difference_ci_low", "0.3", sign_convention="end minus baseline"),
            statistic("zinc", "difference_ci_high", "7.7", sign_convention="end minus baseline"),
        ],
        ["row 8, column 'value': '-3.7'", "below the 'difference_ci_low' of 0.3 in row 9", "signs"],
    ),
    "a result and its limits signed in two ways": (
        [
            statistic("zinc", "change_mean", "-7.3"),
            statistic("zinc", "change_ci_low", "4.1", sign_convention="reduction"),
        ],
        ["row 8, column 'sign_convention'", "another sign convention in row 9"],
    ),
    "a unit in two spellings": (
        [
            people("zinc", "7.1") | {"statistic": "mean", "outcome": "sleep", "unit": "hours"},
            people("placebo", "6.4") | {"statistic": "mean", "outcome": "sleep", "unit": "h"},
        ],
        ["row 9, column 'unit': 'h'", "write this unit 'hours': write it the same way"],
    ),
    "a change whose sign the means contradict": (
        [statistic("zinc", "mean", "25.1", week="0"), statistic("zinc", "change_mean", "10.9")],
        ["row 9, column 'value': '10.9'", "from 25.1 to 14.2 (rows 8 and 3)", "is -10.9"],
    ),
}


@pytest.mark.parametrize("mistake", ADDED)
def test_rows_that_cannot_be(review, mistake):
    fill(review, randomised=True)
    rows, says = ADDED[mistake]
    if any(row["arm_id"] == "all" for row in rows):
        whole = {"study_id": "roe2020", "arm_id": "all", "label": "all", "role": "whole study"}
        append(review, "arms", whole | {"source_id": "roe2020"})
    append(review, "statistics", *rows)
    message = one_message(review)
    for words in ("data/zinc/statistics.csv, ", *says):
        assert words in message


@pytest.mark.parametrize("units", [("min", "h"), ("ms", "m"), ("points", "days"), ("mg", "g")])
def test_two_units_are_no_spellings_of_one(review, units):
    fill(review, randomised=True)
    means = zip(("zinc", "placebo"), units, strict=True)
    rows = [
        people(arm, "7.1") | {"statistic": "mean", "outcome": "sleep", "unit": unit}
        for arm, unit in means
    ]
    append(review, "statistics", *rows)
    assert not violations(review, [NAME])


def lines(text: str, edit) -> str:
    return "".join(f"{edit(line)}\n" for line in text.splitlines())


def swapped(text: str) -> str:
    """The names of two columns changed over, the cells left where they are."""
    return (
        text.replace(",value,", ",?,", 1)
        .replace(",unit,", ",value,", 1)
        .replace(",?,", ",unit,", 1)
    )


FILES = {
    "a heading over merged cells": (
        lambda text: f"Study,,,,Result{',' * 14}\n{text}",
        ["row 1", "the column names are in row 2", "delete the rows above"],
    ),
    "a column without a name": (
        lambda text: lines(text, lambda line: f"{line},"),
        ["row 1", "column S has no name"],
    ),
    "a renamed column": (
        lambda text: text.replace(",statistic,", ",Statistic name,", 1),
        ["row 1", "'Statistic name': unknown column", "name it 'statistic'"],
    ),
    "a column in capitals with a space": (
        lambda text: text.replace("study_id,", "Study ID ,", 1),
        ["row 1", "'Study ID ': unknown column", "name it 'study_id'"],
    ),
    "a column left out": (
        lambda text: text.replace("statistic,", "", 1),
        ["row 1, column 'statistic'", "the column is missing"],
    ),
    "a column twice": (
        lambda text: lines(text.replace(",note", ",note,note", 1), str),
        ["row 1, column 'note'", "occurs twice"],
    ),
    "two columns that changed places": (
        swapped,
        ["row 1, column 'value'", "every cell of 'unit' is", "seem to be swapped"],
    ),
    "the wrong table": (
        lambda _: "name,age\nRoe,40\n",
        ["row 1", "none of the table's columns", "study_id,arm_id"],
    ),
    "semicolons": (lambda text: text.replace(",", ";"), ["row 1", "separated by commas"]),
    "tabs": (lambda text: text.replace(",", "\t"), ["row 1", "separated by commas"]),
    "nothing but a byte order mark": (
        lambda _: b"\xef\xbb\xbf",
        ["the file is empty", "study_id,arm_id"],
    ),
    "UTF-16": (lambda text: text.encode("utf-16"), ["UTF-16", "save it as 'CSV UTF-8'"]),
    "a byte of a damaged disk": (
        lambda text: text.replace("zinc,RLS", "zinc,\0RLS", 1).encode(),
        ["row 3: '\\x00'", "damaged here", "take it from a copy"],
    ),
    "a cell longer than a book": (
        lambda text: text.replace("zinc,RLS", f"zinc,{'R' * 200_000}", 1),
        ["row 3", "131,072 characters"],
    ),
    "Latin-1": (
        lambda text: text.replace("zinc,RLS", "zinç,RLS", 1).encode("latin-1"),
        ["row 3: '\\xe7'", "not UTF-8", "save it as 'CSV UTF-8'"],
    ),
    "a workbook renamed to .csv": (
        lambda _: b"PK\x03\x04\x14\x00" + bytes(40),
        ["a workbook that was renamed", "save it as 'CSV UTF-8'"],
    ),
    "a quote that is not closed": (
        lambda text: text.replace("zinc,RLS severity", 'zinc,"RLS severity', 1),
        ["row 3", "double quote", "not closed"],
    ),
    "a quote within a cell": (
        lambda text: text.replace("zinc,RLS severity", 'zinc,"RLS" severity', 1),
        ["row 3", "double quote", "write a quote inside it twice"],
    ),
    "empty rows at the end": (
        lambda text: text + f"{',' * 17}\n" * 6,
        ["row 8", "the row is blank; delete it", "rows 9, 10, 11, 12, 13"],
    ),
    "a row too short": (
        lambda text: f"{text}roe2020,zinc\n",
        ["row 8", "2 cells, the header 18"],
    ),
    "the same mistake all the way down": (
        lambda text: text.replace(",8,", ',"8,0",'),
        ["row 2, column 'week': '8,0'", "write 8.0", "the same in rows 3, 4, 5, 6, 7"],
    ),
}


@pytest.mark.parametrize("mistake", FILES)
def test_a_file(review, mistake):
    _of_a_file(review, mistake)


def test_how_long_a_cell_may_be_does_not_hang_on_the_process(review):
    """frictionless, once imported, raises Python's own limit."""
    before = csv.field_size_limit(10_000_000)
    try:
        _of_a_file(review, "a cell longer than a book")
    finally:
        csv.field_size_limit(before)


def _of_a_file(review, mistake):
    fill(review, randomised=True)
    edit, says = FILES[mistake]
    path = review.data / NAME / "statistics.csv"
    changed = edit(path.read_text(encoding="utf-8"))
    path.write_bytes(changed if isinstance(changed, bytes) else changed.encode())
    message = one_message(review)
    assert message.startswith("data/zinc/statistics.csv")
    for words in says:
        assert words in message


def test_a_space_after_the_id_of_a_study_is_not_blamed_on_the_rows_that_name_it(review):
    fill(review, randomised=True)
    path = review.data / NAME / "studies.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("roe2020,R", "roe2020 ,R"), "utf-8")
    assert re.search(
        r"studies.csv, row 2, column 'study_id': 'roe2020 ': .* space", one_message(review)
    )


def test_two_rows_in_review(review):
    fill(review, randomised=True)
    path = review.data / NAME / "review.csv"
    last = path.read_text(encoding="utf-8").splitlines()[-1]
    with path.open("a", encoding="utf-8") as stream:
        stream.write(f"{last.replace('zinc,', 'zinc-2,', 1)}\n")
    assert "review.csv, row 3: 'zinc-2': a review has one row" in one_message(review)


def test_a_standard_error_in_the_place_of_an_sd_and_a_share_are_asked_about(review):
    """6.1 / sqrt(21) = 1.33; both are possible, so the data are valid, until a note says why."""
    fill(review, randomised=True)
    path = review.data / NAME / "statistics.csv"
    path.write_text(path.read_text(encoding="utf-8").replace(",6.1,", ",1.33,"), "utf-8")
    append(review, "statistics", statistic("zinc", "responders_percent", "0.35", unit="%"))
    error, share = map(str, doubts(load(NAME, review)))
    assert "row 4, column 'value': '1.33': small for a standard deviation" in error
    assert "Of 21 people it would be an SD of 6.09" in error
    assert "row 8, column 'value': '0.35': less than one in a hundred" in share
    assert "As a percentage it is 35" in share
