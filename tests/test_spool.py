"""What is too much for memory is on disk, and read as if it were not."""

import errno
import gc
import mmap
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmroll import spool
from filmroll.spool import Spool


@given(st.lists(st.binary(max_size=40)), st.integers(1, 100))
def test_pieces_are_read_as_they_were_appended(pieces, held_nbytes):
    kept = Spool(held_nbytes=held_nbytes)
    offsets = [kept.append(piece) for piece in pieces]
    assert kept.nbytes == sum(map(len, pieces))
    for offset, piece in reversed(list(zip(offsets, pieces, strict=True))):
        assert kept.read(offset, len(piece)) == piece


def test_bytes_appended_after_others_were_read_go_behind_them():
    kept = Spool(held_nbytes=4)
    first = kept.append(b"first piece")
    assert kept.read(first, 11) == b"first piece"
    second = kept.append(b"second")
    assert (kept.read(first, 11), kept.read(second, 6)) == (b"first piece", b"second")


@pytest.mark.parametrize("has_pread", [True, False])
def test_threads_read_at_once(monkeypatch, has_pread):
    if not has_pread:  # as on Windows
        monkeypatch.delattr(os, "pread")
    kept = Spool(held_nbytes=100)
    pieces = [bytes([number % 256]) * 37 for number in range(2000)]
    offsets = [kept.append(piece) for piece in pieces]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda offset: kept.read(offset, 37), offsets)) == pieces


def test_file_goes_with_what_it_holds():
    def opened() -> int:
        return len(os.listdir("/proc/self/fd"))

    gc.collect()
    before = opened()
    kept = Spool(held_nbytes=1)
    kept.append(b"xy")
    assert opened() == before + 1
    del kept
    gc.collect()
    assert opened() == before


@pytest.mark.parametrize("held_nbytes", [1, 100])
def test_whole_is_all_that_was_appended_in_memory_or_mapped(held_nbytes):
    kept = Spool(held_nbytes=held_nbytes)
    for piece in (b"first", b"second", b"", b"third"):
        kept.append(piece)
    whole = kept.whole()
    assert whole == b"firstsecondthird"
    assert isinstance(whole.obj, mmap.mmap) == (held_nbytes == 1)
    whole[:5] = b"FIRST"
    del kept
    gc.collect()
    assert whole == b"FIRSTsecondthird"  # the file lives on with it


def test_whole_of_nothing_is_empty():
    assert Spool().whole() == b""


def test_piece_is_read_that_lies_on_disk_in_part():
    kept = Spool(held_nbytes=8)
    for piece in (b"12345678", b"abc"):
        kept.append(piece)
    assert [kept.read(start, 4) for start in (0, 4, 5, 6, 8, 9, 11)] == [
        b"1234", b"5678", b"678a", b"78ab", b"abc", b"bc", b""
    ]  # fmt: skip


def test_full_disk_names_the_folder_of_temporary_files_and_what_to_do(full_disk):
    kept = Spool(held_nbytes=10)
    with pytest.raises(
        OSError, match="No space left on device for temporary files; make some, or set TMPDIR"
    ) as caught:
        kept.append(bytes(20))
    assert (caught.value.errno, caught.value.filename) == (errno.ENOSPC, full_disk)


def test_only_a_full_disk_is_called_one():
    with pytest.raises(OSError, match="Input/output error: 'x'"), spool.asking_for_room():
        raise OSError(errno.EIO, os.strerror(errno.EIO), "x")
