"""What is too much for memory is on disk, and read as if it were not."""

import errno
import gc
import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmroll.sources import spool
from filmroll.sources.spool import Spool, in_order


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


def test_full_disk_names_the_folder_of_temporary_files(monkeypatch, tmp_path):
    monkeypatch.setattr(spool.tempfile, "tempdir", str(tmp_path))
    kept = Spool(held_nbytes=10)

    class Full:
        def seek(self, offset):
            return offset

        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    kept._file = Full()
    with pytest.raises(OSError, match="No space left") as caught:
        kept.append(bytes(20))
    assert caught.value.filename == str(tmp_path)


@given(st.lists(st.text(st.characters(exclude_categories=()), max_size=5)), st.integers(1, 9))
def test_texts_are_in_the_order_of_sorted_however_many_there_are(texts, run_texts):
    assert list(in_order(texts, run_texts=run_texts)) == sorted(texts)
