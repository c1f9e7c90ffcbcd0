"""Which resampler is taken, and what is said where it is not installed."""

import sys

import numpy as np
import pytest

from filmroll.errors import MissingDependencyError, UnsupportedError
from filmroll.loading import interpolation, resampling


def test_pillow_is_taken_where_the_other_is_not_installed(monkeypatch):
    assert resampling.resize_with("auto") is resampling.resize_by_simd
    monkeypatch.setitem(sys.modules, "cykooz_resizer", None)
    assert resampling.resize_with("auto") is resampling.resize_by_pillow
    assert resampling.resize_with("pillow") is resampling.resize_by_pillow


def test_resampler_that_is_asked_for_and_absent_names_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "cykooz_resizer", None)
    with pytest.raises(MissingDependencyError, match=r"filmroll\[simd\]"):
        resampling.resize_with("simd")


def test_opencv_is_taken_without_antialiasing_where_it_is_installed(monkeypatch):
    assert resampling.resize_with("auto", antialias=False) is interpolation.resize_by_opencv
    monkeypatch.setitem(sys.modules, "cv2", None)
    assert resampling.resize_with("auto", antialias=False) is interpolation.resize_by_pillow
    with pytest.raises(MissingDependencyError, match=r"filmroll\[opencv\]"):
        resampling.resize_with("opencv", antialias=False)


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
        resampling.resize_with(name, antialias=antialias)


@pytest.mark.parametrize("width", [1, 2, 7, 8, 16, 224])
@pytest.mark.parametrize("channels", [1, 3])
def test_rows_reversed_are_the_picture_mirrored_with_its_channels_in_the_other_order(width, channels):
    image = np.random.default_rng(width).integers(0, 256, (5, width, channels), np.uint8)
    wanted = image[:, ::-1, ::-1]
    batch = np.zeros((3, *image.shape), np.uint8)
    resampling.reverse_rows(image, batch[1])
    assert np.array_equal(batch[1], wanted)
    assert not batch[[0, 2]].any()
