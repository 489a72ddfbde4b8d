"""Notes of what each import added to a folder, and the function that undoes the last import.

The notes lie beside the tables, and change places with them: so there is one for each import that came in,
whatever is killed, and whichever clones of a project share a cache.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from evidence_review.exchange.data_change import changed_data
from evidence_review.exchange.raw_tables import rewrite, rows_of
from evidence_review.records import Project, Violation, violations

NOTES = ".imports.json"  # in the folder of a review or reference class


class UndoError(ValueError):
    """The last import cannot be undone; the message says why. Nothing is changed."""


@dataclass(frozen=True)
class Undone:
    """The file of an undone import, the rows taken out by table, and which of them were edited since."""

    file: str
    rows: Mapping[str, int]
    changed: tuple[str, ...]


def undo_import(project: Project, review: str, *, dry_run: bool = False) -> Undone:
    """Take the rows of the last import out of a folder, including rows edited since.

    review: a review, or a reference class. dry_run: try it, and change nothing.

    Raises
    ------
    UnknownReviewError
        If there is no such review.
    UndoError
        If there is nothing to undo, or other rows refer to rows of the import.
    DataInUseError
        If somebody changed the tables meanwhile; nothing is changed then.
    """
    if review not in project.folders():
        project.require_review(review)
    counts: dict[str, int] = {}
    changed: list[str] = []
    places: dict[str, list[int]] = {}
    with changed_data(project, kept=not dry_run) as trial:
        imports = _imports(trial, review)
        if not imports:
            raise UndoError(f"there is no import into {review} to undo")
        last = imports[-1]
        known = {_about_row(one) for one in violations(trial, [review])}
        for name, part in last["tables"].items():
            path = trial.data / review / f"{name}.csv"
            by_key = lambda rows, part=part: {
                tuple(row[key] for key in part["key"]): row for row in rows
            }
            going, before = by_key(part["rows"]), by_key(part.get("before", ()))
            kept = []
            for number, row in enumerate(rows_of(path), start=2):
                key = tuple(row[key] for key in part["key"])
                added = going.get(key)
                if added is None:
                    kept.append(before.get(key, row))
                    places.setdefault(path.stem, []).append(number)
                    continue
                counts[name] = counts.get(name, 0) + 1
                if any(row[column] != added.get(column, "") for column in row):
                    changed.append(f"{name}.csv, row {number}")
            rewrite(path, kept)
        for folder, proposals in last.get("proposals", {}).items():
            _restore(trial.data / folder / "assumptions.csv", proposals)
        gone = {row["study_id"] for row in last["tables"].get("studies", {}).get("rows", ())}
        about = rows_of(trial.data / review / "review.csv")
        if about and about[0]["single_arm_study"] in gone:
            unnamed = {"single_arm_study": "", "single_arm": ""}
            rewrite(trial.data / review / "review.csv", [about[0] | unnamed])
        left = [one for one in violations(trial, [review]) if _about_row(one) not in known]
        # That the review has no studies any more is no reason to refuse.
        if resting := [one for one in left if one.row > 1 and Path(one.file).stem in places]:
            listed = "\n".join(
                f"  {replace(one, row=places[Path(one.file).stem][one.row - 2])}" for one in resting
            )
            raise UndoError(
                f"other rows refer to those of {last['file']}; delete these first, then undo:\n{listed}"
            )
        _keep(trial, review, imports[:-1])
    return Undone(last["file"], counts, tuple(changed))


def _restore(path: Path, proposals: Sequence[Sequence[dict]]) -> None:
    """Put proposals back that the SD of an import replaced, unless somebody changed them since."""
    rows = rows_of(path)
    for before, after in proposals:
        rows = [before if row == after else row for row in rows]
    rewrite(path, rows)


def _about_row(one: Violation) -> tuple[str, str, str, str]:
    return one.file, one.column, one.value, one.message


def _imports(project: Project, review: str) -> list[dict]:
    notes = project.data / review / NOTES
    return json.loads(notes.read_text(encoding="utf-8")) if notes.is_file() else []


def _keep(trial: Project, review: str, imports: Sequence[Mapping]) -> None:
    notes = trial.data / review / NOTES
    if imports:
        notes.write_text(json.dumps(imports, ensure_ascii=False), encoding="utf-8")
    else:
        notes.unlink(missing_ok=True)


def note_import(
    trial: Project,
    review: str,
    file: Path,
    added: Mapping[str, list[dict]],
    definitions: Mapping,
    proposals: Mapping[str, Sequence[tuple[dict, dict]]],
) -> None:
    """Note the rows that an import added, with their keys, for `undo_import`. trial: as `changed_data` yields it.

    proposals: rows of assumptions.csv that its SD replaced, before and after, by folder.
    """
    tables = {
        name: {"key": definitions[name]["primaryKey"], "rows": rows}
        for name, rows in added.items()
        if rows
    }
    keep_note(trial, review, {"file": file.name, "tables": tables, "proposals": proposals})


def keep_note(trial: Project, review: str, note: Mapping) -> None:
    """Note what an import did, for `undo_import`. trial: as `changed_data` yields it."""
    _keep(trial, review, [*_imports(trial, review), note])
