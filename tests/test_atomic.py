"""A file appears whole or not at all."""

import errno
import threading

import pytest

from filmroll import atomic


def test_file_has_its_name_when_the_block_ends(tmp_path):
    with atomic.writing(tmp_path / "a") as file:
        file.write(b"half")
        assert not (tmp_path / "a").exists()
        file.write(b" and half")
    assert (tmp_path / "a").read_bytes() == b"half and half"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_error_in_the_block_leaves_what_was_there_and_nothing_else(tmp_path):
    (tmp_path / "a").write_bytes(b"before")
    with pytest.raises(ZeroDivisionError), atomic.writing(tmp_path / "a") as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert (tmp_path / "a").read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_absent_folder_is_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError), atomic.writing(tmp_path / "absent" / "a"):
        pass


def test_sync_can_be_left_out(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(atomic.os, "fsync", synced.append)
    with atomic.writing(tmp_path / "a", sync=False) as file:
        file.write(b"x")
    assert synced == []
    with atomic.writing(tmp_path / "b") as file:
        file.write(b"x")
    assert len(synced) == 2  # the file, and the folder that lists it


def test_error_of_the_disk_names_the_file_and_not_its_hidden_name(tmp_path):
    with pytest.raises(OSError, match="full") as caught, atomic.writing(tmp_path / "a"):
        raise OSError(28, "full")
    assert caught.value.filename == str(tmp_path / "a")
    with pytest.raises(FileNotFoundError) as caught, atomic.writing(tmp_path / "absent" / "a"):
        pass
    assert caught.value.filename == str(tmp_path / "absent" / "a")


def test_error_about_another_file_keeps_its_name(tmp_path):
    with pytest.raises(OSError, match="no") as caught, atomic.writing(tmp_path / "a"):
        raise OSError(5, "no", "other")
    assert caught.value.filename == "other"


def test_folders_are_made_and_each_is_on_disk_in_the_one_around_it(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(atomic, "sync_folder", synced.append)
    atomic.make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    assert sorted(synced) == [tmp_path, tmp_path / "a"]
    atomic.make_folder(tmp_path / "a" / "b")
    assert len(synced) == 2


def test_folder_that_is_locked_lets_others_wait(tmp_path):
    order = []

    def other() -> None:
        with atomic.locked(tmp_path):
            order.append("other")

    with atomic.locked(tmp_path):
        waiting = threading.Thread(target=other)
        waiting.start()
        waiting.join(0.1)
        order.append("first")
    waiting.join()
    assert order == ["first", "other"]


def test_file_system_without_locks_goes_without(tmp_path, monkeypatch):
    def refusing(handle, operation):
        raise OSError(errno.ENOLCK, "no locks")

    monkeypatch.setattr("fcntl.flock", refusing)
    with atomic.locked(tmp_path):
        pass
    assert atomic.lock(0, wait=False)
