"""The parameters of the notebooks: their types, meanings and limits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from evidence_review.effect_measures import LOG, OF_EVENTS, OF_RISK, OF_UNIT, STATED
from evidence_review.records import Records
from evidence_review.records.rows import OutcomesRow
from evidence_review.review.benchmarks import NEEDED, benchmark_rows, comparable

OWN_ARMS = "own-arms"
EVERY = "all"
NONE = "none"
ALIKE, ANY = "alike", "any"
IN_1000 = "in 1000 people"  # the unit of a difference between risks
# Kinds of comparisons: people were allocated to treatments at random, or not allocated at all.
RANDOMISED, OBSERVATIONAL = "randomised", "observational"

# Estimators and intervals of `stats` that a report offers, the default first.
TAU2_OFFERED = ("REML", "PM", "DL")
INTERVALS_OFFERED = ("knha-adhoc", "knha", "t", "z")


# Designs whose counts of people with an event do not give every measure (`estimates.routes.of_events`).
_BY_COUNTS = {"case-control": ("OR",), "crossover": (), "cluster": ()}

# Names of the settings read since a computation began; None outside a computation.
READ: ContextVar[set[str] | None] = ContextVar("settings read", default=None)


class SettingsError(ValueError):
    """One or more parameters are not allowed; the message lists them all."""


# Groups of settings, as the explorer shows them.
PLACEBO_GROUPS = "Which placebo groups are comparable"
NOT_PRINTED = "What is assumed where it is not printed"
UNCONTROLLED_TRIAL = "The trial without a control group"
HETEROGENEITY = "How much trials differ"
WHAT_MATTERS = "What matters"
PLANNED_TRIAL = "The trial that is planned"


# Notebooks that read settings.
EFFECTS = "02-effect-sizes"
RESPONSE = "03-placebo-response"
PRIOR = "04-placebo-as-a-prior"
AGAINST = "05-effect-against-placebo"
MOVES = "06-what-moves-the-answer"
CERTAINTY = "09-certainty"
CLAIMS = "10-claims"
PLAN = "11-trial-that-would-settle-it"
REPORTING = "12-reporting-standards"
_OF_THE_QUESTION = (EFFECTS, RESPONSE, PRIOR, AGAINST, MOVES, CERTAINTY, CLAIMS, PLAN, REPORTING)


def _parameter(
    default,
    help: str,
    *,
    label: str = "",
    part: str = "",
    notebooks: Sequence[str] = (),
    estimand: bool = False,
    whole: bool = False,
    from_data: Callable[[Records, OutcomesRow | None], dict[str, Any]] | None = None,
    **limits: Any,
):
    """One parameter: its meaning, its name in a reader's words, and the notebooks that read it.

    `evidence-review schema` writes it into the parameters cells of those notebooks. estimand: whether it
    changes what is asked, not how it is computed. whole: whether it is a count, so that a control moves
    by one. limits: what `Limits` has. from_data: gives those that depend on the review and its outcome
    (None is that of review.csv).
    """
    told = {"help": help, "label": label, "part": part, "estimand": estimand, "whole": whole}
    more = {"notebooks": notebooks, "limits": limits, "from_data": from_data}
    return field(default=default, metadata=told | more)


@dataclass(frozen=True)
class Limits:
    """What is allowed for one setting of a review.

    Parameters
    ----------
    choices : tuple of str
        Empty for a number.
    low, high : float or None
        Range of a number; None without one.
    assumed : float, str or None
        Its value where none is given.
    optional : bool
        Whether it may have no value; figures that need it are then not used.
    where, table : str
        For messages: where the range comes from, or why other choices are none; and where an assumption belongs.
    """

    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    assumed: float | str | None = None
    optional: bool = False
    where: str = ""
    table: str = ""

    def problem(self, name: str, value: Any) -> str | None:
        """What is wrong with a value of the right type, and what is allowed; None if nothing is."""
        if value is None and self.optional:
            return None
        if value is None:
            return f"{name}: no value given and none in {self.table}; add a row with assumption_id '{name}'"
        if self.choices and value not in self.choices:
            allowed = ", ".join(self.choices)
            return f"{name} = {value!r} is not allowed; choose from {allowed}{self.where}"
        if self.low is not None and self.high is not None and not self.low <= value <= self.high:
            return f"{name} = {value:g} is outside {self.low:g} to {self.high:g}{self.where}"
        return None


def _outcomes(records: Records, _: OutcomesRow | None) -> dict[str, Any]:
    own = records.review.outcome
    return {"choices": (own, *(r.outcome for r in records.further_outcomes)), "assumed": own}


def _measures(records: Records, further: OutcomesRow | None) -> dict[str, Any]:
    about = further or records.review
    stated = about.measure
    if stated in OF_EVENTS:
        # Where nothing printed gives any, none is worse than another.
        given = {stated, *(set(_given(records, about.outcome)) or OF_EVENTS)}
        others = [name for name in OF_EVENTS if name not in given]
        why = f"; no trial prints what gives {' or '.join(others)}" if others else ""
        choices = tuple(name for name in OF_EVENTS if name in given)
        return {"choices": choices, "assumed": stated, "where": why}
    if stated:
        return {"choices": (stated,), "assumed": stated}
    return {"choices": (NONE,)}


def _given(records: Records, outcome: str) -> Iterator[str]:
    """The measures that compared trials print of an outcome, or that their counts give."""
    for compared in records.rows("contrasts"):
        by_counts = _BY_COUNTS.get(records.study(compared.study_id).design, OF_EVENTS)
        if not by_counts and _says_how_alike(records, compared.study_id, outcome):
            by_counts = OF_EVENTS
        for row in records.arm_rows(compared.study_id, compared.treated_arm, outcome=outcome):
            if row.value == row.value and row.statistic in ("n_events", "responders_percent"):
                yield from by_counts
            if row.value == row.value and row.statistic == "estimate":
                yield OF_UNIT[row.unit.removeprefix(LOG)]


def _says_how_alike(records: Records, study_id: str, outcome: str) -> bool:
    """Whether the people of a study came in groups, of which it is printed or assumed how alike they are."""
    icc = (*records.study_rows(study_id, "icc", outcome=outcome), *records.assumption_rows("icc"))
    return bool(icc and records.study_rows(study_id, "n_clusters"))


def _kinds_compared(records: Records, _: OutcomesRow | None) -> dict[str, Any]:
    """Kinds of studies that can be pooled: those compared, and 'any' if there are several."""
    at_random = [records.study(row.study_id).randomised for row in records.rows("contrasts")]
    found = [
        kind for kind, word in ((RANDOMISED, "yes"), (OBSERVATIONAL, "no")) if word in at_random
    ]
    found = found or [RANDOMISED]
    several = (ANY,) if len(found) > 1 else ()
    return {"choices": (*found, *several), "assumed": found[0]}


def _benchmarks(records: Records, _: OutcomesRow | None) -> dict[str, Any]:
    usable = comparable(records)
    every = dict.fromkeys(row.benchmark_id for row in benchmark_rows(records))
    others = [one for one in every if one not in usable]
    why = f"; not from {', '.join(others)}: {NEEDED}" if others else ""
    return {"choices": (OWN_ARMS, *usable), "where": why}


def _groups(records: Records, _: OutcomesRow | None) -> dict[str, Any]:
    studies = records.reference_class.rows("studies")
    groups = {row.population_group for row in studies if row.role == "reference class"}
    return {"choices": (EVERY, *sorted(groups))}


def _biases(records: Records, _: OutcomesRow | None) -> dict[str, Any]:
    known = records.reference_class.rows("bias_evidence")
    return {"choices": (NONE, *(row.bias_id for row in known))}


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Parameters of a report, as the notebooks declare them.

    Choices of estimand change what is asked, choices of estimator how it is computed. A number that is
    None comes from the review's assumptions.csv, which also gives its range.
    """

    review: str = _parameter(
        "", "folder in data/ with the review's tables; empty: the default review"
    )
    benchmark: str = _parameter(
        OWN_ARMS,
        "placebo benchmark: own-arms, or a benchmark_id of pooled_results.csv",
        label="whose placebo response",
        part=PLACEBO_GROUPS,
        notebooks=(AGAINST, MOVES, CERTAINTY, CLAIMS),
        estimand=True,
        from_data=_benchmarks,
    )
    population: str = _parameter(
        EVERY,
        "placebo arms to pool: all, or one population_group of the reference class",
        label="which people on placebo",
        part=PLACEBO_GROUPS,
        notebooks=(RESPONSE, PRIOR, AGAINST, MOVES, CERTAINTY, CLAIMS, PLAN, REPORTING),
        estimand=True,
        from_data=_groups,
    )
    designs: str = _parameter(
        EVERY,
        "placebo arms to pool: all, parallel or crossover",
        label="which trial designs",
        part=PLACEBO_GROUPS,
        notebooks=(RESPONSE, PRIOR, AGAINST, MOVES, CERTAINTY, CLAIMS, PLAN, REPORTING),
        estimand=True,
        choices=(EVERY, "parallel", "crossover"),
    )
    outcome: str = _parameter(
        None,
        "outcome that the report is about; None: the one in review.csv",
        label="which outcome",
        part=WHAT_MATTERS,
        notebooks=_OF_THE_QUESTION,
        estimand=True,
        optional=True,
        from_data=_outcomes,
    )
    measure: str = _parameter(
        None,
        f"of events: {', '.join(OF_EVENTS)}; None: the one in review.csv",
        label="how groups are compared",
        part=WHAT_MATTERS,
        notebooks=(EFFECTS, AGAINST, MOVES, CERTAINTY, CLAIMS, PLAN),
        estimand=True,
        optional=True,
        from_data=_measures,
    )
    evidence: str = _parameter(
        None,
        f"studies pooled: {RANDOMISED}, {OBSERVATIONAL} or any; None: {RANDOMISED}, if any",
        label="which kind of studies is pooled",
        part=WHAT_MATTERS,
        notebooks=(EFFECTS, AGAINST, MOVES, CERTAINTY, CLAIMS, PLAN),
        estimand=True,
        optional=True,
        from_data=_kinds_compared,
    )
    baseline_risk: float = _parameter(
        None,
        "events in 1000 untreated people; None: median of control groups",
        label="baseline risk, in 1000 people",
        part=WHAT_MATTERS,
        notebooks=(EFFECTS, AGAINST, MOVES, CERTAINTY, CLAIMS, PLAN),
        estimand=True,
        low=1.0,
        high=999.0,
        optional=True,
    )
    missing_se: str = _parameter(
        "assume",
        "arms without a standard error: assume (from change_sd) or exclude",
        label="arms without a standard error",
        part=NOT_PRINTED,
        notebooks=(EFFECTS, RESPONSE, PRIOR, AGAINST, MOVES, CERTAINTY, CLAIMS, PLAN, REPORTING),
        choices=("assume", "exclude"),
    )
    change_sd: float = _parameter(
        None,
        "SD of a person's change where none is printed; None: assumptions.csv",
        label="SD of one person's change",
        part=NOT_PRINTED,
        notebooks=(EFFECTS, RESPONSE, PRIOR, AGAINST, MOVES, CERTAINTY, CLAIMS, PLAN),
    )
    pre_post_r: float = _parameter(
        None,
        "correlation of baseline and end scores; None: assumptions.csv",
        label="correlation of two scores",
        part=NOT_PRINTED,
        notebooks=(EFFECTS, RESPONSE, PRIOR, AGAINST, MOVES, CERTAINTY, CLAIMS, PLAN),
    )
    arm_size: float = _parameter(
        None,
        "people an arm where not reported; None: assumptions.csv",
        label="people an arm",
        whole=True,
        part=NOT_PRINTED,
        notebooks=(EFFECTS, AGAINST, MOVES, CERTAINTY, CLAIMS, PLAN),
    )
    crossover_r: float = _parameter(
        None,
        "correlation of a person's values in a crossover trial; None: not used",
        label="correlation under two treatments",
        part=NOT_PRINTED,
        notebooks=(EFFECTS, AGAINST, MOVES, CERTAINTY, CLAIMS, PLAN),
        low=-0.95,
        high=0.95,
        optional=True,
    )
    icc: float = _parameter(
        None,
        "intracluster correlation where not reported; None: not used",
        label="how alike people of one cluster are",
        part=NOT_PRINTED,
        notebooks=(EFFECTS, AGAINST, MOVES, CERTAINTY, CLAIMS, PLAN),
        low=0.0,
        high=0.5,
        optional=True,
    )
    important_difference: float = _parameter(
        None,
        "smallest difference that matters; None: assumptions.csv",
        label="smallest difference that matters",
        part=WHAT_MATTERS,
        notebooks=(EFFECTS, AGAINST, MOVES, CERTAINTY, CLAIMS, PLAN),
        estimand=True,
    )
    bias: str = _parameter(
        NONE,
        "open-label bias to subtract: none, or a bias_id of bias_evidence.csv",
        label="bias of the open label",
        part=UNCONTROLLED_TRIAL,
        notebooks=(AGAINST, MOVES, CERTAINTY, CLAIMS),
        from_data=_biases,
    )
    discount: float = _parameter(
        1.0,
        "weight of the uncontrolled trial; 1: a whole trial",
        label="weight of the trial's evidence",
        part=UNCONTROLLED_TRIAL,
        notebooks=(AGAINST, MOVES, CERTAINTY, CLAIMS),
        low=0.05,
        high=1.0,
    )
    tau2: str = _parameter(
        "REML",
        f"estimator of the variance between trials: {', '.join(TAU2_OFFERED)}",
        label="estimator of the spread",
        part=HETEROGENEITY,
        notebooks=(EFFECTS, RESPONSE, PRIOR, AGAINST, MOVES, CERTAINTY, CLAIMS, PLAN),
        choices=TAU2_OFFERED,
    )
    interval: str = _parameter(
        "knha-adhoc",
        f"interval of a pooled mean: {', '.join(INTERVALS_OFFERED)}",
        label="rule for the interval",
        part=HETEROGENEITY,
        notebooks=(EFFECTS, RESPONSE, PRIOR, AGAINST, MOVES, CERTAINTY, CLAIMS, PLAN),
        choices=INTERVALS_OFFERED,
    )
    smd_sds: str = _parameter(
        ALIKE,
        "SDs of pooled SMDs: alike (all of scores or of changes) or any",
        label="SDs of pooled differences",
        part=HETEROGENEITY,
        notebooks=(EFFECTS, AGAINST, MOVES, CERTAINTY, CLAIMS, PLAN),
        estimand=True,
        choices=(ALIKE, ANY),
    )
    tau_prior_scale: float = _parameter(
        None,
        "scale of the half-normal prior of tau; None: assumptions.csv",
        label="scale of the prior of the spread",
        part=HETEROGENEITY,
        notebooks=(EFFECTS, RESPONSE, PRIOR, AGAINST, MOVES, CLAIMS, PLAN),
    )
    vague_weight: float = _parameter(
        None,
        "chance of a placebo response unlike any before; None: assumptions.csv",
        label="chance of a placebo response unlike any before",
        part=PLACEBO_GROUPS,
        notebooks=(PRIOR, AGAINST, CLAIMS),
    )
    drop_out: float = _parameter(
        None,
        "share lost before the end of a planned trial; None: assumptions.csv",
        label="share of people who drop out",
        part=PLANNED_TRIAL,
        notebooks=(CLAIMS, PLAN),
    )
    run_in: float = _parameter(
        None,
        "share of people whom a placebo run-in turns away; None: assumptions.csv",
        label="share of people whom a placebo run-in turns away",
        part=PLANNED_TRIAL,
        notebooks=(CLAIMS, PLAN),
    )
    level: float = _parameter(
        0.95,
        "confidence level of all intervals",
        label="confidence level of intervals",
        part=WHAT_MATTERS,
        notebooks=(EFFECTS, RESPONSE, PRIOR, AGAINST, MOVES, CERTAINTY, CLAIMS),
        low=0.5,
        high=0.999,
    )

    if not TYPE_CHECKING:  # a type checker would accept every name

        def __getattribute__(self, name: str):
            """Note which settings are read, so that a kept result stays valid when others change."""
            read = READ.get()
            if read is not None and name in type(self).__dataclass_fields__:
                read.add(name)
            return object.__getattribute__(self, name)

    @classmethod
    def names(cls) -> list[str]:
        """Names of all parameters."""
        return [entry.name for entry in fields(cls)]

    @classmethod
    def check_names(cls, names: Iterable[str]) -> None:
        """Raise TypeError for a name that is not a setting; the message has all names, the most similar first."""
        unknown = set(names) - set(cls.names())
        if unknown:
            near = [n for one in unknown for n in get_close_matches(one, cls.names())]
            rest = [name for name in cls.names() if name not in near]
            raise TypeError(
                f"there is no setting {', '.join(sorted(unknown))}; settings are {', '.join([*near, *rest])}"
            )

    def but(self, **changes) -> Settings:
        """These settings with some of them changed. Raises TypeError for a name that is not a setting."""
        self.check_names(changes)
        return replace(self, **changes)

    def within(self, limits: Mapping[str, Limits], review: str) -> Resolved:
        """These settings of a review, checked, with every None filled by what is assumed.

        Raises SettingsError, which lists every value that is not allowed, and what is allowed.
        """
        given = {name: getattr(self, name) for name in limits}
        values: dict[str, Any] = {
            n: limits[n].assumed if value is None else value for n, value in given.items()
        }
        found = [one.problem(name, values[name]) for name, one in limits.items()]
        problems = [one for one in found if one]
        if problems:
            raise SettingsError("\n".join(problems))
        values["review"] = review
        return cast("Resolved", Settings(**values))


if TYPE_CHECKING:

    class Resolved(Settings):
        """Settings of a review, with every None filled in."""


# Settings that only outcomes of means need.
_OF_MEANS = ("change_sd", "pre_post_r", "arm_size", "vague_weight", "run_in")
# Assumptions in the unit of the outcome.
IN_ITS_UNIT = ("change_sd", "important_difference", "tau_prior_scale")
# Settings that hold for one outcome only.
OF_ONE_OUTCOME = (*IN_ITS_UNIT, "measure", "baseline_risk")

# Names of the settings in a reader's words.
LABELS = {entry.name: entry.metadata["label"] for entry in fields(Settings)}

# Settings that change what is asked.
ESTIMANDS = tuple(entry.name for entry in fields(Settings) if entry.metadata["estimand"])


def of_part(part: str) -> tuple[str, ...]:
    """Names of the settings in a group."""
    return tuple(entry.name for entry in fields(Settings) if entry.metadata["part"] == part)


def limits_of(records: Records, outcome: str | None = None) -> dict[str, Limits]:
    """What is allowed for every setting, by name, by its definition and the data.

    outcome: None is that of review.csv. What is assumed in the unit of the review's scale does not hold
    for an outcome on another scale.
    """
    further = records.outcome(outcome or "")
    table = f"data/{records.folder}/assumptions.csv"
    found = {}
    for entry in fields(Settings):
        from_data = entry.metadata["from_data"] or partial(_assumed, entry.name)
        limits = entry.metadata["limits"] | from_data(records, further)
        found[entry.name] = Limits(**limits, table=table)
    return found


def _assumed(name: str, records: Records, further: OutcomesRow | None) -> dict[str, Any]:
    """Value and range of an assumption: of assumptions.csv, or half to twice the value in outcomes.csv."""
    own, about = records.review, further or records.review
    if name == "important_difference" and about.measure in STATED and about.measure not in OF_RISK:
        return {"optional": True}  # no risk turns such a ratio into people
    on_its_scale = (about.instrument_id, about.measure) == (own.instrument_id, own.measure)
    if name in IN_ITS_UNIT and further is not None and not on_its_scale:
        size = further.important_difference
        if name != "important_difference" or size != size:
            return {"optional": True}
        where = " (half to twice of that in outcomes.csv)"
        return {"assumed": size, "low": size / 2, "high": 2 * size, "where": where}
    for part in (records, records.reference_class):
        for row in part.rows("assumptions"):
            of_another = part is not records and (row.unit == IN_1000) != (about.measure in OF_RISK)
            if row.assumption_id == name and not (name == "important_difference" and of_another):
                where = f" (range in data/{row.row})"
                return {
                    "assumed": float(row.value),
                    "low": row.low,
                    "high": row.high,
                    "where": where,
                }
    if name in _OF_MEANS and not {about.measure, own.measure}.isdisjoint(STATED):
        return {"optional": True}
    if name == "drop_out" and further is not None:  # it is assumed for the own outcome only
        return {"optional": True}
    if name in ("important_difference", "drop_out") and about.measure in STATED:
        return {"optional": about.measure not in OF_RISK}
    return {}
