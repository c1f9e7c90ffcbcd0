"""Caffe's lists: a path and, after the last space, a label."""

import pytest

import filmroll
import pictures
from filmroll.errors import FormatError, SourceError
from filmroll.sources import list_file


@pytest.fixture
def write(tmp_path):
    def write_text(text):
        path = tmp_path / "train.txt"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write_text


def test_label_stands_after_the_last_space(write):
    listing = list_file.read(write("cats/cat 1.jpg 0\ndog.jpg 12\n\n"))
    assert [(item.key, item.label, item.text) for item in listing.items] == [
        ("cats/cat 1.jpg", 0, None),
        ("dog.jpg", 12, None),
    ]
    assert (listing.label_names, listing.parts, listing.ignored) == ([], {"label"}, [])


def test_line_ends_where_the_file_has_a_new_line_and_nowhere_else(write):
    listing = list_file.read(write("a\u2028b.jpg 0\r\nc\x0bd.jpg 1\r\x85e.jpg 2\n"))
    assert [(item.key, item.label) for item in listing.items] == [
        ("a\u2028b.jpg", 0),
        ("c\x0bd.jpg", 1),
        ("\x85e.jpg", 2),
    ]


def test_names_of_classes_are_texts(write):
    assert [item.text for item in list_file.read(write("a 1\nb 0\n"), label_names=["cat", "dog"]).items] == [
        "dog",
        "cat",
    ]


def test_root_is_where_paths_start(write, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.jpg").write_bytes(pictures.jpeg())
    [item] = list_file.read(write("a.jpg 1\n"), root=tmp_path / "data").items
    assert (item.key, bytes(item.read().encoded)) == ("a.jpg", pictures.jpeg())


def test_list_is_packed_and_what_is_not_there_is_reported(write, tmp_path):
    (tmp_path / "a.jpg").write_bytes(pictures.jpeg())
    report = filmroll.pack(write("a.jpg 3\ngone.jpg 1\n"), tmp_path / "out" / "roll")
    assert (report.read, report.written, report.skipped) == (2, 1, 1)
    assert [sample.label for sample in filmroll.open(report.shards)] == [3]


@pytest.mark.parametrize("line", ["a.jpg", "a.jpg x", "a.jpg 1.5", "a.jpg 01", " 3", "a\0b.jpg 1", "a.jpg\t1"])
def test_line_without_path_or_label_is_told_by_number(write, line):
    path = write(f"ok.jpg 0\n{line}\n")
    with pytest.raises(FormatError, match="line 2: .* is no path, a space and a label") as caught:
        list_file.read(path)
    assert caught.value.path == str(path)


@pytest.mark.parametrize(("label", "names", "most"), [(-1, None, " or more"), (2, ["a", "b"], " to 1")])
def test_label_that_is_no_class_is_told_by_number(write, label, names, most):
    with pytest.raises(FormatError, match=f"line 1: label {label}; expected 0{most}"):
        list_file.read(write(f"a {label}\n"), label_names=names)


def test_list_that_is_no_text_says_where(write):
    with pytest.raises(FormatError, match="not UTF-8: byte 0xff") as caught:
        list_file.read(write(b"a 1\n\xff 2\n"))
    assert caught.value.offset == 4


def test_empty_list_is_nothing_to_pack(write):
    with pytest.raises(SourceError, match="nothing to pack"):
        list_file.read(write("\n \n"))
