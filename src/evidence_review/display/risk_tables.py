"""Risk of bias in tables, and as files that robvis reads."""

from __future__ import annotations

import pandas as pd

from evidence_review.judgement.risk_of_bias import Assessment, assessments, to_robvis
from evidence_review.review.finding import slug
from evidence_review.review.review import Review
from evidence_review.words import risk as words


def by_tool(review: Review) -> list[list[Assessment]]:
    """The assessments of each tool, in the order in which the tools are first used."""
    found = assessments(review)
    tools = list(dict.fromkeys(result.tool for result in found))
    return [[result for result in found if result.tool == tool] for tool in tools]


def of_several_studies(results: list[Assessment]) -> bool:
    """Whether results are of more than one study, so that they can be summed up."""
    return len({result.study_id for result in results}) > 1


def judgements(review: Review) -> pd.DataFrame:
    """Every judgement: by whom, and why."""
    return pd.DataFrame(
        [
            {
                "result": f"{result.label}, {result.outcome}",
                "domain": words.domain(judgement),
                "judgement": judgement.final or "not assessed",
                "who says so": "judged" if judgement.judged else "computed",
                "why": words.why(judgement),
                "data rows": judgement.rows,
            }
            for result in assessments(review)
            for judgement in (result.triage, *result.domains, result.overall)
            if judgement is not None
        ]
    )


def answers(review: Review) -> pd.DataFrame:
    """Every answer to a tool's question, with its reason and where it was read."""
    records = review.records
    wording = records.reference_class["bias_questions"].set_index(["tool", "question"]).wording
    return pd.DataFrame(
        [
            {
                "study": records.study(row.study_id).label,
                "tool": row.tool,
                "question": f"{row.question} {wording[row.tool, row.question]}",
                "answer": row.answer,
                "reason": row.reason,
                "read in": f"{row.location} ({row.access_level})",
                "data rows": (row.row,),
            }
            for row in records.rows("judgements")
        ]
    )


def robvis_files(review: Review) -> dict[str, pd.DataFrame]:
    """A table in robvis' layout for every tool and outcome, by the name of its file."""
    found = assessments(review)
    return {
        f"robvis-{slug(tool)}-{slug(outcome)}.csv": to_robvis(
            [result for result in found if (result.tool, result.outcome) == (tool, outcome)]
        )
        for tool, outcome in dict.fromkeys((result.tool, result.outcome) for result in found)
    }
