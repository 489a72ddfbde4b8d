"""What a ratio or a difference of risks means among people whose risk is known.

Peer: meta `rd` and `nnt` (from a pooled ratio and a baseline probability).
"""

from __future__ import annotations

from math import ceil, inf

from evidence_review.effect_measures import MEASURES, OF_RISK


def treated_risk(measure: str, effect: float, risk: float) -> float:
    """The risk under treatment of people whose risk without it is known.

    Parameters
    ----------
    measure : str
        One of `effect_measures.OF_RISK`.
    effect : float
        On the scale that is pooled: the logarithm of a ratio.
    risk : float
        Without treatment, 0 to 1.

    Returns
    -------
    float
        0 to 1: a risk ratio or difference never leads beyond. Of a hazard ratio, by the time at which
        the risk without treatment was counted, if hazards are proportional.

    Raises
    ------
    ValueError
        For another measure, and a risk that cannot be.

    References
    ----------
    Cochrane Handbook 5.1, 12.5.4. Of a hazard ratio: where hazards are proportional, the share without
    the event is that of the others to the power of the ratio.

    Examples
    --------
    >>> from math import log
    >>> treated_risk("OR", log(0.5), 0.5)
    0.3333333333333333
    >>> treated_risk("RR", log(0.5), 0.5)
    0.25
    >>> round(treated_risk("HR", log(0.5), 0.75), 4)
    0.5
    """
    if not 0 <= risk <= 1:
        raise ValueError(f"risk must be between 0 and 1; got {risk!r}")
    if measure not in OF_RISK:
        raise ValueError(f"measure must be one of {', '.join(OF_RISK)}; got {measure!r}")
    risks = MEASURES[measure].risks
    assert risks is not None
    return risks.treated(effect, risk)


def number_needed(difference: float) -> float:
    """People to treat for one more, or one fewer, with the event: 1 / |difference|, rounded up; inf for none.

    Where an interval of differences holds 0, that of the number needed goes through infinity, from
    one limit to benefit to one to harm (Altman 1998, BMJ 317:1309).

    References
    ----------
    Cochrane Handbook 5.1, 12.5.4: rounded up by convention, whichever group has fewer events.

    Examples
    --------
    >>> number_needed(-0.02)
    50.0
    >>> number_needed(0.0148)  # 1 / 0.0148 is 67.57
    68.0
    """
    if difference == 0:
        return inf
    return float(ceil(1 / abs(difference) - 1e-9))  # 50.000000000000004 is 50
