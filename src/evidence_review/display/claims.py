"""The article's claims: how the verdicts fall, and each claim with its reason and source."""

from __future__ import annotations

import html

import pandas as pd

from evidence_review.appraisal.findings import slug
from evidence_review.display import page, text
from evidence_review.display.picture import Picture
from evidence_review.display.style import ESTABLISHED, INK, TREATMENT, Width

VERDICT_ORDER = ("supported", "partly", "contradicted", "unverified", "not checkable")
_VERDICT_LOOK = {
    "supported": (ESTABLISHED, "white"),
    "partly": ("#7fa7c4", INK),
    "contradicted": (TREATMENT, "white"),
    "unverified": ("#f0d9c4", INK),
    "not checkable": ("#e7eaee", INK),
}


def verdicts(claims: pd.DataFrame) -> Picture:
    """How many claims of the article got which verdict, by part of the article."""
    topics = list(dict.fromkeys(claims.topic))
    counts = pd.crosstab(claims.topic, claims.verdict).reindex(
        index=topics, columns=list(VERDICT_ORDER), fill_value=0
    )

    def draw(width: Width):
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(figsize=(width.inches, 0.48 * len(topics) + 1.5))
        start = pd.Series(0, index=topics)
        for verdict in VERDICT_ORDER:
            fill, ink = _VERDICT_LOOK[verdict]
            values = counts[verdict]
            axes.barh(
                range(len(topics)),
                values,
                left=start,
                color=fill,
                edgecolor="white",
                height=0.74,
                label=verdict,
            )
            for y, (value, left) in enumerate(zip(values, start, strict=True)):
                if value:
                    axes.text(
                        left + value / 2,
                        y,
                        str(value),
                        ha="center",
                        va="center",
                        color=ink,
                        fontweight="bold",
                    )
            start = start + values
        axes.set_yticks(range(len(topics)), [text.capital(topic) for topic in topics])
        axes.tick_params(axis="y", length=0)
        axes.set_ylim(len(topics) - 0.5, -0.5)
        axes.set_xlabel("number of statements")
        axes.spines["left"].set_visible(False)
        figure.legend(
            loc="outside upper left",
            ncols=5 if not width.compact else 2,
            frameon=False,
            fontsize=width.font - 1,
            handlelength=1,
            columnspacing=1.2,
        )
        return figure

    totals = claims.verdict.value_counts()
    return Picture(
        "verdicts",
        draw,
        alt=(
            f"{len(claims)} statements by verdict: "
            + text.listing(f"{totals.get(verdict, 0)} {verdict}" for verdict in VERDICT_ORDER)
            + "."
        ),
    )


def claim_list(claims: pd.DataFrame, sources: pd.DataFrame) -> str:
    """Claims as HTML, one below the other: verdict, claim, reason, main source and its row.

    claims: rows of claims.csv. sources: sources.csv indexed by source_id. Text is escaped.
    """
    return "".join(_claim(row, sources) for row in claims.itertuples())


def _claim(row, sources: pd.DataFrame) -> str:
    kind = slug(row.verdict)
    qualifier = f" ({html.escape(row.qualifier)})" if row.qualifier else ""
    omitted = " <em>Left out by the article.</em>" if row.kind == "omission" else ""
    source = "No source was found."
    if row.source_id:
        entry = sources.loc[row.source_id]
        cited = html.escape(entry.citation)
        if entry.url:
            cited = f'<a href="{html.escape(entry.url)}">{cited}</a>'
        source = f"{cited} Read as: {html.escape(row.source_kind)} (quality {row.grade})."
    return (
        f'<div class="claim"><p class="claim-head"><span class="verdict {kind}">{html.escape(row.verdict)}</span> '
        f"<strong>{html.escape(row.claim)}.</strong>{omitted}{qualifier}</p>"
        f"<p>{html.escape(row.reason)}</p>"
        f'<p class="claim-source">{source} {page.row_links([row.row])}</p></div>'
    )
