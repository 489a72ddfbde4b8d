"""References to findings and verdict rules: what is one, and what is said of what is not."""

import pytest
import yaml

from evidence_review.records.references import (
    VERDICTS,
    Reference,
    condition,
    references,
    substitute,
    verdict_rule,
)


def test_the_verdicts_are_those_of_the_table(project):
    tables = yaml.safe_load((project.data / "tables.yml").read_text(encoding="utf-8"))["tables"]
    (claims,) = [table for table in tables if table["name"] == "claims"]
    (verdict,) = [field for field in claims["fields"] if field["name"] == "verdict"]
    assert tuple(verdict["constraints"]["enum"]) == VERDICTS


def test_references_in_a_text():
    text = "fell by {-a.b}, from {-a.b:low} to {c-d.e_f.g:high} ({a.b:interval})"
    assert references(text) == (
        Reference("a.b", negated=True),
        Reference("a.b", negated=True, part="low"),
        Reference("c-d.e_f.g", part="high"),
        Reference("a.b", part="interval"),
    )
    assert substitute("a {b.c} d", lambda reference: reference.id.upper()) == "a B.C d"


@pytest.mark.parametrize(
    "text", ["{a}", "{a.b", "a.b}", "{ a.b }", "{A.b}", "{a.b:middle}", "{{a.b}}"]
)
def test_a_brace_that_is_no_reference(text):
    with pytest.raises(ValueError, match="not a reference to a finding; write"):
        references(text)


def test_a_rule_in_its_order():
    rule = verdict_rule("partly if {a.b} < 3 and not {c.d} == 0; supported otherwise")
    assert [verdict for verdict, _ in rule] == ["partly", "supported"]
    assert rule[0][1].text == "{a.b} < 3 and not {c.d} == 0"
    assert rule[1][1] is None


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("supported", "part 1, 'supported', must read 'VERDICT otherwise'"),
        ("partly if {a.b} < 3", "must read 'VERDICT otherwise'"),
        ("partly otherwise; supported otherwise", "must read 'VERDICT if CONDITION'"),
        ("mostly if {a.b} < 3; supported otherwise", "'mostly' is not a verdict; allowed are supp"),
        ("partly if {a.b} < 3; true otherwise", "'true' is not a verdict"),
        ("partly if {a.b}; supported otherwise", "'{a.b}' is not a condition"),
        ("partly if {a.b} <; supported otherwise", "is not a condition"),
        ("partly if a.b < 3; supported otherwise", "is not a condition"),
        ("partly if r0 < {a.b} < r1; supported otherwise", "is not a condition"),
        ("partly if {a.b:interval} < 3; supported otherwise", "take its :low or :high"),
    ],
)
def test_what_is_not_a_rule(rule, says):
    with pytest.raises(ValueError) as caught:
        verdict_rule(rule)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true') == 0",
        "{a.b}.__class__ == 0",
        "len('x') == 1",
        "9 ** 9 ** 9 > {a.b}",
        "{a.b} / 0 > 1",
        "[{a.b}] == 1",
        "(lambda: 1)() == 1",
        "True",
        "{a.b} < True",
        "{a.b} in 'abc'",
        "'a' == 'a'",
        "{a.b} if {a.b} else 1",
    ],
)
def test_a_condition_is_arithmetic_and_nothing_else(text):
    with pytest.raises(ValueError, match="is not a condition"):
        condition(text)
