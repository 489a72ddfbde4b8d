"""Contrasts and changes in sentences: known or bounded, in their own unit, in the right direction."""

from dataclasses import replace
from math import nan
from types import SimpleNamespace

import pandas as pd

from evidence_review.estimates.change import single_arm_changes
from evidence_review.estimates.contrast import Contrast
from evidence_review.estimates.effect import Effect
from evidence_review.estimates.measure import SD, Measure
from evidence_review.estimates.routes.found import Route
from evidence_review.findings.of_effects import change_findings
from evidence_review.placebo.established import Established
from evidence_review.review.finding import Interval, Range
from evidence_review.words import changes as words

HOURS = Measure("MD", "h", "higher")
SMD = Measure("SMD", SD, "lower")
KNOWN = Contrast(
    study_id="a",
    label="A 2001",
    outcome="sleep",
    week=4.0,
    instrument_id="diary",
    effects=(
        Effect(Measure("SMD", SD, "higher"), 0.5, 0.04, Interval(0.1, 0.9, 0.95)),
        Effect(HOURS, 1.0, 0.16, Interval(0.2, 1.8, 0.95)),
    ),
    route=Route("difference and interval"),
    rows=(),
)
BOUNDED = replace(
    KNOWN,
    instrument_id="",
    effects=(Effect(SMD, None, nan, Interval(-1.8, -0.3, 0.95), Range(-1.2, -0.9)),),
    route=Route("omnibus", 25.0, p=Range(0.0005, 0.0015)),
)


def established(measure: Measure, estimates: list[float]) -> Established:
    rows = pd.DataFrame(
        {
            "label": [f"drug {number}" for number in range(len(estimates))],
            "estimate": estimates,
            "ci_low": [x - 1 for x in estimates],
            "ci_high": [x + 1 for x in estimates],
        }
    )
    return Established(rows, measure, (5.0, 10.0))


REVIEW = SimpleNamespace(
    settings=SimpleNamespace(change_sd=8.0),
    records=SimpleNamespace(study=lambda name: SimpleNamespace(blinding="open label")),
)


def test_a_known_difference_is_in_sds_and_in_its_own_unit():
    assert words.contrast(KNOWN) == (
        "**A 2001, sleep, week 4.** Difference from placebo 0.50 standard deviations (0.10 to 0.90), "
        "from printed difference with its interval; in h 1.00 (0.20 to 1.80)."
    )


def test_a_difference_without_a_scale_is_in_sds_only():
    said = words.contrast(replace(KNOWN, effects=KNOWN.effects[:1]))
    assert said.endswith("from printed difference with its interval.")


def test_a_reconstruction_is_a_range_and_says_so():
    said = words.contrast(BOUNDED)
    assert "Difference from placebo −1.20 to −0.90 standard deviations" in said
    assert "−1.80 to −0.30 with sampling error. It is a reconstruction" in said


def test_the_strongest_treatment_is_that_with_the_largest_benefit():
    lower = Measure("MD", "points", "lower")
    assert established(lower, [-3.0, -7.0, 2.0]).strongest.label == "drug 1"
    assert established(HOURS, [-3.0, -7.0, 2.0]).strongest.label == "drug 2"
    said = words.beside_established(REVIEW, KNOWN, established(HOURS, [0.5, 2.0]))
    assert said.startswith("**A 2001, sleep:** 1.00 (0.20 to 1.80) h. The largest")
    assert "that of drug 1, 2.00 (1.00 to 3.00)" in said


def test_a_reconstruction_among_the_strongest_is_doubted():
    lower = Measure("MD", "points", "lower")
    said = words.beside_established(REVIEW, BOUNDED, established(lower, [-4.0, -8.0]))
    assert "−1.00 if one standard deviation is 8 points, and anything from −1.60 to −0.80" in said
    assert "one open label trial that seems to do as well as the strongest treatments" in said
    records = SimpleNamespace(study=lambda name: SimpleNamespace(blinding="not extracted"))
    unseen = SimpleNamespace(settings=REVIEW.settings, records=records)
    said = words.beside_established(unseen, BOUNDED, established(lower, [-4.0, -8.0]))
    assert "But one trial that seems to do as well" in said
    # -20 points are at least 2 SDs under every assumed SD: the trial does not reach that.
    weaker = words.beside_established(REVIEW, BOUNDED, established(lower, [-20.0]))
    assert "strongest treatments" not in weaker


def test_the_findings_and_the_sentence_of_a_change_ask_no_table(magnesium):
    """It keeps what its source prints, and so the misprint that makes its interval and P disagree."""
    severity, life = (words.change(change, 0.95) for change in single_arm_changes(magnesium))
    assert "Change −6.67 points (−11.00 to −2.33)" in severity
    assert "do not agree" not in severity
    assert "(2.09 to 14.00; p = .014)" in life
    assert "A misprint is the first explanation." in life
    bare = SimpleNamespace(settings=magnesium.settings, about=magnesium.about)
    notes = [change_findings(bare, change)[0].note for change in single_arm_changes(magnesium)]
    assert ["do not agree" in note for note in notes] == [False, True]


def test_a_change_of_nobody_knows_how_many_people_has_no_interval(magnesium):
    """An SE without n gives no t, hence no interval and no P; the sentence says so."""
    (item,) = [c for c in single_arm_changes(magnesium) if c.outcome == magnesium.about.outcome]
    said = words.change(replace(item, n=nan), 0.95)
    assert "The standard error is 1.970" in said
    assert said.endswith("two or more, neither an interval nor a P follows from it.")
