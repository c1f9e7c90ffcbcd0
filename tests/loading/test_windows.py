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


QUARTER = {"area": (0.25, 0.25), "aspect": (1, 1)}


@pytest.mark.parametrize(
    ("place", "wanted"),
    [((0, 0), (0, 0)), ((0.5, 0), (25, 0)), ((0, 0.5), (0, 25)), ((0.98, 0.999), (49, 50)), ((0.999, 0.98), (50, 49))],
)
def test_place_is_drawn_from_the_first_to_the_last_that_is_inside(place, wanted):
    draws = [0.3, 0.7, *place, *[0.9] * 37]
    assert windows.random_window(100, 100, draws, **QUARTER) == (*wanted, 50, 50)


@pytest.mark.parametrize(
    ("area", "aspect", "size"),
    [(0, 0, (33, 24)), (0, 0.5, (28, 28)), (0, 0.9999, (24, 33)), (0.5, 0.5, (73, 73)), (0.9999, 0.5, (100, 100))],
)
def test_size_is_drawn_between_the_areas_and_evenly_between_the_logarithms_of_the_aspects(area, aspect, size):
    window = windows.random_window(100, 100, [area, aspect, 0, 0] * 10)
    assert (window.height, window.width) == size


@pytest.mark.parametrize("tries", range(9))
def test_try_that_does_not_fit_is_followed_by_one_with_draws_of_its_own(tries):
    draws = [0.9999, 0, 0.5, 0.5] * tries + [0, 0.5, 0.25, 0.75] + [0.9] * 37
    assert windows.random_window(100, 100, draws) == (int(0.25 * 73), int(0.75 * 73), 28, 28)


@pytest.mark.parametrize(
    ("height", "width", "wanted"),
    [
        (100, 100, (0, 0, 100, 100)),
        (100, 80, (0, 0, 100, 80)),
        (100, 75, (0, 0, 100, 75)),
        (100, 50, (16, 0, 67, 50)),
        (75, 100, (0, 0, 75, 100)),
        (50, 100, (0, 16, 50, 67)),
        (10, 1000, (0, 493, 10, 13)),
    ],
)
def test_middle_of_the_nearest_aspect_is_taken_where_ten_tries_do_not_fit(height, width, wanted):
    never = [0.9999, 0.9999 if height >= width else 0, 0.5, 0.5] * 10
    assert windows.random_window(height, width, never, area=(3, 3)) == wanted


@pytest.mark.parametrize(
    ("height", "width", "size", "shorter", "wanted"),
    [
        (100, 200, (50, 50), 50, (0, 50, 100, 100)),
        (200, 100, (50, 50), 50, (50, 0, 100, 100)),
        (100, 100, (50, 50), 100, (25, 25, 50, 50)),
        (100, 100, (45, 40), 100, (28, 30, 45, 40)),  # 27.5 is rounded to the even number, as torchvision does it
        (100, 200, (60, 50), 50, (0, 50, 100, 100)),
        (200, 100, (50, 60), 50, (50, 0, 100, 100)),
        (100, 100, (80, 40), None, (0, 3 * 100 / 46, 100, 40 * 100 / 46)),
        (20, 20, (224, 224), None, (16 * 20 / 256, 16 * 20 / 256, 224 * 20 / 256, 224 * 20 / 256)),
        (333, 500, (100, 100), None, (7 * 333 / 114, 36 * 500 / 171, 100 * 333 / 114, 100 * 500 / 171)),
        (500, 333, (100, 100), None, (36 * 500 / 171, 7 * 333 / 114, 100 * 500 / 171, 100 * 333 / 114)),
    ],
)
def test_middle_is_what_is_left_of_the_resized_picture(height, width, size, shorter, wanted):
    assert windows.center_window(height, width, size, shorter=shorter) == pytest.approx(wanted)


def test_whole_picture_is_a_window_too():
    assert windows.whole_window(30, 40) == (0, 0, 30, 40)
