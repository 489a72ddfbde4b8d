"""Risk of bias of each assessed result: derived from answers, overridden only with a reason.

The answers are rows of judgements.csv, one for each question; a row whose question is a domain or
'overall' is a person's judgement, which replaces the derived one. `bias_tools` derives judgements from
answers. Assessments can be written and read in the table layout of robvis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from evidence_review.judgement.bias_tools import (
    LOW,
    NO_INFORMATION,
    TOOLS,
    Domain,
)
from evidence_review.records import Records
from evidence_review.records.row_id import RowId
from evidence_review.records.rows import JudgementsRow, StudiesRow
from evidence_review.review.review import Review, once

if TYPE_CHECKING:
    import pandas as pd


OVERALL = "overall"

# Rows with the answers on one result, by question.
Answers = Mapping[str, JudgementsRow]


@dataclass(frozen=True)
class Judgement:
    """Risk of bias in one domain, in the triage, or overall.

    domain: 'D1' and so on, 'triage' or 'overall'. name: the domain in words. derived: the judgement of
    the tool's algorithm, '' if not assessed. judged: a person's judgement that replaces it for `reason`,
    '' if there is none. no_information: questions answered 'no information'. rows: the answers and the
    override.
    """

    domain: str
    name: str
    derived: str
    judged: str = ""
    reason: str = ""
    no_information: tuple[str, ...] = ()
    rows: tuple[RowId, ...] = ()

    @property
    def final(self) -> str:
        return self.judged or self.derived


@dataclass(frozen=True)
class Assessment:
    """One result (a study's outcome) assessed by one tool. triage: None if the tool has none."""

    tool: str
    study_id: str
    label: str
    outcome: str
    domains: tuple[Judgement, ...]
    overall: Judgement
    triage: Judgement | None = None

    @property
    def may_add_up(self) -> bool:
        """Whether several domains share the overall level and this level is neither best nor worst.

        Both tools then leave it to a person to judge the whole worse; the code does not decide it.
        """
        levels = TOOLS[self.tool].levels
        shared = sum(domain.final == self.overall.final for domain in self.domains)
        return shared > 1 and self.overall.final in levels[1:-1]


class UnfinishedError(ValueError):
    """Incomplete or contradictory assessments in judgements.csv; `problems` has a line for each."""

    def __init__(self, problems: Sequence[str]):
        super().__init__("\n".join(f"judgements.csv, {problem}" for problem in problems))
        self.problems = tuple(problems)


@once
def assessments(review: Review) -> tuple[Assessment, ...]:
    """Every result that judgements.csv assesses, in its order.

    Where the triage of a tool ends the assessment, domains without any answer are not assessed.
    Raises UnfinishedError with a line, which names study and tool, for every result with an answer that
    is missing or not asked for.
    """
    records = review.records
    names, found, problems = domain_names(records), [], []
    results: dict[tuple[str, str, str], dict[str, JudgementsRow]] = {}
    for row in records.rows("judgements"):
        results.setdefault((row.tool, row.study_id, row.outcome), {})[row.question] = row
    for (tool, study_id, outcome), answers in results.items():
        study = records.study(study_id)
        try:
            found.append(_assess(tool, study, outcome, answers, names[tool]))
        except ValueError as error:
            problems.append(str(error))
    if problems:
        raise UnfinishedError(problems)
    return tuple(found)


def domain_names(records: Records) -> dict[str, dict[str, str]]:
    """Names of domains in words, by tool and domain ('D1' .. 'overall')."""
    out: dict[str, dict[str, str]] = {}
    for row in records.reference_class.rows("bias_questions"):
        if row.question == row.domain:
            out.setdefault(row.tool, {})[row.domain] = row.wording
    return out


def _assess(
    tool_name: str, study: StudiesRow, outcome: str, rows: Answers, names: Mapping[str, str]
) -> Assessment:
    tool = TOOLS[tool_name]
    if study.design == "case-control":
        raise ValueError(
            f"{study.study_id}, {outcome}: {tool_name} is for studies that follow people, not for "
            "case-control studies, and this project has no tool for those: delete these rows, and judge "
            "risk of bias in certainty.csv"
        )
    try:
        triage = _judgement("triage", "triage", tool.triage, rows) if tool.triage else None
        stopped = triage is not None and triage.derived != LOW
        domains = tuple(
            _judgement(key, names[key], domain, rows, optional=stopped)
            for key, domain in tool.domains.items()
        )
    except ValueError as error:
        raise ValueError(f"{study.study_id}, {outcome}, {tool_name}: {error}") from None
    parts = [part for part in (triage, *domains) if part is not None and part.final]
    overall = _overridden(
        Judgement(
            OVERALL,
            names[OVERALL],
            tool.worst(part.final for part in parts),
            no_information=tuple(question for part in parts for question in part.no_information),
            rows=tuple(row for part in parts for row in part.rows),
        ),
        rows,
    )
    return Assessment(tool_name, study.study_id, study.label, outcome, domains, overall, triage)


def _judgement(
    key: str, name: str, domain: Domain, rows: Answers, *, optional: bool = False
) -> Judgement:
    given = {question: row for question, row in rows.items() if question in domain.questions}
    answers = {question: row.answer for question, row in given.items()}
    derived = "" if optional and not given else domain.judge(answers)
    silent = tuple(question for question, word in answers.items() if word == NO_INFORMATION)
    found = Judgement(
        key, name, derived, no_information=silent, rows=tuple(row.row for row in given.values())
    )
    return _overridden(found, rows)


def _overridden(judgement: Judgement, rows: Answers) -> Judgement:
    """The judgement with a person's override, if there is one."""
    if judgement.domain not in rows:
        return judgement
    row = rows[judgement.domain]
    return replace(judgement, judged=row.answer, reason=row.reason, rows=(*judgement.rows, row.row))


def weight_of(assessment: Assessment, weights: Mapping[str, float] | None) -> float:
    """Weight of a study in a summary; 1 for every study if `weights` is None.

    weights: by study_id, any positive scale. Raises ValueError for a study without one.
    """
    if weights is None:
        return 1.0
    if assessment.study_id not in weights:
        raise ValueError(
            f"weights: no weight for {assessment.study_id!r}; give one for each study, by study_id"
        )
    return weights[assessment.study_id]


def to_robvis(
    results: Sequence[Assessment], *, weights: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Assessments by one tool in the layout of the R package robvis: a row for each study.

    Columns are Study, D1 .. Dk, Overall and Weight; judgements are worded as in its data sets data_rob2
    and data_robins_i_v2; a domain that was not assessed is 'No information'.
    Raises ValueError for results of several tools or several results of one study.
    """
    import pandas as pd

    if len({result.tool for result in results}) != 1:
        raise ValueError("results: a robvis table has one tool; give the results of one tool")
    if len({result.label for result in results}) != len(results):
        raise ValueError(
            "results: a robvis table has one row per study; give one outcome's results"
        )
    return pd.DataFrame(
        [
            {"Study": result.label}
            | {part.domain: _robvis_word(part.final) for part in result.domains}
            | {"Overall": _robvis_word(result.overall.final), "Weight": weight_of(result, weights)}
            for result in results
        ]
    )


def from_robvis(
    table: pd.DataFrame, tool: str, names: Mapping[str, str], *, outcome: str = ""
) -> list[Assessment]:
    """Assessments from a table in robvis' layout, with or without the column Weight.

    tool: 'RoB 2' or 'ROBINS-I V2'. names: its domains in words (`domain_names`). Nothing is
    derived: the judgements of the table are taken as they are.
    Raises ValueError for a column that is missing and for a judgement that the tool does not have.
    """
    keys = {key: key for key in TOOLS[tool].domains} | {OVERALL: "Overall"}
    missing = [column for column in ("Study", *keys.values()) if column not in table]
    if missing:
        raise ValueError(
            f"table: no column {', '.join(missing)}; {tool} needs Study, {', '.join(keys.values())}"
        )
    words = {_robvis_word(level): level for level in ("", *TOOLS[tool].levels)} | {"NI": ""}

    def judgement(row: Mapping, number: int, key: str) -> Judgement:
        word = row[keys[key]]
        if word not in words:
            raise ValueError(
                f"table, row {number}, column {keys[key]}: {word!r} is not a judgement of {tool}; "
                f"allowed are {', '.join(words)}"
            )
        return Judgement(key, names[key], "", words[word], "judged in the table that was read")

    return [
        Assessment(
            tool,
            row["Study"],
            row["Study"],
            outcome,
            tuple(judgement(row, number, key) for key in TOOLS[tool].domains),
            judgement(row, number, OVERALL),
        )
        for number, row in enumerate(table.to_dict("records"), start=1)
    ]


def _robvis_word(judgement: str) -> str:
    return judgement.capitalize() or "No information"
