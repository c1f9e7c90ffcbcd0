"""What `example` makes of messages, and messages of features."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reference
from filmroll.errors import TruncatedError
from filmroll.messages import example, wire
from messages import oracle
from messages.agreement import of_one

KEY_VALUE = bytes.fromhex("0a120a100a036b657912090a070a0576616c7565")

int64s = st.integers(-(2**63), 2**63 - 1)
values = st.one_of(
    st.none(),
    st.lists(st.binary(max_size=200), max_size=5),
    st.lists(int64s, max_size=60).map(lambda numbers: np.array(numbers, np.int64)),
    st.lists(st.floats(width=32, allow_nan=False), max_size=60).map(lambda numbers: np.array(numbers, np.float32)),
)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)


def serialized(features):
    return b"".join(example.serialize(features))


def test_bytes_value_under_key_serializes_to_the_known_bytes():
    assert serialized({"key": b"value"}) == KEY_VALUE


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_every_kind_of_buffer_parses(kind):
    assert example.parse(kind(KEY_VALUE)) == {"key": [b"value"]}


def test_bytes_values_are_views_of_the_message():
    message = bytearray(KEY_VALUE)
    value = example.parse(message)["key"][0]
    message[-5:] = b"VALUE"
    assert value == b"VALUE"
    assert value.readonly


def test_view_of_wider_items_parses_as_bytes():
    assert len(KEY_VALUE) % 4 == 0
    assert example.parse(memoryview(KEY_VALUE).cast("I")) == {"key": [b"value"]}


def test_message_with_gaps_is_refused():
    with pytest.raises(ValueError, match="contiguous"):
        example.parse(memoryview(KEY_VALUE)[::2])


def test_message_that_is_no_buffer_is_refused():
    with pytest.raises(TypeError):
        example.parse("text")


def test_floats_come_back_as_float32_and_ints_as_int64_and_bytes_as_list():
    parsed = example.parse(serialized({"f": [1.5, 2], "i": [1, -1], "b": [b"x", b"y"]}))
    assert parsed["f"].dtype == np.float32
    assert parsed["i"].dtype == np.int64
    assert parsed["b"] == [b"x", b"y"]
    assert parsed["f"].tolist() == [1.5, 2]
    assert parsed["i"].tolist() == [1, -1]


def test_arrays_are_new_writable_and_aligned_wherever_they_lie():
    for padding in range(8):
        parsed = example.parse(serialized({"p" * padding: b"", "f": [1.0, 2.0], "i": [1, 300]}))
        for name in "fi":
            assert parsed[name].flags.writeable
            assert parsed[name].flags.aligned
            assert parsed[name].dtype.isnative


def test_packed_and_unpacked_int64_parse_alike():
    assert example.parse(bytes.fromhex("0a0e0a0c0a036167651205 1a03 0a010d"))["age"].tolist() == [13]
    assert example.parse(bytes.fromhex("0a0d0a0b0a036167651204 1a02 080d"))["age"].tolist() == [13]


def test_packed_and_unpacked_floats_parse_alike():
    packed = b"\x12\x0a\x0a\x08" + struct.pack("<2f", 1.5, -2)
    unpacked = b"\x12\x0a" + b"".join(b"\x0d" + struct.pack("<f", number) for number in (1.5, -2))
    assert example.parse(of_one(packed))["a"].tolist() == [1.5, -2]
    assert example.parse(of_one(unpacked))["a"].tolist() == [1.5, -2]


def test_packed_and_unpacked_parts_of_one_list_are_joined_in_order():
    mixed = b"\x1a\x09" + b"\x08\x01" + b"\x0a\x02\x02\x03" + b"\x08\xac\x02"
    assert example.parse(of_one(mixed))["a"].tolist() == [1, 2, 3, 300]


UNKNOWN = [
    pytest.param(b"\x78\x05", id="varint"),
    pytest.param(b"\x79" + bytes(8), id="fixed64"),
    pytest.param(b"\x7a\x03abc", id="delimited"),
    pytest.param(b"\x7b\x08\x01\x7c", id="group"),
    pytest.param(b"\x7b\x73\x74\x7c", id="group in group"),
    pytest.param(b"\x7d" + bytes(4), id="fixed32"),
    pytest.param(b"\xfa\xff\xff\xff\x0f\x01x", id="largest number"),
]


@pytest.mark.parametrize("unknown", UNKNOWN)
def test_unknown_fields_at_every_level_are_ignored(unknown):
    numbers = unknown + b"\x0a\x01\x07" + unknown
    feature = unknown + b"\x1a" + bytes([len(numbers)]) + numbers + unknown
    entry = unknown + b"\x0a\x01a" + unknown + b"\x12" + bytes([len(feature)]) + feature + unknown
    features = unknown + b"\x0a" + wire.varint(len(entry)) + entry + unknown
    message = unknown + b"\x0a" + wire.varint(len(features)) + features + unknown
    assert example.parse(message)["a"].tolist() == [7]


@pytest.mark.parametrize("tag", [b"\x08\x01", b"\x0d" + bytes(4), b"\x09" + bytes(8)])
def test_known_number_with_another_wire_type_is_ignored(tag):
    assert example.parse(tag + KEY_VALUE + tag) == {"key": [b"value"]}


def test_name_that_comes_twice_keeps_the_last_value():
    twice = of_one(b"\x1a\x03\x0a\x01\x01")[2:] + of_one(b"\x1a\x03\x0a\x01\x02")[2:]
    assert example.parse(b"\x0a" + bytes([len(twice)]) + twice)["a"].tolist() == [2]


def test_concatenated_messages_merge_name_by_name():
    parsed = example.parse(serialized({"a": 1, "b": 2}) + serialized({"b": 3, "c": 4}))
    assert {name: value.tolist() for name, value in parsed.items()} == {"a": [1], "b": [3], "c": [4]}


def test_lists_of_one_kind_are_joined_and_the_last_kind_wins():
    ints, floats = b"\x1a\x03\x0a\x01\x01", b"\x12\x06\x0a\x04" + struct.pack("<f", 1.5)
    assert example.parse(of_one(ints + ints))["a"].tolist() == [1, 1]
    assert example.parse(of_one(ints + floats))["a"].tolist() == [1.5]
    assert example.parse(of_one(ints + floats + ints))["a"].tolist() == [1]


def test_list_that_another_kind_replaces_must_be_well_formed_all_the_same():
    with pytest.raises(TruncatedError, match="varint is cut off"):
        example.parse(of_one(b"\x1a\x03\x0a\x01\x80" + b"\x0a\x00"))


def test_entry_without_name_is_named_empty_and_without_value_is_none():
    assert example.parse(b"\x0a\x02\x0a\x00") == {"": None}
    assert example.parse(b"\x0a\x05\x0a\x03\x0a\x01a") == {"a": None}


def test_empty_message_and_empty_features_hold_nothing():
    assert example.parse(b"") == {}
    assert example.parse(b"\x0a\x00") == {}


def test_feature_with_no_kind_and_empty_lists_round_trip():
    features = {"n": None, "b": [], "f": np.empty(0, np.float32), "i": np.empty(0, np.int64)}
    parsed = example.parse(serialized(features))
    assert parsed["n"] is None
    assert parsed["b"] == []
    assert (parsed["f"].dtype, parsed["f"].shape) == (np.float32, (0,))
    assert (parsed["i"].dtype, parsed["i"].shape) == (np.int64, (0,))


def test_names_keep_their_order():
    names = ["z", "a", "m", ""]
    assert list(example.parse(serialized(dict.fromkeys(names, 1)))) == names


SERIALIZED = [
    pytest.param(b"x", (1, [b"x"]), id="bytes"),
    pytest.param(bytearray(b"x"), (1, [b"x"]), id="bytearray"),
    pytest.param(memoryview(b"x"), (1, [b"x"]), id="memoryview"),
    pytest.param(memoryview(np.arange(2, dtype=np.uint16)), (1, [b"\0\0\1\0"]), id="view of wide items"),
    pytest.param("é", (1, ["é".encode()]), id="text"),
    pytest.param(np.bytes_(b"x"), (1, [b"x"]), id="numpy bytes"),
    pytest.param((b"x", "y", memoryview(b"z")), (1, [b"x", b"y", b"z"]), id="tuple"),
    pytest.param([], (1, []), id="empty list"),
    pytest.param(5, (3, [5]), id="int"),
    pytest.param(-(2**63), (3, [-(2**63)]), id="least int"),
    pytest.param(True, (3, [1]), id="bool"),
    pytest.param([True, 2, np.uint8(3)], (3, [1, 2, 3]), id="ints"),
    pytest.param(np.uint64(7), (3, [7]), id="numpy int"),
    pytest.param(np.array(3), (3, [3]), id="0-d"),
    pytest.param(np.array([[1, 2], [3, 4]], np.uint8), (3, [1, 2, 3, 4]), id="2-d"),
    pytest.param(np.array([[1, 2], [3, 4]], order="F"), (3, [1, 2, 3, 4]), id="Fortran order"),
    pytest.param(np.array([1, 2], ">i4"), (3, [1, 2]), id="big-endian"),
    pytest.param(np.array([True, False]), (3, [1, 0]), id="bools"),
    pytest.param(1.5, (2, [1.5]), id="float"),
    pytest.param([1, 2.5], (2, [1, 2.5]), id="any float"),
    pytest.param([np.float16(0.5)], (2, [0.5]), id="numpy float"),
    pytest.param(np.array([[0.5], [float("inf")]]), (2, [0.5, float("inf")]), id="float array"),
    pytest.param(None, (0, []), id="none"),
]


@pytest.mark.parametrize(("value", "expected"), SERIALIZED)
def test_value_becomes_the_list_of_its_type(value, expected):
    assert reference.parse_example(serialized({"a": value})) == {"a": expected}


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_large_bytes_are_handed_through_uncopied(kind):
    picture = kind(bytes(100_000))
    pieces = example.serialize({"before": 1, "picture": picture, "after": [2.5]})
    assert len(pieces) == 3
    if kind is memoryview:
        assert pieces[1].obj is picture.obj
    else:
        assert pieces[1] is picture


@pytest.mark.parametrize("count", [1, 16, 17, 100, 70_000])
@pytest.mark.parametrize("largest", [127, 128, 2**31, 2**63 - 1])
def test_lists_of_every_length_and_width_are_the_bytes_of_protobuf(tf, count, largest):
    generator = np.random.default_rng(count)
    numbers = generator.integers(-largest - 1 if largest > 128 else 0, largest, count, endpoint=True)
    theirs = tf.train.Example()
    theirs.features.feature["a"].int64_list.value.extend(numbers.tolist())
    ours = serialized({"a": numbers})
    assert ours == theirs.SerializeToString()
    np.testing.assert_array_equal(example.parse(ours)["a"], numbers)
    assert serialized({"a": numbers.tolist()}) == ours


@given(st.dictionaries(names, values, max_size=5))
def test_features_round_trip_and_the_plain_reference_agrees(features):
    message = serialized(features)
    expected = oracle.ours(features)
    assert oracle.ours(example.parse(message)) == expected
    plain = reference.parse_example(message)
    assert {name: (kind, oracle._float_bits(v) if kind == 2 else v) for name, (kind, v) in plain.items()} == expected


@given(st.lists(int64s, max_size=200), st.integers(0, 3))
def test_packed_ints_decode_like_the_reference_at_any_offset(numbers, padding):
    message = serialized({"p" * padding: None, "a": np.array(numbers, np.int64)})
    assert example.parse(message)["a"].tolist() == reference.parse_example(message)["a"][1] == numbers


def test_features_that_are_not_wanted_are_not_parsed():
    message = b"".join(example.serialize({"a": [1, 2], "b": b"bytes", "c": [0.5]}))
    whole = example.parse(message)
    assert list(example.parse(message, wanted={"c", "a", "absent"})) == ["a", "c"]
    assert example.parse(message, wanted={"b"})["b"] == whole["b"]
    assert example.parse(message, wanted=()) == {}


def test_value_that_is_not_wanted_may_be_malformed():
    message = bytes(b"".join(example.serialize({"a": [1], "b": [2]})))
    damaged = message[:-1] + b"\xff"  # a varint that has no end
    with pytest.raises(TruncatedError):
        example.parse(damaged)
    assert example.parse(damaged, wanted={"a"})["a"].tolist() == [1]


def test_long_name_is_not_taken_for_a_short_one():
    """Its length has two bytes; read as one, the end of the name would look like the beginning of the value."""
    name = "n" * 199 + "\x12"
    message = serialized({name: b"as long as 13"})
    assert list(reference.parse_example(message)) == [name]
    assert example.parse(message) == {name: [b"as long as 13"]}
    assert example.parse(message, wanted={name}) == {name: [b"as long as 13"]}
