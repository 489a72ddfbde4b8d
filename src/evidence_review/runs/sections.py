"""Executed notebooks as HTML: plain, or in sections, some of which are folded.

A page has two layers. The visible one has everything before the first heading, the first section, the
last one (what the page shows and what it does not), and sections whose cell has the tag `open`. All
others are folded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from evidence_review.review.finding import slug

TEMPLATES = Path(__file__).parent / "templates"
OPEN = "open"  # the tag of a cell whose section is not folded
_HEADING = "## "


def notebook_html(path: Path) -> str:
    """The cells of an executed notebook as HTML: prose, folded code, outputs; without a page around them."""
    body, _ = _exporter().from_filename(str(path))
    return body


def page_html(path: Path) -> str:
    """The cells of an executed notebook as HTML in sections, those for experts folded."""
    import nbformat
    from nbformat.v4 import new_raw_cell

    node = nbformat.read(path, as_version=4)
    before, *sections = _sections(node.cells)
    node.cells = before.cells
    for section in sections:
        is_open = section.is_open or section is sections[0] or section is sections[-1]
        start, end = _around(section.heading, is_open)
        node.cells += [new_raw_cell(start), *section.cells, new_raw_cell(end)]
    for place, cell in enumerate(node.cells):
        cell["id"] = str(place)  # parts of a cell had one id
    body, _ = _exporter().from_notebook_node(node)
    return body


@dataclass
class _Section:
    """Cells under a heading (Markdown; '' before the first heading)."""

    heading: str = ""
    is_open: bool = False
    cells: list[Any] = field(default_factory=list)


def _sections(cells) -> list[_Section]:
    """The part before the first heading, and a section for each heading, in cells or in their outputs."""
    sections = [_Section()]
    for cell in cells:
        is_open = OPEN in cell.metadata.get("tags", [])
        if cell.cell_type != "code":
            heading, rest = _heading(cell.source)
            if heading:
                sections.append(_Section(heading, is_open))
            sections[-1].cells.append(type(cell)(cell | {"source": rest}))
            continue
        code = cell.source
        for heading, outputs in _parts(cell.outputs):
            if heading:
                sections.append(_Section(heading, is_open))
            part = cell | {"source": code, "outputs": outputs}
            sections[-1].cells.append(type(cell)(part))
            code = ""
    return sections


def _parts(outputs) -> Iterator[tuple[str, list]]:
    """The outputs of a cell, split at headings: pairs of a heading (or '') and the outputs below it."""
    heading, part = "", []
    for output in outputs:
        found, rest = _heading(output.get("data", {}).get("text/markdown", ""))
        if found:
            if heading or part:
                yield heading, part
            heading, part = found, []
        if not found or rest:
            part.append(output)
    yield heading, part


def _heading(source: str) -> tuple[str, str]:
    """The heading that Markdown starts with, and the rest; else '' and all of it."""
    if not source.startswith(_HEADING):
        return "", source
    heading, _, rest = source.partition("\n")
    return heading, rest.strip()


def _around(heading: str, is_open: bool) -> tuple[str, str]:
    """HTML before and after a section."""
    from nbconvert.filters.markdown import markdown2html

    words = markdown2html(heading.removeprefix(_HEADING)).strip()
    title = f"<h2>{words.removeprefix('<p>').removesuffix('</p>')}</h2>"
    anchor = f"part-{slug(heading.removeprefix(_HEADING))}"
    if is_open:
        return f'<section id="{anchor}">{title}', "</section>"
    return f'<details class="expert" id="{anchor}"><summary>{title}</summary>', "</details>"


@cache
def _exporter():
    """One exporter for all pages: making it, with its templates, takes longer than a page."""
    from nbconvert import HTMLExporter, TemplateExporter
    from nbconvert.filters import Highlight2HTML

    class PageExporter(HTMLExporter):
        """HTMLExporter without its last pass, which parses the whole page again to correct the output of its
        own template, and takes longer than everything before."""

        def from_notebook_node(self, nb, resources=None, **options):
            language = nb.metadata.language_info.pygments_lexer
            highlight = Highlight2HTML(pygments_lexer=language, parent=self)
            self.register_filter("highlight_code", highlight)
            return TemplateExporter.from_notebook_node(self, nb, resources, **options)

    return PageExporter(
        template_name="page",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_anchor_links=True,
        optimistic_validation=True,  # once, not after each of a dozen steps of which nearly all do nothing
    )
