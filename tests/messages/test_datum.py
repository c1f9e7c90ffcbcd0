"""What `datum` makes of Caffe's messages, and messages of features: always what protobuf does."""

import numpy as np
import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from filmroll.errors import EncodeError, FormatError, ParseError, TruncatedError
from filmroll.messages import datum, wire
from messages import caffe
from messages.wild import Wild

int32s = st.integers(-(2**31), 2**31 - 1)
floats = st.floats(width=32, allow_nan=False)
SCALARS = ("channels", "height", "width", "label", "encoded")
KNOWN = [
    pytest.param({"channels": 3, "height": 2, "width": 1}, "080310021801", id="sizes"),
    pytest.param({"data": b"abc"}, "2203616263", id="data"),
    pytest.param({"label": 300}, "28ac02", id="label"),
    pytest.param({"label": -1}, "28ffffffffffffffffff01", id="negative label"),
    pytest.param({"float_data": [1.5, -2]}, "350000c03f35000000c0", id="floats"),
]


def serialized(features) -> bytes:
    return b"".join(datum.serialize(features))


def of_protobuf(message: bytes) -> dict:
    """What protobuf finds, in our words."""
    parsed = caffe.Datum.FromString(message)
    found = {name: [int(getattr(parsed, name))] for name in SCALARS if parsed.HasField(name)}
    if parsed.HasField("data"):
        found["data"] = parsed.data
    if parsed.float_data:
        found["float_data"] = _bits(list(parsed.float_data))
    return found


def of_ours(message: bytes) -> dict:
    parsed = datum.parse(message)
    found = {name: parsed[name].tolist() for name in SCALARS if name in parsed}
    if "data" in parsed:
        found["data"] = bytes(parsed["data"][0])
    if "float_data" in parsed and len(parsed["float_data"]):
        found["float_data"] = _bits(parsed["float_data"])
    return found


def _bits(values) -> list[int]:
    return np.asarray(values, np.float32).view(np.uint32).tolist()  # so that NaN equals itself


@pytest.mark.parametrize(("features", "expected"), KNOWN)
def test_fields_serialize_to_the_known_bytes_and_encoded_is_always_written(features, expected):
    assert serialized(features).hex() == expected + "3800"
    assert serialized(features | {"encoded": True}).hex() == expected + "3801"


def test_fields_come_in_the_order_of_their_numbers_whatever_the_order_given():
    features = {"encoded": True, "label": 5, "data": b"x", "width": 3, "height": 2, "channels": 1}
    assert serialized(features) == caffe.Datum(**features).SerializeToString()


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_every_kind_of_buffer_parses(kind):
    parsed = datum.parse(kind(bytes.fromhex("08032203616263")))
    assert parsed["channels"].tolist() == [3]
    assert parsed["channels"].dtype == np.int64
    assert parsed["data"] == [b"abc"]


def test_data_is_a_read_only_view_of_the_message():
    message = bytearray(bytes.fromhex("2203616263"))
    value = datum.parse(message)["data"][0]
    message[-3:] = b"ABC"
    assert value == b"ABC"
    assert value.readonly


def test_absent_fields_are_absent_and_an_empty_message_has_none():
    assert datum.parse(b"") == {}
    assert list(datum.parse(bytes.fromhex("2807"))) == ["label"]


def test_scalar_that_comes_twice_keeps_the_last_value():
    twice = bytes.fromhex("2807") + serialized({"data": b"a"}) + bytes.fromhex("2808") + serialized({"data": b"bc"})
    assert of_ours(twice) == of_protobuf(twice) == {"label": [8], "data": b"bc", "encoded": [0]}


@pytest.mark.parametrize("count", [1, 2, 63, 64, 65, 66, 127, 300, 5000])
def test_unpacked_packed_and_mixed_floats_parse_alike(count):
    values = np.random.default_rng(count).normal(size=count).astype(np.float32)
    unpacked = serialized({"float_data": values})[:-2]
    packed = b"\x32" + wire.varint(4 * count) + values.tobytes()
    for message in (unpacked, packed, unpacked + packed, packed + b"\x28\x07" + unpacked, unpacked + b"\x28\x07"):
        assert of_ours(message) == of_protobuf(message)
    parsed = datum.parse(unpacked)["float_data"]
    assert parsed.dtype == np.float32
    assert parsed.flags.writeable
    assert parsed.flags.aligned


def test_floats_between_other_fields_are_joined_in_order():
    message = b"".join(b"\x35" + np.float32(n).tobytes() + b"\x28\x07" for n in range(50))
    assert datum.parse(message)["float_data"].tolist() == list(range(50))


def test_unknown_fields_are_skipped():
    for unknown in ("7805", "79" + "00" * 8, "7a03616263", "7b08017c", "7d00000000", "0a0161", "2001"):
        message = bytes.fromhex(unknown + "2807" + unknown)
        assert of_ours(message) == of_protobuf(message) == {"label": [7]}


def test_number_of_more_than_32_bits_is_cut_as_protobuf_does():
    for number in (2**31, 2**32 + 5, 2**63, 2**64 - 1, 2**40 - 1):
        message = b"\x28" + wire.varint(number) + b"\x38" + wire.varint(number)
        assert of_ours(message) == of_protobuf(message)


MALFORMED = [
    pytest.param("28", TruncatedError, 1, "varint is cut off", id="no varint"),
    pytest.param("28ff", TruncatedError, 1, "varint is cut off", id="cut varint"),
    pytest.param("28" + "ff" * 10 + "01", ParseError, 1, "more than 10", id="long varint"),
    pytest.param("2205616263", TruncatedError, 2, "announces 5 bytes, 3 are left", id="cut data"),
    pytest.param("22ffffffff0f", TruncatedError, 6, "announces 4294967295", id="4 GiB announced"),
    pytest.param("350000", TruncatedError, 1, "4 bytes is cut off after 2", id="cut float"),
    pytest.param("35000000003500", TruncatedError, 6, "4 bytes is cut off after 1", id="cut second float"),
    pytest.param("3203000000", ParseError, 2, "no multiple of 4", id="packed floats of 3 bytes"),
    pytest.param("0001", ParseError, 0, "field number 0", id="field 0"),
    pytest.param("0c", ParseError, 0, "wire type 4", id="end of no group"),
]


@pytest.mark.parametrize(("message", "error", "offset", "words"), MALFORMED)
def test_malformed_message_is_refused_with_its_place(message, error, offset, words):
    with pytest.raises(error, match=words) as caught:
        datum.parse(bytes.fromhex(message))
    assert caught.value.offset == offset


def test_cut_anywhere_it_is_what_protobuf_makes_of_it():
    message = caffe.Datum(
        channels=1, height=2, width=300, data=b"x" * 200, label=-5, float_data=[1, 2, 3], encoded=True
    ).SerializeToString()
    verdicts = set()
    for end in range(len(message)):
        verdicts.add(agree(message[:end]))
    assert verdicts == {True, False}


@pytest.mark.parametrize("seed", range(3))
def test_wild_and_mutated_messages_are_refused_exactly_where_protobuf_refuses_them(seed):
    wild = Wild(seed)
    whole = caffe.Datum(
        channels=3, height=1, width=2, data=b"abcdef", label=1, float_data=[1, 2, 3]
    ).SerializeToString()
    verdicts = set()
    for _ in range(2000):
        mutated = bytearray(whole)
        for _ in range(wild.random.choice([1, 1, 2])):
            mutated[wild.random.randrange(len(mutated))] = wild.random.getrandbits(8)
        verdicts.add(agree(bytes(mutated)))
        agree(wild.message())
    assert verdicts == {True, False}


def agree(message: bytes) -> bool:
    """Hold both parsers against each other; tell whether they accept."""
    try:
        expected = of_protobuf(message)
    except DecodeError:
        with pytest.raises(FormatError) as caught:
            datum.parse(message)
        assert 0 <= caught.value.offset <= len(message)
        return False
    assert of_ours(message) == expected, message.hex()
    return True


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "channels": int32s,
            "height": int32s,
            "width": int32s,
            "label": int32s,
            "data": st.binary(max_size=300),
            "float_data": st.lists(floats, min_size=1, max_size=200),
            "encoded": st.booleans(),
        },
    )
)
def test_features_round_trip_and_are_the_bytes_of_protobuf(features):
    message = serialized(features)
    assert message == caffe.Datum(**{"encoded": False} | features).SerializeToString()
    parsed = datum.parse(message)
    assert serialized(parsed) == message
    assert parsed.keys() == features.keys() | {"encoded"}


ACCEPTED = [
    pytest.param({"label": [7]}, {"label": 7}, id="list of one"),
    pytest.param({"label": np.array([7], np.uint8)}, {"label": 7}, id="array of one"),
    pytest.param({"label": np.int16(7)}, {"label": 7}, id="numpy scalar"),
    pytest.param({"label": np.array(7)}, {"label": 7}, id="0-d"),
    pytest.param({"label": None, "data": None}, {}, id="none is absent"),
    pytest.param({"encoded": np.bool_(True)}, {"encoded": True}, id="numpy bool"),
    pytest.param({"encoded": [1]}, {"encoded": True}, id="1 is true"),
    pytest.param({"data": [memoryview(b"ab")]}, {"data": b"ab"}, id="list of one view"),
    pytest.param({"data": memoryview(np.arange(2, dtype="<u2"))}, {"data": b"\0\0\1\0"}, id="view of wide items"),
    pytest.param({"float_data": np.array([[1, 2], [3, 4]], ">f8")}, {"float_data": [1, 2, 3, 4]}, id="2-d doubles"),
    pytest.param({"float_data": [1, 2]}, {"float_data": [1, 2]}, id="whole floats"),
    pytest.param({"float_data": []}, {}, id="no floats"),
]


@pytest.mark.parametrize(("features", "expected"), ACCEPTED)
def test_value_of_every_reasonable_type_is_serialized(features, expected):
    assert serialized(features) == caffe.Datum(**{"encoded": False} | expected).SerializeToString()


REFUSED = [
    pytest.param({"label": 2**31}, "'label': 2147483648 is not an int32", id="beyond int32"),
    pytest.param({"channels": -(2**31) - 1}, "not an int32", id="below int32"),
    pytest.param({"label": 1.5}, "'label': expected a whole number, found float", id="float"),
    pytest.param({"label": "7"}, "found str", id="text"),
    pytest.param({"label": [1, 2]}, "2 values, expected one", id="two labels"),
    pytest.param({"label": []}, "0 values, expected one", id="no label"),
    pytest.param({"encoded": 2}, "'encoded': 2 is not 0 or 1", id="encoded 2"),
    pytest.param({"data": "text"}, "'data': expected one value of bytes, found str", id="text as data"),
    pytest.param({"data": [b"a", b"b"]}, "found list", id="two data"),
    pytest.param({"data": memoryview(b"abcd")[::2]}, "gaps", id="view with gaps"),
    pytest.param({"float_data": [1e39]}, "beyond float32", id="beyond float32"),
    pytest.param({"float_data": ["a"]}, "'float_data'", id="texts as floats"),
    pytest.param({"float_data": [[1], [1, 2]]}, "'float_data'", id="ragged floats"),
    pytest.param({"boxes": 1}, "no field 'boxes'; it has: channels", id="unknown field"),
    pytest.param({5: 1}, "no field 5", id="number as name"),
]


@pytest.mark.parametrize(("features", "words"), REFUSED)
def test_value_that_does_not_fit_its_field_is_refused_by_name(features, words):
    with pytest.raises(EncodeError, match=words):
        datum.serialize(features)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_large_data_is_handed_through_uncopied(kind):
    picture = kind(bytes(100_000))
    pieces = datum.serialize({"label": 1, "data": picture})
    assert len(pieces) == 3
    assert pieces[1].obj is picture.obj if kind is memoryview else pieces[1] is picture


def test_hostile_message_of_single_floats_takes_time_in_proportion_to_its_length():
    message = (b"\x35\0\0\0\0" * 2 + b"\x28\x07") * 20_000
    assert len(datum.parse(message)["float_data"]) == 40_000
