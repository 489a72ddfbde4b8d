"""A review with its settings: the input of every room above, and the cache of their results."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar

from evidence_review.records import Records
from evidence_review.records.rows import ReviewRow
from evidence_review.review.settings import OF_ONE_OUTCOME, READ, Limits, Settings, limits_of

if TYPE_CHECKING:
    from evidence_review.review.settings import Resolved

P = ParamSpec("P")
T = TypeVar("T")


# How many results are kept: enough for one report, which has about thirty for each study.
_LEAST, _OF_A_STUDY = 2048, 64


class _Results:
    """A cache of results by function, arguments, and the settings that the function read."""

    def __init__(self, most: int):
        """most: number of results after which the cache is emptied, so that a long sweep stays in bounds."""
        self._most = most
        self._found: dict[tuple, dict[tuple[str, ...], dict[tuple, Any]]] = {}
        self._size = 0

    def get(self, function: Callable, review: Review, args: tuple, kwargs: dict[str, Any]) -> Any:
        """The result of a function, computed if it is not kept. Exceptions are not kept."""
        settings = vars(review.settings)  # this look-up is not noted as reading a setting
        # The outcome is always part of the key: `about`, which depends on it, is read only once.
        key = (function, settings["outcome"], args, tuple(sorted(kwargs.items())))
        outer = READ.get()
        # A copy, since another thread may add to it meanwhile.
        for names, by_value in tuple(self._found.get(key, {}).items()):
            values = tuple(settings[name] for name in names)
            if values in by_value:
                if outer is not None:
                    outer.update(names)
                return by_value[values]
        read: set[str] = set()
        reading = READ.set(read)
        try:
            found = function(review, *args, **kwargs)
        finally:
            READ.reset(reading)
            if outer is not None:
                outer.update(read)
        if self._size >= self._most:
            self._found, self._size = {}, 0
        names = tuple(sorted(read))
        by_value = self._found.setdefault(key, {}).setdefault(names, {})
        by_value[tuple(settings[name] for name in names)] = found
        self._size += 1
        return found


class Review:
    """The records of a review under one set of settings.

    Functions marked `once` keep their results here, for this review and those made from it by `under`.
    The results end with these reviews and are not pickled: a copy in another process computes anew.
    Records do not change after they are loaded; for changed records, make another review
    (`Review(other_records, settings)`).

    Parameters
    ----------
    records : Records
        From `records.load`.
    settings : Settings, optional
        They are checked, and filled in from the review's assumptions. Without them, the defaults.

    Raises
    ------
    SettingsError
        With every setting that is not allowed.
    """

    def __init__(self, records: Records, settings: Settings | None = None):
        self.records = records
        self._limits: dict[str, dict[str, Limits]] = {}  # by outcome
        self.settings: Resolved = self._resolved(settings or Settings())
        studies = [*records.rows("studies"), *records.reference_class.rows("studies")]
        self._kept = _Results(max(_LEAST, _OF_A_STUDY * len(studies)))

    def _resolved(self, settings: Settings) -> Resolved:
        asked = settings.outcome or self.records.review.outcome
        if asked not in self._limits:
            self._limits[asked] = limits_of(self.records, asked)
        return settings.within(self._limits[asked], self.records.folder)

    @property
    def limits(self) -> dict[str, Limits]:
        """What is allowed for every setting, by name."""
        return self._limits[self.settings.outcome]

    def bounds(self, name: str) -> tuple[float, float]:
        """Low and high of a numeric setting; its value for both without a range."""
        limits, value = self.limits[name], getattr(self.settings, name)
        if limits.low is None or limits.high is None:
            return float(value), float(value)
        return float(limits.low), float(limits.high)

    @cached_property
    def about(self) -> ReviewRow:
        """The row of review.csv: question, treatment, condition, outcome, instrument and measure.

        Under another outcome, its outcome, instrument and measure are those of outcomes.csv.
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
        """Whether the outcome is that of review.csv."""
        return self.settings.outcome == self.records.review.outcome

    def under(self, **changes: Any) -> Self:
        """The same records under other settings; see `Settings` for the names.

        Under another outcome, settings that hold for one outcome return to their defaults.

        Raises
        ------
        SettingsError
            For a value that is not allowed.
        TypeError
            For a name that is not a setting, and for another review.
        """
        if changes.get("review", self.records.folder) != self.records.folder:
            raise TypeError(
                f"this is the review {self.records.folder}; open {changes['review']} with open_review"
            )
        # Copying a setting is not reading it: a result depends on the settings read from the copy.
        reading = READ.set(None)
        try:
            before: Settings = self.settings
            if changes.get("outcome", before.outcome) != before.outcome:
                before = before.but(**dict.fromkeys(OF_ONE_OUTCOME))
            settings = self._resolved(before.but(**changes))
        finally:
            READ.reset(reading)
        other = copy(self)
        other.settings = settings
        return other

    def by_default(self) -> Review:
        """The same records under the review's default settings, with the same outcome."""
        default = Settings(review=self.records.folder, outcome=self.settings.outcome)
        return self.under(**vars(default))

    def __copy__(self) -> Self:
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other.__dict__.pop("about", None)
        return other

    def __reduce__(self):
        return type(self), (self.records, self.settings)


def once(
    function: Callable[Concatenate[Review, P], T],
) -> Callable[Concatenate[Review, P], T]:
    """Mark a function of a review whose result is kept until a setting that it reads changes.

    While it runs, the settings that it and the functions it calls read are noted. So the contrasts of
    trials are not computed again when only the benchmark changes. Arguments must be hashable. The result
    is shared: do not change it. It must not contain a review or settings, because these would be those of
    the first caller.
    """

    @wraps(function)
    def kept(review: Review, *args: P.args, **kwargs: P.kwargs) -> T:
        return review._kept.get(function, review, args, kwargs)

    return kept


def on_own_outcome(review: Review) -> Review:
    """The review under the outcome of review.csv, which its claims are about."""
    return on_outcome(review, review.records.review.outcome)


def on_outcome(review: Review, outcome: str) -> Review:
    """The review under one of its outcomes; unchanged for an outcome without a row in outcomes.csv."""
    own = review.records.review.outcome
    if outcome == review.settings.outcome:
        return review
    if outcome != own and review.records.outcome(outcome) is None:
        return review
    return review.under(outcome=outcome)
