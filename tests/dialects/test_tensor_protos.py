"""Caffe2's TensorProtos as samples."""

import numpy as np
import pytest

import pictures
from filmroll.dialects import tensor_protos as dialect
from filmroll.errors import ParseError, UnsupportedError
from filmroll.messages import tensor_protos
from filmroll.sample import Sample
from messages import caffe


def parsed(*tensors) -> dict:
    made = caffe.TensorProtos(protos=[caffe.TensorProto(**tensor) for tensor in tensors])
    return tensor_protos.parse(made.SerializeToString())


LABEL = {"dims": [1], "data_type": 2, "int32_data": [7]}
FILE = {"dims": [1], "data_type": 4, "string_data": [pictures.jpeg(1)]}


def test_picture_file_and_label_of_make_image_db_are_found():
    features = parsed(FILE, LABEL) | {"__key__": [memoryview(b"00000003_cats/3.jpg")]}
    sample = dialect.to_sample(features)
    assert (bytes(sample.encoded), sample.label, sample.key) == (pictures.jpeg(1), 7, "cats/3.jpg")
    assert sample.features == {}
    assert "0/string_data" in dialect.sniff(features)


def test_raw_bytes_are_bgr_row_by_row():
    features = parsed({"dims": [1, 2, 3], "data_type": 3, "byte_data": bytes([3, 2, 1, 6, 5, 4])}, LABEL)
    assert dialect.to_sample(features).array.tolist() == [[[1, 2, 3], [4, 5, 6]]]
    assert "0/byte_data" in dialect.sniff(features)


def test_floats_are_planes_whose_order_is_kept():
    features = parsed({"dims": [3, 1, 2], "data_type": 1, "float_data": [1, 2, 3, 4, 5, 6]}, LABEL)
    sample = dialect.to_sample(features)
    assert sample.array.tolist() == [[[1, 3, 5], [2, 4, 6]]]
    assert sample.array.dtype == np.float32
    assert "0/float_data" in dialect.sniff(features)


def test_further_tensors_stay_features_under_their_names():
    box = {"dims": [4], "data_type": 2, "int32_data": [1, 2, 30, 40]}
    sample = dialect.to_sample(parsed(FILE, LABEL, box))
    assert sample.features["2/int32_data"].tolist() == [1, 2, 30, 40]
    assert list(sample.features) == ["2/dims", "2/data_type", "2/int32_data"]


def test_several_labels_are_no_label_but_a_feature():
    sample = dialect.to_sample(parsed(FILE, {"dims": [2], "data_type": 2, "int32_data": [7, 8]}))
    assert sample.label is None
    assert sample.features["1/int32_data"].tolist() == [7, 8]


def test_picture_alone_has_no_label():
    assert dialect.to_sample(parsed(FILE)).label is None


@pytest.mark.parametrize(
    ("tensor", "words"),
    [
        ({"dims": [2, 3], "data_type": 3, "byte_data": bytes(6)}, r"6 values in a picture of dims \[2, 3\]"),
        ({"dims": [2, 3, 3], "data_type": 3, "byte_data": bytes(6)}, r"6 values in a picture of dims \[2, 3, 3\]"),
        ({"dims": [-1, -2, 3], "data_type": 3, "byte_data": bytes(6)}, "6 values"),
        ({"data_type": 1, "float_data": [1]}, r"1 values in a picture of dims \[\]"),
        ({"dims": [1], "data_type": 4, "string_data": [b"a", b"b"]}, "2 values of bytes"),
        ({"dims": [1], "data_type": 4}, "no feature '0/string_data'"),
        ({"dims": [1], "data_type": 1}, "no feature '0/float_data'; there are: 0/data_type, 0/dims"),
    ],
)
def test_tensor_that_is_no_picture_is_an_error(tensor, words):
    with pytest.raises(ParseError, match=words):
        dialect.to_sample(parsed(tensor))


@pytest.mark.parametrize("features", [{}, {"0/data_type": [b"x"]}, {"0/data_type": np.array([4])}, {"data": [b"x"]}])
def test_features_without_a_picture_are_not_taken_for_tensors(features):
    assert dialect.sniff(features) is None


def test_writing_is_refused_with_advice():
    with pytest.raises(UnsupportedError, match="choose the dialect 'datum'"):
        dialect.to_features(Sample(encoded=pictures.jpeg(1)))
