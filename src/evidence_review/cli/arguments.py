"""The commands and their options, with the help texts."""

from __future__ import annotations

import argparse
from pathlib import Path

from evidence_review import __version__
from evidence_review.cli import commands
from evidence_review.effect_measures import MEASURES, STATED
from evidence_review.exchange.exports import EXPORTS
from evidence_review.numbers import listing as in_words


def parser() -> argparse.ArgumentParser:
    """The parser of the command line; `run` of its result is a function of `commands`."""
    top = argparse.ArgumentParser(
        prog="evidence-review",
        description="An evidence review that runs: is this improvement more than placebo shows?",
    )
    top.add_argument("--version", action="version", version=__version__)
    top.add_argument(
        "--project", type=Path, help="folder of the project (default: the one you are in)"
    )
    command = top.add_subparsers(required=True, metavar="command")

    report = command.add_parser("report", help="run the notebooks and write the pages to reports/")
    _which_report(report)
    report.add_argument(
        "--jobs",
        type=_positive,
        metavar="N",
        help="notebooks run at once (default: one more than cores)",
    )
    report.add_argument(
        "--force", action="store_true", help="run every notebook, even if nothing has changed"
    )
    report.add_argument(
        "--why", action="store_true", help="list the changed inputs of every notebook"
    )
    report.add_argument(
        "--watch",
        action="store_true",
        help="keep running, and make a report again whenever its data or notebooks change; Ctrl-C ends it",
    )
    report.set_defaults(run=commands.report)

    diff = command.add_parser("diff", help="list what changed between two reports")
    diff.add_argument(
        "old", type=Path, metavar="OLD", help="folder of a report, e.g. a copy, or its results.json"
    )
    diff.add_argument(
        "new", type=Path, metavar="NEW", nargs="?", help="another report (default: the present one)"
    )
    diff.set_defaults(run=commands.diff)

    sweep = command.add_parser(
        "sweep", help="work out the answer under many sets of parameters, for one page"
    )
    sweep.add_argument(
        "file", type=Path, help="file with the parameters, e.g. sweep.yml (see docs/sweeps.md)"
    )
    workers = sweep.add_mutually_exclusive_group()
    workers.add_argument(
        "--jobs", type=_positive, metavar="N", help="number of processes (default: one per core)"
    )
    workers.add_argument(
        "--scheduler", metavar="ADDRESS", help="use a Dask scheduler, e.g. tcp://10.0.0.1:8786"
    )
    sweep.set_defaults(run=commands.sweep)

    export = command.add_parser(
        "export", help="write the report in other formats to reports/exports/ (updating it first)"
    )
    export.add_argument(
        "form",
        nargs="+",
        choices=EXPORTS,
        help="; ".join(f"{form}: {one.help}" for form, one in EXPORTS.items()),
    )
    _which_report(export)
    export.add_argument("--paper", choices=("a4", "letter"), default="a4", help="default: a4")
    export.set_defaults(run=commands.export)

    check = command.add_parser(
        "check",
        help="check the data, and the verdicts that rest on them; list every problem",
    )
    check.add_argument("--review", help="check only this review and its reference class")
    check.add_argument(
        "--findings",
        action="store_true",
        help="also compute everything that the reports will state, under every outcome",
    )
    check.set_defaults(run=commands.check)

    init = command.add_parser(
        "init", help="make a project of your own: notebooks, table definitions, a workflow"
    )
    init.add_argument("folder", type=Path, metavar="FOLDER", help="a new or empty folder")
    init.set_defaults(run=commands.init)

    new = command.add_parser(
        "new",
        help="make the tables of a new review",
        description="In a terminal, the command asks for whatever the options leave out.",
    )
    new.add_argument("name", metavar="NAME", help="name of its folder in data/, e.g. zinc-sleep")
    new.add_argument("--question", default="", help='e.g. "Does zinc help with sleep?"')
    for option, what in (
        ("treatment", "treatment, as it reads in mid-sentence and in the singular, e.g. zinc"),
        ("condition", "condition, e.g. insomnia"),
        ("outcome", "outcome that the answer rests on"),
        ("scale", "scale of the outcome, if it is a score or measurement"),
        ("unit", "unit of the scale, e.g. points, min"),
    ):
        new.add_argument(f"--{option}", default="", help=what)
    new.add_argument(
        "--measure",
        choices=("MD", "SMD", *STATED),
        default="",
        help="measure of the answer: mean difference (default), "
        + in_words(MEASURES[name].words for name in STATED),
    )
    new.add_argument("--lowest", type=float, help="lowest possible score")
    new.add_argument("--highest", type=float, help="highest possible score")
    new.add_argument(
        "--better", choices=("higher", "lower"), default="", help="better end of the scale"
    )
    new.add_argument("--sd", type=float, help="rough SD between people on the scale")
    new.add_argument(
        "--reference",
        default="new",
        metavar="NAME",
        help="folder in data/ with the placebo arms to compare with, or 'new' (default), which makes one",
    )
    new.set_defaults(run=commands.new)

    bring = command.add_parser(
        "import",
        help="import results from a table of any kind (CSV, Excel, RevMan, metafor), or references",
        description="Before it writes, the command shows how it understood the table. A row may be one "
        "trial (n1, mean1, sd1, n2, mean2, sd2; events1, n1, events2, n2; or estimate, ci_low, ci_high) or "
        "one arm; column names may be plain words, or those of RevMan or of R's packages metafor and meta. "
        "A file of references (RIS, NBIB, BibTeX, CSL JSON) fills the table of sources.",
    )
    bring.add_argument("file", type=Path, metavar="FILE", nargs="?", help="the table or references")
    bring.add_argument("--review", help="review to import into (default: the default review)")
    for option, metavar, what in (
        ("--map", "OURS=THEIRS", "use this column of the file for ours, e.g. mean1=Score"),
        ("--fill", "OURS=VALUE", "write this value into our column, e.g. week=12"),
        ("--where", "THEIRS=VALUE", "import only rows with this value"),
    ):
        bring.add_argument(
            option, action="append", default=[], metavar=metavar, type=_pair, help=what
        )
    bring.add_argument(
        "--values",
        choices=("scores", "changes"),
        default="",
        help="whether the means in the table are of scores or of changes",
    )
    bring.add_argument(
        "--control",
        choices=("placebo", "sham", "usual care", "control"),
        default="placebo",
        help="what the control arm got, if the table does not say it (default: placebo; 'control' if "
        "unknown)",
    )
    bring.add_argument(
        "--placebo",
        action="store_true",
        help="import only placebo arms, into the reference class of the review",
    )
    bring.add_argument(
        "--outcome",
        default="",
        metavar="NAME",
        help="outcome of the table, if not the review's own; it gets a row in outcomes.csv, and for "
        "trials already in the review only results are added",
    )
    bring.add_argument(
        "--measure", default="", help="measure of another outcome of events: OR, RR (default) or RD"
    )
    bring.add_argument(
        "--better", choices=("higher", "lower"), default="", help="better end of another outcome"
    )
    bring.add_argument("--scale", default="", help="scale of another outcome of means")
    bring.add_argument("--unit", default="", help="unit of that scale")
    bring.add_argument("--sheet", default="", metavar="NAME", help="sheet of a workbook")
    bring.add_argument(
        "--dry-run", action="store_true", help="show what the command would do; write nothing"
    )
    bring.add_argument("--undo", action="store_true", help="take out the rows of the last import")
    bring.set_defaults(run=commands.import_)

    listing = command.add_parser("list", help="list reviews, notebooks and parameters")
    listing.set_defaults(run=commands.list_)

    schema = command.add_parser(
        "schema",
        help="write the files that are made from data/tables.yml (datapackage.json, DICTIONARY.md), and "
        "the cells of the notebooks with their parameters",
    )
    schema.set_defaults(run=commands.schema)

    course = command.add_parser(
        "course", help="make and mark lessons on a review: build, class, mark, nbgrader"
    )
    parts = course.add_subparsers(required=True, metavar="part")
    built = parts.add_parser(
        "build", help="make both editions of every lesson, hand-outs and slides"
    )
    built.add_argument("--pdf", action="store_true", help="make the hand-outs as PDF, too")
    built.set_defaults(run=commands.course_build)
    group = parts.add_parser("class", help="make notebooks with different numbers for each student")
    group.add_argument(
        "--students", type=_positive, required=True, metavar="N", help="number of students"
    )
    group.add_argument(
        "--seed",
        type=_positive,
        required=True,
        metavar="S",
        help="any number for the class; the same one gives the same exercises",
    )
    group.add_argument(
        "--pdf", action="store_true", help="make PDF hand-outs for each student, and key.pdf"
    )
    group.set_defaults(run=commands.course_class)
    graded = parts.add_parser(
        "nbgrader", help="make a course folder for nbgrader, with the same marks as 'mark'"
    )
    graded.add_argument("folder", type=Path)
    graded.add_argument(
        "--students",
        type=_positive,
        metavar="N",
        help="number of students; each gets different numbers",
    )
    graded.add_argument(
        "--seed",
        type=_positive,
        metavar="S",
        help="any number for the class; needed with --students",
    )
    graded.set_defaults(run=commands.course_nbgrader)
    for part in (built, group, graded):
        part.add_argument(
            "--solution-after",
            type=_positive,
            default=0,
            metavar="N",
            help="show a student the solution after N different wrong answers (default: never)",
        )
    mark = parts.add_parser("mark", help="mark the notebooks in a folder; write marks.csv there")
    mark.add_argument("folder", type=Path)
    mark.set_defaults(run=commands.course_mark)
    return top


def _which_report(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--review", action="append", help="name of a review (default: all; may be repeated)"
    )
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="set a parameter, e.g. --set missing_se=exclude (may be repeated; see `list`)",
    )


def _positive(word: str) -> int:
    if not word.isdecimal() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"'{word}' is not a whole number of 1 or more")
    return int(word)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"'{text}' must be written NAME=VALUE")
    return name.strip(), value.strip()
