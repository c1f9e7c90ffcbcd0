"""What is done with a picture: what cannot be done is refused at once, what is no picture is an error of its record."""

import io

import numpy as np
import pytest
from PIL import Image

import filmroll
import pictures
from filmroll.errors import DecodeError
from filmroll.loading import windows
from filmroll.loading.pixels import pixels, plan
from filmroll.messages import example
from loading.recipes import recipe

MIRRORED, NOT_MIRRORED = np.zeros(windows.DRAWS), np.full(windows.DRAWS, 0.5)


def made(sample, how, draws) -> np.ndarray:
    return pixels(plan(sample, how, draws), how)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"size": (0, 8)}, r"size=\(0, 8\): give a number above 0, or two, height and width"),
        ({"size": (8, -1)}, "give a number above 0"),
        ({"size": (8,)}, "give a number above 0"),
        ({"size": (8, 8, 3)}, "give a number above 0"),
        ({"size": 8.5}, "size=8.5: give a number above 0"),
        ({"size": (8, 8.5)}, "give a number above 0"),
        ({"size": (8, 8), "crop": "centre"}, "crop='centre': give 'random' or 'center', or None for the whole picture"),
        ({"crop": "random"}, "crop='random' without a size"),
        ({"channels": 4}, "channels=4: give 1 for grey, or 3 for RGB"),
        ({"channels": 2}, "channels=2"),
        ({"area": (0, 1)}, r"area=\(0, 1\): give the least and the most share, above 0 and up to 1"),
        ({"area": (0.5, 0.1)}, "least and the most share"),
        ({"area": (0.5, 1.1)}, "least and the most share"),
        ({"aspect": (0, 1)}, r"aspect=\(0, 1\): give the least and the most width over height, above 0"),
        ({"aspect": (2, 0.5)}, "least and the most width over height"),
        ({"shorter": 0}, "shorter=0: give a number of pixels above 0"),
        ({"dct": "quick"}, "dct='quick': give 'accurate' or 'fast'"),
    ],
    ids=str,
)
def test_what_can_be_done_to_no_picture_is_refused(changed, said):
    with pytest.raises(ValueError, match=said):
        recipe(**changed)


def test_dataset_refuses_it_before_anything_is_read(tmp_path):
    with filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        writer.write(example.serialize({"image/encoded": pictures.jpeg()}))
    with filmroll.open(tmp_path / "r.tfrecord") as roll, pytest.raises(ValueError, match="crop='centre'"):
        roll.batches(1, size=8, crop="centre")


@pytest.mark.parametrize(
    "changed",
    [
        {"size": (1, 1), "crop": "center", "shorter": 1},
        {"size": [8, 6]},
        {"size": np.array([8, 6])},
        {"channels": 1, "dct": "fast"},
        {"size": (8, 6), "channels": 1},
        {"area": (1, 1), "aspect": (1, 1)},
    ],
    ids=str,
)
def test_what_can_just_be_done_is_not_refused(changed):
    found = made(filmroll.Sample(encoded=pictures.jpeg()), recipe(**changed), NOT_MIRRORED)
    assert found.shape == (*changed.get("size", (24, 32)), changed.get("channels", 3))


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({}, (0, 0, 100, 80)),
        ({"crop": "center"}, (10 * 100 / 68, 4 * 80 / 55, 48 * 100 / 68, 48 * 80 / 55)),
        ({"crop": "center", "shorter": 64}, (20, 10, 60, 60)),
        ({"crop": "random", "area": (0.5, 0.5), "aspect": (1, 1)}, (19, 9, 63, 63)),
        ({"crop": "random", "area": (0.3, 0.3), "aspect": (2, 2)}, (33, 6, 35, 69)),
        ({"crop": "random", "area": (0.02, 0.02), "aspect": (0.5, 0.5)}, (41, 36, 18, 9)),
    ],
    ids=str,
)
def test_part_that_is_used_is_the_one_asked_for(changed, wanted):
    assert recipe(size=(48, 48), **changed).window(100, 80, NOT_MIRRORED) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("size", "eighths"),
    [
        ((81, 81), 8),
        ((80, 80), 4),
        ((81, 20), 8),
        ((41, 41), 4),
        ((40, 40), 2),
        ((20, 41), 4),
        ((21, 21), 2),
        ((20, 20), 1),
        ((1, 1), 1),
    ],
)
def test_detail_is_left_out_as_long_as_neither_side_has_to_be_made_larger(size, eighths):
    sample = filmroll.Sample(encoded=filmroll.encode(pictures.image(1, height=160, width=160), "jpeg"))
    assert plan(sample, recipe(size=size), NOT_MIRRORED).cut.eighths == eighths
    assert plan(sample, recipe(size=size, less_detail=False), NOT_MIRRORED).cut.eighths == 8


@pytest.mark.parametrize("kind", ["progressive", "baseline", "CMYK"])
@pytest.mark.parametrize("draws", [MIRRORED, NOT_MIRRORED], ids=["mirrored", "not mirrored"])
@pytest.mark.parametrize("dct", ["accurate", "fast"])
def test_part_of_any_jpeg_is_decoded_and_cut_where_it_lies_in_the_whole(kind, draws, dct):
    out = io.BytesIO()
    image = Image.fromarray(pictures.image(1, height=90, width=200))
    image.convert("CMYK" if kind == "CMYK" else "RGB").save(out, "JPEG", progressive=kind == "progressive")
    sample = filmroll.Sample(encoded=out.getvalue())
    how = recipe(size=(24, 20), crop="random", area=(0.3, 0.3), flip=True, less_detail=False, dct=dct)
    top, left, height, width = how.window(90, 200, draws)
    part = Image.fromarray(sample.decode(channels=3, dct=dct)[top : top + height, left : left + width])
    wanted = np.asarray(part.resize((20, 24), Image.Resampling.BILINEAR))
    assert np.array_equal(made(sample, how, draws), wanted[:, ::-1] if draws is MIRRORED else wanted)


@pytest.mark.parametrize("draws", [MIRRORED, NOT_MIRRORED], ids=["mirrored", "not mirrored"])
@pytest.mark.parametrize("shape", [(16,), (2, 3, 4, 3)], ids=str)
def test_array_that_is_no_picture_is_not_mirrored_at_some_axis(shape, draws):
    sample = filmroll.Sample(array=np.zeros(shape, np.uint8))
    assert made(sample, recipe(), draws).shape == shape
    with pytest.raises(DecodeError, match="is no picture to be mirrored; leave flip out"):
        made(sample, recipe(flip=True), draws)


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [((16,), "uint8"), ((2, 4, 3, 3), "uint8"), ((4, 4), "uint8"), ((4, 4, 4), "uint8"), ((4, 4, 3), "int8")],
    ids=str,
)
def test_array_that_is_no_picture_of_so_many_channels_is_not_made_another_size(shape, dtype):
    sample = filmroll.Sample(array=np.zeros(shape, dtype))
    with pytest.raises(DecodeError, match=f"and {dtype} is no picture of 3 channels, uint8; leave size and crop out"):
        made(sample, recipe(size=(8, 6)), NOT_MIRRORED)


def test_array_that_is_a_picture_is_made_another_size_as_an_encoded_one_is():
    image = pictures.image(1, height=40, width=30)
    how = recipe(size=(8, 6), crop="random", flip=True)
    encoded = filmroll.Sample(encoded=filmroll.encode(image, "png"))
    for draws in (MIRRORED, NOT_MIRRORED):
        assert np.array_equal(made(filmroll.Sample(array=image), how, draws), made(encoded, how, draws))


@pytest.mark.parametrize("dct", ["accurate", "fast"])
def test_photo_that_keeps_its_size_is_what_the_sample_decodes(dct):
    sample = filmroll.Sample(encoded=filmroll.encode(pictures.image(1, height=90, width=200), "jpeg"))
    assert np.array_equal(made(sample, recipe(dct=dct), NOT_MIRRORED), sample.decode(dct=dct))
    assert not np.array_equal(sample.decode(dct="fast"), sample.decode(dct="accurate"))


@pytest.mark.parametrize("dtype", ["uint8", "float32", ">u2"])
@pytest.mark.parametrize("shape", [(3, 5), (3, 5, 1), (3, 5, 4)], ids=str)
def test_array_is_mirrored_left_to_right_and_keeps_its_dtype(shape, dtype):
    image = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    sample = filmroll.Sample(array=image)
    wanted = image.reshape(*shape[:2], -1)
    for draws, found in ((MIRRORED, wanted[:, ::-1]), (NOT_MIRRORED, wanted)):
        mirrored = made(sample, recipe(flip=True), draws)
        assert mirrored.dtype == image.dtype
        assert np.array_equal(mirrored, found)
