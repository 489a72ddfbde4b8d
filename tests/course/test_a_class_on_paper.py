"""Hand-outs with each student's numbers, and the teacher's key to them."""

import re
from dataclasses import replace
from html import unescape

import pytest

from evidence_review.course import papers
from evidence_review.course.lessons import NUMBER, TEXT
from evidence_review.exchange import html_pdf
from evidence_review.exchange.exports import ExportError

STUDENTS = ("01", "02")


@pytest.fixture
def theirs(desks):
    return [replace(desk, student=name, seed=11) for name in STUDENTS for desk in desks]


@pytest.fixture
def pages(monkeypatch):
    """What goes to the maker of PDF, by the name of the file."""
    found = {}
    keep = lambda page, target: found.__setitem__(f"{target.parent.name}/{target.name}", page)
    monkeypatch.setattr(papers, "pdf_engine", lambda: keep)
    return found


def words(page: str) -> str:
    body = page.partition("<body>")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_a_hand_out_asks_with_the_students_numbers_and_holds_no_answer(theirs, pages, tmp_path):
    papers.write_hand_outs(theirs, lambda desk: tmp_path / desk.student, lambda jobs: None)
    assert len(pages) == len(theirs)
    for desk in theirs:
        page = pages[f"{desk.student}/{desk.lesson.name}.pdf"]
        text = words(page)
        assert f"Student {desk.student}. Name:" in text
        assert "open the question" not in text and "lesson." not in text
        for exercise in desk.lesson.exercises:
            task = desk.task(exercise.id)
            shown = " ".join(re.sub(r"[*`]", "", task.fill(exercise.question)).split())
            assert shown in re.sub(r" (?=[.,:])", "", text) or shown in text, exercise.id
            if exercise.kind == NUMBER:
                assert task.because not in text
                assert f" {task.shown} " not in text or len(task.shown) < 4
        quiz = [cell for cell in desk.lesson.parts if getattr(cell, "kind", "") == "quiz"]
        asked, told = re.findall(r"<summary>(.*?)</summary>\s+(\S.*?)\n", quiz[0].text)[0]
        assert asked in text and told.strip() not in text, "a question without its answer"


def test_the_key_has_every_students_answer_under_its_exercise(theirs, pages, tmp_path):
    papers.write_key(theirs, tmp_path)
    page = pages[f"{tmp_path.name}/{papers.KEY}"]
    tables = re.findall(r"<table>(.*?)</table>", page, re.S)
    lessons = {desk.lesson.number: desk.lesson for desk in theirs}
    assert len(tables) == len(lessons)
    for table, lesson in zip(tables, lessons.values(), strict=True):
        asked = [exercise for exercise in lesson.exercises if exercise.kind != TEXT]
        head = [unescape(one) for one in re.findall(r'<th scope="col">(.*?)</th>', table)]
        assert [one.split()[0] for one in head[1:]] == [lesson.label(one) for one in asked]
        for student in STUDENTS:
            row = re.search(rf'<th scope="row">{student}</th>(.*?)</tr>', table, re.S)[1]
            desk = next(d for d in theirs if (d.student, d.lesson) == (student, lesson))
            answers = [desk.task(one.id).shown for one in asked]
            assert re.findall("<td>(.*?)</td>", row) == answers


def test_both_makers_of_pdf_print_a_key(theirs, tmp_path, monkeypatch):
    engines = 0
    for module in (None, "weasyprint"):
        if module:  # as where it is not installed
            monkeypatch.setitem(__import__("sys").modules, module, None)
        try:
            found = papers.write_key(theirs[:2], tmp_path).read_bytes()
        except ExportError:
            continue
        engines += 1
        assert found.startswith(b"%PDF")
    if not engines:
        pytest.skip("nothing that makes PDF is installed")


def test_without_a_maker_of_pdf_both_are_named_and_nothing_is_written(
    theirs, tmp_path, monkeypatch
):
    monkeypatch.setitem(__import__("sys").modules, "weasyprint", None)
    monkeypatch.setattr(html_pdf, "CHROMIUM", ())
    with pytest.raises(ExportError, match="WeasyPrint"):
        papers.write_hand_outs(theirs, lambda desk: tmp_path, lambda jobs: None)
    assert not list(tmp_path.iterdir())
