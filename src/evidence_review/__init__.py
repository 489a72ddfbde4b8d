"""An evidence review that runs: is this improvement more than placebo shows?

>>> import evidence_review as er
>>> review = er.open_review()
>>> review.trials                                      # doctest: +SKIP
>>> review.pool().forest()                             # doctest: +SKIP

For a table of one's own: `effects`, `pool`, `forest` and `check_reported`. What stands here is loaded
when it is first used, so that ``import evidence_review`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evidence_review.api.opening import open_review, parameters, reviews
    from evidence_review.api.pooled import forest, pool
    from evidence_review.api.reported import check_reported
    from evidence_review.api.table import effects

__all__ = [
    "__version__",
    "check_reported",
    "effects",
    "forest",
    "open_review",
    "parameters",
    "pool",
    "reviews",
]

__version__ = "0.2.0"

# The module that has each public name.
_HOMES = {
    "check_reported": "evidence_review.api.reported",
    "effects": "evidence_review.api.table",
    "forest": "evidence_review.api.pooled",
    "open_review": "evidence_review.api.opening",
    "parameters": "evidence_review.api.opening",
    "pool": "evidence_review.api.pooled",
    "reviews": "evidence_review.api.opening",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"evidence_review has no {name!r}; there are {', '.join(_HOMES)}")
    found = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
