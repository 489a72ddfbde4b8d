"""What understanding a table takes and gives: the question, the wishes, the groups, the notes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from evidence_review.exchange.column_meanings import Vocabulary
from evidence_review.exchange.printed_figures import Figure
from evidence_review.records.row_rules import SCORES

# Statistics of an arm that the import asks a week for.
TIMED = (*SCORES, "sd", "change_mean", "change_median", "change_sd", "change_se")


@dataclass(frozen=True)
class About:
    """What the review says of its question, to read a table by.

    Parameters
    ----------
    outcome, instrument_id, unit, treatment, measure : str
        As in review.csv and instruments.csv.
    minimum : float or None
        Lowest score of the instrument, where it has one.
    ours : frozenset of str
        Columns of the tables and statistics.
    allowed : mapping
        Columns whose words are of a vocabulary, and that.
    """

    outcome: str
    instrument_id: str
    unit: str
    treatment: str
    measure: str
    minimum: float | None
    ours: frozenset[str]
    allowed: Mapping[str, Collection[str]] = field(default_factory=dict)

    def vocabulary(self) -> Vocabulary:
        words = lambda *texts: (
            frozenset(re.findall(r"[^\W_]+|%", " ".join(texts).casefold())) - {"or", "of"}
        )
        return Vocabulary(
            self.ours,
            words(self.treatment),
            words(self.outcome, self.instrument_id, self.unit),
        )


@dataclass(frozen=True)
class Wishes:
    """What a person says of the file, where it does not say it, or says it otherwise.

    Parameters
    ----------
    columns : mapping
        Our names to those of the file.
    fill : mapping
        What to write in a column of ours, whatever the file has.
    only : mapping
        Columns of the file and the value that a row must have there to be taken.
    values : str
        'scores' or 'changes': what means are of. Empty: as the table shows.
    control : str
        What the control arm is, where the table does not say.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    fill: Mapping[str, str] = field(default_factory=dict)
    only: Mapping[str, str] = field(default_factory=dict)
    values: str = ""
    control: str = "placebo"


@dataclass
class Group:
    """One arm of one study.

    Parameters
    ----------
    row : int
        Where it stands in the file.
    said : dict
        Columns of ours that the file fills: study, arm, role, week, ...
    figures : dict
        By statistic and week; the week is '' where the whole row has one.
    """

    row: int
    said: dict[str, str]
    figures: dict[tuple[str, str], Figure] = field(default_factory=dict)

    @property
    def has_result(self) -> bool:
        """Whether it has a result, not people alone."""
        return any(not name.startswith("n") or name == "n_events" for name, _ in self.figures)


class NotUnderstoodError(ValueError):
    """The table cannot be taken over; `problems` are rows (0: the whole file) and reasons."""

    def __init__(self, problems: Iterable[tuple[int, str]], asks: str = ""):
        self.problems = sorted(set(problems))
        self.asks = asks  # the column of ours whose value would mend it
        super().__init__("; ".join(text for _, text in self.problems))


@dataclass(frozen=True)
class Understood:
    """A table as it was understood.

    Parameters
    ----------
    layout : str
        What a row is.
    how : tuple of str
        How the file was read.
    columns : tuple of (str, str)
        Each column that is used, and what it means.
    assumed : tuple of str
        What the file does not say, and how to say otherwise.
    left_out : tuple of str
        Rows, columns and sheets that are not used.
    doubts : tuple of str
        What to look at.
    groups : tuple of Group
    """

    layout: str
    how: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    assumed: tuple[str, ...]
    left_out: tuple[str, ...]
    doubts: tuple[str, ...]
    groups: tuple[Group, ...]


@dataclass
class Notes:
    """What is said of a table while it is read, in lists that grow.

    Parameters
    ----------
    problems : list of (int, str)
        Rows (0: the whole file) and why they cannot be taken over.
    how, assumed, left_out, doubts : list of str
        As in `Understood`.
    used : set of str
        Columns from which something was taken.
    """

    problems: list[tuple[int, str]] = field(default_factory=list)
    how: list[str] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    used: set[str] = field(default_factory=set)

    def stop_if_problems(self) -> None:
        """Raise NotUnderstoodError with all problems so far, if there are any."""
        if self.problems:
            raise NotUnderstoodError(self.problems)


def is_number(text: str) -> bool:
    """Whether a cell holds a plain number."""
    return bool(re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", text))
