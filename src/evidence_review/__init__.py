"""An evidence review that runs: is this improvement more than placebo shows?

A review: its trials, the pool of their effects, its forest plot.

>>> import evidence_review as er
>>> review = er.open_review("my-review")               # doctest: +SKIP
>>> review.trials                                      # doctest: +SKIP
>>> review.pool()                                      # doctest: +SKIP
>>> review.pool().forest()                             # doctest: +SKIP

The same for a table of one's own:

>>> effects = er.effects(frame, measure="SMD")         # doctest: +SKIP
>>> er.pool(effects).forest()                          # doctest: +SKIP

What stands here is loaded when it is first used, so that ``import evidence_review`` costs nothing.
"""

from __future__ import annotations

import importlib

# Not that of typing, which takes long to import: nothing catches Ctrl-C before __main__ does.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from evidence_review.api.effects import effects, measures
    from evidence_review.api.event_pooling import pool_events
    from evidence_review.api.opening import open_review, parameters, reviews
    from evidence_review.api.pictures import forest
    from evidence_review.api.pooling import pool
    from evidence_review.api.reported import check_reported

__all__ = [
    "__version__",
    "check_reported",
    "effects",
    "forest",
    "measures",
    "open_review",
    "parameters",
    "pool",
    "pool_events",
    "reviews",
]

__version__ = "0.2.0"

# The module that has each public name.
_HOMES = {
    "check_reported": "evidence_review.api.reported",
    "effects": "evidence_review.api.effects",
    "forest": "evidence_review.api.pictures",
    "measures": "evidence_review.api.effects",
    "open_review": "evidence_review.api.opening",
    "parameters": "evidence_review.api.opening",
    "pool": "evidence_review.api.pooling",
    "pool_events": "evidence_review.api.event_pooling",
    "reviews": "evidence_review.api.opening",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        if name.startswith("__"):  # Python asks for these by itself
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        names = importlib.import_module("evidence_review.api.names")
        raise AttributeError(names.no_such("name in evidence_review", name, _HOMES))
    found = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
