"""A large file is flushed to disk while it is written, and no error of the disk is lost."""

import os
import threading

import pytest

import filmroll
from filmroll.records import early_sync


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch):
    monkeypatch.setattr(early_sync, "STEP_NBYTES", 1000)


def write(path, count: int = 50) -> None:
    with filmroll.Writer(path) as writer:
        for number in range(count):
            writer.write(bytes([number]) * 20_000)


def test_file_is_flushed_before_its_end_and_is_whole(tmp_path, monkeypatch):
    threads = []
    original = os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (threads.append(threading.current_thread().name), original(handle)))
    write(tmp_path / "r.tfrecord")
    assert any(name.startswith("to-disk") for name in threads)
    assert threads[-1] == "MainThread"
    with filmroll.Reader(tmp_path / "r.tfrecord") as reader:
        assert [record[0] for record in reader] == list(range(50))
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("to-disk")]


def test_disk_error_of_an_early_flush_leaves_nothing_under_the_name(tmp_path, monkeypatch):
    def failing(handle) -> None:
        if threading.current_thread().name.startswith("to-disk"):
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", failing)
    with pytest.raises(OSError, match="Input/output error"):
        write(tmp_path / "r.tfrecord")
    assert list(tmp_path.iterdir()) == []


def test_abandoned_file_ends_its_thread(tmp_path):
    with pytest.raises(ZeroDivisionError), filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        for _ in range(20):
            writer.write(bytes(20_000))
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("to-disk")]
