"""Windows lie inside the picture, and have the distribution and the place that torchvision gives them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmroll.loading import hashing, windows

SIDES = st.integers(1, 5000)


@given(SIDES, SIDES, st.integers(0, 10**6))
def test_random_window_is_whole_pixels_inside_the_picture(height, width, number):
    [draws] = hashing.uniform(hashing.key_of(1), np.array([number]), draws=windows.DRAWS)
    window = windows.random_window(height, width, draws.tolist())
    assert all(float(edge).is_integer() for edge in window)
    assert 0 <= window.top < window.top + window.height <= height
    assert 0 <= window.left < window.left + window.width <= width


@given(SIDES, SIDES, st.integers(1, 300), st.integers(1, 300))
def test_center_window_lies_inside_the_picture(height, width, tall, wide):
    window = windows.center_window(height, width, (tall, wide))
    assert window.top >= -1e-6
    assert window.top + window.height <= height + 1e-6
    assert window.left >= -1e-6
    assert window.left + window.width <= width + 1e-6


def test_random_windows_have_the_area_and_aspect_that_were_asked_for():
    draws = hashing.uniform(hashing.key_of(2), np.arange(4000), draws=windows.DRAWS)
    found = [windows.random_window(1000, 1000, row.tolist()) for row in draws]
    areas = np.array([window.height * window.width for window in found]) / 1e6
    aspects = np.array([window.width / window.height for window in found])
    assert areas.min() > 0.079
    assert areas.max() <= 1
    assert areas.mean() == pytest.approx(0.47, abs=0.02)  # not 0.54: the largest often do not fit
    assert aspects.min() > 0.74
    assert aspects.max() < 1.35
    assert np.log(aspects).mean() == pytest.approx(0, abs=0.02)


def test_picture_too_narrow_for_any_try_gives_its_middle():
    window = windows.random_window(1000, 10, [0.99] * windows.DRAWS)
    assert window == (493, 0, 13, 10)


def test_evaluation_sees_what_256_and_224_see():
    assert windows.center_window(256, 512, (224, 224)) == (16, 144, 224, 224)
    assert windows.center_window(512, 512, (224, 224)) == (32, 32, 448, 448)
