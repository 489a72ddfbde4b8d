"""A point of a sweep of the pooled effect is the pool of a review opened under its choices.

Independent values: metafor 3.8-1 (`tests/reference/bin_li2007_metafor.json`), metafor itself where it
is installed, and each point by itself.
"""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from evidence_review.estimates import methods
from evidence_review.estimates.pool import pool, pooled_contrast
from evidence_review.review.review import Review
from evidence_review.review.settings import READ, Settings
from evidence_review.sensitivity import pool_choices as kinds
from evidence_review.sweep import pools
from evidence_review.sweep.choices import (
    AS_PUBLISHED,
    METHOD,
    MOVE_A_POOL,
    POOLED_EFFECT,
    RANDOM_EFFECTS,
    STUDIES,
    WEEKS,
    limits_for,
    study_choices,
)
from evidence_review.sweep.pools import TOO_FEW, batch_pools, measure_name

REVIEWS = ["magnesium", "iron_review", "infarction_review"]
REFERENCE = Path(__file__).resolve().parents[1] / "reference" / "bin_li2007_metafor.json"
METAFOR = json.loads(REFERENCE.read_text(encoding="utf-8"))["output"]


def texts(*values: str) -> np.ndarray:
    return np.array(values, dtype=object)


def drawn(review: Review, count: int, seed: int) -> dict[str, np.ndarray]:
    """Points drawn from all that is allowed of the settings that move a pool."""
    random, columns = np.random.default_rng(seed), {}
    for name, one in limits_for(review, POOLED_EFFECT).items():
        if name in MOVE_A_POOL and one.choices:
            columns[name] = np.array(random.choice(one.choices, count), object)
        elif name in MOVE_A_POOL and one.low is not None:
            columns[name] = random.uniform(one.low, one.high, count)
    return columns


def numbers(pooled) -> list[float]:
    fit = pooled.fit
    return [fit.k, fit.estimate, fit.ci_low, fit.ci_high, fit.tau, fit.i2]


@pytest.mark.parametrize("name", REVIEWS)
def test_each_point_is_the_pool_of_a_review_under_its_settings(name, request):
    review = request.getfixturevalue(name)
    columns = drawn(review, 60, seed=13)
    found = batch_pools(review, columns)
    for place in range(60):
        alone = review.under(**{n: column[place] for n, column in columns.items()})
        pooled = pooled_contrast(alone, alone.about.outcome)
        if pooled is None:
            assert found.messages[place] == TOO_FEW
            assert np.isnan(found.numbers[place]).all()
            continue
        assert found.messages[place] == ""
        np.testing.assert_allclose(
            found.numbers[place][:6], numbers(pooled), rtol=1e-12, atol=1e-14
        )
        assert measure_name(found.numbers[place][6]) == pooled.measure.name
    # One trial of magnesium is not pooled; the others have points of every measure there is.
    measures = {measure_name(code) for code in found.numbers[:, 6] if code == code}
    expected = {"magnesium": set(), "iron_review": {"MD"}, "infarction_review": {"OR", "RR", "RD"}}
    assert measures == expected[name]


@pytest.mark.parametrize("name", REVIEWS)
def test_all_settings_that_a_pool_reads_can_be_swept(name, request):
    """Apart from those of the prior of its spread, which no point is about."""
    review = Review(request.getfixturevalue(name).records)
    read: set[str] = set()
    reading = READ.set(read)
    try:
        pooled_contrast(review, review.about.outcome)
    finally:
        READ.reset(reading)
    assert read - {"review", "tau_prior_scale", "baseline_risk"} <= set(MOVE_A_POOL)


@pytest.mark.parametrize("name", ["iron_review", "infarction_review"])
def test_a_choice_of_studies_is_the_pool_of_those_that_it_keeps(name, request):
    """Against the page of one choice at a time, which pools each of them by itself."""
    review = request.getfixturevalue(name)
    offered = study_choices(review)
    found = batch_pools(review, {STUDIES: texts("all", *offered)})
    told = {
        (one.kind, one.of): one.pooled
        for one in kinds.pool_choices(review, review.about.outcome)
        if one.kind in kinds.OF_TRIALS
    }
    expected = [told[one.kind, one.of] for one in offered.values()]
    assert len(expected) == len(told) > 5
    np.testing.assert_allclose(
        found.numbers[1:, :6], [numbers(one) for one in expected], rtol=1e-12, atol=1e-14
    )
    assert found.numbers[0, 0] == pooled_contrast(review, review.about.outcome).fit.k


def test_choices_of_studies_are_those_that_the_tables_name(iron_review):
    """By the rows of contrasts.csv, studies.csv and characteristics.csv."""
    records, now = iron_review.records, pooled_contrast(iron_review, "RLS severity")
    in_published = {r.study_id for r in records.rows("contrasts") if r.in_published == "yes"}
    into_a_vein = {
        r.study_id for r in records.rows("characteristics") if r.group == "gave iron into a vein"
    }
    low = {r.study_id for r in records.rows("studies") if r.population_group == "low iron stores"}
    wanted = {
        "in the published review": in_published,
        "only those that gave iron into a vein": into_a_vein,
        "only low iron stores": low,
    }
    found = batch_pools(iron_review, {STUDIES: texts(*wanted)}).numbers
    for row, studies in zip(found, wanted.values(), strict=True):
        kept = pool(iron_review, [item for item in now.contrasts if item.study_id in studies])
        np.testing.assert_allclose(row[:6], numbers(kept), rtol=1e-12, atol=1e-14)


def test_a_choice_of_studies_is_made_anew_under_other_settings(iron_review):
    """Without arms whose SD is assumed, the trial that has one is not there to be left out."""
    (assumed,) = pooled_contrast(iron_review, "RLS severity").summary.route.assumed_trials
    columns = {
        "missing_se": texts("exclude", "exclude"),
        STUDIES: texts("all", f"without {assumed}"),
    }
    found = batch_pools(iron_review, columns).numbers
    moved = iron_review.under(missing_se="exclude")
    expected = numbers(pooled_contrast(moved, "RLS severity"))
    np.testing.assert_allclose(found[:, :6], [expected, expected], rtol=1e-12)


def test_the_weeks_of_the_published_pool_go_with_other_choices(iron_review):
    found = batch_pools(
        iron_review, {WEEKS: texts(AS_PUBLISHED, AS_PUBLISHED), "tau2": texts("REML", "DL")}
    )
    records = kinds.at_published_weeks(Review(iron_review.records))
    for place, estimator in enumerate(("REML", "DL")):
        alone = Review(records, Settings(tau2=estimator))
        expected = numbers(pooled_contrast(alone, "RLS severity"))
        np.testing.assert_allclose(found.numbers[place, :6], expected, rtol=1e-12)


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
def test_methods_are_those_of_the_report_at_every_level(infarction_review, measure):
    tried = (
        methods.INVERSE_VARIANCE,
        methods.MANTEL_HAENSZEL,
        methods.PETO,
        methods.BINOMIAL_NORMAL,
    )
    columns = {
        METHOD: texts(*tried * 2),
        "measure": texts(*[measure] * 8),
        "level": np.repeat([0.95, 0.8], 4),
    }
    found = batch_pools(infarction_review, columns)
    for place, method in enumerate(columns[METHOD]):
        moved = infarction_review.under(measure=measure, level=float(columns["level"][place]))
        there = {one.method: one for one in methods.by_method(moved, "early death")}
        if method not in there:
            assert "gives odds ratios only" in found.messages[place]
            continue
        one = there[method]
        expected = [one.value, one.interval.low, one.interval.high]
        np.testing.assert_allclose(found.numbers[place, 1:4], expected, rtol=1e-12)


def test_pools_of_events_are_those_of_metafor(infarction_review):
    at = [
        (RANDOM_EFFECTS, "DL", "z", "DL|z|{}"),
        (RANDOM_EFFECTS, "DL", "knha", "DL|knha|{}"),
        (RANDOM_EFFECTS, "REML", "z", "REML|z|{}"),
        (RANDOM_EFFECTS, "REML", "knha", "REML|knha|{}"),
        (methods.INVERSE_VARIANCE, "REML", "knha", "EE|z|{}"),
        (methods.MANTEL_HAENSZEL, "REML", "knha", "MH|{}"),
    ]
    # Of risk differences, whose tau2 is small, metafor's search for REML's stops far from it.
    skipped = ("REML|z|{}", "REML|knha|{}")
    points = [
        (*one, measure)
        for measure in ("OR", "RR", "RD")
        for one in at
        if measure != "RD" or one[3] not in skipped
    ]
    points.append((methods.PETO, "REML", "knha", "Peto|{}", "OR"))
    method, tau2, interval, keys, measure = zip(*points, strict=True)
    columns = {METHOD: method, "tau2": tau2, "interval": interval, "measure": measure}
    found = batch_pools(infarction_review, {name: texts(*c) for name, c in columns.items()})
    for place, key in enumerate(keys):
        expected = METAFOR[key.format(measure[place])]
        theirs = [expected[name] for name in ("k", "estimate", "ci_low", "ci_high")]
        # metafor stops its search for tau2 at 1e-5 of REML's.
        within = 1e-7 if tau2[place] == "REML" and method[place] == RANDOM_EFFECTS else 1e-8
        np.testing.assert_allclose(found.numbers[place, :4], theirs, atol=within, rtol=0)


def test_metafor_pools_the_same_points_of_iron_to_the_same(iron_review):
    """Its effects go to R as they are; estimator, interval and level as points have them."""
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not installed")
    points = [
        ("REML", "knha", "knha", 0.95, 8.0),
        ("DL", "z", "z", 0.9, 5.5),
        ("PM", "t", "t", 0.8, 11.0),
        ("REML", "knha-adhoc", "adhoc", 0.99, 6.5),
    ]
    calls = []
    for tau2, _, test, level, sd in points:
        y, v = pooled_contrast(iron_review.under(change_sd=sd), "RLS severity").values
        vector = lambda values: f"c({', '.join(f'{x:.17g}' for x in values)})"
        calls.append(
            f"f <- metafor::rma({vector(y)}, {vector(v)}, method = '{tau2}', test = '{test}', "
            f"level = {100 * level:.17g}, control = list(threshold = 1e-12, tol = 1e-12, maxiter = 1000));"
            "cat(sprintf('%.15g ', c(f$k, f$beta, f$ci.lb, f$ci.ub, sqrt(f$tau2))));"
        )
    program = "if (!requireNamespace('metafor', quietly = TRUE)) quit(status = 9);" + "".join(calls)
    done = subprocess.run(["Rscript", "-e", program], capture_output=True, text=True, check=False)
    if done.returncode == 9:
        pytest.skip("the R package metafor is not installed")
    assert done.returncode == 0, done.stderr
    theirs = np.array(done.stdout.split(), float).reshape(len(points), 5)
    columns = {
        "tau2": texts(*(one[0] for one in points)),
        "interval": texts(*(one[1] for one in points)),
        "level": np.array([one[3] for one in points]),
        "change_sd": np.array([one[4] for one in points]),
    }
    found = batch_pools(iron_review, columns).numbers[:, :5]
    np.testing.assert_allclose(found[:, :4], theirs[:, :4], atol=1e-6)
    np.testing.assert_allclose(found[:, 4], theirs[:, 4], atol=1e-4)


def test_effects_are_looked_up_as_often_for_many_points_as_for_few(iron, monkeypatch):
    asked = []

    def counted(review, outcome):
        asked.append(outcome)
        return pooled_contrast(review, outcome)

    monkeypatch.setattr(pools, "pooled_contrast", counted)
    often = []
    for count in (60, 6000):
        asked.clear()
        columns = {
            "change_sd": np.repeat([6.0, 8.0, 10.0], count // 3),
            "tau2": texts(*["REML", "DL"] * (count // 2)),
            "level": np.linspace(0.6, 0.9, count),
        }
        batch_pools(Review(iron), columns)
        often.append(len(asked))
    assert often == [3, 3]


def test_every_choice_that_moves_effects_reaches_them(iron, monkeypatch):
    """Also those on which nothing rests in the shipped reviews."""
    seen = []

    def noted(review, outcome):
        seen.append(review.settings)
        return pooled_contrast(review, outcome)

    monkeypatch.setattr(pools, "pooled_contrast", noted)
    columns = drawn(Review(iron), 5, seed=2)
    batch_pools(Review(iron), columns)
    of_effects = set(columns) - {"tau2", "interval", "level"}
    assert of_effects >= {"pre_post_r", "arm_size", "crossover_r", "icc", "missing_se", "smd_sds"}
    expected = [{name: columns[name][place] for name in of_effects} for place in range(5)]
    assert [{name: getattr(one, name) for name in of_effects} for one in seen] == expected


def test_an_error_that_nobody_thought_of_is_the_message_of_its_points_only(iron, monkeypatch):
    def fails(review, outcome):
        if review.settings.change_sd == 6.0:
            raise ZeroDivisionError("by zero")
        return pooled_contrast(review, outcome)

    monkeypatch.setattr(pools, "pooled_contrast", fails)
    found = batch_pools(Review(iron), {"change_sd": np.array([6.0, 7.0])})
    assert list(found.messages) == ["ZeroDivisionError: by zero", ""]
    assert np.isnan(found.numbers).all(axis=1).tolist() == [True, False]


def test_a_setting_that_is_not_used_is_nan_in_a_column(iron_review):
    columns = {"crossover_r": np.array([np.nan, 0.3])}
    found = batch_pools(iron_review, columns).numbers
    expected = numbers(pooled_contrast(iron_review, "RLS severity"))
    np.testing.assert_allclose(found[0, :6], expected, rtol=1e-12)


def test_points_of_several_outcomes_are_pools_of_their_own(infarction, infarction_review):
    """An outcome without figures has a message; a choice of studies is looked up for each."""
    outcomes = texts("early death", "bradycardia")
    found = batch_pools(infarction_review, {"outcome": outcomes})
    assert list(found.messages) == ["", TOO_FEW]
    named = {"outcome": outcomes, STUDIES: texts("without MAGIC 2000", "without MAGIC 2000")}
    found = batch_pools(infarction_review, named)
    kept = [
        item
        for item in pooled_contrast(infarction_review, "early death").contrasts
        if item.label != "MAGIC 2000"
    ]
    expected = numbers(pool(infarction_review, kept))
    np.testing.assert_allclose(found.numbers[0, :6], expected, rtol=1e-12)
    assert found.messages[1] != ""
