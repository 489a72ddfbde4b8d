"""A course on paper, as PDF: hand-outs with each student's numbers, and the teacher's key to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import nbformat

from evidence_review.course import pages
from evidence_review.course.desk import OpenLesson
from evidence_review.course.editions import student_edition
from evidence_review.course.lessons import Block
from evidence_review.exchange.html_pdf import pdf_engine
from evidence_review.runs.scratch import temporary_folder

KEY = "key.pdf"
Run = Callable[[Sequence[tuple[Path, Path]]], None]


def write_hand_outs(
    desks: Sequence[OpenLesson], folder: Callable[[OpenLesson], Path], run: Run
) -> list[Path]:
    """Write a hand-out for each desk; returns the files.

    folder: gives the folder of a desk's `LESSON.pdf`. run: runs notebooks (source, target), for the
    figures of lessons that have some. Raises ExportError if no program that makes PDF is installed.
    """
    engine, written = pdf_engine(), []
    with temporary_folder() as scratch:
        notebooks = [scratch / f"{place}.ipynb" for place in range(len(desks))]
        for desk, path in zip(desks, notebooks, strict=True):
            nbformat.write(student_edition(desk), path)
        run([(path, path) for path, desk in zip(notebooks, desks, strict=True) if _has_code(desk)])
        for desk, path in zip(desks, notebooks, strict=True):
            page = path.with_suffix(".html")
            pages.write_hand_out(desk, path, page)
            written.append(folder(desk) / f"{desk.lesson.name}.pdf")
            engine(page.read_text(encoding="utf-8"), written[-1])
    return written


def write_key(desks: Sequence[OpenLesson], folder: Path) -> Path:
    """Write the right answers of every student, with a table for each lesson; returns the file."""
    with temporary_folder() as scratch:
        page = scratch / "key.html"
        pages.write_key(desks, page)
        pdf_engine()(page.read_text(encoding="utf-8"), folder / KEY)
    return folder / KEY


def _has_code(desk: OpenLesson) -> bool:
    return any(isinstance(part, Block) and part.kind == "python" for part in desk.lesson.parts)
