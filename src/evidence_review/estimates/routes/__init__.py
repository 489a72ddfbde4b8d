"""Every way from what a trial prints to an effect, in the order in which they are tried.

A route takes a `Trial` and gives what it found, or why it does not serve. Which one counts is
chosen in `contrast`; a page shows what each of them makes of a trial.
"""

from collections.abc import Callable

from evidence_review.estimates.route import Refused
from evidence_review.estimates.routes.errors import by_f, by_interval, by_p, by_se, by_t
from evidence_review.estimates.routes.found import Found
from evidence_review.estimates.routes.of_arms import (
    from_changes,
    from_means_and_test,
    from_medians,
    from_ratio,
    from_scores,
)
from evidence_review.estimates.routes.of_difference import from_difference
from evidence_review.estimates.routes.of_estimate import (
    by_interval as estimate_by_interval,
)
from evidence_review.estimates.routes.of_estimate import (
    by_p as estimate_by_p,
)
from evidence_review.estimates.routes.of_estimate import (
    by_se as estimate_by_se,
)
from evidence_review.estimates.routes.of_estimate import from_estimate
from evidence_review.estimates.routes.of_events import from_events, from_rates
from evidence_review.estimates.routes.of_periods import from_periods
from evidence_review.estimates.routes.of_test import from_omnibus, from_test
from evidence_review.estimates.trial import Trial

# In the order in which they are tried.
ROUTES: dict[str, Callable[[Trial], Found | Refused]] = {
    **{
        name: from_difference(name, error_of)
        for name, error_of in (
            ("difference and SE", by_se),
            ("difference and interval", by_interval),
            ("difference and t", by_t),
            ("difference and F", by_f),
            ("difference and P", by_p),
        )
    },
    "periods": from_periods,
    "changes": from_changes,
    "scores": from_scores,
    "means and test": from_means_and_test,
    "medians": from_medians,
    "test alone": from_test,
    "omnibus": from_omnibus,
    "events": from_events,
    "rates": from_rates,
    "ratio": from_ratio,
    **{
        name: from_estimate(error_of, name)
        for name, error_of in (
            ("estimate and SE", estimate_by_se),
            ("estimate and interval", estimate_by_interval),
            ("estimate and P", estimate_by_p),
        )
    },
}
