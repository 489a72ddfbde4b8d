"""One report: check, run every notebook, render, and only then replace the previous report."""

from __future__ import annotations

import contextlib
import errno
import json
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from evidence_review.appraisal.review import unfinished_judgements
from evidence_review.appraisal.settings import Settings
from evidence_review.factory.notebooks import Notebook, changed, report_notebooks
from evidence_review.records import DataError, Project, load

TIMEOUT = 300  # seconds a cell may take; the slowest takes a few


class ReportError(RuntimeError):
    """A notebook failed. The previous report is untouched."""


@dataclass(frozen=True)
class Report:
    """Where a finished report is."""

    folder: Path

    @property
    def index(self) -> Path:
        return self.folder / "index.html"


def build_report(
    project: Project, settings: Settings, progress: Callable[[str], None] = lambda line: None
) -> Report:
    """Run the notebooks on one review and put the pages in `reports/<review>/`.

    settings: as given, defaults unresolved. progress: called with one line of text at a time.
    Raises DataError, SettingsError or NotebookError before anything runs, ReportError if a
    notebook fails; in each case the previous report stays as it is.
    """
    from evidence_review.factory import render

    records = load(settings.review, project)
    resolved = settings.resolve(records)
    if problems := unfinished_judgements(records):
        raise DataError(problems)
    notebooks = report_notebooks(project)
    project.reports.mkdir(exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=f".{settings.review}-", dir=project.reports))
    building.chmod(0o755)
    try:
        executed = building / "notebooks"
        executed.mkdir()
        for position, notebook in enumerate(notebooks, start=1):
            started = time.perf_counter()
            _interruptibly(run_notebook, project, notebook, settings, executed / notebook.path.name)
            seconds = time.perf_counter() - started
            progress(f"[{position}/{len(notebooks)}] {notebook.name}  {seconds:.1f} s")
        findings = collect_findings([executed / notebook.path.name for notebook in notebooks])
        (building / "results.json").write_text(
            json.dumps(findings, indent=1, ensure_ascii=False, allow_nan=False) + "\n",
            encoding="utf-8",
        )
        render.render_site(
            project, records, resolved, changed(settings), notebooks, findings, building
        )
    except ReportError as error:
        failed = project.reports / f"{settings.review}.failed"
        shutil.rmtree(failed, ignore_errors=True)
        building.rename(failed)
        raise ReportError(
            f"{error}\nThe notebook with its error is in {failed / 'notebooks'}."
        ) from error
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    target = project.reports / settings.review
    replace_folder(building, target)
    shutil.rmtree(project.reports / f"{settings.review}.failed", ignore_errors=True)
    render.render_contents(project)
    return Report(target)


def _interruptibly(function: Callable, *arguments) -> None:
    """Call `function` so that Ctrl-C is noticed at once, whatever event loop it waits in.

    It runs in a daemon thread; an interrupt is raised here, and the thread ends with the process
    (as its kernel does, which watches for that). Exceptions of `function` are raised here.
    """
    caught: list[BaseException] = []

    def call() -> None:
        try:
            function(*arguments)
        except BaseException as error:
            caught.append(error)

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(0.2)
    if caught:
        raise caught[0]


def run_notebook(project: Project, notebook: Notebook, settings: Settings, output: Path) -> None:
    """Execute one notebook with the parameters it declares; the executed copy goes to `output`.

    Raises ReportError with notebook, cell and message if a cell fails or takes too long.
    """
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    parameters = {"review": settings.review} | changed(settings)
    parameters = {name: value for name, value in parameters.items() if name in notebook.parameters}
    try:
        papermill.execute_notebook(
            str(notebook.path),
            str(output),
            parameters=parameters,
            kernel_name="python3",
            progress_bar=False,
            execution_timeout=TIMEOUT,
            resources={"metadata": {"path": str(project.notebooks)}},
            # Other users of the machine cannot read the traffic; where it is not offered, as before.
            config=Config({"KernelManager": {"transport_encryption": "auto"}}),
        )
    except PapermillExecutionError as error:
        # papermill put a cell with the parameters in front of this one: count as the author does.
        cell = error.cell_index + (0 if parameters else 1)
        raise ReportError(
            f"{notebook.path.name}, cell {cell}: {error.ename}: {error.evalue}"
        ) from error
    except CellTimeoutError as error:
        raise ReportError(
            f"{notebook.path.name}: a cell took more than {TIMEOUT} seconds"
        ) from error
    except DeadKernelError as error:
        raise ReportError(f"{notebook.path.name}: the kernel died (out of memory?)") from error


def collect_findings(executed: list[Path]) -> dict[str, dict]:
    """Findings that executed notebooks published, by id, each with its notebook.

    Raises ReportError if two notebooks publish one id.
    """
    import nbformat

    from evidence_review.display.page import FINDINGS_MIME

    found: dict[str, dict] = {}
    for path in executed:
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", []):
                for name, entry in output.get("data", {}).get(FINDINGS_MIME, {}).items():
                    if name in found:
                        raise ReportError(
                            f"the finding '{name}' is published by {found[name]['notebook']} and by {path.stem}"
                        )
                    found[name] = entry | {"notebook": path.stem}
    return found


def replace_folder(new: Path, target: Path) -> None:
    """Put `new` in the place of `target`.

    Two runs may do so at once: each report goes in whole, and the later one stays.
    Raises OSError if the folder cannot be written.
    """
    for _ in range(100):  # another run may put its report there between our two renames
        aside = Path(tempfile.mkdtemp(prefix=f".{target.name}-old-", dir=target.parent))
        try:
            with contextlib.suppress(FileNotFoundError):
                target.rename(aside / "previous")
            new.rename(target)
            return
        except FileExistsError:
            continue
        except OSError as error:
            if error.errno != errno.ENOTEMPTY:
                raise
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    raise OSError(f"other runs keep writing to {target}")
