"""Headings and cells as clinicians write them: weeks, people, intervals of changes, designs, outcomes of several words."""

from dataclasses import replace

import pytest
from scipy import stats

from evidence_review.exchange.column_meanings import Meaning, Vocabulary, meaning, resolved
from evidence_review.exchange.import_table import ImportRefusedError, read_table, write_table
from evidence_review.exchange.new_project import new_project
from evidence_review.exchange.new_review import Question, add_scale, new_review
from evidence_review.exchange.raw_tables import rows_of
from evidence_review.exchange.understanding import About, Wishes

from ..two_scales import PAIN

SLEEP = Vocabulary(outcomes=frozenset({"total", "sleep", "time", "min", "diary"}))
QUESTION = replace(PAIN, text="Does exercise help with back pain?", treatment="exercise", sd=None)


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Follow-up (wk)", Meaning("week")),
        ("Time point, weeks", Meaning("week")),
        ("No. of pts", Meaning("n")),
        ("Number of pts, control", Meaning("n", 2)),
        ("No treatment, total", Meaning("n", 2)),  # and not the treated arm
        ("Change (pts)", None),  # points or patients: nobody can tell
        ("Mean change (95% CI)", Meaning("change_mean", also="ci")),
        ("Change, lower 95% limit", Meaning("change_ci_low")),
        ("Reduction, upper CL, drug", Meaning("change_ci_high", 1, sign="reduction")),
    ],
)
def test_a_heading_means_what_it_says(heading, expected):
    assert meaning(heading, Vocabulary()) == expected


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Increase in total sleep time (min)", "change_mean"),
        ("Change in total sleep time", "change_mean"),
        ("Mean total sleep time", "mean"),
        ("Sleep time after", "mean"),
        ("Sleep after treatment group, n", "n"),
        ("After", ""),
        ("Total", "n"),
        ("Total sleep time (min)", ""),
    ],
)
def test_a_word_of_the_outcome_counts_nobody(heading, expected):
    found = meaning(heading, SLEEP)
    assert (found.name if found else "") == expected


def words_of(outcome: str, scale: str = "", treatment: str = "", measure: str = "") -> Vocabulary:
    """What the words of a review's own question help to understand."""
    return About(
        outcome, scale, "points", treatment, measure, None, frozenset(), frozenset()
    ).vocabulary()


FALLS = words_of("falls", "falls", "an exercise programme", "IRR")
FEAR = words_of("fear of falling", "FES-I", "an exercise programme")
ASTHMA = words_of("asthma control", "ACQ", "budesonide")
LATENCY = words_of("sleep onset latency", "SOL", "melatonin")


@pytest.mark.parametrize(
    ("words", "heading", "expected"),
    [
        (FALLS, "Falls (exercise group)", Meaning("n_events", 1)),
        (FALLS, "Number of falls, control", Meaning("n_events", 2)),
        (FALLS, "Fall events, control", Meaning("n_events", 2)),  # no reduction of them
        (FALLS, "Participant-years, control", Meaning("person_time", 2)),
        (FALLS, "Incidence rate ratio", Meaning("estimate", measure="IRR")),
        (FALLS, "Adjusted rate ratio for falls", Meaning("estimate", measure="IRR")),
        (FALLS, "95% CI of rate ratio", Meaning("ci", measure="IRR")),
        (FALLS, "Rate ratio (95% CI)", Meaning("estimate", measure="IRR", also="ci")),
        (FALLS, "Falls per person-year, control", None),
        (FEAR, "Falls, control", None),  # a score is not counted
        (FEAR, "FES-I, control: mean (SD)", Meaning("mean", 2, also="sd")),
        (FEAR, "Fall in FES-I, control", Meaning("change_mean", 2, sign="reduction")),
        (FEAR, "Mean FES-I", Meaning("mean")),  # of no arm, though i may stand for intervention
        (ASTHMA, "Asthma control, budesonide: mean", Meaning("mean", 1)),
        (ASTHMA, "Asthma control, control: mean", Meaning("mean", 2)),
        (ASTHMA, "Mean (control)", Meaning("mean", 2)),
        (LATENCY, "Latency on melatonin: mean ± SD", Meaning("mean", 1, also="sd")),
        (LATENCY, "Difference in means", Meaning("estimate", measure="MD")),
        (LATENCY, "Study design", Meaning("design")),
    ],
)
def test_words_of_the_outcome_hide_neither_the_group_nor_the_measure(words, heading, expected):
    assert meaning(heading, words) == expected


@pytest.fixture
def read(tmp_path):
    project = new_project(tmp_path / "project")
    new_review(project, "back", QUESTION)

    def understood(text, **wishes):
        file = tmp_path / "table.csv"
        file.write_text(text, encoding="utf-8")
        return read_table(project, "back", file, Wishes(**wishes))

    understood.project, understood.file = project, tmp_path / "table.csv"
    return understood


ONE_CELL = """study,arm,week,n,Mean change (95% CI)
Ames 2010,exercise,6,30,"-4.1 (-5.2, -3.0)"
Ames 2010,placebo,6,31,-2.0 (-3.1 to -0.9)
"""
TWO_CELLS = """study,arm,week,n,Change,95% CI
Ames 2010,exercise,6,30,-4.1,-5.2 to -3.0
Ames 2010,placebo,6,31,-2.0,-3.1 to -0.9
"""
NAMED = TWO_CELLS.replace("95% CI", "change 95% CI")


@pytest.mark.parametrize("text", [ONE_CELL, TWO_CELLS, NAMED])
def test_an_interval_beside_a_change_is_that_of_the_change(read, text):
    held = [{name: one.value for (name, _), one in g.figures.items()} for g in read(text).groups]
    ends = ("change_mean", "change_ci_low", "change_ci_high")
    assert held == [
        {"n": "30", **dict(zip(ends, ("-4.1", "-5.2", "-3.0"), strict=True))},
        {"n": "31", **dict(zip(ends, ("-2.0", "-3.1", "-0.9"), strict=True))},
    ]


DESIGNED = """study,design,blinding,arm,week,n,mean,sd
Ames 2010,{0},Open-label,exercise,6,30,41,11
Ames 2010,{0},Open-label,placebo,6,31,45,12
"""


@pytest.mark.parametrize(
    ("written", "design"),
    [
        ("RCT", "parallel"),
        ("Cluster RCT", "cluster"),
        ("Cross-over randomised trial", "crossover"),
        ("Case control", "case-control"),
    ],
)
def test_a_usual_name_of_a_design_is_that_design(read, written, design):
    said = read(DESIGNED.format(written)).groups[0].said
    assert (said["design"], said["blinding"]) == (design, "open label")


@pytest.mark.parametrize("written", ["non-randomised", "quasi-RCT", "not randomized", "survey"])
def test_a_design_that_is_none_of_ours_is_not_taken_for_a_randomised_trial(read, written):
    with pytest.raises(ImportRefusedError, match=f"row 2: design '{written}' is not one of"):
        read(DESIGNED.format(written))
    filled = read(DESIGNED.format(written), fill={"design": "cohort"})
    assert filled.groups[0].said["design"] == "cohort"


def test_a_spread_without_its_mean_is_no_result(read):
    text = "study,arm,week,n,sd\nAmes 2010,exercise,6,30,11\nAmes 2010,placebo,6,31,12\n"
    with pytest.raises(ImportRefusedError, match="no row has a result"):
        read(text)


def test_a_scale_that_the_review_does_not_know_is_asked_for(read):
    """Taken for the review's own, points of 0 to 10 would be mm of 0 to 100."""
    text = "study,Pain scale,arm,week,n,mean,sd\nBo 2011,NRS,exercise,6,30,4.1,1.1\nBo 2011,NRS,placebo,6,31,4.5,1.2\n"
    with pytest.raises(ImportRefusedError, match=r"'NRS': does not exist in .*instruments.csv"):
        write_table(read.project, "back", read.file, read(text))
    filled = read(text, fill={"instrument_id": "VAS"})
    write_table(read.project, "back", read.file, filled)


def test_each_scale_of_a_table_has_its_own_unit(read):
    nrs = Question(scale="NRS", unit="points", lowest=0, highest=10, better="lower")
    add_scale(read.project, read.project.data / "back-placebo", nrs)
    text = """study,arm,instrument_id,week,n,mean,sd
Ames 2010,exercise,VAS,6,30,41,11
Ames 2010,placebo,VAS,6,31,45,12
Bo 2011,exercise,NRS,6,30,4.1,1.1
Bo 2011,placebo,NRS,6,31,4.5,1.2
"""
    write_table(read.project, "back", read.file, read(text))
    rows = rows_of(read.project.data / "back" / "statistics.csv")
    units = {(row["study_id"], row["unit"]) for row in rows if row["statistic"] in ("mean", "sd")}
    assert units == {("ames2010", "mm"), ("bo2011", "points")}


def test_headings_under_headings_are_read_although_no_word_of_them_is_known(read):
    """The words of the upper row alone are as well known as those of both."""
    text = """Study,Yoga class,,No treatment,
,Flares,Total,Flares,Total
Ames 2010,6,210,2,205
Bo 2011,,,,
"""
    names = {"events1": "Yoga class Flares", "n1": "Yoga class Total"}
    names |= {"events2": "No treatment Flares", "n2": "No treatment Total"}
    first, second = read(text, columns=names).groups
    values = [{name: one.value for (name, _), one in g.figures.items()} for g in (first, second)]
    assert values == [{"n_events": "6", "n": "210"}, {"n_events": "2", "n": "205"}]
    assert second.said["role"] == "usual care"


def test_a_first_row_without_figures_is_no_heading(read):
    text = "study,arm,week,n,mean,sd,\nAmes 2010,exercise,,,,,see text\nBo 2011,exercise,6,30,41,11,\nBo 2011,placebo,6,31,45,12,\n"
    assert [group.said["study"] for group in read(text).groups] == ["Bo 2011", "Bo 2011"]


IN_ONE = """study,arm,week,n,Mean (95% CI)
Bert 2017,exercise,8,45,30.1 (25.0–35.2)
Bert 2017,placebo,8,44,"41.0 (35.0, 47.0)"
"""
IN_TWO = """study,arm,week,n,mean,95% CI
Bert 2017,exercise,8,45,30.1,25.0 to 35.2
Bert 2017,placebo,8,44,41.0,35.0 to 47.0
"""
IN_THREE = """study,arm,week,n,mean,lower,upper
Bert 2017,exercise,8,45,30.1,25.0,35.2
Bert 2017,placebo,8,44,41.0,35.0,47.0
"""


@pytest.mark.parametrize("text", [IN_ONE, IN_TWO, IN_THREE])
def test_an_interval_beside_a_mean_gives_the_sd(read, text):
    """Half its width over the t quantile, times the root of n, by SciPy: 16.9755 and 19.7350."""
    groups = read(text).groups
    sds = [float(group.figures["sd", ""]) for group in groups]
    widths = [(35.2 - 25.0, 45), (47.0 - 35.0, 44)]
    assert sds == pytest.approx(
        [w / 2 / stats.t.ppf(0.975, n - 1) * n**0.5 for w, n in widths], rel=1e-4
    )
    figure = groups[0].figures["sd", ""]
    assert (figure.basis, figure.rule) == (
        "derived",
        "from the 95% interval, 25.0 to 35.2, by t with 44 degrees of freedom",
    )
    changes = read(text, values="changes").groups[0].figures
    assert changes["change_ci_low", ""].value == "25.0"
    assert ("change_sd", "") not in changes


def test_an_interval_beside_a_mean_has_the_level_of_its_own_column(read):
    """By SciPy; as one of 95% the SD would be 16.98."""
    leveled = lambda level: "\n".join(
        f"{line},{'confidence level' if line.startswith('study') else level}"
        for line in IN_THREE.splitlines()
    )
    sd = (35.2 - 25.0) / 2 / stats.t.ppf(0.95, 44) * 45**0.5
    assert float(read(leveled("90")).groups[0].figures["sd", ""]) == pytest.approx(sd, rel=1e-4)
    changes = read(leveled("90"), values="changes").groups[0].figures
    assert changes["change_ci_level", ""].value == "90"
    with pytest.raises(ImportRefusedError, match=r"in per cent, as in 95; not 0\.9"):
        read(leveled("0.9"))


@pytest.mark.parametrize(
    ("heading", "ends"),
    [
        ("Median (IQR)", ("q1", "q3")),
        ("median [Q1, Q3]", ("q1", "q3")),
        ("Median (interquartile range)", ("q1", "q3")),
        ("Median (range)", ("minimum", "maximum")),
    ],
)
def test_a_median_with_its_quartiles_or_range_in_one_cell(read, heading, ends):
    text = f'study,arm,week,n,"{heading}"\nAlbert 2017,exercise,8,45,30 (18–46)\nAlbert 2017,placebo,8,44,41 [25 to 58]\n'
    held = [{name: one.value for (name, _), one in g.figures.items()} for g in read(text).groups]
    assert held[0] == {"n": "45", "median": "30", ends[0]: "18", ends[1]: "46"}
    assert held[1] == {"n": "44", "median": "41", ends[0]: "25", ends[1]: "58"}
    with pytest.raises(ImportRefusedError, match="write the median with both ends, as in 30"):
        read(text.replace("30 (18–46)", "30 (28)"))


def test_scores_before_and_after_need_no_word_for_the_mean(read):
    text = "study,design,n,VAS before,SD before,VAS after,SD after\nOsei 2020,before-after,17,62,21,45,24\n"
    (group,) = read(text, fill={"week": "8"}).groups
    held = {key: one.value for key, one in group.figures.items()}
    assert group.said["design"] == "single arm"
    assert held == {
        ("n", ""): "17",
        ("mean", "0"): "62",
        ("sd", "0"): "21",
        ("mean", ""): "45",
        ("sd", ""): "24",
    }


@pytest.mark.parametrize("figure", ["sd", "se"])
@pytest.mark.parametrize(
    ("mean_heading", "heading", "name"),
    [
        ("Reduction in pain {}", "{} of reduction in pain", "change_{}"),
        ("Mean {}", "Mean {}", "{}"),
    ],
)
def test_beside_a_mean_of_its_own_an_sd_is_an_sd_whatever_words_both_share(
    figure, mean_heading, heading, name
):
    """Under a heading of two rows, "Reduction" over "mean" and "SD", both were taken for means."""
    words = Vocabulary(outcomes=frozenset({"pain"}))
    pair = [meaning(mean_heading.format(""), words), meaning(heading.format(figure), words)]
    assert [one.name for one in resolved(pair)] == [
        name.replace("{}", "mean"),
        name.format(figure),
    ]
    together = meaning("Reduction in pain (SD)", words)
    assert (together.name, together.also) == ("change_mean", "sd")
    assert resolved([together]) == [together]
