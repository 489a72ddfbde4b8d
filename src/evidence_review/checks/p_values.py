"""Each printed p-value against the figures of its study from which it can be worked out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from evidence_review.checks.p_against_interval import control_arm, degrees_of_freedom, interval_of
from evidence_review.checks.study_check import (
    StudyCheck,
    as_printed,
    rounded_or_truncated,
    rows_of,
    same_result,
    study_check,
    tried,
)
from evidence_review.consistency import (
    groups,
    intervals,
    ranks,
    spreads,
)
from evidence_review.consistency.printed import NOT_CHECKABLE, Check
from evidence_review.effect_measures import RATIOS
from evidence_review.records import Records, Reported


def p_checks(records: Records) -> Iterator[StudyCheck]:
    """Every check of every printed p; where the study prints nothing to check it with, one line that says so."""
    makers = {
        "p_change": (_interval, _statistic, _change, _scores, _signed_ranks),
        "p_difference": (_interval, _statistic, _difference),
        "p_omnibus": (_omnibus,),
    }
    for statistic, checks in makers.items():
        for row in rows_of(records, statistic):
            found = [made_check for check in checks for made_check in check(records, row)]
            yield from found or [study_check(records, row, "P on its own", _nothing(row))]


def _nothing(row) -> Check:
    text = (
        f"p {as_printed(row)}: no interval is printed, nor all that an unadjusted test needs (mean, SD and "
        "people of each group; SD of the change where people are compared with themselves)"
    )
    return Check(NOT_CHECKABLE, text)


def _interval(records: Records, row) -> Iterator[StudyCheck]:
    """Against the printed interval: of a change or a difference, or of an estimate such as an odds ratio."""
    kind = row.statistic.removeprefix("p_")
    for stem, dfs in (
        (kind, degrees_of_freedom(records, row, kind)),
        ("estimate", (None,) if kind == "difference" else ()),
    ):
        parts = interval_of(records, row, stem)
        if not (dfs and all(part.found for part in parts)):
            continue
        check = rounded_or_truncated(
            intervals.p_against_interval,
            as_printed(row),
            *(as_printed(part) for part in parts),
            dfs=dfs,
            ratio=parts[0].unit in RATIOS,
        )
        yield study_check(records, row, "p against its interval", check, *parts)


def _statistic(records: Records, row) -> Iterator[StudyCheck]:
    """Against the printed t."""
    if (found := t_of(records, row)) is not None:
        t, dfs = found
        check = rounded_or_truncated(groups.p_of_t, as_printed(row), as_printed(t), dfs)
        yield study_check(records, row, "p against its t", check, t)


def t_of(records: Records, row) -> tuple[Reported, tuple[float, float]] | None:
    """The t of a printed p, with the fewest and most degrees of freedom that it may have; None if not known.

    Fewest are those of Welch's test: the people of the smaller group less 1. A crossover trial may compare
    its two orders, each half of its people, by Welch's test, too. A model may have more. In a cluster trial
    they hang on the number of clusters. Where only the people who were randomised are known, fewer may be
    behind the t.
    """
    kind = row.statistic.removeprefix("p_")
    t, design = same_result(records, row, f"t_{kind}"), records.study(row.study_id).design
    arms = [row.arm_id] if kind == "change" else [row.arm_id, control_arm(records, row.study_id)]
    people = [records.people(row.study_id, arm, row.outcome) for arm in arms if arm]
    if not t.found or t.comparator != "=" or design == "cluster":
        return None
    if len(people) < len(arms) or not all(one.found and one.comparator == "=" for one in people):
        return None
    randomised = {
        records.statistic(row.study_id, arm, "n_randomised", outcome=outcome).row
        for arm in arms
        for outcome in (row.outcome, "participants")
    }
    if any(one.row in randomised for one in people):
        return None
    smallest = min(one.value for one in people)
    fewest = (smallest // 2 if design == "crossover" else smallest) - 1
    return (t, (fewest, inf)) if fewest > 0 else None


def _change(records: Records, row) -> Iterator[StudyCheck]:
    """Against the mean change and its spread."""
    if change := _summary(records, row, row.arm_id, "change_"):
        yield _by_spreads(records, row, "p against mean change and spread", change)


def _scores(records: Records, row) -> Iterator[StudyCheck]:
    """Against the scores before and after, at any correlation."""
    start = row._replace(week=0.0)
    before, after = (_summary(records, when, row.arm_id, "") for when in (start, row))
    if before and after:
        scores = [arm.group for arm in (before, after)]
        check = rounded_or_truncated(
            groups.change_between_scores,
            as_printed(row),
            scores[0][:2],
            scores[1][:2],
            scores[1][2],
        )
        yield study_check(
            records, row, "p against scores before and after", check, *before.parts, *after.parts
        )


def _difference(records: Records, row) -> Iterator[StudyCheck]:
    """Against the means and SDs of two arms, unless the difference is adjusted or people are in both arms.

    After the start a p may be adjusted without saying so. Then the spreads of changes, or of scores where no
    changes are printed, are held against it: it can only tell standard errors from SDs.
    """
    control = control_arm(records, row.study_id)
    paired = records.study(row.study_id).design == "crossover"
    if not control or control == row.arm_id or paired:
        return
    both, after = (row.arm_id, control), row.week > 0
    arms: list[_Summary] = []
    what = "scores"
    for prefix in ("change_", "") if after else ("",):
        what = "changes" if prefix else "scores"
        arms = [arm for one in both if (arm := _summary(records, row, one, prefix)) is not None]
        if len(arms) == 2:
            break
    if len(arms) < 2 or arms[0].kind != arms[1].kind or _adjusted(records, row, arms):
        return
    if after:
        yield _by_spreads(records, row, f"p against the arms' {what} and spreads", *arms)
    else:
        check = rounded_or_truncated(
            groups.difference_of_means, as_printed(row), *(arm.group for arm in arms)
        )
        sources = [part for arm in arms for part in arm.parts]
        yield study_check(records, row, "p against the groups' means and SDs", check, *sources)


def _signed_ranks(records: Records, row) -> Iterator[StudyCheck]:
    """As that of Wilcoxon's signed-rank test, where the outcome is reported by medians."""
    medians = [same_result(records, row, name) for name in ("median", "change_median")]
    people = records.people(row.study_id, row.arm_id, row.outcome)
    if people.found and any(median.found for median in medians):
        check = rounded_or_truncated(ranks.signed_rank, as_printed(row), int(people.value))
        yield study_check(records, row, "p as a signed-rank test", check, people)


def _omnibus(records: Records, row) -> Iterator[StudyCheck]:
    """Against the means and SDs of all arms."""
    arms = records.tables.by("arms", "study_id")[row.study_id,]
    found = [_summary(records, row, arm.arm_id, "") for arm in arms if arm.role != "whole study"]
    complete = [arm for arm in found if arm is not None]
    if 1 < len(complete) == len(found):
        columns = zip(*(arm.group for arm in complete), strict=True)
        check = rounded_or_truncated(groups.one_way_anova, as_printed(row), *columns)
        sources = [part for arm in complete for part in arm.parts]
        yield study_check(records, row, "p over all arms against means and SDs", check, *sources)


@dataclass(frozen=True)
class _Summary:
    """Mean, spread and people of an arm; kind: what the spread is printed as, 'SD' or 'SE'."""

    parts: tuple[Reported, Reported, Reported]
    kind: str

    @property
    def group(self) -> tuple:
        mean, spread, people = self.parts
        return as_printed(mean), as_printed(spread), int(people.value)


def _summary(records: Records, row, arm_id: str, prefix: str) -> _Summary | None:
    """The scores ('') or the changes ('change_') of an arm at the row's week; None if incomplete."""
    mean = same_result(records, row, f"{prefix}mean", arm_id)
    people = records.people(row.study_id, arm_id, row.outcome)
    if not (mean.found and people.found and people.value > 1):
        return None
    for kind in ("SD", "SE"):
        spread = same_result(records, row, f"{prefix}{kind.lower()}", arm_id)
        if spread.found:
            return _Summary((mean, spread, people), kind)
    return None


def _by_spreads(records: Records, row, name: str, *arms: _Summary) -> StudyCheck:
    """The check of one arm's or two arms' spreads by the p of a row."""
    check = tried(
        spreads.spread_by_p, as_printed(row), *(arm.group for arm in arms), printed_as=arms[0].kind
    )
    return study_check(records, row, name, check, *(part for arm in arms for part in arm.parts))


def _adjusted(records: Records, row, arms) -> bool:
    """Whether the printed difference differs from that of the arms' means, as one from a model does."""
    printed = same_result(records, row, "difference")
    means = [arm.parts[0] for arm in arms]
    rounding = 0.5 * sum(10.0**-part.decimals for part in (printed, *means))
    gap = means[0].value - means[1].value
    return printed.found and abs(gap - printed.value) > rounding + 1e-9
