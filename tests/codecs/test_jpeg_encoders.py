"""jpegli and Guetzli: JPEGs that any decoder reads, of RGB pictures, with `quality` alone."""

import sys

import numpy as np
import pytest

import pictures
from filmroll import codecs
from filmroll.errors import EncodeError, MissingDependencyError

ENCODERS = ["jpegli", "guetzli"]


@pytest.mark.parametrize("encoder", ENCODERS)
def test_what_it_writes_is_a_jpeg_close_to_the_picture(encoder, tf):
    image = pictures.image(1, height=32, width=32)
    data = codecs.encode(image, "jpeg", encoder=encoder, quality=95)
    header = codecs.read_header(data)
    assert (header.format, header.shape, header.color) == ("jpeg", (32, 32, 3), "ycbcr")
    assert np.abs(codecs.decode(data).astype(int) - image).mean() < 8
    expected = tf.io.decode_jpeg(data, dct_method="INTEGER_ACCURATE").numpy()
    np.testing.assert_array_equal(codecs.decode(data), expected)


def test_jpegli_is_smaller_than_the_usual_encoder_on_photos(data):
    image = codecs.decode((data / "photos" / "1.jpeg").read_bytes())
    ours, usual = (len(codecs.encode(image, "jpeg", quality=90, **how)) for how in ({"encoder": "jpegli"}, {}))
    assert ours < 0.95 * usual


@pytest.mark.parametrize("encoder", ENCODERS)
def test_higher_quality_takes_more_bytes(encoder):
    image = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    sizes = [len(codecs.encode(image, "jpeg", encoder=encoder, quality=quality)) for quality in (84, 95, 100)]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1]


@pytest.mark.parametrize("encoder", ENCODERS)
def test_rows_that_are_not_contiguous_are_encoded_the_same(encoder):
    wide = pictures.image(2, height=16, width=64)
    view = wide[:, ::2]
    assert codecs.encode(view, "jpeg", encoder=encoder) == codecs.encode(view.copy(), "jpeg", encoder=encoder)


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize(
    "options",
    [{"subsampling": "4:4:4"}, {"progressive": True}, {"optimize": True}, {"restart_rows": 1}],
)
def test_options_of_the_usual_encoder_are_refused_by_name(encoder, options):
    with pytest.raises(EncodeError, match=f"{encoder} has no {next(iter(options))}"):
        codecs.encode(pictures.image(1), "jpeg", encoder=encoder, **options)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_gray_is_left_to_the_usual_encoder(encoder):
    with pytest.raises(EncodeError, match="takes RGB, the picture is gray"):
        codecs.encode(pictures.image(1, channels=1), "jpeg", encoder=encoder)


def test_guetzli_has_no_low_quality():
    with pytest.raises(EncodeError, match="84 to 100, not 75"):
        codecs.encode(pictures.image(1), "jpeg", encoder="guetzli", quality=75)


def test_unknown_encoder_is_refused_with_the_names_of_those_there_are():
    with pytest.raises(EncodeError, match="libjpeg-turbo, jpegli, guetzli, not 'mozjpeg'"):
        codecs.encode(pictures.image(1), "jpeg", encoder="mozjpeg")


@pytest.mark.parametrize(("encoder", "package"), [("jpegli", "pyjpegli"), ("guetzli", "pyguetzli")])
def test_absent_package_is_an_error_that_names_the_extra(encoder, package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingDependencyError, match=r"filmroll\[optimize\]"):
        codecs.encode(pictures.image(1), "jpeg", encoder=encoder)


@pytest.mark.parametrize(("encoder", "package"), [("jpegli", "pyjpegli"), ("guetzli", "pyguetzli")])
def test_failure_inside_the_package_is_an_encode_error(encoder, package, monkeypatch):
    class Broken:
        def __getattr__(self, name):
            raise RuntimeError("no memory left")

    monkeypatch.setitem(sys.modules, package, Broken())
    with pytest.raises(EncodeError, match="no memory left"):
        codecs.encode(pictures.image(1), "jpeg", encoder=encoder)
