"""Small valid reviews of every kind, with holes wherever the tables allow one.

Treatment, condition and scale belong to no review that is shipped: a word of another field on a
page is a fault.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import strategies as st

from evidence_review.exchange.new_review import Question, new_review
from evidence_review.records import Project
from evidence_review.records.package import write_data_package

NAME, REFERENCE = "hiccups", "hiccups-placebo"
OUTCOME, SCALE = "hiccup burden", "HBI"
SOURCE = {"source_id": "notes", "location": "table 1", "access_level": "abstract"}
REPORTED = SOURCE | {"basis": "reported"}
HOLE = "not printed"

Rows = list[dict[str, str]]


@dataclass
class Tables:
    """Rows to add to the tables of a new review and its reference class, and cells to change.

    settings: under which its report is made.
    """

    question: Question
    review: dict[str, str] = field(default_factory=dict)
    own: dict[str, Rows] = field(default_factory=dict)
    reference: dict[str, Rows] = field(default_factory=dict)
    assumptions: dict[str, tuple[float, float, float]] = field(default_factory=dict)
    settings: dict[str, object] = field(default_factory=dict)


# What an arm prints of one outcome; each a list of statistics, at the last week or at baseline (0).
ARM_PRINTS = (
    ("change_mean", "change_sd"),
    ("change_mean", "change_se"),
    ("change_mean", "change_ci_low", "change_ci_high"),
    ("change_mean",),
    ("change_mean", "p_change"),
    ("change_mean", "t_change"),
    ("change_median", "change_q1", "change_q3"),
    ("change_median", "change_minimum", "change_maximum"),
    ("change_mean", "change_ci_low", "change_ci_high", "change_ci_level"),
    ("mean", "sd"),
    ("mean", "sd", "mean0", "sd0"),
    ("mean", "mean0"),
    ("mean",),
    ("median", "q1", "q3"),
    ("median", "minimum", "maximum"),
    (),
)
# What a trial prints of the comparison, beside what its arms print.
TRIAL_PRINTS = (
    (),
    (),
    ("difference", "difference_se"),
    ("difference", "difference_ci_low", "difference_ci_high"),
    ("difference", "difference_ci_low", "difference_ci_high", "difference_ci_level"),
    ("difference", "p_difference"),
    ("difference",),
    ("p_difference",),
    ("t_difference",),
    ("f_difference",),
)
# Of a period of a crossover trial.
PERIODS = (
    ("n_first_period", "mean_first_period", "sd_first_period"),
    ("n_first_period", "mean_first_period", "sd_first_period", "mean_second_period", "sd_second_period"),
)  # fmt: skip
_SIGNED = ("change_", "difference")
# A change that is printed with the other sign has the other end of its interval for a low one.
_OTHER_END = {
    "change_ci_low": "change_ci_high",
    "change_q1": "change_q3",
    "change_minimum": "change_maximum",
}
_OTHER_END |= {high: low for low, high in _OTHER_END.items()}
_UNSIGNED = ("change_sd", "change_se", "difference_se", "change_ci_level", "difference_ci_level")


@st.composite
def tables(draw) -> Tables:
    """The tables of one review."""
    one_of = lambda *options: draw(st.sampled_from(options))
    better = one_of("lower", "higher")
    lowest, highest = one_of((0.0, 40.0), (None, None), (0.0, 10.0), (-5.0, 5.0))
    width = (highest - lowest) if highest is not None else one_of(8.0, 60.0, 900.0)
    unit = one_of("points", "min", "episodes a day")
    made = Tables(
        Question(
            "Does quorn help with hiccups?",
            treatment="quorn",
            condition="hiccups",
            outcome=OUTCOME,
            scale=SCALE,
            unit=unit,
            lowest=lowest,
            highest=highest,
            better=better,
            sd=one_of(None, round(width / 5, 2)),
        )
    )
    made.own["sources"] = [{"source_id": "notes", "citation": "Doe 2020. Notes on hiccups."}]
    made.reference["sources"] = made.own["sources"]
    if one_of(*[False] * 19, True):  # nothing was found
        made.own = {"searches": [search(draw)]}
        return made
    trials = draw(st.integers(0, 4))
    for number in range(trials):
        _trial(draw, made, number, width, unit, lowest)
    if not trials or one_of(True, False, False):
        _single_arm(draw, made, width, unit, lowest)
    if one_of(True, True, False):
        for number in range(draw(st.integers(1, 5))):
            _placebo_arm(draw, made, number, width, unit, lowest)
    if one_of(True, False):
        _published(draw, made, width, unit)
    if one_of(True, False, False):
        _benchmark(draw, made, width, unit)
    if one_of(True, False, False):
        add_claims(draw, made)
    if one_of(True, False, False) and made.own.get("statistics"):
        _certainty(draw, made)
    if one_of(True, False, False):
        made.own["searches"] = [search(draw)]
    if one_of(True, False, False):
        made.own["questions"] = [
            {
                "question_id": "q1",
                "question": "Is it safe?",
                "because": "nobody says",
                "source_id": "notes",
            }
        ]
    for contrast in made.own.get("contrasts", []):
        if one_of(True, False):
            made.own.setdefault("characteristics", []).append(
                REPORTED
                | {
                    "study_id": contrast["study_id"],
                    "characteristic": "form",
                    "group": one_of("gave tablets", "gave a spray"),
                }
            )
    if one_of(True, False, False):
        made.assumptions["important_difference"] = one_of(
            (width / 40, width / 100, width / 10), (width / 2, width / 10, width)
        )
    if one_of(True, False, False, False):
        made.assumptions["pre_post_r"] = (0.0, 0.0, 0.9)
    return made


def add_study(draw, made: Tables, study_id: str, part: str = "own", **other: str) -> None:
    one_of = lambda *options: draw(st.sampled_from(options))
    weeks = one_of({"weeks": "8"}, {"weeks": "4"}, {"weeks": "", "missing_reason": HOLE})
    rows = made.own if part == "own" else made.reference
    rows.setdefault("studies", []).append(
        REPORTED
        | {
            "study_id": study_id,
            "label": f"{study_id[:-4].capitalize()} {study_id[-4:]}",
            "year": study_id[-4:],
            "role": one_of("further evidence", "cited by the article")
            if part == "own"
            else "reference class",
            "design": "parallel",
            "randomised": "yes",
            "blinding": one_of("double-blind", "open label", "not extracted"),
            "population_group": one_of("not extracted", "adults", "children"),
            "funding": one_of("industry", "not extracted"),
        }
        | weeks
        | other
    )


def add_arm(made: Tables, study_id: str, arm_id: str, role: str, part: str = "own") -> None:
    rows = made.own if part == "own" else made.reference
    rows.setdefault("arms", []).append(
        {
            "study_id": study_id,
            "arm_id": arm_id,
            "label": arm_id,
            "role": role,
            "source_id": "notes",
        }
        | ({"treatment": "quorn 5 mg"} if role == "treatment" else {})
    )


def figure(
    draw, study: str, arm: str, name: str, value: float | None, unit: str, digits=None, **other
) -> dict:
    """A row of statistics, now and then with a hole, a bound or another sign. digits: of the value; any where None."""
    one_of = lambda *options: draw(st.sampled_from(options))
    digits = one_of(0, 1, 1, 2, 2) if digits is None else digits
    row = REPORTED | {
        "study_id": study,
        "arm_id": arm,
        "outcome": OUTCOME,
        "instrument_id": SCALE,
        "week": "8",
        "statistic": name,
        "comparator": "=",
        "value": "" if value is None else f"{value:.{digits}f}",
        "unit": unit,
    }
    if name.startswith(_SIGNED) and name not in _UNSIGNED:
        row["sign_convention"] = "end minus baseline"
    if name.endswith(("sd", "se")) and row["value"] and float(row["value"]) <= 0:
        row["value"] = f"{value:.3g}"
    row |= other
    chance = draw(st.integers(0, 19))
    if chance == 0:
        row |= {"value": "", "missing_reason": HOLE}
    elif chance == 1 and name.startswith("p_"):
        row["comparator"] = one_of("<", ">", "<=", ">=")
    elif chance == 2 and name.endswith(("sd", "se")):
        row["comparator"] = "<"
    return row


def add_people(draw, made: Tables, study: str, arm: str, n: int, part: str = "own") -> None:
    one_of = lambda *options: draw(st.sampled_from(options))
    where = {"outcome": "participants", "instrument_id": "", "week": ""}
    rows = made.own if part == "own" else made.reference
    if one_of(True, True, True, True, False):
        row = figure(
            draw, study, arm, one_of("n_analysed", "n_randomised", "n"), float(n), "people", **where
        )
        if row["value"]:
            row["value"] = str(n)
        rows.setdefault("statistics", []).append(row)


def _arm_prints(
    draw, made, study, arm, n, width, unit, lowest, shift, part="own", bundles=ARM_PRINTS
):
    """What one arm prints; returns nothing. shift: its mean change, end minus baseline."""
    bundle = draw(st.sampled_from(bundles))
    base = (lowest if lowest is not None else 0) + 0.6 * width
    sd = width * draw(st.sampled_from((0.02, 0.1, 0.2)))
    mean = base + shift
    if lowest is not None:
        mean = min(max(mean, lowest), lowest + width)
    se = sd / n**0.5
    values = {
        "change_mean": shift, "change_sd": sd, "change_se": se, "change_ci_low": shift - 2.1 * se,
        "change_ci_high": shift + 2.1 * se, "p_change": 0.03, "t_change": 2.4, "change_median": shift,
        "change_q1": shift - 0.67 * sd, "change_q3": shift + 0.67 * sd, "mean": mean, "sd": sd,
        "mean0": base, "sd0": sd, "median": mean, "q1": mean - 0.67 * sd, "q3": mean + 0.67 * sd,
        "minimum": mean - 2 * sd, "maximum": mean + 2 * sd,
        "change_minimum": shift - 2 * sd, "change_maximum": shift + 2 * sd, "change_ci_level": 90.0,
        "n_first_period": float(n), "mean_first_period": mean, "sd_first_period": sd,
        "mean_second_period": mean, "sd_second_period": 1.1 * sd,
    }  # fmt: skip
    convention = draw(
        st.sampled_from(("end minus baseline", "end minus baseline", "reduction", "improvement"))
    )
    turns = convention == "reduction" or (
        convention == "improvement" and made.question.better == "lower"
    )
    rows = made.own if part == "own" else made.reference
    for name in bundle:
        other = {"week": "0"} if name.endswith("0") else {}
        if name.startswith(_SIGNED) and name not in _UNSIGNED:
            other["sign_convention"] = convention
        kind = _unit(name, unit)
        value = values[name]
        if turns and "sign_convention" in other:
            value = -values[_OTHER_END.get(name, name)]
        if lowest is not None and name in ("q1", "q3", "minimum", "maximum"):
            value = min(max(value, lowest), lowest + width)
        digits = 0 if name.startswith("n_") or name.endswith("_level") else None
        rows.setdefault("statistics", []).append(
            figure(draw, study, arm, name.rstrip("0"), value, kind, digits, **other)
        )


def _unit(name: str, unit: str) -> str:
    """The unit of a statistic of an outcome that is in `unit`."""
    if name.endswith("_level"):
        return "%"
    if name.startswith("n_"):
        return "people"
    return {"p_": "p", "t_": "t"}.get(name[:2], unit)


def _trial(draw, made: Tables, number: int, width, unit, lowest) -> None:
    one_of = lambda *options: draw(st.sampled_from(options))
    study = f"{('adams', 'baker', 'clark', 'davis')[number]}{2001 + number}"
    design = one_of("parallel", "parallel", "parallel", "crossover", "cluster")
    add_study(draw, made, study, design=design)
    control = one_of("placebo", "placebo", "usual care")
    add_arm(made, study, "quorn", "treatment")
    add_arm(made, study, "control", control)
    if one_of(True, False):
        add_arm(made, study, "all", "whole study")
        add_people(draw, made, study, "all", 3000)
    made.own.setdefault("contrasts", []).append(
        {
            "study_id": study,
            "treated_arm": "quorn",
            "control_arm": "control",
            "in_published": one_of("", "yes", "no", "not known"),
        }
    )
    bundle = one_of(*ARM_PRINTS, *(2 * PERIODS if design == "crossover" else ()))
    n = one_of(1, 2, 5, 20, 90, 1500)
    for arm, shift in (("quorn", -0.2 * width), ("control", one_of(-0.1, 0.0, -0.2, -0.3) * width)):
        add_people(draw, made, study, arm, n)
        _arm_prints(
            draw, made, study, arm, n, width, unit, lowest, shift, bundles=(bundle, bundle, ())
        )
    se = 0.1 * width / n**0.5
    values = {
        "difference": -0.1 * width, "difference_se": se, "difference_ci_low": -0.1 * width - 2 * se,
        "difference_ci_high": -0.1 * width + 2 * se, "p_difference": 0.04, "t_difference": -2.1, "f_difference": 4.4,
        "difference_ci_level": 99.0,
    }  # fmt: skip
    rows = made.own.setdefault("statistics", [])
    for name in one_of(*TRIAL_PRINTS):
        digits = 0 if name.endswith("_level") else None
        rows.append(figure(draw, study, "quorn", name, values[name], _unit(name, unit), digits))
    if design == "cluster":
        add_clusters(draw, made, study)
    if one_of(True, False, False, False):
        _omnibus(draw, made, study)
    if one_of(True, False, False):
        for arm, events in (("quorn", 0), ("control", min(1, n))):
            made.own.setdefault("statistics", []).append(
                figure(
                    draw,
                    study,
                    arm,
                    "n_events",
                    float(events),
                    "people",
                    outcome="nausea",
                    instrument_id="",
                )
                | {"value": str(events), "missing_reason": ""}
            )


def add_clusters(draw, made: Tables, study: str) -> None:
    """How many groups of people were randomised to each arm, and how alike people of one group are."""
    one_of = lambda *options: draw(st.sampled_from(options))
    where = {"outcome": "participants", "instrument_id": "", "week": ""}
    rows = made.own.setdefault("statistics", [])
    for arm in ("quorn", "control") if one_of(True, False) else ():
        number = one_of(1.0, 2.0, 12.0)
        rows.append(figure(draw, study, arm, "n_clusters", number, "groups", 0, **where))
    if one_of(True, False):
        about = {"outcome": made.question.outcome, "instrument_id": made.question.scale}
        alike = one_of(-0.01, 0.0, 0.05, 0.6)
        rows.append(figure(draw, study, "quorn", "icc", alike, "correlation", 2, **about))


def _omnibus(draw, made: Tables, study: str) -> None:
    """A third arm, the P over all three and, perhaps, their order."""
    one_of = lambda *options: draw(st.sampled_from(options))
    add_arm(made, study, "other", one_of("treatment", "control"))
    if not any(row["arm_id"] == "all" and row["study_id"] == study for row in made.own["arms"]):
        add_arm(made, study, "all", "whole study")
    rows = made.own.setdefault("statistics", [])
    p = one_of(0.001, 0.04, 0.6)
    rows.append(figure(draw, study, "all", "p_omnibus", p, "p", 3))
    order = one_of((), ("quorn", "other", "control"), ("other", "quorn", "control"), ("control",))
    for place, arm in enumerate(order, start=1):
        rows.append(figure(draw, study, arm, "rank", float(place), "rank, 1 is best", 0))


def _single_arm(draw, made: Tables, width, unit, lowest) -> None:
    one_of = lambda *options: draw(st.sampled_from(options))
    add_study(draw, made, "evans2010", design="single arm", randomised="no")
    add_arm(made, "evans2010", "all", "observed group")
    n = one_of(1, 2, 10, 40)
    add_people(draw, made, "evans2010", "all", n)
    _arm_prints(draw, made, "evans2010", "all", n, width, unit, lowest, -0.2 * width)
    if one_of(True, False):  # in another unit, on no scale that is named
        where = {"outcome": "hours of calm", "instrument_id": ""}
        for name, value in (("change_mean", 1.5), ("change_sd", 2.0)):
            row = figure(draw, "evans2010", "all", name, value, "h", **where)
            made.own.setdefault("statistics", []).append(row)
    if not made.own.get("contrasts") or one_of(True, True, False):
        made.review |= {"single_arm_study": "evans2010", "single_arm": "all"}


def _placebo_arm(draw, made: Tables, number: int, width, unit, lowest) -> None:
    one_of = lambda *options: draw(st.sampled_from(options))
    study = f"{('frank', 'gupta', 'hayes', 'irwin', 'jones')[number]}{1991 + number}"
    add_study(draw, made, study, "reference")
    add_arm(made, study, "placebo", one_of("placebo", "sham"), "reference")
    n = one_of(2, 12, 40, 40000)
    add_people(draw, made, study, "placebo", n, "reference")
    shift = one_of(-0.1, -0.12, 0.0, 0.05) * width
    _arm_prints(draw, made, study, "placebo", n, width, unit, lowest, shift, "reference")


def _published(draw, made: Tables, width, unit) -> None:
    one_of = lambda *options: draw(st.sampled_from(options))
    measure, estimate, shown = one_of(
        ("mean difference", -0.1 * width, unit),
        ("standardised mean difference", -0.4, "SD"),
        ("risk ratio", 1.2, "ratio"),
        *(
            ("odds ratio", 1.2, "ratio"),
            ("hazard ratio", 1.2, "ratio"),
            ("rate ratio", 1.2, "ratio"),
        ),
        *(("ratio of means", 1.2, "ratio"), ("risk difference", 0.02, "share")),
    )
    is_other = shown in ("ratio", "share") or (shown == "SD" and one_of(True, False))
    half = abs(estimate) * 0.5
    row = REPORTED | {
        "result_id": "cochrane2015", "label": "Cochrane 2015", "use": "treatment against placebo", "treatment": "quorn",
        "measure": measure, "estimate": f"{estimate:.3g}", "ci_low": f"{estimate - half:.3g}",
        "ci_high": f"{estimate + half:.3g}", "unit": shown, "k": "4", "n_participants": "200", "i2": one_of("", "0", "60"),
        "instrument_id": SCALE if measure == "mean difference" else "",
    }  # fmt: skip
    if is_other:
        row |= {
            "use": "other outcome",
            "outcome": "nausea",
            "better": one_of("lower", "higher"),
            "control_per_1000": one_of("", "50", "1000"),
        }
    for hole in (
        draw(
            st.sets(
                st.sampled_from(("estimate", "ci_low", "ci_high", "k", "n_participants")),
                max_size=2,
            )
        )
        if one_of(True, False, False)
        else ()
    ):
        row |= {hole: "", "missing_reason": HOLE}
    made.own["pooled_results"] = [row]
    if not is_other and one_of(True, False):
        made.review["published_result"] = "cochrane2015"


def _benchmark(draw, made: Tables, width, unit) -> None:
    one_of = lambda *options: draw(st.sampled_from(options))
    rows = []
    for measure, estimate, shown in (
        ("standardised mean change", -0.5, "SD"),
        ("mean change", -0.1 * width, unit),
    ):
        if one_of(True, True, False):
            row = REPORTED | {
                "result_id": f"king2012_{measure.split()[0]}", "label": "King 2012", "use": "placebo benchmark",
                "benchmark_id": "king2012", "treatment": "placebo", "measure": measure, "estimate": f"{estimate:.3g}",
                "ci_low": f"{estimate * 1.3:.3g}", "ci_high": f"{estimate * 0.7:.3g}", "unit": shown,
                "k": "12", "n_participants": "900", "i2": one_of("", "70"), "instrument_id": SCALE if shown == unit else "",
            }  # fmt: skip
            for hole in (
                draw(
                    st.sets(
                        st.sampled_from(("estimate", "ci_low", "ci_high", "k", "n_participants")),
                        max_size=2,
                    )
                )
                if one_of(True, False)
                else ()
            ):
                row |= {hole: "", "missing_reason": HOLE}
            rows.append(row)
    made.reference["pooled_results"] = rows


def add_claims(draw, made: Tables) -> None:
    one_of = lambda *options: draw(st.sampled_from(options))
    made.review |= {
        "article_title": "Quorn against hiccups", "article_publisher": "A Magazine",
        "article_url": "https://example.org/quorn", "article_summary": "It says that quorn helps.",
        "article_date": one_of("", "May 2020"),
    }  # fmt: skip
    verdict = one_of("supported", "partly", "contradicted", "unverified", "not checkable")
    made.own["claims"] = [
        {
            "claim_id": "c1", "topic": "the research", "kind": one_of("claim", "omission"), "claim": "Quorn works.",
            "verdict": verdict, "reason": "As far as was read.", "source_id": "notes" if verdict in ("supported", "partly", "contradicted") else one_of("", "notes"),
            "grade": one_of("A", "none"),
        }
    ]  # fmt: skip
    if one_of(True, False):
        made.own["rewrite"] = [
            {
                "sentence_id": "s1",
                "place": "1",
                "sentence": "Nobody knows.",
                "claim_ids": one_of("", "c1"),
                "reason": "so it is",
            }
        ]


def _certainty(draw, made: Tables) -> None:
    if not any(row["outcome"] == OUTCOME for row in made.own["statistics"]):
        return
    made.own["certainty"] = [
        SOURCE
        | {
            "outcome": OUTCOME, "evidence": kind, "domain": domain,
            "judgement": judgement, "reason": "A judgement.",
        }
        for kind, there in (
            ("randomised", made.own.get("contrasts")),
            ("uncontrolled", made.review.get("single_arm_study")),
        )
        if there
        for domain, judgement in judgements(draw, kind)
    ]  # fmt: skip


def judgements(draw, evidence: str) -> list[tuple[str, str]]:
    """Judgements of a body of evidence, by domain; of one that is not randomised, what raises it, too."""
    one_of = lambda *options: draw(st.sampled_from(options))
    lowers = ("not serious",) if one_of(True, False) else ("not serious", "serious", "very serious")
    at_most = {"imprecision": ("extremely serious",)}
    if evidence != "randomised":
        at_most["risk of bias"] = ("extremely serious",)
    domains = ("risk of bias", "inconsistency", "indirectness", "imprecision", "publication bias")
    found = [(domain, one_of(*lowers, *at_most.get(domain, ()))) for domain in domains]
    raises = {"large effect": ("one level", "two levels")}
    may_rise = evidence != "randomised" and {judged for _, judged in found} == {"not serious"}
    for domain in ("large effect", "dose response", "opposing confounding"):
        if one_of(True, False, False):
            levels = raises.get(domain, ("one level",)) if may_rise else ()
            found.append((domain, one_of("none", *levels)))
    return found


def search(draw) -> dict[str, str]:
    row = {"search_id": "s1", "sought": "quorn and hiccups", "place": "PubMed"}
    known = {"searched_on": "2026-01-02", "found": "12", "kept": "3"}
    return row | draw(
        st.sampled_from((known, {"missing_reason": HOLE}, {"found": "12", "missing_reason": HOLE}))
    )


def write(made: Tables, project: Project) -> None:
    """Make the review in a project that does not have it."""
    new_review(project, NAME, made.question)
    shared = str(project.reference_class(NAME))
    for folder, added in ((NAME, made.own), (shared, made.reference)):
        for table, rows in added.items():
            _append(project.data / folder / f"{table}.csv", rows)
    _change(project.data / NAME / "review.csv", lambda row: row | made.review)
    for folder in (NAME, shared):
        _change(
            project.data / folder / "assumptions.csv",
            lambda row: (
                row
                | dict(
                    zip(
                        ("value", "low", "high"),
                        map("{:g}".format, made.assumptions[row["assumption_id"]]),
                        strict=True,
                    )
                )
                if row["assumption_id"] in made.assumptions
                else row
            ),
        )
    write_data_package(project)


def _append(path: Path, rows: Rows) -> None:
    with path.open(encoding="utf-8", newline="") as stream:
        header = next(csv.reader(stream))
    with path.open("a", encoding="utf-8", newline="") as stream:
        csv.DictWriter(stream, header, lineterminator="\n").writerows(rows)


def _change(path: Path, change) -> None:
    with path.open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        header, rows = reader.fieldnames or [], list(reader)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(map(change, rows))
