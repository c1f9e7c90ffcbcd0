"""The plot: a file of the format that its name says, the same for the same advice, light and dark."""

import io
import re
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from filmroll.advising import plot
from filmroll.errors import MissingDependencyError, UnsupportedError


def test_file_is_of_the_format_that_its_name_says(advice, tmp_path):
    for suffix, signature in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")):
        plot.write(tmp_path / f"a.{suffix}", advice)
        assert (tmp_path / f"a.{suffix}").read_bytes().startswith(signature)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.pdf", "a.png", "a.svg"]


def test_same_advice_is_the_same_drawing(advice):
    assert plot.draw(advice, format="svg") == plot.draw(advice, format="svg")


def test_dark_is_light_on_dark_and_narrow_is_high(advice):
    light, dark, narrow = (
        np.asarray(Image.open(io.BytesIO(plot.draw(advice, **how))).convert("L"))
        for how in ({}, {"dark": True}, {"narrow": True})
    )
    assert np.median(light) > 240
    assert np.median(dark) < 60
    assert light.shape[1] > light.shape[0]
    assert narrow.shape[0] > narrow.shape[1]


def test_every_candidate_has_a_series_and_the_legend_names_them(advice):
    assert {plot.series_of(one) for one in advice.candidates} <= plot.SERIES.keys()
    comments = re.findall(r"<!-- (.*?) -->", plot.draw(advice, format="svg").decode())
    for words in ("as they are", "JPEG, 4:4:4", "jpegli", "WebP, lossless", "recommended", "hollow: made smaller"):
        assert words in comments
    assert advice.recommended in comments


def test_series_differ_in_shape_so_that_print_without_colour_is_readable():
    markers = [one.marker for one in plot.SERIES.values()]
    assert len(set(markers)) == len(markers)


def test_without_reading_it_shows_decoding(advice):
    rows = [replace(one, read_per_s=None) for one in advice.candidates]
    comments = re.findall(r"<!-- (.*?) -->", plot.draw(replace(advice, candidates=rows), format="svg").decode())
    assert "pictures decoded/s, one core" in comments


@pytest.mark.parametrize("name", ["a.gif", "a"])
def test_other_suffixes_are_refused_before_anything_is_drawn(name, advice, tmp_path):
    with pytest.raises(UnsupportedError, match=r"named \.png, \.svg, \.pdf"):
        plot.write(tmp_path / name, advice)
    assert list(tmp_path.iterdir()) == []


def test_absent_matplotlib_is_an_error_that_names_the_extra(advice, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingDependencyError, match=r"filmroll\[plot\]"):
        plot.draw(advice)
    with pytest.raises(MissingDependencyError, match=r"filmroll\[plot\]"):
        plot.check()
