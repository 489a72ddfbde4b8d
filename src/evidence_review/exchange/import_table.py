"""Import results from another table or file of references as rows of a review, each with its source.

`understanding` interprets the table, which is then shown; then all rows are added, or none. A note
keeps what was added, so that the import can be undone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from evidence_review.exchange.data_change import changed_data
from evidence_review.exchange.further_outcome import (
    OUTCOMES,
    Further,
    OutcomeError,
    add_outcome,
    proposed,
    without_known,
)
from evidence_review.exchange.import_notes import keep_note, note_import
from evidence_review.exchange.known_studies import known_studies, why_not_again
from evidence_review.exchange.names import slug, year_of
from evidence_review.exchange.printed_figures import Figure
from evidence_review.exchange.proposals import settle
from evidence_review.exchange.raw_tables import append, rewrite, rows_of
from evidence_review.exchange.references import NoReferencesError, read_references
from evidence_review.exchange.sheets import UnreadableError, read_grid
from evidence_review.exchange.understanding import (
    About,
    Group,
    NotUnderstoodError,
    Understood,
    Wishes,
    understand,
)
from evidence_review.findings.of_trials import CONTROLS
from evidence_review.numbers import counted
from evidence_review.records import Project, violations
from evidence_review.records.package import table_definitions
from evidence_review.records.row_rules import CHANGE, CHANGES, DIFFERENCE, EVENTS, OFF_SCALE

_TABLES = ("sources", "studies", "arms", "contrasts", "statistics")
# Statistics of changes, which need a sign convention.
_SIGNED = (*CHANGE, *CHANGES, *DIFFERENCE)
_UNSAID = ("blinding", "population_group", "funding")
_TREATED_ROLES, _CONTROL_ROLES = ("treatment", "exposed"), (*CONTROLS, "control", "unexposed")
# Designs in which nobody is allocated at random.
_NOT_RANDOMISED = ("cohort", "case-control", "single arm")
# Numbers of people, whatever the outcome.
_OF_PEOPLE = ("n", "n_analysed", "n_randomised", "n_planned", "n_female", "n_first_period")
# Arms of a reference class.
_PLACEBOS = ("placebo", "sham")


class ImportRefusedError(ValueError):
    """The file cannot be imported; the message lists every reason with its row. Nothing is changed.

    asks: our column for which one value would mend it; '' if there is none.
    """

    def __init__(self, file: Path, problems: Iterable[tuple[int, str]], asks: str = ""):
        by_text: dict[str, list[int]] = {}
        for row, text in problems:
            by_text.setdefault(text, []).append(row)
        lines = []
        for text, rows in by_text.items():
            more = f" (the same in rows {', '.join(map(str, rows[1:9]))}" if rows[1:] else ""
            more += f" and {len(rows) - 9} more)" if len(rows) > 9 else ")" if more else ""
            lines.append(f"  row {rows[0]}: {text}{more}" if rows[0] else f"  {text}")
        super().__init__("\n".join([f"nothing was imported from {file.name}:", *lines]))
        self.asks = asks


@dataclass(frozen=True)
class Imported:
    """What was added: studies, numbers of rows by table, and the arms of studies without a comparison.

    sd: the SD of people on the review's outcome, if an assumption needed it (`proposals.settle`).
    uncontrolled: the study that review.csv now names for comparison with placebo groups; '' for none.
    """

    studies: tuple[str, ...]
    rows: Mapping[str, int]
    not_compared: Mapping[str, tuple[str, ...]]
    sd: float | None = None
    uncontrolled: str = ""


def read_table(
    project: Project,
    review: str,
    file: Path,
    wishes: Wishes,
    sheet: str = "",
    further: Further | None = None,
    *,
    placebo: bool = False,
) -> Understood:
    """The contents of a file as an import would add them to a review.

    Parameters
    ----------
    sheet : str
        The sheet of a workbook; '' is the first sheet with any content.
    further : Further, optional
        The outcome of the table, if it is not the review's own.
    placebo : bool
        Whether to take only placebo and sham arms, for the review's reference class.

    Raises
    ------
    UnknownReviewError
        If there is no such review.
    ImportRefusedError
        With every reason.
    """
    project.require_review(review)
    try:
        found = understand(read_grid(file, sheet), about(project, review, further), wishes)
        if placebo:
            found = _placebo_arms(found)
        elif all(group.said.get("role") in _PLACEBOS for group in found.groups):
            raise NotUnderstoodError(
                [
                    (
                        0,
                        "every arm in it is placebo or sham: name columns of the treated arm, as in --map "
                        "mean1=COLUMN, or add --placebo to import them as placebo arms to compare with",
                    )
                ]
            )
        assumed = (*found.assumed, *_unsaid(found.groups, placebo))
        if further is not None:
            assumed += _proposal(_outcome_row(project, review, file, further, found.groups))
        return replace(found, assumed=assumed)
    except FileNotFoundError as error:
        raise ImportRefusedError(file, [(0, f"there is no file {file}")]) from error
    except UnreadableError as error:
        raise ImportRefusedError(file, [(error.row, str(error))]) from error
    except NotUnderstoodError as error:
        raise ImportRefusedError(file, error.problems, error.asks) from error


def _placebo_arms(found: Understood) -> Understood:
    """The table with its placebo and sham arms only; other arms are listed as left out."""
    kept = tuple(group for group in found.groups if group.said.get("role") in _PLACEBOS)
    if not kept:
        raise NotUnderstoodError(
            [(0, "no arm in it is placebo or sham; name the column of roles: --map role=COLUMN")]
        )
    others = len(found.groups) - len(kept)
    note = (f"{counted(others, 'arm')} that got neither placebo nor sham",)
    return replace(found, groups=kept, left_out=(*found.left_out, *(note if others else ())))


def _outcome_row(
    project: Project, review: str, file: Path, further: Further, groups: Collection[Group]
) -> dict[str, str] | None:
    try:
        return proposed(project.data / review, further, groups)
    except OutcomeError as error:
        raise ImportRefusedError(file, [(0, str(error))]) from error


def _proposal(row: Mapping[str, str] | None) -> tuple[str, ...]:
    """A note of the kind, importance and measure assumed for a new outcome."""
    if row is None:
        return ()
    how = row["measure"] or (f"on {row['instrument_id']}" if row["instrument_id"] else "in SDs")
    assumed = f"{row['outcome']} is a {row['kind']}, {row['importance']}, compared {how}"
    return (f"{assumed} (change it in {OUTCOMES}.csv)",)


def _unsaid(groups: Collection[Group], placebo: bool) -> list[str]:
    """Notes of what is assumed about studies because the file does not say it.

    placebo: whether these are placebo arms, taken from trials.
    """
    said = {name for group in groups for name in group.said}
    single = {
        study
        for study in {group.said["study"] for group in groups}
        if not placebo
        and len({one.said["arm"] for one in groups if one.said["study"] == study}) == 1
    }
    out = []
    kinds = {"design": "have parallel groups", "randomised": "are randomised"}
    if any(group.said.get("design") in _NOT_RANDOMISED for group in groups):
        kinds = {"design": kinds["design"]}  # which says whether people were randomised
    if len(single) < len({group.said["study"] for group in groups}):
        given = {name: word for name, word in kinds.items() if name not in said}
        if given:
            mend = ", ".join(f"--fill {name}=VALUE" for name in given)
            out.append(f"trials {' and '.join(given.values())} ({mend})")
    if single and "randomised" not in said:
        out.append("a study of one arm is not randomised")
    looked = [name.replace("_", " ") for name in _UNSAID if name not in said]
    if looked:
        out.append(f"{', '.join(looked)}: not extracted (--fill NAME=VALUE, or a column)")
    if "sign_convention" not in said and any(
        name in _SIGNED for group in groups for name, _ in group.figures
    ):
        out.append(
            "changes and differences are end minus baseline (--fill sign_convention=reduction)"
        )
    return out


def about(project: Project, review: str, further: Further | None = None) -> About:
    """What the tables of a review, as far as they are filled in, say about its question."""
    row = next(iter(rows_of(project.data / review / "review.csv")), {})
    outcome, instrument = row.get("outcome", ""), row.get("instrument_id", "")
    measure = row.get("measure", "")
    if further is not None:
        outcome, instrument = further.name, further.instrument_in(project.data / review)
        measure = further.measure_in(project.data / review)
    shared = project.data / (project.reference_class(review) or review)
    scales = {one["instrument_id"]: one for one in rows_of(shared / "instruments.csv")}
    scale = scales.get(instrument, {})
    minimum = scale.get("minimum", "")
    definitions = {table["name"]: table for table in table_definitions(project)["tables"]}
    columns = {field["name"] for name in _TABLES for field in definitions[name]["fields"]}
    return About(
        outcome=outcome,
        instrument_id=instrument,
        unit=scale.get("unit", further.unit if further else ""),
        treatment=row.get("treatment", ""),
        measure=measure,
        minimum=float(minimum) if re.fullmatch(r"-?[\d.]+", minimum) else None,
        ours=frozenset({"study", "arm", "n", *_statistics(definitions), *columns}),
        statistics=frozenset({"n", *_statistics(definitions)}),
        allowed={
            field["name"]: field["constraints"]["enum"]
            for name in _TABLES
            for field in definitions[name]["fields"]
            if "enum" in field.get("constraints", {}) and field["name"] not in ("role", "statistic")
        },
        units={name: one["unit"] for name, one in scales.items()},
    )


def write_table(
    project: Project,
    review: str,
    file: Path,
    understood: Understood,
    *,
    placebo: bool = False,
    further: Further | None = None,
    dry_run: bool = False,
) -> Imported:
    """Add the studies, arms and results of an understood table to a review.

    A study with one treated and one control arm gets a row in contrasts.csv. placebo: add the arms to the
    review's reference class. further: the outcome of the table, which gets a row in outcomes.csv; for
    studies that the review already has, only results are added. dry_run: try it, and change nothing.

    Raises
    ------
    ImportRefusedError
        With every reason; nothing is changed then.
    DataInUseError
        If somebody changed the tables meanwhile; nothing is changed then.
    """
    groups = understood.groups
    problems = list(_unfit_names(groups))
    if problems:
        raise ImportRefusedError(file, problems)
    folder = str(project.reference_class(review)) if placebo else review
    definitions = {table["name"]: table for table in table_definitions(project)["tables"]}
    with changed_data(project, kept=not dry_run) as trial:
        known = set(violations(trial, [folder]))
        asked = about(trial, review, further)
        rows = _as_rows(asked, file.name, groups, definitions, placebo)
        added, origin = rows.by_table, rows.origin
        row = None
        if further is not None:
            row = _outcome_row(trial, review, file, further, groups)
            if row is not None:
                add_outcome(trial, review, further, row)
            try:
                added, origin = without_known(
                    trial.data / folder, added, origin, further.name, definitions
                )
            except OutcomeError as error:
                raise ImportRefusedError(file, [(error.row, str(error))]) from error
        again = {} if further else known_studies(trial.data / folder, added, origin)
        problems += why_not_again(again, folder, placebo)
        ends = {
            name: append(trial.data / folder / f"{name}.csv", added[name])
            for name in _TABLES
            if added[name]
        }
        for one in violations(trial, [folder]):
            table = Path(one.file).stem
            place = one.row - ends.get(table, 0)
            value = f" '{one.value}'" if one.value else ""
            text = f"{one.column}{value}: {one.message}"
            if one not in known and one.row and 0 <= place < len(origin.get(table, ())):
                row_added = added[table][place]
                if row_added.get("study_id", row_added.get("source_id")) in again:
                    continue  # already reported, once for all rows of the study
                problems.append((origin[table][place], text))
            elif one not in known and table == OUTCOMES:
                problems.append((0, text))
        if problems:
            raise ImportRefusedError(file, sorted(set(problems)))
        settled = settle(trial, review)
        uncontrolled = "" if placebo else _named_uncontrolled(trial.data / review, added)
        if row is not None:
            added = {**added, OUTCOMES: [row]}
        note_import(trial, folder, file, added, definitions, settled.rows if settled else {})
    compared = {row["study_id"] for row in added["contrasts"]}
    return Imported(
        tuple(row["study_id"] for row in added["studies"]),
        {name: len(rows) for name, rows in added.items()},
        {
            row["study_id"]: tuple(
                arm["arm_id"] for arm in added["arms"] if arm["study_id"] == row["study_id"]
            )
            for row in added["studies"]
            if row["study_id"] not in compared and row["design"] != "single arm" and not placebo
        },
        settled.sd if settled else None,
        uncontrolled,
    )


def _named_uncontrolled(folder: Path, added: Mapping[str, list[dict]]) -> str:
    """Name the added single-arm study in review.csv, if there is just one and none is named; returns its id."""
    (about,) = rows_of(folder / "review.csv")
    single = [row["study_id"] for row in added["studies"] if row["design"] == "single arm"]
    if about["single_arm_study"] or len(single) != 1:
        return ""
    arm = next(row["arm_id"] for row in added["arms"] if row["study_id"] == single[0])
    rewrite(folder / "review.csv", [about | {"single_arm_study": single[0], "single_arm": arm}])
    return single[0]


def import_references(
    project: Project, review: str, file: Path, *, dry_run: bool = False
) -> Imported:
    """Add references to the sources of a review; fill empty cells of sources that it already has.

    Sources are matched by DOI, PMID, or first author and year. A source from an import of results has
    only a citation, which is replaced. dry_run: try it, and change nothing.

    Raises
    ------
    UnknownReviewError
        If there is no such review.
    ImportRefusedError
        With every reason; nothing is changed then.
    DataInUseError
        If somebody changed the tables meanwhile; nothing is changed then.
    """
    project.require_review(review)
    try:
        found = read_references(file.read_bytes())
    except NoReferencesError as error:
        raise ImportRefusedError(file, [(0, str(error))]) from error
    added: list[dict] = []
    before: list[dict] = []
    with changed_data(project, kept=not dry_run) as trial:
        known = set(violations(trial, [review]))
        path = trial.data / review / "sources.csv"
        rows = rows_of(path)
        for reference in found:
            cited = reference.row()
            same = next((row for row in rows if _is_same_source(row, cited)), None)
            if same is None:
                taken = {row["source_id"] for row in rows}
                ids = (cited["source_id"] + letter for letter in ("", *"bcdefghijklmnopqrstuvwxyz"))
                cited["source_id"] = next(one for one in ids if one not in taken)
                rows.append(cited)
                added.append(cited)
                continue
            more = {name: word for name, word in cited.items() if word and not same.get(name)}
            if not any(same.get(name) for name in ("doi", "pmid", "title", "url")):
                more["citation"] = cited["citation"]
            if more:
                before.append(dict(same))
                same |= more
        rewrite(path, rows)
        if problems := [one for one in violations(trial, [review]) if one not in known and one.row]:
            reasons = [(0, f"{one.column} '{one.value}': {one.message}") for one in problems]
            raise ImportRefusedError(file, reasons)
        tables = {"sources": {"key": ["source_id"], "rows": added, "before": before}}
        keep_note(trial, review, {"file": file.name, "tables": tables})
    return Imported(
        tuple(row["source_id"] for row in [*added, *before]), {"sources": len(added)}, {}
    )


def _is_same_source(row: Mapping[str, str], cited: Mapping[str, str]) -> bool:
    for name in ("doi", "pmid"):
        if row.get(name) and cited[name]:
            return row[name].casefold() == cited[name].casefold()
    return row["source_id"] == cited["source_id"]


def _unfit_names(groups: Iterable[Group]) -> Iterable[tuple[int, str]]:
    """Reasons, with rows, why names cannot become ids: no letter or digit, or the id of another name."""
    first: dict[tuple, tuple[str, int]] = {}
    for group in groups:
        study, name, row = group.said["study"], group.said["arm"], group.row
        for what, word, key in (
            ("study", study, (slug(study, ""),)),
            ("arm", name, (study, slug(name, "_"))),
        ):
            earlier, where = first.setdefault((what, *key), (word, row))
            if not key[-1]:
                yield row, f"{what} '{word}': needs a letter or a digit for its id"
            elif earlier != word:
                text = f"{what} '{word}' would have the id of '{earlier}' in row {where}"
                yield row, f"{text}: write both the same way if they are one, else make them differ"


def _statistics(definitions: Mapping) -> list[str]:
    """Names of statistics of an arm: the vocabulary of statistics.csv without 'n'."""
    field = next(f for f in definitions["statistics"]["fields"] if f["name"] == "statistic")
    return [name for name in field["constraints"]["enum"] if name not in ("n", "text")]


def _as_rows(
    about: About,
    file_name: str,
    groups: Collection[Group],
    definitions: Mapping,
    placebo: bool = False,
) -> _Rows:
    """Rows of our tables from groups of people, in the order of the file."""
    studies: dict[str, list[Group]] = {}
    for group in groups:
        studies.setdefault(group.said["study"], []).append(group)
    compared = {name: _Compared.of(arms) for name, arms in studies.items()}
    rows = _Rows(definitions)
    for group in groups:
        said = group.said
        where = {
            "source_id": said.get("source_id") or slug(said["study"], ""),
            "location": f"{file_name}, row {group.row}",
            "access_level": said.get("access_level") or "secondary",
        }
        purpose = "reference class" if placebo else "further evidence"
        pair = compared[said["study"]]
        if placebo:
            pair = _Compared(is_single=False, pair={})
        _add_study(rows, group, where, file_name, pair, purpose)
        _add_results(rows, group, where, about)
    return rows


class _Rows:
    """Rows by table, and the row of the file behind each."""

    def __init__(self, definitions: Mapping):
        self.by_table: dict[str, list[dict]] = {name: [] for name in _TABLES}
        self.origin: dict[str, list[int]] = {name: [] for name in _TABLES}
        self._seen: set[tuple] = set()
        self._columns = {
            name: [field["name"] for field in definitions[name]["fields"]] for name in _TABLES
        }

    def add(self, table: str, group: Group, key: tuple, row: Mapping, said: bool = True) -> None:
        """Add a row, once for each key, since arms share a study.

        said: whether to fill further columns with what the file says.
        """
        if (table, *key) in self._seen:
            return
        self._seen.add((table, *key))
        more = group.said if said else {}
        extra = {
            name: more[name] for name in self._columns[table] if name in more and name not in row
        }
        self.by_table[table].append({**row, **extra})
        self.origin[table].append(group.row)


@dataclass(frozen=True)
class _Compared:
    """The comparison that the arms of one study allow: the pair to compare, or that there is one arm."""

    is_single: bool
    pair: dict[str, str]

    @classmethod
    def of(cls, groups: list[Group]) -> _Compared:
        treated = {one.said["arm"] for one in groups if one.said.get("role") in _TREATED_ROLES}
        control = {one.said["arm"] for one in groups if one.said.get("role") in _CONTROL_ROLES}
        pair = {}
        if len(treated) == len(control) == 1:
            pair = {
                "treated_arm": slug(treated.pop(), "_"),
                "control_arm": slug(control.pop(), "_"),
            }
        return cls(len({one.said["arm"] for one in groups}) == 1, pair)


def _add_study(
    rows: _Rows,
    group: Group,
    where: Mapping,
    file_name: str,
    compared: _Compared,
    purpose: str,
) -> None:
    """Add rows for the source, the study, the arm and the comparison."""
    said = group.said
    study, name = slug(said["study"], ""), slug(said["arm"], "_")
    if "source_id" not in said:
        cited = {"source_id": study, "citation": f"{said['study']}, as given in {file_name}"}
        rows.add("sources", group, (study,), cited | _given(said, "citation"))
    design = said.get("design") or ("single arm" if compared.is_single else "parallel")
    unsaid = dict.fromkeys(_UNSAID, "not extracted") | {
        "role": purpose,
        "design": design,
        "randomised": "no" if design in _NOT_RANDOMISED else "yes",
    }
    rows.add(
        "studies",
        group,
        (study,),
        unsaid
        | {column: word for column, word in said.items() if column in unsaid and column != "role"}
        | {
            "study_id": study,
            "label": said["study"],
            "year": said.get("year") or year_of(said["study"]),
            "basis": "reported",
            "missing_reason": "" if "weeks" in said else f"not in {file_name}",
            **where,
        },
    )
    labelled = {"study_id": study, "arm_id": name, "label": said["arm"]}
    labelled |= {"treatment": said.get("treatment", said["arm"]), "source_id": where["source_id"]}
    rows.add("arms", group, (study, name), labelled)
    if compared.pair:
        rows.add("contrasts", group, (study,), {"study_id": study, **compared.pair}, said=False)


def _given(said: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: said[name] for name in names if name in said}


def _add_results(rows: _Rows, group: Group, where: Mapping, about: About) -> None:
    """Add rows for the people in the arm and its figures."""
    said = group.said
    study, name = slug(said["study"], ""), slug(said["arm"], "_")
    outcome = said.get("outcome") or about.outcome
    on_scale = about.instrument_id if outcome == about.outcome else ""
    instrument = said.get("instrument_id") or on_scale
    for (statistic, at), figure in group.figures.items():
        week = at or said.get("week", "")
        result = {
            "study_id": study,
            "arm_id": name,
            "week": week,
            "outcome": outcome,
            "instrument_id": instrument,
            "statistic": statistic,
            "unit": said.get("unit") or about.units.get(instrument, about.unit),
            **_figure_cells(figure),
            **where,
        }
        if statistic in _OF_PEOPLE:
            people = "n_analysed" if statistic == "n" else statistic
            result |= {"outcome": "participants", "instrument_id": "", "unit": "people"}
            result["statistic"] = people
            key = (study, name, week, people, figure.value)
            rows.add("statistics", group, key, result, said=False)
            continue
        if statistic in OFF_SCALE or figure.unit:
            result |= {"instrument_id": "", "unit": figure.unit or OFF_SCALE[statistic]}
        if statistic == "n_events" and about.measure == "IRR":
            result["unit"] = EVENTS  # one person may have several
        if statistic in _SIGNED:
            result["sign_convention"] = said.get("sign_convention", "end minus baseline")
        # A figure whose column says when, as at baseline, may stand in each row of its arm.
        key = (
            (study, name, result["outcome"], statistic, week, figure)
            if at
            else (group.row, name, statistic, week)
        )
        rows.add("statistics", group, key, result, said=False)


def _figure_cells(figure: Figure) -> dict[str, str]:
    return {
        "value": figure.value,
        "comparator": figure.comparator,
        "text": figure.text,
        "basis": figure.basis,
        "rule": figure.rule,
    }
