"""Slow encoders in a process of their own: the same bytes, and an end when time is up."""

import numpy as np
import pytest

import pictures
from filmroll import codecs
from filmroll.advising import apart
from filmroll.errors import EncodeError, LimitError


def test_bytes_are_those_of_encoding_here():
    image = pictures.image(1, height=16, width=16)
    data, seconds = apart.encode(image, "jpeg", {"quality": 90, "encoder": "guetzli"}, timeout_s=60)
    assert data == codecs.encode(image, "jpeg", quality=90, encoder="guetzli")
    assert 0 < seconds < 60


def test_encoder_that_takes_too_long_is_ended():
    noise = np.random.default_rng(0).integers(0, 256, (600, 600, 3), np.uint8)
    with pytest.raises(LimitError, match="did not end in the 1 s that were left"):
        apart.encode(noise, "jpeg", {"encoder": "guetzli"}, timeout_s=1.2)


def test_nothing_is_begun_where_no_time_is_left():
    with pytest.raises(LimitError, match="no time was left"):
        apart.encode(pictures.image(1), "png", {}, timeout_s=0.9)


def test_failure_over_there_is_an_error_here_with_its_reason():
    with pytest.raises(EncodeError, match="^JPEG quality is 1 to 100"):
        apart.encode(pictures.image(1), "jpeg", {"quality": 0}, timeout_s=60)
    with pytest.raises(EncodeError, match="the encoder failed: TypeError: .*'colour'"):
        apart.encode(pictures.image(1), "jpeg", {"colour": 0}, timeout_s=60)


def test_encoder_that_is_not_installed_says_what_to_install_and_nothing_else(tmp_path, monkeypatch):
    (tmp_path / "zopfli.py").write_text("raise ImportError")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(EncodeError, match=r"^optimizing PNG needs zopfli: pip install 'filmroll\[optimize\]'$"):
        apart.encode(pictures.image(1), "png", {"optimizer": "zopfli"}, timeout_s=60)
