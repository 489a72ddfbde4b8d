"""Tipping points against exact algebra."""

import math
from dataclasses import replace

from numpy.testing import assert_allclose
from scipy import stats

from evidence_review.estimates.change import main_change
from evidence_review.placebo import response as placebo
from evidence_review.sensitivity.tipping import against_placebo_tipping, tipping_point


def test_a_crossing_is_found_exactly():
    assert_allclose(
        tipping_point(lambda x: x**3, threshold=2.0, low=0, high=5), 2 ** (1 / 3), rtol=1e-13
    )


def test_no_crossing_is_no_number():
    assert math.isnan(tipping_point(lambda x: x**2, threshold=-1.0, low=0, high=5))


def test_what_would_make_the_pilot_rare_on_placebo(magnesium):
    """The change and the benchmark's mean by the quantile itself; no spread and no precision would."""
    change, own = main_change(magnesium), placebo.benchmark(magnesium)
    points = {point.what: point for point in against_placebo_tipping(change, own, width=40.0)}
    wide = math.sqrt(own.tau**2 + own.se**2 + change.se**2)
    needed = stats.t(own.df, own.mean, wide).ppf(0.025)
    assert_allclose(points["mean change in the trial"].at, needed, rtol=1e-9)
    assert_allclose(
        points["mean change on placebo"].at, change.mean - (needed - own.mean), rtol=1e-9
    )
    # Taking a bias off moves the change: the same distance, the other way.
    assert_allclose(
        points["further bias of the open label (negative flatters)"].at,
        change.mean - needed,
        rtol=1e-9,
    )
    assert math.isnan(points["spread between placebo arms (tau)"].at)
    assert math.isnan(points["standard error of the trial's change"].at)


def test_where_more_is_better_the_better_end_is_the_other(magnesium):
    """The same figures in the other direction: the change has the other sign, a bias that flatters has not."""
    change, own = main_change(magnesium), placebo.benchmark(magnesium)
    turned = lambda measure: replace(measure, better="higher")
    mirrored = (
        replace(change, mean=-change.mean, measure=turned(change.measure)),
        replace(own, mean=-own.mean, measure=turned(own.measure)),
    )
    of = lambda *both: {p.what: p.at for p in against_placebo_tipping(*both, width=40.0)}
    as_it_is, other = of(change, own), of(*mirrored)
    for what in ("mean change in the trial", "mean change on placebo"):
        assert_allclose(other[what], -as_it_is[what], rtol=1e-9)
    bias = "further bias of the open label (negative flatters)"
    assert as_it_is[bias] > 0
    assert_allclose(other[bias], as_it_is[bias], rtol=1e-9)


def test_spread_matters_once_the_change_is_larger(magnesium):
    change = replace(main_change(magnesium), mean=-14.0)
    own = placebo.benchmark(magnesium)
    points = {point.what: point for point in against_placebo_tipping(change, own, width=40.0)}
    tau = points["spread between placebo arms (tau)"].at
    assert 0 < tau < own.tau
    share = placebo.against_placebo(change, replace(own, tau=tau)).as_good
    assert_allclose(share, 0.025, rtol=1e-9)
