"""Orientation from EXIF, and from what only looks like it."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmroll.codecs.exif import read_orientation


def exif(value: int, *, order: str = "<", kind: int = 3, before: int = 0) -> bytes:
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", 8)
    others = struct.pack(order + "HHII", 0x010F, 2, 1, 0) * before
    letter = {3: "Hxx", 4: "I"}.get(kind, "4s")
    stored = struct.pack(order + letter, value if kind in (3, 4) else b"\6\0\0\0")
    entry = struct.pack(order + "HHI", 0x0112, kind, 1) + stored
    return head + struct.pack(order + "H", before + 1) + others + entry + bytes(4)


@pytest.mark.parametrize("value", range(1, 9))
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("kind", [3, 4])
@pytest.mark.parametrize("before", [0, 5])
def test_orientation_is_read_in_both_byte_orders(value, order, kind, before):
    assert read_orientation(exif(value, order=order, kind=kind, before=before)) == value
    assert read_orientation(memoryview(exif(value, order=order, kind=kind, before=before))) == value


@pytest.mark.parametrize("block", [exif(0), exif(9), exif(300), exif(6, kind=2), b"", b"II", b"XX*\0" + bytes(30)])
def test_what_cannot_be_read_is_upright(block):
    assert read_orientation(block) == 1


def test_every_truncation_is_upright_or_right():
    block = exif(6, before=2)
    assert {read_orientation(block[:nbytes]) for nbytes in range(len(block))} == {1, 6}


@given(st.binary(max_size=80))
def test_any_bytes_give_an_orientation(block):
    for order in (b"II*\0", b"MM\0*", b""):
        assert 1 <= read_orientation(order + block) <= 8
