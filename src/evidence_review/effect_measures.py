"""The measures of effect: name, scale, print and words of each, and how it turns one risk into another.

Not here: computing an effect and its variance (stats), and its unit and better end, which the data say
(estimates).

A new measure is one entry of `MEASURES`. Commands, tables, pages and sentences follow from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, log, nan


@dataclass(frozen=True)
class Risks:
    """How a measure goes with the risks of an event in two groups.

    Parameters
    ----------
    treated : callable
        From the effect (on the scale that is pooled) and the risk without treatment, 0 to 1, to the
        risk with it.
    effect : callable
        The reverse: from the risk with treatment and that without to the effect.
    slope : callable or None
        Of a difference: how fast the effect moves with the log odds, at a risk without treatment.
    """

    treated: Callable[[float, float], float]
    effect: Callable[[float, float], float]
    slope: Callable[[float], float] | None = None


@dataclass(frozen=True, kw_only=True)
class EffectMeasure:
    """What is true of a measure in every review.

    Parameters
    ----------
    name : str
        metafor's.
    words : str
        In full, as a reader sees it.
    log : bool
        Whether effects are pooled as logarithms: exp(effect) is then the ratio that is printed.
    null : float
        The effect that is none, on the scale that is pooled; nan where there is no such.
    stated : bool
        Whether a review may name it in review.csv; without one a review is of differences of means.
    estimate : str
        The unit of an estimate on it in statistics.csv, without an apostrophe, since tables.yml quotes it;
        '' where none can be entered.
    of : {'risk', 'hazard', 'rate', ''}
        What goes up or down with it, before the outcome; '' for the outcome itself.
    digits : int
        Decimals that a reader needs.
    times : str
        Of a ratio, what it multiplies: people have 1.2 times 'the odds'. '' for other measures.
    also : tuple of str
        Words by which a column of somebody's table names it.
    risks : Risks or None
        How a risk without treatment turns it into people; None where it does not.
    """

    name: str
    words: str
    log: bool = False
    null: float = 0.0
    stated: bool = False
    estimate: str = ""
    of: str = ""
    digits: int = 2
    times: str = ""
    also: tuple[str, ...] = ()
    risks: Risks | None = None


def _odds(risk: float) -> float:
    return risk / (1 - risk)


MEASURES: dict[str, EffectMeasure] = {
    measure.name: measure
    for measure in (
        EffectMeasure(
            name="MD",
            words="mean difference",
            also=("md", "wmd", "difference", "diff"),
        ),
        EffectMeasure(
            name="SMD",
            words="standardised mean difference (Hedges' g)",
            estimate="standardised mean difference",
            also=("smd", "hedges", "cohen", "cohens", "g", "d"),
        ),
        EffectMeasure(name="SMDH", words="standardised mean difference, SDs not taken as equal"),
        EffectMeasure(
            name="SMD1", words="standardised mean difference, in SDs of group 2 (Glass' delta)"
        ),
        EffectMeasure(
            name="OR",
            words="odds ratio",
            log=True,
            stated=True,
            estimate="odds ratio",
            of="risk",
            times="the odds",
            also=("or", "odds"),
            risks=Risks(
                treated=lambda effect, risk: risk * exp(effect) / (1 - risk + risk * exp(effect)),
                effect=lambda treated, risk: log(_odds(treated) / _odds(risk)),
            ),
        ),
        EffectMeasure(
            name="RR",
            words="risk ratio",
            log=True,
            stated=True,
            estimate="risk ratio",
            of="risk",
            times="as many",
            also=("rr", "risk", "relative"),
            risks=Risks(
                treated=lambda effect, risk: min(risk * exp(effect), 1.0),
                effect=lambda treated, risk: log(treated / risk),
            ),
        ),
        EffectMeasure(
            name="RD",
            words="risk difference",
            stated=True,
            estimate="risk difference",
            of="risk",
            digits=3,
            also=("rd",),
            risks=Risks(
                treated=lambda effect, risk: min(max(risk + effect, 0.0), 1.0),
                effect=lambda treated, risk: treated - risk,
                slope=lambda risk: risk * (1 - risk),
            ),
        ),
        EffectMeasure(name="PETO", words="odds ratio by Peto's method", log=True),
        EffectMeasure(
            name="HR",
            words="hazard ratio",
            log=True,
            stated=True,
            estimate="hazard ratio",
            of="hazard",
            times="the hazard",
            also=("hr", "hazard"),
            # Where hazards are proportional, the share without the event is that of the others to the
            # power of the ratio.
            risks=Risks(
                treated=lambda effect, risk: 1 - (1 - risk) ** exp(effect),
                effect=lambda treated, risk: log(log(1 - treated) / log(1 - risk)),
            ),
        ),
        EffectMeasure(
            name="IRR",
            words="incidence rate ratio",
            log=True,
            stated=True,
            estimate="rate ratio",
            of="rate",
            times="the rate",
            also=("irr",),
        ),
        EffectMeasure(name="IRD", words="incidence rate difference"),
        EffectMeasure(
            name="ROM",
            words="ratio of means",
            log=True,
            stated=True,
            estimate="ratio of means",
            times="the mean",
            also=("rom",),
        ),
        EffectMeasure(name="MN", words="mean", null=nan),
        EffectMeasure(name="MC", words="mean change"),
        EffectMeasure(name="SMCR", words="mean change in SDs of the baseline scores"),
        EffectMeasure(name="SMCC", words="mean change in SDs of the change"),
        EffectMeasure(name="SMC", words="standardised mean change"),
        EffectMeasure(name="GEN", words="effect as given"),
    )
}

# Those that a review may state.
STATED = tuple(one.name for one in MEASURES.values() if one.stated)
# Of an outcome that people either have or do not.
OF_EVENTS = tuple(name for name in STATED if MEASURES[name].of == "risk")
# Those that a risk without treatment turns into people; and those that count people or events.
OF_RISK = tuple(name for name in STATED if MEASURES[name].risks)
OF_PEOPLE = tuple(name for name in STATED if MEASURES[name].of)
# The unit of an estimate in statistics.csv by measure, the measure by unit, and which are ratios.
UNIT_OF = {one.name: one.estimate for one in MEASURES.values() if one.estimate}
OF_UNIT = {unit: name for name, unit in UNIT_OF.items()}
RATIOS = tuple(unit for unit, name in OF_UNIT.items() if MEASURES[name].log)
LOG = "log "  # before the unit of a ratio: its logarithm is printed


def vocabulary() -> dict[str, str]:
    """What `tables.yml` may hold in place of a list of measures, and the list.

    Examples
    --------
    >>> vocabulary()["$RATIOS"]
    "'odds ratio', 'risk ratio', 'hazard ratio', 'rate ratio', 'ratio of means'"
    """
    quoted = lambda words: ", ".join(f"'{word}'" for word in words)
    return {
        "$STATED_IN_WORDS": ", ".join(f"{MEASURES[name].words} (*{name}*)" for name in STATED),
        "$STATED": ", ".join(STATED),
        "$ESTIMATES": quoted(OF_UNIT),
        "$RATIOS": quoted(RATIOS),
        "$LOGS": quoted(f"{LOG}{unit}" for unit in RATIOS),
    }
