"""The page of a sweep: the answer under all choices, and the choices that move it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from evidence_review.display import page
from evidence_review.display.picture import Picture
from evidence_review.estimates.methods import (
    BINOMIAL_NORMAL,
    INVERSE_VARIANCE,
    MANTEL_HAENSZEL,
    PETO,
)
from evidence_review.records import Project
from evidence_review.review.review import Review
from evidence_review.runs.site import provenance, stylesheet, write_page
from evidence_review.sweep import figures as sweep_figures
from evidence_review.sweep import pool_words
from evidence_review.sweep import words as sweep
from evidence_review.sweep.choices import POOLED_EFFECT, RANDOM_EFFECTS
from evidence_review.sweep.plan import SweepPlan
from evidence_review.sweep.points import SweepResult
from evidence_review.words.settings import value_names

# Short names of methods of pooling, for rows of figures.
METHOD_NAMES = {
    RANDOM_EFFECTS: "random effects",
    INVERSE_VARIANCE: "inverse variance",
    MANTEL_HAENSZEL: "Mantel-Haenszel",
    PETO: "Peto",
    BINOMIAL_NORMAL: "binomial-normal",
}


def render_sweep(project: Project, plan: SweepPlan, result: SweepResult, folder: Path) -> None:
    """Write `index.html` into `folder`, which has the points."""
    opened = Review(plan.records)
    review, names = plan.records.review, value_names(opened) | METHOD_NAMES
    home = f"../{plan.records.folder}/index.html"
    if plan.about == POOLED_EFFECT:
        found = pool_words.parts(opened, result)
        sections = [
            {"heading": part.heading, "first_line": pool_words.first_line(part)}
            | _drawn(part.result, names, pool_words.moved(part), place)
            for place, part in enumerate(found)
        ]
        overall = pool_words.overall(found) if len(found) > 1 else ""
        points = pool_words.points_frame(found, result)
        meaning = pool_words.what_a_point_is(found, result)
    else:
        first_line = sweep.first_line(result, review.treatment)
        sections = [{"first_line": first_line} | _drawn(result, names)]
        points, meaning, overall = sweep.points_frame(result), "", ""
    commands = sweep.report_commands(result, points.point)
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
        provenance=provenance(project, plan.records, plan.settings),
        about=plan.about,
        overall=overall,
        sections=sections or [{"first_line": sweep.no_answer(result), "figures": {}}],
        meaning=meaning,
        points=page.table_html(points, caption="Points, by their answer"),
        listed=len(commands),
        done=len(result.done),
        parquet=(folder / "points.parquet").is_file(),
        failed=page.table_html(sweep.failed_frame(result), caption="Points without an answer"),
        count_failed=int((~result.points.ok).sum()),
        commands=json.dumps(commands).replace("<", "\\u003c"),
    )


def _drawn(
    result: SweepResult, names: Mapping[str, str], moved: str = "", place: int = 0
) -> dict[str, Any]:
    """Figures and tables of answers that can be compared with each other.

    moved: a sentence on what moves them most. place: the number of this part of the page.
    """
    drawn = lambda picture: _html(
        replace(picture, id=f"{picture.id}-{place + 1}") if place else picture
    )
    figures, why_no_shares = {}, sweep.shares_text(result)
    shares = None if why_no_shares else result.shares(result.answer)
    if len(result.done) and result.swept:
        figures["curve"] = drawn(sweep_figures.specification_curve(result, names))
        figures["by_choice"] = drawn(sweep_figures.by_choice(result, names))
        if shares:
            figures["shares"] = drawn(sweep_figures.what_moves(result, shares))
    caption = "Share of the variance that each choice moves alone"
    return {
        "moved": moved,
        "figures": figures,
        "why_no_shares": why_no_shares,
        "shares": page.table_html(sweep.shares_frame(result), caption=caption),
    }


def _html(picture: Picture) -> str:
    return page.figure_html(picture.draw, picture.id, picture.alt, picture.caption, picture.data())
