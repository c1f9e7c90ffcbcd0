"""Messages all alike are read in place, and say what the plain parser says; any other are left alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filmroll.messages import example, uniform
from filmroll.messages.columns import parse_buffer

COUNT = 2 * uniform.LEAST_RECORDS
GAP = b"\xff\x0a\x00"


def mnist_like(number: int) -> dict:
    return {
        "label": number % 10,
        "image_raw": bytes([number]) * 200,
        "box": [number / 7, 1.0],
        "ids": [300 + number, 5],
    }


def serialized(features) -> bytes:
    return b"".join(example.serialize(features))


def laid_out(messages, gap: bytes = GAP):
    lengths = np.array([len(message) for message in messages], np.int64)
    buffer = b"".join(gap + message for message in messages)
    return np.frombuffer(buffer, np.uint8), np.cumsum(lengths + len(gap)) - lengths, lengths


def parse(messages, *, wanted=None, gap: bytes = GAP):
    return uniform.parse(*laid_out(messages, gap), wanted=wanted)


ALIKE = [serialized(mnist_like(number)) for number in range(COUNT)]


@pytest.mark.parametrize("gap", [b"", GAP])
def test_messages_alike_say_what_the_plain_parser_says(gap):
    assert parse(ALIKE, gap=gap) is not None
    columns = parse_buffer(*laid_out(ALIKE, gap))
    assert sorted(columns) == sorted(mnist_like(0))
    for number, message in enumerate(ALIKE):
        for name, value in example.parse(message).items():
            found = columns[name][number]
            assert np.array_equal(found, value) if isinstance(value, np.ndarray) else found == value


def test_only_what_is_wanted_is_kept():
    assert list(parse(ALIKE, wanted=["label"])) == ["label"]


def test_numbers_are_new_and_bytes_are_not_copied():
    buffer, starts, lengths = laid_out(ALIKE)
    columns = parse_buffer(buffer, starts, lengths)
    assert columns["label"].values.flags.owndata or columns["label"].values.flags.writeable
    assert columns["box"].values.flags.writeable
    assert np.shares_memory(columns["image_raw"].buffer, buffer)


def test_every_changed_byte_of_structure_is_noticed_and_every_changed_value_read():
    """Whatever is changed, the columns are those of the plain parser, or there are none."""
    middle = COUNT // 2
    plain = example.parse(ALIKE[middle])
    for place in range(len(ALIKE[0])):
        changed = bytearray(ALIKE[middle])
        changed[place] ^= 0x81
        messages = [*ALIKE[:middle], bytes(changed), *ALIKE[middle + 1 :]]
        found = parse(messages)
        if found is None:
            continue
        features = example.parse(bytes(changed))
        assert features.keys() == plain.keys() == found.keys()
        columns = parse_buffer(*laid_out(messages))
        for name, value in features.items():
            assert (
                np.array_equal(columns[name][middle], value, equal_nan=name == "box")
                if isinstance(value, np.ndarray)
                else columns[name][middle] == value
            )


@pytest.mark.parametrize(
    "odd",
    [
        {"label": 7, "image_raw": bytes(200), "box": [0.5, 1.0]},  # another length
        {"image_raw": bytes(200), "label": 7, "box": [0.5, 1.0], "ids": [300, 5]},  # another order
        {"lavel": 7, "image_raw": bytes(200), "box": [0.5, 1.0], "ids": [300, 5]},  # another name
        {"label": 7, "image_raw": bytes(200), "box": [0.5, 1.0], "ids": [5, 300]},  # other lengths of numbers
    ],
)
def test_one_that_differs_leaves_all_to_others(odd):
    assert parse([*ALIKE[:9], serialized(odd), *ALIKE[10:]]) is None


def test_uneven_distances_few_messages_and_overlapping_ones_are_left():
    buffer, starts, lengths = laid_out(ALIKE)
    assert uniform.parse(buffer, starts[::-1], lengths, wanted=None) is None
    assert uniform.parse(buffer, np.delete(starts, 3), lengths[1:], wanted=None) is None
    assert uniform.parse(buffer, starts[: uniform.LEAST_RECORDS - 1], lengths[1:], wanted=None) is None
    assert uniform.parse(buffer, np.full(COUNT, starts[0]), lengths, wanted=None) is None


@pytest.mark.parametrize(
    "features",
    [
        {"label": -1, "raw": b"x"},  # ten bytes
        {"label": 2**40, "raw": b"x"},  # six
        {"label": [], "raw": b"x"},
        {"label": None, "raw": b"x"},
        {"label": list(range(100)), "raw": b"x"},
        {"raw": [b"x", b"y"]},
    ],
)
def test_unusual_values_are_left(features):
    assert parse([serialized(features)] * COUNT) is None


def test_name_that_comes_twice_is_left():
    one = serialized({"a": 1})[2:]
    assert parse([b"\x0a" + bytes([2 * len(one)]) + one + one] * COUNT) is None


@given(st.binary(max_size=40))
@settings(max_examples=300)
def test_any_bytes_repeated_are_read_as_the_plain_parser_reads_them_or_left(message):
    found = parse([message] * COUNT)
    if found is not None:
        assert {name: piece.type for name, (piece,) in found.items()} == {
            name: "bytes" if isinstance(value, list) else str(value.dtype)
            for name, value in example.parse(message).items()
        }
