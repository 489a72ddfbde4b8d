"""A finished report as one HTML file for e-mail, and as PDF to print.

Both are made from the report's pages. Links between pages become links within the file; a link that
leads nowhere from there becomes plain text.
"""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from evidence_review.exchange.exports import ExportError, Source
from evidence_review.runs.scratch import temporary_folder

BRIEFING, INDEX = "briefing", "index"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 300  # seconds that Chromium may take for one file
Engine = Callable[[str, Path], None]  # writes a page of HTML to a PDF file


def write_html(source: Source, folder: Path) -> None:
    """Write a report as one HTML file that needs no other file and no network."""
    pages = _pages(source.report)
    _put({f"{source.report.name}.html": joined(pages)}, folder, _write, source.tell)


def write_pdf(source: Source, folder: Path) -> None:
    """Write a report as PDF: the briefing, every page, and all in one with contents.

    Raises
    ------
    ExportError
        If no program that makes PDF is installed, or it fails.
    """
    pages, paper = _pages(source.report), source.paper
    texts = {BRIEFING: printable(joined({INDEX: pages[INDEX]}), paper, is_briefing=True)}
    texts |= {
        name: printable(joined({name: page}), paper)
        for name, page in pages.items()
        if name != INDEX
    }
    texts[source.report.name] = printable(joined(pages), paper)
    files = {f"{name}.pdf": text for name, text in texts.items()}
    _put(files, folder, pdf_engine(), source.tell)


def _pages(report: Path) -> dict[str, str]:
    """The pages of a report by name, in reading order."""
    paths = [report / f"{INDEX}.html", *sorted(report.glob("[0-9]*.html")), report / "sources.html"]
    return {path.stem: path.read_text(encoding="utf-8") for path in paths}


def _put(
    files: Mapping[str, str], folder: Path, write: Engine, tell: Callable[[str], None]
) -> None:
    """Write HTML pages as files, and report the size of each with `tell`."""
    for name, page in files.items():
        write(page, folder / name)
        tell(f"{name}  {(folder / name).stat().st_size / 1e6:.1f} MB")


def _write(page: str, target: Path) -> None:
    target.write_text(page, encoding="utf-8")


_MAIN = re.compile(r'<main id="main" class="([^"]*)">(.*)</main>', re.S)
_TAG = re.compile(r"<[a-z][^<>]*>")


def joined(pages: Mapping[str, str]) -> str:
    """Pages as one document: each becomes a section, with head, navigation and foot of the first page.

    pages: HTML by name. The name of its page is put before each id, so that ids stay unique.
    """
    sections = []
    for name, page in pages.items():
        ((kind, body),) = _MAIN.findall(page)
        body = _relinked(body, pages, name)
        sections.append(f'<section class="{kind}" id="{name}">{body}</section>')
    first = next(iter(pages.values())).replace(' aria-current="page"', "")
    whole = f'<main id="main">{"".join(sections)}</main>'
    return whole.join(_relinked(part, pages) for part in _MAIN.split(first)[::3])


def _relinked(body: str, pages: Mapping[str, str], name: str = "") -> str:
    """HTML with ids and links changed for a file that holds all of `pages`."""
    own = f"{name}-" if name else ""

    def address(given: str) -> str:
        if given.startswith(("http:", "https:", "data:", "mailto:")):
            return f' href="{given}"'
        file, _, anchor = given.partition("#")
        page = file.removesuffix(".html")
        if not file:
            return f' href="#{own}{anchor}"'
        if page not in pages:
            return ""
        if anchor.startswith("rows="):  # needs a script of the page, which the file lacks
            return f' href="#{page}"'
        return f' href="#{page}-{anchor}"' if anchor else f' href="#{page}"'

    def tag(found: re.Match) -> str:
        moved = re.sub(r' (id|aria-labelledby)="([^"]*)"', rf' \1="{own}\2"', found[0])
        return re.sub(r' href="([^"]*)"', lambda link: address(link[1]), moved)

    return _TAG.sub(tag, body)


def printable(page: str, paper: str, *, is_briefing: bool = False) -> str:
    """A document with running heads for A4 or Letter paper; only the first part of a briefing."""
    from evidence_review.display.summary import NOT_ADVICE  # slow: it imports all that computes

    (review, *_) = re.findall(r'<a class="home"[^>]*>([^<]*)</a>', page)
    style = (
        f"@page {{ size: {paper}; @top-left {{ content: {css_string(html.unescape(review))} }} "
        '@top-right { content: "page " counter(page) " of " counter(pages) } } '
        f"@page :first {{ @bottom-left {{ content: {css_string(NOT_ADVICE)} }} }} "
        "footer > p { display: none }"
    )
    if is_briefing:
        style += " .beyond { display: none }"
    page = _RECORDS.sub(lambda table: _paragraphs(table[0]), page)
    # Folded parts of the screen must be visible on paper.
    page = re.sub(r'<details( class="expert"[^>]*)?>', r"<details\1 open>", page)
    return page.replace("</head>", f"<style>{style}</style></head>")


_RECORDS = re.compile(r'<table class="data cards records">.*?</table>', re.S)
_RECORD = re.compile(r'<tr id="([^"]*)"><th scope="row">(\d+)</th>(.*?)</tr>', re.S)
_FIELD = re.compile(r'<td[^>]* data-label="([^"]*)">(.*?)</td>', re.S)


def _paragraphs(records: str) -> str:
    """A table of data rows as paragraphs, one for each row: paper has no room for twenty columns."""
    return "".join(
        f'<p class="record" id="{anchor}"><b>row {row}</b> – '
        + "; ".join(f"{name}: {words}" for name, words in _FIELD.findall(cells))
        + "</p>"
        for anchor, row, cells in _RECORD.findall(records)
    )


def css_string(words: str) -> str:
    """Words as a string of CSS that cannot end its style sheet."""
    return json.dumps(words, ensure_ascii=False).replace("<", r"\3c ")


def pdf_engine() -> Engine:
    """The installed program that makes PDF: WeasyPrint, else Chromium. Raises ExportError without either."""
    with suppress(ImportError, OSError):  # OSError: its library Pango is missing
        import weasyprint  # noqa: F401

        return _by_weasyprint
    for name in CHROMIUM:
        if path := shutil.which(name):
            return lambda page, target: _by_chromium(path, page, target)
    raise ExportError(
        "no program that makes PDF is installed. Install WeasyPrint "
        "(python -m pip install weasyprint; it needs the library Pango) or the browser Chromium "
        f"(found on the PATH as {', '.join(CHROMIUM)}). The HTML export needs neither."
    )


def _by_weasyprint(page: str, target: Path) -> None:
    """Write tagged PDF (PDF/UA-1), with the same bytes for the same page."""
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    only_what_is_inside = URLFetcher(allowed_protocols={"data"})
    with _clock_stopped():
        HTML(string=page, url_fetcher=only_what_is_inside).write_pdf(target, pdf_variant="pdf/ua-1")


@contextmanager
def _clock_stopped() -> Iterator[None]:
    """Date embedded fonts to the start of the epoch, not to the second of writing."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ["SOURCE_DATE_EPOCH"] = given or "0"
    try:
        yield
    finally:
        if given is None:
            del os.environ["SOURCE_DATE_EPOCH"]
        else:
            os.environ["SOURCE_DATE_EPOCH"] = given


def _by_chromium(browser: str, page: str, target: Path) -> None:
    with temporary_folder() as folder:
        source = folder / "page.html"
        _write(page, source)
        flags = [
            "--headless",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--no-pdf-header-footer",
            "--generate-pdf-document-outline",
            f"--user-data-dir={folder}/profile",
            f"--print-to-pdf={target}",
        ]
        if getattr(os, "geteuid", lambda: 1)() == 0:  # root gets no sandbox
            flags.append("--no-sandbox")
        try:
            subprocess.run(
                [browser, *flags, source.as_uri()],
                capture_output=True,
                timeout=PATIENCE,
                check=True,
            )
        except (subprocess.SubprocessError, OSError) as error:
            raise ExportError(f"{browser} could not print {target.name}: {error}") from error
    if not target.is_file():
        raise ExportError(f"{browser} wrote no {target.name}")
    # Remove the time that Chromium writes, so that equal pages give equal bytes.
    day = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH") or 0))
    stamp = time.strftime("(D:%Y%m%d%H%M%S", day).encode()
    target.write_bytes(re.sub(rb"\(D:\d{14}", stamp, target.read_bytes()))
