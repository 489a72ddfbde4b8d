"""What the pages of a generated review say that its tables do not hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from .reviews import Tables

# Words of the reviews that are shipped, and what a computer writes where a number is missing
# (but for the settings at the foot of a page, 'icc = None').
FOREIGN = re.compile(r"magnesium|restless|\bRLS\b|\biron\b|\bnan\b|(?<!= )\bNone\b(?! is )|\binf\b")
# What is left where a part of a sentence was empty, or counts one thing as many.
_BROKEN = re.compile(
    r"\(\s*[,;.)]|[,;]\s*\)|(?<![\d.,])1 (?:trials|studies|arms|groups|comparisons|points)\b|\{\w*\}|[^.]\.\.(?!\.)|,,|\ba odds\b"
)
# What is said of a treatment that people were given at random.
_CAUSAL = re.compile(
    r"\b(?:helps?|improves?|worsens?|randomised trials?|number needed|nothing but placebo|did (?:better|worse))\b"
)
_LABEL = re.compile(
    r"\b(?:Adams|Baker|Clark|Davis|Ellis|Evans|Frank|Gupta|Hayes|Irwin|Jones) \d{4}\b"
)


def unheld(made: Tables, pages: Mapping[str, str]) -> list[str]:
    """Each fault with its page and what stands around it.

    pages: the words of each, by name; *index* is the first.
    """
    studies = [*made.own.get("studies", []), *made.reference.get("studies", [])]
    own = made.own.get("studies", [])
    found = []
    for name, words in pages.items():
        words = words.replace(made.question.text, "")
        for pattern in (FOREIGN, _BROKEN):
            found += _around(name, words, pattern.finditer(words))
        labels = {row["label"] for row in studies}
        found += _around(
            name, words, (one for one in _LABEL.finditer(words) if one[0] not in labels)
        )
    # The first page before its details, in which labels and terms of every kind may stand.
    first = pages["index"].partition("How the answer was reached")[0]
    for said in (made.question.text, made.review.get("article_summary", "")):
        first = first.replace(said or "\0", "")
    if own and all(row["randomised"] == "no" for row in own) and made.own.get("contrasts"):
        found += _around("index", first, _CAUSAL.finditer(first))
    roles = {row["role"] for row in made.own.get("arms", [])}
    if made.question.measure and own and not roles & {"placebo", "sham"}:
        found += _around("index", first, re.finditer("placebo", first, re.I))
    further = made.own.get("outcomes")  # which may be in SDs
    if made.question.measure and not further and "outcome" not in made.settings:
        found += _around(
            "index", first, re.finditer(r"\d (?:points|SDs?|standard deviations?)\b", first)
        )
    outcome = str(made.settings.get("outcome", ""))
    if outcome.casefold() not in first.casefold():
        found.append(f"index: says nothing of {outcome}")
    for counted in re.finditer(r"Based on\s*(\d+) (?:trial|stud)", first):
        if int(counted[1]) > len(own):
            found.append(f"index: {counted[0]}, of {len(own)}")
    return found


def _around(name: str, words: str, found: Iterator[re.Match[str]]) -> list[str]:
    return [
        f"{name}: {' '.join(words[max(one.start() - 60, 0) : one.end() + 40].split())}"
        for one in found
    ]
