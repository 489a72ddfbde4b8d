"""A review made larger, for measuring what grows: more placebo arms, more trials, more claims.

python benchmarks/large_review.py FOLDER 1000 100 400  # a copy of the project with so many more
time evidence-review --project FOLDER check
"""

from __future__ import annotations

import csv
import random
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
REVIEW, REFERENCE = "iron-rls", "rls-placebo"


def enlarge(folder: Path, arms: int, trials: int, claims: int) -> None:
    """Copy the data to `folder`, with so many drawn placebo arms, randomised trials and claims more.

    Their numbers are drawn at random, always alike; the names say that they are made up.
    """
    shutil.copytree(ROOT / "data", folder / "data")
    draw = random.Random(arms)
    reference, review = folder / "data" / REFERENCE, folder / "data" / REVIEW
    for number in range(arms):
        _trial(reference, f"drawn{number}", "reference class", -6.0, draw)
    for number in range(trials):
        study = f"trial{number}"
        _trial(review, study, "further evidence", -6.0, draw, treated=-9.0)
        row = {"study_id": study, "treated_arm": "treated", "control_arm": "placebo"}
        _add(review, "contrasts", row | {"in_published": "no"})
    for number in range(claims):
        row = {
            "claim_id": f"D{number}",
            "topic": "the research",
            "kind": "claim",
            "claim": "A drawn claim",
        }
        words = {
            "verdict": "unverified",
            "reason": "Drawn.",
            "source_id": "earley2009",
            "grade": "C",
        }
        _add(review, "claims", row | words | {"source_kind": "study abstract"})


def _trial(
    folder: Path,
    study: str,
    role: str,
    mean: float,
    draw: random.Random,
    treated: float | None = None,
) -> None:
    source = {"source_id": study, "location": "abstract", "access_level": "abstract"}
    _add(folder, "sources", {"source_id": study, "citation": f"{study}, drawn at random."})
    design = {"design": "parallel", "randomised": "yes", "blinding": "double-blind"}
    people = {"population_group": "idiopathic or primary", "population": "drawn"}
    rest = {"funding": "not extracted", "weeks": str(draw.choice((6, 12, 26))), "basis": "reported"}
    named = {"study_id": study, "label": study, "year": "2000", "role": role}
    _add(folder, "studies", named | design | people | rest | source)
    for arm, kind, change in (("placebo", "placebo", mean), ("treated", "treatment", treated)):
        if change is None:
            continue
        told = {"study_id": study, "arm_id": arm, "label": arm, "role": kind, "source_id": study}
        _add(folder, "arms", told | {"treatment_class": "iron", "treatment": arm})
        number = {"study_id": study, "arm_id": arm, "comparator": "=", "basis": "reported"} | source
        n = {"outcome": "participants", "statistic": "n_analysed", "unit": "people"}
        _add(folder, "statistics", number | n | {"value": str(draw.randint(20, 200))})
        score = {"outcome": "RLS severity", "instrument_id": "IRLS", "week": "12", "unit": "points"}
        size = f"{draw.gauss(change, 2):.1f}"
        signed = {
            "statistic": "change_mean",
            "value": size,
            "sign_convention": "end minus baseline",
        }
        _add(folder, "statistics", number | score | signed)
        spread = {"statistic": "change_sd", "value": f"{draw.uniform(6, 10):.1f}"}
        _add(folder, "statistics", number | score | spread)


_HEADERS: dict[Path, list[str]] = {}


def _add(folder: Path, table: str, row: dict[str, str]) -> None:
    path = folder / f"{table}.csv"
    if path not in _HEADERS:
        with path.open(encoding="utf-8", newline="") as file:
            _HEADERS[path] = next(csv.reader(file))
    with path.open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, _HEADERS[path], lineterminator="\n").writerow(row)


def main() -> None:
    folder, *sizes = sys.argv[1:]
    enlarge(Path(folder), *map(int, sizes))
    shutil.copytree(ROOT / "notebooks", Path(folder) / "notebooks")


if __name__ == "__main__":
    main()
