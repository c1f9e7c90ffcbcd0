"""A large file is written while more is made, the disk begins with it early, and no error of the disk is lost."""

import errno
import mmap
import os
import sys

import pytest

import filmroll
from filmroll.records import write_behind
from filmroll.records.write_behind import WriteBehind

RECORDS = [bytes([number]) * 20_000 for number in range(50)]


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch):
    monkeypatch.setattr(write_behind, "STEP_NBYTES", 1000)
    monkeypatch.setattr(write_behind, "FLUSH_NBYTES", 50_000)


@pytest.fixture
def begun(monkeypatch) -> list[tuple[int, int]]:
    """Offset and bytes of each flush that is begun; the system's own call is made too, and must take them."""
    real, found = write_behind._sync_file_range(), []

    def begin(handle, offset, nbytes, flags) -> int:
        found.append((offset, nbytes))
        assert real is None or real(handle, offset, nbytes, flags) == 0
        return 0

    monkeypatch.setattr(write_behind, "_sync_file_range", lambda: begin)
    return found


def write(path, records=RECORDS) -> None:
    with filmroll.Writer(path) as writer:
        for record in records:
            writer.write(record)


@pytest.mark.skipif(sys.platform != "linux", reason="there is such a call on Linux alone")
def test_linux_has_the_call():
    assert write_behind._sync_file_range() is not None


def test_disk_begins_with_every_byte_once_and_early(tmp_path, begun):
    write(tmp_path / "r.tfrecord")
    ends = [offset + nbytes for offset, nbytes in begun]
    assert [offset for offset, _ in begun] == [0, *ends[:-1]]
    assert ends[-1] == (tmp_path / "r.tfrecord").stat().st_size
    assert len(begun) > 10
    with filmroll.Reader(tmp_path / "r.tfrecord") as reader:
        assert list(reader) == RECORDS


def test_file_is_whole_where_the_system_has_no_such_call(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    write_behind._sync_file_range.cache_clear()
    write(tmp_path / "r.tfrecord")
    assert write_behind._sync_file_range() is None
    write_behind._sync_file_range.cache_clear()
    with filmroll.Reader(tmp_path / "r.tfrecord") as reader:
        assert list(reader) == RECORDS


@pytest.mark.parametrize("has_writev", [True, False])
def test_any_sizes_come_out_in_order_also_where_the_system_takes_them_in_parts(tmp_path, monkeypatch, has_writev):
    monkeypatch.setattr(write_behind, "MOST_BUFFERS", 3)
    pieces = [bytes([number]) * (number * 37 % 400) for number in range(256)]
    real = os.writev
    if has_writev:
        monkeypatch.setattr(os, "writev", lambda handle, buffers: real(handle, [b"".join(buffers)[:130]]))
    else:
        monkeypatch.delattr(os, "writev")
        monkeypatch.setattr(os, "write", lambda handle, data: real(handle, [bytes(data)[:130]]))
    with open(tmp_path / "file", "wb") as file, WriteBehind(file) as behind:
        for piece in pieces:
            behind.write(piece)
    assert (tmp_path / "file").read_bytes() == b"".join(pieces)


def test_bytes_that_the_caller_changes_later_are_written_as_they_were(tmp_path):
    data = bytearray(b"a" * 600)
    with open(tmp_path / "file", "wb") as file, WriteBehind(file) as behind:
        for view in (data, memoryview(data), memoryview(data).toreadonly()):
            behind.write(view)
            data[:] = bytes([data[0] + 1]) * 600
    assert (tmp_path / "file").read_bytes() == b"a" * 600 + b"b" * 600 + b"c" * 600


def test_many_bytes_that_could_change_are_written_at_once_in_their_place(tmp_path, monkeypatch):
    monkeypatch.setattr(write_behind, "STEP_NBYTES", 10_000)
    monkeypatch.setattr(write_behind, "LARGE_NBYTES", 500)
    data = bytearray(b"b" * 500)
    with open(tmp_path / "file", "wb") as file, WriteBehind(file) as behind:
        for few, size in ((b"a" * 499, 999), (b"c" * 499, 1998)):
            behind.write(few)
            behind.write(data)
            assert os.path.getsize(tmp_path / "file") == size
            data[:] = b"d" * 500
    assert (tmp_path / "file").read_bytes() == b"a" * 499 + b"b" * 500 + b"c" * 499 + b"d" * 500


def test_what_cannot_change_is_not_copied(tmp_path):
    (tmp_path / "map").write_bytes(bytes(5000))
    with open(tmp_path / "map", "rb") as source, open(tmp_path / "file", "wb") as file:
        view = memoryview(mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ))[:500]
        behind = WriteBehind(file)
        data = bytes(400)
        behind.write(view)
        behind.write(data)
        assert behind._waiting[0] is view
        assert behind._waiting[1] is data


def test_no_more_than_a_step_is_held(tmp_path):
    with open(tmp_path / "file", "wb") as file, WriteBehind(file) as behind:
        for number in range(40):
            behind.write(bytes([number]) * 300)
            assert behind._waiting_nbytes < 1000
            assert os.path.getsize(tmp_path / "file") == 300 * (number + 1) - behind._waiting_nbytes


def test_flushed_bytes_can_be_read_before_the_end(tmp_path):
    with open(tmp_path / "file", "wb") as file, WriteBehind(file) as behind:
        for size, total in ((300, 300), (5000, 5300)):
            behind.write(bytes(size))
            behind.flush()
            assert os.path.getsize(tmp_path / "file") == total


def test_disk_error_is_told_by_the_fsync_at_the_end_and_leaves_nothing(tmp_path, monkeypatch):
    def failing(handle) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(OSError, match="Input/output error"):
        write(tmp_path / "r.tfrecord")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("failing_call", [0, 3, 49])
def test_nothing_is_written_behind_what_the_disk_did_not_take(tmp_path, monkeypatch, failing_call):
    real, calls = write_behind._write, []

    def full(handle, buffers) -> None:
        calls.append(b"".join(buffers)[:1])
        if len(calls) == failing_call + 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle, buffers)

    monkeypatch.setattr(write_behind, "_write", full)
    with pytest.raises(OSError, match="No space left"), open(tmp_path / "file", "wb") as file, WriteBehind(file) as one:
        for number in range(50):
            one.write(bytes([number]) * 1000)
    assert len(calls) == failing_call + 1
    assert (tmp_path / "file").stat().st_size == failing_call * 1000
