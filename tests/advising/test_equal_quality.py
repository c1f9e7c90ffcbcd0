"""Encoders compared at the same quality: between the points of the usual one, and nowhere else."""

import pytest

from filmroll.advising import equal_quality
from measured import measured

USUAL = [
    measured(f"JPEG, quality {q}", n, ssim=s) for q, n, s in ((75, 1000, 0.90), (90, 2000, 0.94), (95, 4000, 0.98))
]


def test_front_leaves_out_points_that_another_beats():
    points = [(3.0, 0.9), (1.0, 0.5), (2.0, 0.4), (4.0, 0.95)]
    assert equal_quality.front_of(points) == [(1.0, 0.5), (3.0, 0.9), (4.0, 0.95)]


def test_of_two_points_of_one_quality_the_smaller_stands():
    front = equal_quality.front_of([(2.0, 0.9), (1.0, 0.9), (4.0, 0.95)])
    assert front == [(1.0, 0.9), (4.0, 0.95)]
    assert equal_quality.nbytes_at(front, 0.9) == pytest.approx(1)


def test_bytes_between_two_points_grow_by_their_ratio():
    assert equal_quality.nbytes_at([(1000, 0.90), (4000, 0.98)], 0.94) == pytest.approx(2000)
    assert equal_quality.nbytes_at([(1000, 0.90), (4000, 0.98)], 0.98) == pytest.approx(4000)


@pytest.mark.parametrize("quality", [0.89, 0.99])
def test_outside_of_what_was_measured_nothing_is_claimed(quality):
    assert equal_quality.nbytes_at([(1000, 0.90), (4000, 0.98)], quality) is None
    assert equal_quality.nbytes_at([], 0.9) is None


def test_share_is_against_the_usual_encoder_at_that_quality():
    other = measured("jpegli, quality 90", 1500, ssim=0.94)
    *usual, found = equal_quality.compare([*USUAL, other])
    assert found.equal_share == pytest.approx(0.75)
    assert {one.equal_share for one in usual} == {None}


def test_ssimulacra2_decides_where_it_was_computed():
    usual = [measured(f"JPEG, quality {q}", n, ssim=0.9, ssimulacra2=s) for q, n, s in ((75, 1000, 70), (95, 4000, 90))]
    other = measured("Guetzli, quality 95", 1000, ssim=0.1, ssimulacra2=80.0)
    assert equal_quality.compare([*usual, other])[-1].equal_share == pytest.approx(0.5)


def test_other_formats_and_smaller_copies_are_not_compared():
    rows = [
        *USUAL,
        measured("WebP, quality 80", 900, ssim=0.94),
        measured("JPEG, quality 90, side 256", 9, ssim=0.94),
    ]
    assert {one.equal_share for one in equal_quality.compare(rows)} == {None}
    with_other = equal_quality.compare([*rows, measured("jpegli, quality 90", 1500, ssim=0.94)])
    assert with_other[-1].equal_share == pytest.approx(0.75)
