"""PRISMA 2020 and AMSTAR 2 as this review answers them: every item once, none passed over."""

from dataclasses import replace

import pytest

from evidence_review.findings.of_judgement import reporting_findings
from evidence_review.judgement.standards import (
    AMSTAR_2,
    NOT_ANSWERED,
    checklists,
    confidence,
)

# The 42 rows of the PRISMA 2020 checklist (Page et al. 2021, BMJ 372:n71, Table 1).
PRISMA_ITEMS = [
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
    "7",
    "8",
    "9",
    "10a",
    "10b",
    "11",
    "12",
    "13a",
    "13b",
    "13c",
    "13d",
    "13e",
    "13f",
    "14",
    "15",
    "16a",
    "16b",
    "17",
    "18",
    "19",
    "20a",
    "20b",
    "20c",
    "20d",
    "21",
    "22",
    "23a",
    "23b",
    "23c",
    "23d",
    "24a",
    "24b",
    "24c",
    "25",
    "26",
    "27",
]


@pytest.fixture
def by_tool(records):
    return {checklist.tool: checklist for checklist in checklists(records)}


def with_rows(records, rows):
    return replace(records, tables=records.tables | {"reporting": rows})


def test_prisma_has_every_item_once(by_tool):
    assert [item.number for item in by_tool["PRISMA 2020"].items] == PRISMA_ITEMS
    assert len(PRISMA_ITEMS) == 42


def test_this_review_answers_every_item(by_tool):
    for checklist in by_tool.values():
        assert not checklist.answered(NOT_ANSWERED)
        assert all(item.reason and item.row for item in checklist.items)


def test_this_review_says_that_it_had_no_protocol(by_tool):
    """A statement that there is none fulfils PRISMA's item and fails AMSTAR 2's."""
    prisma = {item.number: item.answer for item in by_tool["PRISMA 2020"].items}
    result = confidence(by_tool[AMSTAR_2])
    assert (prisma["24a"], prisma["24b"], prisma["24c"]) == ("done", "done", "not applicable")
    assert "2" in {item.number for item in result.critical_flaws}
    assert result.rating == "critically low"


def test_an_item_without_a_row_is_not_answered(records):
    rows = records["reporting"]
    rows = rows[(rows.tool != "PRISMA 2020") | (rows.item != "7")]
    prisma = checklists(with_rows(records, rows))[0]
    assert [item.number for item in prisma.answered(NOT_ANSWERED)] == ["7"]
    assert len(prisma.items) == 42


def test_a_review_that_answers_nothing(records):
    empty = with_rows(records, records["reporting"].iloc[:0])
    found = {finding.id: finding.value for finding in reporting_findings(empty)}
    assert found["reporting.prisma_2020.not_answered"] == 42
    assert found["reporting.amstar_2.not_answered"] == 16
    assert sum(found.values()) == 58
    assert confidence(checklists(empty)[1]).rating == ""


def test_the_counts_of_answers_are_those_of_the_table(records):
    found = {finding.id: finding for finding in reporting_findings(records)}
    rows = records["reporting"]
    for tool, answer, name in (
        ("PRISMA 2020", "partly", "reporting.prisma_2020.partly"),
        ("AMSTAR 2", "no", "reporting.amstar_2.no"),
    ):
        expected = rows[(rows.tool == tool) & (rows.answer == answer)]
        assert found[name].value == len(expected)
        assert found[name].rows == tuple(expected.row)
    assert sum(finding.value for finding in found.values()) == len(rows) == 58
