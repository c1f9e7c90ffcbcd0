"""Spans of a buffer are copied out of it all at once, as slices would be one by one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmroll.messages import ragged

BYTES = bytes(range(256)) * 8
BUFFER = np.frombuffer(BYTES, np.uint8)


def numbers(values) -> np.ndarray:
    return np.array(values, np.int64)


@given(st.lists(st.tuples(st.integers(0, 2000), st.sampled_from([0, 1, 2, 16, 17, 48])), max_size=12), st.booleans())
def test_spans_of_any_lengths_come_one_after_another(spans, equal):
    spans = [(start, spans[0][1]) for start, _ in spans] if equal else spans
    found = ragged.gather(BUFFER, numbers([start for start, _ in spans]), numbers([length for _, length in spans]))
    assert found.dtype == np.uint8
    assert found.tobytes() == b"".join(BYTES[start : start + length] for start, length in spans)
    assert not np.shares_memory(found, BUFFER)


@pytest.mark.parametrize("lengths", [[16, 16], [15, 17], [16, 17], [1, 31], [1, 32], [400, 0], [0, 400]])
def test_short_spans_and_long_ones_are_copied_alike(lengths):
    found = ragged.gather(BUFFER, numbers([3, 700]), numbers(lengths))
    assert found.tobytes() == BYTES[3 : 3 + lengths[0]] + BYTES[700 : 700 + lengths[1]]


@pytest.mark.parametrize("length", [0, 1, 7, 2048])
@pytest.mark.parametrize("starts", [[], [0], [0, 0], [0, 5, 2]])
def test_spans_of_one_length_are_rows(starts, length):
    starts = [min(start, 2048 - length) for start in starts]
    found = ragged.windows(BUFFER, numbers(starts), length)
    assert (found.shape, found.dtype, found.flags.c_contiguous) == ((len(starts), length), np.uint8, True)
    assert [bytes(row) for row in found] == [BYTES[start : start + length] for start in starts]
    assert not np.shares_memory(found, BUFFER)


def test_last_span_may_end_where_the_buffer_does():
    assert ragged.windows(BUFFER, numbers([2048 - 9]), 9).tobytes() == BYTES[-9:]
    assert ragged.gather(BUFFER, numbers([2048 - 9, 0]), numbers([9, 1])).tobytes() == BYTES[-9:] + BYTES[:1]


@pytest.mark.parametrize(
    ("starts", "length", "is_seen"),
    [
        ([5, 15, 25], 10, True),
        ([5, 16, 27], 10, True),
        ([5, 14, 23], 10, False),  # they overlap
        ([5, 15, 26], 10, False),
        ([25, 15, 5], 10, False),
        ([5, 5], 10, False),
        ([5], 10, False),
        ([], 10, False),
        ([5, 15], 0, False),
    ],
)
def test_spans_at_even_distances_are_seen_where_they_lie_and_others_are_not(starts, length, is_seen):
    found = ragged.spaced(BUFFER, numbers(starts), length)
    assert (found is not None) == is_seen
    if found is not None:
        assert [bytes(row) for row in found] == [BYTES[start : start + length] for start in starts]
        assert np.shares_memory(found, BUFFER)
        assert not found.flags.writeable


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5)), max_size=10))
def test_positions_count_upwards_from_each_start(spans):
    found = ragged.positions(numbers([start for start, _ in spans]), numbers([count for _, count in spans]))
    assert found.tolist() == [place for start, count in spans for place in range(start, start + count)]


@given(st.lists(st.integers(0, 5), max_size=10))
def test_splits_are_where_rows_begin_and_where_the_last_one_ends(counts):
    assert ragged.splits(numbers(counts)).tolist() == [sum(counts[:row]) for row in range(len(counts) + 1)]
