"""The short way writes what the long way writes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmroll.errors import EncodeError
from filmroll.messages import entry, feature, feature_map

TEXTS = st.text(st.characters(codec="utf-8"), max_size=200)
VALUES = (
    st.integers(-(2**63), 2**63 - 1) | st.binary(max_size=300) | TEXTS | st.floats(width=32) | st.booleans() | st.none()
)


def joined(pieces) -> bytes:
    return b"".join(pieces)


@given(TEXTS, VALUES)
def test_entry_is_that_of_the_general_way(name, value):
    long = feature_map.serialize(((name, feature.serialize(value, name=name)),))
    assert joined(entry.serialize(name, value)) == joined(long)


@pytest.mark.parametrize("length", [0, 1, 100, 127, 128, 4095, 4096, 16384, 70000])
@pytest.mark.parametrize("name", ["", "a", "n" * 127, "n" * 128, "ż" * 70])
def test_lengths_around_the_steps_of_varints(name, length):
    value = bytes(length)
    long = feature_map.serialize(((name, feature.serialize(value, name=name)),))
    assert joined(entry.serialize(name, value)) == joined(long)


def test_large_bytes_are_handed_through_as_given():
    value = bytes(5000)
    assert entry.serialize("a", value)[-1] is value


@pytest.mark.parametrize(("name", "value"), [(b"a", 1), (1, b"x"), ("\ud800", 1), ("a", 2**63), ("a", -(2**63) - 1)])
def test_what_cannot_be_written_is_an_encode_error(name, value):
    with pytest.raises(EncodeError):
        entry.serialize(name, value)
