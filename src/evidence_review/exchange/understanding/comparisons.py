"""Tables with one comparison a row: figures of both arms, or an estimate with what says how precise it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import exp, sqrt

from evidence_review.exchange.column_meanings import COMPARISON, CONTROL, TREATED
from evidence_review.exchange.printed_figures import Figure
from evidence_review.exchange.understanding.parts import Group, NotUnderstoodError
from evidence_review.exchange.understanding.reading import Reading, StudyRow, is_figure, role_of

# How a measure of a comparison is named in statistics.csv.
_STATISTIC = {"MD": "difference", "OR": "odds_ratio"}
_Z = 1.959963984540054  # of a 95% interval


def both_arms(reading: Reading, rows: Iterable[StudyRow]) -> list[Group]:
    """Both arms of each row; of several rows of one study with one control group, that once."""
    groups: list[Group] = []
    control = reading.named_control or reading.wishes.control
    named = {one.group: name for name, one in reading.meanings.items() if one.name == "arm"}
    for number, row, said in rows:
        pair = []
        for which, role in ((TREATED, "treatment"), (CONTROL, control)):
            found = reading.figures(
                number, row, lambda one, g=which: one.group == g and is_figure(one)
            )
            label = row.get(named.get(which, ""), "")
            if label:
                reading.notes.used.add(named[which])
                role = role_of(label, control) if which == CONTROL else role
                role = control if role == "treatment" and which == CONTROL else role
            own = {
                "arm": label or (reading.treated if which == TREATED else role),
                "role": role,
            }
            both = reading.figures(number, row, lambda one: not one.group and one.name in ("p",))
            if which == TREATED and ("p", "") in both:
                found["p_difference", ""] = both["p", ""]
            pair.append(Group(number, said | own, reading.statistics(number, found)))
        if not all(one.has_result for one in pair) and not _printed(reading, number, row, pair):
            _not_estimable(reading, number, said, pair)
            continue
        groups += pair
    if CONTROL not in named and not reading.named_control:
        reading.notes.assumed.append(
            f'the control arm is {control} (--control sham, or --control "usual care")'
        )
    return _one_study_of(reading, groups)


def _printed(reading: Reading, number: int, row: Mapping[str, str], pair: Sequence[Group]) -> bool:
    """Whether a row whose arms have no results has an estimate, which is then taken."""
    column = next((one for one in reading.meanings.values() if one.name == "estimate"), None)
    found = reading.figures(number, row, lambda one: not one.group and one.name in COMPARISON)
    if column is None or ("estimate", "") not in found:
        return False
    said = pair[0].said
    measure = (said.get("measure") or column.measure).upper()
    if measure not in _STATISTIC:
        return False
    printed = {name: figure for (name, _), figure in found.items()}
    result = _comparison(reading, number, said, measure, column.log, printed)
    pair[0].figures |= result or {}
    return result is not None


def _not_estimable(
    reading: Reading, number: int, said: Mapping[str, str], pair: Sequence[Group]
) -> None:
    study = said.get("study", "")
    if not any(one.figures for one in pair):
        reading.notes.left_out.append(f"row {number}: {study} has no figures")
        return
    if reading.table.is_revman:
        reading.notes.left_out.append(
            f"row {number}: {study} has no people or no SD: it is not estimable"
        )
        return
    empty = [
        name for one, name in zip(pair, ("treated", "control"), strict=True) if not one.has_result
    ]
    text = f"no result of the {' and the '.join(empty)} arm is here"
    reading.notes.problems.append(
        (number, f"{text}; name its column with --map, or leave the row out with --where")
    )


def _one_study_of(reading: Reading, groups: list[Group]) -> list[Group]:
    """Rows of one study with one control group are one study with several treated arms."""
    first: dict[tuple[str, str], Group] = {}
    out = []
    for treated, control in zip(groups[::2], groups[1::2], strict=True):
        key = control.said.get("study", ""), control.said.get("outcome", "")
        earlier = first.setdefault(key, control)
        if earlier is control or not key[0]:
            out += [treated, control]
            continue
        if earlier.figures != control.figures:
            reading.notes.problems.append(
                (
                    treated.row,
                    f"{key[0]} stands in row {earlier.row} too, with other figures of its control "
                    "group: choose one with --where, give the outcomes or weeks a column each, or "
                    "tell the studies apart by name",
                )
            )
            continue
        name = treated.said.get("Subgroup") or f"row {treated.row}"
        same = [one for one in out if one.said.get("study") == key[0]]
        if any(one.said["arm"] == treated.said["arm"] for one in same):
            treated.said["arm"] += f", {name}"
        out.append(treated)
        reading.notes.doubts.append(
            f"rows {earlier.row} and {treated.row}: {key[0]} has one control group for two treated "
            "arms. It is entered once; say in contrasts.csv which arm answers the question"
        )
    return out


def estimates(reading: Reading, rows: Iterable[StudyRow]) -> Iterator[Group]:
    """Both arms of each row, the treated one with the estimate of their difference."""
    control = reading.named_control or reading.wishes.control
    for number, row, said in rows:
        column = next(one for one in reading.meanings.values() if one.name == "estimate")
        found = reading.figures(number, row, lambda one: not one.group and one.name in COMPARISON)
        measure = (
            reading.wishes.fill.get("measure") or said.pop("measure", "") or column.measure
        ).upper()
        printed = {name: figure for (name, _), figure in found.items()}
        result = _comparison(reading, number, said, measure, column.log, printed)
        if result is None:
            continue
        for which, role in ((TREATED, "treatment"), (CONTROL, control)):
            people = reading.figures(
                number, row, lambda one, g=which: one.group == g and is_figure(one)
            )
            own = {"arm": reading.treated if which == TREATED else role, "role": role}
            held = reading.statistics(number, people) | (result if which == TREATED else {})
            yield Group(number, said | own, held)


def _comparison(
    reading: Reading,
    number: int,
    said: Mapping[str, str],
    measure: str,
    log: bool,
    printed: Mapping[str, Figure],
) -> dict[tuple[str, str], Figure] | None:
    """An estimate with its limits, as statistics.csv names them."""
    if "estimate" not in printed:
        reading.notes.left_out.append(f"row {number}: {said.get('study', '')} has no estimate")
        return None
    if measure not in _STATISTIC:
        what = f"'{measure}'" if measure else "nothing in the file"
        allowed = " or ".join(_STATISTIC)
        text = f"{what} says which measure the estimates are of: add --fill measure={allowed}"
        raise NotUnderstoodError([(0, text)], asks="measure")
    estimate, name = printed["estimate"], _STATISTIC[measure]
    limits = [printed.get("ci_low"), printed.get("ci_high")]
    spread = printed.get("se")
    if spread is None and "variance" in printed:
        spread = replace(printed["variance"], value=f"{sqrt(float(printed['variance'])):.6g}")
    if None in limits and spread is not None and name == "difference" and not log:
        if spread.basis == "reported" and "se" not in printed:
            rule = f"the square root of the variance, {printed['variance'].value}"
            spread = replace(spread, basis="derived", rule=rule)
        result = {(name, ""): estimate, (f"{name}_se", ""): spread}
        return result | ({("p_difference", ""): printed["p"]} if "p" in printed else {})
    if None in limits and spread is not None:
        rule = f"{estimate.value} -/+ 1.96 standard errors of {spread.value}"
        if log:
            rule += ", from logarithms"
        limits = [
            Figure.derived(float(estimate) + sign * _Z * float(spread), rule) for sign in (-1, 1)
        ]
    if log:
        rule = f"from its logarithm, {estimate.value}"
        limits = [one and replace(one, **_exponent(one)) for one in limits]
        estimate = replace(Figure.derived(exp(float(estimate)), rule))
    if None in limits:
        reading.notes.problems.append(
            (number, "an estimate needs its interval (ci_low, ci_high), SE or variance")
        )
        return None
    out = {(name, ""): estimate}
    for end, limit in zip(("low", "high"), limits, strict=True):
        if limit is not None:
            out[f"{name}_ci_{end}", ""] = limit
    if "p" in printed:
        out["p_difference", ""] = printed["p"]
    return out


def _exponent(figure: Figure) -> dict[str, str]:
    rule = figure.rule or f"from its logarithm, {figure.value}"
    return {"value": f"{exp(float(figure)):.5g}", "basis": "derived", "rule": rule}
