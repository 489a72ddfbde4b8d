"""An evidence review that runs: is this improvement more than placebo shows?

>>> import evidence_review as er
>>> er.reviews()                                       # doctest: +SKIP
>>> review = er.open_review("my-review")           # doctest: +SKIP

What stands here is loaded when it is first used, so that ``import evidence_review`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

# Public names, and the module that has each.
_PUBLIC = {
    "open_review": "evidence_review.api.opening",
    "parameters": "evidence_review.api.opening",
}
__all__ = ["__version__", *_PUBLIC]

if TYPE_CHECKING:
    from evidence_review.api.opening import open_review, parameters


def __getattr__(name: str) -> Any:
    if name not in _PUBLIC:
        raise AttributeError(f"evidence_review has no {name!r}; there are {', '.join(_PUBLIC)}")
    found = getattr(importlib.import_module(_PUBLIC[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)
