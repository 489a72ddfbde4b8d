"""A report made in this process: every notebook's cells, every page, without a kernel."""

from __future__ import annotations

import json
import traceback
import warnings
from functools import partial
from pathlib import Path
from unittest.mock import patch

import nbformat

from evidence_review.records import Project, load
from evidence_review.review.review import Review
from evidence_review.review.settings import Settings
from evidence_review.runs.notebooks import report_notebooks, with_something_to_say
from evidence_review.runs.report import collect_findings
from evidence_review.runs.site import Site


class NotebookFailedError(AssertionError):
    """A cell of a notebook ended in an error; the message has the notebook, the cell and the traceback."""


def make_pages(project: Project, review_id: str, folder: Path, **settings) -> Path:
    """Make every page of a report in `folder`, and `results.json`; returns the folder.

    As `report` does, but the notebooks run one after the other in this process: seconds instead of
    half a minute. settings: other than the defaults. Raises NotebookFailedError.
    """
    review = Review(load(review_id, project), Settings(review=review_id, **settings))
    notebooks = with_something_to_say(report_notebooks(project), review)
    (folder / "notebooks").mkdir(parents=True)
    site = Site(project, review, settings, notebooks, folder)
    # What a notebook opens is the review that is open here, so that results are computed once.
    with patch("evidence_review.open_review", lambda name="", **settings: review):
        for notebook in notebooks:
            node = _executed(nbformat.read(notebook.path, as_version=4), review_id, notebook.name)
            nbformat.write(node, folder / "notebooks" / notebook.path.name)
            site.add(notebook.name)
    findings = collect_findings([folder / "notebooks" / one.path.name for one in notebooks], {})
    (folder / "results.json").write_text(
        json.dumps(findings, allow_nan=False, ensure_ascii=False), encoding="utf-8"
    )
    site.finish(findings)
    return folder


def _executed(node, review_id: str, name: str):
    """The notebook with the outputs of its cells."""
    space: dict = {}
    for number, cell in enumerate(node.cells):
        if cell.cell_type != "code":
            continue
        outputs: list = []
        display = partial(_collect, outputs)
        try:
            with patch("IPython.display.display", display), warnings.catch_warnings():
                warnings.simplefilter("error", RuntimeWarning)  # which would stand on the page
                exec(compile(cell.source, f"{name}[{number}]", "exec"), space)
        except Exception as error:
            raise NotebookFailedError(
                f"{name}, cell {number}:\n{cell.source}\n\n{traceback.format_exc()}"
            ) from error
        if "parameters" in cell.metadata.get("tags", []):
            space["review"] = review_id
        cell.outputs = outputs
    node.metadata["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}
    return node


def _collect(outputs: list, shown, **how) -> None:
    """What a cell displays, as the output that a kernel would send."""
    if isinstance(shown, dict):
        data = shown
    elif hasattr(shown, "_repr_markdown_"):
        data = {"text/markdown": shown._repr_markdown_()}
    else:
        data = {"text/html": shown._repr_html_()}
    outputs.append(
        nbformat.v4.new_output("display_data", data=data, metadata=how.get("metadata") or {})
    )
