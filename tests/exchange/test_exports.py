"""Exports of a small report: links in one file, print, what needs no network, and what is missing."""

import re
import shutil
import sys
import time
import zlib
from dataclasses import replace

import pytest

from evidence_review.cli import main
from evidence_review.display.page import figure_html, table_html
from evidence_review.display.summary import NOT_ADVICE
from evidence_review.exchange import html_pdf
from evidence_review.exchange.exports import EXPORTS, ExportError
from evidence_review.exchange.html_pdf import joined, printable
from evidence_review.runs.site import stylesheet
from evidence_review.runs.workshop import LOCK

from ..small_project import exported

PAGE = """<!doctype html><html lang="en"><head><title>{title}</title><style>{css}</style></head><body>
<header class="top"><a class="home" href="index.html">Tea &amp; "sleep" &lt;3</a>
<ul><li><a href="index.html" aria-current="page">The answer</a></li><li><a href="01-one.html">One</a></li></ul></header>
<main id="main" class="sheet{wide}">{body}</main>
<footer><p>{advice}</p><details><summary>Made from</summary><p>tables</p></details></footer></body></html>"""
BODIES = {
    "index": '<h1 id="top">Does it help?</h1><ol class="contents"><li><a href="01-one.html">One</a></li></ol>'
    '<p><a href="results.json">results.json</a> <a href="https://example.org/a">a page</a></p>'
    '<div class="beyond"><p>beyond</p></div>',
    "01-one": '<h1 id="top">One</h1><p id="p"><a href="#top">up</a> <a href="sources.html#data-2">row 2</a></p>{figure}{table}'
    '<details class="code"><summary>Show code</summary><pre>secret = 1</pre></details>',
    "sources": '<h1>Sources</h1><table class="data cards records"><thead><tr><th>row</th><th>study_id</th></tr></thead>'
    '<tbody><tr id="data-2"><th scope="row">2</th><td data-label="study_id">first</td><td></td></tr>'
    '<tr id="data-3"><th scope="row">3</th><td class="long" data-label="study_id">second</td></tr></tbody></table>',
}
ALT = "Twelve people improved by 6.67 points, 2.33 to 11.00."


def figure(width):
    import matplotlib.pyplot as plt

    drawn, axes = plt.subplots(figsize=(width.inches, 2))
    axes.plot([0, 1], [0, 1])
    return drawn


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    import pandas as pd

    folder = tmp_path_factory.mktemp("project") / "reports" / "tea"
    folder.mkdir(parents=True)
    long = "a reason in a sentence that is longer than sixty characters, so that it is prose"
    wide = {f"a column of numbers {x}": [f"{x}.00 to {x}.50"] * 50 for x in range(7)}
    table = table_html(pd.DataFrame(wide | {"why": [long] * 50}), caption="Long and wide")
    parts = {"figure": figure_html(figure, "drawn", ALT), "table": table}
    for name, body in BODIES.items():
        page = PAGE.format(
            title=name,
            css=stylesheet(),
            wide=" wide" if name == "sources" else "",
            body=body.format(**parts) if name == "01-one" else body,
            advice=NOT_ADVICE,
        )
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    (folder / "results.json").write_text("{}", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def pages(report):
    return {name: (report / f"{name}.html").read_text(encoding="utf-8") for name in BODIES}


def test_links_between_pages_become_links_within_the_file(pages):
    whole = joined(pages)
    ids = re.findall(r' id="([^"]*)"', whole)
    assert len(ids) == len(set(ids))
    links = re.findall(r' href="([^"]*)"', whole)
    assert {"#index", "#01-one", "#01-one-top", "#sources-data-2"} <= set(links)
    assert all(link[1:] in ids for link in links if link.startswith("#"))
    assert [link for link in links if not link.startswith("#")] == ["https://example.org/a"]
    assert "<a>results.json</a>" in whole
    assert "aria-current=" not in whole


def test_a_single_page_keeps_the_words_of_links_it_cannot_follow(pages):
    alone = joined({"01-one": pages["01-one"]})
    assert "<a>row 2</a>" in alone
    assert '<a href="#01-one-top">up</a>' in alone


def test_the_html_file_asks_nothing_of_the_network(report):
    (path,) = exported(report)
    assert path == report.parent / "exports" / "tea" / "html" / "tea.html"
    text = path.read_text(encoding="utf-8")
    loaded = re.findall(
        r'<(?:img|source|link|script|iframe)[^>]* (?:src|srcset|href)="([^"]*)"', text
    )
    assert len(loaded) == 2
    assert all(address.startswith("data:") for address in loaded)
    assert not re.search(r"@import|url\((?!data:)", text)
    assert text.count(NOT_ADVICE) == 1


def test_an_export_takes_the_place_of_the_one_before_and_leaves_the_report_alone(report):
    before = {path.name: path.read_bytes() for path in report.iterdir()}
    (made,) = exported(report)
    old = made.with_name("old.html")
    old.touch()
    exported(report)
    assert not old.exists()
    assert before == {path.name: path.read_bytes() for path in report.iterdir()}
    beside = {path.name for path in (report.parent / "exports" / "tea").iterdir()}
    assert beside - {LOCK} == {"html"}


def test_a_title_cannot_leave_the_style_sheet(pages):
    style = re.findall(r"<style>(.*?)</style>", printable(pages["index"], "a4"), re.S)[-1]
    assert r'content: "Tea & \"sleep\" \3c 3"' in style


def drawn(pages, paper="letter", **how):
    """The pages of a document as WeasyPrint lays them out, each with its boxes."""
    weasyprint = pytest.importorskip("weasyprint")
    document = weasyprint.HTML(string=printable(joined(pages), paper, **how)).render()
    return [page._page_box for page in document.pages]


def words(box):
    return " ".join(part.text for part in box.descendants() if getattr(part, "text", ""))


def test_a_printed_page_is_whole(pages):
    """Nothing past the margin, headings of the table on every page, no code, a running head."""
    boxes = drawn({"01-one": pages["01-one"]})
    assert len(boxes) > 2
    for number, box in enumerate(boxes, 1):
        assert (box.margin_width(), box.margin_height()) == (816, 1056)  # 8.5 by 11 inches
        right = box.margin_left + box.width
        for part in box.descendants():
            if part.element_tag in ("td", "th", "img", "p"):
                assert part.position_x + part.margin_width() <= right + 0.5
        text = words(box)
        assert 'Tea & "sleep" <3' in text
        assert f"page {number} of {len(boxes)}" in text
        assert ("numbers 6" in text) == ("6.50" in text)
        assert "secret" not in text
    assert sum(NOT_ADVICE in words(box) for box in boxes) == 1


def test_the_papers_differ(pages):
    (box, *_) = drawn({"sources": pages["sources"]}, "a4")
    assert (round(box.margin_width()), round(box.margin_height())) == (794, 1123)  # 210 by 297 mm


def test_the_whole_report_has_contents_with_page_numbers(pages):
    boxes = drawn(pages)
    first = words(boxes[0])
    assert re.search(r"One(?: +\.)+ +2\b", first)
    assert "(https://example.org/a)" in first
    assert "row 2 – study_id: first" in re.sub(r"\s+", " ", words(boxes[-1]))


def test_the_briefing_ends_where_the_report_begins(pages):
    (box,) = drawn({"index": pages["index"]}, is_briefing=True)
    assert "Does it help?" in words(box)
    assert "beyond" not in words(box)


def unpacked(pdf: bytes) -> bytes:
    """A PDF with what is compressed in it after it."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.S)
    return pdf + b"".join(zlib.decompress(part) for part in streams if part[:1] == b"\x78")


@pytest.mark.slow
def test_pdf_is_tagged_speaks_and_is_the_same_twice(report, pages, tmp_path):
    pytest.importorskip("weasyprint")
    told = []
    once = {path.name: path.read_bytes() for path in exported(report, "pdf", told.append)}
    assert set(once) == {"briefing.pdf", "01-one.pdf", "sources.pdf", "tea.pdf"}
    assert [line.split()[0] for line in told] == [
        "briefing.pdf",
        "01-one.pdf",
        "sources.pdf",
        "tea.pdf",
    ]
    inside = unpacked(once["01-one.pdf"])
    assert b"/StructTreeRoot" in inside
    assert b"pdfuaid" in inside
    assert re.search(rb"/Lang ?\(en\)", inside)
    assert ALT.encode() in inside
    html_pdf.pdf_engine()(
        printable(joined({"01-one": pages["01-one"]}), "a4"), tmp_path / "again.pdf"
    )
    assert (tmp_path / "again.pdf").read_bytes() == once["01-one.pdf"]


def test_the_fonts_of_a_pdf_carry_no_clock(tmp_path, monkeypatch):
    """Where the library that packs fonts is missing, another does, and dates them to the second."""
    fonts = pytest.importorskip("weasyprint.pdf.fonts")
    monkeypatch.setattr(fonts, "harfbuzz_subset", None)
    files = []
    for now in (1e9, 1.1e9):
        monkeypatch.setattr(time, "time", lambda now=now: now)
        html_pdf.pdf_engine()("<!doctype html><p>Tea.</p>", tmp_path / f"{now:g}.pdf")
        files.append((tmp_path / f"{now:g}.pdf").read_bytes())
    assert files[0] == files[1]


def test_without_an_engine_the_message_names_both(report, monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(ExportError, match=r"WeasyPrint .* Chromium"):
        exported(report, "pdf")


@pytest.mark.slow
def test_chromium_prints_where_weasyprint_is_missing(pages, tmp_path, monkeypatch):
    if not any(map(shutil.which, html_pdf.CHROMIUM)):
        pytest.skip("no Chromium")
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    page = printable(joined({"index": pages["index"]}), "letter", is_briefing=True)
    made = []
    for name in ("once.pdf", "again.pdf"):
        html_pdf.pdf_engine()(page, tmp_path / name)
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]
    assert b"/StructTreeRoot" in made[0]
    assert b"/MediaBox [0 0 612 792]" in made[0]


def test_a_form_is_one_entry_of_the_registry(report, monkeypatch, capsys):
    """The command line offers it, its files go to a folder of its own, and nothing else knows it."""

    def write_titles(source, folder):
        (folder / "titles.txt").write_text(source.report.name, encoding="utf-8")

    monkeypatch.setattr(html_pdf, "write_titles", write_titles, raising=False)
    added = replace(
        EXPORTS["html"],
        help="titles alone",
        function="evidence_review.exchange.html_pdf:write_titles",
        folder="titles",
    )
    monkeypatch.setitem(EXPORTS, "titles", added)
    with pytest.raises(SystemExit):
        main(["export", "--help"])
    assert "titles: titles alone" in " ".join(capsys.readouterr().out.split())
    (path,) = exported(report, "titles")
    assert path == report.parent / "exports" / "tea" / "titles" / "titles.txt"
    assert path.read_text(encoding="utf-8") == "tea"


def test_a_form_that_fails_leaves_the_one_before(report, monkeypatch):
    (path,) = exported(report)
    before = path.read_bytes()

    def fail(source, folder):
        (folder / "half.html").touch()
        raise ExportError("no paper")

    monkeypatch.setattr(html_pdf, "write_html", fail)
    with pytest.raises(ExportError, match="no paper"):
        exported(report)
    assert (
        [path.read_bytes()] == [other.read_bytes() for other in path.parent.iterdir()] == [before]
    )
