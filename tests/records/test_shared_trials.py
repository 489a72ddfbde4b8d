"""Trials of the reference class that a review compares: seen among its own, entered once."""

import pytest

from evidence_review.records import DataError, load


def test_they_are_among_the_review_s_studies(iron):
    shared = set(iron["contrasts"].study_id) & set(iron.reference_class["studies"].study_id)
    assert {"cho2016", "earley2024"} <= shared
    assert shared < set(iron["studies"].study_id)
    rows = iron["statistics"]
    assert set(rows.study_id) == set(iron["studies"].study_id)
    assert {row.partition("/")[0] for row in rows.row} == {"iron-rls", "rls-placebo"}
    assert rows.row.is_unique


def test_own_rows_and_the_rest_of_the_reference_class_take_them_apart(iron, records):
    assert set(iron.own_rows["studies"].study_id) == {"earley2009", "davis2000", "sloand2004"}
    everything = set(iron.reference_class["studies"].study_id) | {
        "earley2009",
        "davis2000",
        "sloand2004",
    }
    assert (
        set(iron["studies"].study_id) | set(iron.rest_of_reference_class["studies"].study_id)
        == everything
    )
    assert not set(iron["studies"].study_id) & set(iron.rest_of_reference_class["studies"].study_id)
    assert len(records.own_rows["studies"]) == len(records["studies"])


def test_a_number_of_the_review_completes_a_trial_of_the_class(iron):
    assert iron.people("cho2016", "placebo").row == "iron-rls/statistics.csv:2"
    assert not iron.reference_class.people("cho2016", "placebo").found


@pytest.mark.parametrize(
    ("file", "old", "new", "where"),
    [
        (
            "contrasts",
            "cho2018,fcm_500_mg,",
            "cho2018,fcm_600_mg,",
            "'study_id, treated_arm': 'cho2018, fcm_600_mg'",
        ),
        ("judgements", "cho2018,RLS severity", "cho2019,RLS severity", "'study_id': 'cho2019'"),
        (
            "certainty",
            ",earley2024,abstract,",
            ",earley2025,abstract,",
            "'source_id': 'earley2025'",
        ),
        (
            "review",
            ",trotti2019_iron,",
            ",trotti2019_zinc,",
            "'published_result': 'trotti2019_zinc'",
        ),
    ],
)
def test_a_key_may_point_to_either_folder_but_not_to_nothing(copy, file, old, new, where):
    path = copy.data / "iron-rls" / f"{file}.csv"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        load("iron-rls", copy)
    lines = [line for line in map(str, caught.value.violations) if where in line]
    assert lines
    assert "does not exist in data/iron-rls/" in lines[0]
    assert " or data/rls-placebo/" in lines[0]


def test_an_article_is_whole_or_absent(copy):
    path = copy.data / "iron-rls" / "review.csv"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace(",trotti2019_iron,,", ",trotti2019_iron,A title,"), encoding="utf-8"
    )
    with pytest.raises(DataError, match="without an article leave all four empty"):
        load("iron-rls", copy)
