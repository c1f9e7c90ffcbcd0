"""A file appears whole or not at all."""

import errno
import os
import threading
from pathlib import Path

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
    assert str(caught.value).endswith(f"{str(tmp_path / 'absent' / 'a')!r}")


def test_error_about_another_file_keeps_its_name(tmp_path):
    with pytest.raises(OSError, match="no") as caught, atomic.writing(tmp_path / "a"):
        raise OSError(5, "no", "other")
    assert caught.value.filename == "other"


@pytest.mark.parametrize(("waits", "count"), [({}, 1), ({"sync_name": False}, 0), ({"sync": False}, 0)])
def test_name_is_waited_for_unless_another_comes_next(tmp_path, monkeypatch, waits, count):
    synced = []
    monkeypatch.setattr(atomic, "sync_folder", synced.append)
    with atomic.writing(tmp_path / "a", **waits) as file:
        file.write(b"data")
    assert synced == [tmp_path] * count


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


def test_file_that_belongs_to_the_old_one_goes_right_before_the_new_one_has_its_name(tmp_path):
    path, index = tmp_path / "a", tmp_path / "a.idx"
    path.write_bytes(b"old")
    index.write_bytes(b"of the old one")
    with atomic.writing(path, instead_of=index) as file:
        file.write(b"new")
        assert index.exists()
    assert {one.name: one.read_bytes() for one in tmp_path.iterdir()} == {"a": b"new"}
    with atomic.writing(path, instead_of=index):  # there is none: that is fine
        pass
    index.write_bytes(b"of the old one")
    with pytest.raises(ZeroDivisionError), atomic.writing(path, instead_of=index):
        raise ZeroDivisionError
    assert index.read_bytes() == b"of the old one"


def test_disk_is_asked_for_the_file_after_all_of_it_was_handed_over(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(atomic.os, "fsync", lambda handle: seen.append(os.fstat(handle).st_size))
    with atomic.writing(tmp_path / "a") as file:
        file.write(b"x" * 100)
    assert seen[0] == 100


@pytest.mark.parametrize("path", [".", "/"])
def test_path_without_a_name_is_a_folder(path):
    with pytest.raises(IsADirectoryError) as caught, atomic.writing(path):
        pytest.fail("nothing is to be written")
    assert caught.value.filename == str(Path(path))


def test_name_while_it_is_written_is_hidden_and_of_this_process_alone(tmp_path):
    temporary = atomic.temporary_of(tmp_path / "a.tfrecord")
    assert temporary == tmp_path / f".a.tfrecord.{os.getpid()}.tmp"
    with atomic.writing(tmp_path / "a.tfrecord"):
        assert [one.name for one in tmp_path.iterdir()] == [temporary.name]


def test_what_killed_processes_left_of_some_files_is_removed_and_nothing_else(tmp_path):
    left = [".a.12.tmp", ".b.tfrecord.9.tmp", ".a.9.part-3.tmp"]
    kept = [
        "a",
        "a.12.tmp",
        ".a.tmp",
        ".a.x.tmp",
        ".a.12.tmp2",
        ".c.12.tmp",
        ".a.9.part-x.tmp",
        ".ab.12.tmp",
        "..12.tmp",
    ]
    for name in (*left, *kept):
        (tmp_path / name).write_bytes(b"")
    folder = tmp_path / ".a.77.tmp"
    folder.mkdir()
    (folder / "data.mdb").write_bytes(b"")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "precious").write_bytes(b"")
    if os.name == "posix":
        (tmp_path / ".a.78.tmp").symlink_to(tmp_path / "elsewhere")
    atomic.remove_leftovers(tmp_path, {"a", "b.tfrecord"})
    assert sorted(one.name for one in tmp_path.iterdir()) == sorted([*kept, "elsewhere"])
    assert (tmp_path / "elsewhere" / "precious").exists()
    with pytest.raises(FileNotFoundError):
        atomic.remove_leftovers(tmp_path / "absent", {"a"})


@pytest.mark.skipif(os.name != "posix", reason="knows no locks")
def test_lock_that_somebody_has_is_not_had_without_waiting_and_ends_with_its_file(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"")
    first, second = os.open(path, os.O_RDONLY), os.open(path, os.O_RDONLY)
    try:
        assert atomic.lock(first, wait=False) is True
        assert atomic.lock(second, wait=False) is False
        os.close(first)
        assert atomic.lock(second, wait=True) is True
    finally:
        os.close(second)


def test_lock_of_a_folder_ends_with_its_block_however_that_ends(tmp_path):
    for _ in range(2):  # the second would wait for ever
        with pytest.raises(ZeroDivisionError), atomic.locked(tmp_path):
            raise ZeroDivisionError
    with pytest.raises(FileNotFoundError), atomic.locked(tmp_path / "absent"):
        pass


def test_folder_where_a_file_stands_cannot_be_made(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(FileExistsError, match="a file, where a folder is wanted; choose another name.*a'"):
        atomic.make_folder(tmp_path / "a")
    atomic.make_folder(tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["a"]
