"""The article's claims: how the verdicts fall, each with its reason, and a faithful version."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping

import pandas as pd

from evidence_review import numbers as text
from evidence_review.display import page
from evidence_review.display.counts import Look, rows_by_part, stacked_counts
from evidence_review.display.picture import Picture
from evidence_review.display.style import ESTABLISHED, INK, TREATMENT
from evidence_review.judgement.claims import COMPUTED, AuditedClaim, FaithfulSentence
from evidence_review.records.references import VERDICTS
from evidence_review.review.finding import Finding, slug
from evidence_review.words.figures_checks import verdicts_alt
from evidence_review.words.linked import Sentence, linked

# Hatches tell apart what greyscale print makes alike.
_VERDICT_LOOK = {
    "supported": Look(ESTABLISHED, "white"),
    "partly": Look("#7fa7c4", INK),
    "contradicted": Look(TREATMENT, "white", "xx"),
    "unverified": Look("#f0d9c4", INK, "//"),
    "not checkable": Look("#e7eaee", INK),
}


def verdicts(audited: Iterable[AuditedClaim]) -> Picture:
    """How many claims of the article got which verdict, by part of the article."""
    audited = list(audited)
    claims = pd.DataFrame(
        [(one.claim.topic, one.verdict) for one in audited], columns=["topic", "verdict"]
    )
    topics = list(dict.fromkeys(claims.topic))
    counts = pd.crosstab(claims.topic, claims.verdict).reindex(
        index=topics, columns=list(VERDICTS), fill_value=0
    )

    return Picture(
        "verdicts",
        stacked_counts(
            counts,
            _VERDICT_LOOK,
            "number of statements",
            rows_by_part((one.claim.topic, one.verdict, [one.claim.row]) for one in audited),
        ),
        alt=verdicts_alt(list(claims.verdict)),
        drawn=counts.reset_index(),
    )


def claim_list(
    audited: Iterable[AuditedClaim], findings: Mapping[str, Finding], sources: pd.DataFrame
) -> str:
    """Claims as HTML, one below the other: verdict, who says so, reason, source, numbers to unfold.

    findings: by id, for the numbers in the reasons. sources: sources.csv indexed by source_id. Text
    is escaped.
    """
    return "".join(_claim(one, findings, sources) for one in audited)


def faithful_text(sentences: Iterable[FaithfulSentence], findings: Mapping[str, Finding]) -> str:
    """The faithful version as one paragraph of HTML, numbers filled in, text escaped."""
    filled = (page.filled(sentence.text, findings) for sentence in sentences)
    return f"<blockquote><p>{' '.join(map(page.sentence_html, filled))}</p></blockquote>"


def side_by_side(
    sentences: Iterable[FaithfulSentence], findings: Mapping[str, Finding]
) -> pd.DataFrame:
    """Sentence by sentence: what the article says (in our words), the faithful one, why, its rows."""
    return pd.DataFrame(
        [
            {
                "the article, in our words": ". ".join(row.claim for row in sentence.claims)
                or "says nothing of it",
                "a faithful version": page.filled(sentence.text, findings),
                "why": page.filled(sentence.reason, findings),
                "data rows": (sentence.row, *(row.row for row in sentence.claims)),
            }
            for sentence in sentences
        ]
    )


def _claim(one: AuditedClaim, findings: Mapping[str, Finding], sources: pd.DataFrame) -> str:
    row, anchor = one.claim, f"claim-{slug(one.claim.claim_id)}"
    is_omission = row.kind == "omission"
    qualifier = f" ({html.escape(row.qualifier)})" if row.qualifier and not is_omission else ""
    omitted = " <em>Left out by the article.</em>" if is_omission else ""
    moved = (
        f'<p class="moved"><strong>Moved:</strong> agreed was {html.escape(row.verdict)}; '
        f"by the numbers of this report it is {html.escape(one.verdict)}, because "
        f"<code>{html.escape(one.because)}</code>.</p>"
        if one.moved
        else ""
    )
    source = "No source was found."
    if row.source_id:
        entry = sources.loc[row.source_id]
        cited = html.escape(entry.citation)
        if address := _address(entry):
            cited = f'<a href="{html.escape(address)}">{cited}</a>'
        if entry.url and entry.url != address:
            cited += f' (<a href="{html.escape(entry.url)}">read at</a>)'
        read_as = f"Read as: {html.escape(row.source_kind)}" if row.source_kind else ""
        quality = "" if row.grade == "none" else f"quality {row.grade}"
        both = f"{read_as} ({quality})" if read_as and quality else read_as or text.capital(quality)
        source = f"{cited} {both}." if both else cited
    return (
        f'<div class="claim" id="{anchor}"><p class="claim-head"><span class="verdict {slug(one.verdict)}">'
        f"{html.escape(one.verdict)}</span> <small>{one.by}</small> "
        f"<strong>{html.escape(row.claim.removesuffix('.'))}.</strong>{omitted}{qualifier} {_own_link(anchor)}</p>{moved}"
        f"<p>{page.sentence_html(page.filled(row.reason, findings))}</p>"
        f'<p class="claim-source">{source} {page.row_links([row.row])}</p>{_numbers(one)}</div>'
    )


def _own_link(anchor: str) -> str:
    """A link to the claim itself, to be copied."""
    return f'<a class="here" href="#{anchor}">link to this</a>'


def _address(source) -> str:
    """Where a source is found: by its DOI, else in PubMed, else the page that was read."""
    if source.doi:
        return f"https://doi.org/{source.doi}"
    return f"https://pubmed.ncbi.nlm.nih.gov/{source.pmid}/" if source.pmid else source.url


def _numbers(one: AuditedClaim) -> str:
    """The numbers that a claim rests on, and the rule, folded; '' if there are none."""
    if not one.findings:
        return ""
    items = "".join(f"<li>{_number(finding)}</li>" for finding in one.findings)
    rule = (
        f"<p>The rule: <code>{html.escape(one.claim.verdict_rule)}</code>. Here "
        f"<code>{html.escape(one.because)}</code>.</p>"
        if one.by == COMPUTED
        else ""
    )
    return (
        f'<details class="numbers"><summary>{text.counted(len(one.findings), "number")} '
        f"behind it</summary>{rule}<ul>{items}</ul></details>"
    )


def _number(finding: Finding) -> str:
    shown = page.sentence_html(Sentence(linked(page.estimate_text(finding), finding)))
    rows = f" {page.row_links(finding.rows)}" if finding.rows else ""
    return (
        f"{html.escape(finding.label)}: <strong>{shown}</strong> "
        f"<code>{html.escape(finding.id)}</code>{rows}"
    )
