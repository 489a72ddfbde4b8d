"""What a report is made from, which of its notebooks have to run for that, and why.

Every input is a name with a digest: files by their content, parameters and versions as text. A
notebook that ran with the same inputs before is taken from the cache. Nothing heavy is imported, so
that a run with nothing to do is over in a moment.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import re
import site
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.parser import HeaderParser
from importlib.metadata import distributions
from pathlib import Path

import evidence_review
from evidence_review.records import Project
from evidence_review.records.files import remove_halves, whole_file
from evidence_review.review.settings import SettingsError
from evidence_review.runs.notebooks import Notebook
from evidence_review.runs.workshop import exclusive

# Executed notebooks in the cache; those used last stay.
KEPT = 200
KEPT_BYTES = 500_000_000
KEPT_DAYS = 90
DAY = 24 * 60 * 60  # seconds
TOLD = 4  # changed inputs that a reason names
PYTHON = "Python"
PACKAGE = "package "  # before the name of an installed one
COMMIT = "commit"
CITATION = "CITATION.cff"
DATE = "SOURCE_DATE_EPOCH"
# Inputs of a report that no notebook sees.
UNSEEN = (COMMIT, CITATION, DATE)


@dataclass(frozen=True)
class Page:
    """A notebook of a report: where its run with these inputs is kept; if it is, and why or why not."""

    notebook: Notebook
    cached: Path
    is_fresh: bool
    why: str


def report_inputs(project: Project, parameters: Mapping[str, object]) -> dict[str, str]:
    """Everything that goes into the report on `parameters["review"]`, by name.

    Raises SettingsError if the environment's SOURCE_DATE_EPOCH is no date.
    """
    date = source_date()
    files = input_files(project, str(parameters["review"]))
    return (
        {name: digest(path) for name, path in files.items()}
        | {f"parameter {name}": str(value) for name, value in parameters.items()}
        | {f"{PACKAGE}{name}": version for name, version in installed().items()}
        | {PYTHON: platform.python_version(), COMMIT: commit(project)}
        | ({DATE: date} if date else {})
    )


def input_files(project: Project, review: str) -> dict[str, Path]:
    """The files that go into a report, by name: data/…, notebooks/…, who made it, the package's code."""
    return project_files(project, review) | code_files()


def project_files(project: Project, review: str) -> dict[str, Path]:
    """Those of the project: its data, notebooks and CITATION.cff. Hidden files, as editors make them, are none."""
    folders = [project.data / folder for folder in (review, project.reference_class(review) or "")]
    files = [
        *project.root.glob(CITATION),
        *project.notebooks.glob("*.ipynb"),
        *project.data.glob("*.yml"),
        *project.data.glob("*.json"),
        *(path for folder in folders for path in folder.glob("*.csv")),
    ]
    shown = (path for path in files if not path.name.startswith("."))
    return {path.relative_to(project.root).as_posix(): path for path in shown}


def code_files() -> dict[str, Path]:
    """Those of this package.

    Not what Python compiles of them: while one process writes that, under a name for the moment, another
    would take it for a new input.
    """
    package = Path(evidence_review.__file__).parent
    code = (path for path in package.rglob("*") if "__pycache__" not in path.parts)
    return {path.relative_to(package.parent).as_posix(): path for path in code if path.is_file()}


def package_folders() -> list[str]:
    """Where a kernel, a Python that starts anew, looks for installed packages.

    This process may look into further folders: setuptools, once imported, adds the packages that it
    carries in itself. They are not installed.
    """
    return [
        *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)),
        *([site.getusersitepackages()] if site.ENABLE_USER_SITE else []),
        *site.getsitepackages(),
    ]


def installed() -> dict[str, str]:
    """Versions of the installed packages by name.

    From the head of their metadata: parsing their descriptions, too, takes more than twice as long.
    """
    texts = (
        one.read_text("METADATA") or one.read_text("PKG-INFO") or ""
        for one in distributions(path=package_folders())
    )
    heads = [HeaderParser().parsestr(text.partition("\n\n")[0]) for text in texts]
    # Of a package that is installed twice, Python imports the first.
    return {head["Name"]: head["Version"] for head in reversed(heads) if head["Name"]}


def source_date() -> str:
    """The date that the environment says to use in place of the clock (ISO 8601, UTC); '' for none.

    Source: https://reproducible-builds.org/specs/source-date-epoch/. Raises SettingsError.
    """
    words = os.environ.get(DATE, "")
    try:
        return datetime.fromtimestamp(int(words), UTC).isoformat() if words else ""
    except (ValueError, OverflowError, OSError) as error:
        raise SettingsError(
            f"the environment has {DATE} = {words!r}, which is no date; set it to whole seconds "
            "since 1970 began, for instance $(git log -1 --format=%ct), or unset it"
        ) from error


def page(
    notebook: Notebook, inputs: Mapping[str, str], review: str, cache: Cache, *, force: bool
) -> Page:
    """What is to be done for one notebook of a report that is made from `inputs`."""
    now = _seen_by(notebook, inputs)
    last = cache.last_inputs(review)
    changes = (
        changed_inputs(_seen_by(notebook, last), now) if last else "there is no earlier report"
    )
    cached = cache.notebook(now)
    if force:
        return Page(notebook, cached, False, "stale: told to run everything")
    if not cached.is_file():
        return Page(notebook, cached, False, f"stale: {changes or 'its last run was not kept'}")
    again = f"ran with these inputs before, though not last: {changes}"
    return Page(notebook, cached, True, f"fresh: {again if changes else 'nothing has changed'}")


def _seen_by(notebook: Notebook, inputs: Mapping[str, str]) -> dict[str, str]:
    """The inputs of a report that one notebook can see: not other notebooks, not undeclared parameters."""
    own = {f"parameter {name}" for name in notebook.parameters}
    own.add(f"notebooks/{notebook.path.name}")
    return {
        name: value
        for name, value in inputs.items()
        if name in own or not name.startswith(("notebooks/", "parameter ", *UNSEEN))
    }


def is_seen(before: Mapping[str, str], now: Mapping[str, str]) -> bool:
    """Whether inputs differ that a notebook may see."""
    seen = lambda inputs: {
        name: value for name, value in inputs.items() if not name.startswith(UNSEEN)
    }
    return seen(before) != seen(now)


def changed_inputs(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """In words, which inputs differ; '' if none do."""
    told = [
        f"{name} {'is new' if name not in before else 'is gone' if name not in now else 'changed'}"
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name)
    ]
    more = [f"{len(told) - TOLD} more"] if len(told) > TOLD else []
    return ", ".join(told[:TOLD] + more)


def commit(project: Project) -> str:
    """Commit of the checkout, and whether it was changed; '' outside of one."""

    def git(*words: str) -> str:
        run = subprocess.run(
            ["git", "-C", str(project.root), *words],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        return run.stdout.strip() if run.returncode == 0 else ""

    try:
        found = git("rev-parse", "--short=10", "HEAD")
        dirty = git("status", "--porcelain", "--", "src", "notebooks", "data")
    except (OSError, subprocess.TimeoutExpired):
        return ""
    if not re.fullmatch(r"[0-9a-f]+", found):
        return ""
    return f"{found} with uncommitted changes" if dirty else found


@dataclass(frozen=True)
class Cache:
    """Executed notebooks by their inputs, and what each report was last made from.

    Clones of a project may share one, and jobs on a server: every file is written whole, under a
    name of its own until then.
    """

    folder: Path

    def notebook(self, inputs: Mapping[str, str]) -> Path:
        """Where the notebook that ran with these inputs is, or belongs."""
        text = json.dumps(inputs, sort_keys=True)
        return self.folder / "notebooks" / f"{hashlib.sha256(text.encode()).hexdigest()}.ipynb"

    def last_inputs(self, review: str) -> dict[str, str]:
        """Inputs of the last report on a review; empty if there was none."""
        return self._last(review).get("inputs", {})

    def last_idle(self, review: str) -> list[str]:
        """The given settings that moved no finding of the last report on a review."""
        return self._last(review).get("idle", [])

    def is_current(self, report: Path, inputs: Mapping[str, str]) -> bool:
        """Whether a report was made from these inputs and lies as it was made."""
        last = self._last(report.name)
        return (
            last.get("inputs") == inputs
            and last["outputs"] == digests(report)
            and (report.parent / "index.html").is_file()
        )

    def keep(self, executed: Path, cached: Path) -> None:
        """Keep an executed notebook as the one used last."""
        _write_lasting(cached, executed.read_bytes())

    def remember(self, report: Path, inputs: Mapping[str, str], idle: Sequence[str] = ()) -> None:
        """Note what the report that lies there was made from, and drop what was long not used.

        idle: the given settings that moved no finding.
        """
        note = {"inputs": inputs, "outputs": digests(report), "idle": idle}
        _write_lasting(self._note(report.name), json.dumps(note, indent=1).encode())
        with exclusive(self.folder):
            self._prune()

    def _prune(self) -> None:
        """Drop notebooks beyond a number, a size and an age, and what killed runs left half written."""
        now, total = time.time(), 0
        found = []
        for path in self.folder.glob("notebooks/*.ipynb"):
            with contextlib.suppress(FileNotFoundError):  # of a person who empties it
                found.append((path, path.stat()))
        found.sort(key=lambda entry: entry[1].st_mtime, reverse=True)
        for place, (path, state) in enumerate(found):
            total += state.st_size
            is_old = now - state.st_mtime > KEPT_DAYS * DAY
            if place >= KEPT or total > KEPT_BYTES or is_old:
                path.unlink(missing_ok=True)
        for folder in ("notebooks", "reports"):
            remove_halves(self.folder / folder)

    def _note(self, review: str) -> Path:
        return self.folder / "reports" / f"{review}.json"

    def _last(self, review: str) -> dict:
        try:
            return json.loads(self._note(review).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}


def _write_lasting(path: Path, content: bytes) -> None:
    """Write a file, which is on the disk when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def digests(folder: Path) -> dict[str, str]:
    """Digest of every file in a folder, by its path in there."""
    return {
        path.relative_to(folder).as_posix(): digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def digest(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
