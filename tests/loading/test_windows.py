"""Windows lie inside the picture, and have the distribution and the place that torchvision gives them."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmroll.loading import hashing, windows
from filmroll.loading.windows import Window

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
    assert 0 <= window.top < window.top + window.height <= height
    assert 0 <= window.left < window.left + window.width <= width


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


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 2), (2, 1), (1, 9), (9, 1)])
def test_part_of_a_picture_of_a_few_pixels_has_some(height, width):
    for area, aspect in itertools.product((0, 0.185, 0.9), (0, 0.9999)):
        window = windows.random_window(height, width, [area, aspect, 0, 0] * 10)
        assert 1 <= window.height <= height
        assert 1 <= window.width <= width


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
    ("height", "width", "wanted"), [(100, 50, (12, 0, 50, 50)), (50, 100, (0, 12, 50, 50)), (50, 50, (0, 0, 50, 50))]
)
def test_part_may_be_as_wide_or_as_high_as_the_picture(height, width, wanted):
    share = 50 * 50 / (height * width)
    draws = [0.25] * windows.DRAWS
    assert windows.random_window(height, width, draws, area=(share, share), aspect=(1, 1)) == wanted


@pytest.mark.parametrize(
    ("area", "aspect", "size"),
    [(0, 0, (33, 24)), (0, 0.5, (28, 28)), (0, 0.9999, (24, 33)), (0.5, 0.5, (73, 73)), (0.9999, 0.5, (100, 100))],
)
def test_size_is_drawn_between_the_areas_and_evenly_between_the_logarithms_of_the_aspects(area, aspect, size):
    window = windows.random_window(100, 100, [area, aspect, 0, 0] * 10)
    assert (window.height, window.width) == size


@pytest.mark.parametrize("tries", range(10))
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


PICTURE = np.arange(40 * 60).astype(np.uint8).reshape(40, 60, 1)


def test_whole_pixels_are_cut_out_without_their_neighbours():
    part, box = windows.cut(PICTURE, Window(3, 5, 30, 20), (8, 8))
    assert box is None
    assert np.array_equal(part, PICTURE[3:33, 5:25])
    assert np.shares_memory(part, PICTURE)


@pytest.mark.parametrize("edge", range(4))
def test_part_with_any_fraction_keeps_as_many_neighbours_as_a_pixel_of_the_result_is_made_of(edge):
    window = Window(*(value + (0.5 if place == edge else 0) for place, value in enumerate((12, 14, 12, 16))))
    part, box = windows.cut(PICTURE, window, (4, 2))
    top, left = int(window.top - window.height / 4 - 1), int(window.left - window.width / 2 - 1)
    bottom, right = window.top + window.height, window.left + window.width
    assert np.array_equal(
        part, PICTURE[top : math.ceil(bottom + window.height / 4 + 1), left : math.ceil(right + window.width / 2 + 1)]
    )
    assert box == (window.left - left, window.top - top, right - left, bottom - top)


def test_part_that_is_made_larger_keeps_two_neighbours_and_none_beyond_the_picture():
    part, box = windows.cut(PICTURE, Window(0.5, 40, 10, 20), (20, 40))
    assert np.array_equal(part, PICTURE[:13, 38:])
    assert box == (2, 0.5, 22, 10.5)


def test_whole_picture_is_a_window_too():
    assert windows.whole_window(30, 40) == (0, 0, 30, 40)
