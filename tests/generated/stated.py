"""Small valid reviews of ratios and risks: counts, person-time, printed estimates, cohorts, several outcomes."""

from __future__ import annotations

from hypothesis import strategies as st

from evidence_review.effect_measures import OF_EVENTS, OF_RISK, STATED, UNIT_OF
from evidence_review.exchange.new_review import Question

from . import reviews
from .reviews import HOLE, REPORTED, Tables

EVENT, AMOUNT = "hiccup attack", "hiccup hormone"
HARM, OTHER_BENEFIT, RATED = "dizziness", "hours of calm", "sleeping through"
# What a study prints of an outcome; each a list of statistics of the comparison or of both arms.
_ESTIMATES = (
    ("estimate", "estimate_ci_low", "estimate_ci_high"),
    ("estimate", "estimate_ci_low", "estimate_ci_high"),
    ("estimate", "estimate_ci_low", "estimate_ci_high", "estimate_ci_level"),
    ("estimate", "estimate_se"),
    ("log estimate", "estimate_se"),
    ("estimate", "p_difference"),
    ("estimate",),
    (),
)
_COUNTS = (("n_events",), ("n_events",), ("responders_percent",))
_RATES = (("n_events", "person_time"), ("n_events", "person_time"), ("person_time",))


@st.composite
def tables(draw) -> Tables:
    """The tables of one review, and what else is asked of it than its own outcome."""
    one_of = lambda *options: draw(st.sampled_from(options))
    measure = one_of(*STATED)
    is_association = one_of(False, True)
    better = one_of("lower", "lower", "higher")
    of_amount = measure == "ROM"
    made = Tables(
        Question(
            "Is chewing quorn associated with hiccups?"
            if is_association
            else "Does quorn prevent hiccups?",
            treatment="chewing quorn" if is_association else "quorn",
            condition=one_of("hiccups", EVENT) if is_association else "hiccups",
            outcome=AMOUNT if of_amount else EVENT,
            scale="hormone in blood" if of_amount and one_of(True, False) else "",
            unit="nmol/L" if of_amount else "",
            better=better,
            measure=measure,
            is_association=is_association,
        )
    )
    made.own["sources"] = [{"source_id": "notes", "citation": "Doe 2020. Notes on hiccups."}]
    if one_of(*[False] * 19, True):
        made.own = {"searches": [reviews.search(draw)]}
        return made
    studies = []
    for number in range(draw(st.integers(1, 5))):
        studies.append(_study(draw, made, number, is_association))
    for study, n in studies:
        _prints(draw, made, study, n, made.question.outcome, measure)
    if one_of(True, False, False):
        _published(draw, made, measure)
    if one_of(True, False, False):
        reviews.add_claims(draw, made)
    if one_of(True, False):
        _certainty(draw, made)
    if one_of(True, False, False):
        made.own["searches"] = [reviews.search(draw)]
    if measure in OF_EVENTS and one_of(True, False, False, False):
        made.settings["measure"] = one_of(*OF_EVENTS)
    if measure in OF_RISK and one_of(True, False, False, False):
        made.settings["baseline_risk"] = one_of(1.0, 50.0, 500.0, 999.0)
    if {row["randomised"] for row in made.own["studies"]} == {"yes", "no"} and one_of(True, False):
        made.settings["evidence"] = one_of("any", "observational", "randomised")
    if one_of(True, False, False, False, False):
        made.review["told_in"] = one_of("2002", "2001; 2003", "1990")
    further(draw, made, [(study, n, 10.0) for study, n in studies])
    return made


def _study(draw, made: Tables, number: int, is_association: bool) -> tuple[str, int]:
    """One study with its two groups, quorn and control; returns its id and the people of a group."""
    one_of = lambda *options: draw(st.sampled_from(options))
    study = f"{('adams', 'baker', 'clark', 'davis', 'ellis')[number]}{2001 + number}"
    observed = is_association or one_of(False, False, False, True)
    if observed and not (is_association and one_of(*[False] * 9, True)):
        design = one_of("cohort", "case-control")
        arms = (
            ("exposed", "unexposed")
            if is_association or one_of(True, False)
            else ("treatment", "control")
        )
        about = {
            "design": design,
            "randomised": "no",
            "blinding": one_of("not applicable", "not extracted"),
        }
    else:
        design = one_of("parallel", "parallel", "parallel", "crossover", "cluster")
        arms = ("treatment", one_of("placebo", "placebo", "usual care", "sham", "control"))
        about = {"design": design}
    reviews.add_study(draw, made, study, **about)
    reviews.add_arm(made, study, "quorn", arms[0])
    reviews.add_arm(made, study, "control", arms[1])
    made.own.setdefault("contrasts", []).append(
        {
            "study_id": study,
            "treated_arm": "quorn",
            "control_arm": "control",
            "in_published": one_of("", "yes", "no"),
        }
    )
    n = one_of(1, 2, 8, 60, 60, 1500)
    for name in ("quorn", "control"):
        reviews.add_people(draw, made, study, name, n)
    if about["design"] == "cluster":
        reviews.add_clusters(draw, made, study)
    return study, n


def _prints(draw, made: Tables, study: str, n: int, outcome: str, measure: str) -> None:
    """What one study prints of an outcome on a measure, or on another than was asked for."""
    one_of = lambda *options: draw(st.sampled_from(options))
    printed = one_of(measure, measure, measure, measure, *UNIT_OF)
    instrument = made.question.scale if outcome == made.question.outcome else ""
    where = {"outcome": outcome, "instrument_id": instrument, "week": one_of("8", "8", "")}
    rows = made.own.setdefault("statistics", [])
    if printed in OF_EVENTS and one_of(True, True, False):
        names = one_of(*_COUNTS)
    elif printed == "IRR" and one_of(True, True, False):
        names = one_of(*_RATES)
    elif printed == "ROM" and one_of(True, True, False):
        _means(
            draw,
            made,
            study,
            outcome,
            10.0 if n > 1 else 40.0,
            instrument,
            made.question.unit or "nmol/L",
        )
        return
    else:
        names = one_of(*_ESTIMATES)
    events = {"quorn": one_of(0, n // 10, n // 4, n), "control": one_of(0, n // 8, n // 3, n)}
    if measure == "IRR":
        events = {arm: 3 * count for arm, count in events.items()}
    for arm, count in events.items():
        for name in names:
            if name == "n_events":
                row = reviews.figure(draw, study, arm, name, float(count), "people", **where)
                rows.append(row | {"value": str(count)} if row["value"] else row)
            elif name == "responders_percent" and count <= n:
                rows.append(reviews.figure(draw, study, arm, name, 100 * count / n, "%", **where))
            elif name == "person_time":
                years = n * one_of(0.5, 2.0)
                rows.append(
                    reviews.figure(
                        draw,
                        study,
                        arm,
                        name,
                        years,
                        one_of("person-years", "person-years", "person-months"),
                        **where,
                    )
                )
    _estimate(draw, made, study, names, printed, where)


def _estimate(draw, made: Tables, study: str, names, measure: str, where: dict[str, str]) -> None:
    one_of = lambda *options: draw(st.sampled_from(options))
    is_log = "log estimate" in names and measure not in ("RD", "SMD")
    is_ratio = measure not in ("RD", "SMD") and not is_log
    low, value, high = one_of((0.5, 0.8, 1.25), (0.9, 1.0, 1.1), (1.1, 1.9, 3.2), (0.02, 0.4, 9.0))
    if not is_ratio:
        low, value, high = (
            (x - 1.3 for x in (low, value, high))
            if measure == "SMD"
            else (-0.2, value / 10 - 0.1, 0.4)
        )
    values = {
        "estimate": value, "estimate_se": one_of(0.1, 0.4), "estimate_ci_low": low, "estimate_ci_high": high,
        "estimate_ci_level": one_of(90.0, 99.0), "p_difference": one_of(0.03, 0.6, 0.0),
    }  # fmt: skip
    for name in names:
        name = name.removeprefix("log ")
        if name not in values:
            continue
        unit = ("log " if is_log else "") + UNIT_OF[measure]
        unit = {"estimate_ci_level": "%", "p_difference": "p"}.get(name, unit)
        row = reviews.figure(draw, study, "quorn", name, values[name], unit, digits=3, **where)
        made.own["statistics"].append(row)


def further(draw, made: Tables, studies: list[tuple[str, int, float]]) -> None:
    """Outcomes beside the review's own: counts, ratios, means and standardised differences.

    studies: each with the people of a group and an SD.
    """
    one_of = lambda *options: draw(st.sampled_from(options))
    rows = made.own.setdefault("outcomes", [])
    about = {
        HARM: ("harm", one_of(*OF_EVENTS), "lower"),
        RATED: ("benefit", one_of("HR", "IRR"), "higher"),
        OTHER_BENEFIT: ("benefit", one_of("", "ROM"), one_of("higher", "")),
    }
    for outcome in draw(st.sets(st.sampled_from(tuple(about)))) if one_of(True, False) else ():
        kind, measure, better = about[outcome]
        if measure and not better:
            better = "higher"
        rows.append(
            {
                "outcome": outcome,
                "kind": kind,
                "importance": one_of("critical", "important", "of limited importance"),
                "measure": measure,
                "better": better,
                "important_difference": one_of("", "20") if measure in OF_EVENTS else "",
            }
        )
        for study, n, sd in studies:
            if one_of(True, True, False):
                if measure:
                    _prints(draw, made, study, n, outcome, measure)
                else:
                    _further_means(draw, made, study, outcome, sd)
    if rows and one_of(True, False):
        made.settings = {"outcome": one_of(*(row["outcome"] for row in rows))}


def _further_means(draw, made: Tables, study: str, outcome: str, sd: float) -> None:
    """Means and SDs of both arms, on no scale that is named, or a standardised difference."""
    one_of = lambda *options: draw(st.sampled_from(options))
    if one_of(True, False):
        where = {"outcome": outcome, "instrument_id": "", "week": "8"}
        _estimate(draw, made, study, one_of(*_ESTIMATES[:6]), "SMD", where)
    else:
        _means(draw, made, study, outcome, sd, "", "h")


def _means(
    draw, made: Tables, study: str, outcome: str, sd: float, instrument: str, unit: str
) -> None:
    """Means and SDs of both arms at the end, now and then 0 or below."""
    one_of = lambda *options: draw(st.sampled_from(options))
    where = {"outcome": outcome, "instrument_id": instrument, "week": "8"}
    means = one_of((3 * sd, 2 * sd), (2 * sd, 2.5 * sd), (sd / 4, 3 * sd), (0.0, sd), (-sd, sd))
    for arm, mean in zip(("quorn", "control"), means, strict=True):
        for name, value in (("mean", mean), ("sd", sd)):
            made.own["statistics"].append(
                reviews.figure(draw, study, arm, name, value, unit, **where)
            )


def _published(draw, made: Tables, measure: str) -> None:
    """A published pool of the same, on a measure of its own."""
    one_of = lambda *options: draw(st.sampled_from(options))
    words = one_of(
        "risk ratio", "odds ratio", "hazard ratio", "rate ratio", "standardised mean difference"
    )
    row = REPORTED | {
        "result_id": "cochrane2015", "label": "Cochrane 2015", "use": "treatment against placebo", "treatment": "quorn",
        "measure": words, "estimate": "0.8", "ci_low": "0.7", "ci_high": "0.95", "unit": "ratio",
        "k": "4", "n_participants": "200",
    }  # fmt: skip
    if one_of(True, False, False):
        row |= {one_of("k", "n_participants"): "", "missing_reason": HOLE}
    made.own["pooled_results"] = [row]
    if one_of(True, True, False):
        made.review["published_result"] = "cochrane2015"


def _certainty(draw, made: Tables) -> None:
    """Judgements of one or both bodies of evidence, of the review's own outcome."""
    if not any(row["outcome"] == made.question.outcome for row in made.own["statistics"]):
        return
    kinds = {
        "observational" if row["randomised"] == "no" else "randomised"
        for row in made.own["studies"]
    }
    made.own["certainty"] = [
        reviews.SOURCE
        | {
            "outcome": made.question.outcome, "evidence": kind, "domain": domain,
            "judgement": judgement, "reason": "A judgement.",
        }
        for kind in sorted(kinds)
        for domain, judgement in reviews.judgements(draw, kind)
    ]  # fmt: skip


@st.composite
def every_kind(draw) -> Tables:
    """A review of any kind: of changes and scores, or of ratios and risks; each perhaps with further outcomes."""
    made = draw(st.one_of(reviews.tables(), tables()))
    if not made.question.measure and made.own.get("contrasts"):
        further(draw, made, [(row["study_id"], 20, 4.0) for row in made.own["contrasts"]])
    return made
