"""References to findings in the words of a review, and the rules that turn them into verdicts.

A reference is an id in braces: `{id}`, or `{-id}` with the sign turned; `{id:low}`, `{id:high}` and,
in text, `{id:interval}`. A condition compares references and numbers (`<`, `<=`, `==`, `!=`, `>`,
`>=`, joined by `and`, `or`, `not`, with `+`, `-`, `*` and brackets). A rule gives a verdict for each
condition, and one if none holds: `partly if {a.b} < 3; supported otherwise`.

This module checks their form only, so that a malformed cell is reported with all other violations.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass

VERDICTS = ("supported", "partly", "contradicted", "unverified", "not checkable")

_REFERENCE = re.compile(
    r"\{(?P<sign>-?)(?P<id>[a-z0-9_-]+(?:\.[a-z0-9_-]+)+)(?::(?P<part>low|high|interval))?\}"
)
_COMPARISONS = (ast.Lt, ast.LtE, ast.Eq, ast.NotEq, ast.Gt, ast.GtE)


@dataclass(frozen=True)
class Reference:
    """A finding named in a text. part: '' (its value), 'low', 'high' or 'interval'."""

    id: str
    negated: bool = False
    part: str = ""


@dataclass(frozen=True)
class Condition:
    """A condition as written, and as an expression in which `r0`, `r1` .. are its references."""

    text: str
    expression: str
    references: tuple[Reference, ...]


def substitute(text: str, write: Callable[[Reference], str]) -> str:
    """The text with each reference replaced by what `write` returns for it.

    Raises ValueError for a brace that is not part of a reference.
    """
    stray = re.search(r"[{}]\S*", _REFERENCE.sub("", text))
    if stray:
        raise ValueError(
            f"'{stray[0]}' is not a reference to a finding; write {{id}}, {{-id}}, {{id:low}}, "
            "{id:high} or {id:interval}, with an id as in results.json"
        )
    return _REFERENCE.sub(
        lambda found: write(Reference(found["id"], bool(found["sign"]), found["part"] or "")), text
    )


def references(text: str) -> tuple[Reference, ...]:
    """The references in a text, in order. Raises ValueError as `substitute` does."""
    found: list[Reference] = []
    substitute(text, lambda reference: found.append(reference) or "")
    return tuple(found)


def condition(text: str) -> Condition:
    """A condition. Raises ValueError if it is not one, or asks for an interval."""
    found: list[Reference] = []

    def name(reference: Reference) -> str:
        found.append(reference)
        return f"r{len(found) - 1}"

    expression = substitute(text, name).strip()
    if any(reference.part == "interval" for reference in found):
        raise ValueError(f"'{text.strip()}' compares an interval; take its :low or :high")
    try:
        valid = _is_condition(ast.parse(expression, mode="eval").body, len(found))
    except SyntaxError:
        valid = False
    if not valid:
        raise ValueError(
            f"'{text.strip()}' is not a condition; compare references such as {{study.people}} and "
            "numbers with < <= == != > >=, joined by and, or, not"
        )
    return Condition(text.strip(), expression, tuple(found))


def verdict_rule(text: str) -> tuple[tuple[str, Condition | None], ...]:
    """Verdicts with their conditions, in order; the last has None and holds otherwise.

    Raises ValueError for a part that is not of this form, a verdict outside VERDICTS, or a rule that
    does not end with 'VERDICT otherwise'.
    """
    out: list[tuple[str, Condition | None]] = []
    parts = [part.strip() for part in text.split(";")]
    for number, part in enumerate(parts, start=1):
        verdict, found, test = part.partition(" if ")
        last = number == len(parts)
        if last:
            verdict = part.removesuffix(" otherwise")
        if verdict == part or last == bool(found):
            raise ValueError(
                f"part {number}, '{part}', must read "
                + ("'VERDICT otherwise'" if last else "'VERDICT if CONDITION'")
                + "; write 'VERDICT if CONDITION; ...; VERDICT otherwise'"
            )
        if verdict.strip() not in VERDICTS:
            raise ValueError(
                f"'{verdict.strip()}' is not a verdict; allowed are {', '.join(VERDICTS)}"
            )
        out.append((verdict.strip(), None if last else condition(test)))
    return tuple(out)


# Columns whose cells have a form of their own, and the function that reads it.
CELLS: dict[str, dict[str, Callable[[str], object]]] = {
    "claims": {"reason": references, "verdict_rule": verdict_rule},
    "rewrite": {"sentence": references, "reason": references, "holds_if": condition},
}


def _is_condition(node: ast.AST, names: int) -> bool:
    match node:
        case ast.BoolOp():
            return all(_is_condition(value, names) for value in node.values)
        case ast.UnaryOp(op=ast.Not()):
            return _is_condition(node.operand, names)
        case ast.Compare():
            return all(isinstance(op, _COMPARISONS) for op in node.ops) and all(
                _is_number(part, names) for part in (node.left, *node.comparators)
            )
    return False


def _is_number(node: ast.AST, names: int) -> bool:
    match node:
        case ast.Constant():
            return type(node.value) in (int, float)
        case ast.Name():
            return node.id in {f"r{number}" for number in range(names)}
        case ast.UnaryOp(op=ast.USub()):
            return _is_number(node.operand, names)
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult()):
            return _is_number(node.left, names) and _is_number(node.right, names)
    return False
