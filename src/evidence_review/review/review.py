"""A review opened with its settings: what every room above computes from, and where results are kept."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from evidence_review.records import Records
from evidence_review.review.settings import Settings, limits_of

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
        self._limits = limits_of(records)
        self.settings: Resolved = (settings or Settings()).within(self._limits, records.folder)
        self._kept: dict[tuple, Any] = {}
        self._kept_for_records: dict[tuple, Any] = {}

    @property
    def about(self):
        """The row of review.csv: question, treatment, condition, outcome and instrument."""
        return self.records.review

    def under(self, **changes: Any) -> Review:
        """The same records under other settings; see `Settings` for the names.

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
        settings = self.settings.but(**changes).within(self._limits, self.records.folder)
        other = copy(self)
        other.settings, other._kept = settings, {}
        return other

    def __copy__(self) -> Review:
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
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
    """Mark a function that reads a review's records but not its settings: kept for all settings."""

    @wraps(function)
    def kept(review: Review, *args: P.args, **kwargs: P.kwargs) -> T:
        return _kept(review._kept_for_records, function, review, args, kwargs)

    return kept


# Results kept for all settings of the same records; the oldest goes first, so that a sweep over
# thousands of settings stays within bounds.
_MOST = 4096


def _kept(place: dict[tuple, Any], function: Callable, review: Review, args, kwargs) -> Any:
    key = (function, args, tuple(sorted(kwargs.items())))
    if key not in place:
        found = function(review, *args, **kwargs)
        if len(place) >= _MOST:
            place.pop(next(iter(place)), None)
        place[key] = found
    return place[key]
