"""Meta-regression against metafor, and as properties."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from evidence_review.stats.meta_regression import meta_regression
from evidence_review.stats.pooling import Sets
from evidence_review.stats.synthesis import tau2_interval
from evidence_review.stats.tau2 import TAU2_ESTIMATORS, tau2_and_se

from .test_random_effects_metafor import METAFOR_ESTIMATORS

SETS = ("metareg_bcg", "metareg_k5")
FIELDS = {
    "coefficients": "b",
    "se": "se",
    "ci_low": "ci_lb",
    "ci_high": "ci_ub",
    "statistic": "stat",
    "p": "p",
    "tau2": "tau2",
    "q": "QE",
    "q_p": "QEp",
    "qm": "QM",
    "qm_p": "QMp",
    "r2": "R2",
    "i2": "I2",
    "log_likelihood": "logLik",
}
PREDICTED = {
    "estimate": "pred",
    "se": "se",
    "ci_low": "ci_lb",
    "ci_high": "ci_ub",
    "pi_low": "pi_lb",
    "pi_high": "pi_ub",
}


def fitted(case, **options):
    given = case["inputs"]
    return meta_regression(given["yi"], given["vi"], np.transpose(given["X"]), **options)


def agree(fit, predicted, expected):
    """Every key of the reference that is not null, to 1e-8 or the ten digits that it prints."""
    for own, names, theirs in (
        (fit, FIELDS, expected),
        (predicted, PREDICTED, expected["pred"]),
    ):
        for field, name in names.items():
            if theirs.get(name) is not None:
                assert_allclose(getattr(own, field), theirs[name], rtol=1e-8, atol=1e-11)


@pytest.mark.parametrize("ci", ["z", "knha"])
@pytest.mark.parametrize("tau2", METAFOR_ESTIMATORS)
@pytest.mark.parametrize("name", SETS)
def test_every_key(reference, name, tau2, ci):
    case = reference(name)
    fit = fitted(case, tau2=tau2, ci=ci)
    expected = case["output"][f"{tau2}|{ci}"]
    agree(fit, fit.predict(case["inputs"]["newmods"]), expected)
    assert fit.qm_df == tuple(np.inf if df is None else df for df in expected["QMdf"])


@pytest.mark.parametrize("ci", ["t", "knha-adhoc"])
@pytest.mark.parametrize("tau2", ["REML", "DL", "SJ", "EE"])
@pytest.mark.parametrize("name", SETS)
def test_t_and_the_floor_of_knapp_and_hartung(reference, name, tau2, ci):
    case = reference(name)
    fit = fitted(case, tau2=tau2, ci=ci)
    key = f"{name.removeprefix('metareg_')}|{tau2}|{ci.removeprefix('knha-')}"
    agree(
        fit,
        fit.predict(case["inputs"]["newmods"]),
        reference("metareg_t_adhoc")["output"][key],
    )


@pytest.mark.parametrize("name", SETS)
def test_interval_of_tau2(reference, name):
    case = reference(name)
    given = case["inputs"]
    found = tau2_interval(given["yi"], given["vi"], moderators=np.transpose(given["X"]))
    expected = case["output"]["ci_tau2_QP"]
    assert_allclose([found.low, found.high], expected[1:], rtol=1e-8)
    assert_allclose(fitted(case).tau2, expected[0], rtol=1e-8)


@pytest.mark.parametrize("tau2", ["ML", "REML", "PM", "DL", "HE", "HS", "SJ"])
def test_without_moderators_the_global_optimum(reference, tau2):
    """Sets with two maxima of the likelihood among them; metafor and an independent scan."""
    sets = reference("batch_400_open")["output"]["sets"]
    chosen = [s for i, s in enumerate(sets) if i < 40 or s["ML"]["n_local_maxima"] > 1]
    assert len(chosen) > 40
    for s in chosen:
        v = np.square(s["sei"])
        sets = Sets(
            np.array(s["yi"])[:, None], v[:, None], np.ones((len(v), 1)), np.ones((len(v), 1))
        )
        found = (tau2_and_se(sets, tau2)[0] * sets.scale).item()
        assert abs(found - s[tau2]["tau2"]) <= 1e-7 * max(found, 1e-3 * np.median(v))


regressions = st.integers(5, 12).flatmap(
    lambda k: st.tuples(
        st.lists(st.floats(-20, 20), min_size=k, max_size=k),
        st.lists(st.floats(0.05, 30), min_size=k, max_size=k),
        st.permutations(range(k)),
    )
)


@given(regressions, st.sampled_from([1e-6, 1e-3, 1e3, 1e6]), st.sampled_from(TAU2_ESTIMATORS))
def test_units_do_not_matter(data, factor, tau2):
    """Neither those of the effects nor those of the moderator."""
    y, v, x = (np.array(part, float) for part in data)
    one = meta_regression(y, v, x, tau2=tau2, ci="z")
    other = meta_regression(y * factor, v * factor**2, x / factor, tau2=tau2, ci="z")
    back = np.array([factor, factor**2])
    assert_allclose(other.coefficients / back / one.se, one.coefficients / one.se, 1e-9, 1e-9)
    assert_allclose(other.se / back, one.se, rtol=1e-9)
    assert_allclose(other.tau2 / factor**2, one.tau2, rtol=1e-9, atol=1e-9 * np.median(v))
    assert_allclose([other.q, other.i2], [one.q, one.i2], rtol=1e-8, atol=1e-8)


@given(regressions, st.floats(-50, 50), st.floats(-50, 50))
def test_a_trend_moves_the_coefficients_and_nothing_else(data, shift, slope):
    y, v, x = (np.array(part, float) for part in data)
    one = meta_regression(y, v, x, ci="z")
    other = meta_regression(y + shift + slope * x, v, x, ci="z")
    assert_allclose(other.coefficients - [shift, slope], one.coefficients, atol=1e-7)
    assert_allclose(other.tau2, one.tau2, rtol=1e-6, atol=1e-7 * np.median(v))


@given(regressions, st.randoms(use_true_random=False))
def test_order_does_not_matter(data, random):
    rows = list(zip(*data, strict=True))
    random.shuffle(rows)
    one, other = meta_regression(*data, ci="z"), meta_regression(*zip(*rows, strict=True), ci="z")
    assert_allclose(other.coefficients, one.coefficients, atol=1e-9)
    assert_allclose(other.tau2, one.tau2, rtol=1e-9, atol=1e-9)


@given(regressions, st.sampled_from(["REML", "ML"]))
def test_the_estimate_is_the_highest_point_of_the_likelihood(data, tau2):
    """Against a brute-force scan of the likelihood, written out with matrices."""
    y, v, x = (np.array(part, float) for part in data)
    design = np.column_stack([np.ones(len(y)), x])

    def likelihood(t):
        w = np.diag(1 / (v + t))
        cross = design.T @ w @ design
        r = y - design @ np.linalg.solve(cross, design.T @ w @ y)
        restriction = np.linalg.slogdet(cross)[1] if tau2 == "REML" else 0.0
        return -0.5 * (np.log(v + t).sum() + restriction + r @ w @ r)

    best = likelihood(meta_regression(y, v, x, tau2=tau2).tau2)
    scan = [likelihood(t) for t in np.concatenate([[0], np.geomspace(1e-4, 1e4, 300)])]
    assert best >= max(scan) - 1e-9


def test_two_groups_with_equal_variances_are_the_t_test():
    """With tau2 = 0 and knha: Student's t of the two groups (exact algebra), by scipy."""
    from scipy import stats

    y = np.array([1.0, 2.5, 0.5, 4.0, 3.0, 5.5])
    group = np.array([0, 0, 0, 1, 1, 1])
    fit = meta_regression(y, np.full(6, 1e3), group)
    expected = stats.ttest_ind(y[group == 1], y[group == 0])
    assert fit.tau2 == 0
    assert_allclose([fit.statistic[1], fit.p[1]], [expected.statistic, expected.pvalue])


def test_nothing_to_explain():
    """No variance between studies without moderators: the share explained is no number."""
    fit = meta_regression([1.0, 1.1, 0.9, 1.0], [1.0] * 4, [1.0, 2.0, 4.0, 3.0])
    assert fit.tau2 == 0
    assert np.isnan(fit.r2)


@pytest.mark.parametrize(
    ("moderators", "options", "says"),
    [
        (np.ones(5), {}, "collinear"),
        (np.zeros(5), {}, "collinear"),
        ([1.0, 2.0], {}, "one row a study, 5; got 2"),
        ([1.0, 2.0, np.nan, 4.0, 5.0], {}, "not so at study 2"),
        (np.ones((5, 4)), {}, "5 coefficients need more than 5 studies"),
        (range(5), {"tau2": "XX"}, "tau2 must be one of EE"),
        (range(5), {"ci": "kr"}, "ci must be one of knha"),
        (range(5), {"level": 0.0}, "level must lie"),
    ],
)
def test_bad_input_is_named(moderators, options, says):
    with pytest.raises(ValueError, match=says):
        meta_regression([1.0, 2.0, 0.5, 4.0, 3.0], [1.0] * 5, moderators, **options)


def test_a_set_with_an_absent_study_is_refused():
    with pytest.raises(ValueError, match="all present"):
        meta_regression([1.0, np.nan, 2.0], [1.0, np.nan, 1.0], [1, 2, 3])


def test_predicting_for_another_number_of_moderators():
    fit = meta_regression([1.0, 2.0, 0.5, 4.0], [1.0] * 4, [1, 2, 3, 4])
    with pytest.raises(ValueError, match="must have 1 columns"):
        fit.predict([[1.0, 2.0]])


def test_a_moderator_far_from_0():
    """Slope, and what is predicted, to full precision, by exact fractions; and a warning."""
    y, v = [0.9, 2.1, 2.2, 3.6, 3.9, 4.8], [0.1, 0.2, 0.1, 0.3, 0.2, 0.1]
    x = [10**8 + i for i in range(6)]
    with pytest.warns(UserWarning, match="moderator 1 varies by 2.5 about 100000002.5"):
        fit = meta_regression(y, v, x, tau2="EE", ci="z")
    w, effects = [1 / Fraction(a) for a in v], [Fraction(a) for a in y]
    middle, mean = (
        sum(a * b for a, b in zip(w, values, strict=True)) / sum(w) for values in (x, effects)
    )
    about = sum(a * (b - middle) ** 2 for a, b in zip(w, x, strict=True))
    slope = sum(a * (b - middle) * e for a, b, e in zip(w, x, effects, strict=True)) / about
    assert round(float(slope), 2) == 0.77
    assert_allclose(fit.coefficients, [float(mean - slope * middle), float(slope)], rtol=1e-12)
    assert_allclose(fit.se[1], float(about) ** -0.5, rtol=1e-12)
    at = Fraction(10**8 + 7)
    found = fit.predict([float(at)])
    assert_allclose(found.estimate, float(mean + slope * (at - middle)), rtol=1e-12)
    variance = 1 / sum(w) + (at - middle) ** 2 / about
    assert_allclose(found.se, float(variance) ** 0.5, rtol=1e-12)


@pytest.mark.parametrize("tau2", TAU2_ESTIMATORS)
@pytest.mark.parametrize(("shift", "factor"), [(1e8, 1.0), (-3e11, 1e3), (0.0, 1e-150)])
@pytest.mark.filterwarnings("ignore:moderator 1 varies")
def test_where_a_moderator_lies_does_not_matter(tau2, shift, factor):
    y, v = [0.9, 2.1, 2.2, 4.6, 2.9, 5.8], [0.1, 0.2, 0.1, 0.3, 0.2, 0.1]
    x = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0])
    one, other = (meta_regression(y, v, at, tau2=tau2) for at in (x, shift + factor * x))
    assert_allclose(other.coefficients[1] * factor, one.coefficients[1], rtol=1e-9)
    assert_allclose(other.se[1] * factor, one.se[1], rtol=1e-9)
    names = ("tau2", "tau2_se", "q", "qm", "r2", "i2", "log_likelihood")
    for name in names:
        assert_allclose(getattr(other, name), getattr(one, name), rtol=1e-8)


def test_moderators_that_nearly_say_the_same():
    """Refused from the seventh digit on, as R does; below that they are fitted."""
    x = np.array([1.0, 2.0, 4.0, 3.0, 5.0, 6.0])
    y, v, bend = [1.0, 2.0, 0.5, 4.0, 3.0, 2.0], [1.0] * 6, np.cos(9 * x)
    with pytest.raises(ValueError, match="collinear"):
        meta_regression(y, v, np.column_stack([x, x + 1e-8 * bend]))
    near = meta_regression(y, v, np.column_stack([x, x + 1e-5 * bend]), ci="z")
    apart = meta_regression(y, v, np.column_stack([x, bend]), ci="z")
    assert_allclose(near.coefficients[2] * 1e-5, apart.coefficients[2], rtol=1e-6)
    assert_allclose([near.qm, near.q], [apart.qm, apart.q], rtol=1e-6)


def test_standard_errors_of_tau2_by_matrices():
    """The inverse of the expected information, and var(Q) = 2 tr(PSPS), written out."""
    y, v = np.array([0.9, 2.1, 2.2, 4.6, 2.9, 5.8]), np.array([0.1, 0.2, 0.1, 0.3, 0.2, 0.1])
    x = np.column_stack([np.ones(6), np.arange(6.0), [1.0, 0, 0, 1, 1, 0]])

    def projection(w):
        w = np.diag(w)
        return w - w @ x @ np.linalg.solve(x.T @ w @ x, x.T @ w)

    for method, weights in (("DL", 1 / v), ("HE", np.ones(6))):
        fit = meta_regression(y, v, x[:, 1:], tau2=method)
        p, s = projection(weights), np.diag(v + fit.tau2)
        expected = np.sqrt(2 * np.trace(p @ s @ p @ s)) / np.trace(p)
        assert_allclose(fit.tau2_se, expected, rtol=1e-10)
    fit = meta_regression(y, v, x[:, 1:])
    p = projection(1 / (v + fit.tau2))
    assert fit.tau2 > 0
    assert_allclose(fit.tau2_se, np.sqrt(2 / np.trace(p @ p)), rtol=1e-10)
