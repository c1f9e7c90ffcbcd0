"""A file appears whole or not at all."""

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
