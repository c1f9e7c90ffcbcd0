"""Which resampler is taken, and what is said where it is not installed."""

import sys

import pytest

from filmroll.errors import MissingDependencyError, UnsupportedError
from filmroll.loading import resampling


def test_pillow_is_taken_where_the_other_is_not_installed(monkeypatch):
    assert resampling.resize_with("auto") is resampling.resize_by_simd
    monkeypatch.setitem(sys.modules, "cykooz_resizer", None)
    assert resampling.resize_with("auto") is resampling.resize_by_pillow
    assert resampling.resize_with("pillow") is resampling.resize_by_pillow


def test_resampler_that_is_asked_for_and_absent_names_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "cykooz_resizer", None)
    with pytest.raises(MissingDependencyError, match=r"filmroll\[simd\]"):
        resampling.resize_with("simd")


def test_resampler_that_is_none_names_those_there_are():
    with pytest.raises(UnsupportedError, match="'auto', 'pillow' and 'simd'"):
        resampling.resize_with("bicubic")
