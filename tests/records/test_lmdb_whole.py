"""An LMDB environment appears whole or not at all, whatever happens while it is written."""

import errno
import gc
import os
import subprocess
import sys

import lmdb
import pytest

import small_files
from filmroll.records.lmdb import Reader, Writer
from records.lmdb_files import read


def test_nothing_appears_before_close_and_an_earlier_environment_stays_until_then(tmp_path):
    with Writer(tmp_path / "a") as writer:
        writer.write(b"old")
    with Writer(tmp_path / "b") as writer:
        writer.write(b"x")
        assert not (tmp_path / "b").exists()
    with Writer(tmp_path / "a") as writer:
        writer.write(b"new")
        assert read(tmp_path / "a") == [(b"00000000", b"old")]
    assert read(tmp_path / "a") == [(b"00000000", b"new")]
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]


def test_reader_of_an_environment_that_is_replaced_goes_on_with_the_old_one(tmp_path):
    for content in (b"old", b"new"):
        with Writer(tmp_path / "a") as writer:
            writer.write(content)
        if content == b"old":
            reader = Reader(tmp_path / "a")
    assert (bytes(reader[0]), bytes(Reader(tmp_path / "a")[0])) == (b"old", b"new")


def test_lock_file_that_lmdb_left_does_not_keep_an_environment_from_being_replaced(tmp_path):
    with lmdb.open(str(tmp_path / "a")) as environment, environment.begin(write=True) as transaction:
        transaction.put(b"old", b"old")
    with Writer(tmp_path / "a") as writer:
        writer.write(b"new")
    assert os.listdir(tmp_path / "a") == ["data.mdb"]


def test_what_is_no_environment_is_not_replaced(tmp_path):
    (tmp_path / "file").write_bytes(b"precious")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "letter").write_bytes(b"precious")
    for name, words in (("file", "is a file"), ("folder", "holds 'letter'")):
        with pytest.raises(FileExistsError, match=words):
            Writer(tmp_path / name)
    assert sorted(os.listdir(tmp_path)) == ["file", "folder"]
    (tmp_path / "empty").mkdir()
    with Writer(tmp_path / "empty") as writer:
        writer.write(b"x")
    assert len(read(tmp_path / "empty")) == 1


def test_exception_in_the_block_leaves_nothing(tmp_path):
    with pytest.raises(KeyError), Writer(tmp_path / "a") as writer:
        writer.write(b"x")
        raise KeyError
    assert os.listdir(tmp_path) == []
    writer.close()
    assert os.listdir(tmp_path) == []


def test_writer_that_is_never_closed_leaves_nothing(tmp_path):
    writer = Writer(tmp_path / "a")
    writer.write(b"x")
    del writer
    gc.collect()
    assert os.listdir(tmp_path) == []


def test_rest_of_a_killed_process_of_the_same_number_is_removed(tmp_path):
    rest = tmp_path / f".a.{os.getpid()}.tmp"
    rest.mkdir()
    (rest / "data.mdb").write_bytes(b"rest")
    with Writer(tmp_path / "a") as writer:
        writer.write(b"x")
    assert read(tmp_path / "a") == [(b"00000000", b"x")]
    assert os.listdir(tmp_path) == ["a"]


def test_closed_writer_says_so_and_closes_twice(tmp_path):
    writer = Writer(tmp_path / "a")
    writer.close()
    writer.close()
    for use in (lambda: writer.write(b"x"), lambda: writer.write_many(b"x", [0], [1]), writer.__enter__):
        with pytest.raises(ValueError, match="the writer is closed"):
            use()


def test_absent_folder_around_it_is_not_found(tmp_path):
    with pytest.raises(FileNotFoundError):
        Writer(tmp_path / "absent" / "a")


@pytest.mark.parametrize("name", ["replace", "fsync"])
def test_failure_at_the_end_leaves_what_stood_before(tmp_path, monkeypatch, name):
    with Writer(tmp_path / "a") as writer:
        writer.write(b"old")

    def fail(source, *others):
        if name == "fsync" or ".tmp" in os.fspath(source):
            raise OSError(errno.EIO, "as a test")
        return real(source, *others)

    real = getattr(os, name)
    writer = Writer(tmp_path / "a")
    writer.write(b"new")
    monkeypatch.setattr(os, name, fail)
    with pytest.raises(OSError, match="as a test"):
        writer.close()
    monkeypatch.undo()
    assert os.listdir(tmp_path) == ["a"]
    assert read(tmp_path / "a") == [(b"00000000", b"old")]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits the size of files as Linux does")
def test_full_disk_is_an_os_error_and_leaves_nothing(tmp_path):
    code = """
import os, sys
from filmroll.records.lmdb import Writer
try:
    with Writer(sys.argv[1] + "/a") as writer:
        for _ in range(5000):
            writer.write(bytes(1000))
except OSError as exc:
    assert exc.filename == sys.argv[1] + "/a", exc
    sys.exit(len(os.listdir(sys.argv[1])))
sys.exit(9)
"""
    subprocess.run([sys.executable, "-c", small_files.at_most(1 << 20) + code, str(tmp_path)], check=True)
