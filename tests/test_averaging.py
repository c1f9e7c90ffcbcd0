"""The mean of all pictures, and the file that Caffe reads."""

import numpy as np
import pytest

import pictures
from filmroll import averaging
from filmroll.errors import DecodeError, EncodeError, ParseError, SourceError
from filmroll.sample import Sample
from messages import caffe


def arrays(count: int, channels: int = 3) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 256, (count, 5, 4, channels), np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
def test_mean_is_that_of_every_pixel(channels):
    images = arrays(50, channels)
    mean = averaging.mean_image(Sample(array=image) for image in images)
    assert mean.dtype == np.float32
    np.testing.assert_allclose(mean, images.mean(axis=0), rtol=1e-6)


def test_encoded_pictures_are_decoded_and_grey_ones_made_rgb_where_asked():
    images = [Sample(encoded=pictures.jpeg(1)), Sample(array=Sample(encoded=pictures.jpeg(1)).image)]
    assert np.array_equal(averaging.mean_image(images), images[1].array)
    assert averaging.mean_image(images[:1], channels=1).shape[2] == 1


def test_many_pictures_do_not_lose_small_numbers():
    image = np.full((1, 1, 1), 0.1)
    mean = averaging.mean_image(Sample(array=image) for _ in range(100_000))
    assert mean.item() == np.float32(0.1)


def test_picture_of_another_size_is_named():
    samples = [Sample("a", array=arrays(1)[0]), Sample("b", array=np.zeros((5, 9, 3), np.uint8))]
    with pytest.raises(SourceError, match=r"picture 1 \('b'\) is \(5, 9, 3\), the first is \(5, 4, 3\).*resize"):
        averaging.mean_image(samples)


def test_no_picture_and_a_sample_without_one_are_errors():
    with pytest.raises(SourceError, match="no picture"):
        averaging.mean_image([])
    with pytest.raises(DecodeError):
        averaging.mean_image([Sample("a")])


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_file_is_what_compute_image_mean_writes_and_comes_back(tmp_path, channels):
    mean = arrays(1, channels)[0].astype(np.float32) / 7
    averaging.write_mean_image(tmp_path / "mean.binaryproto", mean)
    content = (tmp_path / "mean.binaryproto").read_bytes()
    planes = (mean[..., ::-1] if channels == 3 else mean).transpose(2, 0, 1)
    theirs = caffe.BlobProto(num=1, channels=channels, height=5, width=4, data=planes.ravel().tolist())
    assert content == theirs.SerializeToString()
    back = averaging.parse_mean_image(content)
    assert np.array_equal(back, mean)
    assert back.flags.c_contiguous


@pytest.mark.parametrize("shape", [[3, 1, 2], [1, 3, 1, 2]])
def test_younger_file_with_a_shape_is_read(shape):
    blob = caffe.BlobProto(data=[5, 6, 3, 4, 1, 2])
    blob.shape.dim.extend(shape)
    assert averaging.parse_mean_image(blob.SerializeToString()).tolist() == [[[1, 3, 5], [2, 4, 6]]]


@pytest.mark.parametrize("shape", [[2, 3, 1, 1], [6], []])
def test_blob_that_is_no_picture_is_refused(shape):
    blob = caffe.BlobProto(data=[1.0] * int(np.prod(shape)))
    blob.shape.dim.extend(shape)
    with pytest.raises(ParseError, match="expected \\(channels, height, width\\)|without shape"):
        averaging.parse_mean_image(blob.SerializeToString())


def test_array_of_other_axes_is_no_mean_and_nothing_is_written(tmp_path):
    with pytest.raises(EncodeError, match="height, width, channels"):
        averaging.write_mean_image(tmp_path / "mean.binaryproto", np.zeros((2, 2)))
    assert list(tmp_path.iterdir()) == []
