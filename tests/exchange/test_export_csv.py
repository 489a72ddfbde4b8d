"""`evidence-review export csv`: other programs pool the exported files to the same result."""

import csv
import json
import re
import shutil
import subprocess
from math import sqrt

import numpy as np
import pytest

from evidence_review.estimates.pool import pooled_contrast
from evidence_review.exchange.exports import Source, export
from evidence_review.exchange.revman import DATA_ROWS
from evidence_review.judgement.certainty import bodies
from evidence_review.judgement.grade import LOWERING
from evidence_review.records import Project, load
from evidence_review.review.review import Review
from evidence_review.stats.event_effects import log_odds_ratio
from evidence_review.stats.synthesis import random_effects

from ..conftest import ROOT
from ..printed_estimates import SMOKE, as_table, imported
from ..two_scales import FREEDOM, VAS, yoga


def table(path) -> list[dict]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def csv_files(root, review):
    """The export as CSV of a review that has been opened, by name."""
    source = Source(Project(root), review.settings.but(review=review.records.folder))
    source.review = review
    return {path.stem: path for path in export("csv", source)}


def of_severity(exported) -> list[dict]:
    """The rows on the review's own outcome; those on others are pooled by themselves."""
    return [row for row in table(exported["metafor"]) if row["outcome"] == "RLS severity"]


@pytest.fixture(scope="module")
def exported(tmp_path_factory, iron_review):
    return csv_files(tmp_path_factory.mktemp("export"), iron_review)


@pytest.fixture(scope="module")
def pooled(iron_review, iron):
    return pooled_contrast(iron_review, iron.review.outcome)


def test_it_is_where_exports_go(exported):
    for name, path in exported.items():
        assert path.parts[-4:] == ("exports", "iron-rls", "csv", f"{name}.csv")


def test_effects_and_variances_follow_from_the_arms(exported):
    """MD = m1 - m2; its variance, sd1^2/n1 + sd2^2/n2 (Cochrane Handbook 6.5.1.1)."""
    from_arms = [row for row in table(exported["metafor"]) if row["m1i"]]
    # Trenkwalder 2017 prints the difference alone.
    names = {row["slab"] for row in from_arms}
    assert {"Wang 2009", "Allen 2011", "Cho 2016", "Deng 2017", "Cho 2018", "Earley 2024"} <= names
    assert "Trenkwalder 2017" not in names
    for row in from_arms:
        n1, m1, sd1, n2, m2, sd2 = (
            float(row[x]) for x in ["n1i", "m1i", "sd1i", "n2i", "m2i", "sd2i"]
        )
        assert float(row["yi"]) == pytest.approx(m1 - m2, abs=1e-12)
        assert float(row["vi"]) == pytest.approx(sd1**2 / n1 + sd2**2 / n2, rel=1e-9)


def test_the_rows_pool_to_the_result_of_the_report(exported, pooled, iron_settings):
    rows = of_severity(exported)
    y, v = (np.array([float(row[name]) for row in rows]) for name in ("yi", "vi"))
    fit = random_effects(
        y, v, tau2=iron_settings.tau2, ci=iron_settings.interval, level=iron_settings.level
    )
    assert (fit.estimate, fit.ci_low, fit.tau2) == pytest.approx(
        (pooled.fit.estimate, pooled.fit.ci_low, pooled.fit.tau2), abs=1e-9
    )


def test_metafor_reads_it_and_pools_to_the_same(exported, pooled):
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not installed")
    program = (
        "if (!requireNamespace('metafor', quietly = TRUE)) quit(status = 9);"
        "d <- read.csv(commandArgs(TRUE)[1]);"
        "b <- d[!is.na(d$ai), ];"
        "w <- metafor::escalc('RR', ai = ai, n1i = n1i, ci = ci, n2i = n2i, data = b[, c('ai','n1i','ci','n2i')]);"
        "stopifnot(nrow(b) == 1, abs(w$yi - b$yi) < 1e-12, abs(w$vi - b$vi) < 1e-12);"
        "d <- d[d$outcome == 'RLS severity', ];"
        "f <- metafor::rma(yi, vi, slab = slab, data = d, method = 'REML', test = 'adhoc',"
        " control = list(threshold = 1e-12, maxiter = 1000));"
        "e <- metafor::escalc('MD', m1i = m1i, sd1i = sd1i, n1i = n1i, m2i = m2i, sd2i = sd2i,"
        " n2i = n2i, data = d[!is.na(d$m1i), c('m1i','sd1i','n1i','m2i','sd2i','n2i')]);"
        "cat(sprintf('[%.12f, %.12f, %.12f, %.12f, %.12f]',"
        " f$beta, f$ci.lb, f$ci.ub, f$tau2, sum(e$yi)))"
    )
    done = subprocess.run(
        ["Rscript", "-e", program, str(exported["metafor"])],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode == 9:
        pytest.skip("the R package metafor is not installed")
    assert done.returncode == 0, done.stderr
    estimate, low, high, tau2, total = json.loads(re.search(r"\[.*\]", done.stdout)[0])
    fit = pooled.fit
    assert (estimate, low, high) == pytest.approx((fit.estimate, fit.ci_low, fit.ci_high), abs=1e-5)
    assert tau2 == pytest.approx(fit.tau2, abs=1e-4)
    rows = [row for row in table(exported["metafor"]) if row["m1i"]]
    assert total == pytest.approx(sum(float(row["yi"]) for row in rows), abs=1e-9)


def test_the_columns_are_those_of_the_data_rows_of_revman(exported):
    rows = table(exported["revman"])
    assert tuple(rows[0]) == DATA_ROWS
    for ours, theirs in zip(table(exported["metafor"]), rows, strict=True):
        assert theirs["Study"] == ours["slab"]
        assert theirs["Experimental mean"] == ours["m1i"]
        assert theirs["Control N"] == ours["n2i"]
        assert float(theirs["GIV SE"]) == pytest.approx(sqrt(float(ours["vi"])), rel=1e-12)
        scale = np.log if ours["measure"] in ("OR", "RR") else float  # ratios are shown as such
        low, mean, high = (scale(float(theirs[x])) for x in ("CI start", "Mean", "CI end"))
        # A normal interval, as RevMan draws it; z = 1.959964.
        assert (high - low) / 2 == pytest.approx(1.959964 * float(theirs["GIV SE"]), rel=1e-6)
        assert low < mean < high


def test_the_evidence_profile_says_what_was_judged(exported, iron_review, pooled):
    (body,) = bodies(iron_review)
    row, *others = table(exported["gradepro"])
    assert row["Certainty"] == body.level
    fit = pooled.fit
    assert row["No of studies"] == str(fit.k) == str(len(of_severity(exported)))
    judged = {domain.name: domain.judged for domain in body.domains}
    for name in ("risk of bias", "inconsistency", "indirectness", "imprecision"):
        assert row[name.capitalize()] == judged[name]
    effect = f"MD {fit.estimate:.2f} points ({fit.ci_low:.2f} to {fit.ci_high:.2f})"
    assert row["Absolute effect (95% CI)"] == effect
    # Every outcome has its row, also what nobody judged, and what no trial reports.
    assert [one["Outcome"] for one in others] == [
        line.outcome for line in iron_review.records.further_outcomes
    ]
    assert {one["Certainty"] for one in others} == {"not judged"}
    assert [one["No of studies"] for one in others] == ["0", "0", "1", "0"]


def test_a_trial_that_gives_a_range_only_has_no_number(tmp_path, magnesium):
    paths = csv_files(tmp_path, magnesium)
    for name, column in (("metafor", "yi"), ("revman", "GIV Mean")):
        rows = table(paths[name])
        assert rows
        assert all(row[column] == "" for row in rows)
        assert all(
            "P over all groups" in row.get("how", "") + row.get("Footnotes", "") for row in rows
        )


def test_counts_of_events_go_out_with_their_measure(tmp_path, infarction_review):
    """What metafor is given gives the log odds ratio of the row; deaths as the reference has them."""
    files = csv_files(tmp_path, infarction_review)
    rows = table(files["metafor"])
    reference = ROOT / "tests" / "reference" / "bin_li2007_metafor.json"
    given = json.loads(reference.read_text("utf-8"))["inputs"]
    for name in ("ai", "n1i", "ci", "n2i"):
        assert [float(row[name]) for row in rows] == given[name]
    for row, beside in zip(rows, table(files["revman"]), strict=True):
        assert row["measure"] == "OR"
        yi, vi = log_odds_ratio(*(float(row[name]) for name in ("ai", "n1i", "ci", "n2i")))
        assert (float(row["yi"]), float(row["vi"])) == pytest.approx((float(yi), float(vi)))
        assert beside["Experimental cases"] == row["ai"]
        assert beside["Control N"] == row["n2i"]
        assert float(beside["Mean"]) == pytest.approx(np.exp(float(row["yi"])))
        assert float(beside["GIV Mean"]) == float(row["yi"])


@pytest.mark.parametrize("form", ["metafor", "revman"])
def test_an_exported_review_of_odds_ratios_comes_back(tmp_path, form):
    """37 printed odds ratios out and in again: the same logarithms, and the same pool."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    review = imported(first, SMOKE, as_table("hackshaw"))
    before = pooled_contrast(review, SMOKE.outcome)
    text = csv_files(tmp_path, review)[form].read_text(encoding="utf-8")
    fill = {"design": "cohort"} | ({"measure": "OR"} if form == "revman" else {})
    after = pooled_contrast(imported(second, SMOKE, text, fill=fill), SMOKE.outcome)
    assert after.measure.name == "OR"
    assert after.values[0] == pytest.approx(before.values[0], abs=1e-9)
    assert after.fit.estimate == pytest.approx(before.fit.estimate, abs=1e-9)


def test_the_evidence_profile_of_an_association(tmp_path):
    imported(tmp_path, SMOKE, as_table("hackshaw"))
    rows = "\n".join(
        f"lung cancer,observational,{domain},{word},Why.,garfinkel1981,table,secondary,"
        for domain, word in (
            *((name, "not serious") for name in LOWERING),
            ("dose response", "none"),
        )
    )
    project = Project(tmp_path / "project")
    path = project.data / "mine" / "certainty.csv"
    path.write_text(path.read_text(encoding="utf-8") + rows + "\n", encoding="utf-8")
    (row,) = table(csv_files(tmp_path, Review(load("mine", project)))["gradepro"])
    assert row["Study design"] == "observational studies"
    assert row["Certainty"] == "low"
    assert row["Relative effect (95% CI)"].startswith("OR 1.24 (1.13 to ")
    assert row["Absolute effect (95% CI)"] == ""  # no study gives a risk
    assert row["Comments"] == (
        "Living with a smoker may be associated with a higher risk of lung cancer."
    )


def test_a_difference_of_risks_is_no_relative_effect(tmp_path, infarction_review):
    """metafor 3.8-1, rma(test="adhoc", control=list(threshold=1e-14)): -0.02982 (-0.04815 to -0.01150)."""
    exported = csv_files(tmp_path, infarction_review.under(measure="RD"))
    row, *_ = table(exported["gradepro"])
    assert row["Relative effect (95% CI)"] == ""
    assert row["Absolute effect (95% CI)"] == "30 fewer (11 to 48 fewer) in 1000"


def test_scales_that_run_two_ways_and_a_trial_that_is_not_pooled(tmp_path):
    """Means of freedom from pain have their sign turned (Cochrane Handbook 10.5); g by metafor 3.8.1."""
    alone = "study,weeks,n1,n2,MD,p\nWilliams 2009,24,43,47,-9.8,0.004\n"
    rows = {
        row["slab"]: row
        for row in table(csv_files(tmp_path, yoga(tmp_path, FREEDOM, VAS, alone))["metafor"])
    }
    turned = rows["Tilbrook 2011"]
    assert (turned["m1i"], turned["m2i"]) == ("-21.4", "-19.3")
    assert float(turned["yi"]) == pytest.approx(-0.391088, abs=1e-6)
    pooled = [row for row in rows.values() if row["yi"]]
    assert {row["measure"] for row in pooled} == {"SMD"}
    y, v = (np.array([float(row[name]) for row in pooled]) for name in ("yi", "vi"))
    assert random_effects(y, v).estimate == pytest.approx(-0.464394, abs=1e-6)
    assert rows["Williams 2009"]["how"].endswith("so not pooled with the others")
