"""Several outcomes in one review, from tables pasted one after the other to the summary of findings.

Statins: Cannon 2006 (J Am Coll Cardiol 48:438), four trials with several end points each, as in the data
set dat.cannon2006 of the R package metadat. Its abstract has the odds of coronary death or myocardial
infarction 16% lower, those of coronary death or any cardiovascular event 16% lower, and cardiovascular
death 12% lower, by Mantel and Haenszel's method. Pools by metafor 3.8.1: rma(method = "REML",
test = "adhoc", control = list(threshold = 1e-12, maxiter = 1000)) of escalc's effects.

Amlodipine: Hartung & Knapp 2001 (Stat Med 20:1771), as in the data set amlodipine of the R package meta,
with SDs of four decimals; the pool by metafor as above.
"""

import csv
import re
from math import exp, log

import pytest

from evidence_review.cli import main
from evidence_review.display.certainty import summary_of_findings
from evidence_review.estimates.contrast import people, reporting
from evidence_review.estimates.methods import MANTEL_HAENSZEL, by_method
from evidence_review.estimates.pool import pooled_contrast
from evidence_review.exchange.new_project import new_project
from evidence_review.findings.every import review_findings
from evidence_review.judgement.certainty import every_body
from evidence_review.records import load, violations
from evidence_review.review.review import Review
from evidence_review.review.settings import SettingsError
from evidence_review.words.certainty import statement
from evidence_review.words.predicted import predicted

STATINS = """trial,events1,n1,events2,n2
PROVE IT 2004,147,2099,172,2063
A-TO-Z 2004,205,2265,235,2232
TNT 2005,334,4995,418,5006
IDEAL 2005,411,4439,463,4449
"""
ANY_EVENT = """trial,events1,n1,events2,n2
PROVE IT 2004,496,2099,554,2063
A-TO-Z 2004,895,2265,844,2232
TNT 2005,1405,4995,1677,5006
IDEAL 2005,1176,4439,1370,4449
"""
OTHER_DEATHS = """trial,events1,n1,events2,n2
PROVE IT 2004,17,2099,27,2063
A-TO-Z 2004,22,2265,21,2232
TNT 2005,158,4995,127,5006
IDEAL 2005,143,4439,156,4449
"""
AMLODIPINE = """study,n1,mean1,sd1,n2,mean2,sd2
Protocol 154,46,0.2316,0.4748,48,-0.0027,0.0265
Protocol 156,30,0.2811,0.3796,26,0.0270,0.3375
Protocol 157,75,0.1894,0.4451,72,0.0443,0.7051
Protocol 162A,12,0.0930,0.3727,12,0.2277,0.2209
Protocol 163,32,0.1622,0.3100,34,0.0056,0.3090
Protocol 166,31,0.1837,0.3530,31,0.0943,0.4164
Protocol 303A,27,0.6612,0.8402,27,-0.0057,0.9945
Protocol 306,46,0.1366,0.3480,47,-0.0057,0.3593
"""
# Made up, to be worked out by hand: 48 people are counted where 46 had their work capacity measured.
SWELLING = """study,events1,n1,events2,n2
Protocol 154,6,48,2,48
Protocol 157,9,75,3,72
"""


def run(project, *arguments: str) -> int:
    return main(["--project", str(project.root), *arguments])


def paste(project, review: str, text: str, *options: str) -> int:
    table = project.root / "table.csv"
    table.write_text(text, encoding="utf-8")
    return run(project, "import", str(table), "--review", review, *options)


@pytest.fixture(scope="module")
def statins(tmp_path_factory):
    project = new_project(tmp_path_factory.mktemp("statins") / "mine")
    new = ("new", "statins", "--question", "Do high doses of a statin prevent coronary death?")
    named = ("--outcome", "coronary death or heart attack", "--measure", "OR", "--better", "lower")
    assert run(project, *new, *named) == 0
    assert paste(project, "statins", STATINS, "--control", "usual care") == 0
    for text, outcome in (
        (ANY_EVENT, "coronary death or any cardiovascular event"),
        (OTHER_DEATHS, "death from another cause"),
    ):
        options = ("--outcome", outcome, "--measure", "OR", "--better", "lower")
        assert paste(project, "statins", text, "--control", "usual care", *options) == 0
    return project


@pytest.fixture(scope="module")
def amlodipine(tmp_path_factory):
    project = new_project(tmp_path_factory.mktemp("amlodipine") / "mine")
    new = ("new", "amlodipine", "--question", "Does amlodipine help with angina?")
    scale = ("--scale", "exercise test", "--unit", "units", "--better", "higher", "--sd", "0.4")
    assert run(project, *new, "--outcome", "work capacity", *scale) == 0
    fill = ("--fill", "week=8", "--fill", "year=2001")
    assert paste(project, "amlodipine", AMLODIPINE, *fill) == 0
    options = ("--outcome", "ankle swelling", "--better", "lower")
    assert paste(project, "amlodipine", SWELLING, *fill, *options) == 0
    return project


@pytest.mark.parametrize(
    ("outcome", "reml", "lower_odds"),
    [
        (
            "coronary death or heart attack",
            (0.8354843040, 0.7285788563, 0.9580761452),
            0.16,
        ),
        (
            "coronary death or any cardiovascular event",
            (0.8658277643, 0.6873733531, 1.0906121311),
            0.16,
        ),
        ("death from another cause", (0.9891485423, 0.6477623362, 1.5104534241), None),
    ],
)
def test_each_outcome_is_pooled_as_by_metafor_and_as_published(statins, outcome, reml, lower_odds):
    review = Review(load("statins", statins))
    pooled = pooled_contrast(review, outcome)
    found = (pooled.fit.estimate, pooled.fit.ci_low, pooled.fit.ci_high)
    assert [pooled.measure.printed(x) for x in found] == pytest.approx(reml, abs=1e-8)
    (common,) = (one for one in by_method(review, outcome) if one.method == MANTEL_HAENSZEL)
    odds = pooled.measure.printed(common.value)
    if lower_odds is not None:
        assert 1 - odds == pytest.approx(lower_odds, abs=0.005)  # as printed, in whole per cent
    else:  # "no difference was observed in ... non-cardiovascular mortality"
        ends = (common.interval.low, common.interval.high)
        assert ends[0] < 0 < ends[1]


def test_a_review_asked_about_another_outcome_is_the_same_review(statins):
    """Whichever outcome is asked about, each has the pool that it has beside the others."""
    review = Review(load("statins", statins))
    names = [
        "coronary death or heart attack",
        *(row.outcome for row in review.records.further_outcomes),
    ]
    for asked in names:
        moved = review.under(outcome=asked)
        assert moved.about.outcome == asked
        for name in names:
            assert pooled_contrast(moved, name).fit == pooled_contrast(review, name).fit
    with pytest.raises(SettingsError, match="death from another cause"):
        review.under(outcome="death from any cause")


def test_a_mean_difference_stands_beside_a_risk_ratio(amlodipine):
    review = Review(load("amlodipine", amlodipine))
    own = pooled_contrast(review, "work capacity")
    found = (own.fit.estimate, own.fit.ci_low, own.fit.ci_high)
    assert found == pytest.approx((0.1617384041, 0.0598610080, 0.2636158002), abs=1e-9)
    harm = pooled_contrast(review, "ankle swelling")
    assert (own.measure.name, harm.measure.name) == ("MD", "RR")
    # Two trials without scatter: the mean of their log ratios, each by its precision.
    ratios = [log((6 / 48) / (2 / 48)), log((9 / 75) / (3 / 72))]
    precision = [1 / (1 / 6 - 1 / 48 + 1 / 2 - 1 / 48), 1 / (1 / 9 - 1 / 75 + 1 / 3 - 1 / 72)]
    mean = sum(r * p for r, p in zip(ratios, precision, strict=True)) / sum(precision)
    assert (harm.fit.tau2, harm.fit.estimate) == pytest.approx((0, mean), abs=1e-9)
    shown = summary_of_findings(review, every_body(review), {})
    assert shown.count('scope="row"') == 2
    assert "harm, important" in shown
    assert f"risk ratio {exp(mean):.2f} (" in re.sub("<[^>]+>", "", shown)
    # 42 in 1000 without treatment, the median of 2/48 and 3/72, and so many times as many with it.
    assert f"{1000 / 24 * (exp(mean) - 1):.0f} more (" in re.sub("<[^>]+>", "", shown)


def test_an_outcome_may_have_people_of_its_own(amlodipine):
    """48 people were counted for the harm where 46 had the other outcome measured; 75 and 72 are the same."""
    review = Review(load("amlodipine", amlodipine))
    trials = ["protocol154", "protocol157"]
    assert people(review, trials, "work capacity") == (46 + 48 + 75 + 72, True)
    assert people(review, trials, "ankle swelling") == (48 + 48 + 75 + 72, True)
    rows = review.records.rows("statistics")
    own = [row for row in rows if row.outcome == "ankle swelling" and row.statistic != "n_events"]
    assert [(row.study_id, row.arm_id, row.value) for row in own] == [
        ("protocol154", "amlodipine", 48.0)
    ]


def test_nothing_in_the_unit_of_one_scale_is_said_of_another(amlodipine):
    """Half an SD of work capacity is no number of people in 1000."""
    review = Review(load("amlodipine", amlodipine))
    assert review.settings.important_difference == pytest.approx(0.2)
    asked = review.under(outcome="ankle swelling").settings
    assert (asked.important_difference, asked.change_sd, asked.measure) == (None, None, "RR")
    back = review.under(outcome="ankle swelling").under(outcome="work capacity")
    assert back.settings == review.settings


def test_which_trials_say_something_and_which_do_not_is_told(amlodipine):
    review = Review(load("amlodipine", amlodipine))
    assert set(reporting(review, "ankle swelling")) == {"protocol154", "protocol157"}
    found = review_findings(review)
    assert found["reported.ankle_swelling.trials"].note == "Protocol 154, Protocol 157"
    told = " ".join(predicted(review))
    assert "Ankle swelling: 2 of 8 trials give an effect." in told
    assert "Protocol 306" in told and "Protocol 154" not in told


def test_an_outcome_that_no_trial_reports_has_its_row_all_the_same(amlodipine, tmp_path):
    from shutil import copytree

    from evidence_review.records import Project

    copytree(amlodipine.root, tmp_path / "p")
    project = Project(tmp_path / "p")
    path = project.data / "amlodipine" / "outcomes.csv"
    path.write_text(path.read_text() + "death,harm,critical,,RR,lower,,\n", encoding="utf-8")
    review = Review(load("amlodipine", project))
    body = every_body(review)[-1]
    assert (body.outcome, body.effect) == ("death", None)
    assert statement(review, body) == "Not reported by any of the 8 trials, in what was read."
    assert review_findings(review)["reported.death.trials"].value == 0


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("work capacity,benefit,critical,,,higher,,", "needs no row here"),
        ("death,harm,critical,,RR,,,", "say which way it is better"),
        ("death,harm,critical,exercise test,,lower,,", "empty 'better'"),
        ("death,harm,vital,,RR,lower,,", "not one of the allowed values"),
        ("death,harm,critical,,RR,lower,0,", "greater than 0"),
        ("death,harm,critical,,,lower,3,", "has a unit"),
        ("Ankle-swelling?,harm,critical,,RR,lower,,", ""),
    ],
)
def test_what_outcomes_csv_cannot_hold(amlodipine, tmp_path, row, says, capsys):
    from shutil import copytree

    from evidence_review.records import Project

    copytree(amlodipine.root, tmp_path / "p")
    project = Project(tmp_path / "p")
    path = project.data / "amlodipine" / "outcomes.csv"
    path.write_text(path.read_text() + row + "\n", encoding="utf-8")
    found = violations(project, ["amlodipine", "amlodipine-placebo"])
    if says:
        (one,) = found
        assert (one.file, one.row) == ("data/amlodipine/outcomes.csv", 3)
        assert says in one.message
    else:
        assert not found


def test_two_outcomes_whose_findings_would_have_one_id_are_refused(amlodipine, tmp_path, capsys):
    from shutil import copytree

    from evidence_review.records import Project

    copytree(amlodipine.root, tmp_path / "p")
    project = Project(tmp_path / "p")
    path = project.data / "amlodipine" / "outcomes.csv"
    kept = path.read_text()
    for name, says in (
        ("Ankle (swelling)", "would have the ids of 'ankle swelling'"),
        ("浮腫", "would have no id"),
    ):
        path.write_text(kept + f"{name},harm,critical,,RR,lower,,\n", encoding="utf-8")
        assert run(project, "check") == 1
        assert says in capsys.readouterr().err


def test_an_import_of_an_outcome_is_taken_out_again(amlodipine, tmp_path):
    from shutil import copytree

    from evidence_review.records import Project

    copytree(amlodipine.root, tmp_path / "p")
    project = Project(tmp_path / "p")
    assert run(project, "import", "--undo", "--review", "amlodipine") == 0
    folder = project.data / "amlodipine"
    with (folder / "outcomes.csv").open(encoding="utf-8") as stream:
        assert list(csv.DictReader(stream)) == []
    assert "swelling" not in (folder / "statistics.csv").read_text(encoding="utf-8")
    review = Review(load("amlodipine", project))
    assert pooled_contrast(review, "work capacity").fit.k == 8


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "which way 'oedema' is better"),
        (("--better", "lower", "--measure", "HX"), "not one of the allowed values"),
    ],
)
def test_an_outcome_that_is_not_said_in_full_is_refused(amlodipine, options, says, capsys):
    before = (amlodipine.data / "amlodipine" / "statistics.csv").read_bytes()
    fill = ("--fill", "week=8", "--fill", "year=2001", "--outcome", "oedema")
    assert paste(amlodipine, "amlodipine", SWELLING, *fill, *options) == 1
    assert says in capsys.readouterr().err
    assert (amlodipine.data / "amlodipine" / "statistics.csv").read_bytes() == before


def test_a_project_without_outcomes_csv_works_as_before(amlodipine, tmp_path):
    """As those that were made before there were further outcomes."""
    from shutil import copytree

    from evidence_review.records import Project

    copytree(amlodipine.root, tmp_path / "p")
    project = Project(tmp_path / "p")
    (project.data / "amlodipine" / "outcomes.csv").unlink()
    assert run(project, "schema") == 0
    review = Review(load("amlodipine", project))
    assert review.records.further_outcomes == []
    assert pooled_contrast(review, "work capacity").fit.k == 8
    # And a table on another outcome makes the file.
    fill = ("--fill", "week=8", "--fill", "year=2001", "--outcome", "oedema")
    assert paste(project, "amlodipine", SWELLING, *fill, "--better", "lower") == 0
    assert [row.outcome for row in load("amlodipine", project).further_outcomes] == ["oedema"]
