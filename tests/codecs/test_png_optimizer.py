"""Zopfli: smaller PNG files of the same pixels."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import pictures
from filmroll import codecs
from filmroll.errors import EncodeError, MissingDependencyError

small_pictures = st.sampled_from([1, 2, 3, 4]).flatmap(
    lambda channels: hnp.arrays(st.sampled_from([np.uint8, np.uint16]), (5, 7, channels))
)


@given(small_pictures)
@settings(max_examples=40, deadline=None)
def test_no_pixel_changes_whatever_the_channels_and_the_depth(image):
    data = codecs.encode(image, "png", optimizer="zopfli")
    back = codecs.decode(data, channels=image.shape[2], dtype=image.dtype.name)
    np.testing.assert_array_equal(back, image)


def test_poster_of_the_article_takes_a_third_of_its_published_bytes(data):
    published = (data / "blog" / "freedom.png").read_bytes()
    image = codecs.decode(published, channels=3)
    smaller = codecs.encode(image, "png", optimizer="zopfli")
    assert len(published) == 33_192
    assert len(smaller) == pytest.approx(11_118, abs=200)
    np.testing.assert_array_equal(codecs.decode(smaller, channels=3), image)


def test_gray_pixels_in_rgb_are_stored_as_gray():
    image = np.repeat(pictures.image(1, channels=1), 3, axis=2)
    data = codecs.encode(image, "png", optimizer="zopfli")
    assert codecs.read_header(data).color == "gray"
    np.testing.assert_array_equal(codecs.decode(data, channels=3), image)


def test_it_never_comes_back_larger():
    image = np.zeros((1, 1, 3), np.uint8)
    assert len(codecs.encode(image, "png", optimizer="zopfli")) <= len(codecs.encode(image, "png"))


def test_unknown_optimizer_is_refused():
    with pytest.raises(EncodeError, match="zopfli or None, not 'oxipng'"):
        codecs.encode(pictures.image(1), "png", optimizer="oxipng")


def test_absent_package_is_an_error_that_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "zopfli", None)
    with pytest.raises(MissingDependencyError, match=r"filmroll\[optimize\]"):
        codecs.encode(pictures.image(1), "png", optimizer="zopfli")
