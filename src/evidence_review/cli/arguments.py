"""The commands and their options, in words that `--help` shows."""

from __future__ import annotations

import argparse
from pathlib import Path

from evidence_review import __version__
from evidence_review.cli import commands
from evidence_review.effect_measures import MEASURES, STATED
from evidence_review.exchange.exports import EXPORTS
from evidence_review.numbers import listing as in_words


def parser() -> argparse.ArgumentParser:
    """The command line; `run` of what it parses is a function of `commands`."""
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
        "--force", action="store_true", help="run every notebook, also where nothing has changed"
    )
    report.add_argument(
        "--why", action="store_true", help="say of every notebook which of its inputs have changed"
    )
    report.set_defaults(run=commands.report)

    diff = command.add_parser("diff", help="say what changed in the findings between two reports")
    diff.add_argument(
        "old", type=Path, metavar="OLD", help="folder of a report, e.g. a copy, or its results.json"
    )
    diff.add_argument(
        "new", type=Path, metavar="NEW", nargs="?", help="another (default: the present report)"
    )
    diff.set_defaults(run=commands.diff)

    sweep = command.add_parser(
        "sweep", help="the answer under many sets of parameters, on one page"
    )
    sweep.add_argument(
        "file", type=Path, help="which parameters, e.g. sweep.yml (see docs/sweeps.md)"
    )
    workers = sweep.add_mutually_exclusive_group()
    workers.add_argument(
        "--jobs", type=_positive, metavar="N", help="processes (default: one a core)"
    )
    workers.add_argument(
        "--scheduler", metavar="ADDRESS", help="a Dask scheduler, e.g. tcp://10.0.0.1:8786"
    )
    sweep.set_defaults(run=commands.sweep)

    export = command.add_parser(
        "export", help="write the report in other forms to reports/exports/ (making it if need be)"
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
        help="check the data and the verdicts that rest on them; say everything that is wrong",
    )
    check.add_argument("--review", help="only this review and its reference class")
    check.add_argument(
        "--findings",
        action="store_true",
        help="also compute everything that the reports will state, under every outcome",
    )
    check.set_defaults(run=commands.check)

    init = command.add_parser(
        "init", help="make a project of your own: notebooks, table definitions, a workflow"
    )
    init.add_argument("folder", type=Path, metavar="FOLDER", help="new or empty")
    init.set_defaults(run=commands.init)

    new = command.add_parser(
        "new",
        help="make the tables of a new review",
        description="In a terminal it asks for what is not given.",
    )
    new.add_argument("name", metavar="NAME", help="its folder in data/, e.g. zinc-sleep")
    new.add_argument("--question", default="", help='e.g. "Does zinc help with sleep?"')
    for option, what in (
        ("treatment", "as it reads in mid-sentence, e.g. zinc"),
        ("condition", "e.g. insomnia"),
        ("outcome", "that the answer rests on"),
        ("scale", "what the outcome is measured on, if it is a score or measurement"),
        ("unit", "of the scale, e.g. points, min"),
    ):
        new.add_argument(f"--{option}", default="", help=what)
    new.add_argument(
        "--measure",
        choices=("MD", "SMD", *STATED),
        default="",
        help="what the answer is measured in: mean difference (default), "
        + in_words(MEASURES[name].words for name in STATED),
    )
    new.add_argument("--lowest", type=float, help="score that the scale can have")
    new.add_argument("--highest", type=float, help="score that the scale can have")
    new.add_argument("--better", choices=("higher", "lower"), default="", help="end of the scale")
    new.add_argument("--sd", type=float, help="about how much people differ on the scale")
    new.add_argument(
        "--reference",
        default="new",
        metavar="NAME",
        help="the placebo arms to compare with: a folder of data/, or 'new' (default), which makes one",
    )
    new.set_defaults(run=commands.new)

    bring = command.add_parser(
        "import",
        help="take results over from a table of any kind (CSV, Excel, RevMan, metafor), or references",
        description="Shows what it understood of the table before it writes. One trial a row (n1, "
        "mean1, sd1, n2, mean2, sd2; events1, n1, events2, n2; or estimate, ci_low, ci_high) or one "
        "arm a row; column names in plain words, of RevMan or of R's packages metafor and meta. A file "
        "of references (RIS, NBIB, BibTeX, CSL JSON) fills the sources.",
    )
    bring.add_argument("file", type=Path, metavar="FILE", nargs="?")
    bring.add_argument(
        "--review", help="the review that they are for (default: the default review)"
    )
    for option, metavar, what in (
        ("--map", "OURS=THEIRS", "a column of the file that was not understood, e.g. mean1=Score"),
        ("--fill", "OURS=VALUE", "what to write in a column of ours, e.g. week=12"),
        ("--where", "THEIRS=VALUE", "only rows that have this value"),
    ):
        bring.add_argument(
            option, action="append", default=[], metavar=metavar, type=_pair, help=what
        )
    bring.add_argument(
        "--values", choices=("scores", "changes"), default="", help="what the means are of"
    )
    bring.add_argument(
        "--control",
        choices=("placebo", "sham", "usual care", "control"),
        default="placebo",
        help="what the control arm got, where the table does not say (default: placebo; 'control' if that "
        "is not known)",
    )
    bring.add_argument(
        "--placebo",
        action="store_true",
        help="take the placebo arms alone, into the reference class of the review",
    )
    bring.add_argument(
        "--outcome",
        default="",
        metavar="NAME",
        help="what it is about, if not the review's own outcome; it gets a row in outcomes.csv, and of "
        "trials that are there already only the results are added",
    )
    bring.add_argument(
        "--measure", default="", help="of another outcome of events: OR, RR (default) or RD"
    )
    bring.add_argument(
        "--better", choices=("higher", "lower"), default="", help="of another outcome: which way"
    )
    bring.add_argument("--scale", default="", help="of another outcome of means: measured on")
    bring.add_argument("--unit", default="", help="of that scale")
    bring.add_argument("--sheet", default="", metavar="NAME", help="of a workbook")
    bring.add_argument("--dry-run", action="store_true", help="show what was understood, no more")
    bring.add_argument(
        "--undo", action="store_true", help="take the rows of the last import out again"
    )
    bring.set_defaults(run=commands.import_)

    listing = command.add_parser("list", help="reviews, notebooks and parameters")
    listing.set_defaults(run=commands.list_)

    schema = command.add_parser(
        "schema",
        help="write what follows from data/tables.yml (datapackage.json, DICTIONARY.md) and from the "
        "settings (the parameters cells of the notebooks)",
    )
    schema.set_defaults(run=commands.schema)

    course = command.add_parser(
        "course", help="lessons made from a review: build, class, mark, nbgrader"
    )
    parts = course.add_subparsers(required=True, metavar="part")
    built = parts.add_parser("build", help="both editions of every lesson, hand-outs and slides")
    built.add_argument("--pdf", action="store_true", help="the hand-outs as PDF, too")
    built.set_defaults(run=commands.course_build)
    group = parts.add_parser("class", help="notebooks with numbers of their own for each student")
    group.add_argument("--students", type=_positive, required=True, metavar="N")
    group.add_argument("--seed", type=_positive, required=True, metavar="S", help="names the class")
    group.add_argument(
        "--pdf", action="store_true", help="a hand-out of each lesson for each student, and key.pdf"
    )
    group.set_defaults(run=commands.course_class)
    graded = parts.add_parser(
        "nbgrader", help="a course folder for nbgrader, whose marks are those of 'mark'"
    )
    graded.add_argument("folder", type=Path)
    graded.add_argument("--students", type=_positive, metavar="N", help="numbers of their own")
    graded.add_argument("--seed", type=_positive, metavar="S", help="names the class (with N)")
    graded.set_defaults(run=commands.course_nbgrader)
    for part in (built, group, graded):
        part.add_argument(
            "--solution-after",
            type=_positive,
            default=0,
            metavar="N",
            help="show a student the solution after N different wrong answers (default: never)",
        )
    mark = parts.add_parser("mark", help="mark the notebooks in a folder; writes marks.csv there")
    mark.add_argument("folder", type=Path)
    mark.set_defaults(run=commands.course_mark)
    return top


def _which_report(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--review", action="append", help="which review (default: all; may be repeated)"
    )
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter, e.g. --set missing_se=exclude (may be repeated; see `list`)",
    )


def _positive(word: str) -> int:
    if not word.isdecimal() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"'{word}' is not a whole number from 1 up")
    return int(word)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"'{text}' must be written NAME=VALUE")
    return name.strip(), value.strip()
