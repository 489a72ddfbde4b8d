"""Decision tables of the risk-of-bias tools, row by row, held against the algorithms in the code.

A row is a pattern for every question and the judgement: 'Y/PY | N/PN/NI | - => low'. '-' is a
question that is not asked, 'any' every answer on the form. The rows of a table must not overlap.
"""

from itertools import product

STANDARD = ("Y", "PY", "PN", "N", "NI")
WITHOUT_NI = ("Y", "PY", "PN", "N")
GRADED_NO = ("Y", "PY", "WN", "SN", "NI")
GRADED_YES = ("SY", "WY", "PN", "N", "NI")
EVERY_CODE = ("Y", "PY", "PN", "N", "NI", "WN", "SN", "WY", "SY", "NA")


def expand(form: dict[str, tuple[str, ...]], table: str) -> dict[tuple[str, ...], str]:
    """Every combination of answers in a table, and its judgement; each may be there only once.

    form: question to the answers printed on the tool's form, without NA.
    """
    found: dict[tuple[str, ...], str] = {}
    for line in table.strip().splitlines():
        pattern, judgement = line.split("=>")
        cells = [cell.strip() for cell in pattern.split("|")]
        assert len(cells) == len(form), line
        for combination in product(*map(_codes, cells, form.values())):
            assert combination not in found, f"{combination} is in the table twice"
            found[combination] = judgement.strip()
    return found


def _codes(cell: str, printed: tuple[str, ...]) -> tuple[str, ...]:
    if cell == "-":
        return ("NA",)
    codes = printed if cell == "any" else tuple(cell.split("/"))
    assert set(codes) <= set(printed), cell
    return codes


def check(domain, form: dict[str, tuple[str, ...]], expected: dict[tuple[str, ...], str]) -> None:
    """The algorithm gives each combination its judgement and refuses every other one.

    Others are found from the front: a code that continues no combination of the table must be
    refused with the number of its question, whatever follows.
    """
    questions = list(form)
    judged = {
        combination: domain.judge(dict(zip(questions, combination, strict=True)))
        for combination in expected
    }
    assert judged == expected
    beginnings = {combination[:n] for combination in expected for n in range(len(form) + 1)}
    for start in beginnings:
        for code in EVERY_CODE if len(start) < len(form) else ():
            if (*start, code) not in beginnings:
                answers = dict(zip(questions, (*start, code), strict=False))
                assert f"question {questions[len(start)]} " in _refusal(domain, answers)


def _refusal(domain, answers: dict[str, str]) -> str:
    try:
        return f"judged {domain.judge(answers)}"
    except ValueError as error:
        return str(error)
