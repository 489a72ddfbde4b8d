"""Make an id from a name, and find the year in a name."""

from __future__ import annotations

import re

from anyascii import anyascii


def slug(text: str, between: str) -> str:
    """An id for a name in any script: the letters a to z that spell it, and its digits.

    Parameters
    ----------
    between : str
        Separator between words.

    Examples
    --------
    >>> slug("Müller 2010", ""), slug("Иванов 2010", ""), slug("Zinc, 20 mg", "_")
    ('muller2010', 'ivanov2010', 'zinc_20_mg')
    """
    return between.join(re.findall("[a-z0-9]+", anyascii(text).lower()))


def year_of(name: str) -> str:
    """The year in a study's name; '' if there is none. A longer number is not a year.

    Examples
    --------
    >>> year_of("CTRI 2017123 Rao 2019a"), year_of("Roe 20190"), year_of("Doe")
    ('2019', '', '')
    """
    found = re.findall(r"(?<!\d)(?:19|20)\d\d(?!\d)", name)
    return found[-1] if found else ""
