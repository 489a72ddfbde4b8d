"""A sweep's file: what it means, and that all that is wrong in it is said before anything runs."""

import pytest

from evidence_review.sweep import plan as sweep_plan
from evidence_review.sweep.choices import AGAINST_PLACEBO, POOLED_EFFECT
from evidence_review.sweep.plan import SweepError, read_sweep

from ..conftest import ROOT


def listed(plan) -> list[tuple]:
    """The points of a plan, one after the other."""
    return list(zip(*(column.tolist() for column in plan.columns().values()), strict=True))


@pytest.fixture
def read(tmp_path, project, records, monkeypatch):
    monkeypatch.setattr(sweep_plan, "load", lambda review, project: records)

    def plan(text: str):
        path = tmp_path / "What I tried (2).yml"
        path.write_text(text, encoding="utf-8")
        return read_sweep(path, project)

    return plan


def test_a_grid_is_every_combination_in_the_order_of_the_file(read, settings):
    plan = read("grid: {change_sd: {low: 5.5, high: 6, count: 6}, tau2: [PM, DL]}")
    assert plan.swept == ("change_sd", "tau2")
    assert plan.values[0] == (5.5, 5.6, 5.7, 5.8, 5.9, 6.0)
    assert listed(plan)[:3] == [(5.5, "PM"), (5.5, "DL"), (5.6, "PM")]
    assert plan.count == len(listed(plan)) == 12
    assert plan.defaults == vars(settings)
    assert plan.name == "what-i-tried-2"


def test_a_list_has_the_defaults_for_what_a_point_does_not_name(read, settings):
    plan = read("review: magnesium-rls\npoints:\n- {tau2: DL}\n- {change_sd: 7, level: 0.9}")
    assert plan.swept == ("change_sd", "tau2", "level")
    assert listed(plan) == [(settings.change_sd, "DL", settings.level), (7.0, "REML", 0.9)]
    assert isinstance(plan.values[1][0], float)


def test_the_example_is_valid_and_has_the_defaults_among_its_points(project, settings):
    plan = read_sweep(ROOT / "sweeps" / "choices.yml", project)
    assert tuple(getattr(settings, name) for name in plan.swept) in listed(plan)


WRONG = {
    "grid: {tau2: [REML, REML]}": "line 1: tau2 = REML is given twice",
    "grid: {change_sd: [7, 7.0]}": "change_sd = 7.0 is given twice",
    "grid: {tau2: [ML]}": "tau2 = 'ML' is not allowed; choose from REML, PM, DL",
    "grid: {tau2: [0.5]}": "tau2 = 0.5 is read as float, but must be text; choose from REML, PM",
    "grid: {bias: [no]}": "bias = no is read as bool, but must be text; choose from none, hro",
    "grid: {tau2: REML}": "tau2: write a list, such as [a, b]",
    "grid: {tau2: []}": "tau2 is an empty list: give at least one",
    "grid: {tau2: [[PM]]}": "tau2: give a single value here",
    "grid: {tau2: [~]}": "tau2 is empty",
    "grid: {}": "grid is empty: name a parameter",
    "grid: [tau2]": "grid: write lines of 'name: value', with benchmark, population, designs and",
    "grid: {change_sd: [a lot]}": "change_sd = 'a lot' is not a number from 5.5 to 11",
    "grid: {change_sd: [true]}": "change_sd = 'true' is not a number",
    "grid: {change_sd: [80]}": "change_sd = 80 is outside 5.5 to 11 (range in data/",
    "grid: {change_sd: [.nan]}": "change_sd = nan is outside 5.5 to 11",
    "grid: {change_sd: [1" + 400 * "0" + "]}": "cannot be read",
    "grid: {change_sd: {low: 6, high: 9}}": "change_sd: give low, high and count",
    "grid: {change_sd: {low: 9, high: 6, count: 3}}": "change_sd: low must be below high",
    "grid: {change_sd: {low: 6, high: 9, count: 1}}": "count is a whole number from 2 to 1,000,000",
    "grid: {change_sd: {low: 6, high: 90, count: 3}}": "change_sd = 90 is outside 5.5 to 11",
    "grid: {tau2: {low: 6, high: 9, count: 3}}": "tau2 is not a number: list its values",
    "grid: {change_ds: [7]}": "grid: there is no 'change_ds'; did you mean 'change_sd'?",
    "grid: {review: [a]}": "grid: there is no 'review'; allowed are benchmark, population",
    "grid: {tau2: [PM], tau2: [DL]}": "grid: 'tau2' is given twice",
    "grid: {tau2: [PM]}\npoints: []": "give either 'grid' (values to combine) or 'points' (a list)",
    "review: magnesium-rls": "give either 'grid'",
    "review: iron-lady\ngrid: {tau2: [PM]}": "there is no review 'iron-lady'; reviews are",
    "points:\n- {tau2: DL}\n- {tau2: DL, level: 0.95}": "line 3: the same as an earlier point",
    "points: [{}]": "point 1 is empty: name a parameter",
    "points: {tau2: DL}": "points: write a list",
    "": "the file: write lines of 'name: value'",
    "grid: {tau2: [PM": "line 1: is not YAML",
    "grid: {tau2: [!!python/object/apply:os.system [date]]}": "tau2: give a single value here",
    "grid: {tau2: [!!python/name:os.system x]}": "cannot be read",
    "grid: &all {tau2: *all}": "tau2 is not a number: list its values",
}


@pytest.mark.parametrize("text", WRONG, ids=range(len(WRONG)))
def test_what_is_wrong_is_told_with_what_is_allowed(read, text):
    with pytest.raises(SweepError) as caught:
        read(text)
    assert WRONG[text] in str(caught.value)
    assert "What I tried (2).yml, line " in str(caught.value)


def test_everything_is_told_at_once_line_by_line(read):
    with pytest.raises(SweepError) as caught:
        read("grid:\n  tau2: [ML, PM]\n  level: [0.9, 7]\n\n  sd: [8]\nextra: 1\n")
    told = [line.partition(": ")[0] for line in str(caught.value).split("\n")]
    assert told == [f"What I tried (2).yml, line {line}" for line in (2, 3, 5, 6)]


def test_a_grid_that_is_too_large_says_of_what(read):
    with pytest.raises(SweepError) as caught:
        read(
            "grid:\n  change_sd: {low: 6, high: 9, count: 2000}\n"
            "  level: {low: 0.6, high: 0.9, count: 501}"
        )
    told = "2,000 (change_sd) × 501 (level) is 1,002,000 points; at most 1,000,000 are allowed"
    assert told in str(caught.value)


def test_a_file_that_is_not_there_or_not_text(project, tmp_path):
    with pytest.raises(SweepError, match=r"none.yml: cannot be read: No such file"):
        read_sweep(tmp_path / "none.yml", project)
    (tmp_path / "bytes.yml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SweepError, match="not text in UTF-8"):
        read_sweep(tmp_path / "bytes.yml", project)
    (tmp_path / "deep.yml").write_text("[" * 5000)
    with pytest.raises(SweepError, match="is not YAML"):
        read_sweep(tmp_path / "deep.yml", project)


def test_an_outcome_without_placebo_arms_is_not_compared_with_any(project, tmp_path):
    """Those of the scale say nothing of other outcomes."""
    path = tmp_path / "other.yml"
    text = (
        "review: iron-rls\nabout: effect against placebo\n"
        "grid: {outcome: [people who left the trial], measure: [OR, RR]}\n"
    )
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SweepError) as raised:
        read_sweep(path, project)
    assert "has no placebo arms to compare with" in str(raised.value)
    assert "measure" not in str(raised.value)  # which is allowed for that outcome


@pytest.fixture
def about(tmp_path, project):
    """Reads a file on any of the shipped reviews."""

    def plan(text: str):
        path = tmp_path / "mine.yml"
        path.write_text(text, encoding="utf-8")
        return read_sweep(path, project)

    return plan


@pytest.mark.parametrize(
    ("review", "subject"),
    [
        ("magnesium-rls", AGAINST_PLACEBO),  # a change without a control group
        ("iron-rls", POOLED_EFFECT),  # trials, though placebo arms are there too
        ("magnesium-infarction", POOLED_EFFECT),  # no placebo arms
    ],
)
def test_a_file_that_does_not_say_is_about_what_answers_the_review(about, review, subject):
    assert about(f"review: {review}\ngrid: {{tau2: [REML, DL]}}\n").about == subject


def test_the_placebo_response_of_a_review_of_trials_is_there_when_it_is_asked_for(about):
    text = "review: iron-rls\nabout: effect against placebo\ngrid: {designs: [all, parallel]}\n"
    assert about(text).about == AGAINST_PLACEBO


def test_rules_that_a_method_does_not_use_make_no_further_points(about):
    plan = about(
        "review: magnesium-infarction\n"
        "grid: {tau2: [REML, DL], interval: [z, t], level: [0.9, 0.95], method: [random_effects, peto]}\n"
    )
    points = set(listed(plan))
    assert plan.swept == ("tau2", "interval", "level", "method")
    by_random_effects = {
        (tau2, rule, level, "random_effects")
        for tau2 in ("REML", "DL")
        for rule in ("z", "t")
        for level in (0.9, 0.95)
    }
    by_peto = {("not used", "not used", level, "peto") for level in (0.9, 0.95)}
    assert points == by_random_effects | by_peto
    assert plan.count == len(listed(plan)) == 10


# What is wrong in a sweep of a pool, with the review that it is of.
WRONG_POOLS = {
    ("magnesium-rls", "about: pooled effect\ngrid: {tau2: [REML, DL]}"): (
        "'RLS severity' has no pool: of 1 study in contrasts.csv 1 prints anything on it, and a pool needs two; "
        "write 'about: effect against placebo' to compare it with placebo arms"
    ),
    ("magnesium-infarction", "grid: {outcome: [bradycardia], tau2: [REML]}"): (
        "'bradycardia' has no pool: of 22 studies in contrasts.csv 0 print anything on it, and a pool needs two; "
        "name another outcome, or add figures of studies on this one to statistics.csv"
    ),
    ("iron-rls", "about: pooled\ngrid: {tau2: [REML]}"): (
        "line 2: about = 'pooled' is not allowed; choose from effect against placebo, pooled effect"
    ),
    ("iron-rls", "about:\ngrid: {tau2: [REML]}"): "line 2: about is empty",
    ("iron-rls", "grid: {population: [all]}"): (
        "'population' does not move the pooled effect, which this sweep is about; leave it out, or write "
        "'about: effect against placebo'"
    ),
    (
        "magnesium-rls",
        "grid: {studies: [all]}",
    ): "'studies' does not move the effect against placebo",
    ("magnesium-infarction", "grid: {drop_out: [0, 0.1]}"): "does not move the pooled effect",
    ("magnesium-infarction", "grid: {change_sd: [6, 7]}"): (
        "change_sd does not matter for these outcomes of the review: leave it out"
    ),
    (
        "iron-rls",
        "grid: {measure: [OR]}",
    ): "measure does not matter for these outcomes of the review: leave it out",
    ("iron-rls", "grid: {method: [peto]}"): (
        "method = 'peto' is not allowed; choose from random_effects, inverse_variance"
    ),
    ("iron-rls", "grid: {studies: [without Wong 2009]}"): (
        "studies = 'without Wong 2009' is not allowed; choose from all, without Wang 2009"
    ),
    ("magnesium-infarction", "grid: {weeks: [of the published pool]}"): (
        "weeks = 'of the published pool' is not allowed; choose from last printed"
    ),
    ("iron-rls", "grid: {metod: [peto]}"): "there is no 'metod'; did you mean 'method'?",
    (
        "iron-rls",
        "points:\n- {method: inverse_variance, tau2: DL}\n- {method: inverse_variance, tau2: PM}",
    ): ("line 4: the same as an earlier point"),
}


@pytest.mark.parametrize(
    ("review", "name"), [("magnesium-rls", "studies"), ("magnesium-infarction", "drop_out")]
)
def test_another_subject_is_named_only_where_the_review_has_it(about, review, name):
    """One trial is not pooled, and events have no placebo response."""
    with pytest.raises(SweepError) as caught:
        about(f"review: {review}\ngrid: {{{name}: [0]}}\n")
    assert str(caught.value).endswith("which this sweep is about; leave it out")


@pytest.mark.parametrize(("review", "text"), WRONG_POOLS, ids=range(len(WRONG_POOLS)))
def test_what_is_wrong_in_a_sweep_of_a_pool_is_told_with_what_is_allowed(about, review, text):
    with pytest.raises(SweepError) as caught:
        about(f"review: {review}\n{text}\n")
    assert WRONG_POOLS[review, text] in str(caught.value)
    assert "mine.yml, line " in str(caught.value)
