"""Effect sizes against metafor's escalc (MD, SMD, MC)."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from evidence_review.stats.effects import mean_change, mean_difference, standardized_mean_difference


@pytest.mark.parametrize(
    ("measure", "function"), [("MD", mean_difference), ("SMD", standardized_mean_difference)]
)
def test_two_groups(reference, measure, function):
    case = reference("es_twogroup_a")
    estimate, variance = function(
        *(case["inputs"][name] for name in ("m1", "s1", "n1", "m2", "s2", "n2"))
    )
    assert_allclose(estimate, case["output"][measure]["yi"], rtol=1e-8)
    assert_allclose(variance, case["output"][measure]["vi"], rtol=1e-8)


def test_one_group_before_and_after(reference):
    case = reference("es_prepost_a")
    given = case["inputs"]
    estimate, variance = mean_change(
        given["n"], given["m_pre"], given["sd_pre"], given["m_post"], given["sd_post"], given["r"]
    )
    assert_allclose(estimate, case["output"]["MC"]["yi"], rtol=1e-8)
    assert_allclose(variance, case["output"]["MC"]["vi"], rtol=1e-8)


@pytest.mark.parametrize("bad", [{"sd1": 0.0}, {"n2": -1.0}])
def test_bad_input_is_named(bad):
    given = {"mean1": 1.0, "sd1": 1.0, "n1": 10, "mean2": 0.0, "sd2": 1.0, "n2": 10} | bad
    with pytest.raises(ValueError, match=next(iter(bad))):
        mean_difference(**given)


def test_r_outside_its_range():
    with pytest.raises(ValueError, match="between -1 and 1"):
        mean_change(10, 5.0, 1.0, 4.0, 1.0, np.array(1.2))
