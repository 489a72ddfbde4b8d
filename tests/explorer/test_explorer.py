"""The explorer says what a report says, under the same settings, and its command makes that report."""

import html
import json
import re
import shlex
import subprocess
import sys
import time
from dataclasses import fields, replace
from urllib.parse import urlencode
from xml.etree import ElementTree

import ipywidgets as widgets
import pytest
from hypothesis import given
from hypothesis import settings as example_settings
from hypothesis import strategies as st

from evidence_review.cli.arguments import parser
from evidence_review.estimates.change import placebo_arms
from evidence_review.explorer import app as explorer
from evidence_review.explorer.app import PARTS, Explorer
from evidence_review.explorer.view import address, command, view
from evidence_review.findings.every import review_findings
from evidence_review.records import load
from evidence_review.review.review import Review
from evidence_review.review.settings import LABELS, PLANNED_TRIAL, Settings, of_part
from evidence_review.runs.notebooks import parse_settings
from evidence_review.words.answer import answer

from ..conftest import ROOT

NAMES = [name for part in PARTS for name in of_part(part)]
MOVES = {
    "magnesium-rls": (
        {},
        {"benchmark": "silva2017", "discount": 0.5},
        {"bias": "hrobjartsson2014", "designs": "parallel", "level": 0.9},
        {"missing_se": "exclude", "tau2": "DL", "interval": "z", "important_difference": 5.0},
        {"arm_size": 20.0, "pre_post_r": 0.9, "tau_prior_scale": 10.0, "vague_weight": 0.5},
    ),
    "iron-rls": (
        {},
        {"missing_se": "exclude", "tau2": "PM", "interval": "t"},
        {"change_sd": 5.5, "important_difference": 6.0, "level": 0.8},
    ),
}


@pytest.fixture(scope="module", params=MOVES)
def shown(request, project):
    return Explorer(load(request.param, project))


def numbers(finding) -> list[float]:
    """Value and limits; nan for none."""
    found = finding.range
    each = (finding.value, found and found.low, found and found.high)
    return [float("nan") if number is None else number for number in each]


@pytest.mark.parametrize(
    ("review", "moved"),
    [(review, moved) for review, each in MOVES.items() for moved in each],
    ids=lambda part: part if isinstance(part, str) else "-".join(part) or "defaults",
)
def test_the_sentences_and_numbers_are_those_of_a_report(review, moved, project):
    opened = Review(load(review, project)).under(**moved)
    now, report = view(opened), review_findings(opened)
    assert list(now.answer) == answer(opened, report)
    for finding in now.findings:
        other = report[finding.id]
        assert (finding.label, finding.unit, finding.rows) == (
            other.label,
            other.unit,
            other.rows,
        )
        assert numbers(finding) == pytest.approx(numbers(other), rel=1e-9, nan_ok=True)


def test_every_setting_of_the_answer_can_be_moved():
    """All but the review itself and those of a trial that is being planned."""
    assert set(NAMES) == set(Settings.names()) - {"review", *of_part(PLANNED_TRIAL)}
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.parametrize("name", NAMES)
def test_a_control_at_either_end_leaves_an_answer_or_a_reason(name, shown):
    control = shown.controls.get(name)
    if control is None:
        assert name in shown.left_out or getattr(shown.default, name) is None
        return
    ends = (
        [value for _, value in control.options]
        if hasattr(control, "options")
        else [control.min, control.max]
    )
    for end in ends:
        shown.set(replace(shown.default, **{name: end}))
        now = view(shown.review.under(**vars(shown.settings)))
        assert bool(now.answer) != bool(now.problem)
        assert "nan" not in f"{now.answer}{now.figure}"
        if now.figure:
            ElementTree.fromstring(now.figure)
    shown.set(shown.default)


def test_controls_say_what_they_mean_and_allow_what_a_report_allows(shown):
    known = {entry.name: entry for entry in fields(Settings)}
    for name, control in shown.controls.items():
        limits = shown.review.limits[name]
        assert known[name].metadata["help"] in control.tooltip
        assert control.description
        if limits.choices:
            answered = tuple(
                value
                for value in limits.choices
                if name == "outcome"  # of some of them nothing is compared with placebo groups
                or len(placebo_arms(shown.review.under(**{name: value})).usable) > 1
            )
            assert tuple(value for _, value in control.options) == answered
        else:
            assert (control.min, control.max) == (limits.low, limits.high)


def test_every_choice_of_arms_that_is_offered_makes_the_findings_of_a_report(shown):
    """Also those that are offered only after another was chosen: enough arms are left."""
    chosen = set(explorer._WHICH_ARMS) & set(shown.controls)
    for name in chosen:
        for _, value in shown.controls[name].options:
            shown.set(shown.default.but(**{name: value}))
            for other in chosen - {name}:
                for _, also in shown.controls[other].options:
                    both = shown.review.under(**{name: value, other: also})
                    assert len(placebo_arms(both).usable) > 1
            if value != getattr(shown.default, name):
                found = review_findings(shown.review.under(**vars(shown.settings)))
                assert all("nan" not in one.note for one in found.values())
    shown.set(shown.default)


def test_the_page_of_placebo_arms_is_made_for_the_fewest_that_are_offered(
    records, project, monkeypatch, capsys
):
    """Its cells, run here: the fewest arms break a figure first."""
    shown = Explorer(records)
    notebook = json.loads(
        (project.notebooks / "03-placebo-response.ipynb").read_text(encoding="utf-8")
    )
    cells = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    moved = [
        {name: value}
        for name in ("population", "designs")
        for _, value in shown.controls[name].options[1:]
    ]
    fewest = min(moved, key=lambda one: len(placebo_arms(shown.review.under(**one)).usable))
    monkeypatch.chdir(project.notebooks)
    namespace = {}
    for place, cell in enumerate(cells):
        exec(cell, namespace)
        if place == 0:
            namespace |= {"review": records.folder, **fewest}
    assert capsys.readouterr().out


def read_back(line: str) -> Settings:
    """A command as the command line reads it."""
    program, *arguments = shlex.split(line)
    assert program == "evidence-review"
    options = parser().parse_args(arguments)
    return parse_settings(options.review[0], dict(text.split("=", 1) for text in options.set))


def test_another_outcome_is_asked_about_as_a_report_is(records):
    """What is said of the review's own outcome does not go with it, and its controls stand still."""
    shown = explorer.Explorer(records)
    shown.controls["important_difference"].value = 5.0
    shown.controls["level"].value = 0.9
    shown.controls["outcome"].value = "sleep quality"
    default = shown.default
    assert shown.settings == shown.review.under(outcome="sleep quality", level=0.9).settings
    assert shown.settings.important_difference is None
    assert Review(records, read_back(command(shown.settings, default))).settings == shown.settings
    assert shown.controls["important_difference"].disabled
    assert "sleep quality" in " ".join(view(shown.review.under(**vars(shown.settings))).answer)
    shown.set(default)
    assert not shown.controls["important_difference"].disabled


@example_settings(max_examples=25)
@given(data=st.data())
def test_the_command_gives_back_the_settings(records, data):
    default = Review(records).settings
    moved = {}
    for entry in fields(Settings):
        if entry.name not in NAMES or entry.name == "outcome":  # which has a test of its own
            continue
        limits = Review(records).limits[entry.name]
        moved[entry.name] = data.draw(
            st.sampled_from(limits.choices)
            if limits.choices
            else st.integers(0, 1000).map(
                lambda part, limits=limits: float(
                    f"{limits.low + part / 1000 * (limits.high - limits.low):g}"
                )
            )
        )
    settings = replace(default, **moved)
    line = command(settings, default)
    assert Review(records, read_back(line)).settings == settings
    named = re.findall(r"--set '?(\w+)=", line)
    assert named == [n for n in Settings.names() if getattr(settings, n) != getattr(default, n)]


def test_an_address_opens_the_same_settings(records):
    shown = Explorer(records)
    moved = shown.default.but(population=shown.controls["population"].options[1][1], level=0.8)
    again = Explorer(records)
    again.open(address(moved, shown.default)[1:])
    assert again.settings == moved
    assert html.escape(address(moved, shown.default)) in again.verdict.value
    assert again.notice.value == ""


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("level=7", "level = 7 is outside"),
        ("level=wide", "is not a number"),
        ("designs=%3Cb%3E", "&lt;b&gt;"),
        ("level=nan", "level"),
    ],
)
def test_an_address_that_asks_for_what_is_not_allowed_is_told(query, told, records):
    shown = Explorer(records)
    shown.open(query)
    assert told in shown.notice.value
    assert shown.settings == shown.default
    assert 'class="verdict"' in shown.verdict.value


def page_of(project) -> widgets.VBox:
    return explorer.explore(
        project.reviews(), lambda name: load(name, project), project.default_review()
    )


def said_on(page: widgets.VBox) -> str:
    """All that stands on a page as HTML."""
    children = getattr(page, "children", ())
    return (
        getattr(page, "value", "") if not children else " ".join(map(str, map(said_on, children)))
    )


def test_a_page_opens_what_its_address_asks_for(project):
    page = page_of(project)
    asked = page.children[-1]
    asked.value = "review=iron-rls&level=0.8"
    assert "iron" in page.children[1].value
    assert "--review iron-rls --set level=0.8" in said_on(page)
    asked.value = "review=magnesium-rls&level=7"
    assert "level = 7 is outside" in said_on(page)


def test_a_page_leaves_the_address_of_an_unknown_review_alone(project):
    page = page_of(project)
    before = said_on(page)
    page.children[-1].value = "review=nobody&level=0.8"
    assert said_on(page).replace("review=nobody&level=0.8", "") == before


def test_the_first_answer_needs_no_library_that_is_slow_to_load():
    """matplotlib, scipy.stats and what sorts tables took more than half of the time until a page was ready."""
    code = (
        "import sys; from evidence_review.explorer.app import Explorer; "
        "from evidence_review.records import find_project, load; "
        "project = find_project(); Explorer(load(project.default_review())); "
        "print(*{'matplotlib', 'scipy.stats', 'scipy.optimize', 'itables'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def test_people_are_counted_whole(records):
    control = Explorer(records).controls["arm_size"]
    assert (control.step, control.readout_format) == (1, ".0f")


def test_no_id_of_a_table_stands_in_the_answer(records):
    shown = Explorer(records)
    ids = {row.bias_id for row in records.reference_class.rows("bias_evidence")}
    for bias in ids:
        said = " ".join(view(shown.review.under(bias=bias, discount=0.5)).answer)
        assert not [name for name in ids if name in said]
        assert "((" not in said
        assert "))" not in said


def test_a_kernel_that_is_there_counts(records):
    shown = Explorer(records)
    shown.ask.click()
    shown.ask.click()
    assert shown.counted.value == "2"


def test_moving_resetting_and_sharing(records):
    shown = Explorer(records)
    before = shown.words.value
    shown.controls["discount"].value = 0.3 + 0.6
    shown.controls["designs"].value = "parallel"
    assert shown.words.value != before
    assert "--set designs=parallel --set discount=0.9</code>" in shown.share.value
    shown.reset.click()
    assert shown.settings == shown.default
    assert shown.words.value == before
    assert "--set" not in shown.share.value


def test_fewer_than_two_arms_are_told_in_words(records):
    """By an address: the controls do not offer it."""
    shown = Explorer(records)
    studies = records.reference_class["studies"]
    for _, people in shown.controls["population"].options[1:]:
        group = studies[studies.population_group == people]
        if "crossover" not in set(group.design):
            break
    shown.controls["population"].value = people
    assert "crossover" not in dict(shown.controls["designs"].options).values()
    shown.open(urlencode({"population": people, "designs": "crossover"}))
    assert "0 placebo arms are left" in shown.verdict.value
    assert shown.figure.value == shown.words.value == shown.share.value == ""


def test_a_review_without_an_uncontrolled_trial_says_what_is_not_explored(iron):
    shown = Explorer(iron)
    assert "benchmark" not in shown.controls
    assert "population" not in shown.controls
    assert "<svg" in shown.figure.value
    words = explorer._not_explored(shown.left_out)
    assert LABELS["discount"] in words


def test_tables_follow_when_they_are_shown(records):
    shown = Explorer(records)
    assert shown.tables.outputs == ()
    shown.with_tables.value = True
    before = shown.tables.outputs
    shown.controls["missing_se"].value = "exclude"
    assert before
    assert shown.tables.outputs != before
    assert "https://" not in re.sub(r"https://itables\.org\S*", "", str(shown.tables.outputs))


def test_the_table_of_arms_has_those_used_and_the_others_with_a_reason(magnesium):
    table = explorer.arms_table(magnesium.under(missing_se="exclude"))
    every = explorer.arms_table(magnesium)
    used = lambda frame: frame.used.str.startswith("yes").sum()
    assert len(table) == len(every)
    assert used(table) < used(every)
    assert table.used.str.match("(yes|no): .+").all()


def test_a_move_is_computed_while_the_hand_still_moves(shown):
    """A tenth of a second on a machine of its own; the clock of this process, best of five, twice that."""
    control, times = shown.controls["change_sd"], []
    for step in range(5):
        start = time.process_time()
        control.value = 6 + step / 10
        times.append(time.process_time() - start)
    shown.set(shown.default)
    assert min(times) < 0.2


def test_a_review_of_events_is_explored_without_placebo_arms(infarction_review):
    now = view(infarction_review)
    assert not now.problem
    assert now.answer[0].startswith("Not known: small trials")
    assert now.figure.startswith("<svg")


@pytest.mark.parametrize("review", ["magnesium-infarction", "iron-rls"])
def test_every_choice_and_every_outcome_has_an_answer_in_words(review, project):
    """Of counts of events, of observational evidence, and of several outcomes: no id of a table is said."""
    shown = Explorer(load(review, project))
    for name in {"outcome", "measure", "evidence"} & set(shown.controls):
        for _, value in shown.controls[name].options:
            shown.controls[name].value = value
            now = view(shown.review.under(**vars(shown.settings)))
            assert now.answer, (name, value, now.problem)
            said = " ".join((*now.answer, now.caption, *(found.label for found in now.chances)))
            assert not re.search(r"[a-z]_[a-z]|[a-z]{3}(19|20)\d\d|nan", said), (name, value)
            shown.set(shown.default)
