"""A review opened with its settings: what every room above computes from, and where results are kept."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from evidence_review.records import Records
from evidence_review.records.rows import ReviewRow
from evidence_review.review.settings import OF_ONE_OUTCOME, Settings, limits_of

if TYPE_CHECKING:
    from evidence_review.review.settings import Resolved

P = ParamSpec("P")
T = TypeVar("T")


class Review:
    """The records of a review under one set of settings.

    Functions marked `once` keep what they return here; those marked `once_for_records` keep it for
    all settings of the same records. Nothing kept outlives the review, and nothing travels: a copy
    sent to another process computes anew. Records are not changed after they are loaded; changed
    records (`Review(other_records, settings)`) are another review.

    Parameters
    ----------
    records : Records
        As `records.load` gives them.
    settings : Settings, optional
        Checked, and filled in from the review's assumptions; the defaults if left out.

    Raises
    ------
    SettingsError
        Lists every setting that is not allowed.
    """

    def __init__(self, records: Records, settings: Settings | None = None):
        self.records = records
        self._limits: dict[str, dict[str, dict]] = {}  # by outcome
        self.settings: Resolved = self._resolved(settings or Settings())
        self._kept: dict[tuple, Any] = {}
        self._kept_for_records: dict[tuple, Any] = {}

    def _resolved(self, settings: Settings) -> Resolved:
        asked = settings.outcome or self.records.review.outcome
        if asked not in self._limits:
            self._limits[asked] = limits_of(self.records, asked)
        return settings.within(self._limits[asked], self.records.folder)

    def bounds(self, name: str) -> tuple[float, float]:
        """Low and high of a numeric setting (see `settings.allowed`); where no range is stated its value."""
        limits, value = self._limits[self.settings.outcome][name], getattr(self.settings, name)
        if limits.get("low") is None:
            return float(value), float(value)
        return float(limits["low"]), float(limits["high"])

    @cached_property
    def about(self) -> ReviewRow:
        """The row of review.csv: question, treatment, condition, outcome, instrument and measure.

        Under another outcome, what outcomes.csv says of that one is in its place.
        """
        own, further = self.records.review, self.records.outcome(self.settings.outcome)
        if further is None:
            return own
        return own._replace(
            outcome=further.outcome,
            instrument_id=further.instrument_id,
            measure=further.measure,
            published_result="",
            told_in="",
        )

    @property
    def is_own_outcome(self) -> bool:
        """Whether the outcome that is asked about is that of review.csv."""
        return self.settings.outcome == self.records.review.outcome

    def under(self, **changes: Any) -> Review:
        """The same records under other settings; see `Settings` for the names.

        Under another outcome, settings in the unit of the one before are the defaults again.

        Raises
        ------
        SettingsError
            For a value that is not allowed.
        TypeError
            For a name that is no setting, and for another review.
        """
        if changes.get("review", self.records.folder) != self.records.folder:
            raise TypeError(
                f"this is the review {self.records.folder}; open {changes['review']} by itself"
            )
        before: Settings = self.settings
        if changes.get("outcome", before.outcome) != before.outcome:
            before = before.but(**dict.fromkeys(OF_ONE_OUTCOME))
        settings = self._resolved(before.but(**changes))
        other = copy(self)
        other.settings, other._kept = settings, {}
        return other

    def __copy__(self) -> Review:
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other.__dict__.pop("about", None)
        return other

    def __reduce__(self):
        return type(self), (self.records, self.settings)


def once(
    function: Callable[Concatenate[Review, P], T],
) -> Callable[Concatenate[Review, P], T]:
    """Mark a function of a review: computed once for its settings and arguments, then kept.

    Arguments must be hashable. What is returned is shared: do not change it.
    """

    @wraps(function)
    def kept(review: Review, *args: P.args, **kwargs: P.kwargs) -> T:
        return _kept(review._kept, function, review, args, kwargs)

    return kept


def once_for_records(
    function: Callable[Concatenate[Review, P], T],
) -> Callable[Concatenate[Review, P], T]:
    """Mark a function that reads a review's records and of its settings only the outcome.

    What it returns is kept for all settings that ask about the same outcome.
    """

    @wraps(function)
    def kept(review: Review, *args: P.args, **kwargs: P.kwargs) -> T:
        return _kept(review._kept_for_records, function, review, args, kwargs)

    return kept


def on_own_outcome(review: Review) -> Review:
    """The review asked about the outcome of review.csv, of which its claims speak."""
    return on_outcome(review, review.records.review.outcome)


@once
def on_outcome(review: Review, outcome: str) -> Review:
    """The same review asked about one of its outcomes; as it is for an outcome without a row in outcomes.csv."""
    own = review.records.review.outcome
    if outcome == review.settings.outcome:
        return review
    if outcome != own and review.records.outcome(outcome) is None:
        return review
    return review.under(outcome=outcome)


# Results kept for all settings of the same records; the oldest goes first, so that a sweep over
# thousands of settings stays within bounds.
_MOST = 4096


def _kept(place: dict[tuple, Any], function: Callable, review: Review, args, kwargs) -> Any:
    key = (function, review.settings.outcome, args, tuple(sorted(kwargs.items())))
    if key not in place:
        found = function(review, *args, **kwargs)
        if len(place) >= _MOST:
            place.pop(next(iter(place)), None)
        place[key] = found
    return place[key]
