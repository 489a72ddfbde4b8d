"""Reviews that keep to the tables' rules and lack whatever these allow: each gets every page."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from evidence_review.cli.commands import _checked
from evidence_review.exchange.new_project import new_project
from evidence_review.exchange.new_review import Question
from evidence_review.records import Project, load
from evidence_review.review.review import Review

from . import reviews, stated
from .held import unheld
from .in_one_process import make_pages

ZERO_WEEKS = {"weeks": "", "missing_reason": reviews.HOLE}


def pages_of(project: Project, folder, **settings) -> dict[str, str]:
    """The words of each page, after `check` has let the review through."""
    found, _ = _checked(project, project.folders())
    assert not found
    make_pages(project, reviews.NAME, folder, **settings)
    return {
        path.stem: unescape(
            re.sub(r"<(script|style|pre).*?</\1>|<[^>]+>", " ", path.read_text("utf-8"), flags=re.S)
        )
        for path in folder.glob("*.html")
        if path.stem != "sources"
    }


@pytest.fixture
def project(tmp_path) -> Project:
    new_project(tmp_path / "project")
    return Project(tmp_path / "project")


def about(**other) -> Question:
    shared: dict[str, Any] = {
        "treatment": "quorn",
        "condition": "hiccups",
        "outcome": reviews.OUTCOME,
    }
    shared |= {"scale": reviews.SCALE, "unit": "min", "better": "higher", "sd": 10.0}
    return Question("Does quorn help with hiccups?", **(shared | other))


def study(study_id: str, **other: str) -> dict[str, str]:
    """A study of which nothing is known that may be left open."""
    row = {"study_id": study_id, "label": study_id, "year": "2001", "role": "further evidence"}
    row |= {"design": "parallel", "randomised": "yes", "blinding": "not extracted"}
    row |= {"population_group": "not extracted", "funding": "not extracted"}
    return reviews.REPORTED | row | ZERO_WEEKS | other


def arm(study_id: str, arm_id: str, role: str) -> dict[str, str]:
    return {
        "study_id": study_id,
        "arm_id": arm_id,
        "label": arm_id,
        "role": role,
        "source_id": "notes",
    }


def printed(study_id: str, arm_id: str, statistic: str, value: str, **other: str) -> dict[str, str]:
    row = {"study_id": study_id, "arm_id": arm_id, "outcome": reviews.OUTCOME, "week": "8"}
    row |= {
        "instrument_id": reviews.SCALE,
        "statistic": statistic,
        "comparator": "=",
        "value": value,
    }
    row |= {"unit": "p" if statistic.startswith("p_") else "min"}
    if statistic.startswith(("change", "difference")) and not statistic.endswith(("sd", "se")):
        row["sign_convention"] = "end minus baseline"
    return reviews.REPORTED | row | other


def people(study_id: str, arm_id: str, value: str) -> dict[str, str]:
    where = {"outcome": "participants", "instrument_id": "", "week": "", "unit": "people"}
    return printed(study_id, arm_id, "n_analysed", value, **where)


SOURCES = [{"source_id": "notes", "citation": "Doe 2020. Notes on hiccups."}]


def test_nothing_was_found(project, tmp_path):
    search = {"search_id": "s1", "sought": "quorn and hiccups", "place": "PubMed"}
    search |= {"searched_on": "2026-01-02", "found": "12", "kept": "0"}
    made = reviews.Tables(about(), own={"searches": [search]})
    reviews.write(made, project)
    pages = pages_of(project, tmp_path / "pages")
    assert "Not known: no study of quorn for hiccups was found." in pages["index"]
    assert "PubMed, quorn and hiccups, 2 Jan 2026: 12 found, 0 kept" in pages["index"]
    assert "a trial that randomises people to quorn or placebo" in pages["index"]
    assert unheld(made, pages) == []


@pytest.mark.slow
def test_many_holes_at_once(project, tmp_path):
    """Each of these ended a report in an error once."""
    trials = ("adams2001", "baker2002", "clark2003")
    own = {
        "sources": SOURCES,
        "studies": [*map(study, trials), study("evans2010", design="single arm", randomised="no")],
        "arms": [
            *(arm(one, *which) for one in trials for which in (("quorn", "treatment"), ("control", "placebo"))),
            arm("evans2010", "all", "observed group"),
        ],
        "contrasts": [
            {"study_id": one, "treated_arm": "quorn", "control_arm": "control"} for one in trials
        ],
        "statistics": [
            # Only a difference with its interval, and no SD of people.
            printed("adams2001", "quorn", "difference", "4.0"),
            printed("adams2001", "quorn", "difference_ci_low", "1.0"),
            printed("adams2001", "quorn", "difference_ci_high", "7.0"),
            *(people("adams2001", one, "40") for one in ("quorn", "control")),
            # Only that P was above a bound.
            printed("baker2002", "quorn", "p_difference", "0.05", comparator=">"),
            *(people("baker2002", one, "20") for one in ("quorn", "control")),
            # Limits that meet at a corner of their roundings.
            *(people("clark2003", one, "1500") for one in ("quorn", "control")),
            *(
                printed("clark2003", one, name, value)
                for one in ("quorn", "control")
                for name, value in (("change_mean", "0"), ("change_ci_low", "-0.1"), ("change_ci_high", "0"))
            ),
            # An uncontrolled study that prints means at the start and the end.
            people("evans2010", "all", "12"),
            *(printed("evans2010", "all", *what, week="0") for what in (("mean", "20"), ("sd", "5"))),
            *(printed("evans2010", "all", *what) for what in (("mean", "26"), ("sd", "5"))),
        ],
    }  # fmt: skip
    placebo = ("frank1991", "gupta1992", "hayes1993", "irwin1994", "jones1995")
    benchmark = {
        "result_id": "king2012",
        "label": "King 2012",
        "use": "placebo benchmark",
        "unit": "SD",
    }
    benchmark |= {
        "benchmark_id": "king2012",
        "treatment": "placebo",
        "measure": "standardised mean change",
    }
    benchmark |= {
        "estimate": "0.5",
        "ci_low": "0.3",
        "ci_high": "0.7",
        "missing_reason": reviews.HOLE,
    }
    reference = {
        "sources": SOURCES,
        "studies": [study(one, role="reference class") for one in placebo[:3]]
        + [
            study(one, role="reference class", weeks=str(4 + place), missing_reason="")
            for place, one in enumerate(placebo[3:])  # too few for a regression on weeks
        ],
        "arms": [arm(one, "placebo", "placebo") for one in placebo],
        "statistics": [
            row
            for place, one in enumerate(placebo)
            for row in (
                people(one, "placebo", "40000" if place == 0 else "12"),  # one is very precise
                printed(one, "placebo", "change_mean", f"{1 + place}.0"),
                printed(one, "placebo", "change_sd", f"{5 + place}.0"),
            )
        ],
        "pooled_results": [reviews.REPORTED | benchmark],
    }
    matters = {"important_difference": (25.0, 10.0, 40.0)}  # larger than the SD
    single = {"single_arm_study": "evans2010", "single_arm": "all"}
    made = reviews.Tables(about(), single, own, reference, matters)
    reviews.write(made, project)
    pages = pages_of(project, tmp_path / "pages")
    assert "evans2010" in pages["index"]
    assert unheld(made, pages) == []


@pytest.mark.slow
def test_an_uncontrolled_study_that_counts_nobody(project, tmp_path):
    """Its standard error is printed, so it is compared with placebo arms as precise."""
    placebo = ("frank1991", "gupta1992", "hayes1993")
    own = {
        "sources": SOURCES,
        "studies": [study("evans2010", label="Evans 2010", design="single arm", randomised="no")],
        "arms": [arm("evans2010", "all", "observed group")],
        "statistics": [
            printed("evans2010", "all", "change_mean", "6.0"),
            printed("evans2010", "all", "change_se", "1.5"),
        ],
    }
    reference = {
        "sources": SOURCES,
        "studies": [study(one, role="reference class") for one in placebo],
        "arms": [arm(one, "placebo", "placebo") for one in placebo],
        "statistics": [
            row
            for place, one in enumerate(placebo)
            for row in (
                people(one, "placebo", "12"),
                printed(one, "placebo", "change_mean", f"{1 + place}.0"),
                printed(one, "placebo", "change_sd", "5.0"),
            )
        ],
    }
    made = reviews.Tables(
        about(), {"single_arm_study": "evans2010", "single_arm": "all"}, own, reference
    )
    reviews.write(made, project)
    pages = pages_of(project, tmp_path / "pages")
    first, compared = (
        " ".join(pages[name].split()) for name in ("index", "05-effect-against-placebo")
    )
    assert "Without a comparison group, people improved by about 6 min in hiccup burden" in first
    assert "In the trial without a control group (Evans 2010) hiccup burden" in first
    assert "of placebo arms as precise would do as well or better" in compared
    assert unheld(made, pages) == []


def trial(*rows: dict[str, str]) -> dict[str, reviews.Rows]:
    """The tables of a review of one trial of two groups of 40, which prints these."""
    return {
        "sources": SOURCES,
        "studies": [study("adams2001", label="Adams 2001")],
        "arms": [
            arm("adams2001", "quorn", "treatment"),
            arm("adams2001", "control", "placebo"),
        ],
        "contrasts": [{"study_id": "adams2001", "treated_arm": "quorn", "control_arm": "control"}],
        "statistics": [*(people("adams2001", one, "40") for one in ("quorn", "control")), *rows],
    }


def of_both(statistic: str, *values: str, **other: str) -> reviews.Rows:
    """The figures of the treated and the control arm."""
    arms = ("quorn", "control")
    return [
        printed("adams2001", one, statistic, value, **other)
        for one, value in zip(arms, values, strict=True)
    ]


@pytest.mark.parametrize(("unit", "seen"), [("h", True), ("min", False)])
def test_a_difference_on_no_named_scale_has_its_unit_on_the_page(unit, seen, project, tmp_path):
    """7 less 6 h of sleep: 1.00 h. unit: of the control group; 7 h less 6 min would be no difference."""
    slept = {"outcome": "sleep", "instrument_id": ""}
    own = trial(
        *of_both("mean", "20", "15"),
        *of_both("sd", "8", "8"),
        *of_both("sd", "1.5", "1.5", unit="h", **slept),
        printed("adams2001", "quorn", "mean", "7", unit="h", **slept),
        printed("adams2001", "control", "mean", "6", unit=unit, **slept),
    )
    made = reviews.Tables(about(), own=own)
    reviews.write(made, project)
    pages = pages_of(project, tmp_path / "pages")
    words = " ".join(pages["02-effect-sizes"].split())
    assert ("1.00 h 0.33 to 1.67" in words) is seen
    assert ("Difference from placebo in h: Adams 2001, sleep" in words) is seen
    assert ("its figures are printed in different units" in words) is not seen
    assert unheld(made, pages) == []


def test_hours_are_not_compared_with_minutes_that_matter(project, tmp_path):
    """An hour better is more than the 3 min that matter: the page took it for 1 min, and little."""
    own = trial(
        *of_both("mean", "7", "6", unit="h", instrument_id=""),
        *of_both("sd", "1.5", "1.5", unit="h", instrument_id=""),
    )
    domains = ("risk of bias", "inconsistency", "indirectness", "imprecision", "publication bias")
    judged = {"outcome": reviews.OUTCOME, "evidence": "randomised", "judgement": "not serious"}
    own["certainty"] = [
        reviews.SOURCE | judged | {"domain": domain, "reason": "A judgement."} for domain in domains
    ]
    matters = {"important_difference": (3.0, 1.0, 5.0)}
    made = reviews.Tables(about(), own=own, assumptions=matters)
    reviews.write(made, project)
    pages = pages_of(project, tmp_path / "pages")
    assert "little or no difference" not in pages["09-certainty"]
    assert unheld(made, pages) == []


def test_a_ranking_that_does_not_part_the_two_groups_is_told(project, tmp_path):
    """The compared group came second of three: the page said that no change is printed."""
    own = trial(
        people("adams2001", "other", "40"),
        printed("adams2001", "all", "p_omnibus", "0.01"),
        *(
            printed("adams2001", one, "rank", str(place), unit="rank, 1 is best")
            for place, one in enumerate(("other", "quorn", "control"), start=1)
        ),
    )
    own["arms"] += [
        arm("adams2001", "other", "treatment"),
        arm("adams2001", "all", "whole study"),
    ]
    made = reviews.Tables(about(), own=own)
    reviews.write(made, project)
    pages = pages_of(project, tmp_path / "pages")
    assert "the ranking does not put the two arms at its ends" in pages["02-effect-sizes"]
    assert not any("no change printed" in words for words in pages.values())
    assert unheld(made, pages) == []


def test_a_study_of_another_kind_is_not_said_to_lack_figures(project, tmp_path):
    """A cohort that counts a harm, beside a trial that does not: it is the one that is not pooled."""
    of_cohort = {"outcome": "nausea", "instrument_id": "", "unit": "people"}
    own = trial(
        *of_both("mean", "20", "15"),
        *of_both("sd", "8", "8"),
        *(people("baker2002", one, "40") for one in ("quorn", "control")),
        *(
            printed("baker2002", one, "n_events", count, **of_cohort)
            for one, count in (("quorn", "9"), ("control", "3"))
        ),
    )
    own["studies"].append(study("baker2002", label="Baker 2002", design="cohort", randomised="no"))
    own["arms"] += [
        arm("baker2002", "quorn", "treatment"),
        arm("baker2002", "control", "control"),
    ]
    own["contrasts"].append(own["contrasts"][0] | {"study_id": "baker2002"})
    own["outcomes"] = [
        {"outcome": "nausea", "kind": "harm", "importance": "important", "measure": "RR", "better": "lower"}
    ]  # fmt: skip
    made = reviews.Tables(about(), own=own)
    reviews.write(made, project)
    pages = pages_of(project, tmp_path / "pages")
    (said,) = {
        found
        for words in pages.values()
        for found in re.findall(r"Reported by 1 of 2 trials[^.]*", " ".join(words.split()))
    }
    assert "not pooled with the others" in said
    assert "without figures" not in said
    assert unheld(made, pages) == []


def test_a_setting_that_moves_nothing_is_told(project, tmp_path):
    """Both arms print their SD and their people, and no trial is crossed over: only the level moves a number."""
    own = trial(
        *of_both("change_mean", "20", "15"),
        *of_both("change_sd", "8", "8"),
    )
    made = reviews.Tables(about(), own=own)
    reviews.write(made, project)
    given = {"measure": "none", "missing_se": "exclude", "crossover_r": 0.5, "level": 0.9}
    pages = pages_of(project, tmp_path / "pages", **given)
    words = " ".join(pages["02-effect-sizes"].split())
    assert "crossover_r = 0.5 , level = 0.9 ." in words
    told = re.findall(r"(\w+) moves no finding of it", words)
    assert told == ["measure", "missing_se", "crossover_r"]
    assert unheld(made, pages) == []


@pytest.mark.slow
@pytest.mark.long
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(made=stated.every_kind())
def test_generated_reviews(made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("generated")
    new_project(folder / "project")
    project = Project(folder / "project")
    reviews.write(made, project)
    found, _ = _checked(project, project.folders())
    if not found:  # what is refused was told to the person, with the row
        measures = Review(load(reviews.NAME, project)).limits["measure"].choices
        if (
            made.settings.get("measure", measures[0]) not in measures
        ):  # which no printed figure gives
            del made.settings["measure"]
        pages = pages_of(project, folder / "pages", **made.settings)
        assert unheld(made, pages) == []
