"""Many Datums at once say what `datum.parse` says of each, whatever their layouts."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmroll.errors import EncodeError, ParseError, TruncatedError
from filmroll.messages import datum, datum_columns, wire
from messages import caffe


def held_against_the_plain_parser(messages) -> dict:
    found = datum_columns.parse(messages)
    for number, message in enumerate(messages):
        expected = datum.parse(message)
        for name, column in found.items():
            value = column[number]
            if name not in expected:
                assert value is None
            elif name == "data":
                assert [bytes(one) for one in value] == [bytes(one) for one in expected[name]]
            else:
                assert value.dtype == expected[name].dtype
                assert value.tobytes() == expected[name].tobytes()
        assert expected.keys() <= found.keys()
    return found


def pictures(count: int, **others) -> list[bytes]:
    generator = random.Random(count)
    fields = {"channels": 1, "height": 4, "width": 5} | others
    return [
        caffe.Datum(**fields, data=generator.randbytes(20), label=generator.randrange(10)).SerializeToString()
        for _ in range(count)
    ]


def test_pictures_of_one_layout_become_dense_arrays():
    messages = pictures(100)
    found = held_against_the_plain_parser(messages)
    assert list(found) == ["channels", "height", "width", "data", "label"]
    assert found["data"].dense().shape == (100, 20)
    assert found["label"].dense().tolist() == [caffe.Datum.FromString(one).label for one in messages]
    assert found["channels"].dense().dtype == np.int64


def test_one_layout_takes_no_plain_parser(monkeypatch):
    monkeypatch.setattr(datum, "parse", None)
    messages = pictures(50) + [caffe.Datum(data=bytes(n), label=1).SerializeToString() for n in range(200, 300)]
    found = datum_columns.parse(messages)
    assert len(found["data"]) == 150


def test_data_is_not_copied_and_lies_in_the_buffer_given():
    messages = pictures(20)
    buffer = b"".join(messages)
    lengths = [len(one) for one in messages]
    found = datum_columns.parse_buffer(buffer, np.cumsum(lengths) - lengths, lengths)
    assert found["data"][3][0].obj is not None
    assert np.shares_memory(np.frombuffer(found["data"][3][0], np.uint8), np.frombuffer(buffer, np.uint8))


def test_messages_may_lie_in_any_order_with_anything_between():
    messages = pictures(20)
    buffer = b"junk".join(messages)
    places = [buffer.index(one) for one in messages]
    found = datum_columns.parse_buffer(buffer, places[::-1], [len(one) for one in messages][::-1])
    assert found["label"].dense().tolist() == [caffe.Datum.FromString(one).label for one in messages[::-1]]


@pytest.mark.parametrize("seed", range(4))
def test_messages_of_many_layouts_say_what_the_plain_parser_says(seed):
    generator = random.Random(seed)

    def one() -> bytes:
        made = caffe.Datum(channels=generator.choice([1, 3]), height=28, width=28)
        kind = generator.random()
        if kind < 0.8:
            made.data = generator.randbytes(generator.choice([784, 784, 0, 10, 130, 20_000]))
        elif kind < 0.95:
            made.float_data.extend(generator.random() for _ in range(generator.choice([1, 3, 3, 40])))
        if generator.random() < 0.9:
            made.label = generator.choice([1, 7, 200, -4, 2**31 - 1])
        if generator.random() < 0.3:
            made.encoded = generator.random() < 0.5
        odd = generator.choice([b"", b"", b"", b"", b"\x28\x05", b"\x78\x05", b"\x35\0\0\0\0", b"\xaa\x00\x00"])
        return made.SerializeToString() + odd

    held_against_the_plain_parser([one() for _ in range(600)])


@pytest.mark.parametrize("count", [1, 3, 50])
def test_packed_and_unpacked_floats_become_one_column(count):
    values = [np.arange(count, dtype=np.float32) + number for number in range(30)]
    unpacked = [b"".join(datum.serialize({"float_data": one, "label": 1})) for one in values]
    packed = [b"\x28\x01\x32" + wire.varint(4 * count) + one.tobytes() for one in values]
    for messages in (unpacked, packed, unpacked + packed):
        found = held_against_the_plain_parser(messages)
        assert found["float_data"].dense().reshape(-1, count).tolist() == [one.tolist() for one in values] * (
            len(messages) // 30
        )


def test_floats_of_varying_number_are_ragged():
    messages = [b"".join(datum.serialize({"float_data": np.arange(1 + n % 5), "label": n})) for n in range(60)]
    found = held_against_the_plain_parser(messages)
    assert found["float_data"].counts.tolist() == [1 + n % 5 for n in range(60)]


def test_tag_missing_among_the_floats_of_one_message_does_not_disturb_the_others():
    messages = [b"".join(datum.serialize({"float_data": np.arange(5), "label": 3})) for _ in range(40)]
    broken = bytearray(messages[7])
    broken[broken.index(b"\x35") + 10] = 0x7D  # field 15, unknown, in place of the third float
    messages[7] = bytes(broken)
    found = held_against_the_plain_parser(messages)
    assert found["float_data"][7].tolist() == [0, 1, 3, 4]


@pytest.mark.parametrize("padding", [0, 1, 2])
def test_length_of_more_bytes_than_it_takes_is_read_all_the_same(padding):
    length = bytes([3 | 0x80] + [0x80] * padding + [0])
    held_against_the_plain_parser([b"\x22" + length + b"abc" + b"\x28" + bytes([n]) for n in range(20)])
    held_against_the_plain_parser([b"\xa2\x00\x03abc\x28" + bytes([n]) for n in range(20)])


def test_few_messages_none_and_empty_ones():
    assert datum_columns.parse([]) == {}
    assert datum_columns.parse([b""] * 20) == {}
    held_against_the_plain_parser(pictures(2))
    held_against_the_plain_parser(pictures(20) + [b""] * 20)


def test_field_that_some_messages_lack_is_absent_there():
    found = held_against_the_plain_parser(
        pictures(30) + [caffe.Datum(data=b"x").SerializeToString() for _ in range(30)]
    )
    assert found["label"].present.tolist() == [True] * 30 + [False] * 30
    with pytest.raises(ParseError, match="'label': 0 values"):
        found["label"].dense()


@pytest.mark.parametrize("number", [0, 17, 39])
@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda message: message[:-1], TruncatedError),
        (lambda message: message[:5], TruncatedError),
        (lambda message: message + b"\0", ParseError),
        (lambda message: b"\x0c" + message, ParseError),
    ],
)
def test_malformed_message_is_named_by_its_number(number, change, error):
    messages = pictures(40)
    messages[number] = change(messages[number])
    with pytest.raises(error) as caught:
        datum_columns.parse(messages)
    assert caught.value.record == number
    assert caught.value.offset is not None


def test_places_that_lead_out_of_the_buffer_are_refused():
    with pytest.raises(ValueError, match="message 1, 5 bytes at 8, is not inside the 10 bytes"):
        datum_columns.parse_buffer(bytes(10), [0, 8], [1, 5])
    with pytest.raises(TypeError, match="integers"):
        datum_columns.parse_buffer(bytes(10), [0.5], [1])


def test_any_byte_changed_in_one_message_gives_what_the_plain_parser_gives():
    messages = pictures(12, height=300)
    for place in range(len(messages[5])):
        for value in (0, 1, 0x22, 0x80, 0xFF):
            changed = bytearray(messages[5])
            changed[place] = value
            several = [*messages[:5], bytes(changed), *messages[6:]]
            expected = fault_of(lambda one=changed: datum.parse(one))
            if expected is None:
                held_against_the_plain_parser(several)
            else:
                fault = fault_of(lambda all_of_them=several: datum_columns.parse(all_of_them))
                assert (type(fault), fault.record, fault.offset) == (type(expected), 5, expected.offset)


def fault_of(parse):
    try:
        parse()
    except (ParseError, TruncatedError) as exc:
        return exc
    return None


def singly(array, labels):
    """The same messages, one by one, by protobuf."""
    made = []
    for number, one in enumerate(array):
        fields = dict(zip(("channels", "height", "width"), one.shape, strict=True), encoded=False)
        fields |= {"data": one.tobytes()} if one.dtype == np.uint8 else {"float_data": one.reshape(-1).tolist()}
        made.append(caffe.Datum(**fields, **({} if labels is None else {"label": labels[number]})).SerializeToString())
    return made


def divided(many) -> list[bytes]:
    return [bytes(many.buffer[start : start + n]) for start, n in zip(many.starts, many.lengths, strict=True)]


@given(
    st.integers(0, 12),
    st.tuples(*[st.integers(1, 12)] * 3),
    st.sampled_from([np.uint8, np.float32]),
    st.randoms(use_true_random=False),
)
def test_arrays_become_the_bytes_of_protobuf(count, shape, dtype, generator):
    array = np.random.default_rng(generator.randrange(99)).integers(0, 256, (count, *shape)).astype(dtype)
    labels = [generator.choice([0, 7, 127, 128, 70_000, -1, 2**31 - 1, -(2**31)]) for _ in range(count)]
    for given_labels in (None, labels):
        many = datum_columns.serialize(array, labels=given_labels)
        assert divided(many) == singly(array, given_labels)
        assert many.buffer.readonly


def test_arrays_round_trip():
    array = np.random.default_rng(0).integers(0, 256, (200, 3, 8, 9), np.uint8)
    labels = np.arange(200) * 3
    found = datum_columns.parse_buffer(*datum_columns.serialize(array, labels=labels))
    assert np.array_equal(found["data"].dense().reshape(array.shape), array)
    assert np.array_equal(found["label"].dense(), labels)
    assert found["encoded"].dense().tolist() == [0] * 200


def test_array_in_any_memory_order_is_stored_in_c_order():
    array = np.asfortranarray(np.random.default_rng(0).integers(0, 256, (20, 3, 8, 9), np.uint8))
    assert divided(datum_columns.serialize(array)) == singly(array, None)


REFUSED = [
    pytest.param(np.zeros((2, 3, 4), np.uint8), None, r"not uint8 \(2, 3, 4\)", id="three axes"),
    pytest.param(np.zeros((1, 1, 1, 1), complex), None, "complex128", id="complex"),
    pytest.param([[[[1]]]], None, "not list", id="list"),
    pytest.param(np.zeros((2, 1, 1, 1), np.uint8), [1], "labels are 2 whole numbers", id="one label"),
    pytest.param(np.zeros((1, 1, 1, 1), np.uint8), [1.5], "not float64", id="label of 1.5"),
    pytest.param(np.zeros((1, 1, 1, 1), np.uint8), [2**31], "not an int32", id="label beyond int32"),
    pytest.param(np.full((1, 1, 1, 1), 1e39), None, "beyond float32", id="beyond float32"),
    pytest.param(
        np.broadcast_to(np.uint8(0), (1, 1, 2**16, 2**15)), None, "2147483648 bytes, protobuf reads", id="2 GiB"
    ),
]


@pytest.mark.parametrize(("array", "labels", "words"), REFUSED)
def test_array_that_no_datum_holds_is_refused(array, labels, words):
    with pytest.raises(EncodeError, match=words):
        datum_columns.serialize(array, labels=labels)
