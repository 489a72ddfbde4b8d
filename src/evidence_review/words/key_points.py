"""Facts that a person must know before acting on an answer, in short sentences.

They are on characteristics of the trials (characteristics.csv), harms, and trials with doubtful figures;
each is left out if the data have nothing on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from math import isnan

from evidence_review.effect_measures import OF_PEOPLE, STATED
from evidence_review.estimates.contrast import compared_with, evidence_pooled, reporting
from evidence_review.estimates.pool import other_outcomes, pooled_contrast
from evidence_review.numbers import capital, listing, number
from evidence_review.review.finding import POOLED, Finding, finding_id, subgroup_quantity
from evidence_review.review.review import Review
from evidence_review.sensitivity.pool_choices import PASS_CHECKS, READ_AS_SE, pool_choices
from evidence_review.sensitivity.subgroups import Subgroup, subgroups
from evidence_review.words import events, outcomes
from evidence_review.words.benefit import benefit_interval, benefit_of
from evidence_review.words.effects import with_interval
from evidence_review.words.linked import Sentence, linked
from evidence_review.words.published import published_effect, published_lines, than
from evidence_review.words.studies import noun, nouns

OWN_HARMS = "Harms in these trials"
# Importance of outcomes, the highest first.
_IMPORTANCE = ("critical", "important", "of limited importance")


@dataclass(frozen=True)
class Message:
    """One key message: its subject, a sentence or two, and the id of the finding behind it."""

    about: str
    words: str
    rests_on: str = ""


def key_points(review: Review, findings: Mapping[str, Finding]) -> list[Message]:
    """The key points of a review from its findings by id; empty if nothing is known."""
    return [
        *_characteristics(review),
        *_own_harms(review, findings),
        *_published_harms(review, findings),
        *_doubted(review, findings),
    ]


def _characteristics(review: Review) -> Iterator[Message]:
    """For each characteristic, the pooled trials by group, and the result of each group."""
    groups: dict[str, list[Subgroup]] = {}
    for group in subgroups(review, review.about.outcome):
        groups.setdefault(group.characteristic, []).append(group)
    for characteristic, parts in groups.items():
        parts.sort(key=lambda part: -len(part.contrasts))
        total = sum(len(part.contrasts) for part in parts)
        first, *others = parts
        doubted = _doubted_trials(review)
        count = _linked(first, "trials", f"{len(first.contrasts)}")
        several = nouns(first.contrasts[0].evidence)
        who = (
            f"{count} of {total} {several}"
            if total > 1
            else f"One {noun(first.contrasts[0].evidence)}"
        )
        said = [f"{who} {first.group}: {_benefit(first, doubted)}"]
        said += [f"{_count(part)} {part.group}: {_benefit(part, doubted)}" for part in others]
        few = (
            f" So few {several} cannot show whether the groups differ."
            if others and characteristic == list(groups)[-1]
            else ""
        )
        yield Message(capital(characteristic), Sentence(f"{'; '.join(said)}.{few}"))


def _count(part: Subgroup) -> str:
    if len(part.contrasts) == 1:
        if isnan(part.people):
            return "one"
        return f"one ({_linked(part, 'people', f'{part.people:.0f}')} people)"
    return _linked(part, "trials", f"{len(part.contrasts)}")


def _linked(part: Subgroup, quantity: str, written: str) -> str:
    """A finding on a part of the pool, marked for `Sentence`."""
    outcome = part.contrasts[0].outcome
    return linked(
        written,
        finding_id(POOLED, outcome, subgroup_quantity(part.characteristic, part.group, quantity)),
    )


def _doubted_trials(review: Review) -> set[str]:
    """The pooled trials with a figure that fails a check, by study_id."""
    for choice in pool_choices(review, review.about.outcome):
        if choice.kind == PASS_CHECKS:
            whole = pooled_contrast(review, review.about.outcome)
            assert whole is not None  # or there were no choices
            kept = {item.study_id for item in choice.pooled.contrasts}
            return {item.study_id for item in whole.contrasts} - kept
    return set()


def _benefit(part: Subgroup, doubted: Set[str]) -> str:
    measure, found = part.effect.measure, part.effect
    if measure.is_stated:
        ends = found.interval
        return f"{measure.words} {with_interval(measure, found.value or 0.0, ends.low, ends.high)}"
    low, high = sorted((measure.benefit(found.interval.low), measure.benefit(found.interval.high)))
    among = listing([item.label for item in part.contrasts if item.study_id in doubted])
    link = lambda written: _linked(part, measure.name.lower(), written)
    return (
        f"benefit {link(number(measure.benefit(found.value or 0.0)))} {measure.unit} "
        f"({link(f'{number(low)} to {number(high)}')}{f', including the doubtful {among}' if among else ''})"
    )


# Most harms in a message; the page of certainty has the others.
_MANY_HARMS = 2


def _own_harms(review: Review, findings: Mapping[str, Finding]) -> Iterator[Message]:
    """Results of the review's trials on harms, the most important first, and harms without a result."""
    further, asked = review.records.further_outcomes, review.about.outcome
    rows = [row for row in further if row.kind == "harm" and row.outcome != asked]
    rows.sort(key=lambda row: _IMPORTANCE.index(row.importance))
    said = [line for row in rows if (line := outcomes.harm(review, row.outcome, findings))]
    published = {row.outcome for row in other_outcomes(review)}
    silent = [
        row.outcome
        for row in rows
        if row.outcome not in published and not reporting(review, row.outcome)
    ]
    if said:  # or the message on safety and form says that no trial gives any
        said = said[:_MANY_HARMS] + ([outcomes.silence(review, silent)] if silent else [])
        rests_on = finding_id("reported", rows[0].outcome, "trials")
        yield Message(OWN_HARMS, Sentence(f"{'. '.join(said)}."), rests_on)


def _published_harms(review: Review, findings: Mapping[str, Finding]) -> Iterator[Message]:
    """Published results on harms, the first in full, with the number of trials here that print it."""
    get = lambda row, quantity: findings.get(finding_id("published", row.outcome, quantity))
    harms = [
        row
        for row in other_outcomes(review)
        if row.better == "lower"
        and (effect := published_effect(row, findings))
        and effect.measure in OF_PEOPLE
    ]
    if not harms:
        return
    row, *others = harms
    effect, here = published_effect(row, findings), get(row, "reported_here")
    assert effect is not None
    assert here is not None
    own = [one.outcome for one in review.records.further_outcomes if one.kind == "harm"]
    is_named = here.known or any(reporting(review, outcome) for outcome in own)
    source = review.records.source_name(row.source_id)
    said = f"{capital(row.outcome)}: {linked(published_lines(effect, None)[0], effect)} {than(effect, compared_with(review))} ({source})"
    more = "; ".join(
        f"{other.outcome}: {linked(published_lines(found, None)[0], found)}"
        for other in others[:1]
        if (found := published_effect(other, findings))
    )
    yield Message(
        "Harms",
        Sentence(
            f"{said}{f'; {more}' if more else ''}. {_how_many_mention(here, evidence_pooled(review))} {row.outcome if is_named else 'harms'}, in what was read."
        ),
        effect.id,
    )


def _how_many_mention(here: Finding, evidence: str) -> str:
    """How many of the studies report on something: 'None of the 11 trials mentions'."""
    if len(here.rows) == 1:
        mentions = "mentions" if here.known else "does not mention"
        return f"{linked(f'The one {noun(evidence)}', here)} {mentions}"
    counts = {0: ("None", "mentions"), 1: ("One", "mentions")}
    count, mentions = counts.get(int(here.known), (f"{here.known:.0f}", "mention"))
    return f"{linked(count, here)} of the {len(here.rows)} {nouns(evidence)} {mentions}"


def _doubted(review: Review, findings: Mapping[str, Finding]) -> Iterator[Message]:
    """The pool with and without the trials that fail a check."""
    outcome = review.about.outcome
    passing = findings.get(finding_id(POOLED, outcome, "passing_checks"))
    whole = findings.get(finding_id(POOLED, outcome, "md")) or findings.get(
        finding_id(POOLED, outcome, "smd")
    )
    if passing is None:
        return
    several = ", " in passing.note
    them = "them" if several else "it"
    if review.about.measure in STATED:
        yield Message(
            "Doubtful figures",
            Sentence(
                f"{passing.note} {'have' if several else 'has'} figures that fail a check. Without "
                f"{them}: {events.with_interval(passing)}."
            ),
            passing.id,
        )
        return
    if whole is None:
        return
    choices = pool_choices(review, outcome)
    like_se = passing.note in [choice.of for choice in choices if choice.kind == READ_AS_SE]
    why = "SDs that look like standard errors" if like_se else "figures that fail a check"
    yield Message(
        "Doubtful trials" if several else "Doubtful trial",
        Sentence(
            f"{passing.note} {'have' if several else 'has'} {why}. Without {them} the benefit is "
            f"{linked(number(benefit_of(passing)), passing)} {passing.unit} ({benefit_interval(passing)}), with {them} "
            f"{linked(number(benefit_of(whole)), whole)} ({benefit_interval(whole)})."
        ),
        passing.id,
    )
