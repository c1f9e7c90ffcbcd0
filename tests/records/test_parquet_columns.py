"""Columns of every type as features."""

import datetime
import decimal

import numpy as np
import pyarrow as pa
import pytest

from filmroll.errors import UnsupportedError
from filmroll.records import parquet
from records.parquet_files import written


def only(tmp_path, array):
    """Every row of one column, as Python values, None where it is absent."""
    reader = parquet.Reader(written(tmp_path, {"a": array}))
    return [None if "a" not in record else listed(record["a"]) for record in reader]


def listed(value):
    return [bytes(item) for item in value] if isinstance(value, list) else value.tolist()


@pytest.mark.parametrize(
    ("type", "values", "dtype"),
    [
        (pa.bool_(), [True, None, False], np.int64),
        (pa.int8(), [-128, None, 127], np.int64),
        (pa.uint8(), [0, None, 255], np.int64),
        (pa.uint32(), [0, None, 2**32 - 1], np.int64),
        (pa.int64(), [-(2**63), None, 2**63 - 1], np.int64),
        (pa.uint64(), [0, None, 2**64 - 1], np.uint64),
        (pa.float16(), [0.5, None, 65504.0], np.float32),
        (pa.float32(), [0.5, None, -1.0], np.float32),
        (pa.float64(), [0.1, None, 1e300], np.float64),
    ],
)
def test_numbers_keep_their_values_and_null_is_absent(tmp_path, type, values, dtype):
    array = (
        pa.array(np.array([0.5, 0, 65504], np.float16), mask=np.array([0, 1, 0], bool))
        if type == pa.float16()
        else None
    )
    array = pa.array(values, type) if array is None else array
    reader = parquet.Reader(written(tmp_path, {"a": array}))
    records = list(reader)
    assert [record["a"].tolist() for record in (records[0], records[2])] == [[values[0]], [values[2]]]
    assert records[0]["a"].dtype == dtype
    assert records[0]["a"].flags.writeable
    assert records[1] == {}


@pytest.mark.parametrize(
    ("array", "found"),
    [
        (pa.array(["é", None, ""]), [["é".encode()], None, [b""]]),
        (pa.array(["é", None, ""], pa.large_string()), [["é".encode()], None, [b""]]),
        (pa.array([b"\xff", None], pa.large_binary()), [[b"\xff"], None]),
        (pa.array([b"ab", None], pa.binary(2)), [[b"ab"], None]),
        (pa.array(["x", "y", "x"]).dictionary_encode(), [[b"x"], [b"y"], [b"x"]]),
        (pa.array([decimal.Decimal("1.50")]), [[b"1.50"]]),
        (pa.array([datetime.date(1970, 1, 3)]), [[2]]),
        (pa.array([datetime.datetime(1970, 1, 1, 0, 0, 1)], pa.timestamp("ms")), [[1000]]),
        (pa.array([datetime.time(0, 0, 2)], pa.time32("ms")), [[2000]]),
        (pa.array([datetime.timedelta(seconds=3)], pa.duration("s")), [[3]]),
        (pa.array([None, None]), [None, None]),
        (pa.array([["a", "b"], [], None, ["c", None]]), [[b"a", b"b"], [], None, [b"c", b""]]),
        (pa.array([[1, 2], [], None]), [[1, 2], [], None]),
        (pa.array([[1, 2], [3, 4]], pa.list_(pa.int8(), 2)), [[1, 2], [3, 4]]),
        (pa.array([[1, 2]], pa.large_list(pa.int64())), [[1, 2]]),
        (pa.array([[1.0, 2.0]], pa.list_(pa.float32())), [[1.0, 2.0]]),
        (pa.array([[None, None]]), [[b"", b""]]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_every_type_is_given_as_bytes_or_numbers(tmp_path, array, found):
    assert only(tmp_path, array) == found


@pytest.mark.skipif(int(pa.__version__.split(".")[0]) < 26, reason="pyarrow before 26 cannot read its own")
def test_null_among_lists_of_one_length_is_absent(tmp_path):
    assert only(tmp_path, pa.array([[1, 2], None], pa.list_(pa.int8(), 2))) == [[1, 2], None]


def test_null_among_values_of_a_dictionary_is_absent_and_in_a_list_empty(tmp_path):
    column = pa.array(["x", None, "y", "x"]).dictionary_encode()
    lists = pa.ListArray.from_arrays([0, 3, 3, 4, 4], column)
    rows = list(parquet.Reader(written(tmp_path, {"a": column, "b": lists})))
    assert [[bytes(one) for one in row.get("a", [])] for row in rows] == [[b"x"], [], [b"y"], [b"x"]]
    assert [[bytes(one) for one in row["b"]] for row in rows] == [[b"x", b"", b"y"], [], [b"x"], []]


def test_nothing_of_a_struct_that_is_null_is_there(tmp_path):
    whole = {"a": 1, "b": [2, 3], "c": {"d": b"x", "e": "repeated"}, "none": None}
    kinds = {"a": pa.int8(), "b": pa.list_(pa.int64()), "none": pa.null()}
    kinds["c"] = pa.struct({"d": pa.binary(), "e": pa.dictionary(pa.int32(), pa.string())})
    column = pa.array([whole, None, whole | {"c": None}], pa.struct(kinds))
    rows = list(parquet.Reader(written(tmp_path, {"s": column})))
    assert [sorted(row) for row in rows] == [["s/a", "s/b", "s/c/d", "s/c/e"], [], ["s/a", "s/b"]]
    assert [bytes(rows[0][name][0]) for name in ("s/c/d", "s/c/e")] == [b"x", b"repeated"]


def test_null_inside_a_list_of_numbers_is_nan_in_that_row_alone(tmp_path):
    one, other = parquet.Reader(written(tmp_path, {"a": pa.array([[1, None], [2, 3]])}))
    assert np.array_equal(one["a"], [1, np.nan], equal_nan=True)
    assert (one["a"].dtype, other["a"].dtype) == (np.float64, np.int64)


def test_structs_are_opened_and_nested_lists_laid_flat_with_their_lengths(tmp_path):
    rows = [
        {"bbox": [[1.0, 2.0], [], None, [3.0]], "deep": [[[1], [2, 3]], []], "id": 7},
        None,
        {"bbox": [], "deep": None, "id": None},
    ]
    kind = pa.struct(
        {"bbox": pa.list_(pa.list_(pa.float64())), "deep": pa.list_(pa.list_(pa.list_(pa.int64()))), "id": pa.int64()}
    )
    found = [
        {name: listed(value) for name, value in record.items()}
        for record in parquet.Reader(written(tmp_path, {"objects": pa.array(rows, kind)}))
    ]
    assert found == [
        {
            "objects/bbox": [1.0, 2.0, 3.0],
            "objects/bbox/lengths": [2, 0, 0, 1],
            "objects/deep": [1, 2, 3],
            "objects/deep/lengths": [2, 0],
            "objects/deep/lengths_2": [1, 2],
            "objects/id": [7],
        },
        {},
        {"objects/bbox": [], "objects/bbox/lengths": []},
    ]


def test_list_of_structs_is_one_list_for_each_member(tmp_path):
    rows = [[{"a": 1, "b": [1.0]}, {"a": 2, "b": []}], []]
    one, two = parquet.Reader(written(tmp_path, {"x": pa.array(rows)}))
    assert {name: value.tolist() for name, value in one.items()} == {"x/a": [1, 2], "x/b": [1.0], "x/b/lengths": [1, 0]}
    assert {name: value.tolist() for name, value in two.items()} == {"x/a": [], "x/b": [], "x/b/lengths": []}


@pytest.mark.parametrize(
    "array",
    [
        pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())),
        pa.array([[[("k", 1)]]], pa.list_(pa.map_(pa.string(), pa.int64()))),
    ],
    ids=["map", "list of maps"],
)
def test_type_without_a_place_among_features_is_refused_with_its_column(tmp_path, array):
    with pytest.raises(UnsupportedError, match="record 0: column 'a' is map<string, int64.*no place among features"):
        next(iter(parquet.Reader(written(tmp_path, {"a": array}))))


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.large_string(), pa.binary(4)])
def test_bytes_of_later_batches_are_those_of_their_rows(tmp_path, kind):
    values = [f"{number:04}" for number in range(300)]
    column = pa.array(values, pa.string()).cast(kind) if pa.types.is_large_string(kind) else None
    column = pa.array([value.encode() for value in values], kind) if column is None else column
    lists = pa.array([[one.as_py()] * (row % 3) for row, one in enumerate(column)], pa.list_(kind))
    path = written(tmp_path, {"a": column, "b": lists})
    for rows in (parquet.Reader(path), [parquet.Reader(path)[number] for number in range(0, 300, 7)]):
        for row in rows:
            value = bytes(row["a"][0])
            assert [bytes(one) for one in row["b"]] == [value] * (int(value) % 3)
    assert [bytes(row["a"][0]).decode() for row in parquet.Reader(path)] == values


def test_extension_type_is_read_as_what_it_is_stored_as(tmp_path):
    array = pa.ExtensionArray.from_storage(
        pa.fixed_shape_tensor(pa.int32(), [2]), pa.array([[1, 2], [3, 4]], pa.list_(pa.int32(), 2))
    )
    assert only(tmp_path, array) == [[1, 2], [3, 4]]
