"""Without antialiasing a pixel is a mean of the four nearest ones: TensorFlow's pixels, whoever makes them."""

import numpy as np
import pytest

import filmroll
import pictures
from filmroll.loading import interpolation, resampling, windows
from filmroll.loading.windows import Window

A_LEVEL = 1.001  # Pillow rounds down
RESIZERS = [interpolation.resize_by_pillow, interpolation.resize_by_opencv]
WINDOWS = [
    (0, 0, 40, 60),  # all of it
    (3, 5, 30, 20),
    (0, 40, 7, 20),  # enlarged, at the edge
    (39, 59, 1, 1),
    (10.25, 7.5, 20.5, 30.25),
    (0, 0, 39.5, 59.5),
]


def by_definition(image: np.ndarray, window: Window, size: tuple[int, int]) -> np.ndarray:
    """Each pixel in floating point, by the four around its place; whole windows are cut out first."""
    top, left, height, width = window
    if all(float(edge).is_integer() for edge in window):
        image = image[int(top) : int(top + height), int(left) : int(left + width)]
        top = left = 0
    rows = (np.arange(size[0]) + 0.5) * height / size[0] + top - 0.5
    columns = (np.arange(size[1]) + 0.5) * width / size[1] + left - 0.5
    rows, columns = np.clip(rows, 0, image.shape[0] - 1), np.clip(columns, 0, image.shape[1] - 1)
    above, before = rows.astype(int), columns.astype(int)
    below, behind = np.minimum(above + 1, image.shape[0] - 1), np.minimum(before + 1, image.shape[1] - 1)
    down, across = (rows - above)[:, None, None], (columns - before)[None, :, None]
    upper = image[above][:, before] * (1 - across) + image[above][:, behind] * across
    lower = image[below][:, before] * (1 - across) + image[below][:, behind] * across
    return upper * (1 - down) + lower * down


@pytest.mark.parametrize("resize", RESIZERS)
@pytest.mark.parametrize("edges", WINDOWS, ids=str)
@pytest.mark.parametrize("size", [(8, 8), (50, 70), (17, 90), (1, 1)], ids=str)
@pytest.mark.parametrize("channels", [1, 3])
def test_pixel_is_a_mean_of_the_four_nearest(resize, edges, size, channels):
    image = np.random.default_rng(1).integers(0, 256, (40, 60, channels), np.uint8)
    batch = np.zeros((3, *size, channels), np.uint8)
    resized = resize(image, Window(*edges), batch[1])
    assert np.shares_memory(resized, batch)
    assert not batch[[0, 2]].any()
    assert np.abs(resized - by_definition(image, Window(*edges), size)).max() <= A_LEVEL


@pytest.mark.parametrize("edges", WINDOWS, ids=str)
def test_parts_with_fractions_are_left_to_pillow_where_opencv_is_rough(monkeypatch, edges):
    monkeypatch.setattr("cv2.__version__", "4.13.0")
    image = np.random.default_rng(2).integers(0, 256, (40, 60, 3), np.uint8)
    ours, pillows = (resize(image, Window(*edges), np.empty((21, 13, 3), np.uint8)) for resize in reversed(RESIZERS))
    assert np.abs(ours.astype(int) - pillows).max() <= 1
    if not all(float(edge).is_integer() for edge in edges):
        assert np.array_equal(ours, pillows)


@pytest.mark.parametrize("resize", RESIZERS)
@pytest.mark.parametrize("size", [(20, 20), (224, 224), (31, 77)], ids=str)
def test_pixels_are_tensorflows(tf, resize, size):
    image = pictures.image(3, height=120, width=90)
    resized = resize(image, Window(10, 20, 100, 60), np.empty((*size, 3), np.uint8))
    theirs = tf.image.resize(image[10:110, 20:80], size).numpy()
    assert np.abs(resized - theirs).max() <= A_LEVEL


@pytest.mark.parametrize("antialiased", [resampling.resize_by_pillow, resampling.resize_by_simd])
def test_antialiasing_changes_nothing_where_a_picture_is_enlarged(antialiased):
    image, window = pictures.image(3, height=60, width=60), Window(5, 5, 40, 30)
    one, two = (
        resize(image, window, np.empty((64, 64, 3), np.uint8)).astype(int)
        for resize in (antialiased, interpolation.resize_by_opencv)
    )
    assert np.abs(one - two).max() <= 1


@pytest.mark.parametrize(("dct", "theirs"), [("accurate", "INTEGER_ACCURATE"), ("fast", "")])  # "" is its default
def test_random_crops_of_photos_are_those_that_tensorflow_would_make(data, tf, tmp_path, monkeypatch, dct, theirs):
    chosen = []
    original = windows.random_window
    monkeypatch.setattr(windows, "random_window", lambda *a, **b: chosen.append(original(*a, **b)) or chosen[-1])
    filmroll.pack(data / "photos", tmp_path / "roll")
    with filmroll.open(tmp_path / "roll-*.tfrecord") as roll:
        batches = roll.batches(64, size=96, crop="random", threads=1, less_detail=False, antialias=False, dct=dct)
        [batch] = list(batches)
        for image, window, sample in zip(batch["image"], chosen, roll, strict=True):
            top, left, height, width = map(int, window)
            whole = tf.image.decode_jpeg(bytes(sample.encoded), dct_method=theirs, channels=3)
            part = whole[top : top + height, left : left + width]
            assert np.abs(image - tf.image.resize(part, (96, 96)).numpy()).max() <= A_LEVEL


def test_batches_differ_from_antialiased_ones_and_are_those_of_either_resizer(tmp_path):
    filmroll.pack(pictures.folder_of_classes(tmp_path / "in"), tmp_path / "roll")
    options = {"size": 9, "crop": "random", "seed": 3, "flip": True}
    with filmroll.open(tmp_path / "roll-*.tfrecord") as roll:
        [opencv], [pillow], [antialiased] = (
            list(roll.batches(99, **options, **more))
            for more in ({"antialias": False}, {"antialias": False, "resampler": "pillow"}, {})
        )
    assert np.abs(opencv["image"].astype(int) - pillow["image"]).max() <= 1
    assert np.abs(opencv["image"].astype(int) - antialiased["image"]).max() > 8
