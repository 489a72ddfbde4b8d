"""The article's claims in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from evidence_review.judgement.claims import COMPUTED, AuditedClaim, made
from evidence_review.numbers import capital, counted
from evidence_review.words.linked import Sentence, linked

FAITHFUL = (
    "How the article's part on the research would read, if it said what its sources say and left out what they do not. The numbers are "
    "filled in from this report, and a sentence that its numbers do not support is not used."
)
NO_FAITHFUL = "No faithful version has been written for this review."
QUALITY = (
    "Quality of what was read: A, a paper's or Cochrane abstract, a table or a regulator's document; B, a guideline restated; C, an "
    "interview with an expert; D, a machine-written page."
)


def heading(topic: str) -> str:
    """The heading of the claims about one topic, in Markdown."""
    return f"### {capital(topic)}"


def summary(audited: Sequence[AuditedClaim]) -> str:
    """How many claims are supported, which are not, by whose verdict, and which moved, in Markdown."""
    claims = made(audited)
    if not claims:
        return "No claims have been extracted for this review."
    worst = [one for one in claims if one.verdict in ("contradicted", "unverified")]
    computed = sum(one.by == COMPUTED for one in audited)
    moved = [one for one in audited if one.moved]
    supported = str(sum(one.verdict == "supported" for one in claims))
    verb = "is" if supported == "1" else "are"
    if any(one.verdict == "supported" for one in claims):
        supported = linked(supported, "claims.supported")
    paragraphs = [
        f"Of {linked(counted(len(claims), 'claim'), 'claims.checked')}, {supported} {verb} supported. "
        + (
            "These are contradicted, or could not be verified: "
            + "; ".join(
                f"**{one.claim.claim}** ({one.verdict}"
                f"{': ' + one.claim.qualifier if one.claim.qualifier else ''})"
                for one in worst
            )
            + "."
            if worst
            else "None is contradicted."
        ),
        f"For {linked(str(computed), 'claims.by_rule')} of {counted(len(audited), 'statement')}, omissions included, a rule takes the "
        f"verdict from the numbers of this report{'; a person judged the others' if computed < len(audited) else ''}.",
    ]
    if moved:
        paragraphs.append(
            "**The numbers have moved these:** "
            + "; ".join(
                f"{one.claim.claim} (agreed was {one.claim.verdict}, now {one.verdict})"
                for one in moved
            )
            + "."
        )
    return Sentence("\n\n".join(paragraphs))
