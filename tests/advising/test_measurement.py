"""What is measured of each candidate on each picture, and the means of that."""

import numpy as np
import pytest

import filmroll
import pictures
from filmroll.advising import candidate, measurement, picture
from filmroll.advising.measurement import Result
from filmroll.errors import UnsupportedError
from filmroll.sample import Sample

WAYS = {one.name: one for one in candidate.every(edge=16)}
QUICK = [one for one in WAYS.values() if not one.is_slow and not one.gzip]


def of_array(image: np.ndarray, **options) -> picture.Picture:
    return picture.of_sample(Sample("a", None, image), **options)


def of_file(data: bytes) -> picture.Picture:
    return picture.of_sample(Sample("a", data))


@pytest.mark.parametrize("way", QUICK, ids=lambda way: way.name)
def test_what_is_said_to_be_identical_is_what_comes_back_equal(way):
    image = pictures.image(1, height=40, width=50)
    found = measurement.measure(way, of_array(image))
    stored = way.prepare(image)
    back = way.decode(way.encode(stored), stored)
    assert found.identical == (back.shape == image.shape and np.array_equal(back, image))
    assert found.nbytes == len(way.encode(stored))
    assert found.encode_s is not None
    assert found.encode_s >= 0
    assert (found.psnr is None) == np.array_equal(back, stored)


def test_lossless_ways_are_identical_and_the_others_are_not():
    image = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    identical = {way.name for way in QUICK if way.edge is None and measurement.measure(way, of_array(image)).identical}
    assert identical == {"raw array", "NPY", "PNG", "PNG, level 1", "PNG, level 9", "WebP, lossless"}


def test_smaller_copies_are_compared_with_the_smaller_picture_and_are_not_identical():
    image = pictures.image(1, height=64, width=64)
    exact, lossy = (
        measurement.measure(WAYS[f"{name}, side 16"], of_array(image)) for name in ("PNG", "JPEG, quality 90")
    )
    assert (exact.identical, exact.ssim, exact.psnr) == (False, 1.0, None)
    assert not lossy.identical
    assert lossy.psnr is not None
    assert lossy.psnr > 10


def test_bytes_that_a_picture_came_in_are_measured_as_they_are():
    data = pictures.jpeg(1)
    way = measurement.kept([of_file(data)], count=1)
    found = measurement.measure(way, of_file(data))
    assert (found.nbytes, found.encode_s, found.identical) == (len(data), None, True)
    assert way.name == "the file as it is (JPEG)"


def test_arrays_have_no_bytes_that_could_be_kept():
    assert measurement.kept([of_array(pictures.image(1)), of_file(pictures.jpeg())], count=2) is None


def test_several_formats_are_named():
    png = filmroll.encode(pictures.image(1), "png")
    assert (
        measurement.kept([of_file(png), of_file(pictures.jpeg())], count=2).name == "the files as they are (JPEG, PNG)"
    )


def test_gzip_of_all_arrays_together_is_the_mean_of_one():
    image = np.random.default_rng(0).integers(0, 256, (20, 20, 3), np.uint8)
    once, twice = (measurement.measure_gzip([of_array(image)] * count) for count in (1, 2))
    assert once.nbytes > 1150  # noise does not shrink
    assert twice.nbytes < 0.6 * once.nbytes  # but the second copy does


def test_part_of_a_huge_picture_is_scaled_to_the_whole():
    image = pictures.image(1, height=64, width=64)
    found = measurement.measure(WAYS["raw array"], of_array(image, most=16 * 16))
    assert found.nbytes == image.nbytes


@pytest.mark.parametrize("image", [np.zeros((64, 64, 3), np.uint16), np.zeros((64, 64, 2), np.uint8)])
def test_part_of_a_huge_picture_that_jpeg_does_not_hold_is_scaled_by_its_pixels(image):
    way, (whole, part) = WAYS["PNG"], (of_array(one) for one in (image, image[:16, :16]))
    found = measurement.measure(way, of_array(image, most=16 * 16))
    assert whole.stretch == 1
    assert found.nbytes == 16 * measurement.measure(way, part).nbytes


def test_floats_are_only_compared_for_equality():
    image = np.full((4, 4, 3), np.nan, np.float32)
    found = measurement.measure(WAYS["NPY"], of_array(image))
    assert (found.identical, found.psnr, found.ssim) == (True, None, None)


def test_lossy_bytes_are_told_from_others():
    image = pictures.image(1)
    lossy = {"jpeg": {}, "avif": {}, "webp": {"lossless": False}}
    exact = {"png": {}, "webp": {"lossless": True}, "npy": {}}
    assert all(of_file(filmroll.encode(image, name, **how)).is_lossy for name, how in lossy.items())
    assert not any(of_file(filmroll.encode(image, name, **how)).is_lossy for name, how in exact.items())


def test_means_are_of_the_pictures_and_the_set_is_their_number_of_times():
    two = [of_array(pictures.image(n)) for n in range(2)]
    results = {0: Result(100, 0.1, 0.2, True, ssim=1.0), 1: Result(300, 0.3, 0.2, False, 30.0, 0.9)}
    found = measurement.mean(WAYS["PNG"], results, two, count=10)
    assert (found.nbytes, found.set_nbytes, found.identical) == (200, 2000, False)
    assert found.share == pytest.approx(200 / (24 * 32 * 3))
    assert (found.encode_per_s, found.decode_per_s) == (pytest.approx(5), pytest.approx(5))
    assert (found.psnr, found.ssim) == (30.0, 0.95)


def test_size_of_pictures_that_there_was_no_time_for_is_estimated_by_a_sibling():
    three = [of_array(pictures.image(n)) for n in range(3)]
    like = {n: Result(nbytes, 0.1, 0.1, True) for n, nbytes in enumerate((100, 200, 600))}
    found = measurement.mean(WAYS["PNG by Zopfli"], {0: Result(50, 9.0, 0.1, True)}, three, count=3, like=like)
    assert (found.nbytes, found.pictures) == (150, 1)


def test_encoding_lossy_pictures_with_a_loss_is_marked():
    lossy = of_file(pictures.jpeg(1))
    for name, expected in (("JPEG, quality 75", True), ("PNG", False)):
        results = {0: measurement.measure(WAYS[name], lossy)}
        assert measurement.mean(WAYS[name], results, [lossy], count=1).second_loss == expected


def test_json_values_are_plain():
    import json

    found = measurement.mean(WAYS["PNG"], {0: Result(1, None, 0.0, True)}, [of_array(pictures.image(1))], count=1)
    assert json.loads(json.dumps(found.to_json()))["encode_per_s"] is None


def test_ways_that_begin_so_are_left_out_and_unknown_ones_refused():
    names = [one.name for one in candidate.every(without=("guetzli", "JPEG, quality 7"))]
    assert "JPEG, quality 85" in names
    assert not any(name.startswith(("Guetzli", "JPEG, quality 7")) for name in names)
    with pytest.raises(UnsupportedError, match="begins with 'gif'"):
        list(candidate.every(without=("gif",)))
    with pytest.raises(UnsupportedError, match="cannot be left out"):
        list(candidate.every(without=("raw",)))


def test_gray_pictures_have_no_candidates_of_colour():
    assert not any({"encoder", "subsampling"} & one.options.keys() for one in candidate.every(gray=True))
