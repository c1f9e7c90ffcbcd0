"""Rows of CSV and JSON lines, with the line on which each begins."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmroll.errors import FormatError
from filmroll.sources import table_rows


@pytest.fixture
def read(tmp_path):
    def read_text(text, name="t.csv"):
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return [(row.line, dict(row.cells)) for row in table_rows.read(tmp_path / name, expected=["path"])]

    return read_text


def test_rows_of_csv_are_texts_with_their_line(read):
    assert read('path,b\nx,1\n\n"y\nz",2\nw,3\n') == [
        (2, {"path": "x", "b": "1"}),
        (4, {"path": "y\nz", "b": "2"}),
        (6, {"path": "w", "b": "3"}),
    ]


@pytest.mark.parametrize("text", ["path;b\nx;1\n", "path|b\nx|1\n", "path\tb\nx\t1\n", "path,b\r\nx,1\r\n"])
def test_other_delimiters_are_found(read, text):
    assert read(text) == [(2, {"path": "x", "b": "1"})]


def test_commas_part_fields_whatever_else_is_there(read):
    assert read("path,b;c\nx;y,1\n") == [(2, {"path": "x;y", "b;c": "1"})]


def test_tsv_is_parted_by_tabs(read):
    assert read("path\tb\nx,y\t1\n", "t.tsv") == [(2, {"path": "x,y", "b": "1"})]


def test_mark_of_byte_order_is_left_out(read):
    assert read(b"\xef\xbb\xbfpath\nx\n") == [(2, {"path": "x"})]
    assert read(b'\xef\xbb\xbf{"path": "x"}', "t.jsonl") == [(1, {"path": "x"})]


def test_rows_of_json_are_values_without_nulls(read):
    assert read('{"path": "x", "n": 1, "none": null}\n\n{"path": "y"}', "t.jsonl") == [
        (1, {"path": "x", "n": 1}),
        (3, {"path": "y"}),
    ]


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)


@given(st.lists(st.tuples(NAMES, NAMES), min_size=1))
def test_whatever_csv_writes_is_read(tmp_path_factory, pairs):
    file = io.StringIO()
    csv.writer(file).writerows([("path", "b"), *pairs])
    path = tmp_path_factory.mktemp("t") / "t.csv"
    path.write_text(file.getvalue(), "utf-8", newline="")
    assert [(row.cells["path"], row.cells["b"]) for row in table_rows.read(path, expected=["path"])] == pairs


@pytest.mark.parametrize(
    ("text", "name", "sentence"),
    [
        ("path,b\nx\n", "t.csv", "line 2: 1 fields, the first line has 2"),
        ("path,b\nx,1\nx,1,2\n", "t.csv", "line 3: 3 fields, the first line has 2"),
        ("path,,b\n", "t.csv", "line 1: column 2 has no name"),
        ("path,b,b\n", "t.csv", "line 1: two columns are named 'b'"),
        ('path,b\n"x,1\n', "t.csv", "line 2: no readable CSV"),
        ('path,b\n"x"y,1\n', "t.csv", "line 2: no readable CSV"),
        (b"path,b\nx,1\n\xff,2\n", "t.csv", "not UTF-8 after line"),
        (b'{"path": "x"}\n"\xff"\n', "t.jsonl", "not UTF-8 after line"),
        ('{"path": "x"}\n{"path": \n', "t.jsonl", "line 2: no readable JSON"),
        ("[1]\n", "t.jsonl", "line 1: a list where an object was expected"),
        ("[" * 100_000, "t.jsonl", "line 1: no readable JSON"),
        ('{"path": "\\ud83d"}\n', "t.jsonl", "line 1: no readable JSON"),
    ],
)
def test_what_is_no_table_is_told_by_line(read, tmp_path, text, name, sentence):
    with pytest.raises(FormatError, match=sentence) as caught:
        read(text, name)
    assert caught.value.path == str(tmp_path / name)


def test_pair_of_surrogates_is_one_letter(read):
    assert read('{"path": "\\ud83d\\ude00"}\n', "t.jsonl") == [(1, {"path": "\U0001f600"})]
