"""Figures as people read them: a unit that fits, and no digits that mean nothing."""

import pytest

from filmroll import figures


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1400, "1.4 kB"), (250_000, "250 kB"), (7.2e9, "7.2 GB"), (3e15, "3000.0 TB")],
)
def test_bytes_have_a_unit_that_fits(count, text):
    assert figures.human(count) == text


@pytest.mark.parametrize(
    ("part", "text"),
    [(1, "100 %"), (0.36, "36 %"), (0.0996, "10 %"), (0.046, "4.6 %"), (0.0002, "0.02 %"), (0, "0.0 %")],
)
def test_small_shares_have_a_digit_more(part, text):
    assert figures.share(part) == text


@pytest.mark.parametrize(
    ("per_s", "text"), [(12_345, "12,000"), (845, "840"), (99.4, "99"), (10, "10"), (3.14, "3.1"), (0.012, "0.012")]
)
def test_speeds_have_two_figures(per_s, text):
    assert figures.rate(per_s) == text
