"""Opening a review: what it found, as tables and small results that show themselves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from evidence_review.api.names import ListsItsNames, no_such
from evidence_review.api.pooling import Pool, pool
from evidence_review.api.results import Answer, Placebo, PlaceboComparison
from evidence_review.checks.per_study import every_check
from evidence_review.estimates.change import placebo_arms
from evidence_review.estimates.contrast import (
    Contrast,
    contrast_results,
    every_contrast,
)
from evidence_review.estimates.effect import Effect
from evidence_review.estimates.pool import effects_on, shared_measure
from evidence_review.findings.every import review_findings
from evidence_review.judgement.certainty import bodies
from evidence_review.judgement.claims import audit
from evidence_review.judgement.risk_of_bias import assessments
from evidence_review.placebo.against import against_chosen
from evidence_review.placebo.bias import appraised_change
from evidence_review.placebo.response import benchmark, has_placebo_arms, own_pool
from evidence_review.records import (
    Project,
    UnknownReviewError,
    find_project,
    load,
    valid_note,
)
from evidence_review.review.finding import Finding
from evidence_review.review.review import Review, on_own_outcome
from evidence_review.review.settings import Settings
from evidence_review.words.answer import answer
from evidence_review.words.certainty import statement
from evidence_review.words.effects import how, not_alike, spread
from evidence_review.words.settings import explained


class OpenReview(ListsItsNames, Review):
    """An open review. Its tables are copies: a change of one changes nothing in the review.

    Examples
    --------
    >>> review = open_review()
    >>> list(review.trials.columns[:3])
    ['study', 'role', 'design']
    >>> review.under(level=0.9).settings.level
    0.9
    """

    @property
    def name(self) -> str:
        """The review's folder in `data/`."""
        return self.records.folder

    @property
    def trials(self) -> pd.DataFrame:
        """The studies of the review: one a row."""
        studies = self.records["studies"]
        columns = ["label", "role", "design", "randomised", "blinding", "weeks", "population"]
        table = pd.DataFrame(studies[[*columns, "study_id", "row"]])
        table = table.rename(columns={"label": "study"})
        return table.reset_index(drop=True)

    @property
    def arms(self) -> pd.DataFrame:
        """The placebo arms that the review compares with: those pooled, and the others with the reason."""
        used, rest = placebo_arms(self)
        rows = [
            {
                "study": arm.label,
                "arm": arm.arm_id,
                "people": arm.n,
                "week": arm.week,
                "change": arm.mean,
                "se": arm.se,
                "used": True,
                "why": spread(arm),
            }
            for arm in used
        ] + [
            {"study": arm.label, "arm": arm.arm_id, "used": False, "why": arm.reason}
            for arm in rest
        ]
        columns = ["study", "arm", "people", "week", "change", "se", "used", "why"]
        return pd.DataFrame(rows, columns=columns)

    @property
    def outcomes(self) -> list[str]:
        """Outcomes on which a study gives an effect against its control group, the review's own first."""
        return list(dict.fromkeys(item.outcome for item in every_contrast(self)))

    def effects(self, outcome: str | None = None) -> pd.DataFrame:
        """Each study's effect against its control group, for `er.pool` and `er.forest`.

        Parameters
        ----------
        outcome : str, optional
            One of `outcomes`; the review's own if left out.

        Returns
        -------
        DataFrame
            A study a row, on the measure that all share: the columns of `er.effects`; `low` and `high`
            if the printed figures give only a range; `how` says what the effect comes from, or why there is none;
            `basis` (reported, derived or assumed) and the data rows.

        Raises
        ------
        ValueError
            For an outcome on which no study gives an effect, with those that there are.
        """
        found = contrast_results(self, self._known(outcome))
        usable = [item for item in found if isinstance(item, Contrast)]
        known = [item for item in usable if item.is_known]
        usable = [*known, *(item for item in usable if not item.is_known)]  # the pool's direction
        measure = shared_measure(known or usable)
        pooled = effects_on(known, measure, self.settings.smd_sds)
        apart = {item.study_id for item in known} - set(pooled)
        every = effects_on(usable, measure)
        effects = {study: effect for study, effect in every.items() if study not in apart}
        rows = [
            {"study": item.label, "measure": measure, "rows": item.rows}
            | (
                {"week": item.week, "basis": item.basis, "how": how(item)}
                if isinstance(item, Contrast)
                else {"how": item.reason}
            )
            | (_flat_effect(effects[item.study_id]) if item.study_id in effects else {})
            | (
                {"how": not_alike(item)}
                if isinstance(item, Contrast) and item.study_id in apart
                else {}
            )
            for item in found
        ]
        return pd.DataFrame(rows, columns=_EFFECTS).astype(dict.fromkeys(_NUMBERS, float))

    def pool(self, outcome: str | None = None) -> Pool:
        """The studies that compare groups on one outcome, pooled by the review's settings.

        Parameters
        ----------
        outcome : str, optional
            The review's own if left out.

        Raises
        ------
        ValueError
            Where no study gives one value: nothing, or a range only.
        """
        found, settings = self.effects(outcome), self.settings
        if found.yi.isna().all():
            why = "; ".join(map("{}: {}".format, found.study, found.how))
            raise ValueError(
                f"no study with a control group gives one value on {outcome or self.about.outcome} to pool"
                + (f" ({why})" if why else "")
                + "; effects() has the range that each study allows, and answer() what is known"
            )
        return pool(found, tau2=settings.tau2, ci=settings.interval, level=settings.level)

    @property
    def placebo(self) -> Placebo:
        """The placebo response that the review compares with.

        Raises
        ------
        ValueError
            For a review that has fewer than two usable placebo arms.
        """
        if not has_placebo_arms(self):
            raise ValueError(
                f"{self.name} has no placebo response to compare with: that takes two or more placebo arms "
                f"with a change of {self.about.outcome} in data/{self.records.review.reference_class}"
            )
        return Placebo(
            benchmark(self), tuple(placebo_arms(self).usable), own_pool(self), self.settings.level
        )

    def against_placebo(self) -> PlaceboComparison:
        """The uncontrolled change compared with placebo arms.

        Raises
        ------
        ValueError
            For a review without an uncontrolled trial whose change can be used.
        """
        appraised, found = appraised_change(self), against_chosen(self)
        if appraised is None or found is None:
            raise ValueError(
                f"{self.name} has no trial without a control group whose change can be used"
            )
        used = placebo_arms(self).usable
        return PlaceboComparison(
            appraised.change, benchmark(self), found, used, self.about.treatment
        )

    @property
    def checks(self) -> pd.DataFrame:
        """Every consistency check of the printed figures."""
        columns = ["study", "outcome", "check", "verdict", "arithmetic", "rows"]
        rows = [
            (one.label, one.outcome, one.check, one.answer, one.arithmetic, one.rows)
            for one in every_check(self)
        ]
        return pd.DataFrame(rows, columns=columns)

    @property
    def risk_of_bias(self) -> pd.DataFrame:
        """Risk of bias of each assessed result, domain by domain."""
        columns = ["study", "outcome", "tool", "domain", "name", "judgement", "rows"]
        rows = [
            (result.label, result.outcome, result.tool, one.domain, one.name, one.final, one.rows)
            for result in assessments(self)
            for one in (*result.domains, result.overall)
        ]
        return pd.DataFrame(rows, columns=columns)

    @property
    def certainty(self) -> pd.DataFrame:
        """GRADE: each body of evidence with its level, and the sentence that this level allows."""
        columns = ["outcome", "evidence", "study", "people", "certainty", "statement", "rows"]
        rows = [
            (
                body.outcome,
                body.evidence,
                body.study,
                body.people,
                body.level,
                statement(self, body),
                tuple(domain.row for domain in body.domains),
            )
            for body in bodies(self)
        ]
        return pd.DataFrame(rows, columns=columns)

    @property
    def claims(self) -> pd.DataFrame:
        """The article's claims with their verdicts; empty for a review without an article."""
        columns = ["claim_id", "claim", "verdict", "by", "row"]
        rows = [
            (one.claim.claim_id, one.claim.claim, one.verdict, one.by, one.claim.row)
            for one in audit(self.records, review_findings(on_own_outcome(self)))
        ]
        return pd.DataFrame(rows, columns=columns)

    def answer(self) -> Answer:
        """The answer in a few sentences: its strength follows the evidence."""
        return Answer(tuple(answer(self, self._findings)))

    @property
    def findings(self) -> pd.DataFrame:
        """Every quantity that the report states, by id: `results.json` holds the same."""
        return pd.DataFrame(
            [{"id": name} | _flat(finding) for name, finding in self._findings.items()]
        ).set_index("id")

    @property
    def _findings(self) -> dict[str, Finding]:
        return review_findings(self)

    def _known(self, outcome: str | None) -> str:
        if outcome is not None and outcome not in self.outcomes:
            raise ValueError(
                no_such("outcome on which groups are compared", outcome, self.outcomes)
            )
        return outcome or self.about.outcome

    @property
    def options(self) -> pd.DataFrame:
        """Every setting that `under` takes: what it is now, what is allowed, what it means."""
        rows = explained(self)
        columns = ["setting", "default and what is allowed", "meaning"]
        return pd.DataFrame(rows, columns=columns).assign(
            now=[getattr(self.settings, name) for name, *_ in rows]
        )

    def __setattr__(self, name: str, value: Any) -> None:
        if name in Settings.names():
            raise AttributeError(f"a review keeps its settings; use under({name}={value!r})")
        super().__setattr__(name, value)

    def __repr__(self) -> str:
        plain = on_own_outcome(self).by_default().settings
        moved = [
            f"{name} = {getattr(self.settings, name)}"
            for name in Settings.names()
            if getattr(self.settings, name) != getattr(plain, name)
        ]
        under = f" ({', '.join(moved)})" if moved else ""
        return f"Review {self.name}{under}: {self.about.question}"

    def _repr_html_(self) -> str:
        return self.answer()._repr_html_()


_NUMBERS = ("yi", "vi", "estimate", "ci_low", "ci_high", "low", "high", "week")
_EFFECTS = ("study", "measure", "unit", "better", *_NUMBERS, "how", "basis", "rows")


def _flat_effect(effect: Effect) -> dict[str, Any]:
    printed, known = effect.measure.printed, effect.value is not None
    return {
        "unit": effect.measure.unit,
        "better": effect.measure.better,
        "yi": effect.value,
        "vi": effect.variance if known else None,
        "estimate": None if effect.value is None else printed(effect.value),
        "ci_low": printed(effect.interval.low),
        "ci_high": printed(effect.interval.high),
        "low": printed(effect.bounds.low) if effect.bounds else None,
        "high": printed(effect.bounds.high) if effect.bounds else None,
        "basis": effect.basis,
    }


def _flat(finding: Finding) -> dict[str, Any]:
    found = finding.range
    return {
        "label": finding.label,
        "value": finding.value,
        "low": found and found.low,
        "high": found and found.high,
        "range": next(
            (kind for kind in ("interval", "bounds", "span") if getattr(finding, kind)), ""
        ),
        "level": finding.interval and finding.interval.level,
        "unit": finding.unit,
        "measure": finding.measure,
        "better": finding.better,
        "basis": finding.basis,
        "rows": finding.rows,
        "note": finding.note,
    }


def _project(project: Path | str | None) -> Project:
    return find_project(None if project is None else Path(project))


def reviews(project: Path | str | None = None) -> pd.DataFrame:
    """The reviews of a project.

    Parameters
    ----------
    project : path, optional
        Where it is; left out, the project that the working directory lies in.

    Examples
    --------
    >>> list(reviews().columns)
    ['name', 'title', 'question']
    """
    found = _project(project)
    rows = [
        (name, about.title, about.question)
        for name in found.reviews()
        for about in [load(name, found).review]
    ]
    return pd.DataFrame(rows, columns=["name", "title", "question"])


def open_review(
    review: str = "", *, project: Path | str | None = None, **settings: Any
) -> OpenReview:
    """Open a review of a project.

    Parameters
    ----------
    review : str
        A name of `reviews()`; '' is the project's default review.
    project : path, optional
        Where the project is; left out, the one that the working directory lies in.
    **settings
        Settings that are not the defaults, such as ``population="..."`` or ``level=0.9``; a wrong
        name is an error that lists the right ones.

    Raises
    ------
    UnknownReviewError
        If there is no such review; the message lists those that there are.
    SettingsError
        If a setting is not allowed; the message says what is.
    DataError
        With everything that is wrong with the data.
    """
    found = _project(project)
    if review and review not in found.reviews():
        raise UnknownReviewError(no_such("review", review, found.reviews()))
    place = found.root, review or found.default_review()
    Settings.check_names(settings)
    asked = Settings(review=place[1], **settings)
    if (ready := _prepared.get(place)) and ready.content == _content(*place):
        return ready.review if asked == ready.asked else ready.review.under(**vars(asked))
    return OpenReview(load(place[1], found), asked)


class _Prepared(NamedTuple):
    """A review, the settings that it was asked for with, and what stands for its content."""

    review: OpenReview
    asked: Settings
    content: Path


# Reviews that this process, or the one that it was forked from, has prepared last, by project and name.
_prepared: dict[tuple[Path, str], _Prepared] = {}


def prepare(project: Path | str, review: str = "", **settings: Any) -> None:
    """Open a review and compute its findings, for whoever opens it in a process that is forked from this.

    A review whose data have changed since is read anew. Parameters and errors are those of `open_review`.
    """
    found = _project(project)
    place = found.root, review or found.default_review()
    content = _content(*place)
    opened = open_review(review, project=project, **settings)
    _prepared[place] = _Prepared(opened, Settings(review=place[1], **settings), content)
    review_findings(opened)


def _content(root: Path, review: str) -> Path:
    """What stands for all that a review is read from, as it is now."""
    project = Project(root)
    return valid_note(project, filter(None, (review, project.reference_class(review))))


def parameters(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """The settings among the names of a notebook, as its tagged cell or papermill gives them.

    Parameters
    ----------
    namespace : mapping
        ``globals()`` of the notebook.

    Examples
    --------
    >>> parameters({"review": "sleep", "level": 0.9, "x": 1})
    {'review': 'sleep', 'level': 0.9}
    """
    found = {name: namespace[name] for name in Settings.names() if name in namespace}
    if isinstance(opened := found.get("review"), OpenReview):  # the cell was run before
        found["review"] = opened.name
    return found
