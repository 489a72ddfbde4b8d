"""One report: check, run the notebooks that have to be, render, and only then replace the old one."""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from evidence_review.records import DataError, Project, Records, load
from evidence_review.review.finding import slug
from evidence_review.review.settings import OWN_ARMS, Settings
from evidence_review.runs import plan
from evidence_review.runs import run as runs
from evidence_review.runs.notebooks import changed, report_notebooks, with_something_to_say
from evidence_review.runs.run import ReportError
from evidence_review.runs.workshop import (
    building_folder,
    exclusive,
    replace_folder,
)

if TYPE_CHECKING:
    from evidence_review.runs.site import Site

LOG = logging.getLogger(__name__)


class InputsChangedError(RuntimeError):
    """Inputs changed while a report was made of them. The previous report is untouched."""


@dataclass(frozen=True)
class Report:
    """Where a finished report is."""

    folder: Path

    @property
    def index(self) -> Path:
        return self.folder / "index.html"


def build_report(
    project: Project,
    settings: Settings,
    progress: Callable[[str], None] = lambda line: None,
    *,
    jobs: int | None = None,
    force: bool = False,
    why: bool = False,
    of_one_state: bool = False,
) -> Report:
    """Run the notebooks on one review and put the pages in `reports/<review>/`.

    settings: as given, defaults unresolved. progress: called with one line of text at a time.
    jobs: how many notebooks run at once; default, one more than there are cores, since each waits
    for its kernel now and then. force: run also those whose inputs are those of an earlier run.
    why: say of each which inputs have changed since the last report. of_one_state: raise
    InputsChangedError where inputs change meanwhile, instead of a report without a manifest.
    Raises DataError, SettingsError or NotebookError before anything runs, ReportError when
    notebooks failed and the others have ended, DataError also for a CITATION.cff that cannot be
    read; in each case the previous report stays as it is.
    """

    def tell(line: str) -> None:
        LOG.info(line)
        progress(line)

    def tell_idle(names: Iterable[str]) -> None:
        for name in names:
            tell(f"{name} = {given[name]} moves no finding of this report")

    given = {"review": settings.review} | changed(settings)
    LOG.info("report: %s", ", ".join(f"{name} = {value}" for name, value in given.items()))
    inputs = plan.report_inputs(project, given)
    cache = plan.Cache(project.root / ".cache")
    target = project.reports / settings.review
    if not force and cache.is_current(target, inputs):
        shutil.rmtree(_failed(project, settings.review), ignore_errors=True)
        tell("nothing has changed since this report was made")
        tell_idle(cache.last_idle(settings.review))
        return Report(target)
    is_stale = force or plan.is_seen(cache.last_inputs(settings.review), inputs)
    runs.warm_up(project, given, kernels=is_stale)
    from evidence_review.findings.every import unfinished_judgements, unstated
    from evidence_review.placebo import response as placebo
    from evidence_review.review.review import Review

    records = load(settings.review, project)
    review = Review(records, settings)
    as_kept = Review(records)  # the data are to blame only where they fail under their own settings
    if problems := unstated(as_kept) + unfinished_judgements(review):
        raise DataError(problems)
    if placebo.has_placebo_arms(review):
        placebo.benchmark(review, OWN_ARMS)  # SettingsError where too few arms are left
    notebooks = with_something_to_say(report_notebooks(project), review)
    pages = [
        plan.page(notebook, inputs, settings.review, cache, force=force) for notebook in notebooks
    ]
    for page in pages:
        (tell if why else LOG.info)(f"{page.notebook.name}: {page.why}")
    project.reports.mkdir(exist_ok=True)
    with building_folder(project.reports, settings.review) as building:
        executed = building / "notebooks"
        executed.mkdir()
        at_once = jobs or runs.cores() + 1
        with runs.execute(project, pages, given, executed, at_once, tell) as running:
            from evidence_review.runs import manifest  # takes as long as a notebook
            from evidence_review.runs import site as render

            site, errors, besides = _rendered(
                lambda: render.Site(project, review, changed(settings), notebooks, building),
                running,
            )
        tell_idle(site.idle if site else ())
        manifest.keep_inputs(plan.input_files(project, settings.review), building)
        # If an input changed meanwhile, nobody knows what was made from which: keep nothing.
        is_certain = plan.report_inputs(project, given) == inputs
        if is_certain:
            for page in pages:
                if page.notebook.name not in errors:
                    cache.keep(executed / page.notebook.path.name, page.cached)
        elif of_one_state:
            raise InputsChangedError("inputs changed while it was made")
        if site is None or errors:
            failed = _failed(project, settings.review)
            with exclusive(project.reports):
                shutil.rmtree(failed, ignore_errors=True)
                building.rename(failed)
            where = f"What ran, with its errors, is in {failed / 'notebooks'}."
            told = [str(error) for _, error in sorted(errors.items())]
            raise ReportError("\n".join([*told, *besides, where]))
        findings = collect_findings(
            [executed / notebook.path.name for notebook in notebooks], outcome_names(records)
        )
        (building / "results.json").write_text(
            json.dumps(findings, indent=1, ensure_ascii=False, allow_nan=False) + "\n",
            encoding="utf-8",
        )
        site.finish(findings)
        if is_certain:
            manifest.write_manifest(review, changed(settings), findings, inputs, building)
        else:
            shutil.rmtree(building / manifest.INPUTS)
            tell("inputs changed while it was made: this report has no manifest; run it again")
        LOG.info("pages are written")
        with exclusive(project.reports):
            replace_folder(building, target)
            shutil.rmtree(_failed(project, settings.review), ignore_errors=True)
            render.render_contents(project)
            if is_certain:
                cache.remember(target, inputs, site.idle)
    return Report(target)


def _rendered(
    make: Callable[[], Site], running: Iterator[tuple[str, ReportError | None]]
) -> tuple[Site | None, dict[str, ReportError], list[str]]:
    """The pages of notebooks as these end, the errors of notebooks, and what else went wrong.

    Where only something else goes wrong, it is raised. Where notebooks fail too, which may say why, all of
    it is returned, and no pages.
    """
    errors: dict[str, ReportError] = {}
    try:
        site = make()
        for name, error in running:
            if error:
                errors[name] = error
            else:
                site.add(name)
    except Exception as error:
        errors |= {name: failed for name, failed in running if failed}
        if not errors:
            raise
        return None, errors, [f"Besides, {type(error).__name__}: {error}"]
    return site, errors, []


def _failed(project: Project, review: str) -> Path:
    """Where what ran is kept when notebooks failed, until there is a report."""
    return project.reports / f"{review}.failed"


def outcome_names(records: Records) -> dict[str, str]:
    """Outcomes by what stands for them in the ids of findings."""
    names = [records.review.outcome, *(row.outcome for row in records.further_outcomes)]
    names += [row.outcome for row in records.rows("pooled_results") if row.outcome]
    names += [row.outcome for row in records.rows("statistics")]
    return {slug(name): name for name in dict.fromkeys(names)}


def collect_findings(executed: list[Path], outcomes: Mapping[str, str]) -> dict[str, dict]:
    """Findings that executed notebooks published, by id, each with its notebook and its outcome.

    outcomes: their names by what stands for them in ids. A finding of no outcome has ''.

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
                    _, outcome, *quantity = name.split(".")
                    about = outcomes.get(outcome, "") if quantity else ""
                    found[name] = entry | {"notebook": path.stem, "outcome": about}
    return found
