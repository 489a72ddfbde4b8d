"""The function of each command: it takes the project and the parsed options, and returns the exit code."""

from __future__ import annotations

import re
import shlex
import sys
from functools import partial
from pathlib import Path
from typing import Any

from evidence_review.effect_measures import MEASURES, STATED, UNIT_OF

NOTHING_WRITTEN = "Nothing was written."


def failed(message: object, code: int) -> int:
    """Print an error message; returns the exit code."""
    print(f"evidence-review: {message}", file=sys.stderr)
    return code


def settings_of(project, options) -> list:
    """The settings of every requested report."""
    from evidence_review.review.settings import SettingsError
    from evidence_review.runs.notebooks import parse_settings

    given = {}
    for text in options.set:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise SettingsError(f"--set {text}: write it as NAME=VALUE")
        given[name.strip()] = value.strip()
    reviews = options.review or project.reviews() or [project.default_review()]
    for review in reviews:
        project.require_review(review)
    return [parse_settings(review, given) for review in reviews]


def tell(line: str) -> None:
    print(f"  {line}", flush=True)


def report(project, options) -> int:
    if options.watch:
        from evidence_review.cli.watching import watch

        return watch(project, options)
    for settings in settings_of(project, options):
        print(f"{settings.review}:", flush=True)
        print(make_report(project, settings, options, tell), flush=True)
    return 0


def make_report(project, settings, options, tell, **more) -> Path:
    """Make one report, which is noted in the log of runs; returns where it begins.

    more: what `build_report` takes beside the options of the command.
    """
    from evidence_review.runs.report import build_report
    from evidence_review.runs.run_log import run_log

    with run_log(project.root / ".cache" / "runs.log"):
        report = build_report(
            project,
            settings,
            progress=tell,
            jobs=options.jobs,
            force=options.force,
            why=options.why,
            **more,
        )
    return report.index.relative_to(project.root)


def diff(project, options) -> int:
    from evidence_review.exchange.diff import DiffError, compare, read_report

    try:
        old = read_report(options.old)
        review = old.manifest.review if old.manifest else project.default_review()
        difference = compare(old, read_report(options.new or project.reports / review))
    except DiffError as error:
        return failed(error, 2)
    print(difference.text)
    return 1 if difference.is_one else 0


def sweep(project, options) -> int:
    from evidence_review.sweep.run import run_sweep

    report = run_sweep(project, options.file, tell, jobs=options.jobs, scheduler=options.scheduler)
    print(report.index.relative_to(project.root), flush=True)
    return 0


def export(project, options) -> int:
    from evidence_review.exchange.exports import Source
    from evidence_review.exchange.exports import export as write

    for settings in settings_of(project, options):
        print(f"{settings.review}:", flush=True)
        source = Source(project, settings, options.paper, tell)
        for form in dict.fromkeys(options.form):
            for path in write(form, source):
                print(path.relative_to(project.root), flush=True)
    return 0


def check(project, options) -> int:
    from evidence_review.records import checked_note, keep_note

    folders = project.folders()
    if not project.reviews():
        project.default_review()  # raises: there is none, and how to make one
    if options.review:
        project.require_review(options.review)
        folders = [
            name for name in (options.review, project.reference_class(options.review)) if name
        ]
    note = checked_note(project, folders)
    if note.exists():  # an earlier check with the same data and code found nothing
        said = note.read_text(encoding="utf-8")
    else:
        found, said = _checked(project, folders)
        if found:
            return failed(found, 1)
        keep_note(note, said)
    print(said)
    if options.findings:
        for name in project.reviews():
            if name in folders:
                _compute(project, name)
    return 0


def _compute(project, name: str) -> None:
    """Compute every finding of a review on each of its outcomes, and print how many there are."""
    from evidence_review.findings.every import review_findings
    from evidence_review.records import load
    from evidence_review.review.review import Review

    review = Review(load(name, project))
    own = review.records.review.outcome
    for outcome in (own, *(row.outcome for row in review.records.further_outcomes)):
        count = len(review_findings(review.under(outcome=outcome)))
        print(f"{name}, {outcome}: {count} findings can be computed.")


def _checked(project, folders: list[str]) -> tuple[str, str]:
    """The problems in the data of these folders, in words; and the output if there are none."""
    from evidence_review.checks.doubts import doubts
    from evidence_review.checks.reversals import reversals
    from evidence_review.exchange.new_review import HOW_TO_FILL
    from evidence_review.exchange.proposals import unsettled
    from evidence_review.findings.every import (
        clashing_outcomes,
        disagreements,
        unfinished_judgements,
        unstated,
    )
    from evidence_review.placebo.response import has_placebo_arms
    from evidence_review.records import (
        DataError,
        keep_note,
        load,
        missing_pages,
        valid_note,
        violations,
    )
    from evidence_review.review.review import Review
    from evidence_review.words.predicted import predicted, without_placebo_arms

    names = [name for name in project.reviews() if name in folders]
    # Taken before the check, so that a change during it makes the notes useless.
    notes = [valid_note(project, [name, project.reference_class(name) or ""]) for name in names]
    found = violations(project, folders) + missing_pages(project, folders)
    reviews = []
    if not found:  # only valid data can be used for computing
        for note in notes:  # loading them is then quick
            keep_note(note, "")
        reviews = [Review(load(name, project)) for name in names]
        for review in reviews:
            found += clashing_outcomes(review)
            unfinished = unstated(review) + unfinished_judgements(review)
            found += unfinished or disagreements(review)
    if found:
        guides = [project.data / name / HOW_TO_FILL for name in folders]
        paths = [str(path.relative_to(project.root)) for path in guides if path.exists()]
        help_is_in = f"\n\nHow to fill them in: {', '.join(paths)}" if paths else ""
        return f"{DataError(found)}{help_is_in}", ""
    lines = [f"No problems in {', '.join(folders)}."]
    lines += [
        without_placebo_arms(review)
        for review in reviews
        if not has_placebo_arms(review) and not review.about.measure
    ]
    doubtful = [
        doubt
        for review in reviews
        for doubt in (*reversals(review), *doubts(review.records), *unsettled(review))
    ]
    if doubtful:
        lines.append("Worth a second look; a report is possible without changes:")
        lines += [f"  {doubt}" for doubt in doubtful]
    for review in reviews:
        if gaps := predicted(review):
            lines.append(f"What the report on {review.records.folder} cannot say:")
            lines += [f"  {gap}" for gap in gaps]
    return "", "\n".join(lines)


def init(project, options) -> int:
    from evidence_review.exchange.new_project import NewProjectError, new_project

    try:
        made = new_project(options.folder)
    except NewProjectError as error:
        return failed(error, 2)
    print(f"Made {options.folder}: {len(made.report_notebooks())} notebooks, no review yet. Next:")
    print(f"  cd {shlex.quote(str(options.folder))}")
    print("  evidence-review new NAME   (e.g. zinc-sleep; it asks what the review is about)")
    return 0


# Commands that need no project.
WITHOUT_PROJECT = (init,)

# The questions of `new`, in order: the option and the question.
_QUESTIONS = (
    ("question", "The question in one sentence, e.g. Does zinc help with sleep?"),
    ("treatment", "The treatment, as it reads in mid-sentence and in the singular, e.g. zinc"),
    ("condition", "The condition, e.g. insomnia"),
    ("outcome", "The outcome that the answer rests on, e.g. time to fall asleep"),
    (
        "measure",
        "The measure of its effect: MD (mean difference), SMD, "
        + ", ".join(f"{name} ({MEASURES[name].words})" for name in STATED),
    ),
    ("scale", "The scale or measurement, e.g. diary, PSQI"),
    ("unit", "Its unit, e.g. points, min"),
    ("lowest", "The lowest score it can have (Enter if it has none)"),
    ("highest", "The highest (Enter if it has none)"),
    ("better", "Which is better, higher or lower?"),
    ("sd", "The SD between people, as a trial prints it (Enter if not known)"),
)


# Questions that are left out if the answer is a ratio or a difference of risks.
_OF_A_SCALE = ("scale", "unit", "lowest", "highest", "sd")
# The form of a question about an association.
_ASSOCIATION = re.compile(
    r"(?:does|do|is|are|can)\s+(.+?)\s+(?:associated\s+with|linked\s+(?:to|with)|cause|raise|increase)\s+"
    r"(?:the\s+risk\s+of\s+)?(.+?)\s*\?*$",
    re.I,
)


def _question(options):
    """The question of a new review: from the options, and in a terminal from answers."""
    from evidence_review.exchange.new_review import Question

    given: dict[str, Any] = {name: getattr(options, name) for name, _ in _QUESTIONS}
    proposed = _proposals(given["question"])
    needed = (
        ("question", "better") if given["measure"] in STATED else ("question", "scale", "better")
    )
    if _is_terminal() and not all(given[name] for name in needed):
        print("You can change each answer later in the tables. Enter accepts the text in brackets.")
        for name, text in _QUESTIONS:
            if given["measure"] in STATED and name in _OF_A_SCALE:
                continue
            if given[name] in ("", None):
                given[name] = _answer(name, text, proposed.get(name, ""))
                proposed |= _proposals(given["question"])
    given = {name: value or proposed.get(name, value) for name, value in given.items()}
    given["text"] = given.pop("question")
    if given["measure"] in STATED:
        given |= dict.fromkeys(_OF_A_SCALE, None) | {
            name: getattr(options, name) for name in _OF_A_SCALE
        }
    else:
        given["measure"] = ""
    return Question(**given, is_association=bool(_ASSOCIATION.match(given["text"])))


def _answer(name: str, text: str, proposal: str):
    while True:
        answer = input(f"{text}{f' [{proposal}]' if proposal else ''}: ").strip() or proposal
        if name in ("lowest", "highest", "sd"):
            try:
                return float(answer.replace(",", ".")) if answer else None
            except ValueError:
                print("  a number, please, or nothing")
                continue
        if name == "better" and answer not in ("higher", "lower"):
            print("  higher or lower, please")
            continue
        if name == "measure":
            answer = answer.upper()
            if answer not in ("MD", "SMD", *STATED):
                print(f"  one of {', '.join(('MD', 'SMD', *STATED))}, please")
                continue
        return answer


def _proposals(question: str) -> dict[str, str]:
    """The treatment, condition and outcome in a question of a usual form."""
    found = _ASSOCIATION.match(question) or re.match(
        r"(?:does|do|is|can)\s+(.+?)\s+(?:help(?:\s+with)?|improve|reduce|lower|prevent|relieve|treat|"
        r"work\s+for|better\s+than\s+placebo\s+for)\s+(.+?)\s*\?*$",
        question,
        re.I,
    )
    if not found:
        return {}
    treatment, condition = found.groups()
    return {
        "measure": "MD",
        "treatment": treatment,
        "condition": condition,
        "outcome": condition,
        "scale": condition,
    }


def new(project, options) -> int:
    from evidence_review.exchange.new_review import HOW_TO_FILL, NewReviewError, new_review

    question = _question(options)
    try:
        made = new_review(project, options.name, question, reference=options.reference)
    except NewReviewError as error:
        return failed(error, 2)
    print(f"Made {' and '.join(str(folder.relative_to(project.root)) for folder in made)}. Next:")
    print(f"  evidence-review import TABLE --review {options.name}   (studies, from any table)")
    print(f"  evidence-review check --review {options.name}          (what is missing)")
    print(f"  evidence-review report --review {options.name}         (the pages)")
    print(f"data/{options.name}/{HOW_TO_FILL} explains each table. The assumptions are proposals:")
    print("check them in assumptions.csv.")
    return 0


def import_(project, options) -> int:
    from evidence_review.exchange.further_outcome import Further, not_another
    from evidence_review.exchange.import_notes import UndoError, undo_import
    from evidence_review.exchange.import_table import (
        ImportRefusedError,
        about,
        read_table,
        write_table,
    )
    from evidence_review.exchange.references import are_references
    from evidence_review.exchange.understanding import Wishes

    review = options.review or project.default_review()
    if options.undo:
        try:
            folder = project.reference_class(review) if options.placebo else review
            undone = undo_import(project, str(folder), dry_run=options.dry_run)
        except UndoError as error:
            return failed(error, 1)
        print(f"Rows from {undone.file} taken out: {_rows_of(undone.rows)}.")
        for row in undone.changed:
            print(f"  {row} had been changed since; it is gone too.")
        if options.dry_run:
            print(NOTHING_WRITTEN)
        return 0
    if options.file is None:
        return failed("no file given; write: evidence-review import FILE", 2)
    if options.file.is_file() and are_references(options.file.read_bytes()[:4000]):
        return _import_references(project, review, options)
    fill, further = dict(options.fill), None
    project.require_review(review)
    own = about(project, review).outcome
    said = (options.measure, options.better, options.scale, options.unit)
    if options.outcome and options.outcome != own:
        further = Further(options.outcome, *said)
    elif any(said):
        return failed(not_another(project, review, own), 2)
    try:
        while True:
            wishes = Wishes(
                dict(options.map), fill, dict(options.where), options.values, options.control
            )
            try:
                understood = read_table(
                    project,
                    review,
                    options.file,
                    wishes,
                    options.sheet,
                    further,
                    placebo=options.placebo,
                )
                break
            except ImportRefusedError as error:
                if not error.asks or not _is_terminal():
                    raise
                fill[error.asks] = _asked(_ASKED[error.asks])
        _show(options.file.name, review, understood)
        write = partial(
            write_table,
            *(project, review, options.file, understood),
            placebo=options.placebo,
            further=further,
        )
        if options.dry_run or _is_terminal():
            write(dry_run=True)  # what the data forbid is told before anybody agrees
        if options.dry_run or (_is_terminal() and not _agreed("Write these rows?")):
            print(NOTHING_WRITTEN)
            return 0
        added = write()
    except ImportRefusedError as error:
        return failed(error, 1)
    print(f"Added {', '.join(added.studies) or 'no new study'}; rows: {_rows_of(added.rows)}.")
    if added.sd is not None:
        print(f"The SD in this table, {added.sd:.3g}, has replaced proposals: see assumptions.csv.")
    if added.uncontrolled:
        print(
            f"review.csv names {added.uncontrolled} as the uncontrolled study. It is compared with placebo arms of "
            "other\ntrials: evidence-review import TABLE --placebo imports them."
        )
    if added.not_compared:
        print("For studies of more than two arms, add to contrasts.csv a row for each treated arm")
        print("that answers the question (the people of a shared control count once):")
        for study, arms in added.not_compared.items():
            print(f"  {study}: {', '.join(arms)}")
    print(f"Next: evidence-review check --review {review}")
    again = "--placebo " if options.placebo else ""
    print(f"  (evidence-review import --undo {again}--review {review} takes these rows out)")
    return 0


def _import_references(project, review: str, options) -> int:
    from evidence_review.exchange.import_table import ImportRefusedError, import_references
    from evidence_review.numbers import counted

    try:
        added = import_references(project, review, options.file, dry_run=options.dry_run)
    except ImportRefusedError as error:
        return failed(error, 1)
    new = added.rows["sources"]
    known = counted(len(added.studies) - new, "known source")
    print(f"{options.file.name}: {counted(new, 'new source')}; {known} filled in.")
    print(f"  {', '.join(added.studies) or 'nothing new'}")
    undo = f"  (evidence-review import --undo --review {review} takes them out)"
    print(NOTHING_WRITTEN if options.dry_run else undo)
    return 0


_ASKED = {
    "week": "How many weeks after the start were the results measured? ",
    "measure": f"Which measure are the estimates of: {', '.join(UNIT_OF)}? ",
}


def _rows_of(counts) -> str:
    return ", ".join(f"{count} of {name}.csv" for name, count in counts.items() if count)


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _asked(question: str) -> str:
    while not (answer := input(question).strip()):
        pass
    return answer


def _agreed(question: str) -> bool:
    return input(f"{question} [Y/n] ").strip().casefold() in ("", "y", "yes")


def _show(name: str, review: str, understood) -> None:
    """Print how a table was understood, before anything is written."""
    studies = len(dict.fromkeys(group.said["study"] for group in understood.groups))
    how = f" ({'; '.join(understood.how)})" if understood.how else ""
    count = f"{studies} {'study' if studies == 1 else 'studies'}"
    print(f"{name}: {count}, {understood.layout}{how}.")
    for title, lines in (
        ("Understood", [f"{theirs}: {ours}" for theirs, ours in understood.columns]),
        ("Assumed, because the file does not say it", understood.assumed),
        ("Left out", understood.left_out),
        ("Please check", understood.doubts),
    ):
        if lines:
            print(f"{title}:")
            for line in lines:
                print(f"  {line}")
    first = understood.groups[0].said["study"]
    print(f"{first} as understood:")
    for group in (one for one in understood.groups if one.said["study"] == first):
        shown = ", ".join(
            f"{name} {figure.text or figure.comparator.replace('=', '') + figure.value}"
            + (f" (week {week})" if week else "")
            for (name, week), figure in group.figures.items()
        )
        print(
            f"  {group.said['arm']} ({group.said.get('role', 'no role')}): {shown or 'no figures'}"
        )


def list_(project, options) -> int:
    from evidence_review.records import load
    from evidence_review.review.review import Review
    from evidence_review.runs.notebooks import report_notebooks
    from evidence_review.words.settings import explained

    print("Reviews")
    for name in project.reviews():
        print(f"  {name}  (reference class: {project.reference_class(name)})")
    print("\nNotebooks")
    for notebook in report_notebooks(project):
        print(f"  {notebook.name}  {notebook.question}")
    if not project.reviews():
        return 0
    print("\nParameters (--set NAME=VALUE): default [what is allowed]")
    for name, default, meaning in explained(Review(load(project.default_review(), project))):
        print(f"  {name} = {default}\n      {meaning}")
    return 0


def schema(project, options) -> int:
    from evidence_review.records.package import write_data_package
    from evidence_review.runs.notebooks import write_parameters

    changed = [*write_data_package(project), *write_parameters(project)]
    for path in changed:
        print(path.relative_to(project.root))
    if not changed:
        print("nothing has changed")
    return 0


def course_build(project, options) -> int:
    from evidence_review.course.build import build_course

    index = build_course(project, _indented, pdf=options.pdf, solution_after=options.solution_after)
    print(index.relative_to(project.root))
    return 0


def _indented(line: str) -> None:
    """Print one step of progress."""
    print(f"  {line}", flush=True)


def course_class(project, options) -> int:
    from evidence_review.course.build import build_class

    folder = build_class(
        project,
        _indented,
        students=options.students,
        seed=options.seed,
        pdf=options.pdf,
        solution_after=options.solution_after,
    )
    keys = "key.csv and key.pdf" if options.pdf else "key.csv"
    print(f"{folder.relative_to(project.root)}, with the answers in {keys}")
    return 0


def course_nbgrader(project, options) -> int:
    from evidence_review.course.lessons import LessonError
    from evidence_review.course.nbgrader import prepare_nbgrader

    if (options.students is None) != (options.seed is None):
        raise LessonError("--students and --seed go together: give both, or neither")
    config = prepare_nbgrader(
        project,
        options.folder,
        students=options.students or 0,
        seed=options.seed or 0,
        solution_after=options.solution_after,
    )
    print(config)
    if options.students:
        print(f"{config.parent / 'students'}: a folder to give to each student; answers in key.csv")
    print(f"Then, in {config.parent} (pip install 'evidence-review[nbgrader]'):")
    print("  nbgrader generate_assignment LESSON   and, when hand-ins are in submitted/NN/LESSON,")
    print("  nbgrader autograde LESSON             and nbgrader generate_feedback LESSON")
    return 0


def course_mark(project, options) -> int:
    from evidence_review.course.handed_over import NOT_SHUT_IN, isolated
    from evidence_review.course.marking import CLASS, MARKS, mark_folder, summary

    if not isolated():
        print(NOT_SHUT_IN, file=sys.stderr)
    marks = mark_folder(project, options.folder, _indented)
    for line in summary(marks):
        print(line)
    print(options.folder / CLASS)
    print(options.folder / MARKS)
    return 0
