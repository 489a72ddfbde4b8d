"""Opening a review by name, with its settings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evidence_review.records import load
from evidence_review.review.review import Review
from evidence_review.review.settings import Settings


class OpenReview(Review):
    """A review as people hold it: what it found, as tables and small results."""

    def __init__(self, records, settings: Settings | None = None):
        super().__init__(records, settings)

    @property
    def name(self) -> str:
        """The review's folder in `data/`."""
        return self.records.folder


def open_review(
    review: str = "", *, project: Path | str | None = None, **settings: Any
) -> OpenReview:
    """Open a review of the project that the working directory lies in.

    Parameters
    ----------
    review : str
        A folder in `data/`; '' is the project's default review.
    project : path, optional
        Where the project is.
    **settings
        Settings that are not the defaults, such as ``population="..."``; see `Settings`.
    """
    records = load(review, None if project is None else Path(project))
    return OpenReview(records, Settings(review=records.folder).but(**settings))


def parameters(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """The settings among the names of a notebook, as its tagged cell or papermill gives them.

    Parameters
    ----------
    namespace : mapping
        ``globals()`` of the notebook.

    Examples
    --------
    >>> parameters({"review": "sleep", "level": 0.9, "x": 1})
    {'review': 'sleep', 'level': 0.9}
    """
    found = {name: namespace[name] for name in Settings.names() if name in namespace}
    if isinstance(opened := found.get("review"), OpenReview):  # the cell was run before
        found["review"] = opened.name
    return found
