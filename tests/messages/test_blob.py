"""What `blob` makes of Caffe's BlobProto, and BlobProtos of features: what protobuf does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmroll.errors import EncodeError, ParseError, TruncatedError
from filmroll.messages import blob
from messages import caffe

int32s = st.integers(-(2**31), 2**31 - 1)
floats = st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=50)


def serialized(features) -> bytes:
    return b"".join(blob.serialize(features))


@given(
    st.fixed_dictionaries(
        {}, optional={"num": int32s, "channels": int32s, "height": int32s, "width": int32s, "data": floats}
    ),
    st.none() | st.lists(st.integers(-(2**63), 2**63 - 1), max_size=6),
)
def test_features_round_trip_and_are_the_bytes_of_protobuf(features, shape):
    theirs = caffe.BlobProto(**features)
    if shape is not None:
        theirs.shape.SetInParent()
        theirs.shape.dim.extend(shape)
    message = serialized(features | {"shape": shape})
    if shape == []:
        assert caffe.BlobProto.FromString(message) == theirs
    else:
        assert message == theirs.SerializeToString()
    parsed = blob.parse(message)
    assert serialized(parsed) == message
    assert {name: value.tolist() for name, value in parsed.items()} == {
        name: value if isinstance(value, list) else [value] for name, value in features.items()
    } | ({} if shape is None else {"shape": shape})
    assert all(value.dtype == (np.float32 if name == "data" else np.int64) for name, value in parsed.items())


def test_packed_and_unpacked_parts_are_joined_and_unknown_fields_skipped():
    message = bytes.fromhex("2d0000803f 2a0800000040 00004040 2d00008040 3204000080bf 7805 3a020802 3a040a020304")
    parsed = blob.parse(message)
    theirs = caffe.BlobProto.FromString(message)
    assert parsed["data"].tolist() == list(theirs.data) == [1, 2, 3, 4]
    assert parsed["shape"].tolist() == list(theirs.shape.dim) == [2, 3, 4]
    assert list(parsed) == ["data", "shape"]


@pytest.mark.parametrize(
    ("features", "shape"),
    [
        ({"num": 1, "channels": 2, "height": 3, "width": 1, "data": range(6)}, (1, 2, 3, 1)),
        ({"shape": [2, 3], "data": range(6)}, (2, 3)),
        ({"num": 1, "channels": 1, "height": 1, "width": 6, "shape": [2, 3], "data": range(6)}, (1, 1, 1, 6)),
        ({"num": 3}, (3, 0, 0, 0)),
        ({"shape": [], "data": [5]}, ()),
    ],
)
def test_shape_is_that_of_the_four_sizes_or_of_the_shape(features, shape):
    features = {name: list(value) if isinstance(value, range) else value for name, value in features.items()}
    assert blob.shape_of(blob.parse(serialized(features))) == shape


@pytest.mark.parametrize(
    ("features", "words"),
    [
        ({"data": [1, 2]}, "a blob without shape; there are: data"),
        ({}, "a blob without shape; there are: none"),
        ({"shape": [2, 2], "data": [1, 2]}, r"2 values in a blob of shape \(2, 2\)"),
        ({"shape": [-1, -2], "data": [1, 2]}, "2 values in a blob of shape"),
        ({"num": 1, "data": [1]}, r"1 values in a blob of shape \(1, 0, 0, 0\)"),
    ],
)
def test_blob_whose_values_do_not_fill_its_shape_is_refused(features, words):
    with pytest.raises(ParseError, match=words):
        blob.shape_of(blob.parse(serialized(features)))


@pytest.mark.parametrize(
    ("message", "error", "offset"),
    [
        ("2a03000000", ParseError, 2),
        ("2a0400", TruncatedError, 2),
        ("08ff", TruncatedError, 1),
        ("3a020aff", TruncatedError, 3),
        ("3a030a01ff", TruncatedError, 4),
    ],
)
def test_malformed_message_is_refused_with_its_place(message, error, offset):
    with pytest.raises(error) as caught:
        blob.parse(bytes.fromhex(message))
    assert caught.value.offset == offset


@pytest.mark.parametrize(
    ("features", "words"),
    [
        ({"diff": [1]}, "no field 'diff' here"),
        ({"num": 2**31}, "'num': 2147483648 is not an int32"),
        ({"num": "1"}, "'num': expected a whole number"),
        ({"shape": [1.5]}, "'shape': float64 are no whole numbers"),
        ({"data": [1e39]}, "'data': a number is beyond float32"),
        ({"data": ["x"]}, "'data'"),
    ],
)
def test_value_that_does_not_fit_its_field_is_refused_by_name(features, words):
    with pytest.raises(EncodeError, match=words):
        blob.serialize(features)
