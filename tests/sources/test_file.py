"""One picture in one file."""

import numpy as np
import pytest

from filmroll import codecs
from filmroll.errors import DecodeError, EncodeError, LimitError, UnsupportedError
from filmroll.sources.file import imread, imwrite

IMAGE = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)


def test_freedom_is_read_as_rgb_with_alpha_dropped(data):
    image = imread(data / "blog/freedom.png", mode="RGB")
    assert (image.shape, image.dtype) == ((600, 400, 3), np.uint8)
    np.testing.assert_array_equal(image, imread(data / "blog/freedom.png")[..., :3])


@pytest.mark.parametrize(("mode", "channels"), [("L", 1), ("LA", 2), ("RGB", 3), ("RGBA", 4), (None, 3)])
@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_modes_are_numbers_of_channels(tmp_path, mode, channels, kind):
    path = tmp_path / "x.png"
    imwrite(kind(path), IMAGE)
    assert imread(kind(path), mode=mode).shape == (5, 7, channels)


def test_the_format_is_told_from_the_bytes_not_the_name(tmp_path):
    path = tmp_path / "photo.jpeg"
    imwrite(path, IMAGE, format="png")
    np.testing.assert_array_equal(imread(path), IMAGE)


@pytest.mark.parametrize("suffix", [".png", ".PNG", ".npy", ".bmp", ".ppm", ".tif"])
def test_the_suffix_names_the_format_to_write(tmp_path, suffix):
    path = tmp_path / f"x{suffix}"
    imwrite(path, IMAGE)
    np.testing.assert_array_equal(imread(path), IMAGE)
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_options_reach_the_codecs(tmp_path):
    path = tmp_path / "x.jpg"
    imwrite(path, IMAGE, quality=30)
    assert path.read_bytes() == codecs.encode(IMAGE, "jpeg", quality=30)
    assert imread(path, dtype="float32").dtype == np.float32
    with pytest.raises(LimitError, match=r"x\.jpg: .*limit of 34"):
        imread(path, max_pixels=34)


@pytest.mark.parametrize("name", ["x.xyz", "x", "x.svg"])
def test_suffixes_of_no_writable_format_are_unsupported(tmp_path, name):
    with pytest.raises(UnsupportedError) as caught:
        imwrite(tmp_path / name, IMAGE)
    assert caught.value.path == str(tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_picture_is_named(tmp_path):
    path = tmp_path / "notes.png"
    path.write_bytes(b"ThisIsNotAnImage!")
    with pytest.raises(DecodeError, match=r"notes\.png: no known picture format") as caught:
        imread(path)
    assert caught.value.path == str(path)


def test_a_mode_that_does_not_exist_is_unsupported(tmp_path):
    with pytest.raises(UnsupportedError, match="'CMYK'; there are L, LA, RGB, RGBA"):
        imread(tmp_path / "x.png", mode="CMYK")


def test_a_file_that_is_absent_is_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        imread(tmp_path / "x.png")
    with pytest.raises(FileNotFoundError):
        imwrite(tmp_path / "no such folder" / "x.png", IMAGE)


def test_what_cannot_be_encoded_leaves_the_old_file(tmp_path):
    path = tmp_path / "x.jpg"
    imwrite(path, IMAGE)
    before = path.read_bytes()
    with pytest.raises(EncodeError, match=r"x\.jpg: .*drop alpha"):
        imwrite(path, np.zeros((2, 2, 4), np.uint8))
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1
