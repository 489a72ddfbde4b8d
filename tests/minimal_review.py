"""A review as somebody fills it in who has one study: an uncontrolled one, or a randomised trial."""

from __future__ import annotations

import csv

from evidence_review.records import Project

NAME = "zinc"
SOURCE = {"source_id": "roe2020", "location": "abstract", "access_level": "abstract"}
REVIEW = {
    "title": "Zinc for restless legs syndrome",
    "treatment": "zinc",
    "condition": "restless legs syndrome",
    "condition_short": "RLS",
    "outcome": "RLS severity",
    "instrument_id": "IRLS",
    "search_date": "2026-01-31",
}
STUDY = SOURCE | {
    "study_id": "roe2020",
    "label": "Roe 2020",
    "year": "2020",
    "role": "further evidence",
    "population_group": "not extracted",
    "funding": "not extracted",
    "weeks": "8",
    "basis": "reported",
}
ASSUMPTIONS = {"arm_size": ("20", "10", "40"), "important_difference": ("3", "1", "9")}


def append(project: Project, table: str, *rows: dict[str, str], folder: str = NAME) -> None:
    """Add rows to a table of the review, as a person does in a spreadsheet."""
    path = project.data / folder / f"{table}.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        header = next(csv.reader(stream))
    with path.open("a", encoding="utf-8", newline="") as stream:
        csv.DictWriter(stream, header, lineterminator="\n").writerows(rows)


def rewrite(project: Project, table: str, *rows: dict[str, str], folder: str = NAME) -> None:
    """Fill in rows that `new` left half empty."""
    path = project.data / folder / f"{table}.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        old = list(csv.DictReader(stream))
    path.write_text(path.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    append(project, table, *(a | b for a, b in zip(old, rows, strict=True)), folder=folder)


def statistic(arm: str, name: str, value: str, **other: str) -> dict[str, str]:
    """A row of statistics.csv: a score, unless `other` says otherwise."""
    result = {
        "study_id": "roe2020",
        "arm_id": arm,
        "outcome": "RLS severity",
        "instrument_id": "IRLS",
        "week": "8",
        "statistic": name,
        "comparator": "=",
        "value": value,
        "unit": "points",
        "sign_convention": "end minus baseline" if name == "change_mean" else "",
        "basis": "reported",
    }
    return result | SOURCE | other


def people(arm: str, value: str) -> dict[str, str]:
    other = {"outcome": "participants", "instrument_id": "", "unit": "people"}
    return statistic(arm, "n_analysed", value, **other)


def fill(project: Project, *, randomised: bool) -> None:
    """Fill in what a report needs of a new review, one study with one arm or two."""
    review = (
        REVIEW if randomised else REVIEW | {"single_arm_study": "roe2020", "single_arm": "zinc"}
    )
    rewrite(project, "review", review)
    rewrite(
        project,
        "assumptions",
        *(
            {"value": value, "low": low, "high": high, "unit": "points", "reason": "A convention."}
            for value, low, high in ASSUMPTIONS.values()
        ),
    )
    append(project, "sources", {"source_id": "roe2020", "citation": "Roe 2020."})
    arm = {"study_id": "roe2020", "source_id": "roe2020", "treatment": "zinc"}
    treated = arm | {"arm_id": "zinc", "label": "zinc"}
    if randomised:
        design = {"design": "parallel", "randomised": "yes", "blinding": "double-blind"}
        placebo = arm | {"arm_id": "placebo", "label": "placebo", "role": "placebo"}
        append(project, "arms", treated | {"role": "treatment"}, placebo)
        compared = {"study_id": "roe2020", "treated_arm": "zinc", "control_arm": "placebo"}
        append(project, "contrasts", compared)
        results = {"zinc": ("14.2", "6.1", "21"), "placebo": ("17.9", "6.8", "20")}
        for name, (mean, sd, n) in results.items():
            append(
                project,
                "statistics",
                people(name, n),
                statistic(name, "mean", mean),
                statistic(name, "sd", sd),
            )
    else:
        design = {"design": "single arm", "randomised": "no", "blinding": "open label"}
        append(project, "arms", treated | {"role": "observed group"})
        change = statistic("zinc", "change_mean", "-7.3")
        append(project, "statistics", people("zinc", "21"), change)
        append(project, "statistics", statistic("zinc", "change_sd", "6.4"))
    append(project, "studies", STUDY | design)
