"""The explorer on a static page: the answers to all combinations of the offered choices, packed.

The answers are computed while the page is made, and the page looks them up (choices.html.j2). They are
in the order of the choices, the last of which changes fastest. A part that many answers share, such as
a sentence or a piece of a drawing, is stored once.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product

from evidence_review.display import page
from evidence_review.display.chart import light_svg
from evidence_review.display.picture import ChartPicture
from evidence_review.display.style import PHONE
from evidence_review.effect_measures import STATED
from evidence_review.estimates.change import placebo_arms
from evidence_review.estimates.contrast import contrasts_on
from evidence_review.estimates.counts import baseline_risk
from evidence_review.estimates.pool import pooled_contrast
from evidence_review.explorer.view import chances, command, key_figure, too_few_arms, written
from evidence_review.findings.every import answer_findings
from evidence_review.findings.of_placebo import benefit_findings
from evidence_review.numbers import shorten
from evidence_review.placebo.bias import appraised_change
from evidence_review.review.finding import by_id
from evidence_review.review.review import Review, on_own_outcome
from evidence_review.review.settings import NONE
from evidence_review.words import choices as words
from evidence_review.words.answer import answer
from evidence_review.words.settings import label, value

# Offered risks without treatment, in 1000 people.
_RISKS = (10.0, 30.0, 100.0, 300.0)

Value = float | str | None


@dataclass(frozen=True)
class Choice:
    """An offered setting: its values, their names, and the place (`now`) of the report's own value."""

    setting: str
    label: str
    values: tuple[Value, ...]
    names: tuple[str, ...]
    now: int


@dataclass(frozen=True)
class Answer:
    """The answer under one combination of choices.

    sentences: the verdict first; or why there is no answer. picture: the key figure.
    """

    sentences: tuple[str, ...]
    picture: ChartPicture | None = None


@dataclass(frozen=True)
class OnPage:
    """The choices of a page and their answers.

    Parameters
    ----------
    choices : tuple of Choice
        In the order on the page.
    packed : dict
        JSON types. `pieces`: every text once. `figures`: for each, places in `pieces` of its caption and
        the parts of its drawing. `answers`: for each, places in `pieces` of its sentences and its chances,
        and the place of its figure in `figures` (-1 for none). `choices`: for each setting, its values as
        written in an address, and the arguments that set them. `command`: the command before these
        arguments.
    """

    choices: tuple[Choice, ...]
    packed: dict


def on_page(review: Review) -> OnPage | None:
    """The answers to all choices that a page offers; None if there is nothing to choose."""
    offered = _offered(review)
    if not offered:
        return None
    names = [choice.setting for choice in offered]
    moves = [dict(zip(names, each, strict=True)) for each in product(*(c.values for c in offered))]
    # For an uncontrolled trial, the difference that matters changes only the chances, not the answer.
    unseen = () if pooled_contrast(review, review.about.outcome) else ("important_difference",)
    seen = [tuple(each for name, each in moved.items() if name not in unseen) for moved in moves]
    found = {
        key: _answer(review.under(**moved))
        for key, moved in dict(zip(seen, moves, strict=True)).items()
    }
    pieces, figures = _Places(), _Places()
    drawn = {
        key: figures[tuple(pieces[part] for part in parts)]
        for key, parts in _drawings(found).items()
    }
    listed = [
        [
            [pieces[sentence] for sentence in found[key].sentences],
            [pieces[chance] for chance in _chances(review.under(**moved))],
            drawn.get(key, -1),
        ]
        for key, moved in zip(seen, moves, strict=True)
    ]
    default = review.by_default().settings
    fixed = review.settings.but(**{name: getattr(default, name) for name in names})
    packed = {
        "choices": [_for_address(choice, getattr(default, choice.setting)) for choice in offered],
        "command": command(fixed, on_own_outcome(review).by_default().settings),
        "pieces": list(pieces),
        "figures": list(figures),
        "answers": listed,
    }
    return OnPage(tuple(offered), packed)


class _Places(dict):
    """A number for each key, from 0 in the order of first use."""

    def __missing__(self, thing) -> int:
        self[thing] = len(self)
        return self[thing]


def _offered(review: Review) -> list[Choice]:
    """The settings that change the page's answer, with the values to choose from."""
    if review.about.measure in STATED:
        names = ("measure", "baseline_risk")
    elif appraised_change(review) is not None:
        names = ("benchmark", "population", "important_difference", "bias")
    else:
        names = ("missing_se", "important_difference", "tau2")
    shown = lambda under: (_answer(under), _chances(under))
    now, offered = shown(review), []
    for name in names:
        chosen = getattr(review.settings, name)
        if chosen is None and name != "baseline_risk":  # no value is given for this outcome
            continue
        values = _values(review, name)
        others = (shown(review.under(**{name: each})) for each in values if each != chosen)
        if any(_differs(other, now) for other in others):
            said = tuple(_named(review, name, each) for each in values)
            offered.append(Choice(name, label(review, name), values, said, values.index(chosen)))
    return offered


def _values(review: Review, name: str) -> tuple[Value, ...]:
    """The values of a setting to choose from, including that of the report."""
    settings = review.settings
    chosen = getattr(settings, name)
    allowed = review.limits[name]
    if name == "baseline_risk":
        return tuple(dict.fromkeys((chosen, *_RISKS)))
    if not allowed.choices:
        low, high = review.bounds(name)
        return tuple(sorted({low, (low + chosen) / 2, chosen, (chosen + high) / 2, high}))
    return tuple(
        each
        for each in allowed.choices
        if each == chosen or not too_few_arms(review.under(**{name: each}))
    )


def _named(review: Review, name: str, chosen: Value) -> str:
    """A value in words."""
    if chosen is None:
        try:
            baseline_risk(review, contrasts_on(review, review.about.outcome))
        except ValueError:  # no control group prints the number of people with the event
            return words.NO_RISK
        return words.MEDIAN_RISK
    said = shorten(value(review, chosen), 60)
    if name != "population":
        return said
    return words.of_arms(said, len(placebo_arms(review.under(population=chosen)).usable))


def _answer(review: Review) -> Answer:
    """The answer under the review's settings."""
    if problem := too_few_arms(review):
        return Answer((problem,))
    findings = answer_findings(review)
    return Answer(tuple(map(str, answer(review, findings))), key_figure(review, findings))


def _chances(review: Review) -> list[str]:
    """The chances of a difference that matters by the main prior, in words."""
    if too_few_arms(review):
        return []
    pooled = pooled_contrast(review, review.about.outcome)
    findings = answer_findings(review) if pooled else by_id(benefit_findings(review))
    found = (one for one in chances(review, findings) if not one.id.endswith("_robust"))
    return [f"{one.label}: {page.value_text(one)}." for one in found]


def _differs(one: tuple[Answer, list[str]], other: tuple[Answer, list[str]]) -> bool:
    """Whether a reader sees something else."""
    if (one[0].sentences, one[1]) != (other[0].sentences, other[1]):
        return True
    drawn = [found.picture and found.picture.light() for found, _ in (one, other)]
    return drawn[0] != drawn[1]


def _drawings(answers: Mapping[tuple, Answer]) -> dict[tuple, tuple[str, ...]]:
    """The caption and the parts of the drawing, for each answer with a figure.

    Figures of one measure share one axis, which does not move when a reader chooses.
    """
    pictures = {key: each.picture for key, each in answers.items() if each.picture is not None}
    charts = {key: picture.chart(PHONE) for key, picture in pictures.items()}
    ends: dict[str, tuple[float, float]] = {}
    for chart in charts.values():
        (low, high), (lowest, highest) = chart.ends, ends.get(chart.measure.name, chart.ends)
        ends[chart.measure.name] = min(low, lowest), max(high, highest)
    out = {}
    for key, chart in charts.items():
        svg = light_svg(replace(chart, limits=ends[chart.measure.name]), pictures[key].alt)
        out[key] = (pictures[key].caption, *re.split(r"(?=<[a-z])", svg))
    return out


def _for_address(choice: Choice, default: Value) -> dict:
    """A choice with its values as in an address and its arguments for the command; none for a default."""
    said = [NONE if each is None else written(each) for each in choice.values]
    asked = [
        "" if each == default else shlex.join(("--set", f"{choice.setting}={one}"))
        for each, one in zip(choice.values, said, strict=True)
    ]
    return {"setting": choice.setting, "now": choice.now, "written": said, "arguments": asked}
