"""Which resampler is taken, and what is said where it is not installed."""

import sys

import pytest

from filmroll.errors import MissingDependencyError, UnsupportedError
from filmroll.loading import interpolation, resampling


def test_pillow_is_taken_where_the_other_is_not_installed(monkeypatch):
    assert resampling.resizer("auto").resize is resampling.resize_by_simd
    monkeypatch.setitem(sys.modules, "cykooz_resizer", None)
    assert resampling.resizer("auto").resize is resampling.resize_by_pillow
    assert resampling.resizer("pillow").resize is resampling.resize_by_pillow


def test_resampler_that_is_asked_for_and_absent_names_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "cykooz_resizer", None)
    with pytest.raises(MissingDependencyError, match=r"filmroll\[simd\]"):
        resampling.resizer("simd")


def test_opencv_is_taken_without_antialiasing_where_it_is_installed(monkeypatch):
    assert resampling.resizer("auto", antialias=False).resize is interpolation.resize_by_opencv
    monkeypatch.setitem(sys.modules, "cv2", None)
    assert resampling.resizer("auto", antialias=False).resize is interpolation.resize_by_pillow
    with pytest.raises(MissingDependencyError, match=r"filmroll\[opencv\]"):
        resampling.resizer("opencv", antialias=False)


@pytest.mark.parametrize(
    ("name", "antialias", "there_are"),
    [
        ("bicubic", True, "'auto' and 'simd' and 'pillow'"),
        ("opencv", True, "'auto' and 'simd' and 'pillow'"),
        ("simd", False, "'auto' and 'opencv' and 'pillow'"),
    ],
)
def test_resampler_that_is_none_names_those_there_are(name, antialias, there_are):
    with pytest.raises(UnsupportedError, match=f"'{name}' with antialias={antialias}; there are {there_are}"):
        resampling.resizer(name, antialias=antialias)
