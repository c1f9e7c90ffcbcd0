"""Parquet files that are cut, changed or say what is not so: an error that says where, and what stands before it."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmroll.errors import ChecksumError, Error, FormatError, TruncatedError
from filmroll.records import parquet
from records.parquet_files import written


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
