"""The examples in the docstrings of pooling run, and every public function has one."""

import doctest
import inspect
from importlib import import_module

import pytest

MODULES = (
    "dependent",
    "influence",
    "meta_regression",
    "multi_arm",
    "small_study",
    "studies",
    "synthesis",
    "variance_shares",
)


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    module = import_module(f"evidence_review.stats.{name}")
    assert doctest.testmod(module).failed == 0
    for function, value in inspect.getmembers(module, inspect.isfunction):
        if value.__module__ == module.__name__ and not function.startswith("_"):
            assert ">>>" in (value.__doc__ or ""), f"{name}.{function} has no example"
