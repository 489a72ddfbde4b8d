"""Regression to the mean in the simulation, against its formula and the normal distribution's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evidence_review.course.simulation import significant_trials, trials_of_nothing

WHERE = {"mean": 25.0, "sd": 7.0, "seed": 1}


@given(r=st.floats(0, 0.95), at_least=st.floats(10, 38))
def test_people_fall_back_by_the_part_that_the_correlation_leaves(r, at_least):
    """E[later | entry] = mean + r (entry - mean): Galton's regression, on 40,000 people."""
    found = trials_of_nothing(trials=1, people=40_000, r=r, at_least=at_least, **WHERE)
    expected = -(1 - r) * (found.before.mean() - 25)
    noise = 7 * np.sqrt(1 - r**2) / np.sqrt(40_000)
    assert found.changes[0] == pytest.approx(expected, abs=5 * noise + 1e-12)


@given(at_least=st.floats(10, 38))
def test_who_enters_has_the_mean_of_a_truncated_normal(at_least):
    """The inverse Mills ratio, from scipy's truncated normal."""
    found = trials_of_nothing(trials=1, people=40_000, r=0.5, at_least=at_least, **WHERE)
    exact = stats.truncnorm((at_least - 25) / 7, np.inf, 25, 7)
    assert found.before.min() >= at_least - 1e-9
    assert found.before.mean() == pytest.approx(exact.mean(), abs=5 * exact.std() / 200)


def test_if_everybody_is_let_in_one_trial_in_forty_improves_by_chance():
    """One side of a 5% test, where nobody was chosen; binomial bounds."""
    count = significant_trials(trials=4000, people=12, r=0.5, at_least=-1e9, **WHERE)
    low, high = stats.binom(4000, 0.025).interval(0.999)
    assert low <= count <= high


def test_people_chosen_on_a_bad_day_make_most_trials_a_success():
    chosen = {"trials": 400, "people": 12, "r": 0.5, "at_least": 30}
    assert significant_trials(**chosen, **WHERE) > 200


def test_an_interval_without_zero_is_a_p_below_5_percent():
    found = trials_of_nothing(trials=500, people=12, r=0.5, at_least=28, **WHERE)
    outside = np.abs(found.changes) > found.half_widths
    assert np.array_equal(outside, found.p_values < 0.05)


def test_the_same_seed_gives_the_same_trials():
    arguments = {"trials": 3, "people": 5, "r": 0.5, "at_least": 28, **WHERE}
    first, again = trials_of_nothing(**arguments), trials_of_nothing(**arguments)
    assert np.array_equal(first.after, again.after)
    other = trials_of_nothing(**(arguments | {"seed": 2}))
    assert not np.array_equal(first.after, other.after)
