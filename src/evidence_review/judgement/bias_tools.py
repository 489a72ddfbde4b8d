"""RoB 2 and ROBINS-I V2: which signalling questions are asked, and the judgement that answers give.

RoB 2, version of 22 August 2019, for individually randomised parallel-group trials and the effect
of assignment: Sterne et al., BMJ 2019;366:l4898, and the algorithms of its full guidance. The extra
questions for crossover and cluster trials are not included.

ROBINS-I V2, draft of 20 November 2025, intention-to-treat effect (variant A of domain 1): the flow
charts of its assessment form. The first version (Sterne et al., BMJ 2016;355:i4919) describes its
judgements in words and leaves the step from answers to a judgement to the assessor, so that code
cannot derive it. V2 is made for follow-up studies with a comparison and names no design without
one. For an uncontrolled before-after study we use it with the same people on placebo as the
comparison of the target trial: any change over time is then confounding. The charts are pictures; we
took them from published transcriptions. Where these differ (no information in 3.3), we followed two
of the three.

Both tools are at https://www.riskofbias.info (CC BY-NC-ND 4.0). We use the numbers of their
questions; the wording in the data package is ours. Answers: Y yes, PY probably yes, PN probably no,
N no, NI no information; WN and SN a no whose bias is probably not (W) or probably (S) substantial, WY
and SY the same for a yes. NA or no answer: the question is not asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

LOW, SOME_CONCERNS, HIGH = "low", "some concerns", "high"
MODERATE, SERIOUS, CRITICAL = "moderate", "serious", "critical"
NO_INFORMATION, NOT_ASKED = "NI", "NA"

Answers = Mapping[str, str]


class Question(NamedTuple):
    """codes: the allowed answers, without NA. asked: whether earlier answers lead to the question."""

    codes: tuple[str, ...]
    asked: Callable[[Answers], bool] | None = None


@dataclass(frozen=True)
class Domain:
    """Questions by number, in the order of the form, and the rule from answers to a judgement."""

    questions: Mapping[str, Question]
    rule: Callable[[Answers], str]

    def judge(self, answers: Answers) -> str:
        """The judgement that the tool's algorithm derives.

        answers: codes by question; a question that is not asked is absent or NA.
        Raises ValueError for a question that is asked but not answered, answered but not asked, or
        answered with a code that it does not allow.
        """
        complete: dict[str, str] = {}
        for number, question in self.questions.items():
            code = answers.get(number, NOT_ASKED)
            asked = question.asked is None or question.asked(complete)
            allowed = question.codes if asked else (NOT_ASKED,)
            if code not in allowed:
                problem = "has no answer" if code == NOT_ASKED else f"is answered {code}"
                remedy = (
                    f"answer {', '.join(allowed)}"
                    if asked
                    else "earlier answers skip it: answer NA or leave it out"
                )
                raise ValueError(f"question {number} {problem}; {remedy}")
            complete[number] = code
        return self.rule(complete)


@dataclass(frozen=True)
class Tool:
    """levels: judgements, best first. triage: questions that can end the assessment, if any."""

    levels: tuple[str, ...]
    domains: Mapping[str, Domain]
    triage: Domain | None = None

    def worst(self, judgements: Iterable[str]) -> str:
        """The worst judgement, which both tools take as the overall one.

        A person may judge it worse where concerns in several domains add up.
        """
        return max(judgements, key=self.levels.index)


_CODES = ("Y", "PY", "PN", "N", "NI")
_WITHOUT_NI = ("Y", "PY", "PN", "N")
_GRADED_NO = ("Y", "PY", "WN", "SN", "NI")
_GRADED_YES = ("SY", "WY", "PN", "N", "NI")


def _yes(answers: Answers, *questions: str) -> bool:
    """Whether any of the questions is answered yes or probably yes."""
    return any(answers[question] in ("Y", "PY") for question in questions)


def _no(answers: Answers, *questions: str) -> bool:
    """Whether any of the questions is answered no or probably no."""
    return any(answers[question] in ("N", "PN") for question in questions)


def _if(codes: str, *questions: str) -> Callable[[Answers], bool]:
    """The condition that any of these earlier questions has one of the codes."""
    wanted = codes.split()
    return lambda answers: any(answers[question] in wanted for question in questions)


# RoB 2


def _randomisation(a: Answers) -> str:
    if _no(a, "1.2"):
        return HIGH
    if a["1.2"] == NO_INFORMATION:
        return HIGH if _yes(a, "1.3") else SOME_CONCERNS
    return SOME_CONCERNS if _no(a, "1.1") or _yes(a, "1.3") else LOW


def _deviations(a: Answers) -> str:
    if a["2.3"] == NOT_ASKED or _no(a, "2.3"):
        conduct = LOW
    else:
        harmful = _yes(a, "2.3") and not _no(a, "2.4") and not _yes(a, "2.5")
        conduct = HIGH if harmful else SOME_CONCERNS
    analysis = LOW if _yes(a, "2.6") else SOME_CONCERNS if _no(a, "2.7") else HIGH
    return ROB2.worst((conduct, analysis))


def _missing_outcomes(a: Answers) -> str:
    if _yes(a, "3.1", "3.2") or _no(a, "3.3"):
        return LOW
    return SOME_CONCERNS if _no(a, "3.4") else HIGH


def _measurement(a: Answers) -> str:
    if _yes(a, "4.1", "4.2"):
        return HIGH
    if _no(a, "4.3", "4.4"):
        return LOW if _no(a, "4.2") else SOME_CONCERNS
    return SOME_CONCERNS if _no(a, "4.5") else HIGH


def _reported_result(a: Answers) -> str:
    if _yes(a, "5.2", "5.3"):
        return HIGH
    return LOW if _yes(a, "5.1") and _no(a, "5.2") and _no(a, "5.3") else SOME_CONCERNS


ROB2 = Tool(
    levels=(LOW, SOME_CONCERNS, HIGH),
    domains={
        "D1": Domain(
            {"1.1": Question(_CODES), "1.2": Question(_CODES), "1.3": Question(_CODES)},
            _randomisation,
        ),
        "D2": Domain(
            {
                "2.1": Question(_CODES),
                "2.2": Question(_CODES),
                "2.3": Question(_CODES, _if("Y PY NI", "2.1", "2.2")),
                "2.4": Question(_CODES, _if("Y PY", "2.3")),
                "2.5": Question(_CODES, _if("Y PY NI", "2.4")),
                "2.6": Question(_CODES),
                "2.7": Question(_CODES, _if("N PN NI", "2.6")),
            },
            _deviations,
        ),
        "D3": Domain(
            {
                "3.1": Question(_CODES),
                "3.2": Question(_WITHOUT_NI, _if("N PN NI", "3.1")),
                "3.3": Question(_CODES, _if("N PN", "3.2")),
                "3.4": Question(_CODES, _if("Y PY NI", "3.3")),
            },
            _missing_outcomes,
        ),
        "D4": Domain(
            {
                "4.1": Question(_CODES),
                "4.2": Question(_CODES),
                "4.3": Question(_CODES, lambda a: not _yes(a, "4.1", "4.2")),
                "4.4": Question(_CODES, _if("Y PY NI", "4.3")),
                "4.5": Question(_CODES, _if("Y PY NI", "4.4")),
            },
            _measurement,
        ),
        "D5": Domain(
            {"5.1": Question(_CODES), "5.2": Question(_CODES), "5.3": Question(_CODES)},
            _reported_result,
        ),
    },
)


# ROBINS-I V2. In domain 1 and overall, its 'low' means low except for concerns about uncontrolled
# confounding: the best that a study without randomisation can get.

_STEPS = {"SN": 2, "SY": 2, "WN": 1, "WY": 1, "NI": 1}


def _triage(a: Answers) -> str:
    return CRITICAL if _yes(a, "B2", "B3") else LOW


def _confounding(a: Answers) -> str:
    doubt = _yes(a, "1.4")
    if a["1.1"] in ("SN", "NI"):
        return CRITICAL if doubt else SERIOUS
    if _yes(a, "1.3"):
        return SERIOUS if _yes(a, "1.2") and not doubt else CRITICAL
    if a["1.2"] in ("SN", "NI") or doubt:
        return SERIOUS
    return LOW if _yes(a, "1.1") and _yes(a, "1.2") else MODERATE


def _classification(a: Answers) -> str:
    avoided = _yes(a, "2.1", "2.2") or a["2.3"] == "SY"
    start = 0 if avoided else 2 if _no(a, "2.3") else 1
    return _ladder(start + _STEPS.get(a["2.4"], 0) + (not _no(a, "2.5")))


def _selection(a: Answers) -> str:
    start = {"SN": SERIOUS, "WN": MODERATE, "NI": MODERATE}.get(
        a["3.1"], MODERATE if _yes(a, "3.2") else LOW
    )
    later = LOW if _no(a, "3.3", "3.4") else SERIOUS if _yes(a, "3.5") else MODERATE
    found = ROBINS_I.worst((start, later))
    if found != SERIOUS:
        return found
    if _yes(a, "3.6", "3.7"):
        return MODERATE
    return CRITICAL if _yes(a, "3.8") else SERIOUS


def _missing_data(a: Answers) -> str:
    """Low where missing data can do no harm: answers then reach neither a question with a step nor 4.11."""
    if a["4.8"] in ("N", "PN", "NI"):
        return SERIOUS
    handling = sum(_STEPS.get(a[question], 0) for question in ("4.6", "4.9", "4.10"))
    return _ladder(handling + _no(a, "4.11"))


def _measurement_of_outcome(a: Answers) -> str:
    if _yes(a, "5.1") or a["5.3"] == "SY":
        return SERIOUS
    return LOW if _no(a, "5.1") and _no(a, "5.2", "5.3") else MODERATE


def _selected_result(a: Answers) -> str:
    """The judgement; three NI fit two bands of the chart, moderate and serious, and get the worse."""
    if _yes(a, "6.1"):
        return LOW
    chosen = [a[question] for question in ("6.2", "6.3", "6.4")]
    yes, unknown = sum(code in ("Y", "PY") for code in chosen), chosen.count(NO_INFORMATION)
    if yes or unknown == 3:
        return CRITICAL if yes > 1 else SERIOUS
    return MODERATE if unknown else LOW


def _ladder(level: int) -> str:
    return ROBINS_I.levels[min(level, 3)]


ROBINS_I = Tool(
    levels=(LOW, MODERATE, SERIOUS, CRITICAL),
    triage=Domain(
        {
            "B1": Question(_WITHOUT_NI),
            "B2": Question(_WITHOUT_NI, _if("N PN", "B1")),
            "B3": Question(_WITHOUT_NI),
        },
        _triage,
    ),
    domains={
        "D1": Domain(
            {
                "1.1": Question(_GRADED_NO),
                "1.2": Question(_GRADED_NO, _if("Y PY WN", "1.1")),
                "1.3": Question(_CODES, _if("Y PY WN", "1.1")),
                "1.4": Question(_WITHOUT_NI),
            },
            _confounding,
        ),
        "D2": Domain(
            {
                "2.1": Question(_CODES),
                "2.2": Question(_CODES, _if("N PN NI", "2.1")),
                "2.3": Question(_GRADED_YES, _if("N PN NI", "2.2")),
                "2.4": Question(_GRADED_YES),
                "2.5": Question(_CODES),
            },
            _classification,
        ),
        "D3": Domain(
            {
                "3.1": Question(_GRADED_NO),
                "3.2": Question(_CODES, _if("Y PY", "3.1")),
                "3.3": Question(_CODES),
                "3.4": Question(_CODES, _if("Y PY", "3.3")),
                "3.5": Question(_CODES, _if("Y PY", "3.4")),
                "3.6": Question(_CODES, lambda a: a["3.1"] == "SN" or _yes(a, "3.5")),
                "3.7": Question(_CODES, _if("N PN NI", "3.6")),
                "3.8": Question(_CODES, _if("N PN NI", "3.7")),
            },
            _selection,
        ),
        "D4": Domain(
            {
                "4.1": Question(_CODES),
                "4.2": Question(_CODES),
                "4.3": Question(_CODES),
                "4.4": Question(_CODES, _if("N PN NI", "4.1", "4.2", "4.3")),
                "4.5": Question(_CODES, _if("Y PY NI", "4.4")),
                "4.6": Question(_GRADED_NO, _if("Y PY NI", "4.5")),
                "4.7": Question(_CODES, _if("N PN", "4.4")),
                "4.8": Question(_CODES, _if("Y PY", "4.7")),
                "4.9": Question(_GRADED_NO, _if("Y PY", "4.8")),
                "4.10": Question(_GRADED_NO, _if("N PN NI", "4.7")),
                "4.11": Question(
                    _WITHOUT_NI,
                    lambda a: (
                        a["4.6"] != NOT_ASKED
                        or not {"WN", "SN", "NI"}.isdisjoint((a["4.9"], a["4.10"]))
                    ),
                ),
            },
            _missing_data,
        ),
        "D5": Domain(
            {
                "5.1": Question(_CODES),
                "5.2": Question(_CODES),
                "5.3": Question(_GRADED_YES, _if("Y PY NI", "5.2")),
            },
            _measurement_of_outcome,
        ),
        "D6": Domain(
            {
                "6.1": Question(_CODES),
                "6.2": Question(_CODES, _if("N PN NI", "6.1")),
                "6.3": Question(_CODES, _if("N PN NI", "6.1")),
                "6.4": Question(_CODES, _if("N PN NI", "6.1")),
            },
            _selected_result,
        ),
    },
)

TOOLS = {"RoB 2": ROB2, "ROBINS-I V2": ROBINS_I}
