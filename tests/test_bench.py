"""The benchmarks can be found and started; what they measure is no test's business."""

import importlib

import pytest

from bench.__main__ import modules


@pytest.mark.parametrize("name", modules())
def test_every_module_measures_something(name):
    assert callable(importlib.import_module(f"bench.{name}").measure)
