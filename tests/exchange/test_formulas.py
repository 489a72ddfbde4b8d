"""No cell of a CSV file that goes out is a formula to a spreadsheet, whatever a name in the data is."""

import base64
import csv
import io
import re
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from evidence_review.course.build import write_csv
from evidence_review.display import page
from evidence_review.exchange import csv_tables
from evidence_review.records.spreadsheets import harmless

FORMULAS = [
    "=1+1",
    "@SUM(1,1)",
    "+1+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "\t=1+1",
    "\n=1+1",
    " =1+1",
    "\u00a0@SUM(1)",
    "\uff1d1+1",
]
PLAIN = ["-6,67", "+3.5", "-1e-5", "12", "low", "Doe 2018", "", "a=b", "5 - 3"]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_begins_like_a_formula_is_marked_as_text(text):
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("value", [*PLAIN, -4.2, 3, None, True])
def test_numbers_and_words_stay(value):
    assert harmless(value) == value


def test_a_return_does_not_begin_a_row_of_its_own():
    """Of two cells of one row: unquoted, what follows the return would be the first cell of another."""
    frame = pd.DataFrame({"label": ["x\r=1+1", "\r=1+1"], "value": 1.0}).map(harmless)
    assert cells(frame.to_csv(index=False))[2::2] == ["x\n=1+1", "'\n=1+1"]


def cells(text: str) -> list[str]:
    return [cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row]


def test_marks_and_keys(tmp_path):
    write_csv(tmp_path / "marks.csv", ("given",), [[text] for text in FORMULAS])
    text = (tmp_path / "marks.csv").read_bytes().decode("utf-8-sig")
    assert cells(text)[1:] == [f"'{given}" for given in FORMULAS]


def test_a_table_to_download_from_a_page(monkeypatch):
    made = []
    monkeypatch.setattr(page, "write", made.append)
    page.download(pd.DataFrame({"label": FORMULAS, "value": -1.5}), "table.csv")
    (data,) = re.findall(r"base64,([^\"]+)", made[0])
    found = cells(base64.b64decode(data).decode("utf-8"))
    assert found[2::2] == [f"'{label}" for label in FORMULAS]
    assert set(found[3::2]) == {"-1.5"}


def test_an_export(tmp_path, iron_review, monkeypatch):
    named = [
        replace(row, contrast=replace(row.contrast, label="@SUM(A1)"))
        for row in csv_tables.effects(iron_review)
    ]
    monkeypatch.setattr(csv_tables, "effects", lambda *_: named)
    csv_tables.write_csv(SimpleNamespace(review=iron_review), tmp_path)
    with (tmp_path / "metafor.csv").open(encoding="utf-8", newline="") as stream:
        assert {row["slab"] for row in csv.DictReader(stream)} == {"'@SUM(A1)"}
