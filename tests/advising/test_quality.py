"""PSNR and SSIM: equal to TensorFlow's, and to a slow obvious oracle."""

import math
import sys

import numpy as np
import pytest

import pictures
from filmroll import codecs
from filmroll.advising import quality
from filmroll.errors import MissingDependencyError, UnsupportedError


def slow_ssim(image: np.ndarray, source: np.ndarray) -> float:
    """The definition, window by window, in float64."""
    weights = np.exp(-((np.arange(11) - 5) ** 2) / (2 * 1.5**2))
    weights = np.outer(weights, weights) / weights.sum() ** 2
    values = []
    for top in range(image.shape[0] - 10):
        for left in range(image.shape[1] - 10):
            for channel in range(image.shape[2]):
                x, y = (one[top : top + 11, left : left + 11, channel].astype(float) for one in (image, source))
                mean_x, mean_y = (weights * x).sum(), (weights * y).sum()
                var_x, var_y = (weights * (x - mean_x) ** 2).sum(), (weights * (y - mean_y) ** 2).sum()
                covariance = (weights * (x - mean_x) * (y - mean_y)).sum()
                light = (2 * mean_x * mean_y + quality.C1) / (mean_x**2 + mean_y**2 + quality.C1)
                values.append(light * (2 * covariance + quality.C2) / (var_x + var_y + quality.C2))
    return float(np.mean(values))


@pytest.mark.parametrize(("height", "width", "channels"), [(11, 11, 1), (11, 30, 3), (75, 13, 1), (14, 76, 3)])
def test_ssim_equals_the_definition_at_any_size(height, width, channels):
    source = pictures.image(1, height=height, width=width, channels=channels)
    image = codecs.decode(codecs.encode(source, "jpeg", quality=30), channels=channels)
    assert quality.ssim(image, source) == pytest.approx(slow_ssim(image, source), abs=2e-5)


def test_ssim_of_noise_on_flat_gray_equals_the_definition():
    rng = np.random.default_rng(1)
    source = np.full((20, 20, 1), 250, np.uint8)
    image = (source - rng.integers(0, 5, source.shape)).astype(np.uint8)
    assert quality.ssim(image, source) == pytest.approx(slow_ssim(image, source), abs=1e-4)


@pytest.mark.parametrize("pair", [(1, 2), (1, 3), (2, 3)])
def test_ssim_equals_tensorflow_on_its_own_checkerboards(pair, data, tf):
    folder = data / "images" / "tensorflow" / "ssim"
    image, source = (codecs.decode((folder / f"checkerboard{n}.png").read_bytes(), channels=3) for n in pair)
    assert quality.ssim(image, source) == pytest.approx(float(tf.image.ssim(image, source, 255)), abs=1e-3)


@pytest.mark.parametrize("name", ["cat_q20", "cat_q72"])
def test_psnr_and_ssim_equal_tensorflow_on_its_own_cats(name, data, tf):
    folder = data / "images" / "tensorflow" / "psnr"
    image, source = (codecs.decode((folder / f"{one}.jpg").read_bytes()) for one in (name, "cat_q95"))
    assert quality.psnr(image, source) == pytest.approx(float(tf.image.psnr(image, source, 255)), abs=1e-3)
    assert quality.ssim(image, source) == pytest.approx(float(tf.image.ssim(image, source, 255)), abs=1e-3)


def test_strips_give_what_the_whole_picture_gives(monkeypatch):
    source = pictures.image(3, height=90, width=40)
    image = codecs.decode(codecs.encode(source, "jpeg", quality=50))
    whole = quality.psnr(image, source), quality.ssim(image, source)
    monkeypatch.setattr(quality, "STRIP", 17)
    assert (quality.psnr(image, source), quality.ssim(image, source)) == pytest.approx(whole, rel=1e-5)


def test_equal_pictures_are_without_noise_and_wholly_similar():
    image = pictures.image(1)
    assert quality.psnr(image, image) == math.inf
    assert quality.ssim(image, image) == pytest.approx(1)
    assert quality.ssimulacra2(image, image) == pytest.approx(100)


def test_known_answer_of_psnr_one_level_everywhere():
    image = np.zeros((4, 4, 1), np.uint8)
    assert quality.psnr(image + np.uint8(1), image) == pytest.approx(20 * math.log10(255))


def test_picture_smaller_than_the_window_has_no_ssim():
    image = np.zeros((10, 40, 3), np.uint8)
    assert quality.ssim(image, image) is None


def test_ssimulacra2_falls_as_quality_does(data):
    source = codecs.decode((data / "blog" / "freedom.png").read_bytes(), channels=3)[200:328, 150:278]
    scores = [
        quality.ssimulacra2(codecs.decode(codecs.encode(source, "jpeg", quality=one)), source) for one in (20, 60, 95)
    ]
    assert scores == sorted(scores)
    assert scores[-1] > 80


@pytest.mark.parametrize("measure", [quality.psnr, quality.ssim, quality.ssimulacra2])
@pytest.mark.parametrize(
    "other", [np.zeros((24, 31, 3), np.uint8), np.zeros((24, 32, 3), np.float32), np.zeros((24, 32), np.uint8)]
)
def test_pictures_that_cannot_be_compared_are_refused(measure, other):
    with pytest.raises(UnsupportedError, match="both must be uint8"):
        measure(other, pictures.image(1))


def test_absent_ssimulacra2_is_an_error_that_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ssimulacra2", None)
    with pytest.raises(MissingDependencyError, match="pip install ssimulacra2"):
        quality.ssimulacra2(pictures.image(1), pictures.image(1))
