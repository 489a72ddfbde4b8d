"""The review's results as CSV files for metafor, RevMan and GRADEpro."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass, replace
from math import isnan, sqrt
from pathlib import Path

from scipy import special

from evidence_review.estimates.clusters import CLUSTER
from evidence_review.estimates.contrast import Contrast, every_contrast
from evidence_review.estimates.counts import Counts, of_single_people
from evidence_review.estimates.effect import Effect
from evidence_review.estimates.pool import pooled_contrast
from evidence_review.estimates.trial import PAIRED
from evidence_review.exchange.exports import Source
from evidence_review.exchange.revman import DATA_ROWS
from evidence_review.judgement.certainty import Body, every_body
from evidence_review.judgement.grade import LOWERING
from evidence_review.records import Records
from evidence_review.records.spreadsheets import harmless
from evidence_review.review.review import Review
from evidence_review.words.certainty import statement
from evidence_review.words.effects import how, in_1000, not_alike, with_interval
from evidence_review.words.outcomes import NOT_JUDGED

_METAFOR = (
    *("slab", "outcome", "evidence", "measure", "unit", "yi", "vi", "sei"),
    *("ai", "n1i", "m1i", "sd1i", "ci", "n2i", "m2i", "sd2i", "x1i", "t1i", "x2i", "t2i", "how"),
)
# The columns with figures of arms; one without any figure is left out.
_CELLS = _METAFOR[8:-1]
# Columns of an evidence profile, in the order of GRADEpro's form.
_GRADEPRO = (
    *("Outcome", "No of studies", "Study design", "Risk of bias", "Inconsistency", "Indirectness"),
    *("Imprecision", "Other considerations", "No of patients", "Relative effect (95% CI)"),
    *("Absolute effect (95% CI)", "Certainty", "Comments"),
)


@dataclass(frozen=True)
class Arm:
    """People, mean and SD of one arm: of changes or of scores, as the trial reports them."""

    n: float
    mean: float
    sd: float


@dataclass(frozen=True)
class Row:
    """One trial on one outcome, as it is pooled.

    effect: on the measure that the trials of the outcome share. arms: treated and control, if the mean
    difference is computed from their figures; else empty. how: the effect was obtained, or why it is not
    pooled. counted: people with the event, if the effect
    is computed from counts. rates: events and time followed in the treated and the control arm, if it is
    computed from rates.
    """

    contrast: Contrast
    effect: Effect
    arms: tuple[Arm, ...]
    how: str
    counted: Counts | None = None
    rates: tuple[float, ...] = ()


def write_csv(source: Source, folder: Path) -> None:
    """Write metafor.csv, revman.csv and gradepro.csv.

    Numbers are in the direction of their scale and not rounded, so that other programs pool to
    the same result.
    """
    review = source.review
    rows = list(effects(review))
    metafor = [_metafor(row) for row in rows]
    used = {name for line in metafor for name, cell in line.items() if cell is not None}
    tables = {
        "metafor": ([n for n in _METAFOR if n not in _CELLS or n in used], metafor),
        "revman": (DATA_ROWS, _revman(review.records, rows)),
        "gradepro": (_GRADEPRO, (_gradepro(review, body) for body in every_body(review))),
    }
    for name, (header, lines) in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, header, lineterminator="\n")
            writer.writeheader()
            writer.writerows({key: harmless(cell) for key, cell in line.items()} for line in lines)


def effects(review: Review) -> Iterator[Row]:
    """Every study's contrast on every outcome, on the measure and in the direction in which it is pooled.

    A study that is not pooled with the others has no number beside theirs: another program would pool it.
    """
    found = every_contrast(review)
    for outcome in dict.fromkeys(item.outcome for item in found):
        pooled = pooled_contrast(review, outcome)
        values: dict[str, Effect] = {}
        if pooled is not None:
            studies = [item.study_id for item in pooled.contrasts]
            values = dict(zip(studies, pooled.effects, strict=True))
        for item in (item for item in found if item.outcome == outcome):
            effect, note = values.get(item.study_id), how(item)
            if effect is None:
                effect = item.effects[0]
                if pooled is not None and item.is_known:
                    effect, note = replace(effect, value=None), not_alike(item)
            counted = next(iter(of_single_people(review, [item])), None)
            arms = () if _ties_people(review, item) else _arms(review, item, effect)
            yield Row(item, effect, arms, note, counted, _rates(review, item))


def _ties_people(review: Review, item: Contrast) -> bool:
    """Whether another program would take the figures of both arms for those of people who came one by one.

    They are the same in both, or were randomised in groups: the effect and its variance allow for that.
    """
    return review.records.study(item.study_id).design in (CLUSTER, PAIRED)


def _rates(review: Review, item: Contrast) -> tuple[float, ...]:
    """Events and time followed, of the treated and then the control arm; () if not from rates."""
    if item.route.name != "rates" or _ties_people(review, item):
        return ()
    row = next(r for r in review.records.rows("contrasts") if r.study_id == item.study_id)
    of = {"outcome": item.outcome, "week": item.week}
    return tuple(
        review.records.statistic(item.study_id, arm, name, **of).value
        for arm in (row.treated_arm, row.control_arm)
        for name in ("n_events", "person_time")
    )


def _arms(review: Review, item: Contrast, effect: Effect) -> tuple[Arm, ...]:
    """Both arms, with the changes or scores from which the mean difference was computed.

    Means on a scale that runs the other way than the pool have their sign turned, as the effect has.
    """
    own = item.on(effect.measure.name)
    sign = -1 if own is not None and own.measure.better != effect.measure.better else 1
    if item.route.name == "changes":
        return tuple(Arm(change.n, sign * change.mean, change.sd) for change in item.route.arms)
    if item.route.name != "scores":
        return ()
    compared = next(r for r in review.records.rows("contrasts") if r.study_id == item.study_id)
    found = []
    for arm in (compared.treated_arm, compared.control_arm):
        mean, sd = (
            review.records.statistic(item.study_id, arm, name, outcome=item.outcome, week=item.week)
            for name in ("mean", "sd")
        )
        people = review.records.people(item.study_id, arm, item.outcome)
        n = people.value if people.found else review.settings.arm_size
        found.append(Arm(n, sign * mean.value, sd.value))
    return tuple(found)


def _metafor(row: Row) -> dict:
    item, effect = row.contrast, row.effect
    figures = [x for arm in row.arms for x in astuple(arm)]
    names = ("n1i", "m1i", "sd1i", "n2i", "m2i", "sd2i")
    of_events = {}
    if (one := row.counted) is not None:
        of_events = {"n1i": one.n1, "n2i": one.n2, "ai": one.events1, "ci": one.events2}
    return {
        "slab": item.label,
        "outcome": item.outcome,
        "evidence": item.evidence,
        "measure": effect.measure.name,
        "unit": effect.measure.unit,
        "yi": effect.value,
        "vi": None if effect.value is None else effect.variance,
        "sei": None if effect.value is None else sqrt(effect.variance),  # which JASP asks for
        **dict(zip(names, figures, strict=False)),
        **of_events,
        **dict(zip(("x1i", "t1i", "x2i", "t2i"), row.rates, strict=False)),
        "how": row.how,
    }


def _revman(records: Records, rows: list[Row]) -> Iterator[Mapping]:
    outcomes = list(dict.fromkeys(row.contrast.outcome for row in rows))
    for row in rows:
        item, effect = row.contrast, row.effect
        known = effect.value is not None
        # RevMan computes a normal interval, even if the trial's was another.
        z = float(special.ndtri((1 + effect.interval.level) / 2))
        # RevMan shows the ratio as well as its logarithm.
        shown = [None, None, None]
        if effect.value is not None:
            half = z * sqrt(effect.variance)
            ends = (effect.value, effect.value - half, effect.value + half)
            shown = [effect.measure.printed(end) for end in ends]
        line = {
            "Analysis group": 1,
            "Analysis number": outcomes.index(item.outcome) + 1,
            "Analysis name": item.outcome,
            "Study": item.label,
            "Study year": f"{records.study(item.study_id).year:g}",
            "GIV Mean": effect.value,
            "GIV SE": sqrt(effect.variance) if known else None,
            **dict(zip(("Mean", "CI start", "CI end"), shown, strict=True)),
            "Footnotes": row.how,
        }
        for group, arm in zip(("Experimental", "Control"), row.arms, strict=False):
            line |= {f"{group} mean": arm.mean, f"{group} SD": arm.sd, f"{group} N": arm.n}
        if (one := row.counted) is not None:
            line |= {"Experimental cases": one.events1, "Experimental N": one.n1}
            line |= {"Control cases": one.events2, "Control N": one.n2}
        yield line


def _gradepro(review: Review, body: Body) -> dict:
    judged = {domain.name: domain.judged for domain in body.domains}
    other = {name: word for name, word in judged.items() if name not in LOWERING[:4]}
    absolute, relative, effect = "", "", body.difference
    is_known = effect is not None or body.level
    if effect is not None and effect.measure.is_stated:
        ends = with_interval(
            effect.measure, effect.range.low, effect.interval.low, effect.interval.high
        )
        named = f"{effect.measure.name} {ends}"
        relative = named if effect.measure.is_log else ""
        known = body.effect and body.effect.absolute
        absolute = in_1000(known.difference, known.interval) if known else ""
        absolute = absolute or ("" if relative else named)
    elif effect is not None:
        low, high = effect.range.low, effect.range.high
        ends = f"{low:.2f}" + ("" if low == high else f" to {high:.2f}")
        interval = f"{effect.interval.low:.2f} to {effect.interval.high:.2f}"
        absolute = f"{effect.measure.name} {ends} {effect.measure.unit} ({interval})"
    return {
        "Outcome": body.outcome,
        "No of studies": body.studies if is_known else 0,
        "Study design": "randomised trials"
        if body.evidence == "randomised"
        else "observational studies"
        if body.evidence == "observational"
        else "non-randomised studies",
        **{name.capitalize(): judged.get(name, "") for name in LOWERING[:4]},
        "Other considerations": "; ".join(f"{name}: {word}" for name, word in other.items()),
        "No of patients": "" if isnan(body.people) or not is_known else f"{body.people:g}",
        "Relative effect (95% CI)": relative,
        "Absolute effect (95% CI)": absolute,
        "Certainty": body.level or NOT_JUDGED,
        "Comments": statement(review, body),
    }
