"""A TFRecord file that is still being written is followed; what fails once is read when it is there."""

import errno
import gzip
import os

import numpy as np
import pytest

import reference
from filmroll.errors import TruncatedError
from filmroll.records import Reader, Writer
from filmroll.records.compression import OUT_NBYTES, Stream
from records.small_file import FILE, RECORDS, copied, write, written


def append(path, data):
    with open(path, "ab") as file:
        file.write(data)


def test_new_reader_sees_what_was_appended(path):
    old = Reader(path)
    with open(path, "ab") as file:
        file.write(reference.frame(b"new")[:-1])
    with pytest.raises(TruncatedError) as caught:
        list(Reader(path))
    assert (caught.value.record, caught.value.offset) == (4, 74)
    with open(path, "ab") as file:
        file.write(reference.frame(b"new")[-1:])
    assert copied(Reader(path)) == [*RECORDS, b"new"]
    assert copied(old) == RECORDS


@pytest.mark.parametrize("missing", [1, 4, 10, 19])
def test_record_is_read_once_its_missing_bytes_have_arrived(tmp_path, missing):
    path = written(tmp_path, FILE[:-missing])
    with Reader(path) as reader:
        for _ in range(2):
            with pytest.raises(TruncatedError) as caught:
                reader.read_at(54)
            assert (caught.value.path, caught.value.offset) == (str(path), 54)
        append(path, FILE[-missing:])
        assert reader.read_at(54) == (b"xxxx", 74)
        assert copied(reader) == RECORDS


def test_growing_file_is_followed_by_offset_from_the_end_on(path):
    with Reader(path) as reader:
        first = list(reader)
        offset = 74
        for record in (b"more", b"", bytes(10_000)):
            with pytest.raises(IndexError, match=f"offset {offset} is out of range"):
                reader.read_at(offset)
            append(path, reference.frame(record))
            found, offset = reader.read_at(offset)
            assert found == record
        assert (len(reader), reader[5]) == (7, b"")
        assert reader.spans(np.arange(7)).lengths.tolist() == [3, 3, 0, 4, 4, 0, 10_000]
        assert copied(first) == RECORDS  # what was handed out stays what it was


def test_growing_gzip_file_is_followed_by_offset_member_after_member(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(FILE))
    with Reader(path) as reader:
        with pytest.raises(IndexError, match="offset 74 is out of range"):
            reader.read_at(74)
        append(path, gzip.compress(reference.frame(b"more")))
        assert reader.read_at(74) == (b"more", 94)


def test_writer_is_followed_by_what_it_has_flushed(tmp_path):
    with Writer(tmp_path / "new") as writer:
        writer.write(b"one")
        writer.flush()
        with Reader(writer.temporary) as reader:
            assert reader.read_at(0) == (b"one", 19)
            writer.write(b"two")
            writer.flush()
            assert reader.read_at(19) == (b"two", 38)


@pytest.mark.parametrize("kind", ["gzip", "zlib"])
@pytest.mark.parametrize("before_window_ends", [0, 5, 12, 900])
def test_read_error_that_passes_leaves_the_place_and_the_retry_gives_the_record(
    tmp_path, monkeypatch, kind, before_window_ends
):
    """The record begins just before what was decompressed at once ends: its first bytes are used up when it fails."""
    offset = OUT_NBYTES - before_window_ends
    second = bytes(3 * OUT_NBYTES)
    write(tmp_path / "a", [bytes(offset - 16), second], compression=kind)

    def fail(stream):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with Reader(tmp_path / "a") as reader:
        assert reader.read_at(0)[1] == offset
        with monkeypatch.context() as patch:
            patch.setattr(Stream, "_fill", fail)
            with pytest.raises(OSError, match=os.strerror(errno.EIO)):
                reader.read_at(offset)
        assert reader.read_at(offset) == (second, offset + len(second) + 16)
