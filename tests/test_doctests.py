"""The examples in the docstrings of helpers run as they are printed."""
import doctest
import importlib
import pkgutil

import pytest

import helpers

MODULES = [name for _, name, _ in pkgutil.walk_packages(helpers.__path__, "helpers.") if ".questions" not in name]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0


def test_every_public_name_is_documented():
    for name in helpers.__all__:
        assert name in helpers.__doc__ and getattr(helpers, name).__doc__, name
