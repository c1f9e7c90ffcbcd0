"""One column: its rows, its dense form, and what is no dense form."""

import numpy as np
import pytest

from filmroll.errors import ParseError, UnsupportedError
from filmroll.messages import columns, example
from filmroll.messages.columns import Spec


def column(*values, spec=None):
    messages = [b"".join(example.serialize({} if value is ... else {"a": value})) for value in values]
    return columns.parse(messages, features=["a"] if spec is None else {"a": spec})["a"]


def test_one_number_each_is_a_vector():
    found = column(1, 2, 3)
    assert found.shape == ()
    assert found.dense().tolist() == [1, 2, 3]
    assert np.shares_memory(found.dense(), found.values)


def test_several_numbers_each_are_a_matrix():
    found = column([1.0, 2.0], [3.0, 4.0])
    assert found.shape == (2,)
    assert found.dense().tolist() == [[1, 2], [3, 4]]
    assert found.dense().dtype == np.float32


def test_shape_asked_for_is_the_shape_of_a_record():
    assert column([1, 2, 3, 4], [5, 6, 7, 8], spec=Spec("int64", (2, 2))).dense().shape == (2, 2, 2)
    assert column([1, 2, 3, 4], [5, 6, 7, 8], spec=Spec("int64", (None, 2))).dense().shape == (2, 2, 2)
    assert column([b"ab", b"cd"], [b"ef", b"gh"]).dense().shape == (2, 2, 2)


def test_varying_numbers_are_ragged_and_not_dense():
    found = column([1, 2], [], [3], ...)
    assert found.shape == (None,)
    assert found.row_splits.tolist() == [0, 2, 2, 3, 3]
    assert found.counts.tolist() == [2, 0, 1, 0]
    assert found.values.tolist() == [1, 2, 3]
    assert found.present.tolist() == [True, True, True, False]
    with pytest.raises(ParseError, match="feature 'a': 0 values, record 0 has 2; use row_splits") as caught:
        found.dense()
    assert caught.value.record == 1


def test_empty_lists_everywhere_are_dense_and_empty():
    assert column(np.zeros(0, np.float32), np.zeros(0, np.float32)).dense().shape == (2, 0)
    assert column([], []).dense().shape == (2, 0, 0)


def test_feature_that_no_record_has_is_not_dense():
    with pytest.raises(ParseError, match="feature 'a': no record has it"):
        column(None, ...).dense()


def test_rows_are_found_from_both_ends():
    found = column(b"x", b"y")
    assert len(found) == 2
    assert found[-1] == [b"y"]
    for index in (2, -3):
        with pytest.raises(IndexError):
            found[index]


def test_bytes_of_one_length_are_a_new_matrix():
    found = column(b"abc", b"def")
    dense = found.dense()
    assert dense.tolist() == [list(b"abc"), list(b"def")]
    assert dense.flags.c_contiguous
    assert dense.flags.writeable
    assert not np.shares_memory(dense, found.buffer)


def test_bytes_of_different_lengths_are_not_dense():
    with pytest.raises(ParseError, match="feature 'a': a value has 2 bytes, the first has 3") as caught:
        column([b"abc"], [b"abc"], [b"ab"]).dense()
    assert caught.value.record == 2


@pytest.mark.parametrize("dtype", ["<u2", ">u2", "<f4", ">f8", "?", "<c8", "<f2", "i1"])
def test_bytes_are_items_of_any_plain_type(dtype):
    expected = np.array([[0, 1, 2], [1, 0, 3]]).astype(dtype)
    found = column(*(row.tobytes() for row in expected)).dense(dtype)
    assert found.dtype == expected.dtype
    assert np.array_equal(found, expected)


def test_length_that_is_no_multiple_of_the_item_is_refused():
    with pytest.raises(ParseError, match="3 bytes are not a multiple of 2, the size of uint16") as caught:
        column(b"abc", b"abc").dense(np.uint16)
    assert caught.value.record == 0


@pytest.mark.parametrize("dtype", [object, "V0", "S0", [("a", "O")]])
def test_items_that_are_no_plain_bytes_are_refused(dtype):
    with pytest.raises(UnsupportedError, match="cannot be items"):
        column(b"abcdefgh").dense(dtype)


def test_repr_says_name_type_and_size_but_no_values():
    assert repr(column(1, 2)) == "NumberColumn('a', 2 records, type=int64, shape=())"


def test_values_at_even_distances_are_seen_where_they_lie_if_no_copy_is_asked_for():
    messages = [b"".join(example.serialize({"raw": bytes([number]) * 8})) for number in range(50)]
    lengths = np.full(50, len(messages[0]))
    buffer = np.frombuffer(b"".join(messages), np.uint8)
    column = columns.parse_buffer(buffer, np.arange(50) * lengths[0], lengths)["raw"]
    seen = column.dense(np.uint32, copy=False)
    assert np.shares_memory(seen, buffer)
    assert not seen.flags.writeable
    assert np.array_equal(seen, column.dense(np.uint32))
    assert not np.shares_memory(column.dense(), buffer)
    shuffled = columns.parse_buffer(buffer, np.random.default_rng(1).permutation(50) * lengths[0], lengths)["raw"]
    assert not np.shares_memory(shuffled.dense(copy=False), buffer)
