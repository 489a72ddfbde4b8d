"""The checks on the data as committed: what they must find by themselves, and no false alarm."""

from collections import Counter
from dataclasses import replace

import pandas as pd
import pytest

from evidence_review.checks.doubts import doubts
from evidence_review.checks.per_study import every_check
from evidence_review.consistency.printed import CONSISTENT, INCONSISTENT, NOT_CHECKABLE
from evidence_review.exchange.new_review import Question
from evidence_review.records import Records, load
from evidence_review.review.review import Review

from ..printed_estimates import SMOKE, imported


@pytest.fixture(scope="module")
def checks(records):
    return every_check(Review(records))


def test_only_scores_that_are_said_to_be_whole_are_checked_as_such(copy):
    path = copy.data / "rls-placebo" / "instruments.csv"
    whole = path.read_text(encoding="utf-8")
    names = lambda: {check.check for check in every_check(Review(load("magnesium-rls", copy)))}
    assert "mean of whole scores" in names()
    path.write_text(whole.replace(",points,yes,", ",points,,"), encoding="utf-8")
    assert not any("whole scores" in name for name in names())


def of(checks, study_id, outcome=None, check=None, arm_id=None):
    return [
        c
        for c in checks
        if c.study_id == study_id
        and outcome in (None, c.outcome)
        and check in (None, c.check)
        and arm_id in (None, c.arm_id)
    ]


def with_values(records: Records, values: dict, **template) -> Records:
    """The records, with rows of statistics.csv filled in or added: {(arm, statistic, week): '1.50'}."""
    table = records["statistics"].copy()
    for (arm_id, statistic, week), text in values.items():
        cells = {"arm_id": arm_id, "statistic": statistic, "week": week, **template}
        same = (table[list(cells)] == pd.Series(cells)).all(axis=1)
        row = table[same].iloc[0] if same.any() else table.iloc[0]
        filled = {
            **row,
            **cells,
            "value": float(text),
            "decimals": len(text.partition(".")[2]),
            "comparator": "=",
            "basis": "reported",
            "row": f"added:{arm_id}/{statistic}",
        }
        table = pd.concat([table[~same], pd.DataFrame([filled])], ignore_index=True)
    return replace(records, tables=records.tables | {"statistics": table})


def test_the_misprinted_interval_is_found(checks):
    found = of(checks, "gorantla2024", "quality of life")
    assert {c.check: c.answer for c in found} == {
        "p against its interval": INCONSISTENT,
        "interval about its estimate": INCONSISTENT,
    }
    assert any("with 14.91 as upper limit" in c.arithmetic for c in found)


def test_the_main_interval_is_a_t_interval_about_its_mean(checks):
    found = of(checks, "gorantla2024", "RLS severity")
    assert {c.check: c.answer for c in found} == {
        "p against its interval": CONSISTENT,
        "interval about its estimate": CONSISTENT,
        "mean of whole scores": CONSISTENT,
    }
    assert any("80/12 = 6.6667" in c.arithmetic for c in found)
    assert any("t with 11 df" in c.arithmetic for c in found)


def test_a_rank_test_with_everybody_in_one_direction(checks):
    (found,) = of(checks, "gorantla2024", "leg discomfort at rest", "p as a signed-rank test")
    assert found.answer == CONSISTENT
    assert found.arithmetic.startswith(
        "11 non-zero differences all in one direction (2/2^11 = 0.00098)"
    )


def test_sds_that_look_like_standard_errors(checks):
    """Both arms are outliers that would sit among the others as SEs; the p fits them as SDs only."""
    outliers = of(checks, "deng2017", check="SD among those of other studies")
    assert [c.answer for c in outliers] == [INCONSISTENT, INCONSISTENT]
    assert "SD of 10.44" in outliers[0].arithmetic  # 2.61 * 4
    (by_p,) = of(checks, "deng2017", check="p against the arms' changes and spreads")
    assert by_p.answer == CONSISTENT
    assert "fits SD" in by_p.arithmetic


def test_nothing_else_is_flagged(checks):
    """Each looked at by hand: four percentages are not of the number analysed for the main outcome."""
    flagged = Counter((c.study_id, c.check) for c in checks if c.answer == INCONSISTENT)
    assert flagged == {
        ("gorantla2024", "p against its interval"): 1,
        ("gorantla2024", "interval about its estimate"): 1,
        ("deng2017", "SD among those of other studies"): 2,
        ("kushida2009", "percentage of people"): 1,
        ("allen2014", "percentage of people"): 1,
        ("buchfuhrer2021", "percentage of people"): 2,
    }


def test_an_odds_ratio_is_held_against_its_interval_on_the_log_scale(checks):
    """sqrt(1.16 * 3.532) = 2.024."""
    (found,) = of(checks, "yang2019")
    assert found.answer == CONSISTENT
    assert "is 2.0241" in found.arithmetic


def test_every_check_says_what_it_rests_on_and_no_more_are_open_than_settled(records, checks):
    known = {
        row for folder in (records, records.reference_class) for row in folder["statistics"].row
    }
    for check in checks:
        assert check.arithmetic
        assert check.rows
        assert set(check.rows) <= known
    answers = Counter(check.answer for check in checks)
    assert set(answers) == {CONSISTENT, INCONSISTENT, NOT_CHECKABLE}
    assert answers[NOT_CHECKABLE] < answers[CONSISTENT]


def test_doses_of_compound_and_element(records, checks):
    (known,) = of(checks, "gorantla2024", "magnesium citrate")
    assert (known.answer, "it is of the element" in known.arithmetic) == (CONSISTENT, True)
    (open_,) = of(checks, "jadidi2022", "magnesium oxide")
    assert open_.answer == NOT_CHECKABLE
    assert "150.8 mg" in open_.arithmetic
    other = with_values(
        records,
        {("magnesium_citrate", "daily_dose", float("nan")): "100"},
        study_id="gorantla2024",
        outcome="magnesium",
        unit="mg",
    )
    # a new row beside the old one: 100 is neither 200 nor 32.3, but 200 still is among the printed
    table = other["statistics"]
    keep = ~((table.outcome == "magnesium") & (table.value == 200))
    contradictory = replace(other, tables=other.tables | {"statistics": table[keep]})
    (found,) = of(every_check(Review(contradictory)), "gorantla2024", "magnesium citrate")
    assert found.answer == INCONSISTENT


ARMS = ("magnesium", "vitamin_b6", "placebo")


@pytest.mark.parametrize(("gap", "answer"), [(3.3, CONSISTENT), (4.5, INCONSISTENT)])
def test_an_omnibus_p_once_the_groups_are_known(records, gap, answer):
    """25 an arm, SD 6.0, means a gap apart: F = 25 gap^2 / 36 with 2 and 72 df; 7.56 has p = .0011."""
    values = {}
    for arm, mean in zip(ARMS, (18 - gap, 18, 18 + gap), strict=True):
        values |= {(arm, "mean", 8.7): f"{mean:.1f}", (arm, "sd", 8.7): "6.0"}
    full = with_values(records, values, study_id="jadidi2022", outcome="RLS severity")
    full = with_values(
        full,
        {(arm, "n_analysed", 8.7): "25" for arm in ARMS},
        study_id="jadidi2022",
        outcome="participants",
    )
    (found,) = of(every_check(Review(full)), "jadidi2022", "RLS severity", arm_id="all")
    assert found.check == "p over all arms against means and SDs"
    assert found.answer == answer
    assert len(found.rows) == 10


@pytest.mark.parametrize(("p", "answer"), [("0.26", CONSISTENT), ("0.02", INCONSISTENT)])
def test_a_p_at_baseline(records, p, answer):
    """24.8 (SD 5.72) against 23.0 (SD 5.03), 25 an arm: t = 1.8/1.523 = 1.18, p = .243; 21: .262."""
    people = {(arm, "n_analysed", float("nan")): "22" for arm in ("placebo", "oral_iron")}
    reference = with_values(
        records.reference_class,
        {("oral_iron", "p_difference", 0.0): p},
        study_id="wang2009",
        outcome="RLS severity",
        instrument_id="IRLS",
    )
    reference = with_values(reference, people, study_id="wang2009", outcome="participants")
    found = of(
        every_check(Review(replace(records, reference_class=reference))),
        "wang2009",
        check="p against the groups' means and SDs",
    )
    assert [c.answer for c in found] == [answer]


@pytest.mark.parametrize(
    ("design", "t", "p", "people", "answers"),
    [
        # R: 2 * pt(-t, df). t 2.26: 0.024 by a normal, 0.034 with 19 df; of a crossover trial 0.050 with 9 (paired),
        # 0.075 with 4.88 (Welch's, its orders of 5 people with SDs of 3 and 1), 0.087 with 4 at the fewest
        ("parallel", "2.26", "0.03", "= 20", [CONSISTENT]),
        ("parallel", "2.26", "0.05", "= 20", [INCONSISTENT]),
        ("parallel", "2.26", "0.05", "< 20", []),
        ("crossover", "2.26", "0.05", "= 10", [CONSISTENT]),
        ("crossover", "2.26", "0.075", "= 10", [CONSISTENT]),
        ("crossover", "2.26", "0.10", "= 10", [INCONSISTENT]),
        ("cluster", "2.26", "0.07", "= 20", []),
    ],
)
def test_a_p_against_its_t(records, design, t, p, people, answers):
    comparator, number = people.split()
    values = {("oral_iron", "p_difference", 12.0): p, ("oral_iron", "t_difference", 12.0): t}
    reference = with_values(
        records.reference_class, values, study_id="wang2009", outcome="depression", instrument_id=""
    )
    reference = with_values(
        reference,
        {(arm, "n_analysed", float("nan")): number for arm in ("placebo", "oral_iron")},
        study_id="wang2009",
        outcome="participants",
    )
    tables = {name: reference[name].copy() for name in ("statistics", "studies")}
    of_people = tables["statistics"].row.astype(str).str.endswith("/n_analysed")
    tables["statistics"].loc[of_people, "comparator"] = comparator
    tables["studies"].loc[tables["studies"].study_id == "wang2009", "design"] = design
    reference = replace(reference, tables=reference.tables | tables)
    found = of(
        every_check(Review(replace(records, reference_class=reference))),
        "wang2009",
        check="p against its t",
    )
    assert [c.answer for c in found] == answers


def test_a_p_of_a_change_against_its_t(records):
    """12 people. R: 2 * pt(-2.10, 11) is 0.060, and a normal gives 0.036; 2 * pt(-3.38, 11) is 0.0061."""
    for t, answer in (("3.38", CONSISTENT), ("2.10", INCONSISTENT)):
        full = with_values(
            records,
            {("magnesium_citrate", "t_change", 8.0): t},
            study_id="gorantla2024",
            outcome="RLS severity",
            instrument_id="IRLS",
        )
        (found,) = of(every_check(Review(full)), "gorantla2024", check="p against its t")
        assert found.answer == answer
        # Of people who were randomised, some may have left: fewer degrees of freedom are not known.
        statistics = full["statistics"].copy()
        counted = (statistics.study_id == "gorantla2024") & (statistics.statistic == "n")
        statistics.loc[counted, "statistic"] = "n_randomised"
        other = replace(full, tables=full.tables | {"statistics": statistics})
        assert of(every_check(Review(other)), "gorantla2024", check="p against its t") == []


def test_the_command_check_doubts_a_p_that_does_not_fit_its_t(copy):
    path = copy.data / "magnesium-rls" / "statistics.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    (number, row), *_ = (
        (number, line)
        for number, line in enumerate(lines, start=1)
        if line.startswith("gorantla2024") and ",RLS severity,IRLS,8,p_change,=,0.006," in line
    )
    for t, expected in (("3.38", []), ("2.10", [number])):
        with_t = row.replace("p_change,=,0.006,,p,", f"t_change,=,{t},,t,")
        path.write_text("\n".join([*lines, with_t]) + "\n", encoding="utf-8")
        found = doubts(load("magnesium-rls", copy))
        assert [one.row for one in found if "does not fit its t" in one.message] == expected


# Made up. Baker: SDs divided by the root of the number of people. Cole: P = 0.43 by its interval, 0.81 / (4.00 / 3.92).
SEVEN = """study,weeks,n1,mean1,sd1,n2,mean2,sd2,difference,difference_ci_low,difference_ci_high,p
Adams 2001,8,46,7.13,3.15,51,9.35,3.40,,,,0.001
Baker 2002,8,18,8.28,0.81,35,9.06,0.69,,,,
Cole 2003,8,21,9.48,3.46,28,10.29,3.42,-0.81,-2.81,1.19,0.047
Dean 2004,8,43,8.63,4.21,38,10.32,3.81,,,,0.063
Evans 2005,8,52,9.04,3.35,43,10.28,3.26,,,,0.072
Ford 2006,8,37,7.70,3.05,41,10.15,3.68,-2.44,-3.98,-0.91,0.002
"""
ANXIETY = Question(
    text="Does online therapy help with anxiety?",
    treatment="online therapy",
    condition="anxiety",
    outcome="anxiety",
    scale="HADS",
    unit="points",
    lowest=0,
    highest=21,
    better="lower",
)


def test_misprints_of_an_imported_table_of_scores(tmp_path):
    """A P is on no scale, results are of scores, and the control group got something else than placebo."""
    review = imported(tmp_path, ANXIETY, SEVEN, control="usual care")
    found = every_check(review)
    flagged = Counter((c.study_id, c.check) for c in found if c.answer == INCONSISTENT)
    assert flagged == {
        ("baker2002", "SD among those of other studies"): 2,
        ("cole2003", "p against its interval"): 1,
    }
    (ford,) = of(found, "ford2006", check="p against its interval")
    assert ford.answer == CONSISTENT
    (adams,) = of(found, "adams2001", check="p against the arms' scores and spreads")
    assert "fits SD" in adams.arithmetic
    assert not of(found, "adams2001", check="P on its own")


def test_the_p_of_scores_tells_standard_errors_from_sds(tmp_path):
    """Baker's P is 0.468 by Welch's t from SDs of 3.44 and 4.08, and 0.002 if 0.81 and 0.69 were the SDs: scipy 1.17."""
    table = SEVEN.replace("0.81,35,9.06,0.69,,,,", "0.81,35,9.06,0.69,,,,0.468")
    found = every_check(imported(tmp_path, ANXIETY, table, control="usual care"))
    (baker,) = of(found, "baker2002", check="p against the arms' scores and spreads")
    assert baker.answer == INCONSISTENT
    assert "fits SE; they are printed as SD" in baker.arithmetic


@pytest.mark.parametrize(("p", "answer"), [("0.0075", CONSISTENT), ("0.30", INCONSISTENT)])
def test_the_p_of_an_odds_ratio_against_its_interval(tmp_path, p, answer):
    """ln 1.42 / ((ln 1.84 - ln 1.10) / 3.92) = 2.67, of which the two-sided P is 0.0075."""
    table = f"study,year,design,or,ci.lb,ci.ub,p\nAdams,2001,cohort,1.42,1.10,1.84,{p}\n"
    (found,) = of(
        every_check(imported(tmp_path, SMOKE, table)), "adams2001", check="p against its interval"
    )
    assert found.answer == answer
