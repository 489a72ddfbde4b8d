"""Both editions of every lesson: they run, they are whole, and the student's holds no solution."""

import ast
import json
import re

import nbformat
import pytest

from evidence_review.course.build import START
from evidence_review.course.desk import open_lesson
from evidence_review.course.feedback import (
    FEEDBACK_MIME,
    RIGHT,
    TO_READ,
    UNANSWERED,
)
from evidence_review.course.lessons import NUMBER, TEXT, Exercise


def feedback(notebook) -> list[dict]:
    """What the checks of a run notebook said, in order."""
    return [
        output.data[FEEDBACK_MIME]
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if FEEDBACK_MIME in output.get("data", {})
    ]


def test_lessons_are_numbered_without_a_gap_and_take_30_to_45_minutes(lessons):
    assert [lesson.number for lesson in lessons] == list(range(1, len(lessons) + 1))
    for lesson in lessons:
        assert 30 <= lesson.minutes <= 45
        working = sum(exercise.minutes for exercise in lesson.exercises)
        assert lesson.minutes - 20 <= working <= lesson.minutes - 10, "time to read and to talk"


def test_each_lesson_has_all_that_a_lesson_needs(lessons):
    for lesson in lessons:
        kinds = [part.kind for part in lesson.parts if not isinstance(part, Exercise)]
        assert {"prose", "slide", "teacher", "discuss"} <= set(kinds)
        assert lesson.goal.startswith("After this lesson you can")
        discussed = next(part.text for part in lesson.parts if part.kind == "discuss")
        assert discussed.count("\n- ") + 1 >= 3


def test_no_answer_is_left_without_a_word(lessons):
    for lesson in lessons:
        for exercise in lesson.exercises:
            if exercise.kind == NUMBER:
                assert all(hint.endswith(("?", ".")) for hint in exercise.hints)
                assert len(exercise.hints) >= 2, "in steps"
                assert exercise.because and exercise.worked and len(exercise.mistakes) >= 2


def test_where_judgement_comes_in_there_is_more_than_one_good_answer(lessons):
    for lesson in lessons:
        for exercise in lesson.exercises:
            if exercise.kind == TEXT or exercise.models:
                assert len(exercise.models) >= 2, exercise.id


def test_every_model_paragraph_keeps_the_rules(desks):
    for desk in desks:
        for exercise in desk.lesson.exercises:
            if exercise.kind == TEXT:
                task = desk.task(exercise.id)
                for model in exercise.models:
                    told = desk.check(exercise.id, task.fill(model))
                    assert not [line for line in told.lines if line.startswith("✗")], told.lines
                    assert told.points == 0, "a teacher gives them"


def test_the_students_edition_runs_untouched(notebooks, student_runs):
    assert set(student_runs) == set(notebooks["student"])
    for name, run in student_runs.items():
        assert all(o.output_type != "error" for c in run.cells for o in c.get("outputs", []))
        told = feedback(run)
        assert told, name
        assert {one["outcome"] for one in told} == {UNANSWERED}


def test_the_students_edition_has_no_outputs_and_parses(notebooks):
    for notebook in notebooks["student"].values():
        nbformat.validate(notebook)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                assert cell.outputs == []
                ast.parse(cell.source)


def test_every_answer_of_the_instructors_edition_gets_full_marks(notebooks, lessons):
    for lesson in lessons:
        told = feedback(notebooks["instructor"][lesson.name])
        assert [one["exercise"] for one in told] == [exercise.id for exercise in lesson.exercises]
        for one in told:
            assert one["outcome"] in (RIGHT, TO_READ)
            assert one["points"] == (one["out_of"] if one["outcome"] == RIGHT else 0)


def solutions(desk) -> dict[str, list[str]]:
    """What would give an exercise away anywhere: words for the teacher, and numbers of three digits or more."""
    found: dict[str, list[str]] = {}
    for exercise in desk.lesson.exercises:
        task = desk.task(exercise.id)
        said = [exercise.because, exercise.worked, *exercise.models, *exercise.hints]
        said += [exercise.options.get(task.answer, "")] if exercise.options else []
        said += [mistake.says for mistake in task.mistakes]
        words = [task.fill(text).strip() for text in said if text]
        numbers = []
        if exercise.kind == NUMBER:
            size = f"{abs(task.answer):.6f}"
            numbers = {f"{abs(task.answer):.{places}f}" for places in (1, 2, 3)} | {
                task.shown.lstrip("-")
            }
            numbers = [x for x in numbers if len(x.replace(".", "").lstrip("0")) >= 3]
            numbers = [x for x in numbers if not re.fullmatch(rf"{x}0*", size) or "." in x]
            if task.answer < 0:  # the size may be in the question; with its sign it is the answer
                numbers = [sign + x for x in numbers for sign in "-−"]
        found[exercise.id] = words + numbers
    return found


def everything_in(notebook) -> str:
    """Sources, outputs and metadata as one text; pictures left out, their words not."""
    text = json.dumps(notebook, ensure_ascii=False).replace('\\"', '"').replace("\\n", "\n")
    return re.sub(r"base64,[A-Za-z0-9+/=]+", "", text)


def gives_away(text: str, secret: str) -> bool:
    return bool(re.search(rf"(?<![\d.,]){re.escape(secret)}(?![\d])", text))


def test_no_solution_is_in_the_students_edition(desks, notebooks, student_runs):
    """Searched for in sources, outputs and metadata; the same search finds them in the instructor's."""
    for desk in desks:
        name = desk.lesson.name
        texts = [everything_in(notebooks["student"][name]), everything_in(student_runs[name])]
        taught = everything_in(notebooks["instructor"][name])
        for exercise, secrets in solutions(desk).items():
            assert secrets, exercise
            assert any(gives_away(taught, secret) for secret in secrets), exercise
            for secret in secrets:
                for text in texts:
                    assert not gives_away(text, secret), (exercise, secret)


def test_no_short_answer_is_in_the_cells_of_its_exercise(desks, notebooks):
    """Numbers of one or two digits stand elsewhere for other things: not in the exercise itself."""
    for desk in desks:
        cells = {cell.id: cell for cell in notebooks["student"][desk.lesson.name].cells}
        for exercise in desk.lesson.exercises:
            task = desk.task(exercise.id)
            if exercise.kind != NUMBER:
                continue
            for part in ("question", "answer", "check"):
                cell = cells[f"{exercise.id}-{part}"]
                text = re.sub(r"^### .*|\*\d.*", "", cell.source, flags=re.M)
                text = re.sub(r"(calculation|text) .*", "", text)
                shown = task.shown.replace("-", "−")
                assert not gives_away(text, shown), (exercise.id, part)


def test_metadata_is_nbgraders(notebooks):
    """The rules of nbgrader's schema 3 (nbgraderformat/v3.json and v3.py)."""
    kinds = {
        "schema_version": int,
        "grade": bool,
        "locked": bool,
        "solution": bool,
        "task": bool,
        "grade_id": str,
        "points": int,
        "cell_type": str,
    }
    for edition in notebooks.values():
        for notebook in edition.values():
            names = []
            for cell in notebook.cells:
                about = cell.metadata.get("nbgrader")
                if about is None:
                    assert cell.cell_type == "markdown" or "answer_" not in cell.source
                    continue
                assert set(about) <= set(kinds)
                assert all(type(value) is kinds[key] for key, value in about.items())
                assert about.schema_version == 3
                assert re.fullmatch(r"[a-zA-Z0-9_\-]+", about.grade_id)
                assert about.cell_type == cell.cell_type
                assert ("points" in about) == about.grade
                if cell.cell_type == "markdown" and "teacher" not in cell.metadata.get("tags", []):
                    assert not (about.grade or about.solution)
                names.append(about.grade_id)
            assert len(names) == len(set(names))


def test_nbgrader_gives_points_to_right_answers_only(judge, monkeypatch):
    """A cell without an error and without a number above 0 gets all points there."""
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    for wrong in (4.335, ..., "nothing"):
        with pytest.raises(AssertionError):
            judge("standard-error", wrong)
    right = judge("standard-error", 1.97)._repr_mimebundle_()
    assert float(right["text/plain"]) == 2


def test_pages_ask_nothing_of_the_network_and_hold_what_they_should(built, lessons, desks):
    for desk in desks:
        lesson = desk.lesson
        secrets = [secret for some in solutions(desk).values() for secret in some]
        for folder in ("hand-outs", "slides", "instructor"):
            page = (built / folder / f"{lesson.name}.html").read_text(encoding="utf-8")
            if folder == "slides":  # its answers open by a click
                assert page.count("<summary>Answer") == sum(
                    x.kind != TEXT for x in lesson.exercises
                )
                page = re.sub(r"<details>.*?</details>", "", page, flags=re.S)
            assert not re.search(r'(src|href)="(?!data:|https://doi)', page), (folder, lesson.name)
            for exercise in lesson.exercises:
                assert exercise.title in page
            if folder != "instructor":
                assert not any(gives_away(page, secret) for secret in secrets)
    index = (built / "index.html").read_text(encoding="utf-8")
    for target in re.findall(r'href="([^":]+)"', index):
        assert (built / target).is_file(), target


def test_a_hand_out_has_figures_room_and_no_code(built):
    page = (built / "hand-outs" / "3-placebo-response.html").read_text(encoding="utf-8")
    assert page.count("<figure") >= 2
    assert 'class="room"' in page
    assert "☐ both" in page
    assert "lesson." not in page


def test_all_that_the_slides_say_is_in_the_students_edition(notebooks, lessons):
    for lesson in lessons:
        cells = {cell.id: cell.source for cell in notebooks["student"][lesson.name].cells}
        kinds = [part.kind for part in lesson.parts if not isinstance(part, Exercise)]
        assert {"terms", "example", "reading"} <= set(kinds)
        assert kinds.count("quiz") == 2
        for place, part in enumerate(lesson.parts):
            assert f"part-{place}" in cells or isinstance(part, Exercise) or part.kind == "teacher"
        numbers = [exercise for exercise in lesson.exercises if exercise.kind == NUMBER]
        assert kinds.count("example") >= len(numbers) - 1, "false-alarms is read off a figure"


def test_the_first_page_links_to_every_lesson_and_explains_every_word(built, lessons):
    first = nbformat.read(built / "student" / START, as_version=4)
    text = "\n".join(cell.source for cell in first.cells)
    for lesson in lessons:
        assert f"]({lesson.name}.ipynb)" in text
        assert (built / "student" / f"{lesson.name}.ipynb").is_file()
        assert all(term in text for term in lesson.terms)


def test_a_lesson_opens_where_no_project_is(tmp_path, monkeypatch, lessons):
    monkeypatch.chdir(tmp_path)
    assert open_lesson(2).lesson.name == lessons[1].name
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "datapackage.json").write_text("{}")
    assert open_lesson(2).check("standard-error", 1.97).outcome == RIGHT
