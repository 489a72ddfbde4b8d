"""The picture that stands for a report where a link to it is shared: question, answer, certainty."""

from __future__ import annotations

import io
import textwrap

from evidence_review.display.style import ESTABLISHED, INK, MUTED, TEXT, TREATMENT
from evidence_review.words.briefing import Briefing

# As large as the sites that show such pictures ask for: 1200 by 630 pixels.
_INCHES, _DPI = (12.0, 6.3), 100
_LEFT = 0.06


def preview(briefing: Briefing) -> bytes:
    """The picture as PNG: the same bytes for the same briefing."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with rc_context(TEXT):  # the style of charts takes seaborn along, which is a second's work
        figure = Figure(figsize=_INCHES, dpi=_DPI)
        figure.set_layout_engine("none")
        canvas = FigureCanvasAgg(figure)
        figure.text(
            _LEFT, 0.9, textwrap.fill(briefing.question, 52), size=22, color=MUTED, va="top"
        )
        answer = textwrap.fill(briefing.verdict, 38)
        figure.text(
            _LEFT, 0.72, answer, size=34, color=INK, va="top", weight="bold", linespacing=1.3
        )
        level = f"Certainty: {briefing.level}.  " if briefing.level else ""
        facts = f"{level}Based on {briefing.based_on}; up to date to {briefing.read_on}."
        figure.text(_LEFT, 0.1, facts, size=19, color=ESTABLISHED)
        figure.add_artist(_bar())
        buffer = io.BytesIO()
        canvas.print_png(buffer, metadata={"Software": None})
    return buffer.getvalue()


def _bar():
    from matplotlib.patches import Rectangle

    return Rectangle((0, 0), 0.015, 1, color=TREATMENT, lw=0)
