"""The grammar of protobuf: varints, tags, lengths and groups, each to its last byte, and what is refused where."""

import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmroll.errors import EncodeError, ParseError, TruncatedError
from filmroll.messages import wire
from messages import wild

EDGES = sorted(
    {
        value
        for shift in range(0, 64, 7)
        for value in (1 << shift, (1 << shift) - 1, (1 << shift) + 1, 0x7F << shift, (0x7F << shift) - 1)
        if 0 <= value < 2**64
    }
    | {2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1}
)


def read(data: bytes, position: int = 0, end: int | None = None):
    return wire.read_varint(memoryview(data), position, len(data) if end is None else end)


def fields(data: bytes) -> list[tuple[int, bytes]]:
    view = memoryview(data)
    return [(tag, bytes(view[start:stop])) for tag, start, stop in wire.fields(view, ((0, len(view)),))]


@pytest.mark.parametrize("value", EDGES)
def test_varint_takes_no_more_bytes_than_it_needs_and_is_read_again(value):
    written = wire.varint(value)
    assert written == wild.varint(value)
    assert len(written) == max(1, -(-value.bit_length() // 7))
    assert read(written) == (value, len(written))
    assert read(b"\xff" + written + b"\xff", 1) == (value, 1 + len(written))


@given(st.integers(0, 2**64 - 1), st.integers(0, 9))
def test_varint_with_more_bytes_than_it_needs_is_read_too_up_to_ten(value, padding):
    written = wild.varint(value, padding)
    if len(written) <= 10:
        assert read(written) == (value, len(written))
    else:
        with pytest.raises(ParseError, match="a varint has more than 10 bytes$") as caught:
            read(written)
        assert caught.value.offset == 0


@pytest.mark.parametrize("last", [0x00, 0x01, 0x02, 0x7F])
def test_bits_of_the_tenth_byte_above_the_sixty_fourth_are_dropped_as_protobuf_does(last):
    assert read(b"\x80" * 9 + bytes([last])) == ((last & 1) << 63, 10)


@pytest.mark.parametrize("nbytes", range(10))
def test_varint_cut_off_is_truncated_at_its_first_byte(nbytes):
    data = b"\x00" + b"\x80" * nbytes + b"\x01"
    with pytest.raises(TruncatedError, match=f"a varint is cut off after {nbytes} bytes$") as caught:
        read(data, 1, 1 + nbytes)
    assert caught.value.offset == 1


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", []),
        (b"\x08\x96\x01", [(0x08, b"\x96\x01")]),
        (b"\x09" + b"12345678", [(0x09, b"12345678")]),
        (b"\x0d" + b"1234", [(0x0D, b"1234")]),
        (b"\x0a\x00", [(0x0A, b"")]),
        (b"\x0a\x03abc\x12\x01d", [(0x0A, b"abc"), (0x12, b"d")]),
        (b"\x7a\x7f" + b"x" * 127, [(0x7A, b"x" * 127)]),
        (b"\x7a\x80\x01" + b"x" * 128, [(0x7A, b"x" * 128)]),
        (b"\x8a\x00\x01x", [(0x0A, b"x")]),
        (b"\x82\x01\x01x", [(0x82, b"x")]),
        (b"\xfa\xff\xff\xff\x0f\x00", [(0xFFFFFFFA, b"")]),
        (b"\x0b\x08\x01\x0c", [(0x0B, b"\x08\x01\x0c")]),
        (b"\x0b\x0c\x08\x01", [(0x0B, b"\x0c"), (0x08, b"\x01")]),
        (b"\x0b\x13\x14\x0c", [(0x0B, b"\x13\x14\x0c")]),
        (b"\x0b\x00\x01\x0c", [(0x0B, b"\x00\x01\x0c")]),  # inside a group nobody minds field number 0
    ],
)
def test_field_of_every_wire_type_is_found_with_its_payload(data, found):
    assert fields(data) == found


@pytest.mark.parametrize(
    ("data", "error", "offset", "said"),
    [
        (b"\x00\x01", ParseError, 0, "field number 0 is reserved"),
        (b"\x02\x00", ParseError, 0, "field number 0 is reserved"),
        (b"\x0e", ParseError, 0, "tag 0xe has wire type 6, which cannot stand here"),
        (b"\x0f", ParseError, 0, "tag 0xf has wire type 7, which cannot stand here"),
        (b"\x08\x01\x0c", ParseError, 2, "tag 0xc has wire type 4, which cannot stand here"),
        (b"\x09" + b"1234567", TruncatedError, 1, "a field of 8 bytes is cut off after 7"),
        (b"\x0d" + b"123", TruncatedError, 1, "a field of 4 bytes is cut off after 3"),
        (b"\x0d", TruncatedError, 1, "a field of 4 bytes is cut off after 0"),
        (b"\x0a", TruncatedError, 1, "a varint is cut off after 0 bytes"),
        (b"\x0a\x02x", TruncatedError, 2, "a field announces 2 bytes, 1 are left"),
        (b"\x0a\x80\x01" + b"x" * 127, TruncatedError, 3, "a field announces 128 bytes, 127 are left"),
        (b"\x0a\xff\xff\xff\xff\x0f", TruncatedError, 6, "a field announces 4294967295 bytes, 0 are left"),
        (b"\x0a\x80\x80\x80\x80\x10", ParseError, 1, "a length has at most 32 bits, found 0x100000000"),
        (b"\x0a\x81\x80\x80\x80\x80\x00x", ParseError, 1, "a length has at most 32 bits, found 0x1"),
        (b"\x80\x80\x80\x80\x10", ParseError, 0, "a tag has at most 32 bits, found 0x100000000"),
        (b"\x8a\x80\x80\x80\x80\x00\x00", ParseError, 0, "a tag has at most 32 bits, found 0xa"),
        (b"\x0b\x08\x01", TruncatedError, 3, "group 1 has no end"),
        (b"\x0b", TruncatedError, 1, "group 1 has no end"),
        (b"\x0b\x14", ParseError, 1, "group 1 is ended by the tag of group 2"),
        (b"\x0b\x0e\x0c", ParseError, 1, "tag 0xe has wire type 6, which cannot stand here"),
    ],
)
def test_field_that_is_malformed_is_refused_with_its_place(data, error, offset, said):
    with pytest.raises(error) as caught:
        fields(data)
    assert (type(caught.value), caught.value.offset, caught.value.message) == (error, offset, said)


def test_groups_may_be_nested_a_hundred_deep_and_a_hostile_message_does_not_exhaust_the_stack():
    assert fields(b"\x0b" * 100 + b"\x0c" * 100) == [(0x0B, b"\x0b" * 99 + b"\x0c" * 100)]
    for depth in (101, 102, 100_000):
        with pytest.raises(ParseError, match="groups are nested deeper than 100$") as caught:
            fields(b"\x0b" * depth + b"\x0c" * depth)
        assert caught.value.offset == 101


def test_fields_of_several_parts_come_one_after_another_and_none_reaches_into_the_next():
    view = memoryview(b"\x0a\x01a??\x12\x01b")
    assert [tag for tag, _, _ in wire.fields(view, ((0, 3), (5, 8)))] == [0x0A, 0x12]
    with pytest.raises(TruncatedError, match="announces 1 bytes, 0 are left"):
        list(wire.fields(view, ((0, 2), (5, 8))))


def test_every_occurrence_of_one_field_is_found_at_the_top():
    data = b"\x0a\x01a\x12\x03\x0a\x01x\x0a\x02bc"
    view = memoryview(data)
    assert [bytes(view[start:stop]) for start, stop in wire.find(view, 0x0A)] == [b"a", b"bc"]
    assert wire.find(view, 0x1A) == []


@pytest.mark.parametrize(
    ("data", "sole"),
    [
        (b"\x0a\x01a", (0x0A, 2)),
        (b"\x0a\x00", (0x0A, 2)),
        (b"\x0a\x81\x00a", (0x0A, 3)),
        (b"\x0a\x80\x01" + b"x" * 128, (0x0A, 3)),
        (b"", (0, 0)),
        (b"\x0a", (0, 0)),
        (b"\x08\x01", (0, 0)),
        (b"\x08\x01a", (0, 0)),
        (b"\x0a\x01ab", (0, 0)),
        (b"\x0a\x00\x0a\x00", (0, 0)),
        (b"\x8a\x00\x01a", (0, 0)),
    ],
)
def test_field_that_reaches_the_end_is_told_apart_from_anything_else(data, sole):
    assert wire.sole_field(memoryview(data), 0, len(data)) == sole
    shifted = b"\x0a\x05" + data + b"\x0a"
    tag, start = sole
    assert wire.sole_field(memoryview(shifted), 2, 2 + len(data)) == ((tag, start + 2) if tag else (0, 0))


def test_view_of_any_items_is_one_of_bytes_and_read_only():
    for message in (
        b"abcdefgh",
        bytearray(b"abcdefgh"),
        array.array("I", b"abcdefgh"),
        memoryview(b"abcdefgh").cast("H"),
    ):
        view = wire.whole(message)
        assert (view.format, view.nbytes, view.readonly, bytes(view)) == ("B", 8, True, b"abcdefgh")
    with pytest.raises(ValueError, match="must be contiguous bytes, not a strided view"):
        wire.whole(memoryview(b"abcd")[::2])
    with pytest.raises(TypeError):
        wire.whole("text")


@pytest.mark.parametrize("nbytes", [0, 1, 127, 128, 16_383, 16_384, 70_000])
def test_payload_gets_its_tag_and_its_length_in_front(nbytes):
    pieces = [b"x" * (nbytes // 2), b"x" * (nbytes - nbytes // 2)]
    found = wire.delimited(0x0A, pieces)
    assert b"".join(found) == b"\x0a" + wild.varint(nbytes) + b"x" * nbytes
    assert wire.count(found) == 1 + len(wild.varint(nbytes)) + nbytes


def test_short_neighbours_are_joined_and_large_pieces_are_handed_through():
    short, long = b"s" * 4095, b"l" * 4096
    assert wire.join_short([]) == []
    assert wire.join_short([b"a", b"", b"b"]) == [b"ab"]
    found = wire.join_short([b"a", short, long, b"b", b"c", long, long])
    assert [len(piece) for piece in found] == [4096, 4096, 2, 4096, 4096]
    assert found[1] is found[3] is found[4] is long


def test_message_that_protobuf_cannot_read_is_refused_with_both_numbers():
    class Huge(bytes):
        def __len__(self):
            return 2**31 - 1

    assert wire.join_short([Huge()]) == [b""]
    with pytest.raises(EncodeError, match="^the message has 2147483648 bytes, protobuf reads 2147483647 at most$"):
        wire.join_short([Huge(), b"x"])
