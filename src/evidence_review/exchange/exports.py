"""The forms in which a report goes out: an entry of EXPORTS, and the module that writes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the command line reads EXPORTS for its help, and has to be quick
    from evidence_review.records import Project
    from evidence_review.review.review import Review
    from evidence_review.review.settings import Settings


@dataclass(frozen=True)
class Export:
    """One form of a report.

    Parameters
    ----------
    help
        What the command line says of it.
    function
        'module:name' of what writes it, given a `Source` and an empty folder; imported when used.
    folder
        Its folder in `reports/exports/<review>/`; '{paper}' stands for the paper chosen.
    """

    help: str
    function: str
    folder: str


EXPORTS = {
    "html": Export(
        "one file for e-mail", "evidence_review.exchange.html_pdf:write_html", folder="html"
    ),
    "pdf": Export(
        "the briefing, each page, and all in one",
        "evidence_review.exchange.html_pdf:write_pdf",
        folder="pdf-{paper}",
    ),
    "csv": Export(
        "the results for metafor, RevMan and GRADEpro",
        "evidence_review.exchange.csv_tables:write_csv",
        folder="csv",
    ),
    "references": Export(
        "the sources as RIS, NBIB, BibTeX and CSL JSON",
        "evidence_review.exchange.references:write_references",
        folder="references",
    ),
}


class ExportError(RuntimeError):
    """The report is there, but not in the form asked for; the message says what is missing."""


class Source:
    """What an export is made from; each part is made when it is first asked for.

    Parameters
    ----------
    settings
        As given, defaults unresolved.
    paper
        'a4' or 'letter'.
    tell
        Called with one line of progress at a time.
    """

    def __init__(
        self,
        project: Project,
        settings: Settings,
        paper: str = "a4",
        tell: Callable[[str], None] = lambda line: None,
    ):
        self.project, self.given, self.paper, self.tell = project, settings, paper, tell

    @cached_property
    def report(self) -> Path:
        """The folder of the report, which is brought up to date first."""
        from evidence_review.runs.report import build_report

        return build_report(self.project, self.given, self.tell).folder

    @cached_property
    def review(self) -> Review:
        """The review opened with these settings."""
        from evidence_review.records import load
        from evidence_review.review.review import Review

        return Review(load(self.given.review, self.project), self.given)


def export(form: str, source: Source) -> list[Path]:
    """Write one form of a report in the place of what is there, all of its files or none.

    Parameters
    ----------
    form
        A key of EXPORTS.

    Returns
    -------
    list of Path
        The files, in `reports/exports/<review>/`, by name.

    Raises
    ------
    ExportError
        Where what is needed for this form is not installed, or fails.
    OSError
        If the folder cannot be written. In either case what was there before stays.
    """
    import pkgutil

    from evidence_review.runs.workshop import new_folder

    chosen = EXPORTS[form]
    name = chosen.folder.format(paper=source.paper)
    folder = source.project.reports / "exports" / source.given.review / name
    with new_folder(folder) as building:
        pkgutil.resolve_name(chosen.function)(source, building)
    return sorted(folder.iterdir())
