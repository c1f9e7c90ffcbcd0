"""Columns of a table become features of one type."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmroll.sources import cells


def plain(values):
    return [value.tolist() if isinstance(value, np.ndarray) else value for value in values]


@pytest.mark.parametrize(
    ("column", "features"),
    [
        (["1", "20", "-3"], [1, 20, -3]),
        (["1", "2.5"], [1.0, 2.5]),
        (["1e3", ".5", "2.", "-0.25"], [1000.0, 0.5, 2.0, -0.25]),
        (["1", "x"], ["1", "x"]),
        (["007", "8"], ["007", "8"]),
        (["1_000", "2"], ["1_000", "2"]),
        (["1", "", None], [1, None, None]),
        (["x", "", None], ["x", "", None]),
        (["", ""], ["", ""]),
        ([1, 2], [1, 2]),
        ([1, 2.5], [1.0, 2.5]),
        ([True, False], [1, 0]),
        ([1, "x"], ["1", "x"]),
        ([[1, 2], [3]], [[1, 2], [3]]),
        ([[1, 2.5], []], [[1.0, 2.5], []]),
        ([["a"], ["b", "c"]], [["a"], ["b", "c"]]),
        ([{"a": 1}, None], ['{"a": 1}', None]),
        ([[[1]], [2]], ["[[1]]", "[2]"]),
        (["9223372036854775807"], [2**63 - 1]),
        (["9223372036854775808"], [float(2**63)]),
        ([2**63], [float(2**63)]),
        ([10**400, 1.5], [str(10**400), "1.5"]),
        ([[10**400], [1.5]], [f"[{10**400}]", "[1.5]"]),
    ],
)
def test_column_has_one_type(column, features):
    found = plain(cells.to_features(column))
    assert found == features
    assert list(map(type, found)) == list(map(type, features))


def test_lists_are_arrays_of_the_type_of_the_column():
    assert [array.dtype for array in cells.to_features([[1], [2, 3]])] == [np.int64, np.int64]
    assert [array.dtype for array in cells.to_features([[1], [2.5]])] == [np.float32, np.float32]


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_whole_numbers_of_int64_stay_themselves(numbers):
    assert cells.to_features([str(number) for number in numbers]) == numbers


@given(
    st.lists(
        st.text()
        | st.none()
        | st.integers()
        | st.integers().map(lambda n: 10**340 + n)
        | st.floats()
        | st.lists(st.integers())
    )
)
def test_any_column_has_a_feature_or_none_for_each_cell(column):
    features = cells.to_features(column)
    assert len(features) == len(column)
    assert all(feature is None for feature, cell in zip(features, column, strict=True) if cell is None)


def test_number_beyond_float32_in_a_list_is_kept_for_the_writer_to_refuse_by_name():
    assert cells.to_features([[1e300, 1.5], [2.5]])[0] == [1e300, 1.5]
    [found] = cells.to_features([[np.inf, -np.inf, 1.5]])
    assert found.tolist() == [np.inf, -np.inf, 1.5]
