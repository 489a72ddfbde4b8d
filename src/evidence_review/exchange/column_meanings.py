"""What the columns of another tool's table mean, by their names.

Names go in, meanings come out; no cell is read here. The module understands plain words ("Mean,
placebo"), the names of RevMan and of R's packages metafor (`m1i`, `ai`) and meta (`mean.e`), and ours.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from evidence_review import effect_measures

TREATED, CONTROL = 1, 2
# Values of one arm that the import first converts to a statistic of ours.
ARM_ONLY = ("se", "non_events", "share", "change_ci")
# Values of a comparison, not of an arm.
COMPARISON = ("estimate", "ci_low", "ci_high", "ci", "ci_level", "se", "variance", "p")
# Columns of R's packages that hold logarithms if the measure is a ratio.
LOG_OF_A_RATIO = ("yi", "te")
# Figures that stand beside a median.
QUANTILES = ("q1", "q3", "minimum", "maximum")
RESULTS = ("n", "mean", "sd", "median", "q1", "q3", "n_events", *ARM_ONLY)

# Our columns that count weeks.
TIMES = ("week", "weeks")
# Weeks in each unit of time; a month is a twelfth of a year of 365.25 days.
_WEEKS = {"week": 1.0, "day": 1 / 7, "month": 365.25 / 12 / 7, "year": 365.25 / 7}
_TIME = re.compile(
    r"\b(?:(?P<unit>weeks?|wks?|days?|months?|mos?|years?|yrs?)[ .]*(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<before>\d+(?:\.\d+)?)[ -]*(?P<after>weeks?|wks?|days?|months?|mos?|years?|yrs?))\b"
)
_UNITS = {"wk": "week", "mo": "month", "yr": "year"}
_WORDS_OF_TIME = {
    word: unit
    for unit in _WEEKS
    for short in (unit, *(key for key, value in _UNITS.items() if value == unit))
    for word in (short, f"{short}s")
}

_GROUPS = {
    TREATED: {
        *("1", "t", "tx", "trt", "treat", "treated", "treatment", "e", "exp", "experimental", "i"),
        *("int", "intervention", "active", "verum", "drug", "exposed"),
    },
    CONTROL: {
        *("2", "c", "con", "ctl", "ctrl", "control", "controls", "p", "pbo", "pcb", "plac"),
        *("placebo", "sham", "comparator", "comparison", "unexposed"),
    },
}
# Words that add nothing to a name.
_FILLERS = {
    *("of", "the", "in", "at", "for", "per", "group", "groups", "arm", "arms", "no", "score"),
    *("scores", "value", "values", "points", "post", "end", "endpoint", "final", "after", "fu"),
    *("followup", "follow", "up", "outcome", "number", "num", "with", "to", "from", "study"),
    *("trial", "usual", "care", "95", "deviation", "level", "limit", "bound"),
    *("on", "under", "during", "while", "taking", "receiving"),
}
# Words beside a measure that say how an estimate was made.
_HOW_ESTIMATED = {"adjusted", "incidence"}
_CHANGE = {"change", "delta", "chg", "increase", "rise"}
_SIGNS = {
    "reduction": "reduction",
    "decrease": "reduction",
    "fall": "reduction",
    "improvement": "improvement",
}
_AFTER = {"after", "post", "end", "endpoint", "final"}
_BASELINE = {"baseline", "base", "pre", "before", "initial"}
_WORDS = {
    "n": {"n", "total", "totals", "size", "sample", "participants", "people", "patients"}
    | {"subjects", "analysed", "analyzed", "persons"},
    "n_randomised": {"randomised", "randomized"},
    "n_events": {"events", "event", "cases", "deaths", "death", "died", "dead", "responders"}
    | {"mortality"},
    "mean": {"mean", "means", "m", "average", "avg"},
    "sd": {"sd", "sds", "std", "stdev", "stddev"},
    "se": {"se", "sem", "ses"},
    "median": {"median"},
    "q1": {"q1", "p25"},
    "q3": {"q3", "p75"},
    "minimum": {"minimum", "min", "lowest", "smallest"},
    "maximum": {"maximum", "max", "highest", "largest"},
    "n_clusters": {"clusters"},
    "person_time": {"persontime"},
    "p": {"p", "pval", "pvalue"},
}
_PERCENT = {"percent", "percentage", "pct", "%"}
_SHARE = {"share", "proportion", "fraction"}
_LOW = {"low", "lower", "lo", "lcl", "ll", "lci", "lb", "start", "cilow", "cilb"}
_HIGH = {"high", "upper", "hi", "ucl", "ul", "uci", "ub", "cihigh", "ciub"}
_CI = {"ci", "interval", "confidence", "cl", "limits"}
MEASURES = {name: set(one.also) for name, one in effect_measures.MEASURES.items() if one.also}
_ESTIMATE = {"estimate", "effect", "es", "yi", "te", "est", "ratio", "theta"}
# Names of R's packages, and others that are not plain words.
_KNOWN = {
    **{f"n{g}i": ("n", g) for g in (1, 2)},
    **{f"m{g}i": ("mean", g) for g in (1, 2)},
    **{f"sd{g}i": ("sd", g) for g in (1, 2)},
    **{f"y{g}": ("mean", g) for g in (1, 2)},
    "ai": ("n_events", TREATED),
    "bi": ("non_events", TREATED),
    "ci": ("ci", 0),
    "di": ("non_events", CONTROL),
    "tpos": ("n_events", TREATED),
    "tneg": ("non_events", TREATED),
    "cpos": ("n_events", CONTROL),
    "cneg": ("non_events", CONTROL),
    **{f"x{g}i": ("n_events", g) for g in (1, 2)},
    **{f"t{g}i": ("person_time", g) for g in (1, 2)},
    **dict.fromkeys(("ci_level", "ci level", "confidence level"), ("ci_level", 0)),
    "vi": ("variance", 0),
    "sei": ("se", 0),
    "sete": ("se", 0),
    "slab": ("study", 0),
    "studlab": ("study", 0),
}
_STUDY = {"study", "studies", "trial", "author", "authors", "reference", "slab", "study_id"}
_STUDY |= {"citation", "paper"}
_WEEK = ("weeks", "week", "wk", "wks", "weekno")
# A column of this name alone is of publication or of age.
_OTHER_TIME = {"year", "years", "yr", "yrs"}
# Words beside a unit of time that say that it is the time of measurement.
_WHEN = (
    "follow",
    "up",
    "followup",
    "time",
    "point",
    "timepoint",
    "assessment",
    "measurement",
    "at",
)
_SPREAD_OF_A_MEDIAN = {"iqr", "interquartile", "quartiles", "quartile", "range", "q1", "q3"}
_SCALES = ("scale", "instrument", "questionnaire")
_ARM = {"arm", "group", "treatment", "intervention", "allocation", "arm_id"}


@dataclass(frozen=True)
class Meaning:
    """What a column holds.

    Parameters
    ----------
    name : str
        Our name for it: a column of the tables, a statistic, or one of ARM_ONLY and COMPARISON.
    group : int
        TREATED or CONTROL; 0 if the row names the arm, or the value belongs to both.
    week : str
        The week of measurement; 0 is baseline; '' if the column's name does not say it.
    sign : str
        The sign convention of a change; '' if the column's name does not say it.
    measure : str
        The measure of an estimate, a key of MEASURES; '' if the column's name does not say it.
    log : bool
        Whether an estimate is a logarithm.
    also : str
        A second value in the same cell, as in "mean (SD)": 'sd', 'se', 'ci', 'quartiles', 'range' or 'n'.
    counts : str
        What a column of weeks counts instead: 'day', 'month' or 'year'; '' for weeks.
    """

    name: str
    group: int = 0
    week: str = ""
    sign: str = ""
    measure: str = ""
    log: bool = False
    also: str = ""
    counts: str = ""

    @property
    def words(self) -> str:
        """The meaning in words, for a message."""
        names = {
            "n": "people",
            "n_events": "events",
            "non_events": "people without an event",
            "sd": "SD",
            "se": "SE",
            "ci": "confidence interval",
            "ci_low": "lower limit",
            "ci_high": "upper limit",
            "ci_level": "level of the interval in per cent",
            "person_time": "time that people were followed",
            "p": "P",
            "change_mean": "mean change",
            "change_sd": "SD of the change",
            "change_se": "SE of the change",
            "change_ci": "confidence interval of the change",
            "change_ci_low": "lower limit of the change",
            "change_ci_high": "upper limit of the change",
            "p_change": "P of the change",
            "responders_percent": "percentage with the event",
        }
        text = names.get(self.name, self.name.replace("_", " "))
        if self.log:
            text = f"logarithm of {text}"
        if self.measure:
            text += f" ({self.measure})"
        if self.also:
            text += f" with {names.get(self.also, self.also)}"
        if self.sign:
            text += f" as {self.sign}"
        if self.counts:
            text += f", from {self.counts}s"
        if self.week:
            text += " at baseline" if self.week == "0" else f" at week {self.week}"
        return text + {TREATED: ", treated arm", CONTROL: ", control arm"}.get(self.group, "")


@dataclass(frozen=True)
class Vocabulary:
    """Words of a review that help to understand names of columns.

    Parameters
    ----------
    ours : collection of str
        Names of our columns and statistics, understood as they are.
    treatments : collection of str
        Words that mean the treated arm.
    outcomes : collection of str
        Words of the outcome, its scale and unit, which only say that a value is a result.
    counted : bool
        Whether the outcome is what people have, or what happens to them: a column of its name counts it.
    lenient : bool
        Whether a name may have words that are not understood.
    """

    ours: Collection[str] = ()
    treatments: Collection[str] = ()
    outcomes: Collection[str] = ()
    counted: bool = False
    lenient: bool = False


def meaning(name: str, words: Vocabulary) -> Meaning | None:
    """What a column of this name holds, or None.

    Examples
    --------
    >>> meaning("Mean (placebo)", Vocabulary())
    Meaning(name='mean', group=2, week='', sign='', measure='', log=False, also='', counts='')
    >>> meaning("sd1i", Vocabulary()).words
    'SD, treated arm'
    >>> meaning("Mean age, placebo", Vocabulary()) is None
    True
    """
    plain = _plain(name)
    key = re.sub(r"[\W_]+", "_", plain).strip("_")
    if (own := key.removeprefix("estimate_")) in COMPARISON and own != key:
        return Meaning(own)
    if key in words.ours and key not in ("treatment", "text", "value_text"):
        return Meaning(key)
    grouped = re.fullmatch(r"(.+?)_?([12])", key)
    if grouped and grouped[1] in words.ours and grouped[1] not in ("treatment", "q"):
        return Meaning(grouped[1], int(grouped[2]))
    if grouped and grouped[1] in ("arm", "group", "treatment", "intervention"):
        return Meaning("arm", int(grouped[2]))
    if plain in _KNOWN:
        known, group = _KNOWN[plain]
        return Meaning(known, group)
    plain, week = _without_time(plain)
    tokens = _tokens(plain)
    if not tokens:
        return None
    if tokens[-1] in _SCALES and set(tokens[:-1]) <= {*words.outcomes, "outcome", "the"}:
        return Meaning("instrument_id")
    return (
        _of_a_person(tokens) or _of_a_comparison(tokens, words) or _of_an_arm(tokens, week, words)
    )


def _plain(name: str) -> str:
    text = unicodedata.normalize("NFKC", name).strip().casefold()
    text = re.sub(r"\bs\.\s?d\.?", "sd", text)
    text = re.sub(r"\bs\.\s?e\.?(\s?m\.?)?(?=\W|$)", "se", text)
    for long, short in (
        ("standard deviation", "sd"),
        ("standard error", "se"),
        *((unit, name.lower()) for name, unit in effect_measures.UNIT_OF.items()),
        ("relative risk", "rr"),
        ("standardized mean difference", "smd"),
        ("mean difference", "md"),
        *((f"difference {of} means", "md") for of in ("in", "of", "between")),
        ("p value", "p"),
        ("p-value", "p"),
        *(
            (name, "control")
            for name in ("usual care", "standard care", "no treatment", "untreated")
        ),
        ("no. of pts", "patients"),
        ("number of pts", "patients"),
        ("n of pts", "patients"),
        *(
            (f"{who}{gap}{what}", "persontime")
            for who in ("person", "patient", "participant")
            for gap in "- "
            for what in ("years", "time")
        ),
    ):
        text = text.replace(long, short)
    return text


def _without_time(text: str) -> tuple[str, str]:
    found = _TIME.search(text)
    if not found:
        return text, ""
    unit = (found["unit"] or found["after"]).rstrip("s")
    weeks = float(found["number"] or found["before"]) * _WEEKS[_UNITS.get(unit, unit)]
    return text[: found.start()] + " " + text[found.end() :], f"{round(weeks, 1):g}"


def counted_instead_of_weeks(name: str) -> str:
    """The unit of time that a column's name says, as in "Follow-up (months)"; '' for weeks, or for none.

    Examples
    --------
    >>> counted_instead_of_weeks("Follow-up (mo)")
    'month'
    >>> counted_instead_of_weeks("Follow-up (weeks)")
    ''
    """
    units = {_WORDS_OF_TIME[word] for word in _tokens(_plain(name)) if word in _WORDS_OF_TIME}
    return units.pop() if len(units) == 1 and "week" not in units else ""


def in_weeks(cell: str, column: str, counts: str = "") -> str:
    """A cell of a column of ours, a length of time in weeks, to a decimal; any other cell as it is.

    Parameters
    ----------
    cell : str
        What the file or the person says.
    column : str
        Our name for it; only `TIMES` are counted in weeks.
    counts : str
        The unit of a number alone: 'day', 'month' or 'year'; '' for weeks.

    Examples
    --------
    >>> in_weeks("3", "week", "month")
    '13'
    >>> in_weeks("6 months", "week")
    '26.1'
    >>> in_weeks("8", "week")
    '8'
    """
    if column not in TIMES:
        return cell
    has_unit = not re.fullmatch(r"[\d.]+", cell)
    rest, weeks = _without_time(cell.casefold() if has_unit else f"{cell} {counts}")
    return cell if rest.strip() or not weeks else weeks


def _tokens(text: str) -> list[str]:
    text = re.sub(r"(?<=[a-z])(?=\d)", " ", text)
    text = re.sub(r"\b([qp]) (1|3|25|75)\b", r"\1\2", text)
    text = re.sub(r"\blog(?=or\b|rr\b|hr\b|irr\b|rom\b)", "log ", text.replace("_", " "))
    return re.findall(r"[^\W_]+|%|±", text)


def _of_a_person(tokens: Sequence[str]) -> Meaning | None:
    """The meaning as study, arm or another column of ours that has several names."""
    words = [token for token in tokens if token not in ("name", "id", "label", "no", "first", "of")]
    if len(words) == 1:
        if words[0] in _STUDY:
            return Meaning("study")
        if words[0] in _ARM:
            return Meaning("arm")
        if words[0] in ("control", "comparator", "comparison"):
            return Meaning("arm", CONTROL)
        if words[0] == "measure":
            return Meaning("measure")
        if words[0] in ("year", "yr", "published"):
            return Meaning("year")
        if words[0] in _WEEK:
            return Meaning("week")
    units = set(words) & {*_WEEK, *_WORDS_OF_TIME}
    if units and set(words) <= units | set(_WHEN) and not set(words) <= _OTHER_TIME:
        return Meaning("week", counts=counted_instead_of_weeks(" ".join(words)))
    if "duration" in words and units and set(words) <= units | {"duration", "treatment"}:
        return Meaning("weeks", counts=counted_instead_of_weeks(" ".join(words)))
    if words in (["study", "year"], ["publication", "year"], ["year", "publication"]):
        return Meaning("year")
    if words in (["study", "design"], ["trial", "design"]):
        return Meaning("design")
    if set(words) in ({"study", "author"}, {"study", "author", "year"}, {"author", "year"}):
        return Meaning("study")
    return None


def _of_a_comparison(tokens: Sequence[str], about: Vocabulary) -> Meaning | None:
    """The meaning as an estimate, its interval, its standard error, or the P of a comparison."""
    log = bool({"log", "ln"} & set(tokens))
    words = [t for t in tokens if t not in ("log", "ln", "of", "the", "95", "%", "for", "size")]
    words = [t for t in words if t not in ("s", "value", "ratio")] or words
    named = set().union(*MEASURES.values())
    if named & set(words):  # "Adjusted rate ratio for falls" is a rate ratio
        words = [t for t in words if t in named or t not in {*about.outcomes, *_HOW_ESTIMATED}]
    measures = [name for name, known in MEASURES.items() if known & set(words)]
    measure = measures[0] if len(measures) == 1 else ""
    rest = set(words) - set().union(*(MEASURES[name] for name in measures)) - _ESTIMATE - {"i"}
    if rest & (set().union(*_GROUPS.values()) - {"p"}) or len(measures) > 1:
        return None
    is_estimate = bool(measures or _ESTIMATE & set(words))
    if rest <= _CI | _LOW | _HIGH | {"l", "u"} and rest:
        if rest & _LOW or (rest & _CI and "l" in rest):
            return Meaning("ci_low", measure=measure, log=log)
        if rest & _HIGH or (rest & _CI and "u" in rest):
            return Meaning("ci_high", measure=measure, log=log)
        if rest <= _CI:
            # "OR (95% CI)" holds both, "95% CI of the OR" its interval alone.
            also = "ci" if is_estimate and words[0] not in _CI else ""
            return Meaning("estimate" if also else "ci", measure=measure, log=log, also=also)
    if rest == {"se"} and is_estimate:
        return Meaning("se", measure=measure, log=log)
    if rest in ({"variance"}, {"var"}, {"vi"}):
        return Meaning("variance", measure=measure, log=log)
    if rest == {"p"}:
        return Meaning("p")
    if not rest and is_estimate:
        return Meaning("estimate", measure=measure, log=log)
    return None


def _of_an_arm(tokens: Sequence[str], week: str, words: Vocabulary) -> Meaning | None:
    """The meaning as a statistic of an arm."""
    named_group = _group_in(tokens, words)
    if named_group is None:
        return None
    left, group = named_group
    signs = {token: sign for token, sign in _SIGNS.items() if token not in words.outcomes}
    also = ""
    means = set(left) & (_WORDS["mean"] | _CHANGE | set(signs))
    if {"sd", "se"} & set(left) and means & (_WORDS["mean"] | set(signs)):
        also = "sd" if "sd" in left else "se"
        left.remove(also)
    is_change = bool((_CHANGE | set(signs)) & set(left))
    sign = next((signs[token] for token in left if token in signs), "")
    if _BASELINE & set(left) and not is_change:
        week = "0"
    if is_change and set(left) & (_CI | _LOW | _HIGH):
        return _of_its_limits(left, words, Meaning("change_mean", group, week, sign))
    if _WORDS["mean"] & set(left) and _CI & set(left):
        left = [token for token in left if token not in {*_CI, "%"}]
        also = "ci"
    if "median" in left and (beside := _beside_a_median(left)):
        left = [token for token in left if token not in _SPREAD_OF_A_MEDIAN]
        also = beside
    statistics = set().union(*_WORDS.values()) | _PERCENT | _SHARE
    nothing = _FILLERS | _CHANGE | _BASELINE | set(signs) | {"±"}
    # An outcome may be "deaths", and its unit "min".
    nothing |= set(words.outcomes) - (statistics - _WORDS["minimum"] - _WORDS["maximum"])
    left = [token for token in left if token not in nothing]
    shares = _PERCENT & set(left), _SHARE & set(left)
    if any(shares):
        left = [token for token in left if token not in shares[0] | shares[1]]
        counted = set(left) & (_WORDS["n_events"] | _WORDS["n"]) - {"responders"}
        if shares[0] == {"%"} and counted and set(left) <= counted:
            also = "percent"  # as in "n (%)", where n counts people with the event
            left = ["events"]
        elif set(left) <= _WORDS["n_events"] | {"response", "responding"}:
            return Meaning("responders_percent" if shares[0] else "share", group, week)
        else:
            return None
    names = [name for name, known in _WORDS.items() if known & set(left)]
    # In "Mean total sleep time" the outcome says 'total', and nobody counts people.
    named = set(tokens) & set(words.outcomes)
    if "n" in names and set(left) & _WORDS["n"] <= named and len(named) > 1:
        names.remove("n")
        left = [token for token in left if token not in named]
    if len(names) > 1 and "min" in left:
        names.remove("minimum")  # beside another statistic it is minutes
    # "number of people with an event" counts events, "participants randomised" those randomised.
    for whole in ("n_events", "n_randomised"):
        if set(names) == {"n", whole}:
            names = [whole]
    # "Change on drug" and "PSQI after" name no statistic: of scores, people write the mean so.
    of_scores = is_change or (named and set(tokens) & (_BASELINE | _AFTER))
    if not names and of_scores and not left:
        names = ["mean"]
    if not names and words.counted and named and not left:
        names = ["n_events"]  # "Falls, control"
    unknown = set(left) - set().union(*_WORDS.values())
    if len(names) != 1 or (unknown and not words.lenient):
        return None
    name = names[0]
    if is_change and name in ("mean", "median", "sd", "se", "p", *QUANTILES):
        name = "p_change" if name == "p" else f"change_{name}"
    return Meaning(name, group, week, sign, also=also)


def _group_in(tokens: Sequence[str], words: Vocabulary) -> tuple[list[str], int] | None:
    """The words of a name without that of a group, and which it is; None where it names both.

    A word of the outcome names a group only where no other word does: "FES-I, control", "asthma control, drug".
    A single letter of the outcome names none.
    """
    letters = [token for token in words.outcomes if len(token) == 1]
    for apart in (words.outcomes, letters):
        others = list(tokens)
        for token in set(apart) & set(tokens):
            others.remove(token)
        left, group = list(tokens), 0
        for which, known in _GROUPS.items():
            names = known | (set(words.treatments) if which == TREATED else set())
            found = [token for token in others if token in names]
            # A single letter names a group only together with a statistic.
            if found and len(left) > 1:
                if group:
                    return None
                group = which
                left.remove(max(found, key=len))
        if group:
            return left, group
    return list(tokens), 0


def _beside_a_median(tokens: Sequence[str]) -> str:
    """What the cell of a median has beside it: 'quartiles', 'range' or ''."""
    beside = set(tokens) & _SPREAD_OF_A_MEDIAN
    if not beside or beside in ({"q1"}, {"q3"}):
        return ""
    return "range" if beside == {"range"} else "quartiles"


def _of_its_limits(tokens: Sequence[str], words: Vocabulary, change: Meaning) -> Meaning | None:
    """The meaning as a limit of a change, or as a change with both limits in its cell."""
    known = _FILLERS | _CHANGE | _BASELINE | set(_SIGNS) | _CI | _LOW | _HIGH | _WORDS["mean"]
    if set(tokens) - known - {"%"} - set(words.outcomes):
        return None
    for name, ends in (("change_ci_low", _LOW), ("change_ci_high", _HIGH)):
        if ends & set(tokens):
            return replace(change, name=name)
    return replace(change, also="ci")


def resolved(meanings: Iterable[Meaning]) -> list[Meaning]:
    """Correct meanings by the table's other columns: with an `ai`, metafor's `ci` is a count."""
    meanings = list(meanings)
    if Meaning("n_events", TREATED) in meanings and Meaning("ci") in meanings:
        meanings = [
            Meaning("n_events", CONTROL) if one == Meaning("ci") else one for one in meanings
        ]
    # A mean in a column of its own leaves its interval, SD or SE to the other.
    meanings = [
        replace(one, name=one.name.replace("mean", one.also), also="", sign="")
        if ((one.name == "change_mean" and one.also == "ci") or one.also in ("sd", "se"))
        and replace(one, also="") in meanings
        else one
        for one in meanings
    ]
    if not any(one.name == "mean" or one.name.startswith("change_") for one in meanings):
        # Without means, a standard error is that of the estimate.
        meanings = [replace(one, group=0) if one.name == "se" else one for one in meanings]
    return meanings
