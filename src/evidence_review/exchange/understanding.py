"""A table of somebody else as groups of people with their figures, and what was understood of it.

Rows of cells go in; nothing is written here. A table has one comparison a row (means, counts or an
estimate), one arm a row, one statistic a row, or RevMan's data rows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import exp, isclose, sqrt

from evidence_review.exchange import revman
from evidence_review.exchange.column_meanings import (
    COMPARISON,
    CONTROL,
    RESULTS,
    TREATED,
    Meaning,
    Vocabulary,
    meaning,
    resolved,
)
from evidence_review.exchange.printed_figures import Figure, UnclearError, figures
from evidence_review.exchange.sheets import Grid, filled
from evidence_review.records.row_rules import SCORES
from evidence_review.records.spreadsheets import letters

# Statistics of an arm that the import asks a week for.
TIMED = (*SCORES, "sd", "change_mean", "change_median", "change_sd", "change_se")
# How a measure of a comparison is named in statistics.csv, with its limits.
STATISTIC = {"MD": "difference", "OR": "odds_ratio"}
_Z = 1.959963984540054  # of a 95% interval

# Rows of a table that sum others up.
_NO_STUDY = re.compile(
    r"(sub-?)?totals?\b|overall\b|pooled\b|summary\b|combined\b|heterogeneity\b|test for\b|"
    r"(random|fixed|common)[ -]effects?\b|weighted mean\b|all (studies|trials)\b|95% ?ci\b",
    re.I,
)
_ROLES = {
    "placebo": r"placebo|dummy|\bpbo\b",
    "sham": r"\bsham\b",
    "usual care": r"usual|standard care|no treatment|untreated|wait",
}


@dataclass(frozen=True)
class About:
    """What the review says of its question, to read a table by.

    Parameters
    ----------
    outcome, instrument_id, unit, treatment : str
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


def understand(grid: Grid, about: About, wishes: Wishes) -> Understood:
    """What a table holds.

    Raises
    ------
    NotUnderstoodError
        With every reason.
    """
    return _Reading(grid, about, wishes).understood()


class _Reading:
    """One table while it is read."""

    def __init__(self, grid: Grid, about: About, wishes: Wishes):
        self.about, self.wishes = about, wishes
        self.problems: list[tuple[int, str]] = []
        self.left: list[str] = list(grid.left_out)
        self.assumed: list[str] = []
        self.doubts: list[str] = []
        self.how: list[str] = list(grid.how)
        self.words = about.vocabulary()
        self._plain: dict[str, str] = {}
        self.names, rows = self._header(grid.rows)
        self.rows = self._body(rows)
        self.is_revman = {"Study", "Experimental N", "Control N"} <= set(self.names)
        self.decimal_comma = self._has_decimal_commas()
        self.meanings = self._meanings()

    # --- from cells to columns -----------------------------------------------------------------

    def _header(self, rows: Sequence[tuple[int, list[str]]]) -> tuple[list[str], list]:
        """Names of the columns, wherever they stand and in one row or two, and the rows below."""
        known = lambda cells: sum(meaning(name, self.words) is not None for name in cells)
        first = [(place, cells) for place, (_, cells) in enumerate(rows[:20]) if filled(cells)]
        place, cells = max(first, key=lambda one: (known(one[1]), -one[0]))
        above = rows[place - 1][1] if place else []
        names = [" ".join(cell.split()) for cell in cells]
        if filled(above[1:]):
            whole = [" ".join(f"{over} {name}".split()) for over, name in _under(above, names)]
            if known(whole) >= known(names):
                names = whole
                above = []
        for number, words in rows[:place]:
            if filled(words) and not (words is rows[place - 1][1] and not above):
                text = " ".join(word.strip() for word in words if word.strip())
                self.left.append(f"row {number}, above the names of the columns: {text}")
        body = rows[place + 1 :]
        while names and not names[-1] and not any(filled(row[len(names) - 1 :]) for _, row in body):
            names.pop()
        counts = Counter(names)
        for at, name in enumerate(names):
            distinct = f"{name} ({letters(at)})".strip() if counts[name] > 1 or not name else name
            self._plain[distinct] = name
        return list(self._plain), list(body)

    def _body(self, rows: Iterable[tuple[int, list[str]]]) -> list[tuple[int, dict[str, str]]]:
        """The rows that are of studies, by column."""
        out, empty = [], []
        wanted = {self._column(name): word for name, word in self.wishes.only.items()}
        for number, cells in rows:
            if not filled(cells):
                empty.append(number)
                continue
            if filled(cells[len(self.names) :]):
                self.problems.append((number, "the row has more cells than the header"))
                continue
            whole = [*cells, *[""] * (len(self.names) - len(cells))]
            row = {
                name: " ".join(cell.split()) for name, cell in zip(self.names, whole, strict=False)
            }
            if [cell.casefold() for cell in row.values()] == [n.casefold() for n in self.names]:
                self.left.append(f"row {number}: the names of the columns once more")
            elif any(row.get(name, "") != word for name, word in wanted.items()):
                continue
            else:
                out.append((number, row))
        if empty:
            self.left.append(f"{'rows' if len(empty) > 1 else 'row'} {_listed(empty)}: empty")
        absent = [
            n for n in (*self.wishes.columns.values(), *self.wishes.only) if not self._column(n)
        ]
        if absent or not out:
            wrong = (
                f"there is no column {', '.join(absent)}" if absent else "no row is left to take"
            )
            self.problems.append((0, f"{wrong}; the file's columns are {', '.join(self.names)}"))
        return out

    def _column(self, name: str) -> str:
        """The column of the file that a person means; '' if there is none."""
        plain = {one.casefold(): one for one in reversed(self.names)}
        if name.casefold() in plain:
            return plain[name.casefold()]
        at = {letters(place): one for place, one in enumerate(self.names)}
        return at.get(name, "")

    def _has_decimal_commas(self) -> bool:
        cells = [cell for _, row in self.rows for cell in row.values()]
        commas = any(re.search(r"(?<!\d)\d+,(\d{1,2}|\d{4,})(?!\d)", cell) for cell in cells)
        points = any(re.search(r"(?<!\d)\d*\.\d+(?!\d)", cell) for cell in cells)
        if commas and not points:
            self.how.append("decimals with a comma")
        return commas and not points

    def _meanings(self) -> dict[str, Meaning]:
        mapped = {self._column(theirs): ours for ours, theirs in self.wishes.columns.items()}
        if self.is_revman:
            found: dict[str, Meaning] = {
                "Study": Meaning("study"),
                "Study year": Meaning("year"),
                "Analysis name": Meaning("outcome"),
            }
        else:
            found = self._by_name(self.words)
            if not any(m.name in (*RESULTS, *COMPARISON, *TIMED, "value") for m in found.values()):
                found = self._by_name(replace(self.words, lenient=True))
            kept = [name for name in found if name not in mapped]
            found = dict(zip(kept, resolved(found[name] for name in kept), strict=True))
        for theirs, ours in mapped.items():
            if theirs:
                found[theirs] = self._mapped(ours)
        found = {n: m for n, m in found.items() if m.name not in self.wishes.fill}
        found = self._one_study_column(self._arm_names(found), set(mapped))
        found = self._one_arm_column(found, set(mapped))
        alike: dict[Meaning, list[str]] = {}
        for name, one in found.items():
            alike.setdefault(replace(one, also="", sign=""), []).append(name)
        for one, names in alike.items():
            if len(names) > 1:
                told = " and ".join(f"'{name}'" for name in names)
                text = (
                    f"the columns {told} would all be the {one.words}: say whose each is, as in "
                    f'--map {one.name}1="{names[0]}" --map {one.name}2="{names[1]}" '
                    "(1 is the treated arm, 2 the control)"
                )
                self.problems.append((0, text))
        return {name: found[name] for name in self.names if name in found}

    def _arm_names(self, found: dict[str, Meaning]) -> dict[str, Meaning]:
        """Beside a column that names the control arm, one that names an arm names the treated one."""
        if not any(one.name == "statistic" for one in found.values()):
            names = {n: Meaning("arm", CONTROL) for n, m in found.items() if m.name == "comparator"}
            found = found | names
        if any(one == Meaning("arm", CONTROL) for one in found.values()):
            found = {
                n: Meaning("arm", TREATED) if one == Meaning("arm") else one
                for n, one in found.items()
            }
        return found

    def _one_study_column(self, found: dict[str, Meaning], mapped: set[str]) -> dict[str, Meaning]:
        """Of several columns that may name the study, the first in words: others are numbers or notes."""
        if not any(name in mapped and one == Meaning("study") for name, one in found.items()):
            ids = {n: Meaning("study") for n, m in found.items() if m.name == "study_id"}
            found = found | ids
        names = [name for name, one in found.items() if one == Meaning("study")]
        in_words = [
            name
            for name in names
            if name in mapped or any(not _is_number(row[name]) for _, row in self.rows if row[name])
        ]
        whole = [name for name in in_words if all(row[name] for _, row in self.rows)]
        best = (whole or in_words or names or [""])[0]
        kept = next((name for name in in_words if name in mapped), best)
        return {name: one for name, one in found.items() if name not in names or name == kept}

    def _one_arm_column(self, found: dict[str, Meaning], mapped: set[str]) -> dict[str, Meaning]:
        """Of several columns that may name the arm, the one that differs within studies."""
        names = [name for name, one in found.items() if one == Meaning("arm")]
        study = next((name for name, one in found.items() if one == Meaning("study")), "")
        if len(names) < 2 or not study:
            return found
        differing = {n: len({(row[study], row[n]) for _, row in self.rows}) for n in names}
        kept = next((n for n in names if n in mapped), max(names, key=lambda n: differing[n]))
        out = {name: one for name, one in found.items() if name not in names or name == kept}
        if "treatment" in names and kept != "treatment":
            out["treatment"] = Meaning("treatment")  # what people got, a column of ours
        return out

    def _by_name(self, words: Vocabulary) -> dict[str, Meaning]:
        found = {name: meaning(plain, words) for name, plain in self._plain.items()}
        return {name: one for name, one in found.items() if one is not None}

    def _mapped(self, ours: str) -> Meaning:
        if ours in (*self.about.ours, *RESULTS, *COMPARISON, "arm", "study", "measure"):
            return Meaning(ours)
        one = meaning(ours, self.words)
        if one is None:
            names = [*RESULTS, *COMPARISON]
            self.problems.append(
                (
                    0,
                    f"--map {ours}=...: '{ours}' is no name of ours; it may be study, arm, role, year, "
                    f"week, a column of the tables, or {', '.join(names)}, with 1 behind it for the "
                    "treated arm and 2 for the control",
                )
            )
            return Meaning(ours)
        return one

    # --- from columns to groups ----------------------------------------------------------------

    def understood(self) -> Understood:
        if self.problems:
            raise NotUnderstoodError(self.problems)
        layout, groups = self._layout()
        self._require_names(groups)
        for group in groups:
            group.said |= self.wishes.fill
        if self.problems:
            raise NotUnderstoodError(self.problems)
        self._require_percentages(groups)
        if self.problems:
            raise NotUnderstoodError(self.problems)
        self._require_weeks(groups)
        self._doubt_shared_controls(groups)
        used = {name: one.words for name, one in self.meanings.items() if name in self._used}
        unused = [name for name in self.names if name not in used and self._holds(name)]
        if unused:
            self.left.append(
                f"{'columns' if len(unused) > 1 else 'column'} {', '.join(unused)} "
                "(--map OURS=COLUMN takes one in)"
            )
        return Understood(
            layout,
            tuple(self.how),
            tuple(used.items()),
            tuple(dict.fromkeys(self.assumed)),
            tuple(dict.fromkeys(self.left)),
            tuple(self.doubts),
            tuple(groups),
        )

    def _holds(self, name: str) -> bool:
        """Whether a column has something to lose; what RevMan computed follows from the rest."""
        if self.is_revman and name in revman.DATA_ROWS and name != "Footnotes":
            return False
        return any(row[name] not in ("", "0") for _, row in self.rows)

    def _layout(self) -> tuple[str, list[Group]]:
        has: Callable[..., bool] = lambda *names, group=None: any(
            one.name in names and (group is None or one.group == group)
            for one in self.meanings.values()
        )
        results = (*RESULTS, *TIMED, "responders_percent")
        self._used: set[str] = set()
        if self.is_revman:
            return "RevMan's data rows, one comparison a row", self._revman()
        if has("statistic") and has("value"):
            return "one statistic a row", self._one_statistic_a_row()
        both = has(*results, group=TREATED) and has(*results, group=CONTROL)
        if both and not (has("arm", group=0) and has("role")):
            return "one comparison a row", self._wide(self._pairs())
        if has("estimate") and not has("arm", group=0):
            return "one estimate a row", list(self._estimates(self._pairs()))
        if has(*results):
            return "one arm a row", self._long()
        found = ", ".join(f"{name} ({one.words})" for name, one in self.meanings.items())
        raise NotUnderstoodError(
            [
                (
                    0,
                    "no results were found in it. A table has one trial a row (n1, mean1, sd1, n2, mean2, "
                    "sd2; or events1, n1, events2, n2; or estimate, ci_low, ci_high) or one arm a row "
                    "(study, arm, n, mean, sd). Say which column is which with --map, as in --map "
                    f"mean1=COLUMN; the file's columns are {', '.join(self.names)}"
                    + (f"; understood: {found}" if found else ""),
                )
            ]
        )

    def _said(self, row: Mapping[str, str]) -> dict[str, str]:
        """What a row says of its study, in columns of ours."""
        out = {}
        for name, one in self.meanings.items():
            takes = one.name in self.about.ours or one.name in ("study", "arm", "measure")
            figure = one.name in (*RESULTS, *TIMED, *COMPARISON, "statistic", "value")
            if takes and not figure and not one.group and not one.name.startswith(("p_", "n_")):
                allowed = self.about.allowed.get(one.name, ())
                if row[name] and allowed and row[name] not in allowed:
                    self.left.append(
                        f"column {name}: '{row[name]}' is not one of {', '.join(allowed)}"
                    )
                    continue
                self._used.add(name)
                if row[name]:
                    out[one.name] = row[name]
        return out

    def _figures(
        self, number: int, row: Mapping[str, str], wanted: Callable[[Meaning], bool]
    ) -> dict[tuple[str, str], Figure]:
        """Figures of a row, by statistic and week, of the columns that are wanted."""
        found: dict[tuple[str, str], Figure] = {}
        for name, one in self.meanings.items():
            if not wanted(one) or not row[name]:
                continue
            self._used.add(name)
            try:
                held = figures(one.name, row[name], also=one.also, decimal_comma=self.decimal_comma)
            except UnclearError as error:
                self.problems.append((number, f"{name} {error}"))
                continue
            for statistic, figure in held.items():
                found.setdefault((statistic, one.week), figure)
        return found

    def _is_figure(self, one: Meaning) -> bool:
        return (
            one.name in (*RESULTS, *TIMED, "responders_percent")
            or one.name.startswith(("n_", "p_", "change_"))
            or one.name in ("rank", "daily_dose", "reliability")
        )

    def _pairs(self) -> Iterator[tuple[int, dict[str, str], dict[str, str]]]:
        """Rows of studies with what they say; a row without a study is of the one above."""
        last = ""
        for number, row in self.rows:
            said = self._said(row)
            study = said.get("study", "")
            if _NO_STUDY.match(study):
                self.left.append(f"row {number}: '{study}' is no study")
                continue
            if not study and last:
                said["study"] = last
                self.assumed.append(f"study of row {number}: {last}, as in the row above")
            last = said.get("study", "")
            year = said.get("year", "")
            if last and re.fullmatch(r"\d{4}", year) and year not in last:
                said["study"] = f"{last} {year}"  # one author may have several
            yield number, row, said

    def _wide(self, rows: Iterable[tuple[int, dict[str, str], dict[str, str]]]) -> list[Group]:
        groups: list[Group] = []
        control = self._named_control or self.wishes.control
        named = {one.group: name for name, one in self.meanings.items() if one.name == "arm"}
        for number, row, said in rows:
            pair = []
            for which, role in ((TREATED, "treatment"), (CONTROL, control)):
                found = self._figures(
                    number, row, lambda one, g=which: one.group == g and self._is_figure(one)
                )
                label = row.get(named.get(which, ""), "")
                if label:
                    self._used.add(named[which])
                    role = _role(label, control) if which == CONTROL else role
                    role = control if role == "treatment" and which == CONTROL else role
                own = {
                    "arm": label or (self._treated() if which == TREATED else role),
                    "role": role,
                }
                both = self._figures(number, row, lambda one: not one.group and one.name in ("p",))
                if which == TREATED and ("p", "") in both:
                    found["p_difference", ""] = both["p", ""]
                pair.append(Group(number, said | own, self._statistics(number, found)))
            if not all(pair_results(one) for one in pair) and not self._printed(number, row, pair):
                self._not_estimable(number, said, pair)
                continue
            groups += pair
        if CONTROL not in named and not self._named_control:
            self.assumed.append(
                f'the control arm is {control} (--control sham, or --control "usual care")'
            )
        return self._one_study_of(groups)

    @property
    def _named_control(self) -> str:
        """What the control arm is by the names of its columns; '' if they do not say."""
        names = [name for name, one in self.meanings.items() if one.group == CONTROL]
        roles = {_role(name, "treatment") for name in names} - {"treatment"}
        return roles.pop() if len(roles) == 1 else ""

    def _printed(self, number: int, row: Mapping[str, str], pair: Sequence[Group]) -> bool:
        """Whether a row whose arms have no results has an estimate, which is then taken."""
        column = next((one for one in self.meanings.values() if one.name == "estimate"), None)
        found = self._figures(number, row, lambda one: not one.group and one.name in COMPARISON)
        if column is None or ("estimate", "") not in found:
            return False
        said = pair[0].said
        measure = (said.get("measure") or column.measure).upper()
        if measure not in STATISTIC:
            return False
        printed = {name: figure for (name, _), figure in found.items()}
        result = self._comparison(number, said, measure, column.log, printed)
        pair[0].figures |= result or {}
        return result is not None

    def _treated(self) -> str:
        return self.about.treatment or "treatment"

    def _not_estimable(self, number: int, said: Mapping[str, str], pair: Sequence[Group]) -> None:
        study = said.get("study", "")
        if not any(one.figures for one in pair):
            self.left.append(f"row {number}: {study} has no figures")
            return
        if self.is_revman:
            self.left.append(f"row {number}: {study} has no people or no SD: it is not estimable")
            return
        empty = [
            name
            for one, name in zip(pair, ("treated", "control"), strict=True)
            if not pair_results(one)
        ]
        text = f"no result of the {' and the '.join(empty)} arm is here"
        self.problems.append(
            (number, f"{text}; name its column with --map, or leave the row out with --where")
        )

    def _one_study_of(self, groups: list[Group]) -> list[Group]:
        """Rows of one study with one control group are one study with several treated arms."""
        first: dict[tuple[str, str], Group] = {}
        out = []
        for treated, control in zip(groups[::2], groups[1::2], strict=True):
            key = control.said.get("study", ""), control.said.get("outcome", "")
            earlier = first.setdefault(key, control)
            if earlier is control or not key[0]:
                out += [treated, control]
                continue
            if earlier.figures != control.figures:
                self.problems.append(
                    (
                        treated.row,
                        f"{key[0]} stands in row {earlier.row} too, with other figures of its control "
                        "group: choose one with --where, give the outcomes or weeks a column each, or "
                        "tell the studies apart by name",
                    )
                )
                continue
            name = treated.said.get("Subgroup") or f"row {treated.row}"
            same = [one for one in out if one.said.get("study") == key[0]]
            if any(one.said["arm"] == treated.said["arm"] for one in same):
                treated.said["arm"] += f", {name}"
            out.append(treated)
            self.doubts.append(
                f"rows {earlier.row} and {treated.row}: {key[0]} has one control group for two treated "
                "arms. It is entered once; say in contrasts.csv which arm answers the question"
            )
        return out

    def _long(self) -> list[Group]:
        groups: list[Group] = []
        roles: dict[str, list[str]] = {}
        for number, row, said in self._pairs():
            found = self._figures(number, row, lambda one: not one.group and self._is_figure(one))
            if "role" not in said and "role" not in self.wishes.fill and said.get("arm"):
                said["role"] = _role(said["arm"], self.wishes.control)
                roles.setdefault(said["role"], []).append(said["arm"])
            group = Group(number, said, self._statistics(number, found))
            groups.append(group)
        if roles:
            told = [f"{', '.join(dict.fromkeys(names))} ({role})" for role, names in roles.items()]
            self.assumed.append(f"roles by the arms' names: {'; '.join(told)} (--map role=COLUMN)")
        with_results = {one.said.get("study") for one in groups if pair_results(one)}
        if not with_results:
            self.problems.append((0, "no row has a result; name its column with --map"))
        kept = []
        for group in groups:
            study, arm = group.said.get("study", ""), group.said.get("arm", "")
            if study not in with_results:
                self.left.append(f"row {group.row}: {study}, {arm}: no result in any of its rows")
                continue
            if not pair_results(group):
                self.left.append(
                    f"row {group.row}: {study}, {arm}: no result, so the arm is entered without one"
                )
            kept.append(group)
        return kept

    def _one_statistic_a_row(self) -> list[Group]:
        groups: dict[tuple[str, ...], Group] = {}
        names = {one.name: name for name, one in self.meanings.items()}
        self._used |= {names["statistic"], names["value"]}
        for number, row, said in self._pairs():
            if "role" not in said and said.get("arm"):
                said["role"] = _role(said["arm"], self.wishes.control)
            own = {name: word for name, word in said.items() if name not in ("comparator", "text")}
            key = tuple(own.get(name, "") for name in ("study", "arm", "outcome", "week"))
            group = groups.setdefault(key, Group(number, own))
            try:
                held = figures(
                    row[names["statistic"]], row[names["value"]], decimal_comma=self.decimal_comma
                )
            except UnclearError as error:
                self.problems.append((number, f"{names['value']} {error}"))
                continue
            for statistic, figure in held.items():
                comparator = said.get("comparator", figure.comparator)
                group.figures[statistic, ""] = replace(figure, comparator=comparator)
        for group in groups.values():
            group.figures = self._statistics(group.row, group.figures)
        return list(groups.values())

    def _statistics(
        self, number: int, found: Mapping[tuple[str, str], Figure]
    ) -> dict[tuple[str, str], Figure]:
        """Figures as statistics.csv names them: what is derived from others says how."""
        out = dict(found)
        weeks = {week for _, week in found}
        n = out.get(("n", "")) or next((out[k] for k in out if k[0] == "n"), None)
        for week in weeks:
            get = lambda name, week=week: out.pop((name, week), None)
            if ("change_mean", week) in out and ("mean", week) not in out:  # its spread, too
                for name in ("sd", "se"):
                    if (spread := get(name)) and (f"change_{name}", week) not in out:
                        out[f"change_{name}", week] = spread
            without, events = get("non_events"), out.get(("n_events", week))
            if without and events and n is None:
                n = Figure(
                    f"{float(events) + float(without):.0f}",
                    basis="derived",
                    rule="those with the event and those without, added",
                )
                out["n", ""] = n
            if (se := get("se")) and ("sd", week) not in out:
                if n is None:
                    self.problems.append((number, "an SE without a number of people gives no SD"))
                else:
                    rule = f"the SE of {se.value} times the square root of {n.value} people"
                    out["sd", week] = Figure.derived(float(se) * sqrt(float(n)), rule)
            if share := get("share"):
                rule = f"the share of {share.value} as a percentage"
                out["responders_percent", week] = Figure.derived(100 * float(share), rule)
        return self._changes(out)

    def _changes(self, found: dict[tuple[str, str], Figure]) -> dict[tuple[str, str], Figure]:
        """Means as changes, where the person or the figures say that they are."""
        if self.wishes.values != "changes" and not self._are_changes:
            return found
        names = {"mean": "change_mean", "sd": "change_sd", "median": "change_median"}
        return {
            (names.get(name, name) if week != "0" else name, week): figure
            for (name, week), figure in found.items()
        }

    @property
    def _are_changes(self) -> bool:
        """Whether means lie below the lowest score, nearly all of them: then they are changes."""
        if self.wishes.values or self.about.minimum is None or self.about.minimum < 0:
            return False
        means = [n for n, one in self.meanings.items() if one.name == "mean" and one.week != "0"]
        held = [row[name].strip() for _, row in self.rows for name in means if row[name].strip()]
        below = [cell for cell in held if re.match(r"[-−–] ?[\d.,]", cell)]
        is_so = bool(below) and len(below) > len(held) / 2
        if is_so:
            self.assumed.append(
                f"means are changes since baseline, since most are negative and no score of "
                f"{self.about.instrument_id} is (--values scores)"
            )
        return is_so

    # --- estimates -----------------------------------------------------------------------------

    def _estimates(
        self, rows: Iterable[tuple[int, dict[str, str], dict[str, str]]]
    ) -> Iterator[Group]:
        control = self._named_control or self.wishes.control
        for number, row, said in rows:
            column = next(one for one in self.meanings.values() if one.name == "estimate")
            found = self._figures(number, row, lambda one: not one.group and one.name in COMPARISON)
            measure = (
                self.wishes.fill.get("measure") or said.pop("measure", "") or column.measure
            ).upper()
            printed = {name: figure for (name, _), figure in found.items()}
            result = self._comparison(number, said, measure, column.log, printed)
            if result is None:
                continue
            for which, role in ((TREATED, "treatment"), (CONTROL, control)):
                people = self._figures(
                    number, row, lambda one, g=which: one.group == g and self._is_figure(one)
                )
                own = {"arm": self._treated() if which == TREATED else role, "role": role}
                held = self._statistics(number, people) | (result if which == TREATED else {})
                yield Group(number, said | own, held)

    def _comparison(
        self,
        number: int,
        said: Mapping[str, str],
        measure: str,
        log: bool,
        printed: Mapping[str, Figure],
    ) -> dict[tuple[str, str], Figure] | None:
        """An estimate with its limits, as statistics.csv names them."""
        if "estimate" not in printed:
            self.left.append(f"row {number}: {said.get('study', '')} has no estimate")
            return None
        if measure not in STATISTIC:
            what = f"'{measure}'" if measure else "nothing in the file"
            allowed = " or ".join(STATISTIC)
            text = f"{what} says which measure the estimates are of: add --fill measure={allowed}"
            raise NotUnderstoodError([(0, text)], asks="measure")
        estimate, name = printed["estimate"], STATISTIC[measure]
        limits = [printed.get("ci_low"), printed.get("ci_high")]
        spread = printed.get("se")
        if spread is None and "variance" in printed:
            spread = replace(printed["variance"], value=f"{sqrt(float(printed['variance'])):.6g}")
        if None in limits and spread is not None and name == "difference" and not log:
            if spread.basis == "reported" and "se" not in printed:
                rule = f"the square root of the variance, {printed['variance'].value}"
                spread = replace(spread, basis="derived", rule=rule)
            result = {(name, ""): estimate, (f"{name}_se", ""): spread}
            return result | ({("p_difference", ""): printed["p"]} if "p" in printed else {})
        if None in limits and spread is not None:
            rule = f"{estimate.value} -/+ 1.96 standard errors of {spread.value}"
            if log:
                rule += ", from logarithms"
            limits = [
                Figure.derived(float(estimate) + sign * _Z * float(spread), rule)
                for sign in (-1, 1)
            ]
        if log:
            rule = f"from its logarithm, {estimate.value}"
            limits = [one and replace(one, **_exponent(one)) for one in limits]
            estimate = replace(Figure.derived(exp(float(estimate)), rule))
        if None in limits:
            self.problems.append(
                (number, "an estimate needs its interval (ci_low, ci_high), SE or variance")
            )
            return None
        out = {(name, ""): estimate}
        for end, limit in zip(("low", "high"), limits, strict=True):
            if limit is not None:
                out[f"{name}_ci_{end}", ""] = limit
        if "p" in printed:
            out["p_difference", ""] = printed["p"]
        return out

    # --- RevMan --------------------------------------------------------------------------------

    def _revman(self) -> list[Group]:
        analyses = Counter(
            (row["Analysis group"], row["Analysis number"], row["Analysis name"])
            for _, row in self.rows
        )
        if len(analyses) > 1:
            listed = "; ".join(
                f"{group}.{number} {name} ({count} rows)"
                for (group, number, name), count in analyses.items()
            )
            group, number, _ = next(iter(analyses))
            raise NotUnderstoodError(
                [
                    (
                        0,
                        f'the file has {len(analyses)} analyses; choose one, as in --where "Analysis '
                        f'group={group}" --where "Analysis number={number}": {listed}',
                    )
                ]
            )
        (_, _, name) = next(iter(analyses))
        positive = lambda column: any(
            re.search("[1-9]", row.get(column, "")) for _, row in self.rows
        )
        kinds = {
            "mean": positive("Experimental SD"),
            "n_events": positive("Experimental cases") or positive("Control cases"),
            "estimate": positive("GIV SE") or positive("CI start") or positive("CI end"),
        }
        kind = next((one for one, there in kinds.items() if there), "n_events")
        is_other = name == self.about.outcome or (kind == "n_events" and self.about.instrument_id)
        if "outcome" not in self.wishes.fill and not is_other and self.about.outcome:
            self.meanings.pop("Analysis name", None)
            self.assumed.append(
                f"'{name}' is the review's outcome, {self.about.outcome} (--fill outcome=\"{name}\" "
                "enters it beside that)"
            )
        if kind == "estimate":
            return list(self._revman_estimates())
        columns = {"mean": ("mean", "sd", "n"), "n_events": ("n_events", "n")}[kind]
        theirs = {"mean": "mean", "sd": "SD", "n": "N", "n_events": "cases"}
        for which, side in ((TREATED, "Experimental"), (CONTROL, "Control")):
            for ours in columns:
                self.meanings[f"{side} {theirs[ours]}"] = Meaning(ours, which)
        for which, column in zip((TREATED, CONTROL), revman.GROUPS, strict=True):
            if any(row.get(column) for _, row in self.rows):
                self.meanings[column] = Meaning("arm", which)
        if kind == "mean" and not self.wishes.values and not self._are_changes:
            self.assumed.append(
                "means are scores at the end, since RevMan does not say (--values changes)"
            )
        if kind == "mean":
            self._revman_estimate_columns()
        return self._wide(self._estimable(kind))

    def _revman_estimate_columns(self) -> None:
        """Beside means, for studies that give no more than a difference with its interval."""
        measure = next((row[revman.MEASURE] for _, row in self.rows if row.get(revman.MEASURE)), "")
        self.meanings |= {
            "Mean": Meaning("estimate", measure=(measure or "MD").upper()),
            **self._revman_spread(),
        }

    def _revman_spread(self) -> dict[str, Meaning]:
        """The columns that say how precise an estimate is: its SE, else its interval."""
        if any(re.search("[1-9]", row.get("GIV SE", "")) for _, row in self.rows):
            return {"GIV SE": Meaning("se")}
        return {"CI start": Meaning("ci_low"), "CI end": Meaning("ci_high")}

    def _estimable(self, kind: str) -> Iterator[tuple[int, dict[str, str], dict[str, str]]]:
        sides = ("Experimental", "Control")
        needed = [f"{side} N" for side in sides]
        if kind == "mean":
            needed += [f"{side} SD" for side in sides]
        has = lambda row, *names: all(re.search("[1-9]", row[name]) for name in names)
        for number, row, said in self._pairs():
            is_printed = kind == "mean" and (has(row, "CI start", "CI end") or has(row, "GIV SE"))
            if has(row, *needed) or (is_printed and not has(row, "Experimental SD")):
                yield number, row, said | {"Subgroup": row.get("Subgroup", "")}
            else:
                study = said.get("study", "")
                self.left.append(f"row {number}: {study} has no people or no SD: not estimable")

    def _revman_estimates(self) -> Iterator[Group]:
        """Estimates by generic inverse variance: as displayed, since `GIV Mean` may be a logarithm."""
        measure = next((row[revman.MEASURE] for _, row in self.rows if row.get(revman.MEASURE)), "")
        shown = [(row.get("GIV Mean", ""), row.get("Mean", "")) for _, row in self.rows]
        pairs = [(float(a), float(b)) for a, b in shown if _is_number(a) and _is_number(b)]
        is_ratio = bool(pairs) and all(isclose(exp(a), b, rel_tol=0.02) for a, b in pairs)
        if not measure and pairs and not is_ratio:
            measure = "MD"
            self.assumed.append("estimates are mean differences (--fill measure=OR)")
        has_mean = any(_is_number(b) for _, b in shown)
        self.meanings |= {
            "Mean" if has_mean else "GIV Mean": Meaning(
                "estimate", measure=measure.upper(), log=not has_mean and is_ratio
            ),
            "Experimental N": Meaning("n", TREATED),
            "Control N": Meaning("n", CONTROL),
        }
        if has_mean and is_ratio:
            self.meanings |= {"CI start": Meaning("ci_low"), "CI end": Meaning("ci_high")}
        elif has_mean:
            self.meanings |= self._revman_spread()
        else:
            self.meanings["GIV SE"] = Meaning("se")
        yield from self._estimates(self._pairs())

    # --- what a review needs -------------------------------------------------------------------

    def _require_names(self, groups: Iterable[Group]) -> None:
        held = {one.name for one in self.meanings.values()} | set(self.wishes.fill)
        for name in ("study", "arm"):
            given = [group for group in groups if group.said.get(name) or name in self.wishes.fill]
            if not given and name not in held:
                self.problems.append(
                    (
                        0,
                        f"there is no column {name}; say which it is with --map {name}=COLUMN, or what "
                        f"it is with --fill {name}=VALUE; the file's columns are {', '.join(self.names)}",
                    )
                )
                return
            for group in groups:
                if group not in given:
                    self.problems.append((group.row, f"the column {name} is empty"))

    def _require_weeks(self, groups: Sequence[Group]) -> None:
        """A mean is of a week: of the last, where the table gives the length of treatment; else ask."""
        for group in groups:
            if "week" not in group.said and "weeks" in group.said:
                group.said["week"] = group.said["weeks"]
                self.assumed.append("results are of the end of treatment (--fill week=VALUE)")
        for group in groups:
            for statistic, week in group.figures:
                if statistic in TIMED and not week and not group.said.get("week"):
                    raise NotUnderstoodError(
                        [
                            (
                                0,
                                "there is no column week; say how many weeks after the start the results "
                                "were measured with --map week=COLUMN or --fill week=VALUE; the file's "
                                f"columns are {', '.join(self.names)}",
                            )
                        ],
                        asks="week",
                    )

    def _require_percentages(self, groups: Iterable[Group]) -> None:
        """Shares, of which none is above 1, under the name of percentages."""
        held = [
            (group.row, float(figure))
            for group in groups
            for (name, _), figure in group.figures.items()
            if name == "responders_percent" and figure.basis == "reported" and figure.value
        ]
        if len(held) > 1 and all(value <= 1 for _, value in held) and any(v for _, v in held):
            text = (
                "no percentage is above 1, as if they were shares: map the column as a share, as in "
                "--map share=COLUMN (share1 and share2 with one comparison a row), or write 45 for 45%"
            )
            self.problems.append((held[0][0], text))

    def _doubt_shared_controls(self, groups: Sequence[Group]) -> None:
        """One control group in two studies would count its people twice."""
        seen: dict[tuple, Group] = {}
        for group in groups:
            if group.said.get("role") == "treatment" or not pair_results(group):
                continue
            key = tuple(sorted((k, one.value) for k, one in group.figures.items()))
            earlier = seen.setdefault(key, group)
            study, other = group.said.get("study", ""), earlier.said.get("study", "")
            alike = study.split(" ")[0].casefold() == other.split(" ")[0].casefold()
            means = any(name in ("mean", "change_mean") for name, _ in group.figures)
            if study != other and (alike or means):
                self.doubts.append(
                    f"rows {earlier.row} and {group.row}: the control groups of {other} and {study} have "
                    "the same figures. If they are the same people, they would count twice: give both "
                    "rows one study name"
                )


def pair_results(group: Group) -> bool:
    """Whether a group has a result, not people alone."""
    return any(not name.startswith("n") or name == "n_events" for name, _ in group.figures)


def _under(above: Sequence[str], names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each name with the heading above it, which spans the empty cells to its right."""
    over = ""
    for place, name in enumerate(names):
        over = (
            " ".join(above[place].split()) if place < len(above) and above[place].strip() else over
        )
        yield over, name


def _role(arm: str, control: str) -> str:
    for role, pattern in _ROLES.items():
        if re.search(pattern, arm, re.I):
            return role
    return control if re.search(r"\b(control|comparator|ctrl)s?\b", arm, re.I) else "treatment"


def _exponent(figure: Figure) -> dict[str, str]:
    rule = figure.rule or f"from its logarithm, {figure.value}"
    return {"value": f"{exp(float(figure)):.5g}", "basis": "derived", "rule": rule}


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)", text))


def _listed(numbers: Sequence[int]) -> str:
    shown = ", ".join(map(str, numbers[:8]))
    return shown + (f" and {len(numbers) - 8} more" if len(numbers) > 8 else "")
