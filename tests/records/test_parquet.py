"""Reading Parquet: what pyarrow and Hugging Face wrote, at random, and whatever is wrong with it."""

import datetime
import decimal
import threading
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import wild_samples
from filmroll.errors import (
    ChecksumError,
    Error,
    FormatError,
    LimitError,
    MissingDependencyError,
    TruncatedError,
    UnsupportedError,
)
from filmroll.records import parquet


def written(tmp_path, columns, **options):
    """A file of columns, each a pa.Array or a list."""
    table = columns if isinstance(columns, pa.Table) else pa.table(columns)
    pq.write_table(table, tmp_path / "a.parquet", **options)
    return tmp_path / "a.parquet"


def plain(record):
    return {name: wild_samples.plain(value) for name, value in record.items()}


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


@pytest.fixture
def path(tmp_path):
    return written(tmp_path, {"n": list(range(1000)), "s": [str(n) * 2000 for n in range(1000)]}, row_group_size=64)


def test_rows_come_in_order_and_at_random(path):
    with parquet.Reader(path) as reader:
        assert (len(reader), reader.compression, reader.key(0)) == (1000, None, None)
        assert [int(record["n"][0]) for record in reader] == list(range(1000))
        assert [int(reader[number]["n"][0]) for number in (999, 0, -1, -1000, 64, 63)] == [999, 0, 999, 0, 64, 63]
        assert [int(record["n"][0]) for record in reader.read([5, 900, 5, -1])] == [5, 900, 5, 999]
        assert reader.read([]) == []
        assert bytes(reader[77]["s"][0]) == b"77" * 2000


def test_each_row_group_is_decoded_once_for_many_numbers(path, monkeypatch):
    with parquet.Reader(path) as reader:
        decoded = []
        real = reader._file.iter_batches
        monkeypatch.setattr(
            reader, "_file", Counting(reader._file, lambda rows, groups: decoded.extend(groups) or real(rows, groups))
        )
        reader.read([900, 3, 901, 70, 5])
        assert decoded == [0, 1, 14]
        reader[902]
        assert decoded == [0, 1, 14]


class Counting:
    def __init__(self, file, iter_batches):
        self.close = file.close
        self.iter_batches = iter_batches


@pytest.mark.parametrize("number", [1000, -1001])
def test_number_out_of_range_is_an_index_error_with_the_count(path, number):
    with parquet.Reader(path) as reader:
        for read in (reader.__getitem__, reader.key, lambda one: reader.read([0, one])):
            with pytest.raises(IndexError, match=f"row {number} is out of range, there are 1000"):
                read(number)


def test_threads_may_read_at_once(path):
    reader = parquet.Reader(path)
    found = []

    def read(step):
        found.extend(int(reader[n * step % 1000]["n"][0]) == n * step % 1000 for n in range(50))

    threads = [threading.Thread(target=read, args=(step,)) for step in (1, 7, 301, 640)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 200
    reader.close()


def test_large_values_are_views_that_outlive_the_reader_and_small_ones_their_own(tmp_path):
    reader = parquet.Reader(written(tmp_path, {"a": [b"x" * 5000], "b": [b"y"]}))
    record = reader[0]
    reader.close()
    reader.close()
    assert (bytes(record["a"][0]), bytes(record["b"][0])) == (b"x" * 5000, b"y")
    assert isinstance(record["b"][0].obj, bytes)
    assert not isinstance(record["a"][0].obj, bytes)
    assert record["a"][0].readonly


def test_closed_reader_says_so(path):
    with parquet.Reader(path) as reader:
        pass
    for use in (lambda: reader[0], lambda: iter(reader), lambda: reader.read([0]), reader.__enter__):
        with pytest.raises(ValueError, match="the reader is closed"):
            use()


def test_label_names_are_those_of_the_column_label_or_the_first_that_has_any(tmp_path):
    import json

    def names(features):
        table = pa.table({"a": [1]}).replace_schema_metadata({"huggingface": features})
        return parquet.Reader(written(tmp_path, table)).label_names

    classes = {"_type": "ClassLabel", "names": ["x", "y"]}
    both = {"info": {"features": {"fine": classes | {"names": ["z"]}, "label": classes}}}
    assert names(json.dumps(both)) == ["x", "y"]
    assert names(json.dumps({"info": {"features": {"a": {"_type": "Value"}, "fine": classes}}})) == ["x", "y"]
    assert names(json.dumps({"info": {"features": {"a": 3, "fine": classes | {"names": [5, "y"]}}}})) == ["5", "y"]
    for none in ({"_type": "ClassLabel"}, classes | {"names": "xy"}, classes | {"_type": "Value"}):
        assert names(json.dumps({"info": {"features": {"label": none}}})) == []
    for other in ("no json", "[]", "{}", '{"info": 3}', '{"info": {"features": []}}', "[" * 100_000):
        assert names(other) == []


def test_two_columns_of_one_name_are_refused(tmp_path):
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    with pytest.raises(UnsupportedError, match="two columns are called 'a'"):
        parquet.Reader(written(tmp_path, table))


def test_file_without_rows_has_none(tmp_path):
    with parquet.Reader(written(tmp_path, {"a": pa.array([], pa.int64())})) as reader:
        assert (len(reader), list(reader)) == (0, [])


def test_file_of_another_kind_or_none_is_an_error(tmp_path):
    (tmp_path / "a").write_bytes(b"not parquet")
    with pytest.raises(FormatError, match=r"no Parquet: the first bytes are b'not ', expected b'PAR1'"):
        parquet.Reader(tmp_path / "a")
    (tmp_path / "b").write_bytes(b"")
    with pytest.raises(FormatError, match="no Parquet"):
        parquet.Reader(tmp_path / "b")
    with pytest.raises(FileNotFoundError):
        parquet.Reader(tmp_path / "absent")
    with pytest.raises(IsADirectoryError):
        parquet.Reader(tmp_path)


def test_file_cut_anywhere_is_truncated_and_says_where(tmp_path):
    whole = written(tmp_path, {"a": [1, 2, 3]}).read_bytes()
    for cut in range(1, len(whole)):
        (tmp_path / "cut").write_bytes(whole[:cut])
        with pytest.raises(TruncatedError, match="without the footer that ends it") as caught:
            parquet.Reader(tmp_path / "cut")
        assert caught.value.offset == cut


def test_damaged_page_is_a_checksum_error_unless_it_is_not_verified(tmp_path):
    path = written(tmp_path, {"a": [b"x" * 9000]}, write_page_checksum=True, compression="none", use_dictionary=False)
    damaged = path.read_bytes().replace(b"x" * 20, b"x" * 19 + b"y", 1)
    path.write_bytes(damaged)
    for use in (lambda reader: reader[0], lambda reader: next(iter(reader))):
        with pytest.raises(ChecksumError, match="record 0: the Parquet data is damaged") as caught:
            use(parquet.Reader(path))
        assert caught.value.path == str(path)
    assert b"y" in bytes(parquet.Reader(path, verify=False)[0]["a"][0])


WHOLE = {"a": [1, 2, 3], "b": ["x", "yy", None], "c": [[0.5], [], None]}


@given(st.data())
def test_any_damage_of_the_pages_gives_rows_or_an_error_of_filmroll(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("damaged")
    path = written(folder, WHOLE, write_page_checksum=True)
    damaged = bytearray(path.read_bytes())
    footer = int.from_bytes(damaged[-8:-4], "little") + 8
    position = data.draw(st.integers(4, len(damaged) - footer - 1))
    damaged[position] ^= data.draw(st.integers(1, 255))
    path.write_bytes(bytes(damaged))
    try:
        assert len(list(iter(parquet.Reader(path)))) <= 3
    except Error as error:
        assert error.path == str(path)  # noqa: PT017


def test_rows_before_a_damaged_group_are_read_to_the_last(tmp_path):
    values = [number.to_bytes(2, "big") * 20 for number in range(300)]
    plain = {"compression": "none", "use_dictionary": False, "write_page_checksum": True}
    path = written(tmp_path, {"a": values}, row_group_size=50, **plain)
    content = bytearray(path.read_bytes())
    content[content.index(values[260])] ^= 1  # the statistics have the first and the last
    path.write_bytes(content)
    rows = []
    with pytest.raises(ChecksumError) as caught:
        rows.extend(row["a"] for row in parquet.Reader(path))
    assert caught.value.record == 250
    assert rows == [[value] for value in values[:250]]


def test_damaged_footer_is_a_format_error(tmp_path):
    path = written(tmp_path, WHOLE)
    damaged = bytearray(path.read_bytes())
    damaged[-8:-4] = (2**31 - 1).to_bytes(4, "little")
    path.write_bytes(bytes(damaged))
    with pytest.raises(FormatError, match="the Parquet data is damaged"):
        parquet.Reader(path)


def test_without_pyarrow_the_error_says_what_to_install(tmp_path, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    for use in (parquet.Reader, parquet.Writer):
        with pytest.raises(MissingDependencyError, match=r"pip install 'filmroll\[parquet\]'"):
            use(tmp_path / "a.parquet")


def test_parquet_is_known_by_its_first_bytes():
    assert parquet.recognise(b"PAR1\x15\x00")
    assert not parquet.recognise(b"PAR")
    assert not parquet.recognise(b"")


def test_extension_type_is_read_as_what_it_is_stored_as(tmp_path):
    array = pa.ExtensionArray.from_storage(
        pa.fixed_shape_tensor(pa.int32(), [2]), pa.array([[1, 2], [3, 4]], pa.list_(pa.int32(), 2))
    )
    assert only(tmp_path, array) == [[1, 2], [3, 4]]


@pytest.mark.parametrize(("total", "groups"), [(5, [2, 2]), (1, [2, -1])])
def test_footer_whose_rows_do_not_add_up_is_a_format_error(total, groups):
    metadata = SimpleNamespace(
        num_rows=total,
        num_row_groups=len(groups),
        row_group=lambda index: SimpleNamespace(num_rows=groups[index]),
    )
    with pytest.raises(FormatError, match=f"the footer says {total} rows, its row groups have {sum(groups)}"):
        parquet._firsts(metadata)


def test_row_group_with_fewer_rows_than_the_footer_says_is_a_format_error(tmp_path, monkeypatch):
    with parquet.Reader(written(tmp_path, {"a": [1]})) as reader:
        monkeypatch.setattr(reader, "_firsts", np.array([0, 2]))
        with pytest.raises(FormatError, match="record 1: the row group has fewer rows than the footer says"):
            reader[1]


@pytest.mark.parametrize(
    "said", ["[]", '{"columns": ["a"]}', '{"columns": null}', "no JSON", '{"columns": {"b": "c"}}']
)
def test_metadata_of_filmroll_that_renames_nothing_changes_nothing(tmp_path, said):
    path = written(tmp_path, pa.table({"a": [1]}).replace_schema_metadata({"filmroll": said}))
    assert [list(row) for row in parquet.Reader(path)] == [["a"]]


def test_rows_of_large_groups_are_found_by_number(tmp_path):
    path = written(tmp_path, {"a": list(range(1000))}, row_group_size=400)
    reader = parquet.Reader(path)
    numbers = [0, 127, 128, 129, 256, 399, 400, 527, 528, 799, 800, 999]
    assert [int(reader[number]["a"][0]) for number in numbers] == numbers
    assert [int(row["a"][0]) for row in reader.read(numbers[::-1])] == numbers[::-1]
    assert [int(row["a"][0]) for row in reader] == list(range(1000))


def test_group_that_unpacks_to_too_much_is_read_in_order_and_refused_by_number(tmp_path, monkeypatch):
    path = written(tmp_path, {"a": [b"x" * 10_000] * 1000})  # once in its dictionary
    assert path.stat().st_size < 20_000
    monkeypatch.setattr(parquet, "MAX_GROUP_NBYTES", 3_000_000)
    with pytest.raises(LimitError, match="a row group unpacks to more than 3000000 bytes, the file has") as caught:
        parquet.Reader(path)[5]
    assert (caught.value.path, caught.value.record) == (str(path), 5)
    assert sum(len(row["a"][0]) for row in parquet.Reader(path)) == 10_000_000
    monkeypatch.setattr(parquet, "MAX_GROUP_NBYTES", 11_000_000)
    assert len(parquet.Reader(path)[5]["a"][0]) == 10_000


def test_group_may_be_as_large_as_many_times_the_file(tmp_path, monkeypatch):
    column = {"a": [number.to_bytes(2, "big") * 500 for number in range(1000)]}
    path = written(tmp_path, column, compression="none", use_dictionary=False)
    monkeypatch.setattr(parquet, "MAX_GROUP_NBYTES", 10_000)
    assert len(parquet.Reader(path)[999]["a"][0]) == 1000


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
