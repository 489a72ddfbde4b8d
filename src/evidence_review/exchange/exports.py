"""The export formats of a report: each is an entry of EXPORTS and the module that writes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the command line reads EXPORTS for its help, and must start quickly
    from evidence_review.records import Project
    from evidence_review.review.review import Review
    from evidence_review.review.settings import Settings


@dataclass(frozen=True)
class Export:
    """One export format.

    Parameters
    ----------
    help
        Its help text on the command line.
    function
        'module:name' of the function that writes it, given a `Source` and an empty folder; imported
        when used.
    folder
        Its folder in `reports/exports/<review>/`; '{paper}' becomes the paper size.
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
    """A report cannot be exported in this format; the message says what is missing."""


class Source:
    """The report and review to export; each is made at its first use.

    Parameters
    ----------
    settings
        The settings as given, without resolved defaults.
    paper
        'a4' or 'letter'.
    tell
        Function that is called with each line of progress.
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
        """The folder of the report, brought up to date at first use."""
        from evidence_review.runs.report import build_report

        return build_report(self.project, self.given, self.tell).folder

    @cached_property
    def review(self) -> Review:
        """The review opened with these settings."""
        from evidence_review.records import load
        from evidence_review.review.review import Review

        return Review(load(self.given.review, self.project), self.given)


def export(form: str, source: Source) -> list[Path]:
    """Write a report in one format, all files or none; earlier files of this format are replaced.

    Parameters
    ----------
    form
        A key of EXPORTS.

    Returns
    -------
    list of Path
        The files, in `reports/exports/<review>/`, sorted by name.

    Raises
    ------
    ExportError
        If a program that this format needs is not installed, or fails.
    OSError
        If the folder cannot be written. After either error the earlier files are still there.
    """
    import pkgutil

    from evidence_review.runs.workshop import new_folder

    chosen = EXPORTS[form]
    name = chosen.folder.format(paper=source.paper)
    folder = source.project.reports / "exports" / source.given.review / name
    with new_folder(folder) as building:
        pkgutil.resolve_name(chosen.function)(source, building)
    return sorted(folder.iterdir())
