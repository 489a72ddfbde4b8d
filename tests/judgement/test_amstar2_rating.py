"""AMSTAR 2, Shea et al. 2017: its items, and the overall rating that follows from the answers."""

from itertools import product

import pytest

from evidence_review.judgement.standards import (
    AMSTAR_2,
    Checklist,
    Item,
    checklists,
    confidence,
)

CRITICAL = (2, 4, 7, 9, 11, 13, 15)
OTHER = (1, 3, 5, 6, 8, 10, 12, 14, 16)


def appraisal(answers) -> Checklist:
    """A checklist with these answers to items 1 to 16."""
    items = tuple(
        Item(str(number), "", "", number in CRITICAL, answer)
        for number, answer in enumerate(answers, start=1)
    )
    return Checklist(AMSTAR_2, items, ())


def test_the_table_has_the_items_of_the_tool(records):
    """Critical items, and the answers each item has, as in published copies of the form."""
    (tool,) = (found for found in checklists(records) if found.tool == AMSTAR_2)
    assert [item.number for item in tool.items] == [str(number) for number in range(1, 17)]
    assert {int(item.number) for item in tool.items if item.critical} == set(CRITICAL)
    table = (
        records.reference_class["standards"].query("tool == 'AMSTAR 2'").set_index("item").allowed
    )
    for number, allowed in table.items():
        partly = ["partial yes"] if int(number) in (2, 4, 7, 8, 9) else []
        none = ["no meta-analysis"] if int(number) in (11, 12, 15) else []
        assert allowed.split(" / ") == ["yes", *partly, "no", *none]


def test_every_combination_of_flaws_is_rated_by_the_published_rule():
    """High: none or one non-critical weakness. Moderate: more. Low: one critical flaw. Else lower."""
    for missed in product((False, True), repeat=16):
        result = confidence(appraisal("no" if miss else "yes" for miss in missed))
        flaws = sum(missed[number - 1] for number in CRITICAL)
        weaknesses = sum(missed[number - 1] for number in OTHER)
        assert (len(result.critical_flaws), len(result.weaknesses)) == (flaws, weaknesses)
        rating = {
            flaws > 1: "critically low",
            flaws == 1: "low",
            flaws == 0 and weaknesses > 1: "moderate",
            flaws == 0 and weaknesses <= 1: "high",
        }[True]
        assert result.rating == rating


# Table 2 of doi:10.1155/2020/4140692, all nine reviews: answers to items 1 to 16, and its rating.
PUBLISHED = """
Y N Y N Y Y N N N N Y Y N Y Y Y critically low
Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y Y high
Y N Y P N Y N Y Y N Y N Y Y Y Y critically low
Y N Y N Y Y N P N N N N Y N Y Y critically low
Y N Y P N Y N P N N Y N Y Y Y Y critically low
Y N Y P Y Y N Y Y N Y Y Y Y N Y critically low
Y N Y P N N N P Y N N N Y N Y Y critically low
Y Y Y Y Y Y N Y Y N Y N Y Y Y Y low
Y N Y P Y Y N P Y N Y N Y Y Y Y critically low
""".strip().splitlines()


@pytest.mark.parametrize("line", PUBLISHED)
def test_reviews_rated_by_others(line):
    *codes, rating = line.split(" ", 16)
    words = {"Y": "yes", "P": "partial yes", "N": "no"}
    assert confidence(appraisal(words[code] for code in codes)).rating == rating


@pytest.mark.parametrize("answer", ["partial yes", "no meta-analysis"])
def test_a_partial_yes_and_no_meta_analysis_are_not_held_against_a_review(answer):
    assert confidence(appraisal([answer] * 16)).rating == "high"


def test_an_item_without_an_answer_leaves_the_review_unrated():
    result = confidence(appraisal(["no", *["yes"] * 14, "not answered"]))
    assert result.rating == ""
