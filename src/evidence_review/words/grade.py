"""The basis of GRADE's computed suggestions, in words."""

from __future__ import annotations

from evidence_review.judgement import certainty, grade
from evidence_review.judgement.certainty import Body
from evidence_review.judgement.grade import Suggestion
from evidence_review.judgement.risk_of_bias import Assessment
from evidence_review.numbers import interval, listing

_NOTHING = {
    grade.NOT_ASSESSED: "not assessed by a tool for this outcome",
    grade.NO_EFFECT: "no study with an effect",
    grade.NO_IMPORTANT_DIFFERENCE: "no important difference, or no effect, for this outcome",
    grade.NO_SD: (
        "nobody said how much people differ (the assumption change_sd), so nobody can say whether they are enough"
    ),
    grade.NO_PEOPLE: "nobody knows how many people took part, so nobody can say whether they are enough",
    grade.NO_ARITHMETIC: "there is no arithmetic for this domain",
}
_THRESHOLDS = {
    grade.BENEFIT: "an important benefit",
    grade.NOTHING: "no difference",
    grade.HARM: "an important harm",
}
_STARTS = {
    certainty.RANDOMISED_START: "randomised evidence starts at high",
    certainty.ROBINS_START: "evidence assessed by ROBINS-I, which judges what the lack of randomisation costs, starts at high",
    certainty.OBSERVATIONAL_START: "observational evidence starts at low",
    certainty.ONE_GROUP_START: "a change in one group that ROBINS-I did not assess starts at very low",
}


def start(body: Body) -> str:
    """Why a body of evidence starts at its level."""
    return _STARTS[body.start_rule]


def because(computed: Suggestion) -> str:
    """The basis of the computed suggestion for a domain, or why there is none."""
    match computed.found:
        case grade.BiasFound(results, unassessed):
            more = [f"{_studies(unassessed)} not assessed"] if unassessed else []
            return "; ".join([*map(_bias, results), *more])
        case grade.InconsistencyFound(k=k) if k < 2:
            return f"{_studies(k)}: one result cannot differ from itself"
        case grade.InconsistencyFound() as found:
            span = found.new_study
            new = f"; a new study, Bayesian: {interval(span.low, span.high)}" if span else ""
            side = "on both sides of" if found.opposed else "all on one side of"
            return f"{_studies(found.k)}, I2 {found.i2:.0f}%, {side} no difference{new}"
        case grade.ImprecisionFound() as found:
            inside = listing(_THRESHOLDS[one] for one in found.inside) or "none of the thresholds"
            enough = (
                f"{found.people:g} of {found.needed:g} people needed"
                if found.people <= found.needed
                else f"{found.people:g} people, where {found.needed:g} are needed"
            )
            return (
                f"the interval, {f'{interval(found.low, found.high)} {found.unit}'.strip()}, includes {inside} "
                f"(important: {found.important:.3g}); {enough}"
            )
        case grade.AsymmetryFound(refused="") as found:
            return (
                f"Egger's test over {_studies(found.k)}: p = {found.p:.3f}; "
                "asymmetry has other causes too"
            )
        case grade.AsymmetryFound() as found:
            return found.refused
        case grade.IndirectComparison():
            return "no control group: an indirect comparison, with placebo arms of other trials"
        case grade.DirectComparison() as found:
            dose = (
                f"; dose {found.least_mg:.0f} to {found.most_mg:.0f} mg {found.element}, if read so"
                if found.element
                else ""
            )
            return (
                "compared within each study; scale: "
                f"{', '.join(found.scales) or 'not named'}; people: {', '.join(found.people)}{dose}. "
                "A person has to say whether that is close enough"
            )
        case str() as nothing:
            return _NOTHING[nothing]


def _bias(result: Assessment) -> str:
    return (
        f"{result.label}: {result.overall.final} by {result.tool}, "
        f"in {grade.domains_at_overall(result)} of {len(result.domains)} domains"
    )


def _studies(count: int) -> str:
    return f"{count} {'study' if count == 1 else 'studies'}"
