"""Rows are typed as `tables.yml` says, and know where they stand."""

import copy as copying
import json
import pickle

import pandas as pd
import pytest

from evidence_review.records import RowId
from evidence_review.records import rows as row_classes
from evidence_review.records.package import table_definitions
from evidence_review.records.row_types import class_name, row_types


def test_the_classes_are_generated_from_tables_yml(project):
    path = project.root / "src/evidence_review/records/rows.py"
    written = path.read_text(encoding="utf-8")
    assert written == row_types(table_definitions(project)), (
        "run `python -m evidence_review schema`"
    )


def test_rows_have_the_class_of_their_table_and_its_values(iron):
    for part in (iron, iron.reference_class):
        for name, frame in part.tables.items():
            rows = part.rows(name)
            assert len(rows) == len(frame)
            for row in rows:
                assert type(row) is getattr(row_classes, class_name(name))
            assert set(rows[0]._fields if rows else frame) == set(frame)
            expected = frame.to_dict("records")
            for row, values in zip(rows, expected, strict=True):
                assert pd.Series(row._asdict()).equals(pd.Series(values)[list(row._fields)])


def test_a_place_knows_its_parts_and_reads_as_text():
    row = RowId("a-b", "pooled_results", 7)
    assert row == "a-b/pooled_results.csv:7"
    assert (row.folder, row.table, row.line) == ("a-b", "pooled_results", 7)
    assert row.file == "a-b/pooled_results.csv"
    assert json.dumps([row]) == '["a-b/pooled_results.csv:7"]'


@pytest.mark.parametrize("row", [RowId("a", "b", 2), RowId("", "", 0)])
def test_a_place_survives_text_pickles_and_copies(row):
    for again in (
        RowId.parse(str(row)),
        pickle.loads(pickle.dumps(row)),
        copying.deepcopy(row),
        copying.copy(row),
    ):
        assert type(again) is RowId
        assert (again, again.folder, again.line) == (row, row.folder, row.line)


@pytest.mark.parametrize("text", ["x", "a/b.csv", "a/b.csv:0", "a/b:7", "b.csv:7", "a/b.csv:x"])
def test_text_that_is_no_place(text):
    with pytest.raises(ValueError, match="is not the place of a row"):
        RowId.parse(text)


def test_every_row_of_a_review_knows_its_folder_table_and_line(iron):
    for part in (iron, iron.reference_class, iron.own_rows, iron.rest_of_reference_class):
        for name, frame in part.tables.items():
            for row in frame.row:
                assert type(row) is RowId
                assert row.table == name
                assert row.line > 1


def test_records_travel_to_another_process_without_what_was_looked_up(iron):
    iron.rows("arms")
    again = pickle.loads(pickle.dumps(iron))
    assert not again.tables._rows
    assert again.reference_class.reference_class is again.reference_class
    assert again.rows("arms") == iron.rows("arms")
