"""Types for understanding a table: the question, the person's options, the groups, the notes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from evidence_review.effect_measures import OF_PEOPLE
from evidence_review.exchange.column_meanings import Vocabulary
from evidence_review.exchange.printed_figures import Figure
from evidence_review.records.row_rules import SCORES

# Statistics of an arm that need a week.
TIMED = (*SCORES, "sd", "change_mean", "change_median", "change_sd", "change_se")


@dataclass(frozen=True)
class About:
    """The review's question, which helps to understand a table.

    Parameters
    ----------
    outcome, instrument_id, unit, treatment, measure : str
        As in review.csv and instruments.csv.
    minimum : float or None
        Lowest score of the instrument; None if it has none.
    ours : frozenset of str
        Columns of the tables and statistics.
    statistics : frozenset of str
        Statistics only.
    allowed : mapping
        The vocabulary of each column that has one.
    units : mapping
        The unit of each instrument that the review knows.
    """

    outcome: str
    instrument_id: str
    unit: str
    treatment: str
    measure: str
    minimum: float | None
    ours: frozenset[str]
    statistics: frozenset[str]
    allowed: Mapping[str, Collection[str]] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)

    def vocabulary(self) -> Vocabulary:
        words = lambda *texts: (
            frozenset(re.findall(r"[^\W_]+|%", " ".join(texts).casefold())) - {"or", "of"}
        )
        outcome = words(self.outcome, self.instrument_id, self.unit)
        # "Fall" and "falls": one letter more or less is the same word.
        long = {word for word in outcome if len(word) > 3}
        return Vocabulary(
            self.ours,
            words(self.treatment),
            outcome | {f"{word}s" for word in long} | {word.removesuffix("s") for word in long},
            counted=self.measure in OF_PEOPLE,
        )


@dataclass(frozen=True)
class Wishes:
    """Options by which a person completes or corrects what the file says.

    Parameters
    ----------
    columns : mapping
        Columns of the file by our names.
    fill : mapping
        Values for our columns, whatever the file has.
    only : mapping
        Values, by column of the file, that a row must have to be used.
    values : str
        'scores' or 'changes': what means are of. '': decided from the table.
    control : str
        The role of the control arm if the table does not say it.
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
        Its row in the file.
    said : dict
        Values of our columns that the file gives: study, arm, role, week, ...
    figures : dict
        Figures by statistic and week; the week is '' if one week holds for the whole row.
    """

    row: int
    said: dict[str, str]
    figures: dict[tuple[str, str], Figure] = field(default_factory=dict)

    @property
    def has_result(self) -> bool:
        """Whether it has a result, not only a number of people."""
        return any(
            name == "n_events" or not (name == "icc" or name.startswith("n"))
            for name, _ in self.figures
        )


class NotUnderstoodError(ValueError):
    """The table cannot be imported; `problems` are rows (0: the whole file) and reasons."""

    def __init__(self, problems: Iterable[tuple[int, str]], asks: str = ""):
        self.problems = sorted(set(problems))
        self.asks = asks  # our column for which a value would mend it
        super().__init__("; ".join(text for _, text in self.problems))


@dataclass(frozen=True)
class Understood:
    """A table as it was understood.

    Parameters
    ----------
    layout : str
        The kind of its rows.
    how : tuple of str
        How the file was read.
    columns : tuple of (str, str)
        Each column that is used, and its meaning.
    assumed : tuple of str
        Assumptions where the file says nothing, and how to change them.
    left_out : tuple of str
        Rows, columns and sheets that are not used.
    doubts : tuple of str
        Oddities that a person should look at.
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
    """Notes collected while a table is read.

    Parameters
    ----------
    problems : list of (int, str)
        Rows (0: the whole file) and why they cannot be imported.
    how, assumed, left_out, doubts : list of str
        As in `Understood`.
    used : set of str
        Columns that were used.
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
    """Whether a cell is a plain number."""
    return bool(re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", text))
