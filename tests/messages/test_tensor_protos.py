"""What `tensor_protos` makes of Caffe2's messages: what protobuf does, as numbered features."""

import numpy as np
import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from filmroll.errors import FormatError, ParseError, TruncatedError
from filmroll.messages import example, tensor_protos
from messages import caffe
from messages.wild import Wild

NUMBERS = ("dims", "data_type", "float_data", "int32_data", "int64_data")
PICTURE = caffe.TensorProtos(
    protos=[
        caffe.TensorProto(dims=[1], data_type=4, string_data=[b"\xff\xd8\xff"]),
        caffe.TensorProto(dims=[1], data_type=2, int32_data=[-7]),
        caffe.TensorProto(dims=[2], data_type=1, float_data=[1.5, -2], name=b"box"),
    ]
)


def of_protobuf(message: bytes) -> dict:
    found = {}
    for number, one in enumerate(caffe.TensorProtos.FromString(message).protos):
        values = {name: getattr(one, name) for name in NUMBERS}
        values["data_type"] = [one.data_type] if one.HasField("data_type") else []
        values["byte_data"] = [one.byte_data] if one.HasField("byte_data") else []
        values["string_data"] = one.string_data
        values["name"] = [one.name] if one.HasField("name") else []
        found |= {f"{number}/{name}": _plain(value) for name, value in values.items() if len(value)}
    return found


def of_ours(message: bytes) -> dict:
    return {name: _plain(value) for name, value in tensor_protos.parse(message).items() if len(value)}


def _plain(values) -> list:
    """Floats as their bits, so that NaN equals itself."""
    values = list(values)
    if any(isinstance(value, float | np.float32) for value in values):
        return np.array(values, np.float32).view(np.uint32).tolist()
    return [bytes(value) if isinstance(value, bytes | memoryview) else int(value) for value in values]


def test_tensors_become_features_numbered_from_0():
    parsed = tensor_protos.parse(PICTURE.SerializeToString())
    assert list(parsed) == [
        "0/dims", "0/data_type", "0/string_data",
        "1/dims", "1/data_type", "1/int32_data",
        "2/dims", "2/data_type", "2/float_data", "2/name",
    ]  # fmt: skip
    assert parsed["0/string_data"] == [b"\xff\xd8\xff"]
    assert parsed["1/int32_data"].tolist() == [-7]
    assert parsed["1/int32_data"].dtype == parsed["0/dims"].dtype == np.int64
    assert parsed["2/float_data"].dtype == np.float32
    assert parsed["2/name"] == [b"box"]


def test_bytes_are_views_of_the_message():
    message = bytearray(caffe.TensorProtos(protos=[caffe.TensorProto(byte_data=b"abc")]).SerializeToString())
    value = tensor_protos.parse(message)["0/byte_data"][0]
    message[-3:] = b"ABC"
    assert value == b"ABC"


def test_packed_and_unpacked_numbers_parse_alike():
    for tensor in ("08020803 1001", "0a020203 1001", "0802 0a0103 1001"):
        inner = bytes.fromhex(tensor)
        assert tensor_protos.parse(b"\x0a" + bytes([len(inner)]) + inner)["0/dims"].tolist() == [2, 3]


@given(
    st.lists(
        st.builds(
            caffe.TensorProto,
            dims=st.lists(st.integers(-(2**63), 2**63 - 1), max_size=5),
            data_type=st.sampled_from([1, 2, 3, 4]),
            float_data=st.lists(st.floats(width=32), max_size=20),
            int32_data=st.lists(st.integers(-(2**31), 2**31 - 1), max_size=60),
            int64_data=st.lists(st.integers(-(2**63), 2**63 - 1), max_size=5),
            byte_data=st.binary(max_size=300),
            string_data=st.lists(st.binary(max_size=20), max_size=3),
            name=st.binary(max_size=5),
        ),
        max_size=4,
    )
)
def test_any_tensors_have_the_values_that_protobuf_finds(tensors):
    message = caffe.TensorProtos(protos=tensors).SerializeToString()
    assert of_ours(message) == of_protobuf(message)


def test_cut_or_mutated_it_is_refused_exactly_where_protobuf_refuses_it():
    whole = PICTURE.SerializeToString()
    wild = Wild(1)
    verdicts = {agree(whole[:end]) for end in range(len(whole))}
    for _ in range(3000):
        mutated = bytearray(whole)
        mutated[wild.random.randrange(len(mutated))] = wild.random.getrandbits(8)
        verdicts.add(agree(bytes(mutated)))
    assert verdicts == {True, False}


def agree(message: bytes) -> bool:
    try:
        expected = of_protobuf(message)
    except DecodeError:
        expected = None
    if expected is None:
        with pytest.raises(FormatError) as caught:
            tensor_protos.parse(message)
        assert 0 <= caught.value.offset <= len(message)
        return False
    assert of_ours(message) == expected, message.hex()
    return True


@pytest.mark.parametrize(
    ("message", "error", "offset"),
    [
        ("0a05 08", TruncatedError, 2),
        ("0a02 08ff", TruncatedError, 3),
        ("0a05 1a03 000000", ParseError, 4),
        ("00", ParseError, 0),
    ],
)
def test_malformed_message_is_refused_with_its_place(message, error, offset):
    with pytest.raises(error) as caught:
        tensor_protos.parse(bytes.fromhex(message))
    assert caught.value.offset == offset


def test_tensors_are_recognised_and_other_messages_are_not():
    assert tensor_protos.recognise(PICTURE.SerializeToString())
    others = [
        b"",
        b"\0",
        caffe.Datum(channels=1, height=1, width=1, data=b"x", label=2).SerializeToString(),
        b"".join(example.serialize({"image/encoded": b"x", "image/class/label": 7})),
        caffe.TensorProtos(protos=[caffe.TensorProto(dims=[1])]).SerializeToString(),
    ]
    assert [tensor_protos.recognise(other) for other in others] == [False] * len(others)
