"""A large file is written and flushed by a thread while more is made, in order, and no error of the disk is lost."""

import errno
import mmap
import os
import threading

import pytest

import filmroll
from filmroll.records import write_behind
from filmroll.records.write_behind import WriteBehind

RECORDS = [bytes([number]) * 20_000 for number in range(50)]


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch):
    monkeypatch.setattr(write_behind, "STEP_NBYTES", 1000)
    monkeypatch.setattr(write_behind, "SYNC_NBYTES", 50_000)


def write(path, records=RECORDS) -> None:
    with filmroll.Writer(path) as writer:
        for record in records:
            writer.write(record)


def threads_left() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("to-disk")]


def test_file_is_flushed_before_its_end_and_is_whole(tmp_path, monkeypatch):
    threads = []
    original = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (threads.append(threading.current_thread().name), original(handle)))
    write(tmp_path / "r.tfrecord")
    assert len([name for name in threads if name.startswith("to-disk")]) > 10
    assert threads[-1] == "MainThread"
    with filmroll.Reader(tmp_path / "r.tfrecord") as reader:
        assert list(reader) == RECORDS
    assert not threads_left()


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


def test_no_more_than_some_steps_are_held_while_the_disk_is_slow(tmp_path, monkeypatch):
    real, go, most = write_behind._write, threading.Event(), []

    def slow(handle, buffers) -> None:
        most.append(len(behind._steps))
        go.wait(0.01)
        real(handle, buffers)

    monkeypatch.setattr(write_behind, "_write", slow)
    with open(tmp_path / "file", "wb") as file, WriteBehind(file) as behind:
        for number in range(40):
            behind.write(bytes([number]) * 1000)
            assert len(behind._steps) <= write_behind.MOST_STEPS
    assert len(most) == 40
    assert (tmp_path / "file").read_bytes() == b"".join(bytes([number]) * 1000 for number in range(40))


def test_flushed_bytes_can_be_read_before_the_end(tmp_path):
    with open(tmp_path / "file", "wb") as file, WriteBehind(file) as behind:
        for size, total in ((300, 300), (5000, 5300)):
            behind.write(bytes(size))
            behind.flush()
            assert os.path.getsize(tmp_path / "file") == total


def test_disk_error_of_an_early_flush_leaves_nothing_under_the_name(tmp_path, monkeypatch):
    def failing(handle) -> None:
        if threading.current_thread().name.startswith("to-disk"):
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
    assert not threads_left()


def test_abandoned_file_ends_its_thread(tmp_path):
    with pytest.raises(ZeroDivisionError), filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        for _ in range(20):
            writer.write(bytes(20_000))
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    assert not threads_left()
