"""What an effect is measured in: its name in the field, its scale, its unit, which way is better.

The measures that there are: `evidence_review.effect_measures`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, log
from typing import Any, Literal

from evidence_review.effect_measures import MEASURES, OF_EVENTS, OF_RISK, STATED
from evidence_review.records import Records, Reported
from evidence_review.review.finding import Interval
from evidence_review.review.review import Review

Better = Literal["lower", "higher"]
_BETTER: dict[str, Better] = {"lower": "lower", "higher": "higher"}

# The logarithm of a million: a limit so far out limits nothing, and nobody could read it.
NO_LIMIT = 6 * log(10)
# A ratio beyond this comes of no number of people; to it, an estimate is a number, however far out.
_LARGEST = 15 * log(10)

SD = "SD"  # the unit of a standardised measure

# Whose standard deviation that is: two estimands, though both are called SMD.
OF_SCORES, OF_CHANGES, OF_BOTH = "scores", "changes", "scores and changes"


@dataclass(frozen=True)
class Measure:
    """What a number is: an effect of one kind, in one unit, on a scale with a better end.

    Parameters
    ----------
    name : str
        One of `effect_measures.MEASURES`, such as 'MD' or 'OR'.
    unit : str
        Of what is printed: that of the scale, 'SD', or '' for a ratio.
    better : {'lower', 'higher'} or None
        Which way a value is better for the person; None where no source says.
    sd_of : {'scores', 'changes', 'scores and changes', ''}
        Of a standardised measure: what its SD is the SD of; both in a pool that was asked to mix
        them, '' where that is not known.

    Examples
    --------
    >>> minutes = Measure("MD", "min", "lower")
    >>> minutes.benefit(-7.0)
    7.0
    >>> Measure("OR", "", "lower").printed(0.0)
    1.0
    """

    name: str
    unit: str
    better: Better | None
    sd_of: str = ""

    def __post_init__(self):
        if self.name not in MEASURES:
            raise ValueError(f"no measure {self.name!r}; there are {', '.join(MEASURES)}")

    @property
    def words(self) -> str:
        """Its full name: 'mean difference'."""
        return MEASURES[self.name].words

    @property
    def is_log(self) -> bool:
        """Whether values are logarithms, printed as ratios."""
        return MEASURES[self.name].log

    @property
    def kind(self) -> str:
        """What it is in one word: 'ratio' or 'difference'."""
        return "ratio" if self.is_log else "difference"

    @property
    def is_standardised(self) -> bool:
        """Whether the unit is standard deviations."""
        return self.unit == SD

    @property
    def is_of_events(self) -> bool:
        """Whether it compares how many people have an outcome."""
        return self.name in OF_EVENTS

    @property
    def is_stated(self) -> bool:
        """Whether a review states it: a ratio, or a difference of risks, not of means."""
        return self.name in STATED

    @property
    def is_of_risk(self) -> bool:
        """Whether a risk without treatment turns it into people in 1000."""
        return self.name in OF_RISK

    @property
    def in_finding(self) -> dict[str, Any]:
        """What a finding says of its measure: unit, name and better end.

        Examples
        --------
        >>> Measure("MD", "min", "lower").in_finding
        {'unit': 'min', 'measure': 'MD', 'better': 'lower'}
        """
        return {"unit": self.unit, "measure": self.name, "better": self.better or ""}

    @property
    def null(self) -> float:
        """What is printed where nothing differs: 1 for a ratio, else 0."""
        return 1.0 if self.is_log else 0.0

    @property
    def digits(self) -> int:
        """Decimals that a reader needs."""
        return MEASURES[self.name].digits

    def printed(self, value: float) -> float:
        """A value as it is printed: a logarithm becomes a ratio again."""
        if not self.is_log:
            return value
        return exp(value) if abs(value) < _LARGEST else inf if value > 0 else 0.0

    def prints_as_none(self, value: float) -> bool:
        """Whether a value, with the decimals that a reader is shown, is that of no difference.

        Examples
        --------
        >>> Measure("OR", "", "lower").prints_as_none(0.004), Measure("MD", "min", None).prints_as_none(0.01)
        (True, False)
        """
        return round(self.printed(value), self.digits) == self.null

    def as_printed(self, interval: Interval) -> Interval:
        """An interval as it is printed; of a ratio a limit beyond `NO_LIMIT` is none: infinity, or 0."""
        low, high = self.printed(interval.low), self.printed(interval.high)
        if self.is_log:
            low = 0.0 if interval.low < -NO_LIMIT else low
            high = inf if interval.high > NO_LIMIT else high
        return Interval(low, high, interval.level)

    def pooled(self, printed: float) -> float:
        """A printed value on the scale that is pooled: the reverse of `printed`."""
        if not self.is_log:
            return printed
        return log(printed) if printed else -inf

    def benefit(self, value: float) -> float:
        """A value (of the scale it is pooled on) turned so that above 0 is better.

        Raises
        ------
        ValueError
            If no source says which way is better.
        """
        if self.better is None:
            unit = f" in {self.unit}" if self.unit else ""
            raise ValueError(
                f"nothing says which way a {self.words}{unit} is better: give er.effects better='lower' or "
                "better='higher'; in a review, fill in 'worse' in instruments.csv or 'better' in outcomes.csv"
            )
        return value if self.better == "higher" else -value

    def worth(self, benefit: float) -> float:
        """The value that a benefit (above 0 is better) stands for: the reverse of `benefit`."""
        return self.benefit(benefit)


def scale(records: Records, instrument_id: str, name: str) -> Measure:
    """A measure in the unit of an instrument, with the direction that instruments.csv states."""
    instrument = records.instrument(instrument_id)
    return Measure(name, instrument.unit, better(records, instrument_id))


def scale_of(review: Review, outcome: str, printed: Reported, name: str) -> Measure:
    """A measure in the unit of a printed figure: that of its scale where one is named."""
    if printed.instrument_id:
        return scale(review.records, printed.instrument_id, name)
    return Measure(name, printed.unit, better_of(review, outcome, ""))


def is_on_the_scale(review: Review, outcome: str, instrument_id: str, unit: str) -> bool:
    """Whether figures are on the review's scale, in whose unit its assumptions are.

    Where no scale is named, those of the review's own outcome in that unit are taken for it.
    """
    about = review.about
    if instrument_id:
        return instrument_id == about.instrument_id
    if outcome != about.outcome:
        return False
    return not about.instrument_id or unit == review.records.instrument(about.instrument_id).unit


def better(records: Records, instrument_id: str) -> Better | None:
    """Which end of an instrument is better, by the end that instruments.csv says is worse.

    None where it is not stated, or no instrument is named.
    """
    if not instrument_id:
        return None
    worse = records.instrument(instrument_id).worse
    if worse not in ("higher", "lower"):
        return None
    return "lower" if worse == "higher" else "higher"


def better_of(review: Review, outcome: str, instrument_id: str) -> Better | None:
    """Which way an outcome is better, by its scale.

    Where no scale is named, by that of the review for its own outcome, and for another as
    outcomes.csv has it. None where nothing says.
    """
    about, further = review.about, review.records.outcome(outcome)
    if not instrument_id and further is not None and not further.instrument_id:
        return _BETTER.get(further.better)
    likely = about.instrument_id if outcome == about.outcome else ""
    return better(review.records, instrument_id or likely)
