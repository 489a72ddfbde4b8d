"""Numbers, counts and lists as a reader sees them: the one formatter.

Not here: sentences (words), and reading a number from a table (records).
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from datetime import date
from math import floor, isfinite, isinf, isnan, log10

_LONG = 10_000  # from here on a number is hard to read without a mark at its thousands


def number(value: float | None, digits: int = 2) -> str:
    """A number with a true minus sign, and from 10,000 with commas; an en dash for none.

    Examples
    --------
    >>> number(-6.667), number(72476, 0), number(3669, 0)
    ('−6.67', '72,476', '3669')
    """
    if value is None or not isfinite(value):
        return "–"
    text = f"{value:{',' if abs(value) >= _LONG else ''}.{digits}f}"
    if value == 0 or not text.strip("-0."):
        text = text.lstrip("-")
    return text.replace("-", "−")


def interval(low: float | None, high: float | None, digits: int = 2) -> str:
    """'−1.20 to 3.40', '1.20 or more' where there is no limit; an en dash if there is none."""
    if low is None or high is None or isnan(low) or isnan(high) or (isinf(low) and isinf(high)):
        return "–"
    if isinf(low):
        return f"{number(high, digits)} or less"
    if isinf(high):
        return f"{number(low, digits)} or more"
    return f"{number(low, digits)} to {number(high, digits)}"


def percent(share: float, digits: int = 0) -> str:
    """A share of 1 as per cent; never '0%' or '100%' for what is only close to it."""
    if 0 < share < 0.5 * 10.0 ** (-digits - 2):
        return f"below {10.0**-digits:.{digits}f}%"
    if 1 - 0.5 * 10.0 ** (-digits - 2) < share < 1:
        return f"above {100 - 10.0**-digits:.{digits}f}%"
    return f"{100 * share:.{digits}f}%"


def p_value(p: float, comparator: str = "=") -> str:
    """'p = .006' in the manner of journals; small values as a bound."""
    if not isfinite(p):
        return "–"
    if comparator == "=" and p < 0.0001:
        return "p < .0001"
    text = f"{p:.4f}".rstrip("0") if p < 0.1 else f"{p:.2f}"
    return f"p {comparator} {text.removeprefix('0')}"


def listing(items: Iterable[str]) -> str:
    """'a, b and c'."""
    items = list(items)
    if len(items) < 2:
        return "".join(items)
    return ", ".join(items[:-1]) + " and " + items[-1]


# A month: a twelfth of a year of 365.25 days.
_WEEKS_A_MONTH = 365.25 / 12 / 7


def duration(weeks: float) -> str:
    """A length of time as people say it: whole months as months, all else as weeks."""
    months = weeks / _WEEKS_A_MONTH
    if months > 0.9 and abs(months - round(months)) < 0.02:
        return counted(round(months), "month")
    return f"{weeks:g} week{'' if weeks == 1 else 's'}"


def rough(value: float, uncertainty: float) -> str:
    """A number without the digits that its uncertainty leaves open: 6.67 with a half-width of 4.3 is '7'.

    The last digit is of the size of the uncertainty, and no whole digit is dropped.
    """
    return number(value, max(0, -floor(log10(uncertainty))) if uncertainty > 0 else 2)


def day(text: str) -> str:
    """A day such as '2026-11-22' as people write it: '22 Nov 2026'."""
    found = date.fromisoformat(text)
    return f"{found.day} {found:%b %Y}"


def capital(text: str) -> str:
    """First letter upper case, the rest untouched."""
    return text[:1].upper() + text[1:]


def shorten(text: str, most: int) -> str:
    """The text cut at a word, with an ellipsis, to at most so many characters."""
    return textwrap.shorten(text, most, placeholder=" …", break_on_hyphens=False)


def cut(text: str, most: int) -> str:
    """The text cut at any letter, with an ellipsis, to at most so many characters; spaces stay.

    Examples
    --------
    >>> cut("Lin 2009", 8), cut("Collaboration 2009", 8)
    ('Lin 2009', 'Collabo…')
    """
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def entity(found: re.Match) -> str:
    """A character so that HTML and Markdown show it, whatever it means there; for `re.sub`."""
    return f"&#{ord(found[0])};"


def counted(count: int, singular: str, plural: str | None = None) -> str:
    """'1 trial', '3 trials', '25,642 people'."""
    return f"{number(count, 0)} {singular if count == 1 else plural or singular + 's'}"


def singular(unit: str) -> str:
    """One of what a unit counts: 'study' for 'studies', 'arm' for 'arms'."""
    return "study" if unit == "studies" else unit.removesuffix("s")


def units(shown: str, unit: str) -> str:
    """The unit after a number as it is shown: 'point' after '1', 'points' after '2' and after '1.0'.

    >>> f"1 {units('1', 'points')}, 1.0 {units('1.0', 'points')}, 1 {units('1', 'SD')}"
    '1 point, 1.0 points, 1 SD'
    """
    return singular(unit) if shown in ("1", "-1", "−1") else unit


_STATISTICS = {
    "n": "people",
    "n_randomised": "people randomised",
    "n_analysed": "people analysed",
    "n_planned": "people planned",
    "n_events": "count",
    "n_clusters": "groups randomised",
    "icc": "intracluster correlation",
    "n_first_period": "people in the first period",
    "sd_first_period": "SD, first period",
    "mean_first_period": "mean, first period",
    "sd_second_period": "SD, second period",
    "mean_second_period": "mean, second period",
    "sd": "SD",
    "q1": "lower quartile",
    "q3": "upper quartile",
    "t_change": "t, against baseline",
    "t_difference": "t of the difference",
    "f_difference": "F of the difference",
    "p_change": "P, against baseline",
    "p_difference": "P of the difference",
    "p_omnibus": "P over all arms",
    "person_time": "time that people were followed",
    "responders_percent": "responders",
    "text": "in words",
}


def statistic(name: str) -> str:
    """A statistic's name in words: 'change_ci_low' is 'change, lower limit'."""
    if name in _STATISTICS:
        return _STATISTICS[name]
    words = name.replace("_ci_low", ", lower limit").replace("_ci_high", ", upper limit")
    words = words.replace("_ci_level", ", level of the interval")
    words = words.replace("_q1", ", lower quartile").replace("_q3", ", upper quartile")
    return words.replace("_sd", ", SD").replace("_se", ", SE").replace("_", " ")
