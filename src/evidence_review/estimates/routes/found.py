"""What a route makes of a trial, and how it came to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from evidence_review.estimates.change import SingleArmChange
from evidence_review.estimates.effect import Effect
from evidence_review.records import Reported
from evidence_review.records.row_id import RowId
from evidence_review.review.finding import Range


@dataclass(frozen=True)
class Route:
    """How a contrast was obtained.

    Parameters
    ----------
    name : str
        A key of `ROUTES`, 'several arms' or 'pool'.
    assumed_size : float or None
        People an arm where the source gives no number.
    assumed_sd : float or None
        The SD of a person's change that a standardised difference had to assume.
    assumed_tie : float or None
        The correlation of a crossover trial, or the ICC of a cluster trial, that was assumed.
    arms : tuple of SingleArmChange
        The changes compared.
    p : Range or None
        All that prints as the P.
    omnibus : Range or None
        What an omnibus P implies that the means do not reproduce.
    means_left_out : bool
        Whether means are entered, but not mean and SD of both arms at one week.
    parts : tuple of (str, Route)
        Of several treated arms of one trial each arm's name, and its own route.
    corrected : bool
        Whether 1/2 was added to each cell of a 2 x 2 table, because one is empty.
    trials, assumed_trials : tuple of str
        Those pooled, and those of them that rest on an assumption.
    pooling : (str, str)
        Estimator of tau2, and rule of the interval.
    """

    name: str
    assumed_size: float | None = None
    assumed_sd: float | None = None
    assumed_tie: float | None = None
    arms: tuple[SingleArmChange, ...] = ()
    p: Range | None = None
    omnibus: Range | None = None
    means_left_out: bool = False
    parts: tuple[tuple[str, Route], ...] = ()
    corrected: bool = False
    trials: tuple[str, ...] = ()
    assumed_trials: tuple[str, ...] = ()
    pooling: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Found:
    """What a route makes of a trial: at most one effect of each measure and kind of SD."""

    effects: tuple[Effect, ...]
    week: float
    instrument_id: str
    route: Route
    rows: tuple[RowId, ...]


def rows_of(entries: Iterable[Reported], *more: tuple[RowId, ...]) -> tuple[RowId, ...]:
    """The rows of printed figures and other rows, each once."""
    return tuple(
        dict.fromkeys([*(e.row for e in entries), *(row for part in more for row in part)])
    )
