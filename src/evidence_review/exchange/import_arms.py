"""Arm-level results from somebody else's CSV file, as rows of a review with where each came from.

Either one arm a row (columns named as in the tables, or mapped to them), or one comparison a row, as
RevMan's data package has it (`exchange.REVMAN`). All rows go in, or none.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from evidence_review.exchange.data_change import changed_data
from evidence_review.findings.of_trials import CONTROLS
from evidence_review.records import Project, violations
from evidence_review.records.package import table_definitions
from evidence_review.records.spreadsheets import cell_problem, read_file

_TABLES = ("sources", "studies", "arms", "contrasts", "statistics")
_REQUIRED = ("study", "arm", "role", "week")
# Statistics of changes, whose direction has to be said.
_SIGNED = ("change_mean", "change_median", "change_ci_low", "change_ci_high")
_REVMAN_ARMS = {"Experimental": "treatment", "Control": "placebo"}


class ImportRefusedError(ValueError):
    """The file cannot be taken over; the message lists every reason with its row. Nothing is changed."""

    def __init__(self, file: Path, problems: Iterable[tuple[int, str]]):
        lines = [f"  row {row}: {text}" if row else f"  {text}" for row, text in problems]
        super().__init__("\n".join([f"nothing was taken over from {file.name}:", *lines]))


@dataclass(frozen=True)
class Imported:
    """What was added: studies, the numbers of rows by table, and studies of several arms left without a comparison."""

    studies: tuple[str, ...]
    rows: Mapping[str, int]
    not_compared: tuple[str, ...]


def import_arms(
    project: Project,
    review: str,
    file: Path,
    *,
    columns: Mapping[str, str],
    fill: Mapping[str, str],
    only: Mapping[str, str],
    values: str = "",
) -> Imported:
    """Add the studies, arms and results in `file` to a review.

    columns: our names to those of the file; names that are equal (capitals aside) need none. fill:
    what to write in a column of ours, whatever the file has there. only: columns of the file and the value that a row
    must have there to be taken. values: 'scores' or 'changes', what means and SDs of a RevMan file are
    of, which such a file does not say. Changes are taken as end minus baseline.
    A study with one treated and one control arm is compared in contrasts.csv.

    Raises
    ------
    UnknownReviewError
        If there is no such review.
    ImportRefusedError
        With every reason, and then nothing is changed.
    DataInUseError
        If somebody changed the tables meanwhile, and then nothing is changed.
    """
    project.require_review(review)
    definitions = {table["name"]: table for table in table_definitions(project)["tables"]}
    arms, problems = _read(file, definitions, columns, fill, only, values)
    if problems:
        raise ImportRefusedError(file, problems)
    with changed_data(project) as trial:
        known = set(violations(trial, [review]))
        rows = _as_rows(trial, review, file, arms, definitions)
        added, origin = rows.by_table, rows.origin
        ends = {name: _append(trial.data / review / f"{name}.csv", added[name]) for name in _TABLES}
        for one in violations(trial, [review]):
            table = Path(one.file).stem
            place = one.row - ends.get(table, 0)
            if one not in known and one.row and 0 <= place < len(origin.get(table, ())):
                value = f" '{one.value}'" if one.value else ""
                problems.append((origin[table][place], f"{one.column}{value}: {one.message}"))
        if problems:
            raise ImportRefusedError(file, sorted(set(problems)))
    compared = {row["study_id"] for row in added["contrasts"]}
    return Imported(
        tuple(row["study_id"] for row in added["studies"]),
        {name: len(rows) for name, rows in added.items()},
        tuple(
            row["study_id"]
            for row in added["studies"]
            if row["study_id"] not in compared and row["design"] != "single arm"
        ),
    )


def _read(file, definitions, columns, fill, only, values) -> tuple[list[dict], list]:
    """Arms as dicts of text under our names ('row': where it stands), and what is wrong."""
    if found := read_file(file, ["study", "arm", "role", "n", "mean", "sd"]).problems:
        return [], [(problem.row, problem.message) for problem in found]
    with file.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        header, rows = list(reader.fieldnames or ()), list(enumerate(reader, start=2))
    is_revman = "Experimental mean" in header
    needed = ("Study", "Control mean") if is_revman else ()
    absent = [name for name in (*columns.values(), *only, *needed) if name not in header]
    rows = [
        (n, row) for n, row in rows if all(row.get(name) == word for name, word in only.items())
    ]
    if absent or not rows:
        wrong = f"there is no column {', '.join(absent)}" if absent else "no row is left to take"
        return [], [(1, f"{wrong}; the file's columns are {', '.join(header)}")]
    if longer := [n for n, row in rows if None in row]:
        return [], [(n, "the row has more cells than the header") for n in longer]
    if is_revman:
        if not values:
            text = "RevMan does not say what its means are of: add --values scores or changes"
            return [], [(0, text)]
        rows = [
            (number, {name: row[name] for name in columns.values()} | arm)
            for number, row in rows
            for arm in _revman_arms(row, "change_" if values == "changes" else "")
        ]
        header = list(rows[0][1])
    ours = {name.lower(): name for name in header if name} | dict(columns)
    statistics = _statistics(definitions)
    names = {"study", "arm", "year", "n", *statistics}
    names |= {field["name"] for table in _TABLES for field in definitions[table]["fields"]}
    missing = [name for name in _REQUIRED if name not in {*ours, *fill}]
    if missing:
        text = (
            f"there is no column {' or '.join(missing)}; say which it is with --map {missing[0]}=COLUMN, "
            f"or what it is with --fill {missing[0]}=VALUE; the file's columns are {', '.join(header)}"
        )
        return [], [(1, text)]
    arms, problems = [], []
    for number, row in rows:
        arm = {
            name: row[column].strip()
            for name, column in ours.items()
            if name in names and (row.get(column) or "").strip()
        } | dict(fill)
        arms.append(arm | {"row": number})
        empty = [ours[name] for name in _REQUIRED if name not in arm]
        problems += [(number, f"the column {name} is empty") for name in empty]
        if not set(statistics) & set(arm):
            text = "no result (mean, change_mean, ..) is here; name its column with --map, or leave the row out with --where"
            problems.append((number, text))
        for name in ("n", *statistics):
            message = name in arm and cell_problem(
                arm[name], is_number=True, is_name=False, columns=()
            )
            if message:
                problems.append((number, f"{ours.get(name, name)} '{arm[name]}': {message}"))
    return arms, problems + list(_unfit_names(arms))


def _unfit_names(arms: Iterable[Mapping]) -> Iterator[tuple[int, str]]:
    """Names of which no id can be made, or the id of another name."""
    first: dict[tuple, tuple[str, int]] = {}
    for arm in arms:
        if "study" not in arm or "arm" not in arm:
            continue
        study, name = arm["study"], arm["arm"]
        for what, word, key in (
            ("study", study, (_slug(study, ""),)),
            ("arm", name, (study, _slug(name, "_"))),
        ):
            row = arm["row"]
            earlier, where = first.setdefault((what, *key), (word, row))
            if not key[-1]:
                yield (
                    row,
                    f"{what} '{word}': needs letters a to z or digits, of which its id is made",
                )
            elif earlier != word:
                text = f"{what} '{word}' would have the id of '{earlier}' in row {where}"
                yield row, f"{text}: write both alike if they are one, else tell them apart"


def _revman_arms(row: Mapping, prefix: str) -> Iterator[dict]:
    """Two arms of a comparison. Its control is taken for placebo."""
    for group, role in _REVMAN_ARMS.items():
        yield {
            "study": row["Study"],
            "year": row.get("Study year", ""),
            "outcome": row.get("Analysis name", ""),
            "arm": "placebo" if role == "placebo" else "treatment",
            "role": role,
            "n": row.get(f"{group} N", ""),
            f"{prefix}mean": row[f"{group} mean"],
            f"{prefix}sd": row.get(f"{group} SD", ""),
        }


def _statistics(definitions: Mapping) -> list[str]:
    """Names of statistics that are numbers of an arm: the vocabulary of statistics.csv but 'n'."""
    field = next(f for f in definitions["statistics"]["fields"] if f["name"] == "statistic")
    return [name for name in field["constraints"]["enum"] if name not in ("n", "text")]


def _slug(text: str, between: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return between.join(re.findall("[a-z0-9]+", plain))


def _as_rows(project, review, file, arms, definitions) -> _Rows:
    """Rows of our tables from arms, in the order of the file."""
    (about, *_) = _table(project.data / review / "review.csv")
    units = {
        row["instrument_id"]: row["unit"]
        for row in _table(project.data / project.reference_class(review) / "instruments.csv")
    }
    groups: dict[str, list[dict]] = {}
    for arm in arms:
        groups.setdefault(arm["study"], []).append(arm)
    compared = {name: _Compared.of(group) for name, group in groups.items()}
    rows, statistics = _Rows(definitions), _statistics(definitions)
    for arm in arms:
        where = {
            "source_id": arm.get("source_id") or _slug(arm["study"], ""),
            "location": f"{file.name}, row {arm['row']}",
            "access_level": arm.get("access_level") or "secondary",
        }
        _add_study(rows, arm, where, file.name, compared[arm["study"]])
        _add_results(rows, arm, where, about, units, statistics)
    return rows


class _Rows:
    """Rows by table; and, by table, the row of the file that each came from."""

    def __init__(self, definitions: Mapping):
        self.by_table: dict[str, list[dict]] = {name: [] for name in _TABLES}
        self.origin: dict[str, list[int]] = {name: [] for name in _TABLES}
        self._seen: set[tuple] = set()
        self._columns = {
            name: [field["name"] for field in definitions[name]["fields"]] for name in _TABLES
        }

    def add(self, table: str, arm: Mapping, key: tuple, row: Mapping) -> None:
        """Add a row, with what the arm says besides; once for each key, since arms share a study."""
        if (table, *key) in self._seen:
            return
        self._seen.add((table, *key))
        said = {n: arm[n] for n in self._columns[table] if n in arm and n not in row}
        self.by_table[table].append({**row, **said})
        self.origin[table].append(arm["row"])


@dataclass(frozen=True)
class _Compared:
    """What the arms of one study allow: whether there is one alone, and the pair to compare, if any."""

    is_single: bool
    pair: dict[str, str]

    @classmethod
    def of(cls, group: list[dict]) -> _Compared:
        treated = {arm["arm"] for arm in group if arm["role"] == "treatment"}
        control = {arm["arm"] for arm in group if arm["role"] in CONTROLS}
        pair = {}
        if len(treated) == len(control) == 1:
            pair = {
                "treated_arm": _slug(treated.pop(), "_"),
                "control_arm": _slug(control.pop(), "_"),
            }
        return cls(len({arm["arm"] for arm in group}) == 1, pair)


def _add_study(
    rows: _Rows, arm: Mapping, where: Mapping, file_name: str, compared: _Compared
) -> None:
    """The source, the study, the arm, and what to compare in the study."""
    study, name = _slug(arm["study"], ""), _slug(arm["arm"], "_")
    if "source_id" not in arm:
        cited = {"source_id": study, "citation": f"{arm['study']}, as given in {file_name}"}
        rows.add("sources", arm, (study,), cited)
    year = re.search(r"\b(19|20)\d\d", arm["study"])
    unsaid = {
        "role": "further evidence",
        "design": "single arm" if compared.is_single else "parallel",
        "randomised": "no" if compared.is_single else "yes",
        "blinding": "not extracted",
        "population_group": "not extracted",
        "funding": "not extracted",
    }
    rows.add(
        "studies",
        unsaid | {name: value for name, value in arm.items() if name != "role"},
        (study,),
        {
            "study_id": study,
            "label": arm["study"],
            "year": arm.get("year") or (year[0] if year else ""),
            "basis": "reported",
            "missing_reason": "" if "weeks" in arm else f"not in {file_name}",
            **where,
        },
    )
    labelled = {"study_id": study, "arm_id": name, "label": arm["arm"]}
    rows.add("arms", arm, (study, name), {**labelled, "source_id": where["source_id"]})
    if compared.pair:
        rows.add("contrasts", {"row": arm["row"]}, (study,), {"study_id": study, **compared.pair})


def _add_results(
    rows: _Rows,
    arm: Mapping,
    where: Mapping,
    about: Mapping,
    units: Mapping[str, str],
    statistics: Iterable[str],
) -> None:
    """The people in the arm and its figures."""
    study, name = _slug(arm["study"], ""), _slug(arm["arm"], "_")
    outcome = arm.get("outcome") or about["outcome"]
    scale = about["instrument_id"] if outcome == about["outcome"] else ""
    instrument = arm.get("instrument_id") or scale
    result = {
        "study_id": study,
        "arm_id": name,
        "outcome": outcome,
        "instrument_id": instrument,
        "week": arm.get("week", ""),
        "comparator": "=",
        "unit": arm.get("unit") or units.get(instrument, ""),
        "basis": "reported",
        **where,
    }
    if "n" in arm:
        people = {"outcome": "participants", "instrument_id": "", "unit": "people"}
        counted = {"statistic": "n_analysed", "value": arm["n"]}
        key = (study, name, arm.get("week"), "n", arm["n"])
        rows.add("statistics", arm, key, result | people | counted)
    for statistic in statistics:
        if statistic in arm:
            row = result | {"statistic": statistic, "value": arm[statistic]}
            if statistic in _SIGNED:
                row["sign_convention"] = arm.get("sign_convention", "end minus baseline")
            rows.add("statistics", arm, (arm["row"], name, statistic), row)


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def _append(path: Path, rows: list[dict]) -> int:
    """Add rows to a table, whatever the order of its columns; returns the row of the first."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        header, *old = csv.reader(stream)
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, lineterminator="\n").writerows([header, *old])
        csv.DictWriter(stream, header, lineterminator="\n").writerows(rows)
    return len(old) + 2
