"""What a notebook puts on its page: figures with alt text, sentences, tables, findings.

A figure is drawn twice, wide and for a phone, and the browser picks. A finding goes out as a
table for the reader and as JSON (FINDINGS_MIME) for `results.json`.
"""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from evidence_review import numbers as text
from evidence_review.display.markup import NUMERIC, PROSE, Cell, Row, Table
from evidence_review.display.style import (
    PHONE,
    WIDE,
    Width,
    style,
)
from evidence_review.effect_measures import MEASURES
from evidence_review.judgement.claims import turned
from evidence_review.judgement.grade import LEVEL, LEVELS
from evidence_review.records import RowId
from evidence_review.records.references import Reference, substitute
from evidence_review.records.spreadsheets import harmless
from evidence_review.review.finding import Finding, slug
from evidence_review.words.linked import Part, Sentence, linked

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# pandas would put text into pyarrow wherever that is installed, as for sweeps, and give it back without
# the links that a `Sentence` has: pages are the same whatever is installed.
pd.set_option("mode.string_storage", "python")

FINDINGS_MIME = "application/vnd.evidence-review.findings+json"


def say(sentence: str) -> None:
    """Show a paragraph of Markdown whose numbers and names come from the data.

    Of Markdown it may use emphasis, headings and links to the web: the rest, HTML, pictures and
    other links, would let a name in the data run code or load something, and is shown as it stands.
    Of an empty sentence nothing is shown.
    """
    from IPython.display import Markdown, display

    if sentence:
        display(Markdown("".join(map(_part_markdown, Sentence(sentence).parts))))


def _part_markdown(part: Part) -> str:
    words = _NOT_SAID.sub(text.entity, part.words)
    address = _address(part)
    return f"[{words}]({address})" if address else words


def sentence_html(words: str) -> str:
    """Text as HTML, escaped; each part that rests on a finding or on rows is a link to it."""
    written = []
    for part in Sentence(words).parts:
        shown, address = html.escape(part.words), _address(part)
        if address:
            shown = f'<a class="value" href="{html.escape(address)}">{shown}</a>'
        written.append(shown)
    return "".join(written)


def _address(part: Part) -> str:
    """Where a part of a sentence leads to; '' if to nothing."""
    if part.finding:
        return finding_address(part.finding)
    return _rows_or_none(part.rows)


# HTML, maths and code; the marks that make a picture, or a link other than to the web.
_NOT_SAID = re.compile(r"[<>&$`]|!(?=\[)|\](?!\(https?://)")


def write(markup: str) -> None:
    """Show HTML that a function of this floor has made (and escaped)."""
    from IPython.display import HTML, display

    display(HTML(markup))


def show(
    draw: Callable[[Width], Figure],
    *,
    figure_id: str,
    alt: str,
    caption: str = "",
    data: pd.DataFrame | None = None,
) -> None:
    """Show a figure: `draw(width)` returns a matplotlib figure for each of the two widths.

    alt: what the figure says, in words and numbers, for readers who do not see it. data: the numbers
    that are drawn, to be saved.
    """
    from IPython.display import display

    display(
        {"text/html": figure_html(draw, figure_id, alt, caption, data), "text/plain": alt},
        raw=True,
        metadata={"evidence_review": {"figure": figure_id}},
    )


def figure_html(
    draw: Callable[[Width], Figure],
    figure_id: str,
    alt: str,
    caption: str = "",
    data: pd.DataFrame | None = None,
) -> str:
    """The figure as HTML that asks nothing of the network, its numbers links where it has any."""
    drawn = {width.name: _drawn(draw, width, alt) for width in (WIDE, PHONE)}
    sources = {
        name: "data:image/svg+xml;base64," + base64.b64encode(drawing).decode("ascii")
        for name, (drawing, _) in drawn.items()
    }
    spots = "".join(
        f'<span class="spots {name}">{"".join(map(_spot_html, found))}</span>'
        for name, (_, found) in drawn.items()
        if found
    )
    saved = (
        "" if data is None else f' <span class="save">{_csv_link(data, figure_id, "CSV")}</span>'
    )
    caption = f"<figcaption>{html.escape(caption)}{saved}</figcaption>" if caption or saved else ""
    return (
        f'<figure class="figure" id="{html.escape(figure_id)}"><div class="drawing"><picture>'
        f'<source media="(max-width: 640px)" srcset="{sources["phone"]}">'
        f'<img src="{sources["wide"]}" alt="{html.escape(alt)}"></picture>{spots}</div>{caption}</figure>'
    )


def svg(draw: Callable[[Width], Figure], width: Width, title: str) -> bytes:
    """A figure as SVG with a title: the same bytes for the same input."""
    return _drawn(draw, width, title)[0]


@dataclass(frozen=True)
class _Spot:
    """A place in a figure that leads somewhere: its sides in per cent of the figure, and what it says.

    says: what is written, or the artist's gid where that says more; '' for a mark without words, which
    a number beside it says, too.
    """

    link: str
    left: float
    top: float
    width: float
    height: float
    says: str


def _drawn(draw: Callable[[Width], Figure], width: Width, title: str) -> tuple[bytes, list[_Spot]]:
    """A figure as SVG, and the places in it that lead somewhere."""
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
        spots = list(_spots(figure))
        buffer = io.BytesIO()
        canvas.print_svg(buffer, metadata={"Date": None, "Creator": None, "Title": title})
        plt.close(figure)
    return _with_numbered_clips(buffer.getvalue()), spots


def _with_numbered_clips(drawing: bytes) -> bytes:
    """An SVG whose clip paths are named by their order.

    matplotlib names one by a digest of all digits of its sides, and versions of numpy differ in the
    last digit of some, which nobody sees.
    """
    names = {name: b"clip%d" % place for place, name in enumerate(_CLIP.findall(drawing), start=1)}
    for name, numbered in names.items():
        drawing = drawing.replace(b'<clipPath id="%s"' % name, b'<clipPath id="%s"' % numbered)
        drawing = drawing.replace(b'"url(#%s)"' % name, b'"url(#%s)"' % numbered)
    return drawing


_CLIP = re.compile(rb'<clipPath id="(p[0-9a-f]+)"')
_SMALLEST = 10  # points that a finger or a mouse needs to find a mark


def _spots(figure: Figure) -> Iterator[_Spot]:
    """The artists that have an address, which they lose: inside an <img> it leads nowhere."""
    from matplotlib.text import Text

    whole = figure.bbox
    for artist in figure.findobj(lambda one: bool(one.get_url())):
        box, link = artist.get_window_extent(), artist.get_url()
        artist.set_url(None)
        if not isinstance(artist, Text):  # a mark: as large as its shape, or larger
            half = max(_SMALLEST, getattr(artist, "get_markersize", lambda: 0.0)()) / 2
            x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
            box = type(box).from_extents(x - half, y - half, x + half, y + half)
        written = artist.get_text() if isinstance(artist, Text) else ""
        says = artist.get_gid() or written
        artist.set_gid(None)
        yield _Spot(
            str(link),
            100 * (box.x0 - whole.x0) / whole.width,
            100 * (whole.y1 - box.y1) / whole.height,
            100 * box.width / whole.width,
            100 * box.height / whole.height,
            says,
        )


def _spot_html(spot: _Spot) -> str:
    place = (
        f"left:{spot.left:.2f}%;top:{spot.top:.2f}%;"
        f"width:{spot.width:.2f}%;height:{spot.height:.2f}%"
    )
    # A mark repeats what words beside it lead to: it is for those who point, and no stop for a keyboard.
    says = html.escape(" ".join(spot.says.split()))
    told = f'aria-label="{says}"' if says else 'aria-hidden="true" tabindex="-1"'
    return f'<a class="spot" href="{html.escape(spot.link)}" style="{place}" {told}></a>'


# Of a table on a page, and of those that a link leads to: more nobody reads there.
MOST_ROWS = 200


def table(frame: pd.DataFrame, *, caption: str = "") -> None:
    """Show a data frame as a table that scrolls sideways on small screens (see `table_html`).

    Rows beyond `MOST_ROWS` are in a CSV file that lies in the page, with all others.
    """
    write(table_html(frame.head(MOST_ROWS), caption=caption))
    if len(frame) > MOST_ROWS:
        every = frame.map(lambda cell: "; ".join(cell) if isinstance(cell, tuple) else cell)
        all_rows = _csv_link(every, slug(caption) or "table", "All of them as CSV")
        write(f"<p>{_first_of(len(frame), 'row')} {all_rows}</p>")


def _first_of(there: int, noun: str) -> str:
    """How many of a long table a page shows."""
    return f"The first {MOST_ROWS} of {text.counted(there, noun)}."


def table_html(frame: pd.DataFrame, *, caption: str = "") -> str:
    """The table as HTML: text is escaped, columns of numbers are aligned on the right.

    A cell that is a tuple holds data rows ('folder/table.csv:row') and becomes links to them, and so
    do the numbers beside it. On a phone each row of a table with prose is a card (report.css); one of
    numbers scrolls sideways.
    """
    if frame.empty:
        return _nothing(caption)
    kinds = {str(column): _kind(list(values)) for column, values in frame.items()}
    rows = zip(*(frame[column] for column in frame.columns), strict=True)
    return Table.of_data(kinds, [Row(_cells(values, kinds)) for values in rows], caption).html()


def _nothing(caption: str) -> str:
    return f"<p><strong>{html.escape(caption)}.</strong> Nothing to show.</p>"


_NUMBER = re.compile(
    r"(p [<=>≤≥]+ )?−?[\d.,]+%?( (to|and) −?[\d.,]+)*( [^\W\d]+)?|(below|above) [\d.]+%"
)


def _kind(values: Sequence[object]) -> str:
    """Class of a column: numbers on the right, prose with room to be read."""
    if _is_numeric(values):
        return NUMERIC
    prose = any(len(str(value)) > 60 for value in values if not isinstance(value, tuple))
    return PROSE if prose else ""


def _is_numeric(values: Sequence[object]) -> bool:
    """Whether a column holds numbers and nothing else, so that it is aligned on the right."""
    texts = [
        str(value) for value in values if value is not None and value == value and value != "–"
    ]
    return bool(texts) and all(_NUMBER.fullmatch(text) for text in texts)


def _cells(values: Sequence[Any], kinds: Mapping[str, str]) -> list[Cell]:
    """The cells of a row; its numbers rest on the data rows that one of them holds."""
    behind = _rows_or_none(next((x for x in values if isinstance(x, tuple) and x), ()))
    cells = []
    for value, (column, kind) in zip(values, kinds.items(), strict=True):
        if isinstance(value, tuple):
            cells.append(_rows_cell(value, column))
        elif value is None or value != value or value == "":
            cells.append(Cell("–", kind))
        elif isinstance(value, Sentence):
            cells.append(Cell(sentence_html(value), kind, column, is_html=True))
        else:
            cells.append(Cell(str(value), kind, column, address=behind if kind == NUMERIC else ""))
    return cells


def _rows_cell(rows: Sequence[RowId], column: str) -> Cell:
    """Links to data rows, below each other on a phone."""
    return Cell(f"<div>{row_links(rows)}</div>", label=column if rows else "", is_html=True)


def download(frame: pd.DataFrame, name: str) -> None:
    """Offer a table as a CSV file that lies in the page itself."""
    write(f"<p>{_csv_link(frame, name.removesuffix('.csv'), f'Download {name}')}</p>")


def _csv_link(frame: pd.DataFrame, name: str, words: str) -> str:
    """A link that saves a table as a file of CSV."""
    content = frame.map(harmless).to_csv(index=False, float_format="%.6g").encode("utf-8")
    data = base64.b64encode(content).decode("ascii")
    return (
        f'<a download="{html.escape(name)}.csv" href="data:text/csv;base64,{data}">'
        f"{html.escape(words)}</a>"
    )


def row_links(rows: Iterable[RowId], at_most: int = 4) -> str:
    """Links to rows of the data, as shown on the page of sources; after the first of a table the number says it."""
    rows, links, before = list(dict.fromkeys(rows)), [], ("", "")
    for row in rows[:at_most]:
        name, table = html.escape(row_name(row)), (row.folder, row.table)
        shown = f' aria-label="{name}">{row.line}' if table == before else f">{name}"
        links.append(f'<a class="row" href="sources.html#{row_anchor(row)}"{shown}</a>')
        before = table
    if len(rows) > at_most:
        links.append(
            f'<a class="row" href="{rows_address(rows)}">and {len(rows) - at_most} more</a>'
        )
    return ", ".join(links)


def rows_address(rows: Sequence[RowId]) -> str:
    """Where these rows are on the page of sources: one by its anchor, many as 'rows=a-b-3,4;c-d-7'.

    The page marks them all; of more than `MOST_ROWS` the first ones.
    """
    if len(rows) == 1:
        return f"sources.html#{row_anchor(rows[0])}"
    lines: dict[str, list[str]] = {}
    for row in rows[:MOST_ROWS]:
        lines.setdefault(f"{row.folder}-{row.table}", []).append(str(row.line))
    named = ";".join(f"{table}-{','.join(each)}" for table, each in lines.items())
    return f"sources.html#rows={named}"


def _rows_or_none(rows: Sequence[RowId]) -> str:
    """The address of rows; '' of none."""
    return rows_address(rows) if rows else ""


def anchors_of(fragment: str) -> list[str]:
    """The anchors of rows that the end of a link names: one, or those of 'rows=a-b-3,4;c-d-7'."""
    if not fragment.startswith("rows="):
        return [fragment]
    tables = (part.rpartition("-") for part in fragment.removeprefix("rows=").split(";"))
    return [f"{table}-{line}" for table, _, lines in tables for line in lines.split(",")]


def finding_anchor(finding_id: str) -> str:
    """Anchor of a finding on the first page of a report."""
    return f"finding-{finding_id}"


def finding_address(finding_id: str) -> str:
    """Where a finding is, from any page of a report."""
    return f"index.html#{finding_anchor(finding_id)}"


def row_anchor(row: RowId) -> str:
    """Anchor of a data row on the page of sources: 'a/b.csv:3' is 'a-b-3'."""
    return f"{row.folder}-{row.table}-{row.line}"


def row_name(row: RowId) -> str:
    """'a/b.csv:3' in words: 'a: b 3', the row as a spreadsheet counts."""
    return f"{row.folder}: {row.table.replace('_', ' ')} {row.line}"


def publish(findings: Iterable[Finding]) -> None:
    """Show findings as a table and hand them on to results.json.

    Of more than `MOST_ROWS` the first ones are shown; the first page of a report has all.

    Raises ValueError for two findings with one id.
    """
    from IPython.display import display

    findings = list(findings)
    ids = [finding.id for finding in findings]
    repeated = sorted({name for name in ids if ids.count(name) > 1})
    if repeated:
        raise ValueError(f"finding ids must be unique; repeated: {', '.join(repeated)}")
    shown = findings_html(findings[:MOST_ROWS])
    if len(findings) > MOST_ROWS:
        shown += (
            f"<p>{_first_of(len(findings), 'number')} "
            '<a href="index.html#numbers">All of them are on the first page.</a></p>'
        )
    display(
        {
            "text/html": shown,
            "text/plain": "\n".join(f"{f.label}: {f.value} {f.unit}" for f in findings),
            FINDINGS_MIME: {finding.id: finding.as_dict() for finding in findings},
        },
        raw=True,
    )


def findings_html(findings: Sequence[Finding], *, with_anchors: bool = False) -> str:
    """Findings as a table: quantity, value, interval, basis, rows they came from.

    with_anchors: each row has the anchor of its finding, which only one page of a report may have.
    """
    caption = "The numbers of this page"
    if not findings:
        return _nothing(caption)
    columns = {
        "quantity": [finding.label for finding in findings],
        "value": [value_text(finding) for finding in findings],
        "from – to": [interval_text(finding) for finding in findings],
        "basis": [finding.basis for finding in findings],
        "rests on": [finding.note or "–" for finding in findings],
    }
    kinds = {name: _kind(words) for name, words in columns.items()}
    body = []
    for finding, *words in zip(findings, *columns.values(), strict=True):
        # The table to which the numbers lead goes on to the rows, the others lead to it.
        behind = _rows_or_none(finding.rows) if with_anchors else finding_address(finding.id)
        cells = [
            Cell(said, kind, name, address=behind if name in ("value", "from – to") else "")
            for said, (name, kind) in zip(words, kinds.items(), strict=True)
        ]
        anchor = finding_anchor(finding.id) if with_anchors else ""
        body.append(Row([*cells, _rows_cell(finding.rows, "data rows")], anchor))
    return Table.of_data(kinds | {"data rows": ""}, body, caption).html()


_COUNTS = ("people", "arms", "trials", "studies", "records", "claims", "checks", "items", "of 2")


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
    if finding.measure and MEASURES[finding.measure].digits > 2:
        return MEASURES[finding.measure].digits
    if finding.unit == "%":
        return 0 if _is_worked_out_in_whole_percents(finding, sizes) or largest >= 100 else 1
    return 0 if largest >= 100 else 2


def _is_worked_out_in_whole_percents(finding: Finding, sizes: Sequence[float]) -> bool:
    """Whether a share that a model gives is told as sentences tell it; close to 0 or 100 a tenth counts."""
    return (
        finding.basis != "reported"
        and all(1 <= size <= 99 for size in sizes)
        and max(sizes, default=0) >= 10
    )


def value_text(finding: Finding, digits: int | None = None) -> str:
    """A finding's value with its unit. digits: decimals, if not those that suit it."""
    if finding.value is None:
        return "–"
    if finding.unit == "p":
        return text.p_value(finding.value)
    if finding.unit == LEVEL:
        return LEVELS[int(finding.value)]
    number = text.number(finding.value, digits_for(finding) if digits is None else digits)
    return number + _unit(finding, number)


def digits_of(finding: Finding) -> str:
    """A finding's value without its unit."""
    return text.number(finding.known, digits_for(finding))


def interval_text(finding: Finding, digits: int | None = None) -> str:
    """A finding's interval, bounds or span; with the unit where no value carries it. digits: as of `value_text`."""
    found = finding.range
    if found is None:
        return "–"
    words = text.interval(found.low, found.high, digits_for(finding) if digits is None else digits)
    return words + _unit(finding, words) if finding.value is None and words != "–" else words


def estimate_text(finding: Finding, digits: int | None = None) -> str:
    """A finding's value with its interval in brackets; the interval alone where no value is. digits: as of `value_text`."""
    value, interval = value_text(finding, digits), interval_text(finding, digits)
    if finding.value is None or interval == "–":
        return interval if finding.value is None else value
    return f"{value} ({interval})"


def filled(words: str, findings: Mapping[str, Finding]) -> Sentence:
    """Words with every reference to a finding replaced by its number, as a table would show it.

    A finding without a value shows its interval; one without either says so.
    """

    def shown(reference: Reference) -> str:
        finding = turned(findings[reference.id], reference)
        written = value_text(finding) if finding.value is not None else interval_text(finding)
        if written == "–":
            return "a number that could not be computed"
        return linked(written, finding)

    return Sentence(substitute(words, shown))


def _unit(finding: Finding, shown: str) -> str:
    if finding.unit == "%":
        return "%"
    unit = text.units(shown, finding.unit)
    return f" {unit}" if unit else ""
