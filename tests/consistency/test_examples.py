"""Every check of printed figures has an example in its docstring, which runs as a test."""

import inspect
import pkgutil
from importlib import import_module

import pytest

from evidence_review import consistency
from evidence_review.consistency.printed import Check

CHECKS = {
    f"{module.name}.{name}": function
    for module in pkgutil.iter_modules(consistency.__path__)
    for name, function in vars(import_module(f"{consistency.__name__}.{module.name}")).items()
    if inspect.isfunction(function)
    and not name.startswith("_")
    and inspect.isclass(result := inspect.signature(function, eval_str=True).return_annotation)
    and issubclass(result, Check)
}


def test_checks_are_found():
    assert {"granularity.grim", "intervals.p_against_interval", "samples.attainable"} <= set(CHECKS)


@pytest.mark.parametrize("name", CHECKS)
def test_a_check_says_what_it_takes_and_shows_an_example(name):
    text = inspect.getdoc(CHECKS[name])
    for section in ("Parameters", "Returns", "Raises", "Examples"):
        assert f"\n{section}\n{'-' * len(section)}\n" in text
    for parameter in inspect.signature(CHECKS[name]).parameters:
        assert parameter in text.partition("Parameters\n")[2].partition("Returns\n")[0]
