"""Figures as people write them into cells: "18.2 ± 6.1", "12/30 (40%)", "<0.001", "-3,4"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from evidence_review.records.spreadsheets import (
    DASHES,
    NOTHING,
    NUMBER,
    not_a_number,
    without_commas,
)

# Numbers with more decimals and digits than papers print are taken as computed.
_DECIMALS, _DIGITS = 4, 6
# Digits that a spreadsheet's arithmetic keeps.
_EXACT = 12
COMPUTED = "computed, not printed: it has more digits than papers give"

_NUMBER = r"[<>≤≥]?=? ?[+-]? ?\d[\d.,' ]*(?:[eE][+-]?\d+)?|[<>≤≥]?=? ?[+-]?[.,]\d+"
_LIMITS = re.compile(
    rf"(?:95 ?% ?ci:? ?)?[(\[]? ?(?P<low>{_NUMBER}) ?(?:to|;|,(?= )|–|(?<=\d)-|(?<= )-(?= )) ?(?P<high>{_NUMBER}) ?[)\]]?",
    re.I,
)
_WITH_LIMITS = re.compile(rf"(?P<value>{_NUMBER}) ?(?P<limits>[(\[].+[)\]])")
_PLUS_MINUS = re.compile(rf"(?P<value>{_NUMBER}) ?(?:±|\+/-|\+-) ?(?P<also>{_NUMBER})")
_BRACKETS = re.compile(
    rf"(?P<value>{_NUMBER}) ?[(\[] ?(?:sd|se)?:? ?(?P<also>{_NUMBER}) ?%? ?[)\]]", re.I
)
_OF = re.compile(r"(?P<value>\d+) ?(?:/|of) ?(?P<also>\d+)(?: ?\([\d.,]+ ?%?\))?", re.I)
_P = re.compile(r"^p(?:[ -]?value)? ?(?=[<>=≤≥.\d])", re.I)
_NOT_SIGNIFICANT = {"ns", "n.s.", "not significant", "n.s"}
_COMPARATORS = {"≤": "<=", "≥": ">=", "<=": "<=", ">=": ">=", "<": "<", ">": ">", "=": "=", "": "="}


@dataclass(frozen=True)
class Figure:
    """One value, with cells of its row in statistics.csv.

    Parameters
    ----------
    value, comparator, text, basis, rule : str
        As in that table.
    unit : str
        The unit of an estimate; '' for other figures.
    """

    value: str = ""
    comparator: str = "="
    text: str = ""
    basis: str = "reported"
    rule: str = ""
    unit: str = ""

    def __float__(self) -> float:
        return float(self.value)

    @classmethod
    def derived(cls, value: float, rule: str) -> Figure:
        """A figure computed from others, to five digits."""
        return cls(f"{value:.5g}", basis="derived", rule=rule)


class UnclearError(ValueError):
    """A cell is not a figure or could mean several; the message says what to write."""


def figures(
    name: str, text: str, *, also: str = "", decimal_comma: bool = False
) -> Mapping[str, Figure]:
    """The figures in a cell, by statistic; none in a cell such as "-" or "not reported".

    Parameters
    ----------
    name : str
        The statistic of the column.
    also : str
        The statistic of a second figure in the cell.
    decimal_comma : bool
        Whether the file writes decimals with a comma.

    Raises
    ------
    UnclearError
        For a cell that is not a figure, or could mean several.

    Examples
    --------
    >>> {name: one.value for name, one in figures("mean", "18.2 ± 6.1", also="sd").items()}
    {'mean': '18.2', 'sd': '6.1'}
    >>> figures("p", "< .001")["p"]
    Figure(value='.001', comparator='<', text='', basis='reported', rule='', unit='')
    >>> {name: one.value for name, one in figures("n_events", "12/30 (40%)").items()}
    {'n_events': '12', 'n': '30'}
    """
    plain = " ".join(text.translate(DASHES).replace("\u200b", "").split())
    is_p = name == "p" or name.startswith("p_")
    if is_p and plain.casefold() in _NOT_SIGNIFICANT:
        return {name: Figure(text=text.strip())}
    if plain.casefold() in NOTHING:
        return {}
    if is_p:
        plain = _P.sub("", plain)
    parts = _parts(name, plain, also)
    found = {}
    for part, word in parts.items():
        found[part] = _figure(word, text, whole=part in _WHOLE, decimal_comma=decimal_comma)
    if is_p and re.fullmatch(r"0?\.0+", found[name].value) and found[name].comparator == "=":
        half = Decimal(1).scaleb(-len(found[name].value.partition(".")[2])) * 5 / 10
        found[name] = Figure(f"{half:f}", "<", basis="derived", rule=f"printed as {text.strip()}")
    return found


_ENDS_OF_A_MEDIAN = {"quartiles": ("q1", "q3"), "range": ("minimum", "maximum")}
_WHOLE = ("n", "n_events", "n_randomised", "n_analysed", "n_planned", "n_female", "non_events")


def _parts(name: str, plain: str, also: str) -> dict[str, str]:
    """The texts of a cell's figures, by statistic."""
    of = "change_" if name.startswith("change_") else ""
    if (
        name in ("ci", "change_ci", "estimate", "change_mean")
        and (limits := _LIMITS.fullmatch(plain))
        and (name.endswith("ci") or also == "ci")
    ):
        return {f"{of}ci_low": limits["low"], f"{of}ci_high": limits["high"]}
    if also in _ENDS_OF_A_MEDIAN:
        found = _WITH_LIMITS.fullmatch(plain)
        limits = found and _LIMITS.fullmatch(found["limits"])
        if not (found and limits):
            first, last = _ENDS_OF_A_MEDIAN[also]
            raise UnclearError(
                f"'{plain}': write the median with both ends, as in 30 (18 to 46), or {first} and {last} in columns"
            )
        ends = zip(_ENDS_OF_A_MEDIAN[also], (limits["low"], limits["high"]), strict=True)
        return {name: found["value"], **{f"{of}{end}": word for end, word in ends}}
    if (name == "estimate" or also == "ci") and (found := _WITH_LIMITS.fullmatch(plain)):
        limits = _LIMITS.fullmatch(found["limits"])
        if limits:
            ends = {f"{of}ci_low": limits["low"], f"{of}ci_high": limits["high"]}
            return {name: found["value"], **ends}
    if name in ("n_events", "n"):
        if found := _OF.fullmatch(plain):
            return {"n_events": found["value"], "n": found["also"]}
        if found := _BRACKETS.fullmatch(plain):
            return {name: found["value"]}  # the rest is a percentage, which follows from the count
    found = _PLUS_MINUS.fullmatch(plain) or _BRACKETS.fullmatch(plain)
    if found and name in ("mean", "change_mean"):
        spread = "se" if also == "se" else "sd"
        return {name: found["value"], name.replace("mean", spread): found["also"]}
    return {name: plain}


def _figure(word: str, text: str, *, whole: bool, decimal_comma: bool) -> Figure:
    bound = re.fullmatch(r"([<>≤≥]?=?)\s*(.+)", word)
    if bound is None:
        raise UnclearError(f"'{text}': {not_a_number(text.strip(), ())}")
    number = re.sub(r"(?<=\d)[ '’](?=\d{3}\b)", "", bound[2]).removesuffix("%").strip()
    number = re.sub(r"^([+-]) ", r"\1", number)
    if decimal_comma and re.fullmatch(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?", number):
        number = number.replace(".", "")
    if not NUMBER.fullmatch(number):
        meant = [one for one in without_commas(number) if NUMBER.fullmatch(one)]
        if len(meant) > 1:  # thousands or decimals
            meant = [meant[0]] if whole else [meant[1]] if decimal_comma else meant
        if len(meant) != 1:
            raise UnclearError(f"'{text}': {not_a_number(text.strip(), ('comparator',))}")
        (number,) = meant
    comparator = _COMPARATORS[bound[1]]
    if whole:
        number = re.sub(r"\.0*$", "", number)
    exact = Decimal(number)
    digits = len(exact.as_tuple().digits)
    decimals = max(0, -int(exact.as_tuple().exponent))
    if decimals <= _DECIMALS or digits < _DIGITS:
        return Figure(number, comparator)
    if digits > _EXACT:
        exact = exact.quantize(Decimal(1).scaleb(exact.adjusted() - _EXACT + 1)).normalize()
        if -int(exact.as_tuple().exponent) <= _DECIMALS:  # typed, then changed by floating point
            return Figure(f"{exact:f}", comparator)
    return Figure(f"{exact:f}", comparator, basis="derived", rule=COMPUTED)
