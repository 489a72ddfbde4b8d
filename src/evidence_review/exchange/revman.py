"""The two formats in which RevMan exports an analysis: data rows of RevMan Web, and XML of RevMan 5."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

# Columns of the "data rows" in the data package of a Cochrane review (documentation.cochrane.org).
DATA_ROWS = (
    *("Analysis group", "Analysis number", "Analysis name", "Subgroup", "Applicability"),
    *("Study", "Study year", "GIV Mean", "GIV SE"),
    *("Experimental mean", "Experimental SD", "Experimental cases", "Experimental N"),
    *("Control mean", "Control SD", "Control cases", "Control N"),
    *("O-E", "Variance", "Weight", "Mean", "CI start", "CI end", "Footnotes"),
)
# Further columns of RevMan 5, which RevMan Web keeps in other files.
MEASURE, GROUPS = "Measure", ("Experimental group", "Control group")

_KINDS = ("DICH", "CONT", "IV", "IPD", "OTHER")
_ATTRIBUTES = {
    "Experimental mean": "MEAN_1",
    "Experimental SD": "SD_1",
    "Experimental cases": "EVENTS_1",
    "Experimental N": "TOTAL_1",
    "Control mean": "MEAN_2",
    "Control SD": "SD_2",
    "Control cases": "EVENTS_2",
    "Control N": "TOTAL_2",
    "GIV Mean": "ESTIMATE",
    "GIV SE": "SE",
    "O-E": "O_E",
    "Variance": "VAR",
    "Weight": "WEIGHT",
    "Mean": "EFFECT_SIZE",
    "CI start": "CI_START",
    "CI end": "CI_END",
}


def read_revman5(raw: bytes) -> tuple[list[str], list[list[str]]]:
    """The analyses of a RevMan 5 review as data rows of RevMan Web.

    Parameters
    ----------
    raw : bytes
        The contents of an `.rm5` file.

    Returns
    -------
    header, rows
        DATA_ROWS, the measure and the names of both groups; one row for each study of an analysis.

    Raises
    ------
    ValueError
        For another kind of file.
    """
    try:
        root = ElementTree.fromstring(raw)
    except ElementTree.ParseError as error:
        raise ValueError(
            f"this is not the XML of RevMan 5, or it is cut short ({error}): open the review in "
            "RevMan, and save it anew or export its data rows as CSV"
        ) from error
    if root.tag != "COCHRANE_REVIEW":
        raise ValueError(
            f"this is XML, but not a review of RevMan 5 (it begins with <{root.tag}>): give a "
            "table, or the .rm5 file"
        )
    header = [*DATA_ROWS, MEASURE, *GROUPS]
    rows = [[row.get(name, "") for name in header] for row in _analyses(root)]
    return header, rows


def _analyses(root: ElementTree.Element) -> Iterator[dict[str, str]]:
    studies = {study.get("ID", ""): study for study in root.iter("STUDY")}
    for number, comparison in enumerate(root.iter("COMPARISON"), start=1):
        outcomes = [one for one in comparison if one.tag.removesuffix("_OUTCOME") in _KINDS]
        for place, outcome in enumerate(outcomes, start=1):
            kind = outcome.tag.removesuffix("_OUTCOME")
            about = {
                "Analysis group": comparison.get("NO", str(number)),
                "Analysis number": outcome.get("NO", str(place)),
                "Analysis name": _words(outcome, "NAME"),
                MEASURE: outcome.get("EFFECT_MEASURE", ""),
                GROUPS[0]: _words(outcome, "GROUP_LABEL_1"),
                GROUPS[1]: _words(outcome, "GROUP_LABEL_2"),
            }
            for parent in (outcome, *outcome.iter(f"{kind}_SUBGROUP")):
                subgroup = _words(parent, "NAME") if parent is not outcome else ""
                for data in parent.findall(f"{kind}_DATA"):
                    yield about | {"Subgroup": subgroup} | _data(data, studies)


def _data(data: ElementTree.Element, studies: dict[str, ElementTree.Element]) -> dict[str, str]:
    key = data.get("STUDY_ID", "")
    study = studies.get(key)
    plain = re.sub(r"_x([0-9a-fA-F]{4})_", lambda found: chr(int(found[1], 16)), key)
    name = plain.removeprefix("STD-").replace("-", " ")
    year = ""
    if study is not None:
        name, year = study.get("NAME", name), study.get("YEAR", "")
    figures = {ours: data.get(theirs, "") for ours, theirs in _ATTRIBUTES.items()}
    return {"Study": name, "Study year": year, "Footnotes": _words(data, "FOOTNOTE")} | figures


def _words(parent: ElementTree.Element, tag: str) -> str:
    found = parent.find(tag)
    return " ".join("".join(found.itertext()).split()) if found is not None else ""
