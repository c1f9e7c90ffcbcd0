"""The pixels of a batch are those of the whole picture, cropped and resized by Pillow."""

import numpy as np
import pytest
from PIL import Image

import filmroll
from filmroll.codecs import jpeg_window
from filmroll.codecs.jpeg_scan import Area
from filmroll.errors import UnsupportedError
from filmroll.loading import windows
from filmroll.messages import example
from loading.flowers import RANDOM


def test_whole_picture_is_pillows_resize_of_it(roll):
    for batch in roll.batches(8, size=(24, 16), less_detail=False, resampler="pillow"):
        for image, number in zip(batch["image"], batch["record"], strict=True):
            wanted = Image.fromarray(roll[int(number)].image).resize((16, 24), Image.Resampling.BILINEAR)
            assert np.array_equal(image, np.asarray(wanted))


def test_center_is_resize_then_center_crop_as_torchvision_does_it(roll):
    """The two roundings of the resampler are all that may differ."""
    for batch in roll.batches(8, size=28, crop="center", shorter=32, less_detail=False, resampler="pillow"):
        for image, number in zip(batch["image"], batch["record"], strict=True):
            picture = Image.fromarray(roll[int(number)].image)
            width, height = picture.size
            wide, tall = (32, int(32 * height / width)) if width <= height else (int(32 * width / height), 32)
            resized = picture.resize((wide, tall), Image.Resampling.BILINEAR)
            left, top = round((wide - 28) / 2), round((tall - 28) / 2)
            wanted = np.asarray(resized.crop((left, top, left + 28, top + 28))).astype(int)
            assert np.abs(wanted - image).max() <= 1


@pytest.mark.parametrize(("size", "channels"), [(32, 3), (27, 3), (32, 1), (27, 1)])
def test_random_crops_are_decode_then_crop_then_resize(roll, monkeypatch, size, channels):
    seen = {}
    original = windows.random_window

    def spying(height, width, draws, **options):
        seen[(height, width)] = (original(height, width, draws, **options), draws)
        return seen[(height, width)][0]

    monkeypatch.setattr(windows, "random_window", spying)
    for batch in roll.batches(8, **RANDOM | {"size": size}, channels=channels, less_detail=False):
        for image, number in zip(batch["image"], batch["record"], strict=True):
            whole = roll[int(number)].decode(channels=channels)
            window, draws = seen[whole.shape[:2]]
            top, left, height, width = map(int, window)
            part = np.ascontiguousarray(whole[top : top + height, left : left + width])
            part = Image.fromarray(part[..., 0] if channels == 1 else part)
            wanted = np.asarray(part.resize((size, size), Image.Resampling.BILINEAR)).reshape(size, size, channels)
            assert np.array_equal(image, wanted[:, ::-1] if draws[-1] < 0.5 else wanted)


def test_less_detail_stays_near_the_pixels_of_all_detail(roll):
    near = list(roll.batches(30, size=12, crop="center", less_detail=True))[0]["image"].astype(int)
    exact = list(roll.batches(30, size=12, crop="center", less_detail=False))[0]["image"]
    assert not np.array_equal(near, exact)
    assert np.abs(near - exact).mean() < 4


@pytest.mark.parametrize("markers", [{}, {"restart_rows": 1}, {"restart_blocks": 1}], ids=str)
@pytest.mark.parametrize("crop", ["random", "center"])
def test_less_detail_of_a_part_is_that_of_the_whole(tmp_path, monkeypatch, crop, markers):
    """A picture much larger than the crop: the resampler looks at many rows beyond the window."""
    image = np.random.default_rng(1).integers(0, 256, (800, 300, 3), np.uint8)
    data = filmroll.encode(image, "jpeg", **markers)
    with filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        for _ in range(20):
            writer.write(example.serialize({"image/encoded": data}))
    options = {"size": 8, "crop": crop, "seed": 1, "area": (0.1, 0.3), "resampler": "pillow"}
    with filmroll.open(tmp_path / "r.tfrecord") as roll:
        [part] = roll.batches(20, **options)
        original, needed = jpeg_window.cut, []

        def everything(data, scan, area, **options):
            needed.append(area)
            return original(data, scan, Area(0, 0, 800, 300), **options)

        monkeypatch.setattr(jpeg_window, "cut", everything)
        [whole] = roll.batches(20, **options)
    assert all(area.pixels < 800 * 300 for area in needed)
    assert len(needed) == 20
    assert np.abs(part["image"].astype(int) - whole["image"]).max() <= 1


def test_simd_and_pillow_differ_by_one_level_at_most(roll):
    for crop in (None, "random", "center"):
        options = {"size": 32, "crop": crop, "seed": 3}
        for one, two in zip(
            roll.batches(10, **options, resampler="simd"), roll.batches(10, **options, resampler="pillow"), strict=True
        ):
            assert np.abs(one["image"].astype(int) - two["image"]).max() <= 1


def test_grey_batches_have_one_channel(roll):
    batch = next(iter(roll.batches(4, size=16, channels=1)))
    assert batch["image"].shape == (4, 16, 16, 1)


def test_pictures_of_different_sizes_come_as_a_list(roll):
    batch = next(iter(roll.batches(4)))
    assert [image.shape for image in batch["image"]] == [roll[number].image.shape for number in range(4)]
    assert np.array_equal(batch["image"][2], roll[2].image)


def test_pictures_of_different_sizes_are_padded_below_and_to_the_right_if_asked_for(roll):
    for batch in roll.batches(8, pad=True):
        assert batch["size"].dtype == np.int64
        assert batch["image"].shape == (len(batch["record"]), *batch["size"].max(axis=0).tolist(), 3)
        for image, (height, width), number in zip(batch["image"], batch["size"].tolist(), batch["record"], strict=True):
            assert np.array_equal(image[:height, :width], roll[int(number)].image)
            assert not image[height:].any()
            assert not image[:, width:].any()


def test_padding_pictures_of_one_size_only_says_their_size(roll):
    batch = next(iter(roll.batches(4, size=(24, 16), pad=True)))
    assert batch["image"].shape == (4, 24, 16, 3)
    assert batch["size"].tolist() == [[24, 16]] * 4


def of_arrays(path, *arrays: np.ndarray):
    with filmroll.Writer(path) as writer:
        for array in arrays:
            data = {"image_bytes": array.tobytes(), "image_shape": array.shape, "image_dtype": array.dtype.name}
            writer.write(example.serialize(data))
    return path


@pytest.mark.parametrize(
    "arrays",
    [
        (np.zeros((2, 2, 1), np.uint8), np.zeros((2, 2, 3), np.uint8)),
        (np.zeros((2, 2, 3), np.uint8), np.ones((3, 2, 3), np.float32)),
        (np.zeros((2, 3, 3, 3), np.uint8),) * 2,
        (np.zeros((16,), np.uint8),) * 2,
    ],
    ids=["channels", "dtypes", "four axes", "one axis"],
)
def test_arrays_that_no_array_of_pictures_holds_are_not_padded(tmp_path, arrays):
    path = of_arrays(tmp_path / "r.tfrecord", *arrays)
    with filmroll.open(path) as roll, pytest.raises(UnsupportedError, match="types or channels are not padded"):
        list(roll.batches(2, pad=True))


def test_arrays_of_any_numbers_are_padded_as_they_are(tmp_path):
    small, large = (np.random.default_rng(1).random((side, side, 2), np.float32) - 0.5 for side in (2, 3))
    with filmroll.open(of_arrays(tmp_path / "r.tfrecord", small, large)) as roll:
        [batch] = roll.batches(2, pad=True)
    assert batch["image"].dtype == np.float32
    assert np.array_equal(batch["image"][0, :2, :2], small)
    assert np.array_equal(batch["image"][1], large)
    assert batch["size"].tolist() == [[2, 2], [3, 3]]
