"""The layout of an entry: others have it whose head differs in nothing but how long the payload is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmroll.messages.template import Template, decode_columns, equal_rows
from messages.wild import varint

SIZES = {  # of payloads, in bytes: all lengths around one are as long to write as around the others
    "one byte": [7, 0, 1, 100],
    "two bytes": [300, 128, 255, 256, 9000, 16_000],
    "three bytes": [40_000, 16_384, 20_000, 70_000, 2_000_000],
}


def head(payload_nbytes: int, *, name: bytes = b"abc") -> bytes:
    """All of an entry before its payload."""
    packed = b"\x0a" + varint(payload_nbytes)
    kind = b"\x1a" + varint(len(packed) + payload_nbytes) + packed
    feature = b"\x12" + varint(len(kind) + payload_nbytes) + kind
    entry = b"\x0a" + varint(len(name)) + name + feature
    return b"\x0a" + varint(len(entry) + payload_nbytes) + entry


def template_of(payload_nbytes: int) -> Template:
    entry = head(payload_nbytes) + bytes(payload_nbytes)
    template = Template.read(memoryview(b"before" + entry + b"after"), 6, 6 + len(entry))
    assert template is not None
    return template


def rows(heads: list[bytes]) -> np.ndarray:
    return np.frombuffer(b"".join(heads), np.uint8).reshape(len(heads), -1)


def test_layout_is_read_from_an_entry():
    template = template_of(300)
    assert template.head == head(300)
    assert (template.name, template.type, template.payload_nbytes) == ("abc", "int64", 300)


@pytest.mark.parametrize("width", SIZES)
def test_entries_with_other_payloads_have_the_layout_and_say_how_long_theirs_are(width):
    sizes = SIZES[width]
    same, nbytes = template_of(sizes[0]).compare(rows([head(size) for size in sizes]))
    assert same.all()
    assert nbytes.tolist() == sizes


@pytest.mark.parametrize("width", SIZES)
def test_entry_with_any_bit_of_its_head_changed_has_another_layout(width):
    usual = head(SIZES[width][0])
    changed = np.tile(np.frombuffer(usual, np.uint8), (8 * len(usual), 1))
    for row, bits in enumerate(changed):
        bits[row // 8] ^= 1 << row % 8
    same, _ = template_of(SIZES[width][0]).compare(changed)
    assert not same.any()


def test_entry_of_another_name_has_another_layout():
    same, nbytes = template_of(7).compare(rows([head(7), head(7, name=b"abd"), head(9)]))
    assert same.tolist() == [True, False, True]
    assert nbytes[[0, 2]].tolist() == [7, 9]


@given(st.integers(1, 5), st.data())
def test_varints_of_one_width_are_read_together(width, data):
    least = 0 if width == 1 else 1 << 7 * (width - 1)
    values = data.draw(st.lists(st.integers(least, (1 << 7 * width) - 1), min_size=1, max_size=9))
    assert decode_columns(rows([varint(value) for value in values])).tolist() == values


@pytest.mark.parametrize("expected", [b"ab\0", b"\0\0\0", b"abc"])
def test_rows_that_are_equal_are_so_in_their_zeros_too(expected):
    found = [b"ab\0", b"abc", b"\0\0\0", b"ab\1", b"\0b\0"]
    assert equal_rows(rows(found), expected).tolist() == [row == expected for row in found]
