"""Certainty of the evidence: GRADE's summary of findings, and how each level was reached."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from math import isnan

import pandas as pd

from evidence_review import numbers as text
from evidence_review.display import page
from evidence_review.display.markup import Body, Cell, Row, Table
from evidence_review.effect_measures import STATED
from evidence_review.estimates.contrast import Contrast, compared_trials, compared_with
from evidence_review.estimates.effect import Effect
from evidence_review.estimates.pool import other_outcomes
from evidence_review.findings import of_judgement
from evidence_review.judgement import certainty
from evidence_review.judgement.certainty import Domain
from evidence_review.judgement.grade import LEVELS
from evidence_review.placebo.response import benchmark
from evidence_review.records.rows import PooledResultsRow
from evidence_review.review.finding import POOLED, Finding, certainty_id, finding_id
from evidence_review.review.review import Review, on_outcome
from evidence_review.review.settings import OWN_ARMS, RANDOMISED
from evidence_review.words import certainty as words
from evidence_review.words import grade as grade_words
from evidence_review.words import outcomes as outcome_words
from evidence_review.words.effects import in_1000, sided
from evidence_review.words.linked import Sentence, linked
from evidence_review.words.placebo import predicted_by
from evidence_review.words.published import published_effect, published_lines, published_statement


def _columns(comparator: str, compares_means: bool) -> tuple[str, ...]:
    """The headings. compares_means: whether every row has a difference of means, and none another measure."""
    exposed = comparator == "no exposure"
    effect = f"Difference from {comparator}" if compares_means else f"Effect against {comparator}"
    return (
        "Outcome",
        "People (studies)",
        "Not exposed" if exposed else f"On {comparator}",
        "Exposed" if exposed else effect,
        "Certainty",
        "What this means",
    )


def summary_of_findings(
    review: Review, found: Sequence[certainty.Body], published: Mapping[str, Finding]
) -> str:
    """The table of GRADE as HTML, a row a body of evidence, with the reasons as footnotes.

    found: `certainty.every_body`. published: `of_published.published_findings` by id; a row each result
    on another outcome, below the review's own of that outcome.

    Small labels say who says so: reported, computed, assumed or judged. On a phone each row is a
    card (report.css). Text is escaped.
    """
    if not found:
        return "<p>The certainty of this review's evidence has not been judged.</p>"
    notes: list[str] = []
    comparator, pools = compared_with(review), other_outcomes(review)
    shown = [effect for row in pools if (effect := published_effect(row, published))]
    measures = [one.measure for one in shown]
    measures += [body.effect.main.measure.name for body in found if body.effect]
    columns = _columns(comparator, not set(measures) & set(STATED))
    rows: list[Row] = []
    for outcome in dict.fromkeys(one.outcome for one in (*found, *pools)):
        rows += [_row(review, body, columns, notes) for body in found if body.outcome == outcome]
        rows += [
            _published_row(row, published, comparator, columns)
            for row in pools
            if row.outcome == outcome
        ]
    table = Table(
        "Summary of findings",
        [Body(rows)],
        Row([Cell(name, scope="col") for name in columns]),
        f"Summary of findings: {review.about.treatment} against {comparator}",
        kind="data sof cards",
        roles=True,
    )
    footnotes = "".join(
        f'<li id="certainty-note-{number}">{note}</li>' for number, note in enumerate(notes, 1)
    )
    return (
        f'{table.html()}<p class="sof-key">Certainty by GRADE: {_key()}.</p>'
        f'<ol class="sof-notes">{footnotes}</ol>'
    )


def _row(review: Review, body: certainty.Body, columns: Sequence[str], notes: list[str]) -> Row:
    """One row; where its numbers and its level come from is appended to `notes`."""
    cells = (
        _people(review, body),
        _placebo(review, body),
        _difference(review, body, notes),
        _certainty(body, notes),
        html.escape(words.statement(review, body)),
    )
    outcome, further = html.escape(text.capital(body.outcome)), review.records.outcome(body.outcome)
    what = f"{further.kind}, {further.importance}" if further else ""
    of_whom = "" if body.effect is None and further else f"{body.evidence}: {body.study}"
    return Row(
        [
            Cell(
                f"{outcome}{_says(what)}{_says(of_whom)}",
                scope="row",
                is_html=True,
            ),
            *(
                Cell(f"<div>{cell}</div>", label=label, is_html=True)
                for label, cell in zip(columns[1:], cells, strict=True)
            ),
        ]
    )


def _people(review: Review, body: certainty.Body) -> str:
    """People compared; of one trial with further groups also everybody in it."""
    if body.effect is None and not body.level:
        return outcome_words.no_trial(review, body.outcome)
    if isnan(body.people):
        return f"not known ({body.studies})"
    says = _says("reported" if body.counted else "assumed")
    trials = compared_trials(review)
    if body.evidence == RANDOMISED and body.studies == len(trials) == 1:
        everybody = review.records.people(trials[0].study_id, "all")
        if everybody.found and everybody.value > body.people:
            return f"{text.number(everybody.value, 0)}, {text.number(body.people, 0)} of them compared ({body.studies}){says}"
    return f"{text.number(body.people, 0)} ({body.studies}){says}"


def _published_row(
    row: PooledResultsRow,
    findings: Mapping[str, Finding],
    comparator: str,
    columns: Sequence[str],
) -> Row:
    """A published result on another outcome: its own figures, and its authors' certainty."""
    get = lambda quantity: findings.get(finding_id("published", row.outcome, quantity))
    effect, per_1000 = published_effect(row, findings), get("per_1000")
    assert effect is not None
    shown = published_lines(effect, per_1000)
    known = symbols(row.certainty) if row.certainty in LEVELS else ""
    cells = (
        f"{text.number(row.n_participants, 0)} ({row.k:g}){_says('reported')}"
        if row.k == row.k and row.n_participants == row.n_participants
        else "not printed",
        f"{row.control_per_1000:g} in 1000{_says('reported')}"
        if row.control_per_1000 == row.control_per_1000
        else "not known",
        "<br>".join(
            _link(line, found.id)
            for line, found in zip(shown, (effect, per_1000), strict=False)
            if found is not None
        )
        + _says("as published; in 1000 computed" if per_1000 else "as published"),
        f"<strong>{known} {html.escape(row.certainty)}</strong>{_says('judged by its authors')}"
        if row.certainty
        else "not judged by its authors, in what was read",
        html.escape(published_statement(effect, comparator)),
    )
    outcome = html.escape(text.capital(row.outcome))
    return Row(
        [
            Cell(f"{outcome}{_says(f'published pool: {row.label}')}", scope="row", is_html=True),
            *(
                Cell(f"<div>{cell}</div>", label=label, is_html=True)
                for label, cell in zip(columns[1:], cells, strict=True)
            ),
        ]
    )


def _says(words: str) -> str:
    return words and f'<span class="says">{html.escape(words)}</span>'


def _marks(new: Sequence[str], notes: list[str]) -> str:
    """Links to footnotes that are added to `notes`."""
    first = len(notes) + 1
    notes += new
    links = [f'<a href="#certainty-note-{n}">{n}</a>' for n in range(first, len(notes) + 1)]
    return f"<sup>{', '.join(links)}</sup>" if links else ""


def _placebo(review: Review, body: certainty.Body) -> str:
    absolute = body.effect.absolute if body.effect else None
    if absolute is not None:
        trials = absolute.base.trials
        whence = f"the median of the control groups of {trials} trials"
        if trials == 1:
            whence = "the control group of one trial"
        return f"{1000 * absolute.base.risk:.0f} in 1000" + _says(
            f"computed, {whence}" if trials else "assumed"
        )
    if body.on_placebo is None:
        return "not known"
    change = body.on_placebo
    mean = sided(change.measure, change.range)
    if body.own_placebo:
        shown = f"{mean} ({sided(change.measure, change.interval, with_unit=False)})"
        return _link(shown, finding_id(POOLED, body.outcome, "on_placebo")) + _says(
            f"computed from the control groups of {body.own_placebo} trials that give the change of both groups"
        )
    by = predicted_by(benchmark(on_outcome(review, body.outcome)))
    shown = f"{mean}; in a new trial, by {by}, {sided(change.measure, change.interval)}"
    own = f"placebo.{OWN_ARMS}.new_trial"
    return _link(shown, own) + _says("computed from the placebo arms of the reference class")


def _difference(review: Review, body: certainty.Body, notes: list[str]) -> str:
    effect = body.effect
    if effect is None:
        return "not known"
    if effect.main.measure.is_stated:
        lines = [_link(outcome_words.ratio(effect), of_judgement.difference_id(body, effect.main))]
        if effect.absolute is not None:
            absolute = in_1000(effect.absolute.difference, effect.absolute.interval)
            is_pool = isinstance(effect.source, Contrast) and (effect.source.study_id == POOLED)
            behind = finding_id(POOLED, body.outcome, "per_1000")
            lines.append(_link(absolute, behind) if is_pool else html.escape(absolute))
    else:
        lines = [
            _both_ranges(body, one)
            for one in (effect.in_unit, effect.standardised)
            if one is not None
        ]
    how = text.capital(words.how(on_outcome(review, body.outcome), effect))
    mark = _marks([f"Difference. {html.escape(how)}."], notes)
    says = "computed, on assumptions" if effect.basis == "assumed" else "computed"
    return "<br>".join(lines) + mark + _says(says)


def _certainty(body: certainty.Body, notes: list[str]) -> str:
    if not body.level:
        return outcome_words.NOT_JUDGED
    marks = _marks([_note(domain) for domain in body.domains if domain.levels], notes)
    level = _link(body.level, certainty_id(body.outcome, body.evidence))
    return f"<strong>{symbols(body.level)} {level}</strong>{marks}{_says('judged')}"


def _link(words: str, finding: str) -> str:
    """Words as HTML that lead to a finding, by its id."""
    return page.sentence_html(Sentence(linked(words, finding)))


def _both_ranges(body: certainty.Body, effect: Effect) -> str:
    """A difference and its interval as HTML; of a reconstruction each leads to a finding of its own."""
    behind = of_judgement.difference_id(body, effect)
    with_error = behind
    if effect.bounds is not None:
        with_error = f"{behind}_with_error"
    size, ends = (
        sided(effect.measure, effect.range),
        sided(effect.measure, effect.interval, with_unit=False),
    )
    return page.sentence_html(Sentence(f"{linked(size, behind)} ({linked(ends, with_error)})"))


def symbols(level: str) -> str:
    """GRADE's four circles for a level, as HTML; hidden from screen readers, for which the word stands."""
    filled = LEVELS.index(level) + 1
    return f'<span aria-hidden="true">{"⊕" * filled}{"○" * (len(LEVELS) - filled)}</span>'


def _key() -> str:
    return ", ".join(f"{level} {symbols(level)}" for level in reversed(LEVELS))


def _moved(domain: Domain) -> str:
    if not domain.levels:
        return "–"
    return f"{'down' if domain.levels < 0 else 'up'} {text.counted(abs(domain.levels), 'level')}"


def _note(domain: Domain) -> str:
    computed = (
        f" Computed: {_computed(domain)}, from {grade_words.because(domain.computed)}."
        if domain.differs
        else ""
    )
    return (
        f"{html.escape(text.capital(domain.name))}, {_moved(domain)}. {html.escape(domain.reason + computed)} "
        f"{page.row_links([domain.row])}"
    )


def _computed(domain: Domain) -> str:
    if not domain.computed.judgement:
        return "not computable"
    return domain.computed.judgement + (", not as judged" if domain.differs else "")


def domains_table(body: certainty.Body) -> str:
    """How a body of evidence came by its level: what was judged beside what arithmetic says."""
    frame = pd.DataFrame(
        [
            {
                "domain": domain.name,
                "judged": domain.judged,
                "certainty": _moved(domain),
                "reason (judged)": domain.reason,
                "computed": _computed(domain),
                "arithmetic": grade_words.because(domain.computed),
                "data rows": (domain.row, *domain.computed.rows),
            }
            for domain in body.domains
        ]
    )
    return page.table_html(
        frame,
        caption=f"{text.capital(body.outcome)}, {body.evidence} ({body.study}): from {body.start} "
        f"to {body.level}. {text.capital(grade_words.start(body))}",
    )
