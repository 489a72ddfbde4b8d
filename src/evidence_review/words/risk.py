"""Risk of bias in sentences."""

from __future__ import annotations

from evidence_review.judgement.risk_of_bias import Assessment, Judgement
from evidence_review.numbers import capital, counted, listing
from evidence_review.words.linked import Part, Sentence

NOT_JUDGED = (
    "Nobody has judged the risk of bias of this review's studies yet: judgements.csv is empty."
)
ANSWERS = (
    "Answers: Y yes, PY probably, PN probably not, N no (S before it: strongly, W: weakly); NI no "
    "information"
)


def overall(result: Assessment) -> str:
    """The overall judgement of one result, and the questions without information, in Markdown."""
    silent = sum(len(domain.no_information) for domain in result.domains)
    add_up = (
        " Several domains share this level; a person has to say whether they add up to a higher risk."
        if result.may_add_up
        else ""
    )
    rows = tuple(row for domain in result.domains for row in domain.rows)
    return Sentence(
        [
            Part(f"**{result.label}, {result.outcome}: {result.overall.final}** ({result.tool}). "),
            Part(counted(silent, "question"), rows=rows),
            Part(f" could not be answered from what was read.{add_up}"),
        ]
    )


def domain(judgement: Judgement) -> str:
    """The name of a domain with its number, if it has one."""
    name = judgement.name
    return f"{judgement.domain}: {name}" if judgement.domain.startswith("D") else capital(name)


def why(judgement: Judgement) -> str:
    """The reason for a judgement, or that it was computed."""
    if judgement.reason:
        return judgement.reason
    if judgement.no_information:
        return f"no information on {listing(judgement.no_information)}"
    return "from the answers below"
