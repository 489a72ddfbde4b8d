"""The front door for the terminal: `evidence-review report | diff | sweep | check | new | import | ..`.

Exit codes: 0 done; 1 the data are not valid or a notebook failed; 2 the command cannot be
carried out as given; 130 interrupted. `diff` as its namesake: 0 the results are the same (whatever
they are made from), 1 they differ, 2 they cannot be compared.
"""

from __future__ import annotations

import argparse
import errno
import os
import sys
from pathlib import Path

from evidence_review import __version__


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    from evidence_review.appraisal.settings import SettingsError
    from evidence_review.factory.notebooks import NotebookError
    from evidence_review.factory.report import ReportError
    from evidence_review.records import (
        DataError,
        PackageError,
        ProjectNotFoundError,
        UnknownReviewError,
        find_project,
    )

    try:
        return options.run(find_project(options.project), options)
    except (ProjectNotFoundError, UnknownReviewError, SettingsError) as error:
        return _fail(error, 2)
    except (DataError, NotebookError, PackageError, ReportError) as error:
        return _fail(error, 1)
    except OSError as error:
        where = error.filename or "a file (the system does not say which)"
        mend = _MEND.get(error.errno, "see that it can be read and written")
        return _fail(f"cannot use {where}: {error.strerror}; {mend}; {_UNTOUCHED}", 1)
    except KeyboardInterrupt:
        _fail(f"interrupted; {_UNTOUCHED}", 130)
        # At once: the usual way out waits for a kernel that may be busy for minutes.
        sys.stderr.flush()
        os._exit(130)


_UNTOUCHED = "the previous report is untouched"
_MEND = {
    errno.EACCES: "you need the right to read and write it",
    errno.EEXIST: "a folder belongs in the place of this file",
    errno.EISDIR: "a file belongs in the place of this folder",
    errno.ENOSPC: "make room on the disk",
    errno.ENOTDIR: "a folder belongs in the place of this file",
    errno.EROFS: "it lies where nothing can be written: work on a copy of the project",
}


def _fail(message: object, code: int) -> int:
    print(f"evidence-review: {message}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="evidence-review",
        description="An evidence review that runs: is this improvement more than placebo shows?",
    )
    parser.add_argument("--version", action="version", version=__version__)
    parser.add_argument(
        "--project", type=Path, help="folder of the project (default: the one you are in)"
    )
    commands = parser.add_subparsers(required=True, metavar="command")

    report = commands.add_parser("report", help="run the notebooks and write the pages to reports/")
    report.add_argument(
        "--review", action="append", help="which review (default: all; may be repeated)"
    )
    report.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter, e.g. --set missing_se=exclude (may be repeated; see `list`)",
    )
    report.add_argument(
        "--jobs", type=_positive, metavar="N", help="notebooks run at once (default: one a core)"
    )
    report.add_argument(
        "--force", action="store_true", help="run every notebook, also where nothing has changed"
    )
    report.add_argument(
        "--why", action="store_true", help="say of every notebook which of its inputs have changed"
    )
    report.set_defaults(run=_report)

    diff = commands.add_parser("diff", help="say what changed in the findings between two reports")
    diff.add_argument(
        "old", type=Path, metavar="OLD", help="folder of a report, e.g. a copy, or its results.json"
    )
    diff.add_argument(
        "new", type=Path, metavar="NEW", nargs="?", help="another (default: the present report)"
    )
    diff.set_defaults(run=_diff)
    sweep = commands.add_parser(
        "sweep", help="the effect against placebo under many sets of parameters, on one page"
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
    sweep.set_defaults(run=_sweep)

    check = commands.add_parser(
        "check",
        help="check the data and the verdicts that rest on them; say everything that is wrong",
    )
    check.add_argument("--review", help="only this review and its reference class")
    check.set_defaults(run=_check)

    new = commands.add_parser("new", help="make the tables of a new review, to be filled in")
    new.add_argument("name", metavar="NAME", help="its folder in data/, e.g. zinc-sleep")
    new.add_argument("--question", default="", help='e.g. "Does X help with Y?"')
    new.add_argument(
        "--reference",
        default="",
        metavar="NAME",
        help="the placebo arms to compare with: a folder of data/ (default: that of the default "
        "review), or 'new' to collect them",
    )
    new.set_defaults(run=_new)

    bring = commands.add_parser(
        "import", help="take arm-level results over from a CSV file, also RevMan's"
    )
    bring.add_argument("file", type=Path, metavar="FILE")
    bring.add_argument("--review", required=True, help="the review that they are for")
    for option, metavar, what in (
        ("--map", "OURS=THEIRS", "a column of the file that has another name there"),
        ("--fill", "OURS=VALUE", "what to write in a column of ours, e.g. week=12"),
        ("--where", "THEIRS=VALUE", "only rows that have this value"),
    ):
        bring.add_argument(
            option, action="append", default=[], metavar=metavar, type=_pair, help=what
        )
    bring.add_argument(
        "--values", choices=("scores", "changes"), default="", help="what RevMan's means are of"
    )
    bring.set_defaults(run=_import)

    export = commands.add_parser(
        "export", help="write the results for other programs to reports/exports/"
    )
    export.add_argument("form", choices=("csv",), help="csv: for metafor, RevMan and GRADEpro")
    export.add_argument("--review", action="append", help="which review (default: all)")
    export.set_defaults(run=_export)

    listing = commands.add_parser("list", help="reviews, notebooks and parameters")
    listing.set_defaults(run=_list)

    schema = commands.add_parser(
        "schema", help="write datapackage.json and DICTIONARY.md from data/tables.yml"
    )
    schema.set_defaults(run=_schema)
    return parser


def _positive(word: str) -> int:
    if not word.isdecimal() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"'{word}' is not a whole number from 1 up")
    return int(word)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"'{text}' must be written NAME=VALUE")
    return name.strip(), value.strip()


def _report(project, options) -> int:
    from evidence_review.appraisal.settings import SettingsError
    from evidence_review.factory.notebooks import parse_settings
    from evidence_review.factory.report import build_report
    from evidence_review.factory.run_log import run_log

    given = {}
    for text in options.set:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise SettingsError(f"--set {text}: write it as NAME=VALUE")
        given[name.strip()] = value.strip()
    reviews = options.review or project.reviews()
    for review in reviews:
        project.require_review(review)
    every = [parse_settings(review, given) for review in reviews]
    with run_log(project.root / ".cache" / "runs.log"):
        for settings in every:
            print(f"{settings.review}:", flush=True)
            report = build_report(
                project,
                settings,
                progress=lambda line: print(f"  {line}", flush=True),
                jobs=options.jobs,
                force=options.force,
                why=options.why,
            )
            print(report.index.relative_to(project.root), flush=True)
    return 0


def _diff(project, options) -> int:
    from evidence_review.factory.diff import DiffError, compare, read_report

    try:
        old = read_report(options.old)
        review = old.manifest.review if old.manifest else project.default_review()
        difference = compare(old, read_report(options.new or project.reports / review))
    except DiffError as error:
        return _fail(error, 2)
    print(difference.text)
    return 1 if difference.is_one else 0


def _sweep(project, options) -> int:
    from evidence_review.factory.sweep import run_sweep

    report = run_sweep(
        project,
        options.file,
        progress=lambda line: print(f"  {line}", flush=True),
        jobs=options.jobs,
        scheduler=options.scheduler,
    )
    print(report.index.relative_to(project.root), flush=True)
    return 0


def _check(project, options) -> int:
    from evidence_review.appraisal.doubts import doubts
    from evidence_review.appraisal.review import (
        disagreements,
        too_few_placebo_arms,
        unfinished_judgements,
    )
    from evidence_review.appraisal.settings import Settings
    from evidence_review.factory.new_review import HOW_TO_FILL
    from evidence_review.records import DataError, load, missing_pages, violations

    folders = project.folders()
    if options.review:
        project.require_review(options.review)
        folders = [
            name for name in (options.review, project.reference_class(options.review)) if name
        ]
    found = violations(project, folders) + missing_pages(project, folders)
    if not found:  # only data that keep to their form can be computed with
        for review in set(folders) & set(project.reviews()):
            records = load(review, project)
            unfinished = too_few_placebo_arms(records) + unfinished_judgements(records)
            found += unfinished or disagreements(records, Settings().resolve(records))
    if found:
        guides = [project.data / name / HOW_TO_FILL for name in folders]
        told = [str(path.relative_to(project.root)) for path in guides if path.exists()]
        help_is_in = f"\n\nHow to fill them in: {', '.join(told)}" if told else ""
        return _fail(f"{DataError(found)}{help_is_in}", 1)
    print(f"No problems in {', '.join(folders)}.")
    doubtful = [
        doubt
        for review in project.reviews()
        if review in folders
        for doubt in doubts(load(review, project))
    ]
    if doubtful:
        print("Worth a second look; a report is made all the same:")
        print("\n".join(f"  {doubt}" for doubt in doubtful))
    return 0


def _new(project, options) -> int:
    from evidence_review.factory.new_review import HOW_TO_FILL, NewReviewError, new_review

    try:
        made = new_review(
            project, options.name, question=options.question, reference=options.reference
        )
    except NewReviewError as error:
        return _fail(error, 2)
    print(f"Made {' and '.join(str(folder.relative_to(project.root)) for folder in made)}. Next:")
    print(f"  1. fill in the tables, review.csv first, as data/{options.name}/{HOW_TO_FILL} says")
    print(
        f"  2. evidence-review check --review {options.name}   (what is missing, and how to mend it)"
    )
    print(f"  3. evidence-review report --review {options.name}  (the pages)")
    return 0


def _import(project, options) -> int:
    from evidence_review.factory.import_arms import ImportRefusedError, import_arms

    try:
        added = import_arms(
            project,
            options.review,
            options.file,
            columns=dict(options.map),
            fill=dict(options.fill),
            only=dict(options.where),
            values=options.values,
        )
    except ImportRefusedError as error:
        return _fail(error, 1)
    rows = ", ".join(f"{count} of {name}.csv" for name, count in added.rows.items() if count)
    print(f"Added {len(added.studies)} studies ({', '.join(added.studies)}); rows: {rows}.")
    if added.not_compared:
        print(f"Say in contrasts.csv what to compare in {', '.join(added.not_compared)}.")
    print("Look the new rows over (role, blinding, weeks), then run check.")
    return 0


def _export(project, options) -> int:
    from evidence_review.appraisal.settings import Settings
    from evidence_review.factory.exchange import export_csv
    from evidence_review.records import load

    for review in options.review or project.reviews():
        records = load(review, project)
        for path in export_csv(project, records, Settings().resolve(records)):
            print(path.relative_to(project.root))
    return 0


def _list(project, options) -> int:
    from evidence_review.appraisal.settings import Settings
    from evidence_review.factory.notebooks import report_notebooks
    from evidence_review.records import load

    print("Reviews")
    for name in project.reviews():
        print(f"  {name}  (reference class: {project.reference_class(name)})")
    print("\nNotebooks")
    for notebook in report_notebooks(project):
        print(f"  {notebook.name}  {notebook.question}")
    print("\nParameters (--set NAME=VALUE): default [what is allowed]")
    for name, default, meaning in Settings.explained(load(project.default_review(), project)):
        print(f"  {name} = {default}\n      {meaning}")
    return 0


def _schema(project, options) -> int:
    from evidence_review.records.package import write_data_package

    for path in write_data_package(project):
        print(path.relative_to(project.root))
    return 0
