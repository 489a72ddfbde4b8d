"""How an effect was obtained, in words."""

from __future__ import annotations

from evidence_review.estimates.change import SingleArmChange
from evidence_review.estimates.contrast import RandomisedContrast, Route
from evidence_review.estimates.measure import Measure


def direction(measure: Measure) -> str:
    """Which sign an improvement has."""
    if measure.better is None:
        return "no source says which way is better"
    return f"improvement is {'negative' if measure.better == 'lower' else 'positive'}"


def spread(change: SingleArmChange) -> str:
    """Where the standard error of a change comes from: 'SD reported', 'from both SDs, r = 0.5'."""
    return {
        "SE": "SE reported",
        "SD": "SD reported",
        "interval": "from the interval",
        "P": "from the printed P",
        "two SDs": f"from both SDs, r = {change.assumed or 0:g}",
        "assumed SD": "SD assumed",
    }[change.route]


def how(contrast: RandomisedContrast) -> str:
    """How a contrast was obtained, and on what assumption."""
    return _ROUTES[contrast.route.name](contrast.route)


def _assumed_size(route: Route) -> str:
    if route.assumed_size is None:
        return ""
    return f", assuming {route.assumed_size:g} people an arm where no number is given"


def _difference(route: Route) -> str:
    sizes = (
        "" if route.assumed_size is None else f"; SDs as if {route.assumed_size:g} people an arm"
    )
    return f"printed difference with its interval{sizes}"


def _changes(route: Route) -> str:
    return f"changes of both arms ({', '.join(dict.fromkeys(map(spread, route.arms)))})"


def _scores(route: Route) -> str:
    doubt = ""
    if route.omnibus is not None:
        doubt = (
            "; they do not reproduce the printed omnibus P, which implies "
            f"{route.omnibus.low:.2f} to {route.omnibus.high:.2f}"
        )
    return f"reported means and SDs of both arms{_assumed_size(route)}{doubt}"


def _omnibus(route: Route) -> str:
    unused = ""
    if route.means_left_out:
        unused = (
            "; means are entered, but not mean and SD of both arms at one week: they are not used"
        )
    assert route.p is not None
    return (
        f"reconstructed from the omnibus P ({route.p.low:g} to {route.p.high:g}, as it is rounded) and the "
        f"authors' ranking, before small-sample correction{_assumed_size(route)}{unused}"
    )


def _pool(route: Route) -> str:
    estimator, interval = route.pooling
    assumed = ", ".join(route.assumed_trials)
    return f"random effects ({estimator}, interval {interval}) over {', '.join(route.trials)}" + (
        f"; with an assumption: {assumed}" if assumed else ""
    )


_ROUTES = {
    "difference": _difference,
    "changes": _changes,
    "scores": _scores,
    "omnibus": _omnibus,
    "pool": _pool,
}
