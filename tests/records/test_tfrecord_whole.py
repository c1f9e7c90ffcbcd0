"""A TFRecord file appears whole or not at all, whatever happens while it is written."""

import gc
import os
import stat

import pytest

import reference
import small_files
from filmroll.records import Reader, Writer, index


def test_nothing_stands_under_the_name_before_close(tmp_path):
    with Writer(tmp_path / "a") as writer:
        writer.write(b"abc")
        assert not (tmp_path / "a").exists()
        assert os.listdir(tmp_path) == [writer.temporary.name]
    assert sorted(os.listdir(tmp_path)) == ["a", "a.idx"]


def test_flush_lets_written_records_be_read_where_they_are(tmp_path):
    with Writer(tmp_path / "a") as writer:
        for number in range(3):
            writer.write(b"%d" % number)
            writer.flush()
            assert [int(record) for record in Reader(writer.temporary)] == list(range(number + 1))


@pytest.mark.parametrize("compression", ["gzip", "zlib"])
def test_flush_lets_compressed_records_be_read_up_to_the_missing_end(tmp_path, compression):
    with Writer(tmp_path / "a", compression=compression) as writer:
        writer.write(b"first")
        writer.flush()
        assert next(iter(Reader(writer.temporary))) == b"first"
        writer.write(b"second")
    assert [bytes(record) for record in Reader(tmp_path / "a")] == [b"first", b"second"]


def test_use_after_close_is_refused_and_a_second_close_harmless(tmp_path):
    writer = Writer(tmp_path / "a")
    writer.write(b"abc")
    writer.close()
    writer.close()
    for use in (lambda: writer.write(b"x"), lambda: writer.write_many(b"x", [0], [1]), writer.flush, writer.__enter__):
        with pytest.raises(ValueError, match="closed"):
            use()
    assert (tmp_path / "a").read_bytes() == reference.frame(b"abc")


@pytest.mark.parametrize("compression", [None, "gzip"])
def test_writer_that_is_never_closed_leaves_nothing(tmp_path, compression):
    writer = Writer(tmp_path / "a", compression=compression)
    writer.write(b"abc")
    writer.flush()
    del writer
    gc.collect()
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt])
@pytest.mark.parametrize("compression", [None, "gzip"])
def test_exception_in_the_block_leaves_nothing(tmp_path, error, compression):
    def interrupted():
        with Writer(tmp_path / "a", compression=compression) as writer:
            writer.write(bytes(2_000_000))
            raise error("stop")

    with pytest.raises(error, match="stop"):
        interrupted()
    assert os.listdir(tmp_path) == []


def test_exception_in_the_block_leaves_the_file_that_was_there_and_its_index(tmp_path):
    with Writer(tmp_path / "a") as writer:
        writer.write(b"old")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def interrupted():
        with Writer(tmp_path / "a") as writer:
            writer.write(b"new")
            raise KeyError

    with pytest.raises(KeyError):
        interrupted()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_rewritten_file_replaces_the_old_one_and_its_index(tmp_path):
    for records in ([b"old", b"older"], [b"new"]):
        with Writer(tmp_path / "a") as writer:
            for record in records:
                writer.write(record)
    with Reader(tmp_path / "a") as reader:
        assert len(reader) == 1
        assert reader[0] == b"new"
    assert index.path_of(tmp_path / "a").read_text() == "0 19\n"


def test_view_of_a_file_survives_its_rewriting(tmp_path):
    with Writer(tmp_path / "a") as writer:
        writer.write(b"old" * 5000)
    reader = Reader(tmp_path / "a")
    with Writer(tmp_path / "a") as writer:
        writer.write(b"new")
    assert reader[0] == b"old" * 5000


@pytest.mark.parametrize("size", [100, 500_000])
@pytest.mark.parametrize("operation", ["write", "flush", "close"])
def test_full_disk_is_reported_and_leaves_the_old_file_only(tmp_path, size, operation):
    (tmp_path / "a").write_bytes(b"old")
    writer = Writer(tmp_path / "a")
    writer._sink = small_files.Full(writer._file, left=10 if operation != "write" else 600_000)
    with pytest.raises(OSError, match="No space left"):
        for _ in range(20_000 if operation == "write" else 1):
            writer.write(bytes(size))
        getattr(writer, operation)()
    assert os.listdir(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"
    with pytest.raises(ValueError, match="closed"):
        writer.write(b"more")
    writer.close()
    assert os.listdir(tmp_path) == ["a"]


def test_full_disk_amid_many_records_leaves_the_old_file_only(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    writer = Writer(tmp_path / "a")
    writer._sink = small_files.Full(writer._file, left=3_000_000)
    with pytest.raises(OSError, match="No space left"):
        writer.write_many(bytes(500_000), [0] * 10, [500_000] * 10)
    assert os.listdir(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"
    with pytest.raises(ValueError, match="closed"):
        writer.write_many(b"more", [0], [4])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="limits of a process are a thing of POSIX")
@pytest.mark.parametrize("options", ["", ", compression='zlib'"])
def test_real_write_error_of_the_system_leaves_nothing(tmp_path, options):
    import subprocess
    import sys

    program = f"""
import os
from filmroll.records import Writer
try:
    with Writer({str(tmp_path / "a")!r}{options}) as writer:
        for _ in range(50):
            writer.write(os.urandom(100_000))
except OSError as exc:
    print(exc.strerror)
"""
    code = small_files.at_most(1_000_000) + program
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "too large" in done.stdout
    assert os.listdir(tmp_path) == []


def test_failed_rename_leaves_nothing_new(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError("no")

    monkeypatch.setattr(os, "replace", refuse)
    writer = Writer(tmp_path / "a")
    writer.write(b"abc")
    with pytest.raises(PermissionError):
        writer.close()
    assert os.listdir(tmp_path) == []
    writer.close()


def test_missing_folder_is_reported_when_the_writer_is_made(tmp_path):
    with pytest.raises(FileNotFoundError, match="none"):
        Writer(tmp_path / "none" / "a")


@pytest.mark.skipif(os.name != "posix", reason="permissions are a thing of POSIX")
def test_file_has_the_usual_permissions(tmp_path):
    umask = os.umask(0o022)
    try:
        with Writer(tmp_path / "a"):
            pass
    finally:
        os.umask(umask)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o644


def test_pattern_for_shards_does_not_meet_unfinished_ones(tmp_path):
    with Writer(tmp_path / "train-00000-of-00001"):
        assert list(tmp_path.glob("train-*")) == []
