"""Figures as people read them: a unit that fits, and no digits that mean nothing."""

import pytest

from filmroll import figures


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (2, "2 bytes"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (1400, "1.4 kB"),
        (99_949, "99.9 kB"),
        (99_950, "100 kB"),
        (250_000, "250 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (999_999, "1.0 MB"),
        (999_499_999, "999 MB"),
        (999_999_999, "1.0 GB"),
        (7.2e9, "7.2 GB"),
        (999.9e9, "1.0 TB"),
        (3.25e12, "3.2 TB"),
        (3e15, "3000 TB"),
    ],
)
def test_bytes_have_a_unit_that_fits(count, text):
    assert figures.human(count) == text


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (2.5, "250 %"),
        (1, "100 %"),
        (0.36, "36 %"),
        (0.0996, "10 %"),
        (0.0995, "10 %"),
        (0.0994, "9.9 %"),
        (0.046, "4.6 %"),
        (0.001, "0.1 %"),
        (0.0009, "0.09 %"),
        (0.0002, "0.02 %"),
        (0, "0.0 %"),
    ],
)
def test_small_shares_have_a_digit_more(part, text):
    assert figures.share(part) == text


@pytest.mark.parametrize(
    ("per_s", "text"),
    [
        (1_260_000, "1,300,000"),
        (12_345, "12,000"),
        (999.6, "1,000"),
        (845, "840"),
        (100, "100"),
        (99.6, "100"),
        (99.4, "99"),
        (10, "10"),
        (9.94, "9.9"),
        (3.14, "3.1"),
        (0.012, "0.012"),
    ],
)
def test_speeds_have_two_figures(per_s, text):
    assert figures.rate(per_s) == text
