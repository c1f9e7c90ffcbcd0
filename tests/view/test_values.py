"""Features as a page shows them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import filmroll
import pictures
from filmroll.view.values import SHOWN_CHARS, SHOWN_VALUES, download, preview, rows_of


def test_numbers_show_dtype_shape_and_values():
    [row] = rows_of({"a": np.array([1, -200000], np.int64)})
    assert (row.dtype, row.shape, row.value, row.more) == ("int64", (2,), "1, -200,000", 0)
    [row] = rows_of({"a": np.array([0.1], np.float32)})
    assert (row.dtype, row.shape, row.value) == ("float32", (), "0.1")


def test_long_lists_are_cut_and_say_so():
    [row] = rows_of({"a": np.arange(100)})
    assert row.value.count(", ") == SHOWN_VALUES - 1
    assert row.more == 100 - SHOWN_VALUES
    rows = rows_of({"a": [memoryview(b"x")] * 100})
    assert len(rows) == SHOWN_VALUES + 1
    assert rows[-1].more == 100 - SHOWN_VALUES


def test_empty_and_kindless_features_are_there():
    rows = rows_of({"b": [], "a": None, "c": np.zeros(0, np.int64)})
    assert [(row.name, row.dtype, row.shape) for row in rows] == [
        ("a", "none", ()),
        ("b", "bytes", (0,)),
        ("c", "int64", (0,)),
    ]


@pytest.mark.parametrize(
    ("data", "shown", "kind"),
    [
        (b"plain text", "plain text", "text"),
        ("Grüße\n".encode(), "Grüße\n", "text"),
        (b"", "", "text"),
        (b"\x00\x01\xff", "00 01 ff", "bytes"),
        (b"\x1b[31m", "1b 5b 33 31 6d", "bytes"),
    ],
)
def test_bytes_are_text_where_they_can_be_read(data, shown, kind):
    assert preview(data) == (shown, 0, kind)


def test_pictures_say_their_format_and_size():
    assert preview(pictures.jpeg(0)) == ("JPEG, 32 x 24, ycbcr", 0, "picture")
    assert preview(b"\xff\xd8\xff\xe0junk")[0].startswith("JPEG, unreadable")


def test_long_text_is_cut_and_counts_what_is_left_out():
    text, more, kind = preview("ü".encode() * 10_000)
    assert (len(text), more, kind) == (SHOWN_CHARS, 20_000 - 2 * SHOWN_CHARS, "text")


@given(st.binary(max_size=300))
def test_any_bytes_have_a_preview_and_come_back_whole(data):
    text, more, kind = preview(data)
    assert isinstance(text, str)
    assert more >= 0
    assert kind in {"text", "bytes", "picture"}
    assert download([memoryview(data)], 0)[0] == data


def test_numbers_are_downloaded_as_npy():
    data, suffix = download(np.array([1.5, 2.5], np.float32), None)
    assert suffix == "npy"
    np.testing.assert_array_equal(filmroll.decode(data), np.array([1.5, 2.5], np.float32))


def test_value_is_downloaded_by_its_place_under_the_suffix_of_its_format():
    value = [memoryview(b"a"), memoryview(pictures.jpeg(1))]
    assert download(value, 1) == (pictures.jpeg(1), "jpg")
    assert download(value, 0) == (b"a", "bin")
    with pytest.raises(IndexError):
        download(value, 2)
    with pytest.raises(IndexError):
        download(None, 0)
