"""Hand-ins that try to gain a point, or to stop the class: none does."""

import csv
import os
import pickle
import sys
import time
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
from evidence_review.records import Project

from ..built_once import built_once
from .conftest import course_project, typed_into
from .test_marking import hand_in

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux shuts a hand-in in")

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


def _ids_alike(notebook):
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.id = "standardised-answer"


def _forged(notebook):
    """An answer cell that says it is another's, and says what it is worth."""
    cells = _by_id(notebook)
    cells["lower-limit-answer"].metadata = {"nbgrader": {"grade_id": "lower-limit-check"}}
    for cell in notebook.cells:
        cell.metadata = dict(cell.metadata) | {"points": 1000, "grade": "A"}


def _typed(text):
    def typed(notebook):
        _by_id(notebook)["lower-limit-answer"].source = "answer_2_1 = ..."
        typed_into(notebook, "lower-limit", text)

    return typed


# Another seventeen, thought up later: three of their kinds did harm at first (an end that never came, a power
# that took minutes, a file name that no table could hold).
SPOILT |= {
    "20": _first(
        "class V:\n    @property\n    def value(self): raise SystemExit\nanswer_2_1 = answer_2_2 = V()"
    ),
    "21": _first(
        "class N(float):\n    __eq__ = __le__ = __lt__ = lambda *a: True\n    __sub__ = lambda *a: 0.0\n"
        "    __float__ = lambda self: 0.0\nanswer_2_2 = N(3)"
    ),
    "22": _first(
        "import json\nreal = json.dumps\njson.dumps = lambda *a, **k: "
        'real({"values": {"answer_2_1": {"kind": "number", "number": [1]}, "answer_2_2": 7, "x": {}}}) '
        "if 'values' in k or 'values' in str(a) and '2_5' not in str(a) else real(*a, **k)"
    ),
    "23": _first("answer_2_2 = 10 ** 5000\nanswer_2_3 = float('nan')\nanswer_2_4 = 20 + 1j"),
    "24": _first(
        "import numpy as np\nclass A(np.ndarray):\n    def item(self): return 1e999\n"
        "answer_2_2 = np.array([object()], dtype=object)\nanswer_2_3 = np.zeros(1).view(A)"
    ),
    "25": _ids_alike,
    "26": _first(
        "import threading\ndef on():\n    while True: pass\nfor _ in range(3): threading.Thread(target=on).start()"
    ),
    "27": _first(
        # 0, its own group and whoever waits for it: only where it is shut in, as others would be hit.
        "import os, signal\nif os.getppid() == 0: os.kill(0, signal.SIGTERM)"
    ),
    "28": _first(
        "import shutil\nshutil.rmtree('{hand-ins}', ignore_errors=True)\n"
        "try: open('{hand-ins}/marks.csv', 'w').write('28,1000')\nexcept OSError: pass"
    ),
    "29": _first(
        "from evidence_review.course import desk\nopened = desk.open_lesson\n"
        "answer_2_2 = opened(2, student='29', seed=7).task('standard-error').answer"
    ),
    "30": _forged,
    "31": _first(
        "import os, time\nwhile True:\n    time.sleep(1)\n    for fd in range(3, 64):\n"
        "        try: os.write(fd, b'{\"begins\": 2}\\n')\n        except OSError: pass"
    ),
    "32": _typed("+".join(["3999999**3999999"] * 9)),
    "33": _typed("of " * 9000 + "1"),
    "34": _first(
        "import atexit, sys\natexit.register(lambda: 1 / 0)\nsys.stdout = sys.stderr = None"
    ),
}


@pytest.fixture(scope="module")
def marked(tmp_path_factory, desks):
    """Project, folder of the hand-ins, marks of the honest one alone, and marks of all together."""
    root = built_once(tmp_path_factory, "hostile", lambda root: mark_hostile(root, desks))
    alone, together = pickle.loads((root / "marks").read_bytes())
    return Project(root / "project"), root / "hand-ins", alone, together


def mark_hostile(root, desks) -> None:
    """Have all hand-ins marked in `hand-ins`; the marks go to `marks`."""
    folder = root / "hand-ins"
    folder.mkdir()
    project = course_project(root / "project")
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
                    cell.source = cell.source.replace("{hand-ins}", str(folder))

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
        # What is no notebook: another's by a link, a pipe, a list, braces without end, nothing.
        for student in ("35", "36", "37", "38", "39"):
            (folder / student).mkdir()
        (folder / "35" / "lesson.ipynb").symlink_to(folder / "01" / "lesson.ipynb")
        os.mkfifo(folder / "36" / "lesson.ipynb")
        (folder / "37" / "lesson.ipynb").write_text("[1, 2]")
        (folder / "38" / "lesson.ipynb").write_text('{"cells": ' + "[" * 100_000)
        (folder / "39" / "lesson.ipynb").touch()
        # Honest ones with odd names and a mark of the order of bytes; one name is no text at all.
        hand_in(desk("40"), folder / "40" / "лекция 😀.ipynb", right("40"))
        path = folder / "40" / "лекция 😀.ipynb"
        path.write_text(path.read_text(encoding="utf-8"), encoding="utf-8-sig")
        (folder / "41").mkdir()
        odd = os.fsencode(folder / "41") + b"/\xff.ipynb"
        with open(odd, "w", encoding="utf-8") as stream:
            nbformat.write(nbformat.read(folder / "01" / "lesson.ipynb", 4), stream)
        (root / "marks").write_bytes(pickle.dumps((alone, mark_folder(project, folder))))


def points(marks, whose):
    return {mark.key: mark.points for mark in marks if mark.whose == whose}


def flags(marks, whose):
    return {
        flag for mark in marks if mark.whose == whose for flag in mark.flags.split("; ") if flag
    }


@pytest.mark.slow
@pytest.mark.long  # for the hand-ins, which are marked for it
def test_the_marks_of_the_others_are_what_they_were(marked):
    _, _, alone, together = marked
    assert [mark for mark in together if mark.whose == "01" and IDENTITY not in mark.flags] == alone


@pytest.mark.slow
def test_nobody_gains_a_point(marked):
    _, _, _, marks = marked
    for student in SPOILT:
        found = points(marks, student)
        assert {name for name, given in found.items() if given} == {"standardised"}, student
        assert found["standardised"] == 1, student
    for student in ("02", "17", "19", "41"):
        assert set(points(marks, student).values()) == {0}, student
    for student in ("35", "36", "37", "38", "39"):
        assert points(marks, student) == {"": 0}, student
    assert sum(points(marks, "40").values()) == 2
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
    assert sorted(table) == [f"{number:02}" for number in range(1, 42)]
    assert table["01"]["2"] == "2.0"
    assert table["01"]["1"] == MISSING
    assert table["18"]["2"] == MISSING
    assert "lesson.ipynb: could not be run" in table["18"]["flags"]
    with (folder / "marks.csv").open(encoding="utf-8-sig", newline="") as stream:
        cells = [cell for row in csv.reader(stream) for cell in row]
    assert not any(cell[:1] in ("=", "+", "@", "\t", "\r") for cell in cells)


@pytest.mark.parametrize(
    "typed", ["+".join(["3999999^3999999"] * 9), "of " * 9000 + "1", "1" * 20_000]
)
def test_what_is_typed_cannot_keep_the_marker_busy(judge, typed):
    """It is read in the marker's own process, which has no limit of time."""
    start = time.process_time()
    assert judge("standard-error", typed).points == 0
    assert time.process_time() - start < 1
