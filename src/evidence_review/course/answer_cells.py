"""Make answer cells tolerant: an answer that Python cannot compute is kept as text, and read later.

`1.644 * sqrt(28)` without an import, a minus copied from the page, `16^2`, a word without quotes: each
would raise, and the check below would judge the previous answer. This module uses only the standard
library, because the process that runs hand-ins imports it too.
"""

from __future__ import annotations

import ast
import re

_ANSWER = re.compile(r"(answer_\d+_\d+)[ \t]*=(?!=)[ \t]*(.+?)[ \t]*\n?")
_SIGNS = str.maketrans({"−": "-", "–": "-", "×": "*", "·": "*", "\u00a0": " ", "^": "**"})


def tolerant(lines: list[str]) -> list[str]:
    """The lines of a cell, changed so that a line with an answer raises nothing.

    It is an IPython input transformer. An answer that Python cannot compute becomes its own text; the
    rest of the cell stays as it is.

    Examples
    --------
    >>> print("".join(tolerant(["answer_2_1 = 16^2\\n"])), end="")
    try: answer_2_1 = 16**2
    except Exception: answer_2_1 = '16^2'
    >>> tolerant(["answer_2_1 = quite small"])
    ["answer_2_1 = 'quite small'\\n"]
    """
    broken = not _parses("".join(lines), "exec")
    return [part for line in lines for part in _tolerant(line, broken)]


def _tolerant(line: str, broken: bool) -> list[str]:
    found = _ANSWER.fullmatch(line)
    if not found:
        return [line]
    name, typed = found.groups()
    if typed.startswith(("%", "!")):
        return [line]
    code = typed if re.search(r"[\"']", typed) else typed.translate(_SIGNS)
    text = repr(typed if re.search(r"[\"']", typed) else typed.partition("#")[0].strip())
    if _is_sentence(code):
        return [f"{name} = {text}\n"]
    if _parses(code, "eval"):
        return [f"try: {name} = {code}\n", f"except Exception: {name} = {text}\n"]
    return [f"{name} = {text}\n"] if broken else [line]


def _is_sentence(code: str) -> bool:
    """Whether Python would compute or reject what was meant as words: '1.97 or 2', '~150', '25 (75 / 3)'."""
    if not _parses(code, "eval"):
        return False
    tree = ast.parse(code, mode="eval")
    return isinstance(tree.body, ast.BoolOp | ast.Compare) or any(
        isinstance(part, ast.Invert)
        or (isinstance(part, ast.Call) and isinstance(part.func, ast.Constant))
        for part in ast.walk(tree)
    )


def _parses(source: str, mode: str) -> bool:
    try:
        ast.parse(source, mode=mode)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
