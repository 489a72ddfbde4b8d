"""Make a project for one's own reviews: a folder with tables, notebooks and a workflow that publishes.

The installed package has these files in `evidence_review/starter`, with the shipped data and lessons.
In a checkout, `starter` has only the files of a new project that are not in `notebooks` and `data`.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import evidence_review
from evidence_review import __version__
from evidence_review.records import Project
from evidence_review.records.package import TABLES, write_data_package
from evidence_review.runs.workshop import BUILDING, LOCK, building_folder

_PACKAGE = Path(evidence_review.__file__).parent
_STARTER = _PACKAGE / "starter"
# Other files of a project, by their place in it.
_FILES = {
    "README.md": "README.md",
    "gitignore": ".gitignore",
    "requirements.txt": "requirements.txt",
    "workflow.yml": ".github/workflows/reviews.yml",
}
_HIDDEN = "project"  # names the folder in which it is made, out of sight


class NewProjectError(ValueError):
    """A project cannot be made in this folder; the message says why. Nothing is written."""


def _root() -> Path:
    """The folder with the `notebooks/` and `data/` to copy from."""
    return _STARTER if (_STARTER / "notebooks").is_dir() else _PACKAGE.parents[1]


def general_tables() -> Path:
    """The folder with the tables that hold for any condition, and their sources."""
    shipped = Project(_root())
    reference = shipped.reference_class(shipped.default_review())
    assert reference is not None  # every review has one
    return shipped.data / reference


def new_project(folder: Path) -> Project:
    """Make a project without a review: notebooks, table definitions, README and workflow.

    Raises
    ------
    NewProjectError
        If the folder is not empty.
    OSError
        If it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     project = new_project(Path(folder))
    ...     project.reviews()
    []
    """
    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(map(_is_theirs, folder.iterdir()))):
        raise NewProjectError(f"{folder} exists and is not empty: name a new or empty folder")
    folder.mkdir(parents=True, exist_ok=True)
    with building_folder(folder, _HIDDEN) as building:
        _fill(Project(building))
        for part in sorted(building.iterdir()):
            part.rename(folder / part.name)
    return Project(folder)


def _is_theirs(path: Path) -> bool:
    """Whether it is not what an `init` left that was killed."""
    return path.name != LOCK and not path.name.startswith(f".{_HIDDEN}{BUILDING}")


def _fill(project: Project) -> None:
    for part in (project.data, project.notebooks, project.reports):
        part.mkdir()
    definitions = (_root() / "data" / TABLES).read_text(encoding="utf-8")
    # The default review of the definitions is not in the new project.
    definitions = re.sub(
        r"(?m)^(# The review that is meant.*\n)?default_review: .*\n", "", definitions
    )
    (project.data / TABLES).write_text(definitions, encoding="utf-8")
    for notebook in sorted(_root().glob("notebooks/*.ipynb")):
        shutil.copyfile(notebook, project.notebooks / notebook.name)
    for name, place in _FILES.items():
        text = (_STARTER / name).read_text(encoding="utf-8")
        target = project.root / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text.replace("{version}", __version__), encoding="utf-8")
    write_data_package(project)
