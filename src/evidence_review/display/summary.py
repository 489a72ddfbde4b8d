"""The briefing as a small Markdown file: committed, so that a change of the answer is seen."""

from __future__ import annotations

import re

from evidence_review import numbers as text
from evidence_review.display import page
from evidence_review.words.briefing import Briefing, Evidence, result_heading
from evidence_review.words.linked import Sentence, linked

OTHER_OUTCOMES = "Harms and other outcomes, as a published review pooled them"
NOT_ADVICE = "An appraisal of published evidence, not medical advice."


def evidence_rows(briefing: Briefing) -> list[dict[str, str]]:
    """The briefing's table as a reader sees it."""
    heading = result_heading(briefing.evidence)
    return [
        {
            "evidence": f"{line.study} ({line.kind})",
            "certainty": line.certainty or "not judged",
            "people": Sentence(_people(line)),
            heading: Sentence(_result(line)),
        }
        for line in briefing.evidence
    ]


def further_heading(briefing: Briefing) -> str:
    """The heading of what the studies show of further outcomes."""
    return f"Other outcomes in these {briefing.nouns}"


def further_rows(briefing: Briefing) -> list[dict[str, str]]:
    """What the trials show of further outcomes, as a reader sees it."""
    return [
        {
            "outcome": f"{line.outcome} ({line.kind})",
            "certainty": line.certainty,
            f"against {briefing.comparator}": line.result,
        }
        for line in briefing.further
    ]


def other_outcome_rows(briefing: Briefing) -> list[dict[str, str]]:
    """What a published review pooled on other outcomes, as a reader sees it."""
    return [
        {
            "outcome": line.outcome,
            f"against {briefing.comparator}": line.result,
            "certainty, by its authors": line.certainty,
            "published by": line.source,
            "based on": line.based_on,
        }
        for line in briefing.other_outcomes
    ]


def _people(line: Evidence) -> str:
    if line.people is None:
        return "–"
    everybody = linked(page.value_text(line.people), line.people)
    if line.compared is None or line.compared.value == line.people.value:
        return everybody
    return f"{everybody}, {linked(page.digits_of(line.compared), line.compared)} of them compared"


def _result(line: Evidence) -> str:
    """The finding with its interval, and what it is compared with."""
    return "; ".join(
        f"{name} {linked(page.estimate_text(finding), finding)}"
        for name, finding in ((line.result_name, line.result), (line.compared_by, line.comparison))
        if finding is not None
    )


def markdown(briefing: Briefing) -> str:
    """The briefing as Markdown, the same text for the same findings."""
    rows = evidence_rows(briefing)
    lines = [f"# {_plain(briefing.question)}", ""]
    lines += [f"**{_plain(briefing.verdict)}**", ""]
    level = f"Certainty: {briefing.level}. " if briefing.level else ""
    lines += [f"{level}Based on {briefing.based_on}; searched up to {briefing.read_on}.", ""]
    lines += [f"- **{one.about}:** {_plain(one.words)}" for one in briefing.messages] + [""]
    lines += [line for sentence in briefing.answer[1:] for line in (_plain(sentence), "")]
    lines += _table(rows)
    if further := further_rows(briefing):
        lines += [f"## {further_heading(briefing)}", "", *_table(further)]
    if others := other_outcome_rows(briefing):
        lines += [f"## {OTHER_OUTCOMES}", "", *_table(others)]
    if briefing.certainty:
        lines += ["## How certain is this?", ""]
        lines += [line for sentence in briefing.certainty for line in (_plain(sentence), "")]
    if briefing.would_change:
        lines += ["## What would change our mind", ""]
        lines += [f"- {_plain(sentence)}" for sentence in briefing.would_change] + [""]
    if briefing.ask:
        lines += ["## What a person may ask their doctor", ""]
        lines += [f"- **{_plain(item.question)}** {_plain(item.because)}" for item in briefing.ask]
        lines += [""]
    return "\n".join([*lines, NOT_ADVICE, ""])


def _table(rows: list[dict[str, str]]) -> list[str]:
    """Rows as a table of Markdown and an empty line; nothing without rows."""
    if not rows:
        return []
    return [
        "| " + " | ".join(rows[0]) + " |",
        "|" + "---|" * len(rows[0]),
        *("| " + " | ".join(map(_plain, row.values())) + " |" for row in rows),
        "",
    ]


def _plain(words: str) -> str:
    """Words in which no character has a meaning of its own in Markdown or HTML."""
    # Within a word, as in the name of a setting, an underscore means nothing.
    return re.sub(r"[\\`*\[\]<>&$|]|(?<!\w)_|_(?!\w)", text.entity, words)
