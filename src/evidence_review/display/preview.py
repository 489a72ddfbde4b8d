"""The picture that stands for a report where a link to it is shared: question, answer, certainty."""

from __future__ import annotations

import io
import textwrap
from importlib.util import find_spec
from pathlib import Path

from evidence_review.display.style import ESTABLISHED, INK, MUTED, TREATMENT
from evidence_review.words.briefing import Briefing

# As large as the sites that show such pictures ask for, in pixels.
_SIZE = (1200, 630)
_LEFT, _EDGE = 72, 18  # where words begin, and how wide the bar before them is


def preview(briefing: Briefing) -> bytes:
    """The picture as PNG: the same bytes for the same briefing."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", _SIZE, "white")
    drawing = ImageDraw.Draw(image)
    drawing.rectangle((0, 0, _EDGE, _SIZE[1]), fill=TREATMENT)
    question, answer = textwrap.fill(briefing.question, 52), textwrap.fill(briefing.verdict, 38)
    level = f"Certainty: {briefing.level}.  " if briefing.level else ""
    facts = f"{level}Based on {briefing.based_on}; searched up to {briefing.read_on}."
    regular, bold = "DejaVuSans.ttf", "DejaVuSans-Bold.ttf"
    for words, top, size, face, colour in (
        (question, 63, 30, regular, MUTED),
        (answer, 176, 47, bold, INK),
        (facts, 541, 26, regular, ESTABLISHED),
    ):
        drawing.text((_LEFT, top), words, colour, _font(face, size), spacing=size * 0.3)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _font(face: str, size: int):
    """A face of the family that charts have, from matplotlib's files: matplotlib itself takes long to import."""
    from PIL import ImageFont

    found = find_spec("matplotlib")
    assert found is not None and found.origin is not None
    path = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf" / face
    return ImageFont.truetype(path, size)
