"""Alt texts and captions of figures of consistency checks, claims and risk of bias."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from evidence_review.checks.study_check import StudyCheck
from evidence_review.consistency.printed import INCONSISTENT
from evidence_review.judgement.bias_tools import TOOLS
from evidence_review.judgement.risk_of_bias import Assessment, Judgement
from evidence_review.numbers import capital, counted, listing, percent
from evidence_review.records.references import VERDICTS

CHECKS_CAPTION = "Each bar: the checks of one kind. Not checkable: the paper does not print the other figures that the check needs."
NOT_ASSESSED = "not assessed"


def checks_alt(checks: Sequence[StudyCheck], answers: Iterable[str]) -> str:
    """Numbers of checks by verdict, and those that are inconsistent. answers: in the order of the figure."""
    totals = Counter(check.answer for check in checks)
    odd = [f"{check.label} ({check.check})" for check in checks if check.answer == INCONSISTENT]
    return (
        f"{counted(len(checks), 'check')} of {counted(len({check.check for check in checks}), 'kind')}: "
        + listing(f"{totals[answer]} {answer}" for answer in answers)
        + ". "
        + (f"Inconsistent: {listing(dict.fromkeys(odd))}." if odd else "None is inconsistent.")
    )


def verdicts_alt(verdicts: Sequence[str]) -> str:
    """Numbers of statements of an article by verdict."""
    totals = Counter(verdicts)
    each = listing(f"{totals[verdict]} {verdict}" for verdict in VERDICTS)
    return f"{counted(len(verdicts), 'statement')} by verdict: {each}."


def lights_alt(results: Sequence[tuple[str, Assessment]], there: int) -> str:
    """Every judgement of every result that is drawn. results: each with its name. there: how many are judged."""
    each = " ".join(_judged(name, result) for name, result in results)
    of = f" in {len(results)} of {there} results" if len(results) < there else ""
    return f"Risk of bias by {results[0][1].tool}{of}. {each}"


def lights_caption(is_overridden: bool, drawn: int, there: int) -> str:
    """The meaning of ring and star. is_overridden: whether there is a star. drawn: of the results that are judged."""
    cut = (
        f"The first {drawn} of {there} results; the saved numbers have all. "
        if drawn < there
        else ""
    )
    ring = cut + "Dashed ring: the judgement rests partly or wholly on answers of 'no information'."
    star = " Star: a person's judgement in place of the derived one."
    return ring + (star if is_overridden else "")


def shares_alt(
    results: Sequence[Assessment],
    domains: Sequence[Judgement],
    shares: Sequence[Mapping[str, float]],
    is_weighted: bool,
) -> str:
    """The share of each judgement in each domain. shares: of 1, by judgement, one for each domain."""
    each = "; ".join(
        f"{capital(domain.name)}: "
        + listing(f"{percent(part)} {level}" for level, part in share.items() if part)
        for domain, share in zip(domains, shares, strict=True)
    )
    return (
        f"Risk of bias by {results[0].tool} in {counted(len(results), 'study', 'studies')}, "
        f"by {'weight' if is_weighted else 'number'}. {each}."
    )


def _judged(name: str, result: Assessment) -> str:
    each = "; ".join(f"{part.name} {part.final or NOT_ASSESSED}" for part in result.domains)
    triage = (
        f" Triage ends it: {result.triage.final}."
        if result.triage and result.triage.final != TOOLS[result.tool].levels[0]
        else ""
    )
    silent = len(result.overall.no_information)
    unknown = f" No information for {counted(silent, 'question')}." if silent else ""
    return f"{name}: overall {result.overall.final}.{triage} {capital(each)}.{unknown}"
