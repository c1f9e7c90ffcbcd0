"""Writing Parquet: nothing is lost, whatever the last row brings, and nothing appears before the end."""

import errno
import json
import os

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pictures
import wild_samples
from filmroll.errors import EncodeError
from filmroll.records import parquet, parquet_writer

ONE = {"label": np.array([1]), "image/bytes": [b"\xff\xd8"], "image/path": None}


def write(path, records, **options):
    with parquet.Writer(path, **options) as writer:
        for record in records:
            writer.write(record)
    return path


def plain(record):
    return {name: wild_samples.plain(value) for name, value in record.items()}


def through(folder, records):
    return [plain(record) for record in parquet.Reader(write(folder / "a.parquet", records))]


def schema(path):
    return {
        field.name: str(field.type).replace("element: ", "").replace("item: ", "") for field in pq.read_schema(path)
    }


def huggingface(path):
    return json.loads(pq.read_schema(path).metadata[b"huggingface"])["info"]["features"]


@pytest.fixture(params=[1, 2, 1000], ids=lambda rows: f"{rows} rows a group")
def group_rows(request, monkeypatch):
    monkeypatch.setattr(parquet_writer, "GROUP_ROWS", request.param)


names = st.sampled_from(
    ["a", "a:int64", "b", "b/bytes", "b/path", "a/lengths", "a/lengths_2", "objects", "objects/bbox"]
)
values = wild_samples.numbers | st.lists(wild_samples.any_bytes, max_size=3)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.dictionaries(names, values, min_size=1, max_size=5), max_size=6), st.sampled_from([1, 2, 1000]))
def test_any_rows_come_back_however_they_differ(tmp_path_factory, records, rows):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parquet_writer, "GROUP_ROWS", rows)
        assert through(tmp_path_factory.mktemp("any"), records) == [plain(record) for record in records]


@pytest.mark.usefixtures("group_rows")
def test_columns_that_come_late_or_become_wider_lose_nothing(tmp_path):
    records = [
        ONE,
        {"label": np.array([1, 2]), "text": [b"plain"], "tags": [b"a"]},
        {"text": [b"\xff"], "tags": [b"b", b"\xfe"], "late": np.array([0.5], np.float32)},
        {"objects/bbox": np.arange(8.0), "objects/bbox/lengths": np.array([4, 4]), "label": np.zeros(0, np.int64)},
        {"objects/category": np.array([3]), "tags": []},
    ]
    assert through(tmp_path, records) == [plain({k: v for k, v in r.items() if v is not None}) for r in records]
    assert schema(tmp_path / "a.parquet") == {
        "image": "struct<bytes: binary, path: string>",
        "label": "list<int64>",
        "text": "binary",
        "tags": "list<binary>",
        "late": "float",
        "objects": "struct<bbox: list<list<double>>, category: list<int64>>",
    }
    assert os.listdir(tmp_path) == ["a.parquet"]


@pytest.mark.usefixtures("group_rows")
def test_feature_whose_type_changes_has_a_column_for_each_and_one_name_when_read(tmp_path):
    records = [
        {"a": np.array([1])},
        {"a": np.array([1.5], np.float32)},
        {"a": [b"x"]},
        {"a": np.arange(3.0), "a/lengths": np.array([1, 2])},
        {"a:float32": [b"taken"]},
    ]
    assert through(tmp_path, records) == [plain(record) for record in records]
    assert list(schema(tmp_path / "a.parquet")) == ["a", "a:float32", "a:bytes", "a:float64:2", "a:float32:bytes"]


@pytest.mark.usefixtures("group_rows")
def test_rows_without_any_value_are_rows(tmp_path):
    assert through(tmp_path, [{}, ONE, {}]) == [{}, plain({k: v for k, v in ONE.items() if v is not None}), {}]


def test_rows_that_all_have_no_value_are_refused(tmp_path):
    with pytest.raises(EncodeError, match="2 rows without any value"):
        write(tmp_path / "a.parquet", [{}, {"a": None}])
    assert not os.listdir(tmp_path)


def test_no_rows_make_a_file_of_none(tmp_path):
    assert len(parquet.Reader(write(tmp_path / "a.parquet", []))) == 0


def test_numbers_of_any_type_and_single_bytes_are_taken(tmp_path):
    record = {"i": np.int8([1]), "u": np.uint8([[2], [3]]), "b": np.array([True]), "h": np.float16([0.5]), "s": b"x"}
    record |= {"big": np.array([7], ">i4"), "bigf": np.array([1.5], ">f8")}
    [found] = parquet.Reader(write(tmp_path / "a.parquet", [record]))
    assert {name: (value.dtype.name, value.tolist()) for name, value in found.items() if name != "s"} == {
        "i": ("int64", [1]),
        "u": ("int64", [2, 3]),
        "b": ("int64", [1]),
        "h": ("float32", [0.5]),
        "big": ("int64", [7]),
        "bigf": ("float64", [1.5]),
    }
    assert bytes(found["s"][0]) == b"x"


@pytest.mark.parametrize("value", ["text", 3, [1], [b"x", 3], np.array(["x"]), np.array([None]), {"a": b"x"}])
def test_value_of_another_type_is_refused_and_nothing_of_the_row_written(tmp_path, value):
    with parquet.Writer(tmp_path / "a.parquet") as writer:
        writer.write(ONE)
        with pytest.raises(
            EncodeError, match="record 1: column 'x': .* is neither a list of bytes nor an array of numbers"
        ):
            writer.write({"new": [b"y"], "x": value})
        writer.write(ONE)
        assert (writer.count, writer.nbytes) == (2, 20)
    assert list(schema(tmp_path / "a.parquet")) == ["image", "label"]


def test_bytes_that_change_after_the_write_do_not_change_the_row(tmp_path):
    buffer, numbers = bytearray(b"before"), np.array([1])
    with parquet.Writer(tmp_path / "a.parquet") as writer:
        writer.write({"a": [memoryview(buffer)], "b": [buffer], "n": numbers})
        buffer[:] = b"behind"
        numbers[0] = 2
    [found] = parquet.Reader(tmp_path / "a.parquet")
    assert (bytes(found["a"][0]), bytes(found["b"][0]), found["n"].tolist()) == (b"before", b"before", [1])


def test_large_rows_make_small_groups(tmp_path):
    path = write(tmp_path / "a.parquet", [{"a": [os.urandom(3 << 20)]} for _ in range(12)])
    assert [pq.read_metadata(path).row_group(n).num_rows for n in range(2)] == [6, 6]


def test_bytes_are_stored_as_they_are_and_numbers_are_compressed(tmp_path):
    path = write(tmp_path / "a.parquet", [ONE | {"tags": [b"a", b"b"], "x": np.array([1.5])}])
    group = pq.read_metadata(path).row_group(0)
    kinds = {group.column(n).path_in_schema: group.column(n).compression for n in range(group.num_columns)}
    assert kinds.pop("image.bytes") == "UNCOMPRESSED"
    assert set(kinds.values()) == {"SNAPPY"}
    damaged = path.read_bytes().replace(b"\xff\xd8", b"\xff\xd9")
    path.write_bytes(damaged)
    with pytest.raises(Exception, match="(?i)crc|checksum"):
        parquet.Reader(path)[0]


def test_hugging_face_is_told_pictures_classes_and_lists(tmp_path):
    record = ONE | {"tags": [b"a", b"b"], "objects/category": np.array([0, 1]), "objects/bbox": np.zeros(4)}
    record |= {"objects/bbox/lengths": np.array([4])}
    path = write(tmp_path / "a.parquet", [record], label_names=["x", "y"])
    text, double = {"dtype": "string", "_type": "Value"}, {"dtype": "float64", "_type": "Value"}
    assert huggingface(path) == {
        "image": {"_type": "Image"},
        "label": {"names": ["x", "y"], "_type": "ClassLabel"},
        "tags": {"feature": text, "_type": "Sequence"},
        "objects": {
            "category": {"feature": {"dtype": "int64", "_type": "Value"}, "_type": "Sequence"},
            "bbox": {"feature": {"feature": double, "_type": "Sequence"}, "_type": "Sequence"},
        },
    }
    assert parquet.Reader(path).label_names == ["x", "y"]


def test_classes_of_boxes_have_names_where_there_is_no_label_and_all_have_one(tmp_path):
    def feature(*categories):
        records = [{"objects/category": np.array([one, one])} for one in categories]
        return huggingface(write(tmp_path / "a.parquet", records, label_names=["x", "y"]))["objects"]["category"][
            "feature"
        ]

    assert feature(0, 1) == {"names": ["x", "y"], "_type": "ClassLabel"}
    assert feature(0, 2) == {"dtype": "int64", "_type": "Value"}


def test_label_without_a_name_is_refused(tmp_path):
    with parquet.Writer(tmp_path / "a.parquet", label_names=["x", "y"]) as writer:
        writer.write({"label": np.array([-1])})
        with pytest.raises(EncodeError, match="label 2 has no name: there are 2 label names"):
            writer.write({"label": np.array([2])})


def test_picture_whose_path_no_row_has_is_one_still(tmp_path):
    path = write(tmp_path / "a.parquet", [{"x/bytes": [pictures.jpeg()], "x/path": None}])
    assert schema(path) == {"x": "struct<bytes: binary, path: string>"}
    assert huggingface(path) == {"x": {"_type": "Image"}}


def test_nothing_appears_before_the_end_or_after_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet_writer, "GROUP_ROWS", 1)
    (tmp_path / "a.parquet").write_bytes(b"before")
    with pytest.raises(KeyError), parquet.Writer(tmp_path / "a.parquet") as writer:
        writer.write(ONE)
        writer.write({"other": [b"x"]})
        assert (tmp_path / "a.parquet").read_bytes() == b"before"
        raise KeyError
    assert os.listdir(tmp_path) == ["a.parquet"]
    writer = parquet.Writer(tmp_path / "b.parquet")
    writer.write(ONE)
    del writer
    assert os.listdir(tmp_path) == ["a.parquet"]
    with pytest.raises(FileNotFoundError):
        parquet.Writer(tmp_path / "absent" / "a.parquet")


def test_disk_that_is_full_gives_the_file_up(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(parquet_writer, "_name", full)
    writer = parquet.Writer(tmp_path / "a.parquet")
    writer.write(ONE)
    with pytest.raises(OSError, match="No space left"):
        writer.close()
    assert not os.listdir(tmp_path)


def test_closed_writer_says_so_and_closing_twice_is_fine(tmp_path):
    writer = parquet.Writer(tmp_path / "a.parquet")
    writer.close()
    writer.close()
    for use in (lambda: writer.write(ONE), writer.__enter__):
        with pytest.raises(ValueError, match="the writer is closed"):
            use()


def test_lists_of_lists_of_lists_are_nested_from_the_outermost_inwards(tmp_path):
    record = {
        "a": np.arange(6),
        "a/lengths": np.array([2, 1, 0]),
        "a/lengths_2": np.array([1, 2, 3]),
    }
    with parquet.Writer(tmp_path / "r") as writer:
        writer.write(record)
    assert pq.read_table(tmp_path / "r").to_pylist() == [{"a": [[[0], [1, 2]], [[3, 4, 5]], []]}]
    [row] = parquet.Reader(tmp_path / "r")
    assert {name: value.tolist() for name, value in row.items()} == {
        name: value.tolist() for name, value in record.items()
    }


def test_lengths_of_lengths_are_a_feature_of_their_own(tmp_path):
    record = {"a": np.arange(3), "a/lengths": np.array([1, 2]), "a/lengths/lengths": np.array([2])}
    with parquet.Writer(tmp_path / "r") as writer:
        writer.write(record)
    [row] = parquet.Reader(tmp_path / "r")
    assert {name: value.tolist() for name, value in row.items()} == {
        name: value.tolist() for name, value in record.items()
    }


@pytest.mark.parametrize("name", ["label", "objects/category"])
@pytest.mark.parametrize("value", [[b"rose"], np.array([5.5], np.float32), np.array([], np.int64), np.array([-1])])
def test_label_that_is_no_number_of_a_class_is_written_as_it_is(tmp_path, name, value):
    with parquet.Writer(tmp_path / "r", label_names=["daisy", "rose"]) as writer:
        writer.write({name: value, "n": np.array([1])})
    [row] = parquet.Reader(tmp_path / "r")
    assert plain(row) == plain({name: value, "n": np.array([1])})
    is_class = getattr(value, "dtype", None) == np.int64
    assert ("ClassLabel" in json.dumps(huggingface(tmp_path / "r"))) == is_class


def test_bytes_beside_a_path_are_one_struct(tmp_path):
    with parquet.Writer(tmp_path / "r") as writer:
        writer.write({"image/bytes": [b"\xff\xd8"], "image/path": [b"a.jpg"], "other/bytes": [b"x"]})
        writer.write({"image/bytes": [b"PNG"], "image/path": None})
    assert pq.read_table(tmp_path / "r").to_pylist() == [
        {"image": {"bytes": b"\xff\xd8", "path": "a.jpg"}, "other/bytes": "x"},
        {"image": {"bytes": b"PNG", "path": None}, "other/bytes": None},
    ]


def test_classes_of_boxes_have_names_only_where_all_of_them_do(tmp_path):
    for last, kind in ((1, "ClassLabel"), (0, "ClassLabel"), (2, "Value")):
        with parquet.Writer(tmp_path / "r", label_names=["daisy", "rose"]) as writer:
            for category in (last, 0):
                writer.write({"objects/category": np.array([category])})
        assert huggingface(tmp_path / "r")["objects"]["category"]["feature"]["_type"] == kind


def test_feature_that_is_only_called_objects_is_a_plain_column(tmp_path):
    with parquet.Writer(tmp_path / "r") as writer:
        writer.write({"objects": np.array([3])})
    assert schema(tmp_path / "r") == {"objects": "int64"}


@pytest.mark.parametrize(
    ("record", "is_picture"),
    [
        ({"image/bytes": [b"\xff"], "image/path": [b"a.jpg"]}, True),
        ({"image/bytes": [b"\xff"], "image/path": None}, True),
        ({"image/bytes": [b"\xff"], "image/path": [b"\xff.jpg"]}, False),
        ({"image/bytes": [b"\xff"], "image/path": [b"a.jpg", b"b.jpg"]}, False),
        ({"image/bytes": [b"\xff", b"\xfe"], "image/path": [b"a.jpg"]}, False),
    ],
)
def test_struct_is_a_picture_of_hugging_face_where_it_has_one_of_bytes_and_one_path(tmp_path, record, is_picture):
    with parquet.Writer(tmp_path / "r") as writer:
        writer.write(record)
    assert (huggingface(tmp_path / "r")["image"] == {"_type": "Image"}) == is_picture


def test_lengths_below_0_are_no_lengths(tmp_path):
    record = {"a": np.arange(3), "a/lengths": np.array([-1, 4])}
    with parquet.Writer(tmp_path / "r") as writer:
        writer.write(record)
    [row] = parquet.Reader(tmp_path / "r")
    assert plain(row) == plain(record)
    assert schema(tmp_path / "r") == {"a": "list<int64>", "a/lengths": "list<int64>"}


@pytest.mark.usefixtures("group_rows")
def test_row_without_any_part_of_a_struct_has_none(tmp_path):
    with parquet.Writer(tmp_path / "r") as writer:
        writer.write({"objects/a": np.array([1]), "n": np.array([1])})
        writer.write({"n": np.array([2])})
        writer.write({"objects/b": np.array([1.5]), "n": np.array([3])})
    rows = pq.read_table(tmp_path / "r").to_pylist()
    assert [row["objects"] for row in rows] == [{"a": [1], "b": None}, None, {"a": None, "b": [1.5]}]
