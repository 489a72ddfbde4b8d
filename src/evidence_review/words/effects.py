"""How an effect was obtained, in words."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import nan

from evidence_review.effect_measures import MEASURES
from evidence_review.estimates.change import SingleArmChange
from evidence_review.estimates.contrast import Contrast
from evidence_review.estimates.effect import Effect
from evidence_review.estimates.measure import OF_BOTH, OF_CHANGES, OF_SCORES, Measure
from evidence_review.estimates.routes.found import Route
from evidence_review.numbers import capital, interval, listing, number, units
from evidence_review.review.finding import Interval, Range
from evidence_review.review.settings import RANDOMISED


def direction(measure: Measure, evidence: str = RANDOMISED) -> str:
    """The sign of an improvement; for an association, the better side."""
    if measure.better is None:
        return "no source says which way is better"
    if measure.is_stated or evidence != RANDOMISED:
        side = "below" if measure.better == "lower" else "above"
        return f"{side} {measure.null:g} is better"
    return f"improvement is {'negative' if measure.better == 'lower' else 'positive'}"


def spread(change: SingleArmChange) -> str:
    """The origin of the standard error of a change: 'SD reported', 'from both SDs, r = 0.5'."""
    return {
        "SE": "SE reported",
        "SD": "SD reported",
        "interval": "from the interval",
        "t": "from the printed t",
        "P": "from the printed P",
        "quartiles": "from the median with quartiles or range",
        "two SDs": f"from both SDs, r = {change.assumed or 0:g}",
        "assumed SD": "SD assumed",
    }[change.route]


def compared(measure: Measure, comparator: str) -> str:
    """A contrast in words: 'difference from placebo', or 'odds ratio against control'."""
    if measure.is_stated:
        return f"{measure.words} against {comparator}"
    return f"difference from {comparator}"


def does_to(measure: Measure, outcome: str, value: float) -> tuple[str, str]:
    """The effect of a value on a stated measure, in words for use after 'it' and after 'it may'.

    Examples
    --------
    >>> does_to(Measure("HR", "", "lower"), "death", -0.2)
    ('lowers the hazard of death', 'lower the hazard of death')
    >>> does_to(Measure("OR", "", "lower"), "early death", -0.2)[0]
    'makes early death less common'
    >>> does_to(Measure("RR", "", "lower"), "people who fell", -0.2)[0]
    'leads to fewer people who fell'
    """
    if measure.is_of_events and (people := fewer_or_more(outcome, value)):
        return f"leads to {people}", f"lead to {people}"
    if measure.is_of_events:
        common = f"{outcome} {'less' if value < 0 else 'more'} common"
        return f"makes {common}", f"make {common}"
    of_it = _of_it(measure, outcome)
    verb = "lower" if value < 0 else "raise"
    return f"{verb}s {of_it}", f"{verb} {of_it}"


def fewer_or_more(outcome: str, value: float) -> str:
    """'fewer people who fell', of an outcome that is named after people; else ''. value: below 0 for fewer."""
    if not outcome.startswith("people "):
        return ""
    return f"{'fewer' if value < 0 else 'more'} {outcome}"


def is_plural(outcome: str) -> bool:
    """Whether an outcome is named in the plural, by the end of the words before 'from', 'who' and the like.

    Examples
    --------
    >>> [is_plural(name) for name in ("falls", "people who fell", "adverse events leading to withdrawal")]
    [True, True, True]
    >>> [is_plural(name) for name in ("death from other causes", "sepsis", "weight loss", "diabetes")]
    [False, False, False, False]
    """
    noun = _AFTER_THE_NOUN.split(outcome)[0].split()[-1].casefold()
    return noun in _PLURAL or (
        noun.endswith("s")
        and not noun.endswith(("ss", "us", "is", "'s", "\u2019s"))
        and noun not in _SINGULAR
    )


_AFTER_THE_NOUN = re.compile(
    r",| \(| (?:after|at|because|before|by|causing|during|due|for|from|in|leading|needing|of|on|per|related|requiring|"
    r"that|to|until|up|which|who|with|within|without)\b"
)
_PLURAL = ("children", "men", "people", "teeth", "women")
_SINGULAR = (
    *("aids", "ascites", "caries", "diabetes", "herpes", "measles", "mumps"),
    *("rabies", "rickets", "scabies", "shingles"),
)


def happens_to(outcome: str, number: str, whom: str) -> str:
    """How many have an outcome, as the beginning of a sentence.

    Examples
    --------
    >>> happens_to("early death", "77", "people without treatment")
    'Early death happens to 77 in 1000 people without treatment'
    >>> happens_to("people who fell", "520", "people without treatment")
    'There are 520 people who fell in 1000 people without treatment'
    """
    if outcome.startswith("people "):
        return f"There are {number} {outcome} in 1000 {whom}"
    happen = "happen" if is_plural(outcome) else "happens"
    return f"{capital(outcome)} {happen} to {number} in 1000 {whom}"


def state(measure: Measure, outcome: str, value: float) -> tuple[str, str]:
    """The subject of a stated measure, and its state with the treatment: ('early death', 'less common')."""
    if measure.is_of_events:
        return outcome, "less common" if value < 0 else "more common"
    return _of_it(measure, outcome), "lower" if value < 0 else "higher"


def _of_it(measure: Measure, outcome: str) -> str:
    """What goes up or down with a measure: 'the hazard of death'."""
    of = MEASURES[measure.name].of
    return f"the {of} of {outcome}" if of else outcome


def in_1000(difference: float, ends_of_it: Range) -> str:
    """A difference of risks: '38 fewer (19 to 53 fewer) in 1000', '1 fewer (6 fewer to 3 more) in 1000'."""
    low, high = sorted((1000 * ends_of_it.low, 1000 * ends_of_it.high), key=abs)
    if low * high >= 0:
        ends = f"{abs(low):.0f} to {_more(high)}"
    else:
        ends = f"{_more(min(low, high))} to {_more(max(low, high))}"
    return f"{_more(1000 * difference)} ({ends}) in 1000"


def _more(people: float) -> str:
    return f"{abs(people):.0f} {'more' if people > 0 else 'fewer'}"


def with_interval(measure: Measure, value: float, low: float, high: float) -> str:
    """'−4.96 (−6.83 to −3.10)'; of logarithms, the ratios."""
    return f"{number(measure.printed(value), measure.digits)} ({limits(measure, low, high)})"


def limits(measure: Measure, low: float, high: float) -> str:
    """'−6.83 to −3.10'; of logarithms, the ratios."""
    found = measure.as_printed(Interval(low, high, nan))
    return interval(found.low, found.high, measure.digits)


def benefit(measure: Measure, size: float) -> str:
    """A benefit above 0 in words: '3 points', 'an odds ratio of 0.88'."""
    if measure.is_log:
        words = measure.words
        article = "an" if words[0] in "aeiou" else "a"
        return f"{article} {words} of {number(measure.printed(measure.worth(size)))}"
    shown = f"{size:.3g}"
    return f"{shown} {units(shown, measure.unit)}".rstrip()


def how(contrast: Contrast) -> str:
    """How a contrast was obtained, and on what assumption."""
    return _ROUTES[contrast.route.name](contrast.route)


def not_alike(contrast: Contrast) -> str:
    """How a contrast was obtained that is left out of the pool because its SDs are of another kind."""
    return f"{how(contrast)}; {in_sds(contrast.effects[0].measure)}, so not pooled with the others"


def in_sds(measure: Measure) -> str:
    """The standard deviations that a standardised difference is counted in."""
    return {
        OF_SCORES: "in SDs of people's scores",
        OF_CHANGES: "in SDs of people's changes",
        OF_BOTH: "in SDs of people's scores or of their changes, which differ",
        "": "in SDs (of scores or of changes, not known which)",
    }[measure.sd_of]


def route_name(name: str) -> str:
    """A route to an effect in a reader's words."""
    return _NAMES[name]


def _assumed(route: Route) -> str:
    parts = []
    if route.assumed_size is not None:
        parts.append(f"{route.assumed_size:g} people an arm where no number is given")
    if route.assumed_tie is not None:
        parts.append(f"{route.assumed_tie:g} for how alike values are")
    return f", assuming {' and '.join(parts)}" if parts else ""


def _difference(by: str) -> Callable[[Route], str]:
    def words(route: Route) -> str:
        sizes = (
            ""
            if route.assumed_size is None
            else f"; SDs as if {route.assumed_size:g} people an arm"
        )
        sd = "" if route.assumed_sd is None else f"; SD of a change taken as {route.assumed_sd:g}"
        return f"printed difference with its {by}{sizes}{sd}"

    return words


def _changes(route: Route) -> str:
    arms = ", ".join(dict.fromkeys(map(spread, route.arms)))
    return f"changes of both arms ({arms}){_assumed(route)}"


def _scores(route: Route) -> str:
    doubt = ""
    if route.omnibus is not None:
        doubt = (
            "; they do not reproduce the printed P over all groups, which implies "
            f"{route.omnibus.low:.2f} to {route.omnibus.high:.2f}"
        )
    return f"reported means and SDs of both arms{_assumed(route)}{doubt}"


def _means_and_test(route: Route) -> str:
    return (
        f"means of both arms and the test of their difference, taken as a t-test{_assumed(route)}"
    )


def _medians(route: Route) -> str:
    return f"medians with quartiles or range, taken as those of normal values{_assumed(route)}"


def _test(route: Route) -> str:
    return f"the test of the difference alone, taken as a t-test{_assumed(route)}"


def _omnibus(route: Route) -> str:
    unused = ""
    if route.means_left_out:
        unused = (
            "; means are entered, but not mean and SD of both arms at one week: they are not used"
        )
    assert route.p is not None
    return (
        f"reconstructed from the P over all groups ({route.p.low:g} to {route.p.high:g}, as it is rounded) and an "
        f"order of the groups, before small-sample correction{_assumed(route)}{unused}"
    )


def _periods(route: Route) -> str:
    if route.assumed_tie is None:
        return "the first period of a crossover trial, in which the arms are different people"
    return f"both periods of a crossover trial, each by itself{_assumed(route)}"


def _several_arms(route: Route) -> str:
    """Each arm's name and route; the route only once if all arms share it."""
    ways = [_ROUTES[part.name](part) for _, part in route.parts]
    names = [name for name, _ in route.parts]
    alike = f": {ways[0]}" if len(set(ways)) == 1 else ""
    said = names if alike else [f"{name} ({way})" for name, way in zip(names, ways, strict=True)]
    return f"{listing(said)} against one control group, whose people count once{alike}"


def _events(route: Route) -> str:
    corrected = ""
    if route.corrected:
        corrected = ", 1/2 added to each cell of their table because one is empty"
    return f"people with an event in both arms{corrected}{_assumed(route)}"


def _rates(route: Route) -> str:
    corrected = ""
    if route.corrected:
        corrected = ", 1/2 added to both counts because one is 0"
    return f"events and the time that people of both arms were followed{corrected}{_assumed(route)}"


def _ratio(route: Route) -> str:
    return f"means and SDs of both arms{_assumed(route)}"


def _estimate(by: str) -> Callable[[Route], str]:
    return lambda _: f"printed estimate with its {by}"


# Rules for the interval of a pooled mean.
INTERVAL_BY = {
    "knha-adhoc": "Hartung and Knapp's",
    "knha": "Hartung and Knapp's",
    "t": "a t",
    "z": "a normal",
}

# The same rules after 'by', where an interval stands beside one by another method.
BY_RULE = {
    "knha-adhoc": "Hartung and Knapp",
    "knha": "Hartung and Knapp",
    "t": "t",
    "z": "the normal distribution",
}


def _pool(route: Route) -> str:
    estimator, rule = route.pooling
    assumed = ", ".join(route.assumed_trials)
    return (
        f"random effects ({estimator}, {INTERVAL_BY[rule]} interval) over {', '.join(route.trials)}"
        + (f"; with an assumption: {assumed}" if assumed else "")
    )


_ROUTES: dict[str, Callable[[Route], str]] = {
    "difference and SE": _difference("standard error"),
    "difference and interval": _difference("interval"),
    "difference and t": _difference("t"),
    "difference and F": _difference("F"),
    "difference and P": _difference("P"),
    "periods": _periods,
    "changes": _changes,
    "scores": _scores,
    "means and test": _means_and_test,
    "medians": _medians,
    "test alone": _test,
    "omnibus": _omnibus,
    "several arms": _several_arms,
    "events": _events,
    "rates": _rates,
    "ratio": _ratio,
    "estimate and SE": _estimate("standard error"),
    "estimate and interval": _estimate("interval"),
    "estimate and P": _estimate("P"),
    "pool": _pool,
}

_NAMES = {
    "difference and SE": "printed difference, its standard error",
    "difference and interval": "printed difference, its interval",
    "difference and t": "printed difference, its t",
    "difference and F": "printed difference, its F",
    "difference and P": "printed difference, its P",
    "periods": "each period of a crossover trial",
    "changes": "changes of both arms",
    "scores": "scores of both arms",
    "means and test": "means of both arms, test of their difference",
    "medians": "medians with quartiles or range",
    "test alone": "test of the difference alone",
    "omnibus": "P over all arms and a ranking",
    "events": "people with an event in both arms",
    "rates": "events and time followed in both arms",
    "ratio": "means of both arms, as a ratio",
    "estimate and SE": "printed estimate, its standard error",
    "estimate and interval": "printed estimate, its interval",
    "estimate and P": "printed estimate, its P",
}


def with_sides(effect: Effect) -> str:
    """'7.00 points better (1.00 to 5.00 better)': a difference and its interval."""
    return (
        f"{sided(effect.measure, effect.range)} "
        f"({sided(effect.measure, effect.interval, with_unit=False)})"
    )


def sided(measure: Measure, found: Range, *, with_unit: bool = True) -> str:
    """A difference in words: '1.20 to 3.40 points better', '1.20 better to 0.30 worse'."""
    near, far = (number(abs(x)) for x in sorted((found.low, found.high), key=abs))
    unit = f" {measure.unit}" if with_unit and measure.unit else ""
    if measure.better is None:
        same = found.low == found.high
        return f"{number(found.low) if same else interval(found.low, found.high)}{unit}"
    worst, best = sorted(measure.benefit(x) for x in (found.low, found.high))
    if worst < 0 < best:
        return f"{number(best)}{unit} better to {number(-worst)}{unit} worse"
    size = near if near == far else f"{near} to {far}"
    return f"{size}{unit} {'better' if best > 0 else 'worse'}"
