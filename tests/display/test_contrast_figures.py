"""The pictures and sentences of several trials pooled: drawn at both widths, every number said in words."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from evidence_review.display import contrast_figures, contrasts, page
from evidence_review.display.style import PHONE, WIDE
from evidence_review.estimates.contrast import changes_by_arm
from evidence_review.estimates.cumulative import UpTo
from evidence_review.estimates.pool import effects_on
from evidence_review.findings.of_pool import pooled_findings
from evidence_review.review.review import Review
from evidence_review.sensitivity.pool_choices import (
    AS_IT_IS,
    ESTIMATOR,
    Choice,
    pool_choices,
)
from evidence_review.words import figures_pool as figure_words
from evidence_review.words import pool as words

OUTCOME = "RLS severity"


@pytest.fixture(scope="module")
def found(iron_review):
    return {finding.id: finding for finding in pooled_findings(iron_review)}


@pytest.fixture(scope="module")
def moved(iron_review):
    return pool_choices(iron_review, OUTCOME)


@pytest.fixture(scope="module")
def pictures(iron_pool, found, moved):
    published = found["pooled.rls_severity.published"]
    in_sds = replace(iron_pool, effects=tuple(effects_on(iron_pool.contrasts, "SMD").values()))
    return {
        "forest": contrast_figures.contrast_forest(iron_pool, 3.0, published, "Trotti 2019"),
        "forest in SDs": contrast_figures.contrast_forest(in_sds),
        "choices": contrast_figures.pooled_choices(moved, 3.0),
    }


@pytest.mark.parametrize("width", [WIDE, PHONE], ids=lambda width: width.name)
@pytest.mark.parametrize("name", ["forest", "forest in SDs", "choices"])
def test_it_is_drawn_the_same_twice(pictures, name, width):
    picture = pictures[name]
    assert page.svg(picture.draw, width, "t") == page.svg(picture.draw, width, "t")


def test_the_forest_says_every_trial_and_the_pool(pictures, iron_pool):
    alt = pictures["forest"].alt
    assert all(item.label in alt for item in iron_pool.contrasts)
    assert "Pooled −4.96 (−6.82 to −3.11)" in alt
    assert "Published (Trotti 2019): −3.78 (−6.25 to −1.31)" in alt
    assert "Allen 2011" in pictures["forest"].caption


def test_the_choices_are_told_with_the_range(moved, pictures):
    said = words.choices_sentence(moved, 3.0)
    assert (
        "from −6.45 (only trials that took only people with low iron stores) to −3.27 (only trials not in the published pool)"
        in said
    )
    reaching = sum(choice.pooled.fit.ci_high > -3 for choice in moved[1:])
    assert (
        f"The benefit is at least 3 points under every choice, but under {reaching} of {len(moved) - 1} "
        "the interval includes smaller ones." in said
    )
    clear = next(choice for choice in moved[1:] if choice.pooled.fit.ci_high < -3)
    said = words.choices_sentence([moved[0], clear], 3.0)
    assert "under every choice, and so is the whole interval." in said
    wider = replace(moved[0].pooled, fit=replace(moved[0].pooled.fit, ci_high=-2.0))
    choices = [replace(moved[0], pooled=wider), clear]
    assert (
        "under every choice, but with no choice changed the interval includes smaller ones."
        in words.choices_sentence(choices, 3.0)
    )
    below = words.choices_sentence(moved, 4.0)
    assert "only trials that did not ask for low iron stores" in below
    assert "only trials not in the published pool" in below
    table = contrasts.choices_table(moved)
    assert list(table.moves.unique()) == ["–", "which studies", "how it is computed"]


def test_choices_that_move_nothing_are_not_a_range(moved):
    """A choice that gives the same pool, which holds no difference and is smaller than what matters."""
    now = moved[0].pooled
    open_ = replace(now, fit=replace(now.fit, ci_high=1.0))
    choices = [Choice(AS_IT_IS, "", open_), Choice(ESTIMATOR, "PM", open_)]
    assert str(words.choices_sentence(choices, 6.0)).endswith(
        "** No choice below changes its printed digits. The benefit is smaller than 6 points "
        'under every choice. The interval includes "no difference" under every choice.'
    )


def test_where_the_pool_is_open_the_choices_that_close_it_are_named(moved):
    now = moved[0].pooled
    open_ = replace(now, fit=replace(now.fit, ci_high=1.0))
    said = words.choices_sentence([Choice(AS_IT_IS, "", open_), Choice(ESTIMATOR, "PM", now)], None)
    assert said.endswith(
        'The interval includes "no difference", except under this choice: Paule-Mandel estimator.'
    )
    said = words.choices_sentence([Choice(AS_IT_IS, "", now), Choice(ESTIMATOR, "PM", now)], None)
    assert said.endswith('The interval excludes "no difference" under every choice.')


@pytest.mark.filterwarnings("error")
def test_two_trials_have_a_figure_too(iron):
    two = iron["contrasts"][iron["contrasts"].study_id.isin(["cho2016", "earley2024"])]
    few = replace(iron, tables=iron.tables | {"contrasts": two})
    picture = contrast_figures.pooled_choices(pool_choices(Review(few), OUTCOME), 3.0)
    assert page.svg(picture.draw, WIDE, "t").startswith(b"<?xml")
    assert "cut off" not in picture.caption


def test_why_it_differs_from_the_published_pool(iron_review, iron, found, moved):
    of = lambda findings: [
        findings.get(f"pooled.rls_severity.{name}") for name in ("published", "less_published")
    ]
    said = words.against_published(iron_review, *of(found), moved)
    assert (
        "In both pools, as far as we could see: Wang 2009, Allen 2011, Cho 2016, Deng 2017 and Trenkwalder 2017"
        in said
    )
    assert "Only in this one: Cho 2018 and Earley 2024." in said
    assert "Davis 2000, Earley 2009, Grote 2009 and Sloand 2004 could not be pooled" in said
    assert "the benefit is 1.18 points larger" in said
    review = iron["review"].assign(published_result="")
    silent = Review(replace(iron, tables=iron.tables | {"review": review}))
    without = {f.id: f for f in pooled_findings(silent)}
    assert words.against_published(silent, *of(without), moved) == ""


def test_rules_agree_with_the_pool(iron_review, iron_pool):
    table = contrasts.rules_table(iron_review, iron_pool).set_index("rule")
    assert table.loc["Hartung-Knapp with its floor", "interval"] == "−6.82 to −3.11"
    # metafor, test = "knha": -6.62061750 to -3.30888391
    assert table.loc["Hartung-Knapp", "interval"] == "−6.62 to −3.31"
    assert "z" not in " ".join(table.index)


def test_a_rule_that_leaves_less_than_one_degree_of_freedom_has_no_interval(iron_review, iron_pool):
    """Four equal effects, one of which is far more precise than the others.

    With W the variance of tau2 from metafor 3.8.1, Sj the sum of w^j, and V = 1/S1 + 2 W (S3 - S2^2/S1) / S1^2,
    Kenward and Roger's degrees of freedom are 2 / (W (V S2)^2) = 0.14.
    """
    effects = [replace(one, value=-0.5) for one in iron_pool.effects[:4]]
    variances = 0.0605, 0.0516, 0.2027, 0.0158
    alike = replace(
        iron_pool,
        contrasts=iron_pool.contrasts[:4],
        effects=tuple(replace(e, variance=v) for e, v in zip(effects, variances, strict=True)),
    )
    table = contrasts.rules_table(iron_review, alike).set_index("rule")
    assert table.loc["Kenward-Roger", "interval"] == "none: less than one degree of freedom"
    assert table.loc["Kenward-Roger", "a new study"] == "–"
    assert " to " in table.loc["Hartung-Knapp", "interval"]


@pytest.mark.parametrize(
    ("limits", "says"),
    [
        ([0.1, 0.2, 0.1], "from 2001 on"),
        (
            [0.1, -0.2, 0.1],
            "for the first time in 2001, and again in 2003, but not in every year between",
        ),
        ([-0.3, 0.2, -0.1], "for the first time in 2002, but not in 2003"),
    ],
)
def test_years_after_the_first_clear_one(limits, says):
    """An interval that includes no effect in between is said: it does not 'still' exclude it."""
    fit = lambda low: SimpleNamespace(ci_low=low, ci_high=1.0)
    steps = [
        UpTo(year, (), 9.0, fit(low), fit(low))
        for year, low in zip((2001, 2002, 2003), limits, strict=True)
    ]
    assert words.by_year_sentence(steps).count(f'excludes "no difference" {says}.') == 2


def test_of_three_trials_one_is_the_more_precise_half(iron_pool):
    """Of three, the first is the most precise and on the better side of the common effect."""
    effects = tuple(
        replace(effect, value=value, variance=variance)
        for effect, value, variance in zip(
            iron_pool.effects, (-9.0, -1.0, -2.0), (1, 2, 3), strict=False
        )
    )
    three = replace(iron_pool, contrasts=iron_pool.contrasts[:3], effects=effects)
    assert figure_words.funnel_alt(three).endswith(
        "On the better side of the pool with one common effect: 1 of the 1 more precise trial, 0 of the 2 less precise."
    )


def test_placebo_s_part_is_of_the_same_trial(iron_review):

    table = contrasts.by_arm_table(changes_by_arm(iron_review).usable).set_index("study")
    assert table.loc["Cho 2016", "control group's part"] == "66%"  # 7.88 of 11.9
    assert "Trenkwalder 2017" not in table.index  # prints the difference only


def test_a_table_of_ratios_is_headed_by_their_name(infarction_review, iron_review):
    """Of Morton 1984 1 of 40 people and 2 of 36 died: an odds ratio of (1 x 34) / (39 x 2)."""
    ratios = contrasts.trials_table(infarction_review, "early death").set_index("study")
    assert ratios.loc["Morton 1984", "odds ratio"] == "0.44"
    assert "difference" not in ratios
    assert "difference" not in contrasts.routes_table(infarction_review)
    means = contrasts.trials_table(iron_review, "RLS severity").set_index("study")
    assert means.loc["Cho 2016", "difference"].endswith(" points")


def test_long_names_of_choices_leave_the_axis_the_room_for_its_own_name(iron_review):
    """The axis of iron's choices was cut off: "Pooled difference from placebo (points"."""
    picture = contrast_figures.pooled_choices(pool_choices(iron_review, OUTCOME), 3.0)
    names = [row.name for row in picture.chart(WIDE).panels[0].rows]
    assert any("\n" in name for name in names)
    assert max(len(line) for name in names for line in name.splitlines()) <= 44
    assert all(name.splitlines()[-1].endswith(")") for name in names)
    assert not any(line.endswith("(k") for name in names for line in name.splitlines())
