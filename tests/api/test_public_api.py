"""The public API: values against metafor and bayesmeta, errors that list names, what import costs."""

import inspect
import math
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats

import evidence_review as er
from evidence_review.display.chart import Chart
from evidence_review.display.page import svg
from evidence_review.display.style import PHONE, WIDE
from evidence_review.estimates.measure import Measure
from evidence_review.estimates.pool import pooled_contrast
from evidence_review.review.settings import Settings

from ..conftest import ROOT


@pytest.fixture
def bcg(reference):
    inputs = reference("fit_bcg_logrr_k13")["inputs"]
    table = pd.DataFrame({"study": inputs["slab"], "yi": inputs["yi"], "vi": inputs["vi"]})
    return er.effects(table, "RR")


def test_importing_loads_neither_numpy_nor_pandas():
    code = "import sys, evidence_review; print(len(set(sys.modules) & {'numpy', 'pandas', 'scipy', 'matplotlib'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"


def test_tab_offers_what_works():
    for name in er.__all__:
        assert getattr(er, name) is not None
    assert set(er.__all__) <= set(dir(er))


@pytest.mark.parametrize("measure", ["MD", "SMD", "SMDH", "SMD1", "ROM"])
def test_effects_of_means_are_metafors(reference, measure):
    found = reference("es_twogroup_a")
    given = found["inputs"]
    names = {"m1": "mean1", "s1": "sd1", "n1": "n1", "m2": "mean2", "s2": "sd2", "n2": "n2"}
    table = pd.DataFrame(
        {plain: given[name] for name, plain in names.items()}, index=list("abcdef")
    )
    result = er.effects(table, measure)
    expected = found["output"][measure]
    np.testing.assert_allclose(result.yi, expected["yi"], rtol=1e-8)
    np.testing.assert_allclose(result.vi, expected["vi"], rtol=1e-8)
    assert list(result.index) == list("abcdef")
    assert list(result.columns[:6]) == list(names.values())


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
def test_effects_of_counts_are_metafors(reference, measure):
    found = reference("es_binary_a")
    names = {"a": "ai", "n1": "n1i", "c": "ci", "n2": "n2i"}
    table = pd.DataFrame({name: found["inputs"][own] for own, name in names.items()}).iloc[:4]
    expected = found["output"][measure]
    result = er.effects(table, measure)
    np.testing.assert_allclose(result.yi, expected["yi"][:4], rtol=1e-8)
    back = np.exp(expected["yi"][:4]) if measure != "RD" else expected["yi"][:4]
    np.testing.assert_allclose(result.estimate, back, rtol=1e-8)


def test_a_printed_ratio_gives_back_effect_and_variance(bcg):
    printed = bcg[["study", "estimate", "ci_low", "ci_high"]]
    again = er.effects(printed, "RR")
    np.testing.assert_allclose(again.yi, bcg.yi, rtol=1e-9)
    np.testing.assert_allclose(again.vi, bcg.vi, rtol=1e-9)


@pytest.mark.parametrize(
    ("rule", "theirs"), [("z", "z"), ("t", "t"), ("knha", "knha"), ("knha-adhoc", "adhoc")]
)
def test_a_pool_of_ratios_is_metafors_back_transformed(reference, bcg, rule, theirs):
    expected = reference("fit_bcg_logrr_k13")["output"]["fits"]["REML"][theirs]
    pool = er.pool(bcg, ci=rule)
    assert pool.k == 13
    assert np.log(pool.estimate) == pytest.approx(expected["b"], abs=1e-7)
    assert np.log(pool.interval) == pytest.approx([expected["ci_lb"], expected["ci_ub"]], abs=1e-6)
    assert np.log(pool.prediction_interval) == pytest.approx(
        [expected["pi_lb"], expected["pi_ub"]], abs=1e-6
    )
    assert pool.i2 == pytest.approx(expected["I2"], abs=1e-4)
    assert pool.q == pytest.approx(expected["QE"], rel=1e-8)
    assert pool.weights.sum() == pytest.approx(100)
    assert f"{pool.estimate:.2f}" in repr(pool) and "0.49" in pool._repr_html_()


def test_one_study_is_not_pooled_and_two_do_not_predict(bcg):
    one, two = er.pool(bcg.head(1)), er.pool(bcg.head(2))
    assert one.estimate == pytest.approx(np.exp(-0.889311333920205))
    assert np.isnan(one.tau) and "nothing is pooled" in repr(one)
    assert two.prediction_interval is None and "Two studies" in repr(two)
    assert "a new trial" not in set(two.table.study)
    assert er.pool(bcg.head(3)).prediction_interval is not None
    assert er.pool(bcg, tau2="EE").prediction_interval is None


def test_a_study_without_figures_is_left_out_and_named():
    table = pd.DataFrame(
        {"study": ["A", "B", "C"], "estimate": [1.0, 2.0, 3.0], "se": [1.0, None, 1.0]}
    )
    pool = er.pool(er.effects(table, "MD"))
    assert (pool.k, pool.left_out, pool.estimate) == (2, ("B",), pytest.approx(2.0))


def test_the_bayesian_line_is_bayesmetas(reference):
    found = reference("bayes_k3")
    given, cases = found["inputs"], found["output"]
    table = pd.DataFrame({"yi": given["yi"], "sei": given["sei"]})
    lines = er.pool(er.effects(table, "MD")).bayes([0.5, 1.0])
    for line, case in zip(lines.itertuples(), (cases["hn0.5"], cases["hn1"]), strict=True):
        at = dict(zip(case["mu"]["quantiles"], case["tau"]["probs"], strict=True))
        low, middle, high = (x for x, p in at.items() if p in (0.025, 0.5, 0.975))
        assert [line.low, line.estimate, line.high] == pytest.approx(
            [low, middle, high], abs=1e-4
        )  # its own accuracy


def test_leaving_one_out_is_pooling_the_rest(bcg):
    found = er.pool(bcg).leave_one_out().set_index("without")
    rest = er.pool(bcg[bcg.study != "TPT Madras 1980"])
    assert found.estimate["TPT Madras 1980"] == pytest.approx(rest.estimate, rel=1e-8)


def test_every_wrong_figure_is_told_at_once():
    table = pd.DataFrame(
        {
            "mean1": [1, 2],
            "sd1": [-1, 2],
            "n1": [9, 9],
            "mean2": [1, 2],
            "sd2": [1, 0],
            "n2": [9, 9],
        },
        index=["A", "B"],
    )
    with pytest.raises(ValueError, match=r"(?s)row A: sd1i must be above 0.*row B: sd2i"):
        er.effects(table, "SMD")
    with pytest.raises(ValueError, match="row A, column mean1: 'x' is not a number"):
        er.effects(table.assign(mean1=["x", 2]), "SMD")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda table: er.effects(table, "SMDD"), "did you mean SMD"),
        (
            lambda table: er.effects(table[["study"]].assign(events1=1), "OR"),
            "Missing: n1, events2 and n2",
        ),
        (lambda table: er.pool(table), r"effects\(frame, measure"),
        (lambda table: er.pool(er.effects(table, "MD"), tau2="REM"), "did you mean REML"),
        (lambda table: er.pool(er.effects(table, "MD"), ci="khna"), "did you mean knha"),
        (lambda table: er.pool(er.effects(table, "MD"), label="stud"), "did you mean study"),
        (lambda table: er.check_reported(table), "a check needs the columns mean, n"),
        (lambda _: er.forrest, "did you mean forest"),
    ],
)
def test_a_wrong_name_lists_the_right_ones(wrong, said):
    table = pd.DataFrame({"study": ["A", "B"], "yi": [1.0, 2.0], "vi": [1.0, 1.0]})
    with pytest.raises((ValueError, AttributeError), match=said):
        wrong(table)


def test_columns_of_another_measure_are_told_with_what_to_write():
    counts = {"study": ["A", "B"], "events1": [0, 3], "n1": 20, "events2": [2, 5], "n2": 20}
    with pytest.raises(ValueError, match=r"columns of OR, .*RD.*: say which, as in measure='"):
        er.effects(pd.DataFrame(counts))
    rates = {"study": ["A", "B"], "events1": [0, 3], "time1": 95, "events2": [2, 5], "time2": 98}
    with pytest.raises(ValueError, match=r"the columns of IRR.*: say which, as in measure='IRR'"):
        er.effects(pd.DataFrame(rates))


def test_counts_can_be_pooled_as_they_are_and_rates_cannot():
    counts = {"study": ["A", "B"], "events1": [0, 3], "n1": 20, "events2": [2, 5], "n2": 20}
    assert "er.pool_events pools counts" in repr(er.pool(er.effects(pd.DataFrame(counts), "OR")))
    assert "Peto" in repr(er.pool_events(pd.DataFrame(counts), method="peto"))
    rates = {"study": ["A", "B"], "events1": [0, 3], "time1": 95, "events2": [2, 5], "time2": 98}
    said = repr(er.pool(er.effects(pd.DataFrame(rates), "IRR")))
    assert "1/2 is added to each count of A, where one is 0." in said
    assert "pool_events" not in said


def test_effects_of_two_measures_are_not_pooled(bcg):
    with pytest.raises(ValueError, match="RR and OR"):
        er.pool(pd.concat([bcg, bcg.assign(measure="OR")]))


@pytest.fixture
def schools(reference):
    """56 effects of school calendars in 11 districts (Konstantopoulos 2011)."""
    case = reference("rve_konstantopoulos2011")
    given = case["inputs"]
    table = pd.DataFrame({"district": given["study"], "yi": given["yi"], "vi": given["vi"]})
    return er.effects(table, "SMD"), case["output"]


def test_several_effects_of_a_trial_are_pooled_as_clubsandwich_does(schools):
    table, output = schools
    pool, expected = er.pool(table, trial="district"), output["CR2_satterthwaite"]
    assert (pool.trials, pool.k) == (11, 56)
    np.testing.assert_allclose(
        [pool.estimate, pool.fit.se, pool.fit.df, pool.fit.p],
        [expected[name] for name in ("b", "se", "df", "p")],
        rtol=1e-6,
    )
    half = stats.t.ppf(0.975, expected["df"]) * expected["se"]
    assert pool.interval == pytest.approx([expected["b"] - half, expected["b"] + half], rel=1e-6)
    assert pool.estimate == pytest.approx((pool.weights.to_numpy() / 100) @ table.yi)
    assert "11, with 56 effects" in repr(pool)
    assert "Pooled 0.18" in pool.forest().alt and pool.prediction_interval is None


def test_a_correlation_within_trials_is_metafors_vcalc(schools):
    table, output = schools
    pool, expected = er.pool(table, trial="district", covariance=0.6), output["three_level_V"]
    np.testing.assert_allclose(
        [pool.estimate, pool.fit.model_se, *np.square(pool.tau)],
        [expected["b"], expected["se"], *expected["sigma2"]],
        rtol=1e-5,
    )


def test_a_shared_control_is_counted_once():
    """An arm split in two halves against one control gives what the trial with the arm whole gives."""
    names = ["study", "mean1", "sd1", "n1", "mean2", "sd2", "n2"]
    others = [["B", 16.0, 9.0, 30, 24.0, 9.0, 30], ["C", 20.0, 9.0, 50, 23.0, 9.0, 50]]
    halves = [["A", 18.0, 9.0, n, 25.0, 9.0, 40] for n in (20, 40)]
    whole = [["A", 18.0, 9.0, 60, 25.0, 9.0, 40]]
    split, one = (
        er.effects(pd.DataFrame([*rows, *others], columns=names), "MD") for rows in (halves, whole)
    )
    found = er.pool(split, trial="study", covariance="shared control")
    expected = er.pool(one, trial="study")
    parts = found.weights.groupby(level=0).sum()
    assert (found.trials, found.k) == (3, 4)
    # Between the halves nothing varies: only variances between trials are left.
    assert found.tau[1] == pytest.approx(0, abs=1e-9)
    assert found.estimate == pytest.approx(expected.estimate, rel=1e-6)
    assert found.fit.model_se == pytest.approx(expected.fit.model_se, rel=1e-6)
    assert parts["A"] == pytest.approx(expected.weights["A"], rel=1e-5)


def test_a_study_named_twice_is_not_taken_for_two(schools):
    table = schools[0].rename(columns={"district": "study"}).iloc[:6]
    with pytest.raises(ValueError, match=r"11 \(rows 0, 1, 2 and 3\).*trial='study'"):
        er.pool(table)
    assert er.pool(table.assign(study=list("abcdef"))).k == 6
    authors = table.drop(columns="study").assign(author="Roe", year=[1, 2, 3, 4, 5, 6])
    assert er.pool(authors).k == 6
    with pytest.raises(ValueError, match=r"Roe 1 \(rows 0 and 1\)"):
        er.pool(authors.assign(year=[1, 1, 2, 3, 4, 5]))
    counts = pd.DataFrame({"study": ["A", "A"], "events1": 1, "n1": 9, "events2": 2, "n2": 9})
    with pytest.raises(ValueError, match=r"A \(rows 0 and 1\).*add up the counts"):
        er.pool_events(counts)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"trial": "stdy"}, "did you mean study"),
        ({"trial": "study", "ci": "z"}, "leave out tau2 and ci"),
        ({"covariance": 0.5}, "covariance needs trial"),
        ({"trial": "study", "covariance": "shared"}, "did you mean shared control"),
        ({"trial": "study", "covariance": "shared control"}, "A: n2 is 9 and 8"),
        ({"trial": "study", "covariance": np.eye(2)}, "symmetric, 3 by 3"),
        ({"trial": "unit"}, "at least two trials"),
    ],
)
def test_what_ties_effects_is_said_in_a_way_that_can_be(options, said):
    table = pd.DataFrame(
        {"study": list("AAB"), "yi": [1.0, 2, 3], "vi": 1.0, "n1": 9, "n2": [9, 8, 9]}
    )
    with pytest.raises(ValueError, match=said):
        er.pool(er.effects(table, "MD"), **options)


def test_a_forest_of_ratios_has_a_logarithmic_axis_in_ratios(bcg):
    picture = er.pool(bcg).forest()
    for width in (WIDE, PHONE):
        axes = picture.draw(width).axes[0]
        assert axes.get_xscale() == "log"
        assert all(line.get_xdata()[0] > 0 for line in axes.lines)
    assert "Pooled 0.49 (0.33 to 0.73)" in picture.alt
    assert svg(picture.draw, WIDE, picture.alt).startswith(b"<?xml")
    assert "<svg" not in picture.alt and "<img" in picture._repr_html_()


def test_four_lines_open_a_review_and_draw_its_forest(iron_review):
    review = er.open_review(iron_review.records.folder, project=ROOT)
    trials = review.trials
    pool = review.pool()
    picture = pool.forest()
    engine = pooled_contrast(iron_review, iron_review.about.outcome)
    assert len(trials) and "Pooled" in picture.alt
    assert (pool.k, pool.fit) == (engine.fit.k, engine.fit)
    assert er.pool(review.effects()).fit.estimate == pytest.approx(engine.fit.estimate)


def test_a_table_of_a_review_is_a_copy(project):
    review = er.open_review("magnesium-rls", project=project.root)
    for name in ("trials", "arms", "checks", "risk_of_bias", "certainty", "claims", "findings"):
        table = getattr(review, name)
        before = table.copy()
        table.iloc[:, 0] = None
        pd.testing.assert_frame_equal(getattr(review, name), before)


def test_a_table_without_rows_has_its_columns(project):
    full, empty = (
        er.open_review(name, project=project.root)
        for name in ("magnesium-rls", "magnesium-infarction")
    )
    for name in ("checks", "risk_of_bias", "certainty"):
        assert getattr(empty, name).empty and not getattr(full, name).empty
        assert list(getattr(empty, name)) == list(getattr(full, name))


def test_a_review_without_placebo_arms_says_what_they_take(project):
    review = er.open_review("magnesium-infarction", project=project.root)
    reference = review.records.review.reference_class
    with pytest.raises(ValueError, match=rf"two or more placebo arms .* in data/{reference}"):
        _ = review.placebo


def test_a_review_says_which_names_there_are(project):
    with pytest.raises(ValueError, match="did you mean magnesium-rls"):
        er.open_review("magnesium-rsl", project=project.root)
    review = er.open_review("magnesium-rls", project=project.root)
    with pytest.raises(AttributeError, match="did you mean trials"):
        _ = review.trails
    with pytest.raises(TypeError, match="settings are tau2"):
        review.under(tau3="DL")
    with pytest.raises(ValueError, match="there are RLS severity"):
        review.effects("RLS")
    with pytest.raises(
        ValueError, match=r"no study with a control group gives one value.*reconstructed"
    ):
        review.pool()
    assert review.under(level=0.9).settings.level == 0.9


@pytest.mark.parametrize(
    ("printed", "options", "check", "verdict"),
    [
        ({"mean": "5.19", "n": 28}, {"items": 1}, "mean (GRIM)", "inconsistent"),  # Brown 2017
        ({"mean": "5.19", "n": 28}, {}, "mean (GRIM)", "not checkable"),
        ({"mean": "2.0", "sd": "1.2", "n": 3}, {"items": 1}, "mean and SD (GRIMMER)", "inconsistent"),
        ({"mean": "2.0", "sd": "1.0", "n": 3}, {"items": 1, "scale": (1, 3)}, "mean and SD (GRIMMER)", "consistent"),
        ({"share": "0.5", "sd": "0.50", "n": 10}, {}, "DEBIT", "inconsistent"),
        ({"percent": "35%", "n": 12}, {}, "percentage of people", "inconsistent"),
        ({"events1": 3, "n1": 4, "events2": 1, "n2": 4, "p": 0.486}, {}, "p of a difference of counts", "consistent"),
        ({"t": "2.23", "df": 10, "p": "0.05"}, {}, "p against its t", "consistent"),  # the table of t: 2.228
        ({"t": "-2.23", "df": 10, "p": "0.01"}, {}, "p against its t", "inconsistent"),
        ({"estimate": "2.0", "ci_low": "1.0", "ci_high": "4.0"}, {"measure": "OR"}, "interval about its estimate", "consistent"),
        ({"estimate": "2.0", "ci_low": "1.0", "ci_high": "4.0"}, {}, "interval about its estimate", "inconsistent"),
        ({"estimate": "0.50", "ci_low": "0.25", "ci_high": "1.00", "p": "0.05"}, {"measure": "OR"}, "p against its interval", "consistent"),
        ({"estimate": "0.50", "ci_low": "0.25", "ci_high": "1.00", "p": "<0.01"}, {"measure": "OR"}, "p against its interval", "inconsistent"),
    ],
)  # fmt: skip
def test_a_check_of_printed_figures(printed, options, check, verdict):
    found = er.check_reported(pd.DataFrame([printed]), **options).set_index("check")
    assert found.verdict[check] == verdict
    assert found.arithmetic[check]


def test_text_keeps_its_decimals_and_empty_cells_are_left_out():
    table = pd.DataFrame({"mean": ["5.10", None], "n": [10, 10]}, index=["text", "empty"])
    found = er.check_reported(table, items=1)
    assert list(found.row) == ["text"] and "5.10" in found.arithmetic[0]
    with pytest.raises(ValueError, match=r"(?s)row 0, column mean: 'about 5'.*column n: 2.5"):
        er.check_reported(pd.DataFrame({"mean": ["about 5"], "n": [2.5]}))


def test_a_word_for_not_significant_is_refused_with_what_to_write_instead():
    """An interval from -1 to 3 about 1 includes 0, and so goes with a p above .05."""
    table = pd.DataFrame({"estimate": ["1"], "ci_low": ["-1"], "ci_high": ["3"], "p": ["ns"]})
    with pytest.raises(ValueError, match=r"column p: 'ns' is no printed figure; write .*'>0.05'"):
        er.check_reported(table)
    found = er.check_reported(table.assign(p=">0.05")).set_index("check")
    assert found.verdict["p against its interval"] == "consistent"


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("p", "1.2", "a p lies between 0 and 1"),
        ("p", -0.1, "a p lies between 0 and 1"),
        ("p", "4%", "a p lies between 0 and 1"),
        ("sd2", "-2.0", "an SD is not negative"),
    ],
)
def test_what_no_figure_can_be_is_refused_and_not_checked(column, cell, said):
    """As `check` refuses it in the tables of a review: the cell is mistyped, the figures may be right."""
    row = {"mean1": 5, "sd1": 2, "n1": 20, "mean2": 6, "sd2": 2, "n2": 20, "p": 0.12}
    with pytest.raises(ValueError, match=rf"row 0, column {column}: .*; {said}"):
        er.check_reported(pd.DataFrame([row | {column: cell}]))
    assert len(er.check_reported(pd.DataFrame([row | {"p": 1, "sd1": 0}])))


def test_limits_that_changed_places_are_refused():
    row = {"estimate": "1", "ci_low": "3", "ci_high": "-1", "p": "0.3"}
    with pytest.raises(ValueError, match="row 0: ci_low 3 is above ci_high -1"):
        er.check_reported(pd.DataFrame([row]))
    assert len(er.check_reported(pd.DataFrame([row | {"ci_low": "-1", "ci_high": "3"}])))


@pytest.mark.parametrize(
    ("words", "name"),
    [("Hedges' g", "SMD"), ("hedges g", "SMD"), ("Cohen's d", "SMD"), ("risk difference", "RD")],
)
def test_the_words_of_papers_lead_to_one_measure(words, name):
    with pytest.raises(ValueError, match=rf"did you mean {name} \([^)]+(\(.*\))?\)\? er\.measures"):
        er.effects(pd.DataFrame(), measure=words)


def test_counts_are_pooled_as_they_are():
    """By hand: (1*8/20) / (9*2/20 + 10*3/20) = 1/6; the study without events says nothing."""
    counts = {"events1": [1, 0, 0, None], "n1": 10, "events2": [2, 3, 0, 1], "n2": 10}
    table = pd.DataFrame({"study": list("ABCD"), **counts})
    found = er.pool_events(table)
    assert found.estimate == pytest.approx(1 / 6)
    assert found.interval[0] < 1 / 6 < found.interval[1]
    assert (found.labels, found.uninformative, found.left_out) == (("A", "B"), ("C",), ("D",))
    assert "0.17" in repr(found) and "C" in repr(found)
    # RD: A -1/10, B -3/10, C 0, all of one weight
    assert er.pool_events(table, "RD").estimate == pytest.approx(-4 / 30)
    cells = pd.DataFrame({"ai": [1, 0], "bi": [9, 10], "ci": [2, 3], "di": [8, 7]})
    assert er.pool_events(cells).estimate == pytest.approx(1 / 6)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"method": "HM"}, "did you mean MH"),
        ({"method": "PETO", "measure": "RR"}, "no measure by PETO 'RR'"),
        ({"label": "studdy"}, "did you mean study"),
        ({"level": 95}, "level must be"),
    ],
)
def test_a_pool_of_counts_says_what_is_wrong(options, said):
    table = pd.DataFrame(
        {"study": ["A", "B"], "events1": [1, 2], "n1": 10, "events2": [2, 3], "n2": 10}
    )
    with pytest.raises(ValueError, match=said):
        er.pool_events(table, **options)
    with pytest.raises(ValueError, match="needs counts"):
        er.pool_events(pd.DataFrame({"estimate": [0.5], "ci_low": [0.2], "ci_high": [0.9]}))


def test_a_figure_is_saved_as_a_file(tmp_path):
    table = pd.DataFrame({"study": ["A", "B"], "yi": [-0.2, -0.6], "vi": [0.04, 0.05]})
    picture = er.pool(er.effects(table, measure="OR")).forest()
    for name, start in (("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.pdf", b"%PDF")):
        picture.save(tmp_path / name)
        assert (tmp_path / name).read_bytes().startswith(start)
    with pytest.raises(ValueError, match="png"):
        picture.save(tmp_path / "a.docx")


def test_a_saved_figure_looks_as_on_a_page_and_is_not_shown_again(tmp_path):
    # A dollar begins a formula in matplotlib's own style; this one cannot be read, and raised an error.
    table = pd.DataFrame({"study": ["A $\\frac{$", "B"], "yi": [-0.2, -0.6], "vi": [0.04, 0.05]})
    open_before = plt.get_fignums()
    er.forest(er.effects(table, measure="MD")).save(tmp_path / "a.png")
    drawn = plt.imread(tmp_path / "a.png")[:, :, :3]
    dark = (drawn < 0.7).all(axis=2)
    assert dark.any()
    # The only line across is the axis, below the last study; a box had one above the first.
    assert not (dark[: len(dark) // 2].mean(axis=1) > 0.7).any()
    assert plt.get_fignums() == open_before  # a notebook shows what is left open


@pytest.mark.parametrize(
    ("measure", "better", "important", "line"),
    [
        ("OR", "lower", 0.8, np.log(0.8)),
        ("OR", "higher", 1.25, np.log(1.25)),
        ("MD", "lower", 2.0, -2.0),
    ],
)
def test_what_matters_is_given_as_it_is_printed(measure, better, important, line):
    table = pd.DataFrame({"study": ["A", "B"], "yi": [-0.2, -0.6], "vi": [0.04, 0.05]})
    effects = er.effects(table, measure=measure, better=better)
    chart = er.forest(effects, important=important).chart(WIDE)
    assert any(getattr(mark, "x", None) == pytest.approx(line) for mark in chart.panels[0].marks)
    wrong = 1 / important if measure == "OR" else -important
    with pytest.raises(ValueError, match="important must be"):
        er.forest(effects, important=wrong)


def test_a_review_keeps_its_settings_and_its_records(magnesium):
    review = er.open_review("magnesium-rls")
    with pytest.raises(AttributeError, match=r"use under\(level=0.9\)"):
        review.level = 0.9
    with pytest.raises(TypeError, match="open iron-rls with open_review"):
        review.under(review="iron-rls")
    assert "level = 0.8" in repr(review.under(level=0.8))
    assert set(review.options.setting) == set(Settings.names()) - {"review"}


def test_both_intervals_of_placebo_have_the_level_of_the_settings():
    """The interval at 80% is inside that at 95%, and both say their level."""
    wide, narrow = (
        er.open_review("magnesium-rls").under(level=level).placebo for level in (0.95, 0.8)
    )
    assert wide.new_trial()[0] < narrow.new_trial()[0] < narrow.new_trial()[1] < wide.new_trial()[1]
    assert "80%" in str(narrow)


def test_columns_may_be_in_capitals_and_a_near_miss_is_named():
    capitals = pd.DataFrame(
        {"Study": ["A", "B"], "EVENTS1": [0, 10], "N1": ["50", "50"], "Events2": [5, 20], "N2": 50}
    )
    plain = capitals.set_axis(["study", "events1", "n1", "events2", "n2"], axis=1)
    found, wanted = er.effects(capitals, "RR"), er.effects(plain, "RR")
    assert found.vi.tolist() == wanted.vi.tolist()
    assert er.pool(found).labels == ("A", "B")
    assert found.correction.tolist() == [
        0.5,
        0.0,
    ]  # added to each count of A, which has an empty cell
    assert any("1/2" in note and "A" in note for note in er.pool(found).notes)
    with pytest.raises(ValueError, match=r"frame.rename\(columns={'std1': 'sd1'}\)"):
        er.effects(pd.DataFrame(columns=["mean1", "std1", "n1", "mean2", "sd2", "n2"]), "MD")


def test_an_empty_cell_is_filled_for_peto_too_and_that_is_said():
    """metafor 3.8-1: escalc(measure="PETO", ai=c(0, 10), n1i=c(50, 50), ci=c(5, 20), n2i=c(50, 50))."""
    table = pd.DataFrame(
        {"study": ["A", "B"], "events1": [0, 10], "n1": 50, "events2": [5, 20], "n2": 50}
    )
    found = er.effects(table, "PETO")
    assert found.yi.tolist() == pytest.approx([-1.753472222222, -0.942857142857], rel=1e-11)
    assert found.correction.tolist() == [0.5, 0.0]
    assert any("1/2" in note and "A" in note for note in er.pool(found).notes)


def test_limits_that_are_swapped_are_named_by_row():
    table = pd.DataFrame({"estimate": [2.0, 3.0], "ci_low": [1.0, 4.0], "ci_high": [3.0, 2.0]})
    with pytest.raises(ValueError, match=r"row 1: .*swapped.*ci_low 4"):
        er.effects(table, "MD")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"tau2": "HKSJ"}, "ci='knha'"),
        ({"ci": "hksj"}, "ci='knha'"),
        ({"tau2": "FE"}, "tau2='EE'"),
        ({"tau2": "fixed"}, "tau2='EE'"),
        ({"tau2": "dl"}, "did you mean DL"),
    ],
)
def test_names_of_other_packages_lead_to_ours(options, said):
    table = er.effects(pd.DataFrame({"yi": [1.0, 2.0], "vi": 1.0}), "MD")
    with pytest.raises(ValueError, match=said):
        er.pool(table, **options)


def test_a_prior_of_half_an_sd_of_people_where_none_is_given():
    """In SDs of people it is the same prior for a mean difference as for a standardised one."""
    table = pd.DataFrame(
        {"mean1": [10.0, 14.0], "sd1": 4.0, "n1": 30, "mean2": [12.0, 13.0], "sd2": 4.0, "n2": 30}
    )
    pool = er.pool(er.effects(table, "MD"))
    pd.testing.assert_frame_equal(pool.bayes(), pool.bayes(2.0))
    ratios = er.pool(er.effects(pd.DataFrame({"yi": [0.1, 0.4], "vi": 0.1}), "OR"))
    pd.testing.assert_frame_equal(ratios.bayes(), ratios.bayes(0.5))
    given = er.pool(er.effects(pd.DataFrame({"yi": [0.1, 0.4], "vi": 0.1}), "MD"))
    with pytest.raises(ValueError, match="half the SD of people"):
        given.bayes()


def test_printed_figures_are_checked_on_the_measure_of_their_row():
    """sqrt(.61 x .99) = .7771 prints near .78, and (.61 + .99) / 2 = .80 does not: a column of measures was passed over."""
    printed = {"estimate": "0.78", "ci_low": "0.61", "ci_high": "0.99"}
    table = pd.DataFrame([printed | {"measure": name} for name in ("IRR", "MD", "")])
    consistent, inconsistent = "consistent", "inconsistent"
    assert list(er.check_reported(table).verdict) == [consistent, inconsistent, inconsistent]
    assert list(er.check_reported(table, measure="RR").verdict) == [consistent] * 3
    with pytest.raises(ValueError, match="row 1, column measure: there is no measure 'IRLS'"):
        er.check_reported(table.assign(measure=["OR", "IRLS", "OR"]))
    scores = pd.DataFrame({"mean": ["5.19"], "n": [28], "measure": ["IRLS"]})
    assert list(er.check_reported(scores, items=1).verdict) == [inconsistent]


@pytest.mark.parametrize(
    ("low", "high", "numbers", "has_others"),
    [
        (0.7, 1.05, [0.7, 0.8, 0.9, 1.0], False),
        (0.3, 3.0, [0.5, 1, 2], False),
        (0.009, 90, [0.01, 0.1, 1, 10], True),
    ],
)
def test_an_axis_of_ratios_has_numbers_however_short_it_is(low, high, numbers, has_others):
    chart = Chart((), Measure("OR", "", "lower"), "", (math.log(low), math.log(high)))
    assert chart.ratios == pytest.approx(numbers)
    assert (0.2 in chart.between) == has_others


def test_the_placebo_response_has_its_forest():
    response = er.open_review("magnesium-rls").placebo
    assert len(response.arms) == response.fit.k
    assert f"{response.fit.k} placebo arms" in response.forest().alt


def test_a_measure_is_known_in_small_letters_too():
    trials = pd.DataFrame({"events1": [10], "n1": [50], "events2": [20], "n2": [50]})
    small, capital = (er.effects(trials, measure=name) for name in ("or", "OR"))
    pd.testing.assert_frame_equal(small, capital)


@pytest.mark.parametrize("function", [er.effects, er.pool, er.forest, er.pool_events])
def test_a_wrong_argument_is_an_error_that_lists_the_right_ones(function):
    (first, *_) = inspect.signature(function).parameters
    with pytest.raises(TypeError, match=rf"{function.__name__}: .*'colour'.*{first}"):
        function(pd.DataFrame(), colour=1)


def test_a_wrong_name_in_a_result_is_an_error_that_lists_the_right_ones():
    review = er.open_review("magnesium-rls")
    for result, wrong, right in (
        (review, "pooled", "pool"),
        (review.placebo, "means", "mean"),
        (review.against_placebo(), "share", "share_as_good"),
        (review.answer(), "sentence", "sentences"),
    ):
        with pytest.raises(AttributeError, match=rf"'{wrong}'.*{right}"):
            getattr(result, wrong)


def test_a_small_difference_of_risks_is_shown_with_three_decimals():
    """4 of 1000 and 12 of 1000: a difference of -0.008, which two decimals would show as -0.01."""
    table = pd.DataFrame({"events1": [4, 4], "n1": [1000, 1000], "events2": [12, 12], "n2": 1000})
    pooled = er.pool(er.effects(table, measure="RD"))
    for shown in (repr(pooled), repr(er.pool_events(table, "RD")), pooled.forest().alt):
        assert "−0.008" in shown


def test_who_knows_pandas_only_is_told_what_to_type_next():
    """A table with names of its own, a measure in words, an argument of another package."""
    own = pd.DataFrame({"Study": ["A"], "Mean drug": [14.2], "Mean placebo": [18.6]})
    with pytest.raises(ValueError, match=r"er\.effects\(frame, measure=\.\.\.\) adds them"):
        er.pool(own)
    with pytest.raises(ValueError, match=r"frame\.rename\(columns="):
        er.effects(own, "MD")
    with pytest.raises(ValueError, match=r"did you mean MD \(mean difference\)\?"):
        er.effects(own, "mean difference")
    pooled = er.pool(er.effects(pd.DataFrame({"yi": [0.1, 0.3], "vi": [0.04, 0.05]}), "GEN"))
    with pytest.raises(TypeError, match="there is no argument 'title'"):
        pooled.forest(title="My plot")
    assert repr(pooled.forest()).startswith("<Picture 'forest': Forest plot of 2 studies")


@pytest.mark.parametrize("options", [{}, {"trial": "trial"}])
def test_a_pool_whose_better_side_is_not_stated_says_so(options):
    table = pd.DataFrame({"yi": [1.0, 2.0, 6.0], "vi": 1.0, "study": ["A", "B", "C"]})
    table["trial"] = ["D", "D", "E"]
    options |= {"covariance": 0.5} if options else {}
    stated, unstated = (
        er.pool(er.effects(table, "MD", better=better), **options) for better in ("lower", None)
    )
    assert "better" not in str(stated)
    assert "better" in str(unstated).splitlines()[-1]
    assert "better" in unstated.forest().caption


def test_a_ratio_has_no_unit_whatever_is_given():
    table = pd.DataFrame({"yi": [-0.1, -0.2], "vi": [0.01, 0.02]})
    assert set(er.effects(table, "ROM", unit="points").unit) == {""}
    assert set(er.effects(table, "MD", unit="points").unit) == {"points"}
    assert "points" not in repr(er.pool(er.effects(table, "ROM", unit="points")))


def test_errors_name_the_columns_of_the_table():
    one = {"mean1": [12.1], "sd1": [-5.1], "n1": [20], "mean2": [1.0], "sd2": [2.0], "n2": [20]}
    with pytest.raises(ValueError, match=r"there: mean1 \(m1i\) 12.1, sd1 \(sd1i\) -5.1"):
        er.effects(pd.DataFrame(one), "MD")
    printed = pd.DataFrame({"p": ["0.04"], "estimate": ["2"], "lower": ["1"], "upper": ["3"]})
    with pytest.raises(ValueError, match="Missing: ci_low and ci_high"):
        er.check_reported(printed)
    with pytest.raises(ValueError) as raised:  # mean1 is another figure's name
        er.effects(pd.DataFrame({"mean1": [1.0], "sd1": [2.0]}), "MD")
    assert "'mean1':" not in str(raised.value)
    with pytest.raises(ValueError, match="SMDH"):
        er.effects(pd.DataFrame(one), er.measures().loc["SMDH", "in words"])
    with pytest.raises(TypeError, match=r"review.pool\(\).forest\(\)"):
        er.forest(er.open_review("iron-rls"))


def test_a_pooled_ratio_shows_itself_as_plain_numbers():
    table = pd.DataFrame({"study": ["A", "B", "C"], "yi": [-0.2, -0.1, -0.4], "vi": 0.04})
    found = er.pool(er.effects(table, measure="HR", better="lower"))
    shown = repr((found.estimate, found.interval, found.prediction_interval))
    assert "np." not in shown
    assert found.estimate == pytest.approx(np.exp(-0.7 / 3))


def test_an_effect_that_matters_needs_a_better_end_and_says_how_to_give_it():
    table = pd.DataFrame({"study": ["A", "B"], "yi": [-0.2, -0.6], "vi": [0.04, 0.05]})
    with pytest.raises(
        ValueError, match=r"hazard ratio is better: give er\.effects better='lower'"
    ):
        er.forest(er.effects(table, measure="HR"), important=0.8)
