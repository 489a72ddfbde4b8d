"""The choices on a page: every answer that is packed is the one of a report under the same settings."""

import re
import shlex
from functools import cache
from itertools import product

import pytest

from evidence_review.cli.arguments import parser
from evidence_review.display import page
from evidence_review.explorer.on_page import on_page
from evidence_review.explorer.view import command, view
from evidence_review.findings.every import review_findings
from evidence_review.records import load
from evidence_review.review.review import Review
from evidence_review.runs.notebooks import parse_settings
from evidence_review.words.answer import answer

REVIEWS = ("magnesium-rls", "iron-rls", "magnesium-infarction")


@pytest.fixture(scope="session")
def packed(project):
    """Each review with the choices on its page, packed when it is first asked for."""
    return cache(lambda name: (one := Review(load(name, project)), on_page(one)))


@pytest.fixture(params=REVIEWS)
def review(request, packed):
    return packed(request.param)[0]


@pytest.fixture
def offered(review, packed):
    return packed(review.records.review.review_id)[1]


def every(offered):
    """Each combination: its settings, the place of each of them, and what is packed of it."""
    places = product(*(range(len(choice.values)) for choice in offered.choices))
    for each, packed in zip(places, offered.packed["answers"], strict=True):
        pairs = zip(offered.choices, each, strict=True)
        yield {choice.setting: choice.values[i] for choice, i in pairs}, each, packed


def test_the_sentences_are_those_of_a_report_under_the_same_settings(review, offered):
    """For the first, the last and every hundredth: all findings of a report take some tenths of a second."""
    found = list(every(offered))
    same_as_in_reports(review, offered, [*found[:: max(100, len(found) - 1)], found[-1]])


@pytest.mark.slow
def test_every_sentence_is_that_of_a_report_under_the_same_settings(review, offered):
    same_as_in_reports(review, offered, list(every(offered)))


def same_as_in_reports(review, offered, chosen):
    pieces = offered.packed["pieces"]
    for moved, _, (sentences, _, _) in chosen:
        opened = review.under(**moved)
        assert [pieces[one] for one in sentences] == answer(opened, review_findings(opened)), moved


def test_every_chance_and_figure_is_that_of_the_explorer(review, offered):
    """Of a figure its words, the axis aside: it says in words what it shows, with the numbers."""
    pieces, figures = offered.packed["pieces"], offered.packed["figures"]
    for moved, _, (_, chances, figure) in every(offered):
        now = view(review.under(**moved))
        shown = [found for found in now.chances if not found.id.endswith("_robust")]
        said = [f"{found.label}: {page.value_text(found)}." for found in shown]
        assert [pieces[one] for one in chances] == said, moved
        caption, *parts = (pieces[one] for one in figures[figure])
        assert caption == now.caption
        assert _alt("".join(parts)) == _alt(now.figure), moved


def _alt(svg: str) -> str:
    (alt,) = re.findall(r'aria-label="([^"]+)"', svg)
    return alt


def test_the_command_asks_for_the_settings_that_are_chosen(review, offered):
    default = Review(review.records).settings
    for moved, places, _ in every(offered):
        arguments = (
            choice["arguments"][place]
            for choice, place in zip(offered.packed["choices"], places, strict=True)
        )
        said = " ".join(filter(None, (offered.packed["command"], *arguments)))
        assert said == command(review.under(**moved).settings, default)
        options = parser().parse_args(shlex.split(said)[1:])
        asked = parse_settings(options.review[0], dict(text.split("=", 1) for text in options.set))
        assert Review(review.records, asked).settings == review.under(**moved).settings


def test_of_the_settings_a_reader_may_choose_those_are_offered_that_move_what_is_said(packed):
    offered = {name: [choice.setting for choice in packed(name)[1].choices] for name in REVIEWS}
    assert offered == {
        "magnesium-rls": ["benchmark", "population", "important_difference", "bias"],
        "iron-rls": ["missing_se", "important_difference", "tau2"],
        "magnesium-infarction": ["measure", "baseline_risk"],
    }


def test_of_a_report_with_other_settings_the_choices_start_from_these(magnesium):
    other = magnesium.under(bias="moustgaard2020", change_sd=7.0, important_difference=4.0)
    offered = on_page(other)
    now = {choice.setting: choice.values[choice.now] for choice in offered.choices}
    assert now["bias"] == "moustgaard2020"
    assert now["important_difference"] == 4.0
    assert offered.packed["command"].endswith("--set change_sd=7")
    bias = next(one for one in offered.packed["choices"] if one["setting"] == "bias")
    assert bias["arguments"][bias["now"]] == "--set bias=moustgaard2020"
    assert bias["arguments"][bias["written"].index("none")] == ""


def test_the_axis_stands_still_as_one_chooses(review, offered):
    """All figures of one measure have the ticks of one axis at the same places."""
    pieces, ticks = offered.packed["pieces"], {}
    for moved, _, (_, _, figure) in every(offered):
        svg = "".join(pieces[one] for one in offered.packed["figures"][figure])
        drawn = re.findall(r'<text x="([^"]+)"[^>]*text-anchor="middle">(−?[\d.]+)<', svg)
        ticks.setdefault(moved.get("measure"), set()).add(tuple(drawn))
    assert all(len(each) == 1 and len(next(iter(each))) > 2 for each in ticks.values())


def test_packing_again_gives_the_same(review, offered):
    assert on_page(Review(review.records)).packed == offered.packed
