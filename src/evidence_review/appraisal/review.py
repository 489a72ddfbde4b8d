"""Every finding of a review at once, without a notebook: what claims, judgements and sweeps refer to."""

from __future__ import annotations

from evidence_review.appraisal import (
    certainty,
    flow,
    headline,
    placebo_headline,
    reporting,
    sensitivity,
    trial_design,
)
from evidence_review.appraisal.checks import every_check
from evidence_review.appraisal.findings import Finding
from evidence_review.appraisal.settings import Settings
from evidence_review.records import Records


def review_findings(records: Records, settings: Settings) -> dict[str, Finding]:
    """Findings by id, in the order of the pages; `results.json` holds the same.

    settings: resolved.
    """
    found = [
        *headline.trial_findings(records),
        *headline.effect_findings(records, settings),
        *headline.check_findings(every_check(records)),
        *placebo_headline.placebo_findings(records, settings),
        *placebo_headline.prior_findings(records, settings),
        *placebo_headline.against_placebo_findings(records, settings),
        *placebo_headline.benefit_findings(records, settings),
        *sensitivity.sensitivity_findings(sensitivity.sensitivities(records, settings)),
        *certainty.certainty_findings(certainty.bodies(records, settings)),
        *trial_design.design_findings(records, settings),
        *headline.claim_findings(records),
        *flow.flow_findings(records, settings),
        *reporting.reporting_findings(records),
    ]
    return {finding.id: finding for finding in found}
