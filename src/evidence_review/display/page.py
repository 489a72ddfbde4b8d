"""What a notebook puts on its page: figures with alt text, sentences, tables, findings.

A figure is drawn twice, wide and for a phone, and the browser picks. A finding goes out as a
table for the reader and as JSON (FINDINGS_MIME) for `results.json`.
"""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from evidence_review import numbers as text
from evidence_review.display.markup import Body, Cell, Row, Table
from evidence_review.display.style import (
    PHONE,
    WIDE,
    Width,
    style,
)
from evidence_review.judgement.claims import turned
from evidence_review.judgement.grade import LEVEL, LEVELS
from evidence_review.records import RowId
from evidence_review.records.references import Reference, substitute
from evidence_review.records.spreadsheets import harmless
from evidence_review.review.finding import Finding

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FINDINGS_MIME = "application/vnd.evidence-review.findings+json"


def say(sentence: str) -> None:
    """Show a paragraph of Markdown whose numbers and names come from the data.

    Of Markdown it may use emphasis, headings and links to the web: the rest, HTML, pictures and
    other links, would let a name in the data run code or load something, and is shown as it stands.
    Of an empty sentence nothing is shown.
    """
    from IPython.display import Markdown, display

    if sentence:
        display(Markdown(_NOT_SAID.sub(text.entity, sentence)))


# HTML, maths and code; the marks that make a picture, or a link other than to the web.
_NOT_SAID = re.compile(r"[<>&$`]|!(?=\[)|\](?!\(https?://)")


def write(markup: str) -> None:
    """Show HTML that a function of this floor has made (and escaped)."""
    from IPython.display import HTML, display

    display(HTML(markup))


def show(draw: Callable[[Width], Figure], *, figure_id: str, alt: str, caption: str = "") -> None:
    """Show a figure: `draw(width)` returns a matplotlib figure for each of the two widths.

    alt: what the figure says, in words and numbers, for readers who do not see it.
    """
    from IPython.display import display

    display(
        {"text/html": figure_html(draw, figure_id, alt, caption), "text/plain": alt},
        raw=True,
        metadata={"evidence_review": {"figure": figure_id}},
    )


def figure_html(
    draw: Callable[[Width], Figure], figure_id: str, alt: str, caption: str = ""
) -> str:
    """The figure as HTML that asks nothing of the network."""
    sources = {
        width.name: "data:image/svg+xml;base64,"
        + base64.b64encode(svg(draw, width, alt)).decode("ascii")
        for width in (WIDE, PHONE)
    }
    caption = f"<figcaption>{html.escape(caption)}</figcaption>" if caption else ""
    return (
        f'<figure class="figure" id="{html.escape(figure_id)}"><picture>'
        f'<source media="(max-width: 640px)" srcset="{sources["phone"]}">'
        f'<img src="{sources["wide"]}" alt="{html.escape(alt)}"></picture>{caption}</figure>'
    )


def svg(draw: Callable[[Width], Figure], width: Width, title: str) -> bytes:
    """A figure as SVG with a title: the same bytes for the same input."""
    import matplotlib.pyplot as plt
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    with style(width):
        figure = draw(width)
        canvas = FigureCanvasSVG(figure)
        figure.set_dpi(canvas.fixed_dpi or 72)
        if layout := figure.get_layout_engine():
            # Once, here: savefig would draw everything for it, and then again for the file.
            layout.execute(figure)
            figure.set_layout_engine("none")
        buffer = io.BytesIO()
        canvas.print_svg(buffer, metadata={"Date": None, "Creator": None, "Title": title})
        plt.close(figure)
    return buffer.getvalue()


def table(frame: pd.DataFrame, *, caption: str = "") -> None:
    """Show a data frame as a table that scrolls sideways on small screens (see `table_html`)."""
    write(table_html(frame, caption=caption))


def table_html(frame: pd.DataFrame, *, caption: str = "", anchors: Sequence[str] = ()) -> str:
    """The table as HTML: text is escaped, columns of numbers are aligned on the right.

    anchors: the id of each row, that links lead to; none if empty.

    A cell that is a tuple holds data rows ('folder/table.csv:row') and becomes links to them. On a
    phone each row of a table with prose is a card (report.css); one of numbers scrolls sideways.
    """
    if frame.empty:
        return f"<p><strong>{html.escape(caption)}.</strong> Nothing to show.</p>"
    kinds = {str(column): _kind(list(values)) for column, values in frame.items()}
    return Table(
        caption or "Table",
        [
            Body(
                [
                    Row(list(map(_cell, values, kinds.values(), kinds)), anchor)
                    for values, anchor in zip(
                        zip(*(frame[column] for column in frame.columns), strict=True),
                        anchors or [""] * len(frame),
                        strict=True,
                    )
                ]
            )
        ],
        Row([Cell(name, kind, scope="col") for name, kind in kinds.items()]),
        caption,
        kind="data cards" if _PROSE in kinds.values() else "data",
    ).html()


_NUMERIC, _PROSE = "num", "long"
_NUMBER = re.compile(
    r"(p [<=>≤≥]+ )?−?[\d.]+%?( (to|and) −?[\d.]+)*( [^\W\d]+)?|(below|above) [\d.]+%"
)


def _kind(values: Sequence[object]) -> str:
    """Class of a column: numbers on the right, prose with room to be read."""
    if _is_numeric(values):
        return _NUMERIC
    prose = any(len(str(value)) > 60 for value in values if not isinstance(value, tuple))
    return _PROSE if prose else ""


def _is_numeric(values: Sequence[object]) -> bool:
    """Whether a column holds numbers and nothing else, so that it is aligned on the right."""
    texts = [
        str(value) for value in values if value is not None and value == value and value != "–"
    ]
    return bool(texts) and all(_NUMBER.fullmatch(text) for text in texts)


def _cell(value, kind: str, column: str) -> Cell:
    """A cell with the name of its column; one that says nothing has none, and cards leave it out."""
    if isinstance(value, tuple):  # data rows
        links = f"<div>{row_links(value)}</div>"
        return Cell(links, label=column if value else "", is_html=True)
    if value is None or value != value or value == "–":
        return Cell("–", kind)
    return Cell(str(value), kind, column)


def download(frame: pd.DataFrame, name: str) -> None:
    """Offer a table as a CSV file that lies in the page itself."""
    content = frame.map(harmless).to_csv(index=False).encode("utf-8")
    data = base64.b64encode(content).decode("ascii")
    write(
        f'<p><a download="{html.escape(name)}" href="data:text/csv;base64,{data}">'
        f"Download {html.escape(name)}</a></p>"
    )


def row_links(rows: Iterable[RowId], at_most: int = 4) -> str:
    """Links to rows of the data, as shown on the page of sources."""
    rows = list(dict.fromkeys(rows))
    links = [
        f'<a class="row" href="sources.html#{row_anchor(row)}">{html.escape(row_name(row))}</a>'
        for row in rows[:at_most]
    ]
    if len(rows) > at_most:
        links.append(
            f'<a class="row" href="sources.html#{_anchor_of_all(rows)}">'
            f"and {len(rows) - at_most} more</a>"
        )
    return ", ".join(links)


def _anchor_of_all(rows: Sequence[RowId]) -> str:
    """An anchor that names many rows: 'rows=a-b-3,4;c-d-7'. The page of sources marks them all."""
    lines: dict[str, list[str]] = {}
    for row in rows:
        lines.setdefault(f"{row.folder}-{row.table}", []).append(str(row.line))
    return "rows=" + ";".join(f"{table}-{','.join(each)}" for table, each in lines.items())


def finding_anchor(finding_id: str) -> str:
    """Anchor of a finding on the first page of a report."""
    return f"finding-{finding_id}"


def row_anchor(row: RowId) -> str:
    """Anchor of a data row on the page of sources: 'a/b.csv:3' is 'a-b-3'."""
    return f"{row.folder}-{row.table}-{row.line}"


def row_name(row: RowId) -> str:
    """'a/b.csv:3' in words: 'a: b 3', the row as a spreadsheet counts."""
    return f"{row.folder}: {row.table.replace('_', ' ')} {row.line}"


def publish(findings: Iterable[Finding]) -> None:
    """Show findings as a table and hand them on to results.json.

    Raises ValueError for two findings with one id.
    """
    from IPython.display import display

    findings = list(findings)
    ids = [finding.id for finding in findings]
    repeated = sorted({name for name in ids if ids.count(name) > 1})
    if repeated:
        raise ValueError(f"finding ids must be unique; repeated: {', '.join(repeated)}")
    display(
        {
            "text/html": findings_html(findings),
            "text/plain": "\n".join(f"{f.label}: {f.value} {f.unit}" for f in findings),
            FINDINGS_MIME: {finding.id: finding.as_dict() for finding in findings},
        },
        raw=True,
    )


def findings_html(findings: Sequence[Finding], *, with_anchors: bool = False) -> str:
    """Findings as a table: quantity, value, interval, basis, rows they came from.

    with_anchors: each row has the anchor of its finding, which only one page of a report may have.
    """
    frame = pd.DataFrame(
        [
            {
                "quantity": finding.label,
                "value": value_text(finding),
                "from – to": interval_text(finding),
                "basis": finding.basis,
                "rests on": finding.note or "–",
                "data rows": finding.rows,
            }
            for finding in findings
        ]
    )
    anchors = [finding_anchor(finding.id) for finding in findings] if with_anchors else ()
    return table_html(frame, caption="The numbers of this page", anchors=anchors)


_COUNTS = ("people", "arms", "trials", "studies", "claims", "checks", "items", "of 2")


def digits_for(finding: Finding) -> int:
    """Decimals that suit a finding's unit and size."""
    if finding.unit in _COUNTS:
        return 0
    if finding.unit in ("weeks", "mg") and finding.value is not None:
        return 0 if finding.value.is_integer() else 1
    found = finding.range
    ends = (found.low, found.high) if found else ()
    sizes = [abs(x) for x in (finding.value, *ends) if x is not None]
    largest = max(sizes, default=1.0)
    if finding.unit == "p":
        return 4
    if finding.measure == "RD":
        return 3
    return 0 if largest >= 100 else 1 if finding.unit == "%" else 2


def value_text(finding: Finding) -> str:
    """A finding's value with its unit."""
    if finding.value is None:
        return "–"
    if finding.unit == "p":
        return text.p_value(finding.value)
    if finding.unit == LEVEL:
        return LEVELS[int(finding.value)]
    number = text.number(finding.value, digits_for(finding))
    return number + _unit(finding, finding.value == 1)


def digits_of(finding: Finding) -> str:
    """A finding's value without its unit."""
    return text.number(finding.known, digits_for(finding))


def interval_text(finding: Finding) -> str:
    """A finding's interval, bounds or span; with the unit where no value carries it."""
    found = finding.range
    if found is None:
        return "–"
    words = text.interval(found.low, found.high, digits_for(finding))
    return words + _unit(finding) if finding.value is None and words != "–" else words


def estimate_text(finding: Finding) -> str:
    """A finding's value with its interval in brackets; the interval alone where no value is."""
    value, interval = value_text(finding), interval_text(finding)
    if finding.value is None or interval == "–":
        return interval if finding.value is None else value
    return f"{value} ({interval})"


def filled(words: str, findings: Mapping[str, Finding]) -> str:
    """Words with every reference to a finding replaced by its number, as a table would show it.

    A finding without a value shows its interval; one without either says so.
    """

    def shown(reference: Reference) -> str:
        finding = turned(findings[reference.id], reference)
        written = value_text(finding) if finding.value is not None else interval_text(finding)
        return "a number that could not be computed" if written == "–" else written

    return substitute(words, shown)


def _unit(finding: Finding, single: bool = False) -> str:
    if finding.unit == "%":
        return "%"
    unit = text.singular(finding.unit) if single else finding.unit
    return f" {unit}" if unit else ""
