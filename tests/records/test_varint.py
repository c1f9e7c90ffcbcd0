"""Numbers are written as messages write them."""

from hypothesis import given
from hypothesis import strategies as st

from filmroll.messages import wire
from filmroll.records.varint import varint


@given(st.integers(0, 2**64 - 1) | st.integers(0, 2**15))
def test_number_is_written_as_in_messages(value):
    assert varint(value) == wire.varint(value)


def test_number_takes_a_byte_for_seven_bits():
    assert [varint(value) for value in (0, 127, 128, 300)] == [b"\0", b"\x7f", b"\x80\x01", b"\xac\x02"]
