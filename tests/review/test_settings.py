"""Parameters: filled from the assumptions, refused all at once, with what is allowed."""

from dataclasses import fields

import pytest

from evidence_review.exchange.new_review import Question
from evidence_review.records import load
from evidence_review.review.review import Review
from evidence_review.review.settings import CLAIMS, Settings, SettingsError
from evidence_review.runs.notebooks import parse_settings

from ..printed_estimates import imported

COLDS = Question(
    text="Does zinc prevent colds?",
    treatment="zinc",
    condition="colds",
    outcome="cold",
    better="lower",
    measure="OR",
)
RATIOS = "study,week,OR,lower,upper\nRoe 2020,8,0.70,0.50,0.98\nDoe 2021,8,0.85,0.60,1.20\n"
IN_GROUPS = "study,week,events1,n1,events2,n2,n_clusters1,n_clusters2,icc\nRoe 2020,8,12,60,20,61,6,6,0.05\n"
BOTH = "study,week,events1,n1,events2,n2,OR,lower,upper\nRoe 2020,8,12,60,20,61,0.70,0.50,0.98\n"
COUNTS = "study,week,events1,n1,events2,n2\nRoe 2020,8,12,60,20,61\nDoe 2021,8,30,99,33,98\n"


def test_the_page_of_claims_reads_every_setting():
    """Its sentences may state any finding: one of a setting unknown there would be that of the default."""
    unknown = [e.name for e in fields(Settings) if CLAIMS not in e.metadata["notebooks"]]
    assert unknown == ["review"]  # which every notebook has


def test_assumptions_fill_what_is_not_given(records):
    settings = Review(records, Settings(change_sd=9.0)).settings
    assert (settings.change_sd, settings.arm_size, settings.pre_post_r) == (9.0, 25.0, 0.5)
    assert settings.review == "magnesium-rls"


def test_every_problem_is_named_with_what_is_allowed(records):
    wrong = Settings(benchmark="smith1999", designs="factorial", change_sd=99.0, level=1.2)
    with pytest.raises(SettingsError) as caught:
        Review(records, wrong)
    lines = str(caught.value).splitlines()
    assert len(lines) == 4
    assert any(
        "benchmark = 'smith1999'" in line and "own-arms, silva2017, fulda2008" in line
        for line in lines
    )
    assert any(
        "designs = 'factorial'" in line and "all, parallel, crossover" in line for line in lines
    )
    assert any("change_sd = 99 is outside 5.5 to 11" in line for line in lines)
    assert any("level = 1.2 is outside" in line for line in lines)


def test_command_line_texts_are_typed_and_refused_together():
    assert parse_settings("r", {"change_sd": "7", "designs": "parallel"}).change_sd == 7.0
    with pytest.raises(SettingsError) as caught:
        parse_settings("r", {"chnage_sd": "7", "level": "high", "review": "x"})
    text = str(caught.value)
    assert "no parameter 'chnage_sd'; parameters are" in text
    assert "level = 'high' is not a number" in text
    assert "--review" in text


def test_an_assumption_that_nobody_made_is_asked_for_in_its_file(copy):
    """Of three reviews that `check` reads, the message says whose file it is."""
    path = copy.data / "magnesium-infarction" / "assumptions.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text(
        "".join(line for line in lines if not line.startswith("tau_prior_scale")), encoding="utf-8"
    )
    with pytest.raises(SettingsError, match=r"none in data/magnesium-infarction/assumptions\.csv"):
        Review(load("magnesium-infarction", copy))


def test_a_benchmark_that_cannot_be_compared_is_no_choice(copy):
    """Fulda 2008 prints SDs with an interval; without Silva 2017's points nothing says what one SD is."""
    path = copy.data / "rls-placebo" / "pooled_results.csv"
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    path.write_text(
        "".join(line for line in lines if not line.startswith("silva2017_points")), encoding="utf-8"
    )
    with pytest.raises(SettingsError) as refused:
        Review(load("magnesium-rls", copy), Settings(benchmark="fulda2008"))
    says = str(refused.value)
    assert "choose from own-arms; not from silva2017, fulda2008" in says
    assert "mean change in the unit of the scale, too" in says
    path.write_text(text, encoding="utf-8")
    assert Review(load("magnesium-rls", copy), Settings(benchmark="fulda2008"))


@pytest.mark.parametrize(
    ("table", "fill", "given"),
    [
        (COUNTS, {}, ("OR", "RR", "RD")),
        (RATIOS, {}, ("OR",)),
        (RATIOS, {"measure": "RR"}, ("OR", "RR")),
        (COUNTS, {"design": "case-control"}, ("OR",)),
        (BOTH, {"design": "cluster"}, ("OR",)),
        (BOTH, {}, ("OR", "RR", "RD")),
        (IN_GROUPS, {"design": "cluster"}, ("OR", "RR", "RD")),
    ],
)
def test_measures_to_choose_from_are_those_that_trials_print_or_their_counts_give(
    tmp_path, table, fill, given
):
    """A printed odds ratio gives no risk ratio, nor does a case-control study, at any risk without treatment."""
    review = imported(tmp_path, COLDS, table, fill=fill)
    assert review.limits["measure"].choices == given
    for measure in set(given) ^ {"OR", "RR", "RD"}:
        with pytest.raises(SettingsError, match="no trial prints what gives"):
            review.under(measure=measure)
