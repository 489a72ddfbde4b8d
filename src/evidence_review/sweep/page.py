"""The page of a sweep: what the answer is under all choices, and which of them move it."""

from __future__ import annotations

import json
from pathlib import Path

from evidence_review.display import page
from evidence_review.display.picture import Picture
from evidence_review.records import Project
from evidence_review.review.review import Review
from evidence_review.runs.site import provenance, stylesheet, write_page
from evidence_review.sweep import figures as sweep_figures
from evidence_review.sweep import words as sweep
from evidence_review.sweep.plan import SweepPlan
from evidence_review.sweep.points import SweepResult
from evidence_review.words.settings import value_names


def render_sweep(project: Project, plan: SweepPlan, result: SweepResult, folder: Path) -> None:
    """Write `index.html` into `folder`, beside the points."""
    review, names = plan.records.review, value_names(Review(plan.records))
    home = f"../{plan.records.folder}/index.html"
    figures, why_no_shares = {}, sweep.shares_text(result)
    shares = None if why_no_shares else result.shares(result.answer)
    if len(result.done):
        figures["curve"] = _html(sweep_figures.specification_curve(result, names))
        figures["by_choice"] = _html(sweep_figures.by_choice(result, names))
        if shares:
            figures["shares"] = _html(sweep_figures.what_moves(result, shares))
    commands = sweep.report_commands(result)
    write_page(
        folder / "index.html",
        "sweep.html.j2",
        here="",
        title=f"{plan.name}: what the answer depends on",
        review=review,
        home=home
        if (project.reports / plan.records.folder / "index.html").is_file()
        else "../index.html",
        pages=[],
        changed={},
        css=stylesheet(),
        provenance=provenance(project, plan.records, plan.defaults),
        first_line=sweep.first_line(result, review.treatment),
        figures=figures,
        why_no_shares=why_no_shares,
        shares=page.table_html(
            sweep.shares_frame(result), caption="Share of the variance that each choice moves alone"
        ),
        points=page.table_html(sweep.points_frame(result), caption="Points, by their answer"),
        listed=len(commands),
        done=len(result.done),
        parquet=(folder / "points.parquet").is_file(),
        failed=page.table_html(sweep.failed_frame(result), caption="Points without an answer"),
        count_failed=int((~result.points.ok).sum()),
        commands=json.dumps(commands).replace("<", "\\u003c"),
    )


def _html(picture: Picture) -> str:
    return page.figure_html(picture.draw, picture.id, picture.alt, picture.caption, picture.data())
