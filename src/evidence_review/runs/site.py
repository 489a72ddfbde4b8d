"""Executed notebooks and data into pages: one HTML page a notebook, a contents page, the data."""

from __future__ import annotations

import base64
import hashlib
import json
import platform
import re
import shutil
import tempfile
import zlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from html import escape
from importlib.metadata import requires, version
from math import isfinite
from pathlib import Path
from urllib.parse import quote

import pandas as pd

from evidence_review import __version__
from evidence_review import numbers as text
from evidence_review.checks.doubts import doubts
from evidence_review.checks.reversals import line as reversal_line
from evidence_review.checks.reversals import reversals
from evidence_review.display import page as display_page
from evidence_review.display import summary
from evidence_review.display.cards import Cards
from evidence_review.display.certainty import symbols
from evidence_review.display.markup import Body, Cell, Row, Table, render
from evidence_review.display.preview import preview
from evidence_review.explorer.on_page import on_page
from evidence_review.findings.every import idle_settings
from evidence_review.judgement.certainty import every_body
from evidence_review.placebo.against import placebo_only_trial
from evidence_review.records import Project, Records, RowId
from evidence_review.review.finding import Finding
from evidence_review.review.review import Review
from evidence_review.review.settings import Settings
from evidence_review.runs import plan
from evidence_review.runs.notebooks import Notebook
from evidence_review.runs.sections import page_html
from evidence_review.words import choices as choices_words
from evidence_review.words import placebo_only as placebo_only_words
from evidence_review.words import settings as settings_words
from evidence_review.words.briefing import briefing
from evidence_review.words.citation import citation
from evidence_review.words.glossary import glossary

TEMPLATES = Path(__file__).parent / "templates"
KEY_FIGURE = "key-figure"
# Rows of a data table that a page shows; of more, the first ones and those that a link leads to.
MOST_ROWS, FIRST_ROWS = 500, 100
# The sign of a page in a browser's tab: a bar and the dots of placebo groups on both sides of it.
ICON = "data:image/svg+xml," + quote(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#fff"/>'
    '<path d="M8 2v12" stroke="#c2410c" stroke-width="2"/><g fill="#0b4a6f"><circle cx="4" cy="6" r="1.7"/>'
    '<circle cx="4.5" cy="11" r="1.7"/><circle cx="12" cy="8" r="1.7"/></g></svg>'
)
SUMMARY = "summary.md"
PREVIEW = "preview.png"  # that is shown with a link to a page of the report
CARD = "card.json"  # a report in short, for the list of reports


# Where a page takes what its numbers rest on: known when all that it links to is.
_CARDS = "{cards}"

# A link to a whole page of the report, its words without markup.
_TO_PAGE = re.compile(r'<a href="([\w-]+)\.html">([^<]*)</a>')
# A link to rows of the data.
_TO_ROWS = re.compile(r'"sources\.html#([^"]+)"')
# A link to a finding, what it says.
_TO_FINDING = re.compile(r'<a (?:class="\w+" )?href="index\.html#finding-([^"]+)"[^>]*>(.*?)</a>')


@dataclass(frozen=True)
class Link:
    """An entry of the navigation."""

    address: str
    title: str
    question: str = ""
    part: str = ""


class Site:
    """The pages of one report, written into `folder`: those of notebooks while others run."""

    def __init__(
        self,
        project: Project,
        review: Review,
        changed: Mapping[str, object],
        notebooks: list[Notebook],
        folder: Path,
    ):
        """changed: the settings that are not the defaults. `idle`: those of them that move no finding."""
        self._review, self._folder = review, folder
        records, settings = review.records, review.settings
        self._earlier = project.reports / settings.review if changed else None
        self._links = {
            notebook.name: Link(
                f"{notebook.name}.html", notebook.title, notebook.question, notebook.part
            )
            for notebook in notebooks
        }
        self._shared = {
            "review": records.review,
            "pages": list(self._links.values()),
            "parts": _by_part(self._links.values()),
            "changed": changed,
            "css": stylesheet(),
            "provenance": provenance(project, records, settings),
            "glossary": glossary(review),
            "citation": citation(
                records.review.title,
                records.review.question,
                records.last_read,
                __version__,
            ),
        }
        self.idle = idle_settings(review, changed)
        self._shared["idle"] = self.idle
        self._led_to: set[str] = set()  # anchors of the data rows to which the pages lead
        self._figures: dict[str, dict[str, str]] = {}
        self._bodies: dict[str, str] = {}
        self._judged = every_body(review)
        self._doubtful = (*reversals(review), *doubts(records))
        # Of all that waits for no notebook, what takes longest: while others run.
        self._placebo_only, self._choices = placebo_only(review), choices(review)
        self._tables = data_tables(records)
        self._whole = {one.anchor: one.html() for one in self._tables if not one.is_long}

    def add(self, name: str) -> None:
        """Take the page of a notebook that has been executed into `notebooks/`."""
        path = self._folder / "notebooks" / f"{name}.ipynb"
        self._figures[name] = figures_of(path)
        self._bodies[name] = page_html(path)

    def _linked(self, body: str, findings: Mapping[str, Finding]) -> str:
        """HTML with links to pages and findings that this report does not have as plain text."""
        there = {*self._links, "index", "sources"}
        body = _TO_PAGE.sub(lambda link: link[0] if link[1] in there else link[2], body)
        return _TO_FINDING.sub(lambda link: link[0] if link[1] in findings else link[2], body)

    def finish(self, findings: Mapping[str, dict]) -> None:
        """Write the other pages; findings: as in `results.json`."""
        figures = {}
        for name in self._links:
            figures |= self._figures[name]
        if KEY_FIGURE in figures:
            (self._folder / "key-figure.svg").write_bytes(wide_svg(figures[KEY_FIGURE]))
        as_findings = {name: Finding.from_dict(name, entry) for name, entry in findings.items()}
        self._cards = Cards(as_findings, self._review.records)
        for name, link in self._links.items():
            body = self._linked(self._bodies[name], as_findings)
            self._write(link.address, "notebook.html.j2", link.title, body=body)
        groups = []
        for name, link in self._links.items():
            part = [as_findings[key] for key, one in findings.items() if one["notebook"] == name]
            if part:
                groups.append((link, display_page.findings_html(part, with_anchors=True)))
        told = briefing(self._review, as_findings, self._judged)
        if self._earlier:  # the summary speaks of the defaults: the one that is there stays
            _keep(self._earlier / SUMMARY, self._folder)
        else:
            (self._folder / SUMMARY).write_text(summary.markdown(told), encoding="utf-8")
        self._write(
            "index.html",
            "index.html.j2",
            self._review.records.review.title,
            briefing=told,
            description=f"{told.verdict} Based on {told.based_on}; searched up to {told.read_on}.",
            placebo_only=self._placebo_only,
            choices=self._choices,
            turned=[reversal_line(one) for one in self._doubtful],
            circles=symbols(told.level) if told.level else "",
            evidence=display_page.table_html(
                pd.DataFrame(summary.evidence_rows(told)),
                caption="What there is, and how certain it is",
            ),
            further=display_page.table_html(
                pd.DataFrame(summary.further_rows(told)), caption=summary.further_heading(told)
            )
            if told.further
            else "",
            other_outcomes=display_page.table_html(
                pd.DataFrame(summary.other_outcome_rows(told)), caption=summary.OTHER_OUTCOMES
            )
            if told.other_outcomes
            else "",
            linked=lambda words: self._linked(display_page.sentence_html(words), as_findings),
            rows_address=display_page.rows_address,
            finding_anchor=display_page.finding_anchor,
            key_figure=self._linked(figures.get(KEY_FIGURE, ""), as_findings),
            groups=groups,
            missing=missing_numbers(self._review.records),
        )
        (self._folder / PREVIEW).write_bytes(preview(told))
        card = {
            "question": told.question,
            "verdict": told.verdict,
            "certainty": told.level,
            "based_on": told.based_on,
            "up_to_date_to": told.read_on,
            "figure": KEY_FIGURE in figures,
        }
        (self._folder / CARD).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
        led_to = self._led_to.union(*(one.cites(self._led_to) for one in self._tables))
        self._write(
            "sources.html",
            "sources.html.j2",
            "Data and sources",
            tables=[
                (
                    one.anchor,
                    one.title,
                    text.counted(len(one.frame), "row"),
                    self._whole.get(one.anchor) or one.html(led_to),
                )
                for one in self._tables
            ],
        )

    def _write(self, address: str, template: str, title: str, **context) -> None:
        page = render(
            f"runs/templates/{template}",
            icon=ICON,
            here=address,
            title=title,
            **context,
            **self._shared,
        )
        told = json.dumps(self._cards.of(page), ensure_ascii=False, separators=(",", ":"))
        page = page.replace(_CARDS, told.replace("<", "\\u003c"), 1)
        for rows in _TO_ROWS.findall(page):
            self._led_to.update(display_page.anchors_of(rows))
        if address == "index.html":
            page = page.replace('href="index.html#', 'href="#')
        (self._folder / address).write_text(page, encoding="utf-8")


def _by_part(pages: Iterable[Link]) -> dict[str, list[Link]]:
    """The pages of a report by their part, the answer and the data among them."""
    parts: dict[str, list[Link]] = {"Answer": [Link("index.html", "The answer")]}
    for page in pages:
        parts.setdefault(page.part, []).append(page)
    parts["Answer"].append(Link("../index.html", "All reviews"))
    parts.setdefault("Method", []).append(Link("sources.html", "Data and sources"))
    return parts


def _keep(path: Path, folder: Path) -> None:
    """Copy a file into a folder, if there is one."""
    if path.is_file():
        shutil.copy2(path, folder)


def placebo_only(review: Review) -> str:
    """Trials of nothing but placebo to run on the page, as HTML; '' without an uncontrolled trial."""
    trial = placebo_only_trial(review)
    if trial is None:
        return ""
    given = {
        "people": trial.people,
        "mean": trial.mean,
        "between": trial.between,
        "df": int(trial.df) if isfinite(trial.df) else None,
        "within": trial.within,
        "critical": trial.critical,
        "sign": trial.measure.benefit(1.0),
        "unit": trial.measure.unit,
    }
    return render(
        "runs/templates/placebo_only.html.j2",
        trial=trial,
        words=placebo_only_words,
        data=json.dumps(given).replace("<", "\\u003c"),
    )


def choices(review: Review) -> str:
    """The answer under choices that the reader makes on the page, as HTML; '' where nothing can be chosen."""
    offered = on_page(review)
    if offered is None:
        return ""
    told = json.dumps(offered.packed, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    return render(
        "runs/templates/choices.html.j2",
        words=choices_words,
        explained=choices_words.explained([choice.setting for choice in offered.choices]),
        choices=offered.choices,
        packed=base64.b64encode(zlib.compress(told, 9)).decode("ascii"),
    )


def render_contents(project: Project) -> None:
    """Write `reports/index.html`: a card for each report with its sweeps; course and documentation."""
    reviews = []
    for name in project.reviews():
        folder = project.reports / name
        sweeps = [
            Link(
                page.relative_to(project.reports).as_posix(),
                page.parent.name.removeprefix(f"{name}-sweep-").replace("-", " "),
            )
            for page in sorted(project.reports.glob(f"{name}-sweep-*/index.html"))
        ]
        if (folder / CARD).is_file():
            card = json.loads((folder / CARD).read_text(encoding="utf-8"))
            circles = symbols(card["certainty"]) if card["certainty"] else ""
            reviews.append({"name": name, "sweeps": sweeps, "circles": circles, **card})
        elif sweeps:
            reviews.append({"name": name, "sweeps": sweeps})
    more = [
        name for name in ("course", "docs") if (project.reports / name / "index.html").is_file()
    ]
    # In a folder that the next run removes, should this one be killed.
    with tempfile.TemporaryDirectory(prefix=".index-building-", dir=project.reports) as building:
        page = Path(building) / "index.html"
        write_page(page, "contents.html.j2", reviews=reviews, css=stylesheet(), more=more)
        page.replace(project.reports / "index.html")


def write_page(path: Path, template: str, **context) -> None:
    """Write a page from one of the reports' templates; text in it is escaped."""
    page = render(f"runs/templates/{template}", icon=ICON, **context)
    path.write_text(page, encoding="utf-8")


def figures_of(path: Path) -> dict[str, str]:
    """HTML of the figures in an executed notebook, by figure id."""
    import nbformat

    found = {}
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("evidence_review", {}).get("figure")
            if name:
                found[name] = output["data"]["text/html"]
    return found


def wide_svg(figure: str) -> bytes:
    """The wide drawing inside a figure's HTML."""
    (drawing, *_) = re.findall(r'<img src="data:image/svg\+xml;base64,([^"]+)"', figure)
    return base64.b64decode(drawing)


def stylesheet() -> str:
    """The style of all pages, with the colours of the code."""
    from pygments.formatters import HtmlFormatter

    code = HtmlFormatter(style="friendly_grayscale").get_style_defs(".highlight")
    styles = [
        (TEMPLATES / name).read_text(encoding="utf-8") for name in ("report.css", "print.css")
    ]
    return "".join([*styles, code])


def missing_numbers(records: Records) -> list[tuple[str, str, str]]:
    """What was looked for and not found in the studies the answer rests on: (study, how many on what, reason).

    Of a trial of the reference class only the review's own outcome is looked at.
    """
    studies = records["studies"]
    cited = studies.loc[studies.role != "further evidence", ["study_id", "label", "role"]]
    rows = records["statistics"].merge(cited, on="study_id")
    rows = rows.loc[rows.missing_reason != ""]
    rows = rows.loc[(rows.role != "reference class") | (rows.outcome == records.review.outcome)]
    return [
        (
            label,
            text.listing(
                f"{count} on {name}"
                for name, count in part.outcome.value_counts(sort=False).items()
            ),
            reason,
        )
        for (label, reason), part in rows.groupby(["label", "missing_reason"], sort=False)
    ]


@dataclass(frozen=True)
class DataTable:
    """A table of the data on the page of sources.

    Parameters
    ----------
    anchor, title
        What leads to it, and its name.
    frame
        All its rows.
    sources
        The row of each source that it can cite, by `source_id`.
    """

    anchor: str
    title: str
    frame: pd.DataFrame
    sources: Mapping[str, RowId]

    @property
    def is_long(self) -> bool:
        """Whether a page shows some of its rows only."""
        return len(self.frame) > MOST_ROWS

    def shown(self, led_to: Collection[str]) -> pd.DataFrame:
        """All rows; of a long table the first ones, and those with the anchors `led_to`."""
        if not self.is_long:
            return self.frame
        anchors = map(display_page.row_anchor, self.frame.row)
        return self.frame.loc[
            [place < FIRST_ROWS or one in led_to for place, one in enumerate(anchors)]
        ]

    def cites(self, led_to: Collection[str]) -> set[str]:
        """The anchors of the sources that the rows shown lead to."""
        if "source_id" not in self.frame:
            return set()
        cited = set(self.shown(led_to).source_id) & set(self.sources)
        return {display_page.row_anchor(self.sources[one]) for one in cited}

    def html(self, led_to: Collection[str] = ()) -> str:
        """Its rows as HTML, each with its anchor; how many are shown, where not all are."""
        if not self.is_long:
            return _rows_html(self.frame, self.sources, self.title)
        shown = self.shown(led_to)
        return (
            f"<p>{text.number(len(shown), 0)} of {text.counted(len(self.frame), 'row')}: the first "
            f"{FIRST_ROWS}, and all to which a page of this report leads. The file has every row.</p>"
            + _rows_html(shown, self.sources, self.title)
        )


def data_tables(records: Records) -> list[DataTable]:
    """Every table, the review's first."""
    out = []
    for part, tables in (
        (records, records.own_rows.tables),
        (records.reference_class, records.reference_class.tables),
    ):
        cited = part["sources"]
        sources = dict(zip(cited.source_id, cited.row, strict=True))
        out += [
            DataTable(f"{part.folder}-{name}", f"{part.folder} / {name}.csv", frame, sources)
            for name, frame in tables.items()
        ]
    return out


def _rows_html(frame: pd.DataFrame, sources: Mapping[str, RowId], title: str) -> str:
    """Rows of a data table as HTML without empty columns; a single row stands on its side.

    Of more than `MOST_ROWS` rows a phone makes no cards: the names of their columns would be half the page.
    """
    if frame.empty:
        return "<p>It has no rows.</p>"
    columns = [
        name
        for name in frame.columns
        if name not in ("row", "decimals")
        and any(value == value and value != "" for value in frame[name])
    ]
    is_long = len(frame) > MOST_ROWS
    rows = [
        (row["row"], [_data_cell(row, name, sources, "" if is_long else name) for name in columns])
        for row in frame.to_dict("records")
    ]
    if len(rows) == 1:
        ((place, cells),) = rows
        sides = [
            Row([Cell(name, scope="row"), cell]) for name, cell in zip(columns, cells, strict=True)
        ]
        return Table(title, [Body(sides, display_page.row_anchor(place))]).html()
    return Table(
        title,
        [
            Body(
                [
                    Row(
                        [Cell(str(place.line), scope="row"), *cells],
                        display_page.row_anchor(place),
                    )
                    for place, cells in rows
                ]
            )
        ],
        Row([Cell(name, scope="col") for name in ("row", *columns)]),
        kind="data" if is_long else "data cards records",
    ).html()


def _data_cell(row: Mapping, name: str, sources: Mapping[str, RowId], label: str) -> Cell:
    value = row[name]
    if isinstance(value, float):
        digits = f".{int(row['decimals'])}f" if name == "value" and "decimals" in row else "g"
        value = "" if value != value else f"{value:{digits}}"
    words = escape(str(value))
    if not words:
        return Cell("")
    if name == "source_id" and value in sources and "citation" not in row:
        anchor = display_page.row_anchor(sources[value])
        words = f'<a href="#{anchor}">{words}</a>'
    elif name == "doi":
        words = f'<a href="https://doi.org/{words}">{words}</a>'
    elif name == "pmid":
        words = f'<a href="https://pubmed.ncbi.nlm.nih.gov/{words}/">{words}</a>'
    elif name in ("url", "article_url"):
        words = f'<a href="{words}">{words[:60]}{"…" if len(words) > 60 else ""}</a>'
    return Cell(words, "long" if len(str(value)) > 60 else "", label, is_html=True)


def provenance(project: Project, records: Records, settings: Settings) -> dict[str, str]:
    """What a page was made from: data, code, parameters, packages. No clock."""
    files = sorted(
        path
        for folder in (records.folder, records.reference_class.folder)
        for path in (project.data / folder).glob("*.csv")
    )
    digest = hashlib.sha256()
    for path in files:
        digest.update(
            path.relative_to(project.data).as_posix().encode() + b"\0" + path.read_bytes() + b"\0"
        )
    commit = plan.commit(project)
    return {
        "data": f"{records.folder} with {records.reference_class.folder}, {len(files)} tables, "
        f"sha256 {digest.hexdigest()[:12]}, read {records.last_read}",
        "code": f"evidence-review {__version__}{f', commit {commit}' if commit else ''}",
        "parameters": settings_words.listed(records, settings),
        "packages": f"Python {platform.python_version()}, "
        + ", ".join(f"{name} {version(name)}" for name in _required()),
    }


def _required() -> list[str]:
    """Names of the packages that this one declares to need, extras aside."""
    lines = requires("evidence-review") or []
    return sorted(re.split(r"[^\w.-]", line)[0] for line in lines if "extra ==" not in line)
