"""Reading Parquet: what pyarrow and Hugging Face wrote, at random, and whatever is wrong with it."""

import threading

import pyarrow as pa
import pytest

from filmroll.errors import FormatError, LimitError, MissingDependencyError, UnsupportedError
from filmroll.records import parquet
from records.parquet_files import written


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
