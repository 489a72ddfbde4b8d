"""The answer under one set of settings, in words and as a drawing, with its command and address.

The sentences come from `words.answer`, and the figure is the key figure of a report.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from evidence_review import numbers as text
from evidence_review.display.picture import ChartPicture
from evidence_review.display.review_figures import change_among_placebo_arms, pooled_trials
from evidence_review.estimates.change import placebo_arms
from evidence_review.estimates.pool import pooled_contrast
from evidence_review.findings.every import answer_findings
from evidence_review.placebo.bias import appraised_change
from evidence_review.placebo.response import has_placebo_arms
from evidence_review.review.finding import POOLED, Finding, finding_id
from evidence_review.review.review import Review
from evidence_review.review.settings import OF_ONE_OUTCOME, Settings, SettingsError
from evidence_review.words.answer import answer

# Findings on how likely a difference that matters is.
_CHANCES = (
    "important_benefit",
    "important_harm",
    "important_benefit_robust",
    "important_harm_robust",
)


@dataclass(frozen=True)
class View:
    """The answer under one set of settings.

    answer: its sentences, the verdict first. findings: those that it rests on. chances: the findings on
    how likely a difference that matters is. figure, caption: the key figure as SVG, '' if there is none.
    problem: why there is no answer, in words; '' if there is one.
    """

    answer: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    chances: tuple[Finding, ...] = ()
    figure: str = ""
    caption: str = ""
    problem: str = ""


def view(review: Review) -> View:
    """The answer under the settings of a review."""
    if problem := too_few_arms(review):
        return View(problem=problem)
    findings = answer_findings(review)
    picture = key_figure(review, findings)
    figure, caption = ("", "") if picture is None else (picture.light(), picture.caption)
    return View(
        answer=tuple(answer(review, findings)),
        findings=tuple(findings.values()),
        chances=chances(review, findings),
        figure=figure,
        caption=caption,
    )


def too_few_arms(review: Review) -> str:
    """A message if the settings leave too few placebo arms to compare with; '' if there are enough."""
    arms, _ = placebo_arms(review)
    if len(arms) > 1 or not has_placebo_arms(review):  # without any, there is no such comparison
        return ""
    return (
        f"Under these choices {text.counted(len(arms), 'placebo arm')} {'is' if len(arms) == 1 else 'are'} left, "
        "and a comparison needs two or more. Choose more people or designs, or include arms without a standard error."
    )


def chances(review: Review, findings: Mapping[str, Finding]) -> tuple[Finding, ...]:
    """How likely a difference that matters is: findings on the uncontrolled change and on the pool."""
    appraised, outcome = appraised_change(review), review.about.outcome
    subjects = [] if appraised is None else [(appraised.change.study_id, appraised.change.outcome)]
    ids = [finding_id(*one, name) for one in (*subjects, (POOLED, outcome)) for name in _CHANCES]
    return tuple(findings[name] for name in ids if name in findings)


def key_figure(review: Review, findings: Mapping[str, Finding]) -> ChartPicture | None:
    """The first figure of a report; None if there is nothing to draw."""
    pooled = pooled_contrast(review, review.about.outcome)
    if pooled is not None:
        return pooled_trials(review, pooled, findings)
    return change_among_placebo_arms(review)


def command(settings: Settings, default: Settings) -> str:
    """The command that makes a report under `settings`; both resolved."""
    words = ["evidence-review", "report", "--review", settings.review]
    for name, value in moved(settings, default).items():
        words += ["--set", f"{name}={value}"]
    return shlex.join(words)


def address(settings: Settings, default: Settings) -> str:
    """The part of a page's address, from '?', that opens the explorer under `settings`; both resolved."""
    return "?" + urlencode({"review": settings.review} | moved(settings, default))


def asked_by(query: str, review: Review) -> Settings:
    """The settings in an address (the part after '?'), with those of the review where it names none.

    Raises SettingsError, which lists everything that is not allowed.
    """
    asked, problems = {}, []
    for name, values in parse_qs(query).items():
        if name not in review.limits or name == "review":
            continue
        asked[name] = values[-1]
        if not review.limits[name].choices:
            try:
                asked[name] = float(values[-1])
            except ValueError:
                problems.append(f"{name} = '{values[-1]}' is not a number")
    if problems:
        raise SettingsError("\n".join(problems))
    return review.under(**asked).settings


def moved(settings: Settings, default: Settings) -> dict[str, str]:
    """Settings that differ from the defaults, as written in a command or an address."""
    values = {name: getattr(settings, name) for name in Settings.names()}
    if settings.outcome != default.outcome:  # these then have the values of that outcome
        values = {name: value for name, value in values.items() if name not in OF_ONE_OUTCOME}
    return {
        name: written(value) for name, value in values.items() if value != getattr(default, name)
    }


def written(value: float | str) -> str:
    """A value as written in a command or an address."""
    return value if isinstance(value, str) else format(value, "g")
