"""Pictures of risk of bias: a light for each study and domain, and the share of each judgement."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from evidence_review import numbers as text
from evidence_review.display import page
from evidence_review.display.picture import Picture
from evidence_review.display.style import (
    INK,
    MUTED,
    PLACEBO_FILL,
    RULE,
    TREATMENT,
    Width,
    name_rows,
)
from evidence_review.judgement.bias_tools import TOOLS
from evidence_review.judgement.risk_of_bias import Assessment, Judgement, weight_of
from evidence_review.review.finding import slug
from evidence_review.words import figures_checks as words
from evidence_review.words.figures_checks import NOT_ASSESSED

# Fill, ink and sign: the worse, the darker, and never by colour alone.
_LOOK = {
    "low": (PLACEBO_FILL, INK, "+"),
    "some concerns": ("#f2c49b", INK, "–"),
    "moderate": ("#f2c49b", INK, "–"),
    "high": (TREATMENT, "white", "×"),
    "serious": (TREATMENT, "white", "×"),
    "critical": ("#5c1a02", "white", "!"),
    NOT_ASSESSED: ("white", MUTED, "?"),
}


MOST_RESULTS = 20  # of one kind in a figure: a light for each domain is a thousand bytes


def traffic_lights(every: Sequence[Assessment]) -> Picture:
    """A row a study, a column a domain and the overall judgement; all results by one tool.

    Of more than `MOST_RESULTS` the first ones are drawn; all can be saved.

    A dashed ring: some of the questions could only be answered with 'no information'. A star: a
    person's judgement in place of the derived one.
    """
    columns, results = _columns(every), every[:MOST_RESULTS]
    several = len({result.outcome for result in every}) > 1
    named = lambda result, join: (
        f"{result.label}{join}{result.outcome}" if several else result.label
    )

    def draw(width: Width):
        import matplotlib.pyplot as plt

        domains = [f"{part.domain}  {text.capital(part.name)}" for part in columns[:-1]]
        shown = _levels(results)
        key = 0.19 * len(domains) + 0.3 * (len(shown) if width.compact else 1) + 0.4
        figure, axes = plt.subplots(figsize=(width.inches, 0.5 * len(results) + 0.4 + key))
        for y, result in enumerate(results):
            for x, part in enumerate(_parts(result)):
                fill, ink, sign = _LOOK[part.final or NOT_ASSESSED]
                ring = (0, (2, 1.5)) if part.no_information else "solid"
                axes.scatter(
                    x,
                    y,
                    s=440 if width.compact else 560,
                    color=fill,
                    edgecolor=INK,
                    lw=1.3,
                    ls=ring,
                )
                sign += "*" if _overridden(part) else ""
                axes.text(
                    x,
                    y,
                    sign,
                    color=ink,
                    ha="center",
                    va="center_baseline",
                    size=width.font + 5,
                    **_link(result, part),
                )
        axes.set_xlim(-0.5, len(columns) - 0.5)
        axes.set_ylim(len(results) - 0.5, -0.5)
        axes.xaxis.tick_top()
        axes.set_xticks(range(len(columns)), [*(part.domain for part in columns[:-1]), "All"])
        axes.set_yticks(range(len(results)), [named(result, "\n") for result in results])
        axes.tick_params(length=0)
        axes.axvline(len(columns) - 1.5, color=RULE, lw=1)
        axes.spines[["left", "bottom"]].set_visible(False)
        _legend(figure, width, shown, columns=1 if width.compact else len(shown), title=domains)
        return figure

    return Picture(
        f"risk-of-bias-{slug(results[0].tool)}",
        draw,
        alt=words.lights_alt([(named(result, ", "), result) for result in results], len(every)),
        caption=words.lights_caption(
            any(_overridden(part) for result in results for part in _parts(result)),
            len(results),
            len(every),
        ),
        drawn=pd.DataFrame(
            {"study": result.label, "outcome": result.outcome}
            | {part.name: part.final or NOT_ASSESSED for part in _parts(result)}
            for result in every
        ),
    )


def _link(result: Assessment, part: Judgement) -> dict[str, Any]:
    """Where a light leads to, and what it says in words."""
    if not part.rows:
        return {}
    return {
        "url": page.rows_address(part.rows),
        "gid": f"{result.label}, {part.name}: {part.final or NOT_ASSESSED}",
    }


def summary(
    results: Sequence[Assessment], *, weights: Mapping[str, float] | None = None
) -> Picture:
    """The share of the studies, by weight, that each judgement has in each domain and overall.

    weights: by study_id; every study counts the same where none are given.
    """
    columns, shown = _columns(results), _levels(results)
    size = [weight_of(result, weights) for result in results]
    shares = [
        {
            level: sum(
                weight
                for result, weight in zip(results, size, strict=True)
                if (_parts(result)[x].final or NOT_ASSESSED) == level
            )
            / sum(size)
            for level in shown
        }
        for x in range(len(columns))
    ]
    names = [text.capital(part.name) for part in columns]

    def draw(width: Width):
        import matplotlib.pyplot as plt

        figure, axes = plt.subplots(figsize=(width.inches, 0.5 * len(columns) + 1.2))
        for y, share in enumerate(shares):
            left = 0.0
            for level, part in share.items():
                fill, ink, sign = _LOOK[level]
                axes.barh(y, part, left=left, color=fill, edgecolor=INK, lw=0.8, clip_on=False)
                if part > 0.06:
                    axes.text(
                        left + part / 2,
                        y,
                        sign,
                        color=ink,
                        ha="center",
                        va="center_baseline",
                        size=width.font + 3,
                    )
                left += part
        wrap = 20 if width.compact else 40
        name_rows(axes, [textwrap.fill(n, wrap) for n in names], (-0.5, len(names) - 0.5))
        axes.get_yticklabels()[-1].set_fontweight("bold")
        axes.set_xlim(0, 1)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        axes.set_xlabel("share of weight" if weights else "share of studies")
        _legend(figure, width, shown, columns=2 if width.compact else len(shown))
        return figure

    return Picture(
        f"risk-of-bias-summary-{slug(results[0].tool)}",
        draw,
        alt=words.shares_alt(results, columns, shares, is_weighted=bool(weights)),
        drawn=pd.DataFrame(
            {"domain": name} | {f"{level}, %": 100 * part for level, part in share.items()}
            for name, share in zip(names, shares, strict=True)
        ),
    )


def lights_beside(panel, results: Sequence[Assessment | None], width: Width) -> None:
    """Lights to the right of a forest plot's rows, one result a row (None: not assessed).

    Every domain and the overall judgement; on a phone the overall one alone. All by one tool.
    """
    shown = [result for result in results if result is not None]
    if not shown:
        return
    heads = [*(part.domain for part in _columns(shown)[:-1]), "All"]
    keep = heads[-1:] if width.compact else heads
    step = 26 if width.compact else 19  # points
    at = dict(xycoords=panel.get_yaxis_transform(), textcoords="offset points", va="center")
    for x, head in enumerate(keep):
        offset = (14 + step * x, 0)
        panel.annotate(
            head, (1, -0.72), offset, ha="center", color=MUTED, fontsize=width.font - 2, **at
        )
        for y, result in enumerate(results):
            part = _parts(result)[heads.index(head)] if result else None
            fill, ink, sign = _LOOK[(part and part.final) or NOT_ASSESSED]
            panel.annotate(
                sign,
                (1, y),
                offset,
                ha="center",
                color=ink,
                fontsize=width.font,
                bbox={
                    "boxstyle": "circle,pad=0.18",
                    "facecolor": fill,
                    "edgecolor": INK,
                    "lw": 0.8,
                },
                **(_link(result, part) if result and part else {}),
                **at,
            )


def signs(results: Sequence[Assessment]) -> list[tuple[str, str]]:
    """The sign of each judgement that a light can show, and the judgement."""
    levels = dict.fromkeys(level for result in results for level in TOOLS[result.tool].levels)
    return [(_LOOK[level][2], level) for level in (*levels, NOT_ASSESSED)]


def _columns(results: Sequence[Assessment]) -> tuple[Judgement, ...]:
    """The judgements of the first result, which name the columns.

    Raises ValueError unless there is a result and all are by one tool.
    """
    if len({result.tool for result in results}) != 1:
        raise ValueError(
            "results: a figure shows results by one tool; give at least one, of one tool"
        )
    return _parts(results[0])


def _parts(result: Assessment) -> tuple[Judgement, ...]:
    return (*result.domains, result.overall)


def _levels(results: Sequence[Assessment]) -> list[str]:
    """What the figure has to explain: the tool's judgements and, if need be, 'not assessed'."""
    levels = list(TOOLS[results[0].tool].levels)
    blank = any(not part.final for result in results for part in _parts(result))
    return levels + [NOT_ASSESSED] * blank


def _overridden(part: Judgement) -> bool:
    """Whether a person's judgement stands in place of a derived one."""
    return bool(part.derived and part.judged)


def _legend(
    figure, width: Width, levels: list[str], *, columns: int, title: Sequence[str] = ()
) -> None:
    """Below the figure: lines of `title`, then what each fill and sign mean."""
    from matplotlib.lines import Line2D

    figure.legend(
        handles=[
            Line2D([], [], ls="", marker="o", ms=12, mfc=_LOOK[level][0], mec=INK)
            for level in levels
        ],
        labels=[f"{_LOOK[level][2]}  {level}" for level in levels],
        loc="outside lower left",
        ncols=columns,
        title="\n".join(title),
        alignment="left",
        frameon=False,
        handlelength=1,
        fontsize=width.font - 1,
        title_fontsize=width.font - 1,
    )
