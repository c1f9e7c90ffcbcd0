"""The sidecar index: lines in, lines out, and each way a line can be wrong."""

import mmap
from functools import partial

import numpy as np
import pytest

from filmroll.errors import ParseError
from filmroll.records import index
from filmroll.spool import Spool


def read(tmp_path, text, **options):
    path = tmp_path / "a.tfrecord.idx"
    path.write_bytes(text)
    return index.read(path, **options).tolist()


def test_path_is_that_of_the_file_and_idx(tmp_path):
    assert index.path_of(tmp_path / "a.tfrecord") == tmp_path / "a.tfrecord.idx"
    assert index.path_of("x/train-00000-of-00010").name == "train-00000-of-00010.idx"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_lines_are_offset_and_size(tmp_path, end):
    newline = end or b"\n"
    assert read(tmp_path, b"0 16" + newline + b"16 40" + end, file_nbytes=56) == [[0, 16], [16, 40]]


@pytest.mark.parametrize("text", [b"", b"\n", b" \n\n"])
def test_index_of_nothing_is_empty(tmp_path, text):
    assert read(tmp_path, text, file_nbytes=0) == []


def test_what_is_written_is_read(tmp_path):
    rows = [[0, 16], [16, 2**40], [2**41, 17]]
    index.write(tmp_path / "a.idx", rows)
    assert (tmp_path / "a.idx").read_bytes() == b"0 16\n16 1099511627776\n2199023255552 17\n"
    assert index.read(tmp_path / "a.idx").tolist() == rows


def test_no_rows_write_an_empty_file(tmp_path):
    index.write(tmp_path / "a.idx", [])
    assert (tmp_path / "a.idx").read_bytes() == b""


def test_many_rows_survive(tmp_path):
    rows = np.stack((np.arange(200_000) * 100, np.full(200_000, 100)), axis=1)
    index.write(tmp_path / "a.idx", rows)
    np.testing.assert_array_equal(index.read(tmp_path / "a.idx", file_nbytes=20_000_000), rows)


def test_records_may_be_left_out(tmp_path):
    assert read(tmp_path, b"16 20\n100 20\n", file_nbytes=120) == [[16, 20], [100, 20]]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (b"0 16\n16 x\n", 2, "is not 'offset size'"),
        (b"0 16\n16\n", 2, "is not 'offset size'"),
        (b"0 16 1\n", 1, "is not 'offset size'"),
        (b"0\n16\n", 1, "is not 'offset size'"),
        (b"0 16\n16 16.5\n", 2, "is not 'offset size'"),
        (b"0 16\n\xff\xfe\n", 2, "is not 'offset size'"),
        (b"# comment\n0 16\n", 1, "is not 'offset size'"),
        (b"0 16\n16 99999999999999999999\n", 2, "is not 'offset size'"),
        (b"0 16\n16 9999999999999999999\n", 2, "is not 'offset size'"),
        (b"-16 16\n", 1, "only 56 bytes"),
        (b"0 16\n16 15\n", 2, "16 bytes at least"),
        (b"0 16\n16 -40\n", 2, "16 bytes at least"),
        (b"0 16\n16 41\n", 2, "only 56 bytes"),
        (b"0 16\n9223372036854775807 9223372036854775807\n", 2, "only 56 bytes"),
        (b"16 40\n0 16\n", 2, "begins before the record above ends"),
        (b"0 17\n16 16\n", 2, "begins before the record above ends"),
    ],
)
def test_wrong_line_is_named_with_what_to_do(tmp_path, text, line, words):
    with pytest.raises(ParseError, match=words) as caught:
        read(tmp_path, text, file_nbytes=56)
    assert f"line {line}: " in str(caught.value)
    assert "delete the index" in str(caught.value)
    assert caught.value.path == str(tmp_path / "a.tfrecord.idx")


def test_index_is_read_in_blocks_of_whole_lines(tmp_path, monkeypatch):
    rows = [[100 * number, 100] for number in range(50)]
    index.write(tmp_path / "a.idx", rows)
    text = (tmp_path / "a.idx").read_bytes()
    for nbytes in (1, 7, 64, len(text) - 1, len(text)):
        monkeypatch.setattr(index, "BLOCK_NBYTES", nbytes)
        assert index.read(tmp_path / "a.idx", file_nbytes=5000).tolist() == rows
        assert read(tmp_path, text.rstrip(), file_nbytes=5000) == rows
        with pytest.raises(ParseError, match="line 50: the file has only 4999 bytes"):
            index.read(tmp_path / "a.idx", file_nbytes=4999)


def test_blank_lines_do_not_shift_the_number_of_a_wrong_one(tmp_path):
    with pytest.raises(ParseError, match="line 4: "):
        read(tmp_path, b"0 16\n\n\n16 x\n")
    with pytest.raises(ParseError, match="line 4: "):
        read(tmp_path, b"0 16\n\n\n16 3\n")


def test_file_of_another_kind_is_refused(tmp_path):
    with pytest.raises(ParseError, match="line 1"):
        read(tmp_path, np.random.default_rng(0).bytes(1000))


def test_missing_index_or_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.idx"):
        index.read(tmp_path / "none.idx")
    with pytest.raises(IsADirectoryError):
        index.read(tmp_path)


def test_index_that_is_not_followed_by_the_end_of_its_block_leaves_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError), index.writing(tmp_path / "r.idx", [[0, 20]]):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    with index.writing(tmp_path / "r.idx", [[0, 20]]):
        assert not (tmp_path / "r.idx").exists()
    assert index.read(tmp_path / "r.idx").tolist() == [[0, 20]]


def test_index_of_very_many_records_takes_no_memory_for_as_long_as_it_is_open(tmp_path, monkeypatch):
    rows = np.stack((np.arange(0, 100_000, 20), np.full(5000, 20)), axis=1)
    index.write(tmp_path / "a.idx", rows)
    monkeypatch.setattr(index, "Spool", partial(Spool, held_nbytes=1600))
    monkeypatch.setattr(index, "BLOCK_NBYTES", 1000)
    found = index.read(tmp_path / "a.idx")
    np.testing.assert_array_equal(found, rows)
    while isinstance(found, np.ndarray):
        found = found.base
    assert isinstance(found.obj, mmap.mmap)
    assert not found.obj.closed


def test_full_disk_for_temporary_files_is_named_when_a_large_index_is_read(tmp_path, monkeypatch, full_disk):
    index.write(tmp_path / "a.idx", [[0, 20], [20, 20]])
    monkeypatch.setattr(index, "Spool", partial(Spool, held_nbytes=1))
    with pytest.raises(OSError, match="for temporary files; make some, or set TMPDIR") as caught:
        index.read(tmp_path / "a.idx")
    assert caught.value.filename == full_disk


@pytest.mark.parametrize("line", [0, 99, 100, 101, 4999])
def test_fault_of_any_block_is_found_with_its_line(tmp_path, monkeypatch, line):
    lines = [f"{number * 20} 20" for number in range(5000)]
    lines[line] = f"{line * 20} 200"
    (tmp_path / "a.idx").write_text("\n".join(lines))
    monkeypatch.setattr(index, "BLOCK_NBYTES", 1000)
    with pytest.raises(ParseError, match=f"line {line + 1 if line == 4999 else line + 2}: "):
        index.read(tmp_path / "a.idx", file_nbytes=100_000)
