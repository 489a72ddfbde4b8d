"""A class for the rows of each table, written by `evidence-review schema` from `data/tables.yml`.

Numbers are floats, nan where there is none; a text is '' where there is none; `row` is the row's place,
and `decimals` how many the source prints. What each column holds is in `data/DICTIONARY.md`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple, overload

from evidence_review.records.row_id import RowId

if TYPE_CHECKING:  # it reads these classes
    from evidence_review.records.table_store import Tables


class ReviewRow(NamedTuple):
    """The question, the article, and which rows answer it."""

    review_id: str
    title: str
    question: str
    treatment: str
    condition: str
    condition_short: str
    outcome: str
    instrument_id: str
    measure: str
    reference_class: str
    single_arm_study: str
    single_arm: str
    published_result: str
    article_title: str
    article_publisher: str
    article_url: str
    article_date: str
    article_summary: str
    search_date: str
    told_in: str
    note: str
    row: RowId


class OutcomesRow(NamedTuple):
    """Further outcomes, benefits and harms, in the order in which the summary of findings shows them."""

    outcome: str
    kind: str
    importance: str
    instrument_id: str
    measure: str
    better: str
    important_difference: float
    note: str
    row: RowId


class SourcesRow(NamedTuple):
    """Bibliography."""

    source_id: str
    citation: str
    label: str
    authors: str
    title: str
    published_in: str
    year: float
    doi: str
    pmid: str
    registry_id: str
    url: str
    read_on: str
    note: str
    row: RowId


class InstrumentsRow(NamedTuple):
    """Scales and measurements."""

    instrument_id: str
    name: str
    minimum: float
    maximum: float
    worse: str
    unit: str
    whole_scores: str
    basis: str
    rule: str
    missing_reason: str
    source_id: str
    location: str
    access_level: str
    note: str
    row: RowId


class StudiesRow(NamedTuple):
    """Studies."""

    study_id: str
    label: str
    year: float
    role: str
    design: str
    randomised: str
    blinding: str
    population_group: str
    population: str
    funding: str
    weeks: float
    basis: str
    rule: str
    missing_reason: str
    source_id: str
    location: str
    access_level: str
    note: str
    row: RowId


class ArmsRow(NamedTuple):
    """Arms of the studies."""

    study_id: str
    arm_id: str
    label: str
    role: str
    treatment_class: str
    treatment: str
    source_id: str
    note: str
    row: RowId


class ContrastsRow(NamedTuple):
    """The comparisons that answer the question."""

    study_id: str
    treated_arm: str
    control_arm: str
    in_published: str
    published_week: float
    note: str
    row: RowId


class CharacteristicsRow(NamedTuple):
    """What sets the trials apart, for pools of a part of them."""

    study_id: str
    characteristic: str
    group: str
    detail: str
    basis: str
    rule: str
    source_id: str
    location: str
    access_level: str
    note: str
    row: RowId


class SearchesRow(NamedTuple):
    """The search log: what was looked for, where, when, how many records were found and kept."""

    search_id: str
    sought: str
    place: str
    searched_on: str
    found: float
    kept: float
    missing_reason: str
    note: str
    row: RowId


class SubstancesRow(NamedTuple):
    """Compounds and the element they carry."""

    substance_id: str
    formula: str
    element: str
    molar_mass: float
    element_atoms: float
    element_molar_mass: float
    basis: str
    rule: str
    source_id: str
    location: str
    access_level: str
    note: str
    row: RowId


class StatisticsRow(NamedTuple):
    """Reported statistics, one a row."""

    study_id: str
    arm_id: str
    outcome: str
    instrument_id: str
    week: float
    statistic: str
    comparator: str
    value: float
    text: str
    unit: str
    sign_convention: str
    missing_reason: str
    basis: str
    rule: str
    source_id: str
    location: str
    access_level: str
    note: str
    decimals: int
    row: RowId


class ClaimsRow(NamedTuple):
    """What the article claims, and what the sources say."""

    claim_id: str
    topic: str
    kind: str
    claim: str
    verdict: str
    verdict_rule: str
    findings: str
    qualifier: str
    reason: str
    source_id: str
    grade: str
    source_kind: str
    further_sources: str
    note: str
    row: RowId


class RewriteRow(NamedTuple):
    """How a faithful version of the article's part on the research would read."""

    sentence_id: str
    place: float
    holds_if: str
    sentence: str
    claim_ids: str
    reason: str
    row: RowId


class PooledResultsRow(NamedTuple):
    """Published pooled results."""

    result_id: str
    label: str
    use: str
    outcome: str
    better: str
    benchmark_id: str
    treatment: str
    measure: str
    instrument_id: str
    estimate: float
    ci_low: float
    ci_high: float
    unit: str
    k: float
    n_participants: float
    i2: float
    control_per_1000: float
    certainty: str
    population: str
    missing_reason: str
    basis: str
    rule: str
    source_id: str
    location: str
    access_level: str
    note: str
    row: RowId


class BiasEvidenceRow(NamedTuple):
    """How much bias lack of blinding brings."""

    bias_id: str
    question: str
    label: str
    measure: str
    estimate: float
    ci_low: float
    ci_high: float
    interval_type: str
    k: float
    k_unit: str
    n_participants: float
    i2: float
    missing_reason: str
    basis: str
    rule: str
    source_id: str
    location: str
    access_level: str
    note: str
    row: RowId


class BiasQuestionsRow(NamedTuple):
    """Signalling questions of the risk-of-bias tools, and the judgements of their domains."""

    tool: str
    question: str
    domain: str
    allowed: str
    wording: str
    source_id: str
    row: RowId


class JudgementsRow(NamedTuple):
    """Answers to the risk-of-bias questions, one a row."""

    study_id: str
    outcome: str
    tool: str
    question: str
    answer: str
    reason: str
    source_id: str
    location: str
    access_level: str
    note: str
    row: RowId


class CertaintyRow(NamedTuple):
    """Certainty of the evidence (GRADE), one judgement a row."""

    outcome: str
    evidence: str
    domain: str
    judgement: str
    reason: str
    source_id: str
    location: str
    access_level: str
    note: str
    row: RowId


class StandardsRow(NamedTuple):
    """Items of the standards for reporting and appraising systematic reviews."""

    tool: str
    item: str
    section: str
    wording: str
    critical: str
    allowed: str
    source_id: str
    row: RowId


class ReportingRow(NamedTuple):
    """How this review answers the items of the standards."""

    tool: str
    item: str
    answer: str
    pages: str
    reason: str
    note: str
    row: RowId


class AssumptionsRow(NamedTuple):
    """Assumptions, each with its range."""

    assumption_id: str
    value: float
    low: float
    high: float
    unit: str
    reason: str
    source_id: str
    decimals: int
    row: RowId


class QuestionsRow(NamedTuple):
    """What a person may ask their doctor."""

    question_id: str
    question: str
    because: str
    claim_id: str
    source_id: str
    row: RowId


class TypedRows:
    """Rows of every table, each with the class of its table."""

    tables: Tables

    @overload
    def rows(self, table: Literal["review"]) -> list[ReviewRow]: ...
    @overload
    def rows(self, table: Literal["outcomes"]) -> list[OutcomesRow]: ...
    @overload
    def rows(self, table: Literal["sources"]) -> list[SourcesRow]: ...
    @overload
    def rows(self, table: Literal["instruments"]) -> list[InstrumentsRow]: ...
    @overload
    def rows(self, table: Literal["studies"]) -> list[StudiesRow]: ...
    @overload
    def rows(self, table: Literal["arms"]) -> list[ArmsRow]: ...
    @overload
    def rows(self, table: Literal["contrasts"]) -> list[ContrastsRow]: ...
    @overload
    def rows(self, table: Literal["characteristics"]) -> list[CharacteristicsRow]: ...
    @overload
    def rows(self, table: Literal["searches"]) -> list[SearchesRow]: ...
    @overload
    def rows(self, table: Literal["substances"]) -> list[SubstancesRow]: ...
    @overload
    def rows(self, table: Literal["statistics"]) -> list[StatisticsRow]: ...
    @overload
    def rows(self, table: Literal["claims"]) -> list[ClaimsRow]: ...
    @overload
    def rows(self, table: Literal["rewrite"]) -> list[RewriteRow]: ...
    @overload
    def rows(self, table: Literal["pooled_results"]) -> list[PooledResultsRow]: ...
    @overload
    def rows(self, table: Literal["bias_evidence"]) -> list[BiasEvidenceRow]: ...
    @overload
    def rows(self, table: Literal["bias_questions"]) -> list[BiasQuestionsRow]: ...
    @overload
    def rows(self, table: Literal["judgements"]) -> list[JudgementsRow]: ...
    @overload
    def rows(self, table: Literal["certainty"]) -> list[CertaintyRow]: ...
    @overload
    def rows(self, table: Literal["standards"]) -> list[StandardsRow]: ...
    @overload
    def rows(self, table: Literal["reporting"]) -> list[ReportingRow]: ...
    @overload
    def rows(self, table: Literal["assumptions"]) -> list[AssumptionsRow]: ...
    @overload
    def rows(self, table: Literal["questions"]) -> list[QuestionsRow]: ...
    @overload
    def rows(self, table: str) -> list[Any]: ...

    def rows(self, table: str) -> list[Any]:
        """Every row of a table, in the order of its file; do not change the list."""
        return self.tables.rows(table)
