"""Seventeen hand-ins that try to gain a point, or to stop the class: none does."""

import csv
from dataclasses import replace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_output

from evidence_review.course import handed_over
from evidence_review.course.editions import student_edition
from evidence_review.course.feedback import FEEDBACK_MIME
from evidence_review.course.marking import (
    COPIED,
    IDENTITY,
    MISSING,
    SHOWN,
    SPLIT,
    TWICE,
    mark_folder,
)

from .conftest import course_project
from .test_marking import hand_in

PRAISE = {"exercise": "lower-limit", "points": 1000, "outcome": "right", "mistake": "", "given": ""}
ANSWER = "answer_2_1 = 99"


def _by_id(notebook):
    return {cell.id: cell for cell in notebook.cells}


def _first(source):
    """A cell of the student's own, before all others."""
    return lambda notebook: notebook.cells.insert(2, new_code_cell(source))


def _shows(notebook):
    _by_id(notebook)["lower-limit-check"].outputs = [
        new_output("execute_result", {FEEDBACK_MIME: PRAISE, "text/plain": "1000"})
    ]


def _replaces(notebook):
    cell = _by_id(notebook)["lower-limit-check"]
    cell.source = f"display({{'{FEEDBACK_MIME}': {PRAISE}}}, raw=True)"


def _splits(notebook):
    place = notebook.cells.index(_by_id(notebook)["lower-limit-answer"])
    part = notebook.cells[place].copy()
    part.id, part.source = "other", "half = 3"
    notebook.cells.insert(place, nbformat.from_dict(part))


def _copies(notebook):
    place = notebook.cells.index(_by_id(notebook)["lower-limit-answer"])
    copy = nbformat.from_dict(dict(notebook.cells[place], id="other"))
    notebook.cells.insert(place, copy)


def _no_metadata(notebook):
    notebook.metadata = {}
    for cell in notebook.cells:
        cell.metadata = {}


SPOILT = {
    "03": _first(
        "from evidence_review.course.desk import OpenLesson\nimport evidence_review.course.feedback as f\n"
        "class P:\n    points = 1000\n    outcome = 'right'\n"
        "OpenLesson.check = lambda *a: P()\nf.judge = lambda *a: P()"
    ),
    "04": _first("class C:\n    def check(self, *a): return 1000\nlesson = C()"),
    "05": _shows,
    "06": _replaces,
    "07": _first("import os\nos._exit(0)"),
    "08": _first("while True: pass"),
    "09": _first("print('x' * 10**8)"),
    "10": _first(
        "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass"
    ),
    "11": _first("hoard = bytearray(10**11)"),
    "12": _no_metadata,
    "13": _splits,
    "14": _copies,
    "15": _first(
        "import glob, os\nfound = [p for p in glob.glob('{root}/**', recursive=True) if p.endswith(('.md', '.csv'))]\n"
        "open('{root}/HACKED.txt', 'w').write('x')"
    ),
    "16": _first(
        "import os, json\n"
        "for fd in range(3, 64):\n"
        '    try: os.write(fd, b\'{{"points": 1000}}\\n{{"values": 7}}\\n[[[\\n{{"done": true}}\\n\')\n'
        "    except OSError: pass\n"
    ),
}


@pytest.fixture(scope="module")
def marked(tmp_path_factory, desks):
    folder = tmp_path_factory.mktemp("hostile")
    project = course_project(tmp_path_factory.mktemp("course"))
    desk = lambda student: replace(desks[1], student=student, seed=7)

    def right(student):
        return {
            "lower-limit-answer": f"answer_2_1 = {desk(student).task('lower-limit').answer}",
            "standardised-answer": f"answer_2_5 = {desk(student).task('standardised').answer}",
        }

    hand_in(desk("01"), folder / "01" / "lesson.ipynb", right("01"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(handed_over, "CELL_SECONDS", 5)
        alone = mark_folder(project, folder)
        for student, spoil in SPOILT.items():

            def in_project(notebook, spoil=spoil):
                spoil(notebook)
                for cell in notebook.cells:
                    cell.source = cell.source.replace("{root}", str(project.root))

            answers = right(student) | {"lower-limit-answer": ANSWER}
            hand_in(desk(student), folder / student / "lesson.ipynb", answers, spoil=in_project)
        # Somebody else's notebook, right for its owner; numbers of another class; a file cut off; a formula.
        hand_in(desk("01"), folder / "02" / "lesson.ipynb", right("01"))
        hand_in(
            replace(desk("17"), seed=8),
            folder / "17" / "lesson.ipynb",
            {
                "lower-limit-answer": f"answer_2_1 = {replace(desk('17'), seed=8).task('lower-limit').answer}"
            },
        )
        whole = nbformat.writes(student_edition(desk("18")))
        (folder / "18").mkdir()
        (folder / "18" / "lesson.ipynb").write_text(whole[: len(whole) // 2])
        hand_in(
            desk("19"),
            folder / "19" / "lesson.ipynb",
            {"lower-limit-answer": "answer_2_1 = '\\t=cmd|/C calc!A0'"},
        )
        hand_in(desk("19"), folder / "19" / "again.ipynb", {})
        return project, folder, alone, mark_folder(project, folder)


def points(marks, whose):
    return {mark.exercise: mark.points for mark in marks if mark.whose == whose}


def flags(marks, whose):
    return {
        flag for mark in marks if mark.whose == whose for flag in mark.flags.split("; ") if flag
    }


@pytest.mark.slow
def test_the_marks_of_the_others_are_what_they_were(marked):
    _, _, alone, together = marked
    assert [mark for mark in together if mark.whose == "01" and IDENTITY not in mark.flags] == alone


@pytest.mark.slow
def test_nobody_gains_a_point(marked):
    _, _, _, marks = marked
    for student in SPOILT:
        assert points(marks, student) == {"2.1": 0, "2.2": 0, "2.3": 0, "2.4": 0, "2.5": 1}, student
    for student in ("02", "17", "19"):
        assert set(points(marks, student).values()) == {0}, student
    assert all(mark.points <= mark.out_of for mark in marks)


@pytest.mark.slow
def test_what_a_teacher_should_look_at_is_flagged(marked):
    project, folder, _, marks = marked
    assert SHOWN in flags(marks, "05")
    assert SPLIT in flags(marks, "13")
    assert COPIED in flags(marks, "14")
    assert any(flag.startswith(IDENTITY) for flag in flags(marks, "02"))
    assert any(flag.startswith(IDENTITY) for flag in flags(marks, "17"))
    assert TWICE in flags(marks, "19")
    assert not (project.root / "HACKED.txt").exists()
    with (folder / "class.csv").open(encoding="utf-8-sig", newline="") as stream:
        table = {row["student"]: row for row in csv.DictReader(stream)}
    assert sorted(table) == [f"{number:02}" for number in range(1, 20)]
    assert table["01"]["2"] == "2.0"
    assert table["01"]["1"] == MISSING
    assert table["18"]["2"] == MISSING
    assert "lesson.ipynb: could not be run" in table["18"]["flags"]
    with (folder / "marks.csv").open(encoding="utf-8-sig", newline="") as stream:
        cells = [cell for row in csv.reader(stream) for cell in row]
    assert not any(cell[:1] in ("=", "+", "@", "\t", "\r") for cell in cells)
