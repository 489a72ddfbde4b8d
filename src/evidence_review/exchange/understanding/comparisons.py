"""Tables with one comparison in each row: figures of both arms, or an estimate with its precision."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import sqrt

from evidence_review.effect_measures import RATIOS, UNIT_OF
from evidence_review.exchange.column_meanings import (
    COMPARISON,
    CONTROL,
    LOG_OF_A_RATIO,
    RESULTS,
    TREATED,
)
from evidence_review.exchange.printed_figures import Figure
from evidence_review.exchange.understanding.parts import TIMED, Group, NotUnderstoodError
from evidence_review.exchange.understanding.reading import Reading, StudyRow, role_of
from evidence_review.records.row_rules import DIFFERENCE

# Measures of a comparison: differences of means, and measures that the unit of an estimate names.
_MEASURES = ("MD", *UNIT_OF)
# Figures that a row has once for both arms.
_OF_A_DIFFERENCE = ("p", *DIFFERENCE, "difference_se", "difference_ci_level")
_OF_A_DIFFERENCE += ("p_difference", "t_difference", "f_difference")
_OF_EACH_ARM = ("icc",)
# Our own names for a difference of means, and those of any estimate.
_AS_ESTIMATE = {
    "difference": "estimate",
    "p_difference": "p",
    **{f"difference_{name}": name for name in ("se", "ci_low", "ci_high", "ci_level")},
}
_CONTROLS = ("placebo", "sham", "usual care", "unexposed")


def with_differences(reading: Reading) -> Reading:
    """The reading of a table that has a difference of means for each trial, and no result of its arms.

    The difference is then an estimate as any other: a mean difference.
    """
    has = reading.has
    of_arms = {*RESULTS, *TIMED, "responders_percent", "change_mean", "change_median"} - {"n"}
    if not has("difference", group=0) or has("estimate", "arm", *of_arms):
        return reading
    meanings = {
        column: replace(
            one, name=_AS_ESTIMATE[one.name], measure="MD" if one.name == "difference" else ""
        )
        if not one.group and one.name in _AS_ESTIMATE
        else one
        for column, one in reading.meanings.items()
    }
    return replace(reading, meanings=meanings)


def both_arms(reading: Reading, rows: Iterable[StudyRow]) -> list[Group]:
    """Both arms of each row; a control group that several rows of a study share comes once."""
    groups: list[Group] = []
    named = {one.group: name for name, one in reading.meanings.items() if one.name == "arm"}
    if 0 in named:  # a column of arms beside figures of both names the treated one
        named.setdefault(TREATED, named[0])
    for number, row, said in rows:
        pair = []
        treated, control = roles(reading, said)
        for which, role in ((TREATED, treated), (CONTROL, control)):
            found = reading.figures(
                number, row, lambda one, g=which: one.group == g and reading.is_figure(one)
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
            found |= _of_both(reading, number, row, which)
            figures = reading.statistics(number, found)
            pair.append(Group(number, _said_of(which, said) | own, figures))
        has_arms = all(one.has_result for one in pair)
        # An estimate beside both arms is kept if its measure is asked for: it may be adjusted.
        asked = reading.about.measure or "measure" in reading.wishes.fill
        wanted = not has_arms or (asked and not reading.table.is_revman)
        has_difference = any(name == "difference" for name, _ in pair[0].figures)
        if not ((wanted and _printed(reading, number, row, pair)) or has_arms or has_difference):
            _not_estimable(reading, number, row, said, pair)
            continue
        groups += pair
    _say_control(reading, named, groups)
    return _one_study_of(reading, groups)


def _said_of(which: int, said: Mapping[str, str]) -> dict[str, str]:
    """What a row says of one of its arms: what people got is what the treated ones got."""
    return {name: word for name, word in said.items() if which == TREATED or name != "treatment"}


def _of_both(
    reading: Reading, number: int, row: Mapping[str, str], which: int
) -> dict[tuple[str, str], Figure]:
    """Figures of a row that belong to both arms, as one of them has them.

    How they differ stands with the treated arm; how alike people of one group are, with each.
    """
    wanted = (*_OF_A_DIFFERENCE, *_OF_EACH_ARM) if which == TREATED else _OF_EACH_ARM
    found = reading.figures(number, row, lambda one: not one.group and one.name in wanted)
    return {("p_difference" if name == "p" else name, at): one for (name, at), one in found.items()}


def roles(reading: Reading, said: Mapping[str, str]) -> tuple[str, str]:
    """Roles of the treated and the control arm of a study if the table does not name them."""
    design = reading.wishes.fill.get("design") or said.get("design", "")
    if design in ("cohort", "case-control"):
        return "exposed", "unexposed"
    return "treatment", reading.named_control or reading.wishes.control


def _say_control(reading: Reading, named: Collection[int], groups: Iterable[Group]) -> None:
    assumed = dict.fromkeys(g.said["role"] for g in groups if g.said["role"] in _CONTROLS)
    if CONTROL not in named and not reading.named_control:
        for role in assumed:
            reading.notes.assumed.append(
                f'the control arm is {role} (--control sham, or --control "usual care")'
                if role != "unexposed"
                else "the control group is not exposed (--fill design=VALUE, if it is no such study)"
            )


def _printed(reading: Reading, number: int, row: Mapping[str, str], pair: Sequence[Group]) -> bool:
    """Whether a row has an estimate besides the figures of its arms; if so, add it."""
    if not reading.has("estimate"):
        return False
    found = _figures(reading, number, row)
    said = pair[0].said
    measure = _measure(reading, said)
    has_arms = all(one.has_result for one in pair)
    if "estimate" not in found or (measure not in _MEASURES and has_arms):
        return False
    result = _comparison(reading, number, said, measure, found, beside_arms=has_arms)
    pair[0].figures |= result or {}
    return result is not None


def _not_estimable(
    reading: Reading,
    number: int,
    row: Mapping[str, str],
    said: Mapping[str, str],
    pair: Sequence[Group],
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
    text = f"the row has no result of the {' and the '.join(empty)} arm"
    unknown = [name for name in reading.table.names if name not in reading.meanings and row[name]]
    which = f" (not understood: {', '.join(unknown)})" if unknown else ""
    reading.notes.problems.append(
        (number, f"{text}; name its column{which} with --map, or leave the row out with --where")
    )


def _one_study_of(reading: Reading, groups: list[Group]) -> list[Group]:
    """Merge rows of one study with one control group into one study with several treated arms."""
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
                    f"{key[0]} is in row {earlier.row} too, with other figures of its control "
                    "group: choose one with --where, give each outcome or week its own column, or "
                    "give the studies different names",
                )
            )
            continue
        alike = [
            one
            for one in out
            if one.said.get("study") == key[0] and one.said["arm"] == treated.said["arm"]
        ]
        got = {one.said.get("treatment", "") for one in (*alike, treated)}
        if alike and len(got) > len(alike) and "" not in got:
            for one in (*alike, treated):
                one.said["arm"] = one.said["treatment"]
        elif alike:
            treated.said["arm"] += f", {treated.said.get('Subgroup') or f'row {treated.row}'}"
        out.append(treated)
        reading.notes.doubts.append(
            f"rows {earlier.row} and {treated.row}: {key[0]} has one control group for two treated "
            "arms. It is entered once; say in contrasts.csv which arm answers the question"
        )
    return out


def estimates(reading: Reading, rows: Iterable[StudyRow]) -> Iterator[Group]:
    """Both arms of each row; the treated arm has the estimate of their difference."""
    said_control = False
    for number, row, said in rows:
        printed = _figures(reading, number, row)
        measure = _measure(reading, said)
        said.pop("measure", "")
        result = _comparison(reading, number, said, measure, printed)
        if result is None:
            continue
        pair = []
        for which, role in zip((TREATED, CONTROL), roles(reading, said), strict=True):
            people = reading.figures(
                number, row, lambda one, g=which: one.group == g and reading.is_figure(one)
            )
            own = {"arm": reading.treated if which == TREATED else role, "role": role}
            held = reading.statistics(number, people) | (result if which == TREATED else {})
            pair.append(Group(number, _said_of(which, said) | own, held))
        if not said_control:
            _say_control(reading, (), pair)
            said_control = True
        yield from pair


def _measure(reading: Reading, said: Mapping[str, str]) -> str:
    """The measure of an estimate: from --fill, from the row or its column, else that of the review."""
    column = next(one for one in reading.meanings.values() if one.name == "estimate")
    named = reading.wishes.fill.get("measure") or said.get("measure") or column.measure
    named = (named or reading.about.measure).strip()
    by_unit = {unit: measure for measure, unit in UNIT_OF.items()}
    return by_unit.get(named.casefold(), named.upper())


def _figures(reading: Reading, number: int, row: Mapping[str, str]) -> dict[str, Figure]:
    """The estimate of a row and its precision; the first if several columns have estimates."""
    first = next(one for one in reading.meanings.values() if one.name == "estimate")
    found = reading.figures(
        number,
        row,
        lambda one: (
            not one.group and one.name in COMPARISON and (one.name != "estimate" or one == first)
        ),
    )
    return {name: figure for (name, _), figure in found.items()}


def _comparison(
    reading: Reading,
    number: int,
    said: Mapping[str, str],
    measure: str,
    printed: Mapping[str, Figure],
    beside_arms: bool = False,
) -> dict[tuple[str, str], Figure] | None:
    """An estimate and its precision, with the names of statistics.csv.

    beside_arms: whether the figures of both arms say how precise it is, if nothing else does.
    """
    if "estimate" not in printed:
        reading.notes.left_out.append(f"row {number}: {said.get('study', '')} has no estimate")
        return None
    if measure not in _MEASURES:
        what = (
            f"'{measure}' is not a measure"
            if measure
            else "the measure of the estimates is missing"
        )
        text = f"{what}: add --fill measure={' or '.join(_MEASURES)}"
        raise NotUnderstoodError([(0, text)], asks="measure")
    name = "difference" if measure == "MD" else "estimate"
    out = {(name, ""): printed["estimate"]}
    for end in ("ci_low", "ci_high", "ci_level"):
        if end in printed:
            out[f"{name}_{end}", ""] = printed[end]
    spread = printed.get("se") or _root(printed.get("variance"))
    if spread is not None:
        out[f"{name}_se", ""] = spread
    if "p" in printed:
        out["p_difference", ""] = printed["p"]
    limits = {"ci_low", "ci_high"} <= printed.keys()
    exact_p = "p" in printed and printed["p"].comparator == "=" and printed["p"].value
    if not (limits or spread is not None or exact_p or beside_arms):
        text = "an estimate needs its interval (ci_low, ci_high), its SE or variance, or an exact P"
        reading.notes.problems.append((number, text))
        return None
    if name == "difference":
        return out
    unit = UNIT_OF[measure]
    log = _is_log(reading) and unit in RATIOS
    values = [printed[key] for key in ("estimate", "ci_low", "ci_high") if key in printed]
    if unit in RATIOS and not log and any(float(one) <= 0 for one in values):
        text = f'a {unit} is above 0; if these are logarithms, say so: --map "log or=COLUMN"'
        reading.notes.problems.append((number, text))
        return None
    if spread is not None and unit in RATIOS:
        reading.notes.assumed.append(f"standard errors are those of the logarithm of the {unit}")
    named = f"log {unit}" if log else unit
    of_estimate = ("estimate", "estimate_se", "estimate_ci_low", "estimate_ci_high")
    return {
        key: replace(figure, unit=named) if key[0] in of_estimate else figure
        for key, figure in out.items()
    }


def _root(variance: Figure | None) -> Figure | None:
    """A standard error from a variance, with enough digits to compute with."""
    if variance is None:
        return None
    rule = f"the square root of the variance, {variance.value}"
    return Figure(f"{sqrt(float(variance)):.12g}", basis="derived", rule=rule)


def _is_log(reading: Reading) -> bool:
    """Whether estimates of ratios are logarithms, by the name of their column."""
    name, one = next((n, m) for n, m in reading.meanings.items() if m.name == "estimate")
    return one.log or name.strip().casefold() in LOG_OF_A_RATIO
