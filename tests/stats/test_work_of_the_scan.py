"""What the scan for further modes costs: one odd set of a batch makes the others no dearer."""

import numpy as np
import pytest

from evidence_review.stats.pooling import Fit
from evidence_review.stats.synthesis import random_effects


@pytest.fixture
def fitted(monkeypatch) -> list[int]:
    """How many sets each weighted fit was of."""
    counts: list[int] = []
    fit = Fit.__init__

    def counted(self, sets, w):
        counts.append(w.shape[1])
        fit(self, sets, w)

    monkeypatch.setattr(Fit, "__init__", counted)
    return counts


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_a_set_of_very_unequal_variances_is_scanned_alone(fitted, method):
    draw = np.random.default_rng(5)
    v = np.exp(draw.normal(-2, 0.5, (1000, 13)))
    y = draw.normal(0, np.sqrt(v + 0.25))
    usual = random_effects(y, v, tau2=method)
    cost = sum(fitted)
    v[-1] = np.geomspace(1e-6, 1e6, 13)
    y[-1] = draw.normal(0, np.sqrt(v[-1]))
    fitted.clear()
    found = random_effects(y, v, tau2=method)
    assert sum(fitted) < 1.2 * cost
    assert found.tau2[:-1] == pytest.approx(usual.tau2[:-1], rel=1e-12, abs=1e-12)
    alone = random_effects(y[-1], v[-1], tau2=method)
    assert found.estimate[-1] == pytest.approx(alone.estimate, rel=1e-12)
    assert found.tau2[-1] == pytest.approx(alone.tau2, rel=1e-10, abs=1e-12)
