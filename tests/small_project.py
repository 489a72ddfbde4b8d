"""A project with two small notebooks, for tests that build its report many times."""

from __future__ import annotations

from itertools import zip_longest
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from evidence_review.exchange.exports import Source, export
from evidence_review.records import Project
from evidence_review.review.settings import Settings
from evidence_review.runs.workshop import LOCK

REVIEW = "magnesium-rls"
COUNTED = "print('warn'); import warnings; warnings.warn('mind')\nwith open('../ran', 'a') as file: file.write('{name} ')"


def notebook(
    project: Project, name: str, *sources: str, parameters: str = 'review: str = ""'
) -> None:
    """Write a notebook that notes in `ran` that it ran, with these code cells after that."""
    cells = [
        new_markdown_cell(f"# {name}\n\nDoes it run?"),
        new_code_cell(parameters, metadata={"tags": ["parameters"]}),
        new_code_cell(COUNTED.format(name=name)),
        *map(new_code_cell, sources),
    ]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(
        new_notebook(cells=cells, metadata={"kernelspec": kernel}),
        project.notebooks / f"{name}.ipynb",
    )


def only_small_notebooks(project: Project) -> Project:
    """Leave a project with two notebooks, one of which takes a parameter."""
    for path in project.notebooks.glob("*.ipynb"):
        path.unlink()
    notebook(project, "01-plain")
    notebook(project, "02-level", "level", parameters='review: str = ""\nlevel: float = 0.95')
    return project


def content(folder: Path) -> dict[str, bytes]:
    """Every file in a folder, by its path in there."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def differing(one: dict[str, bytes], other: dict[str, bytes]) -> list[str]:
    """The files that differ between two of `content`, each with the first place that does: short enough for a log."""
    told = []
    for name in sorted(one.keys() | other.keys()):
        if name not in one or name not in other:
            told.append(f"{name}: only in the {'first' if name in one else 'second'}")
        elif one[name] != other[name]:
            pairs = zip_longest(one[name], other[name])
            at = next(place for place, (a, b) in enumerate(pairs) if a != b)
            part = slice(max(at - 60, 0), at + 120)
            told.append(f"{name}: {one[name][part]!r} or {other[name][part]!r}")
    return told


def hidden(project: Project) -> list[str]:
    """What a run left in `reports/` that is not for readers."""
    names = {path.name for path in project.reports.iterdir() if path.name.startswith(".")}
    return sorted(names - {LOCK})


def exported(report, form="html", tell=lambda line: None):
    """The files of an export of a report that is there."""
    source = Source(Project(report.parents[1]), Settings(review=report.name), tell=tell)
    source.report = report
    return export(form, source)
