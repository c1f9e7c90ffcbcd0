"""Messages that cannot be parsed, values that no message holds: refused by place or by name."""

import numpy as np
import pytest

from filmroll.errors import EncodeError, ParseError, TruncatedError
from filmroll.messages import example, wire
from messages.agreement import of_one

MALFORMED = [
    pytest.param(
        of_one(b"\x1a\x0d\x0a\x0b" + b"\xff" * 10 + b"\x01"), ParseError, 13, "more than 10", id="long varint"
    ),
    pytest.param(of_one(b"\x1a\x04\x0a\x02\x01\x80"), TruncatedError, 14, "varint is cut", id="cut varint"),
    pytest.param(of_one(b"\x12\x05\x0a\x03abc"), ParseError, 13, "no multiple of 4", id="float of 3 bytes"),
    pytest.param(b"\x00\x00", ParseError, 0, "field number 0", id="field 0"),
    pytest.param(b"\x0e", ParseError, 0, "wire type 6", id="wire type 6"),
    pytest.param(b"\x0f", ParseError, 0, "wire type 7", id="wire type 7"),
    pytest.param(b"\x0c", ParseError, 0, "wire type 4", id="end without group"),
    pytest.param(b"\x0b\x08\x01", TruncatedError, 3, "no end", id="group without end"),
    pytest.param(b"\x0b\x14", ParseError, 1, "group 1 is ended by the tag of group 2", id="wrong end"),
    pytest.param(b"\x0a\x05ab", TruncatedError, 2, "announces 5 bytes, 2 are left", id="short"),
    pytest.param(b"\x0a\xff\xff\xff\xff\x07", TruncatedError, 6, "announces 2147483647", id="2 GiB announced"),
    pytest.param(b"\x0a" + b"\xff" * 9 + b"\x01", ParseError, 1, "at most 32 bits", id="2**64 announced"),
    pytest.param(b"\x8a\x80\x80\x80\x80\x00\x00", ParseError, 0, "at most 32 bits", id="long tag"),
    pytest.param(b"\x79abc", TruncatedError, 1, "8 bytes is cut off after 3", id="cut fixed64"),
    pytest.param(b"\x7dabc", TruncatedError, 1, "4 bytes is cut off after 3", id="cut fixed32"),
    pytest.param(b"\x0a\x07\x0a\x05\x0a\x03a\xffb", ParseError, 7, "no UTF-8", id="name"),
]


@pytest.mark.parametrize(("message", "error", "offset", "words"), MALFORMED)
def test_malformed_message_is_refused_with_its_place(message, error, offset, words):
    with pytest.raises(error, match=words) as caught:
        example.parse(message)
    assert caught.value.offset == offset


@pytest.mark.parametrize("count", [5, 200])
def test_fault_in_a_packed_list_is_placed_at_its_varint(count):
    packed = b"\xac\x02" * count + b"\xff" * 11 + b"\x01"
    feature = b"\x0a" + wire.varint(len(packed)) + packed
    message = of_one(b"\x1a" + wire.varint(len(feature)) + feature)
    with pytest.raises(ParseError, match="more than 10") as caught:
        example.parse(message)
    assert caught.value.offset == message.index(b"\xff" * 11)


REFUSED = [
    pytest.param(2**63, "does not fit int64", id="2**63"),
    pytest.param([np.uint64(2**63)], "does not fit int64", id="numpy 2**63"),
    pytest.param(np.array([2**63], np.uint64), "does not fit int64", id="array of 2**63"),
    pytest.param(1e39, "beyond float32", id="1e39"),
    pytest.param([1.5, 10**400], "does not fit", id="huge int among floats"),
    pytest.param(np.array([1e39]), "beyond float32", id="array of 1e39"),
    pytest.param({}, "dict", id="dict"),
    pytest.param({1, 2}, "set", id="set"),
    pytest.param(1j, "complex", id="complex"),
    pytest.param(object(), "object", id="object"),
    pytest.param([b"x", 1], "found bytes, int", id="mixed"),
    pytest.param([[1, 2]], "found list", id="nested"),
    pytest.param([None], "found NoneType", id="none in list"),
    pytest.param(np.array(["x"]), "<U1", id="array of text"),
    pytest.param(np.array([b"x"], object), "object", id="array of objects"),
    pytest.param(np.array([1j]), "complex128", id="complex array"),
    pytest.param(np.array(["2020-01-01"], "datetime64[D]"), "datetime64", id="dates"),
    pytest.param(memoryview(b"abcd")[::2], "contiguous", id="view with gaps"),
    pytest.param("\ud800", "surrogates", id="lone surrogate"),
]


@pytest.mark.parametrize(("value", "words"), REFUSED)
def test_value_that_no_list_can_hold_is_refused_by_name(value, words):
    with pytest.raises(EncodeError, match=words) as caught:
        example.serialize({"fine": 1, "bad one": value})
    assert "'bad one'" in str(caught.value)


@pytest.mark.parametrize("name", [b"bytes", 5, "\ud800"])
def test_name_that_is_no_text_is_refused(name):
    with pytest.raises(EncodeError, match="name"):
        example.serialize({name: 1})


def test_message_too_long_for_protobuf_is_refused():
    half = bytes(2**30)
    with pytest.raises(EncodeError, match="2147483647 at most"):
        example.serialize({"a": [half, half]})
