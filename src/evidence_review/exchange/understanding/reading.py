"""Read one row of a table: facts about its study, and figures with the names of statistics.csv."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import sqrt

from evidence_review.exchange.column_meanings import (
    COMPARISON,
    CONTROL,
    QUANTILES,
    RESULTS,
    Meaning,
    in_weeks,
)
from evidence_review.exchange.printed_figures import Figure, UnclearError
from evidence_review.exchange.printed_figures import figures as printed
from evidence_review.exchange.understanding.named_rows import NamedRows
from evidence_review.exchange.understanding.parts import About, Notes, Wishes

# The number of a row in the file, its cells by column, and its facts about the study.
StudyRow = tuple[int, dict[str, str], dict[str, str]]

# Names of rows that summarise other rows.
_NO_STUDY = re.compile(
    r"(sub-?)?totals?\b|overall\b|pooled\b|summary\b|combined\b|heterogeneity\b|test for\b|"
    r"(random|fixed|common)[ -]effects?\b|weighted mean\b|all (studies|trials)\b|95% ?ci\b",
    re.I,
)
# Usual names of designs, by what a cell says. One that says 'not' may be anything.
_DESIGNS = {
    r"^(?!.*(non|not|quasi)).*cluster": "cluster",
    r"^(?!.*(non|not|quasi)).*cross-?over": "crossover",
    r"^(?!.*(non|not|quasi)).*(\brct\b|randomi[sz]ed|parallel)": "parallel",
    r"single-arm|one-arm|uncontrolled|before-(and-)?after|pre-post": "single arm",
}
_ROLES = {
    "placebo": r"placebo|dummy|\bpbo\b",
    "sham": r"\bsham\b",
    "usual care": r"usual|standard care|no treatment|untreated|wait",
}


@dataclass(frozen=True)
class Reading:
    """A table and the meanings of its columns, while its rows are read.

    Parameters
    ----------
    about, wishes
        The question of the review, and the person's options.
    table : NamedRows
    meanings : mapping
        The meaning of each column that is understood.
    notes : Notes
        Notes on the table, added to while rows are read.
    """

    about: About
    wishes: Wishes
    table: NamedRows
    meanings: Mapping[str, Meaning]
    notes: Notes

    @property
    def treated(self) -> str:
        """The treatment, if the table does not name it."""
        return self.about.treatment or "treatment"

    def has(self, *names: str, group: int | None = None) -> bool:
        """Whether a column has one of these meanings, for this arm if one is given."""
        return any(
            one.name in names and (group is None or one.group == group)
            for one in self.meanings.values()
        )

    @property
    def named_control(self) -> str:
        """The role of the control arm by the names of its columns; '' if they do not say it."""
        names = [name for name, one in self.meanings.items() if one.group == CONTROL]
        roles = {role_of(name, "treatment") for name in names} - {"treatment"}
        return roles.pop() if len(roles) == 1 else ""

    @cached_property
    def are_changes(self) -> bool:
        """Whether means are changes: nearly all of them are below the lowest score."""
        if self.wishes.values or self.about.minimum is None or self.about.minimum < 0:
            return False
        means = [n for n, one in self.meanings.items() if one.name == "mean" and one.week != "0"]
        held = [
            row[name].strip() for _, row in self.table.rows for name in means if row[name].strip()
        ]
        below = [cell for cell in held if re.match(r"[-−–] ?[\d.,]", cell)]
        is_so = bool(below) and len(below) > len(held) / 2
        if is_so:
            self.notes.assumed.append(
                f"means are changes from baseline, because most are negative and no score of "
                f"{self.about.instrument_id} is (--values scores)"
            )
        return is_so

    def said(self, number: int, row: Mapping[str, str]) -> dict[str, str]:
        """Facts of a row about its study, by our columns."""
        out = {}
        for name, one in self.meanings.items():
            takes = one.name in self.about.ours or one.name in ("study", "arm", "measure")
            figure = self.is_figure(one) or one.name in (*COMPARISON, "statistic", "value")
            if takes and not figure and not one.group:
                allowed = self.about.allowed.get(one.name, ())
                if row[name] and allowed:
                    word = self._allowed(one.name, row[name], allowed)
                    if not word and one.name == "design":  # it decides how figures are used
                        text = f"{name} '{row[name]}' is not one of {', '.join(allowed)}"
                        mend = "correct it, give one for all rows with --fill design=VALUE, or leave the row out with --where"
                        self.notes.problems.append((number, f"{text}: {mend}"))
                        continue
                    if not word:
                        self.notes.left_out.append(
                            f"column {name}: '{row[name]}' is not one of {', '.join(allowed)}"
                        )
                        continue
                    self.notes.used.add(name)
                    out[one.name] = word
                    continue
                self.notes.used.add(name)
                if row[name]:
                    out[one.name] = in_weeks(row[name], one.name, one.counts)
        return out

    def _allowed(self, column: str, cell: str, allowed: Collection[str]) -> str:
        """The word of a vocabulary that a cell means; '' if none.

        Case, spaces and hyphens do not matter: 'Case control' is case-control. Of a design it may be a
        usual name: 'cluster RCT' is cluster.
        """
        plain = lambda text: re.sub(r"[\s_-]+", "-", text.strip().casefold())
        word = next((one for one in allowed if plain(one) == plain(cell)), "")
        if not word and column == "design":
            word = next((to for name, to in _DESIGNS.items() if re.search(name, plain(cell))), "")
            if word:
                self.notes.assumed.append(f"design '{cell}' is {word} (--map design=COLUMN)")
        return word

    def is_figure(self, one: Meaning) -> bool:
        """Whether a column is a statistic of an arm."""
        return one.name in RESULTS or (
            one.name in self.about.statistics and one.name not in COMPARISON
        )

    def figures(
        self, number: int, row: Mapping[str, str], wanted: Callable[[Meaning], bool]
    ) -> dict[tuple[str, str], Figure]:
        """Figures of a row, by statistic and week, from the wanted columns."""
        found: dict[tuple[str, str], Figure] = {}
        for name, one in self.meanings.items():
            if not wanted(one) or not row[name]:
                continue
            self.notes.used.add(name)
            try:
                held = printed(
                    one.name, row[name], also=one.also, decimal_comma=self.table.decimal_comma
                )
            except UnclearError as error:
                self.notes.problems.append((number, f"{name} {error}"))
                continue
            for statistic, figure in held.items():
                found.setdefault((statistic, one.week), figure)
        return found

    def studies(self) -> Iterator[StudyRow]:
        """Rows of studies with their facts; a row without a study belongs to the one above."""
        last = ""
        for number, row in self.table.rows:
            said = self.said(number, row)
            study = said.get("study", "")
            if _NO_STUDY.match(study):
                self.notes.left_out.append(f"row {number}: '{study}' is not a study")
                continue
            if not study and last:
                said["study"] = last
                self.notes.assumed.append(f"study of row {number}: {last}, as in the row above")
            last = said.get("study", "")
            year = said.get("year", "")
            if last and re.fullmatch(r"\d{4}", year) and year not in last:
                said["study"] = f"{last} {year}"  # one author may have several
            yield number, row, said

    def statistics(
        self, number: int, found: Mapping[tuple[str, str], Figure]
    ) -> dict[tuple[str, str], Figure]:
        """Figures with the names of statistics.csv; a derived figure has its rule."""
        out = dict(found)
        weeks = {week for _, week in found}
        n = out.get(("n", "")) or next((out[k] for k in out if k[0] == "n"), None)
        for week in weeks:
            get = lambda name, week=week: out.pop((name, week), None)
            # A spread is that of the changes where no score stands beside them.
            if ("change_mean", week) in out and ("mean", week) not in out:
                _of_changes(out, week, ("sd", "se"))
            if ("change_median", week) in out and ("median", week) not in out:
                _of_changes(out, week, QUANTILES)
            without, events = get("non_events"), out.get(("n_events", week))
            if without and events and n is None:
                n = Figure(
                    f"{float(events) + float(without):.0f}",
                    basis="derived",
                    rule="people with the event plus people without it",
                )
                out["n", ""] = n
            if (se := get("se")) and ("sd", week) not in out:
                if n is None:
                    self.notes.problems.append(
                        (number, "an SE without a number of people gives no SD")
                    )
                else:
                    rule = f"the SE of {se.value} times the square root of {n.value} people"
                    out["sd", week] = Figure.derived(float(se) * sqrt(float(n)), rule)
            ends = get("ci_low"), get("ci_high")
            level = get("ci_level") or found.get(("ci_level", ""))
            if ends[0] and ends[1] and ("mean", week) in out and ("sd", week) not in out:
                self._of_a_mean(number, out, week, (ends[0], ends[1]), level, n)
            if share := get("share"):
                rule = f"the share of {share.value} as a percentage"
                out["responders_percent", week] = Figure.derived(100 * float(share), rule)
        return self._changes(out)

    def _of_a_mean(
        self,
        number: int,
        out: dict[tuple[str, str], Figure],
        week: str,
        ends: tuple[Figure, Figure],
        level: Figure | None,
        n: Figure | None,
    ) -> None:
        """Enter the interval of a mean: of a change as it is, of scores as the SD that it implies.

        level: in per cent; None is 95.
        """
        from scipy.special import stdtrit  # not for every command

        if self.wishes.values == "changes" or self.are_changes:
            out["change_ci_low", week], out["change_ci_high", week] = ends
            if level:
                out["change_ci_level", week] = level
            return
        percent = float(level) if level else 95.0
        if not 1 < percent < 100:
            self.notes.problems.append(
                (number, f"the level of an interval is in per cent, as in 95; not {percent:g}")
            )
            return
        if n is None or float(n) < 2:
            self.notes.problems.append(
                (number, "an interval of a mean without a number of people gives no SD")
            )
            return
        low, high = map(float, ends)
        rule = (
            f"from the {percent:g}% interval, {ends[0].value} to {ends[1].value}, by t with "
            f"{float(n) - 1:g} degrees of freedom"
        )
        t = stdtrit(float(n) - 1, (1 + percent / 100) / 2)
        out["sd", week] = Figure.derived((high - low) / 2 / t * sqrt(float(n)), rule)

    def _changes(self, found: dict[tuple[str, str], Figure]) -> dict[tuple[str, str], Figure]:
        """Rename means to changes if the person or the figures say that they are changes."""
        if self.wishes.values != "changes" and not self.are_changes:
            return found
        names = {name: f"change_{name}" for name in ("mean", "sd", "median", *QUANTILES)}
        return {
            (names.get(name, name) if week != "0" else name, week): figure
            for (name, week), figure in found.items()
        }


def _of_changes(found: dict[tuple[str, str], Figure], week: str, names: tuple[str, ...]) -> None:
    """Rename figures of a week that stand beside a change: they are of the change, too."""
    for name in names:
        figure = found.pop((name, week), None)
        if figure is not None:
            found.setdefault((f"change_{name}", week), figure)


def role_of(arm: str, control: str) -> str:
    """The role of an arm by its name; `control` if the name says only that it is a control."""
    for role, pattern in _ROLES.items():
        if re.search(pattern, arm, re.I):
            return role
    return control if re.search(r"\b(control|comparator|ctrl)s?\b", arm, re.I) else "treatment"
