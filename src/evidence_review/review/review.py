"""A review opened with its settings: what every room above computes from, and where results are kept."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar

from evidence_review.records import Records
from evidence_review.records.rows import ReviewRow
from evidence_review.review.settings import OF_ONE_OUTCOME, READ, Settings, limits_of

if TYPE_CHECKING:
    from evidence_review.review.settings import Resolved

P = ParamSpec("P")
T = TypeVar("T")


# Results that are kept, so that those of all that one report tries are: of a study it has some thirty.
_LEAST, _OF_A_STUDY = 2048, 64


class _Results:
    """What was computed of some records, by function, arguments, and the settings that were read for it."""

    def __init__(self, most: int):
        """most: so many are kept, then it begins anew: a sweep over thousands of settings stays within bounds."""
        self._most = most
        self._found: dict[tuple, dict[tuple[str, ...], dict[tuple, Any]]] = {}
        self._size = 0

    def get(self, function: Callable, review: Review, args: tuple, kwargs: dict[str, Any]) -> Any:
        """What a function returns, computed if it is not there. What it raises is not kept."""
        settings = vars(review.settings)  # looked up without being noted as read
        # The outcome is part of `about`, which is read once for all.
        key = (function, settings["outcome"], args, tuple(sorted(kwargs.items())))
        outer = READ.get()
        # A copy, because another thread may add to it meanwhile.
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

    Functions marked `once` keep what they return here, for this and all reviews that are `under` other
    settings. Nothing kept outlives them, and nothing travels: a copy sent to another process computes
    anew. Records are not changed after they are loaded; changed records (`Review(other_records,
    settings)`) are another review.

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
        self._kept = _Results(max(_LEAST, _OF_A_STUDY * len(records.rows("studies"))))

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

    def under(self, **changes: Any) -> Self:
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
        reading = READ.set(
            None
        )  # copied, not read: a result hangs on those that are read of the copy
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
        """The same records under their own settings, asked about the same outcome."""
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
    """Mark a function of a review: computed once, then kept for all settings that it does not read.

    Which settings it reads is noted while it runs, those that functions it calls read among them. So
    the contrasts of trials are not computed anew where only the benchmark moves, and nobody has to say so.
    Arguments must be hashable. What is returned is shared: do not change it. It may hold no review and
    no settings, which would be those of whoever asked first.
    """

    @wraps(function)
    def kept(review: Review, *args: P.args, **kwargs: P.kwargs) -> T:
        return review._kept.get(function, review, args, kwargs)

    return kept


def on_own_outcome(review: Review) -> Review:
    """The review asked about the outcome of review.csv, of which its claims speak."""
    return on_outcome(review, review.records.review.outcome)


def on_outcome(review: Review, outcome: str) -> Review:
    """The same review asked about one of its outcomes; as it is for an outcome without a row in outcomes.csv."""
    own = review.records.review.outcome
    if outcome == review.settings.outcome:
        return review
    if outcome != own and review.records.outcome(outcome) is None:
        return review
    return review.under(outcome=outcome)
