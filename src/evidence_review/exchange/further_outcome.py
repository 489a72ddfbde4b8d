"""Import a table on a further outcome: its row in outcomes.csv, and rows that the review already has."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from evidence_review.exchange.new_review import Question, add_scale
from evidence_review.exchange.raw_tables import append, rows_of, write
from evidence_review.exchange.understanding import Group
from evidence_review.records import Project
from evidence_review.records.package import table_definitions, write_data_package

OUTCOMES = "outcomes"
# The default measure of events: GRADE's tables prefer it.
_USUAL = "RR"
_COUNTED = ("n_events", "responders_percent")
_ESTIMATED = ("estimate", "odds_ratio")


class OutcomeError(ValueError):
    """An outcome cannot be added as asked; the message says why. row: of the file, or 0."""

    def __init__(self, text: str, row: int = 0):
        super().__init__(text)
        self.row = row


@dataclass(frozen=True)
class Further:
    """A further outcome of a review, with what a person says about it.

    Parameters
    ----------
    name : str
        As it reads in mid-sentence.
    measure : str
        'OR', 'RR' or 'RD' for events; '' for means, or if not given.
    better : str
        'higher' or 'lower'; '' if not given.
    scale, unit : str
        Scale and unit of means.
    """

    name: str
    measure: str = ""
    better: str = ""
    scale: str = ""
    unit: str = ""

    def instrument_in(self, folder: Path) -> str:
        """The scale that outcomes.csv in this folder has for the outcome, else `scale`."""
        return _known(folder).get(self.name, {}).get("instrument_id", self.scale)

    def measure_in(self, folder: Path) -> str:
        """The measure that outcomes.csv in this folder has for the outcome, else `measure`."""
        return _known(folder).get(self.name, {}).get("measure", self.measure)


def not_another(project: Project, review: str, own: str) -> str:
    """Why options on another outcome do not go with a table on the review's own, and what to write instead."""
    scales = f"data/{project.reference_class(review) or review}/instruments.csv"
    return (
        "--measure, --better, --scale and --unit are of another outcome, which --outcome names; this table is on "
        f"that of the review, {own}. Leave them out; or, for trials that measured it on another scale, add the "
        f"scale to {scales}, and import them with --fill instrument_id=SCALE --fill unit=UNIT"
    )


def proposed(folder: Path, further: Further, groups: Collection[Group]) -> dict[str, str] | None:
    """The row of outcomes.csv for an outcome; None if the review in this folder has one.

    Defaults for what is not given: a risk ratio for events; a harm if fewer people with it are better,
    else a benefit; important, not critical.

    Raises
    ------
    OutcomeError
        For an outcome that contradicts outcomes.csv, one without counts or estimates for its measure,
        and one without its better end.
    """
    of_events = any(name in _COUNTED for group in groups for name, _ in group.figures)
    known = _known(folder).get(further.name)
    if known is not None:
        for column, said in (("measure", further.measure), ("better", further.better)):
            if said and known[column] and said != known[column]:
                raise OutcomeError(
                    f"outcomes.csv has {column} {known[column]} for '{further.name}', not {said}: leave "
                    f"--{column} out, or correct outcomes.csv"
                )
        return None
    if further.measure and not of_events:
        of_events = any(name in _ESTIMATED for group in groups for name, _ in group.figures)
    if further.measure and not of_events:
        raise OutcomeError(
            f"the table has no counts and no estimates from which to compute {further.measure}: leave "
            "--measure out, or name the column of counts with --map"
        )
    if not further.better and (of_events or further.scale):
        raise OutcomeError(
            f"say which way '{further.name}' is better for a person: --better lower or --better higher"
        )
    return {
        "outcome": further.name,
        "kind": "harm" if of_events and further.better == "lower" else "benefit",
        "importance": "important",
        "instrument_id": further.scale,
        "measure": (further.measure or _USUAL) if of_events else "",
        "better": "" if further.scale else further.better,
    }


def add_outcome(project: Project, review: str, further: Further, row: Mapping[str, str]) -> None:
    """Add a row to outcomes.csv, and the outcome's scale to the reference class."""
    folder = project.data / review
    if further.scale:
        scale = Question(scale=further.scale, unit=further.unit, better=further.better)
        add_scale(project, project.data / str(project.reference_class(review)), scale)
    path = folder / f"{OUTCOMES}.csv"
    if not path.is_file():
        tables = table_definitions(project)["tables"]
        fields = next(table["fields"] for table in tables if table["name"] == OUTCOMES)
        write(path, [field["name"] for field in fields], [])
    append(path, [row])
    write_data_package(project)


def without_known(
    folder: Path,
    by_table: Mapping[str, list[dict]],
    origin: Mapping[str, list[int]],
    outcome: str,
    definitions: Mapping,
) -> tuple[dict[str, list[dict]], dict[str, list[int]]]:
    """Rows of an import that the review does not have yet, and the row of the file behind each.

    If a known trial lacks an arm of the table, the arm is taken for the treated or control arm that the
    review compares; of several treated arms for the one that has its name, or that got what it got. If the
    review has another number of people for the arm, that of the table is entered under the outcome.

    Raises
    ------
    OutcomeError
        For an arm that could be several of a trial, by its row.
    """
    compared: dict[str, list[dict]] = {}
    for row in rows_of(folder / "contrasts.csv"):
        compared.setdefault(row["study_id"], []).append(row)
    arms = {(row["study_id"], row["arm_id"]): row for row in rows_of(folder / "arms.csv")}
    new = {(row["study_id"], row["arm_id"]): row for row in by_table["arms"]}
    people: dict[tuple[str, str], set[str]] = {}
    for row in rows_of(folder / "statistics.csv"):
        if row["outcome"] == "participants":
            people.setdefault((row["study_id"], row["arm_id"]), set()).add(row["value"])
    rows: dict[str, list[dict]] = {}
    places: dict[str, list[int]] = {}
    for table, added in by_table.items():
        key = definitions[table]["primaryKey"]
        there = {
            tuple(one.get(name, "") for name in key): one
            for one in rows_of(folder / f"{table}.csv")
        }
        rows[table], places[table] = [], []
        for row, place in zip(added, origin[table], strict=True):
            row = _in_its_arm(row, compared.get(row.get("study_id", ""), []), arms, new, place)
            if row.get("outcome") == "participants" and row["statistic"] != "n_first_period":
                known = people.get((row["study_id"], row["arm_id"]), set())
                if known and row["value"] not in known:
                    row = row | {"outcome": outcome}
                    known = set()
            else:
                known = tuple(row.get(name, "") for name in key) in there
            if not known:
                rows[table].append(row)
                places[table].append(place)
    return rows, places


_Arms = Mapping[tuple[str, str], Mapping[str, str]]


def _in_its_arm(
    row: dict, compared: Collection[Mapping[str, str]], arms: _Arms, new: _Arms, place: int
) -> dict:
    """A row with an arm that the trial lacks replaced by the compared treated or control arm.

    compared: the rows of contrasts.csv on the trial. new: the arms of the table. place: the row of the file.
    """
    out = dict(row)
    for column in ("arm_id", "treated_arm", "control_arm"):
        key = row.get("study_id", ""), row.get(column, "")
        if not compared or column not in row or row[column] == "all" or key in arms:
            continue
        arm = new.get(key, {})
        if arm.get("role", "treatment") != "treatment":
            (out[column],) = {one["control_arm"] for one in compared}
            continue
        treated = [one["treated_arm"] for one in compared]
        if len(treated) > 1:
            treated = _called_alike(arm, [arms[key[0], name] for name in treated], place)
        (out[column],) = treated
    return out


def _called_alike(
    arm: Mapping[str, str], known: Sequence[Mapping[str, str]], place: int
) -> list[str]:
    """The one of several treated arms with the name of this arm, or what it got."""
    names = lambda one: {one.get(key, "").casefold() for key in ("label", "treatment")} - {""}
    found = [one["arm_id"] for one in known if names(one) & names(arm)]
    if len(found) != 1:
        labels = " or ".join(f"'{one['label']}'" for one in known)
        raise OutcomeError(
            f"{arm.get('study_id', '')} has several treated arms: name this one as arms.csv does, {labels}, in a "
            "column of the file (--map arm1=COLUMN)",
            place,
        )
    return found


def _known(folder: Path) -> dict[str, dict[str, str]]:
    return {row["outcome"]: row for row in rows_of(folder / f"{OUTCOMES}.csv")}
