"""Caffe's Datum and a sample: pixels, bytes and labels come back as they were."""

import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

import filmroll
import pictures
from filmroll.dialects import datum as dialect
from filmroll.errors import DecodeError, EncodeError, ParseError
from filmroll.messages import datum
from filmroll.records.lmdb import Reader, Writer
from filmroll.sample import Sample
from messages import caffe


def parsed(features) -> dict:
    return datum.parse(b"".join(datum.serialize(features)))


def through(sample: Sample) -> Sample:
    return dialect.to_sample(parsed(dialect.to_features(sample)))


@given(
    arrays.arrays(
        st.sampled_from([np.uint8, np.float32]),
        st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(1, 5)),
        elements={"allow_nan": False},
    ),
    st.none() | st.integers(-(2**31), 2**31 - 1),
)
def test_array_of_any_shape_comes_back_with_its_label(array, label):
    back = through(Sample("a", array=array, label=label))
    assert np.array_equal(back.array, array)
    assert (back.array.dtype, back.array.flags.c_contiguous) == (array.dtype, True)
    assert back.label == label
    assert back.encoded is None


def test_raw_pixels_are_planes_in_bgr_as_caffe_has_them():
    array = np.array([[[1, 2, 3], [4, 5, 6]]], np.uint8)  # one row of two RGB pixels
    features = dialect.to_features(Sample(array=array, label=0))
    message = b"".join(datum.serialize(features))
    theirs = caffe.Datum(channels=3, height=1, width=2, data=bytes([3, 6, 2, 5, 1, 4]), label=0, encoded=False)
    assert message == theirs.SerializeToString()


@pytest.mark.parametrize("channels", [1, 2, 4, 5])
def test_other_numbers_of_channels_keep_their_order(channels):
    array = np.arange(2 * 3 * channels, dtype=np.uint8).reshape(2, 3, channels)
    assert bytes(dialect.to_features(Sample(array=array))["data"]) == array.transpose(2, 0, 1).tobytes()


def test_picture_without_an_axis_of_channels_has_one_channel():
    array = np.arange(6, dtype=np.uint8).reshape(2, 3)
    assert dialect.to_features(Sample(array=array))["channels"] == 1
    assert np.array_equal(through(Sample(array=array)).array[..., 0], array)


def test_picture_without_pixels_comes_back():
    back = through(Sample(array=np.zeros((0, 5, 3), np.uint8)))
    assert back.array.shape == (0, 5, 3)


def test_floats_are_stored_as_floats_not_as_bytes():
    array = np.linspace(-1, 1, 12, dtype=np.float32).reshape(2, 2, 3)
    features = parsed(dialect.to_features(Sample(array=array)))
    assert "data" not in features
    assert features["float_data"].tolist() == array[..., ::-1].transpose(2, 0, 1).ravel().tolist()


@pytest.mark.parametrize("encoded", [pictures.jpeg(1), bytearray(pictures.jpeg(1)), memoryview(pictures.jpeg(1))])
def test_encoded_picture_is_stored_untouched_and_encoded_says_so(encoded):
    features = dialect.to_features(Sample("a", encoded=encoded, label=3))
    assert features["data"] is encoded
    assert features == {"data": encoded, "label": 3, "encoded": 1}
    back = through(Sample("a", encoded=encoded, label=3))
    assert (back.encoded, back.label, back.array) == (encoded, 3, None)


def test_cat_is_the_same_picture_encoded_and_raw(data):
    encoded = (data / "images" / "caffe" / "cat.jpg").read_bytes()
    image = filmroll.decode(encoded, channels=3)
    raw = parsed(dialect.to_features(Sample(array=image)))
    assert [int(raw[name][0]) for name in ("channels", "height", "width")] == [3, 360, 480]
    planes = np.frombuffer(raw["data"][0], np.uint8).reshape(3, 360, 480)
    assert np.array_equal(planes[0], image[..., 2])
    assert np.array_equal(dialect.to_sample(raw).image, through(Sample(encoded=encoded)).image)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (b"00000017_cats/7.jpg", "cats/7.jpg"),
        (b"00000017_00000018_x", "00000018_x"),
        (b"00000017", "00000017"),
        (b"0000017_x", "0000017_x"),
        (b"name", "name"),
        (b"00000000_caf\xe9", "caf\udce9"),
        (b"", ""),
    ],
)
def test_key_is_that_of_the_record_without_its_number(key, expected):
    sample = dialect.to_sample(parsed({"data": pictures.jpeg(1), "encoded": True}) | {"__key__": [memoryview(key)]})
    assert sample.key == expected
    assert sample.features == {}


def test_python_writers_of_caffe_leave_encoded_out_and_their_pixels_are_read():
    message = caffe.Datum(channels=3, height=1, width=2, data=bytes([3, 6, 2, 5, 1, 4]), label=7).SerializeToString()
    features = datum.parse(message)
    sample = dialect.to_sample(features)
    assert sample.array.tolist() == [[[1, 2, 3], [4, 5, 6]]]
    assert sample.label == 7
    assert "raw pixels of a Caffe Datum" in dialect.sniff(features)


@pytest.mark.parametrize("sizes", [{}, {"channels": 3, "height": 9, "width": 9}, {"channels": 3, "height": 9}])
def test_picture_file_without_encoded_is_told_by_its_first_bytes(sizes):
    features = datum.parse(caffe.Datum(data=pictures.jpeg(1), **sizes).SerializeToString())
    assert bytes(dialect.to_sample(features).encoded) == pictures.jpeg(1)
    assert "encoded is not set, yet data begins like a picture file" in dialect.sniff(features)


def test_pixels_that_happen_to_begin_like_a_jpeg_are_pixels_where_the_sizes_fit():
    content = b"\xff\xd8\xff\xe0" + bytes(8)
    features = datum.parse(caffe.Datum(channels=3, height=2, width=2, data=content).SerializeToString())
    assert dialect.to_sample(features).array.shape == (2, 2, 3)


@pytest.mark.parametrize(
    ("features", "words"),
    [
        ({"label": 1}, "no feature 'data'; there are: encoded, label"),
        ({"data": bytes(5), "channels": 1, "height": 2, "width": 3}, "5 values .* 1 x 2 x 3"),
        ({"data": bytes(6), "channels": 1, "height": -2, "width": -3}, "6 values .* 1 x -2 x -3"),
        ({"data": bytes(6), "channels": 1, "height": 6}, "6 values of raw pixels where there are no channels, height"),
        ({"data": pictures.jpeg(1), "encoded": False}, "where there are no channels"),
        ({"float_data": [1, 2], "channels": 1, "height": 1, "width": 1}, "2 values of raw pixels"),
    ],
)
def test_pixels_that_do_not_fit_their_sizes_are_an_error_never_a_silent_reshape(features, words):
    with pytest.raises(ParseError, match=words):
        dialect.to_sample(parsed(features))


def test_datum_of_no_bytes_and_no_sizes_is_a_sample_without_a_picture():
    sample = dialect.to_sample(parsed({"data": b"", "label": 4}))
    assert (sample.has_image, sample.label) == (False, 4)


@pytest.mark.parametrize(
    "array", [np.zeros((2, 2, 3), np.uint16), np.zeros((2, 2, 3)), np.zeros((1, 2, 2, 3), np.uint8), np.zeros(4, bool)]
)
def test_array_that_a_datum_cannot_hold_exactly_is_refused(array):
    with pytest.raises(EncodeError, match="a Datum stores uint8 or float32"):
        dialect.to_features(Sample(array=array))


def test_sample_without_a_picture_is_refused():
    with pytest.raises(DecodeError, match="sample 'a' holds no picture"):
        dialect.to_features(Sample("a", label=1))


@pytest.mark.parametrize(
    "features",
    [
        {"data": b"xyz", "label": 1},
        {"label": 1},
        {"data": pictures.jpeg(1), "shape": [1, 2, 3]},
        {"data": pictures.jpeg(1), "encoded": False},
    ],
)
def test_features_that_no_datum_has_are_not_taken_for_one(features):
    values = {name: np.array([value]) if isinstance(value, int) else [value] for name, value in features.items()}
    assert dialect.sniff(values) is None


@pytest.mark.parametrize(
    "sample", [Sample(encoded=pictures.jpeg(1), label=1), Sample(array=pictures.image(3)),
               Sample(array=np.ones((2, 2, 1), np.float32))],
)  # fmt: skip
def test_its_own_features_are_taken_for_a_datum(sample):
    assert len(dialect.sniff(parsed(dialect.to_features(sample)))) > 20


def test_mnist_through_lmdb_keeps_pixels_and_labels(data, tmp_path):
    with gzip.open(data / "mnist" / "t10k-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 28, 28, 1)[:500]
    with gzip.open(data / "mnist" / "t10k-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)[:500]
    with Writer(tmp_path / "a") as writer:
        for image, label in zip(images, labels, strict=True):
            writer.write(datum.serialize(dialect.to_features(Sample(array=image, label=int(label)))))
    with Reader(tmp_path / "a") as reader:
        samples = [
            dialect.to_sample(datum.parse(record) | {"__key__": [memoryview(reader.key(number))]})
            for number, record in enumerate(reader)
        ]
    assert np.array_equal(np.stack([sample.image for sample in samples]), images)
    assert [sample.label for sample in samples] == labels.tolist()
    assert [sample.label for sample in samples[:5]] == [7, 2, 1, 0, 4]
    assert samples[499].key == "00000499"


def test_sample_without_a_label_is_a_smaller_message():
    array = np.zeros((2, 2, 3), np.uint8)
    without, with_one = (datum.serialize(dialect.to_features(Sample(array=array, label=label))) for label in (None, 0))
    assert len(b"".join(with_one)) - len(b"".join(without)) == 2
    assert "label" not in datum.parse(b"".join(without))


@pytest.mark.parametrize(("height", "width"), [(100, 200), (256, 256)])
def test_resized_cat_has_its_new_sizes_and_a_gray_one_is_one_plane(data, height, width):
    encoded = (data / "images" / "caffe" / "cat.jpg").read_bytes()
    small = np.asarray(Image.fromarray(filmroll.decode(encoded)).resize((width, height)))
    raw = parsed(dialect.to_features(Sample(array=small)))
    assert [int(raw[name][0]) for name in ("channels", "height", "width")] == [3, height, width]
    assert len(raw["data"][0]) == 3 * height * width
    gray = parsed(dialect.to_features(Sample(array=filmroll.decode(encoded, channels=1))))
    assert [int(gray[name][0]) for name in ("channels", "height", "width")] == [1, 360, 480]


@pytest.mark.parametrize("order", [[1, 0], [0, 1]])
def test_two_environments_are_twice_the_records_each_in_the_order_of_its_keys(tmp_path, order):
    paths = [tmp_path / f"{number}.lmdb" for number in range(2)]
    for number, path in enumerate(paths):
        with Writer(path, numbered=False) as writer:
            for key in ("9", "3", "7"):
                sample = Sample(array=np.full((1, 1, 1), int(key), np.uint8), label=number)
                writer.write(datum.serialize(dialect.to_features(sample)), key=key)
    with filmroll.open([paths[number] for number in order]) as roll:
        assert [(sample.label, int(sample.image[0, 0, 0])) for sample in roll] == [
            (number, key) for number in order for key in (3, 7, 9)
        ]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_missing_environment_is_an_error_at_once_wherever_it_stands(tmp_path, place):
    paths = [tmp_path / "a.lmdb", tmp_path / "b.lmdb"]
    for path in paths:
        with Writer(path) as writer:
            writer.write(datum.serialize(dialect.to_features(Sample(array=np.zeros((1, 1, 1), np.uint8)))))
    paths.insert(place, tmp_path / "absent.lmdb")
    with pytest.raises(FileNotFoundError, match="absent.lmdb"):
        filmroll.open(paths)
