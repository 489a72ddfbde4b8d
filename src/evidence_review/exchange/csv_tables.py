"""The review's results as CSV files that metafor, RevMan and users of GRADEpro can take over."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from math import isclose, sqrt
from pathlib import Path

from evidence_review.effects.contrasts import in_unit, is_known, points_shared
from evidence_review.effects.of_review import randomised_contrasts
from evidence_review.effects.trials import RandomisedContrast, SingleArmChange, arm_change
from evidence_review.judgement.certainty import Body, bodies
from evidence_review.judgement.grade import LOWERING
from evidence_review.records import Project, Records
from evidence_review.review.settings import Settings
from evidence_review.runs.workshop import building_folder, exclusive, replace_folder

# Columns of the "data rows" in the data package of a Cochrane review (documentation.cochrane.org).
REVMAN = (
    *("Analysis group", "Analysis number", "Analysis name", "Subgroup", "Applicability"),
    *("Study", "Study year", "GIV Mean", "GIV SE"),
    *("Experimental mean", "Experimental SD", "Experimental cases", "Experimental N"),
    *("Control mean", "Control SD", "Control cases", "Control N"),
    *("O-E", "Variance", "Weight", "Mean", "CI start", "CI end", "Footnotes"),
)
_METAFOR = (
    *("slab", "outcome", "measure", "unit", "yi", "vi"),
    *("n1i", "m1i", "sd1i", "n2i", "m2i", "sd2i", "how"),
)
# Columns of an evidence profile, in the order of GRADEpro's form.
_GRADEPRO = (
    *("Outcome", "No of studies", "Study design", "Risk of bias", "Inconsistency", "Indirectness"),
    *("Imprecision", "Other considerations", "No of patients", "Absolute effect (95% CI)"),
    *("Certainty", "Comments"),
)


@dataclass(frozen=True)
class Arm:
    """People, mean and SD of one arm, improvement downwards; scores or changes, as its trial gives."""

    n: float
    mean: float
    sd: float


@dataclass(frozen=True)
class Row:
    """One trial on one outcome. yi, vi: difference from placebo and its variance; None for a range.

    in_points: whether yi is in the unit of the outcome's scale (else in SDs). arms: treated and
    control, where their figures give yi in points; else none.
    """

    contrast: RandomisedContrast
    in_points: bool
    unit: str
    yi: float | None
    vi: float | None
    arms: tuple[Arm, Arm] | tuple[()]


def export_csv(project: Project, records: Records, settings: Settings) -> list[Path]:
    """Write `reports/exports/<review>/csv/`: metafor.csv, revman.csv, gradepro.csv; returns them.

    settings: resolved. Benefit is negative. Numbers are not rounded, so that other programs pool to
    the same result. Raises OSError if the folder cannot be written; what was there then stays.
    """
    rows = list(effects(records, settings))
    tables = {
        "metafor": (_METAFOR, map(_metafor, rows)),
        "revman": (REVMAN, _revman(records, rows)),
        "gradepro": (_GRADEPRO, map(_gradepro, bodies(records, settings))),
    }
    folder = project.reports / "exports" / records.folder
    folder.mkdir(parents=True, exist_ok=True)
    with building_folder(folder, "csv") as building:
        for name, (header, lines) in tables.items():
            with (building / f"{name}.csv").open("w", encoding="utf-8", newline="") as stream:
                writer = csv.DictWriter(stream, header, lineterminator="\n")
                writer.writeheader()
                writer.writerows(lines)
        with exclusive(folder):
            replace_folder(building, folder / "csv")
    return [folder / "csv" / f"{name}.csv" for name in tables]


def effects(records: Records, settings: Settings) -> Iterator[Row]:
    """Every randomised trial on every outcome that it gives a contrast of, as it is pooled."""
    found = randomised_contrasts(records, settings)
    for outcome in dict.fromkeys(item.outcome for item in found):
        items = [item for item in found if item.outcome == outcome]
        known = [item for item in items if is_known(item)]
        shared = bool(known) and points_shared(known)
        unit = records.instrument(known[0].instrument_id).unit if shared else "SD"
        values = dict(zip(map(id, known), zip(*in_unit(known, shared), strict=True), strict=True))
        for item in items:
            yi, vi = values.get(id(item), (None, None))
            yield Row(item, shared, unit, yi, vi, _arms(records, item, settings))


def _arms(records: Records, item: RandomisedContrast, settings: Settings) -> tuple:
    """The changes of both arms, else their scores, whichever the difference in points is made of."""
    if item.md is None:
        return ()
    compared = records["contrasts"].set_index("study_id").loc[item.study_id]
    names = (compared.treated_arm, compared.control_arm)
    changes = [
        arm_change(
            records,
            item.study_id,
            arm,
            item.outcome,
            pre_post_r=settings.pre_post_r,
            change_sd=settings.change_sd,
        )
        for arm in names
    ]
    pairs = []
    if all(isinstance(change, SingleArmChange) for change in changes):
        pairs.append([Arm(change.n, change.mean, change.sd) for change in changes])
    sign = -1 if records.instrument(item.instrument_id).worse == "lower" else 1
    scores = []
    for arm in names:
        mean, sd = (
            records.statistic(item.study_id, arm, name, outcome=item.outcome, week=item.week)
            for name in ("mean", "sd")
        )
        people = records.people(item.study_id, arm)
        n = people.value if people.found else settings.arm_size
        scores.append(Arm(n, sign * mean.value, sd.value))
    for treated, control in (*pairs, scores):
        if isclose(treated.mean - control.mean, item.md, abs_tol=1e-9):
            return treated, control
    return ()


def _metafor(row: Row) -> dict:
    item = row.contrast
    figures = [x for arm in row.arms for x in astuple(arm)]
    names = ("n1i", "m1i", "sd1i", "n2i", "m2i", "sd2i")
    return {
        "slab": item.label,
        "outcome": item.outcome,
        "measure": "MD" if row.in_points else "SMD",
        "unit": row.unit,
        "yi": row.yi,
        "vi": row.vi,
        **dict(zip(names, figures, strict=False)),
        "how": item.how,
    }


def _revman(records: Records, rows: list[Row]) -> Iterator[Mapping]:
    outcomes = list(dict.fromkeys(row.contrast.outcome for row in rows))
    for row in rows:
        item = row.contrast
        limits = (item.md_low, item.md_high) if row.in_points else (item.ci_low, item.ci_high)
        limits = limits if is_known(item) else (None, None)
        line = {
            "Analysis group": 1,
            "Analysis number": outcomes.index(item.outcome) + 1,
            "Analysis name": item.outcome,
            "Study": item.label,
            "Study year": f"{records.study(item.study_id).year:g}",
            "GIV Mean": row.yi,
            "GIV SE": None if row.vi is None else sqrt(row.vi),
            "Mean": row.yi,
            "CI start": limits[0],
            "CI end": limits[1],
            "Footnotes": item.how,
        }
        for group, arm in zip(("Experimental", "Control"), row.arms, strict=False):
            line |= {f"{group} mean": arm.mean, f"{group} SD": arm.sd, f"{group} N": arm.n}
        yield line


def _gradepro(body: Body) -> dict:
    judged = {domain.name: domain.judged for domain in body.domains}
    other = {name: word for name, word in judged.items() if name not in LOWERING[:4]}
    effect = body.effect and (body.effect.points or body.effect.sds)
    absolute = ""
    if effect:
        unit = body.unit if body.effect.points else "SD"
        ends = f"{effect.low:.2f}" + ("" if effect.low == effect.high else f" to {effect.high:.2f}")
        absolute = f"MD {ends} {unit} ({effect.ci_low:.2f} to {effect.ci_high:.2f})"
        absolute = absolute if body.effect.points else f"S{absolute}"
    return {
        "Outcome": body.outcome,
        "No of studies": body.studies,
        "Study design": "randomised trials"
        if body.evidence == "randomised"
        else "non-randomised studies",
        **{name.capitalize(): judged[name] for name in LOWERING[:4]},
        "Other considerations": "; ".join(f"{name}: {word}" for name, word in other.items()),
        "No of patients": f"{body.people:g}",
        "Absolute effect (95% CI)": absolute,
        "Certainty": body.level,
        "Comments": body.statement,
    }
