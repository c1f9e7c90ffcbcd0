"""Writing TFRecord files: whole or not at all."""

import errno
import gc
import os
import stat

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reference
import small_files
from filmroll.errors import LimitError
from filmroll.records import Reader, Writer, index, tfrecord_writer


def test_abc_and_defg_make_a_file_of_39_bytes(tmp_path):
    with Writer(tmp_path / "a") as writer:
        writer.write(b"abc")
        writer.write(b"defg")
        assert (writer.records, writer.nbytes) == (2, 39)
    assert (tmp_path / "a").stat().st_size == 39
    assert (writer.records, writer.nbytes) == (2, 39)
    with Reader(tmp_path / "a") as reader:
        assert (len(reader), int(reader.sizes.sum())) == (2, 7)


def test_index_has_offset_and_size_with_framing(tmp_path):
    with Writer(tmp_path / "a") as writer:
        writer.write(b"abc")
        writer.write(b"defg")
    assert index.path_of(tmp_path / "a").read_text() == "0 19\n19 20\n"
    with Writer(tmp_path / "empty"):
        pass
    assert (tmp_path / "empty").read_bytes() == index.path_of(tmp_path / "empty").read_bytes() == b""


def test_no_index_is_written_if_not_wanted_and_an_earlier_one_goes(tmp_path):
    for _ in range(2):
        with Writer(tmp_path / "a"):
            pass
    with Writer(tmp_path / "a", index=False) as writer:
        writer.write(b"abc")
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize(
    "record",
    [
        b"abcdef",
        bytearray(b"abcdef"),
        memoryview(b"abcdef"),
        memoryview(np.frombuffer(b"abcdef", "<u2")),
        [b"abc", bytearray(b"de"), memoryview(b"f")],
        (b"", b"abcdef", b""),
        [memoryview(b"xabcdefx")[1:-1]],
    ],
)
def test_record_is_any_buffer_or_several(tmp_path, record):
    with Writer(tmp_path / "a") as writer:
        writer.write(record)
    assert (tmp_path / "a").read_bytes() == reference.frame(b"abcdef")


def test_no_buffers_are_an_empty_record(tmp_path):
    with Writer(tmp_path / "a") as writer:
        writer.write([])
    assert (tmp_path / "a").read_bytes() == reference.frame(b"")


@pytest.mark.parametrize("record", ["text", 5, None, ["text"], [b"x", 5], np.arange(3, dtype=np.uint8), {"a": b"x"}])
def test_record_of_another_type_is_refused_and_nothing_of_it_written(tmp_path, record):
    with Writer(tmp_path / "a") as writer:
        writer.write(b"before")
        with pytest.raises(TypeError):
            writer.write(record)
        writer.write(b"after")
    assert (tmp_path / "a").read_bytes() == reference.frame(b"before") + reference.frame(b"after")


def test_record_longer_than_readers_take_is_refused(tmp_path):
    large = memoryview(bytes(2**20))
    with Writer(tmp_path / "a") as writer:
        with pytest.raises(LimitError, match="2147483647"):
            writer.write([large] * 2**11)
        writer.write(b"after")
    assert (tmp_path / "a").read_bytes() == reference.frame(b"after")


def test_buffer_that_changes_after_the_write_does_not_change_the_record(tmp_path):
    with Writer(tmp_path / "a") as writer:
        for size in (10, 100_000):
            buffer = bytearray(b"a" * size)
            writer.write(buffer)
            buffer[:] = b"b" * size
    assert [bytes(record) for record in Reader(tmp_path / "a")] == [b"a" * 10, b"a" * 100_000]


@given(st.lists(st.lists(st.binary(max_size=100), max_size=3), max_size=10), st.booleans())
def test_any_records_make_the_file_of_the_plain_reference(tmp_path_factory, records, large):
    path = tmp_path_factory.mktemp("any") / "a"
    if large:
        records = [*records, [bytes(70_000), b"x" * 1_100_000], [b"y"]]
    with Writer(path) as writer:
        for record in records:
            writer.write(record)
    joined = [b"".join(record) for record in records]
    assert [bytes(record) for record in Reader(path)] == joined
    with Reader(path) as reader:
        assert reader.read(range(len(joined))) == joined
    if not large:  # the reference is very slow
        assert reference.read_records(path.read_bytes()) == joined


def laid_out(records, *, order):
    """Put records into one buffer, in another order and with gaps, and say where each of them is."""
    buffer = bytearray()
    starts = [0] * len(records)
    for number in order:
        buffer += b"gap"
        starts[number] = len(buffer)
        buffer += records[number]
    return bytes(buffer), starts, [len(record) for record in records]


@given(
    st.lists(st.binary(max_size=200) | st.sampled_from([bytes(127), bytes(70_000)]), max_size=12),
    st.sampled_from([1, 300, 1 << 20]),
    st.randoms(use_true_random=False),
)
def test_many_records_make_the_file_of_the_same_one_by_one(tmp_path_factory, records, chunk_nbytes, random):
    folder = tmp_path_factory.mktemp("many")
    order = random.sample(range(len(records)), len(records))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tfrecord_writer, "CHUNK_NBYTES", chunk_nbytes)
        with Writer(folder / "one") as one, Writer(folder / "many") as many:
            for writer in (one, many):
                writer.write(b"before")
            for record in records:
                one.write(record)
            many.write_many(*laid_out(records, order=order))
            assert (many.records, many.nbytes) == (one.records, one.nbytes)
            for writer in (one, many):
                writer.write(b"after")
    for suffix in ("", ".idx"):
        assert (folder / f"many{suffix}").read_bytes() == (folder / f"one{suffix}").read_bytes()
    assert [bytes(record) for record in Reader(folder / "many")] == [b"before", *records, b"after"]


def test_many_small_records_are_written_a_chunk_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(tfrecord_writer, "CHUNK_NBYTES", 10 * 116)
    with Writer(tmp_path / "a") as writer:
        writer._sink = Full(writer._file, left=10_000)
        sizes = []
        monkeypatch.setattr(writer._sink, "write", lambda data: sizes.append(len(data)))
        writer.write_many(bytes(100), [0] * 25, [100] * 25)
    assert [size for size in sizes if size] == [1160, 1160, 580]


def test_many_records_lie_in_any_buffer(tmp_path):
    array = np.arange(6, dtype="<u2")
    plain = array.tobytes()
    for buffer in (plain, bytearray(plain), memoryview(plain), memoryview(array)):
        with Writer(tmp_path / "a") as writer:
            writer.write_many(buffer, np.array([4, 0, 12], np.uint8), [4, 12, 0])
        assert (tmp_path / "a").read_bytes() == b"".join(map(reference.frame, (plain[4:8], plain, b"")))


@pytest.mark.parametrize("compression", ["gzip", "zlib"])
def test_many_records_are_compressed_as_the_same_one_by_one(tmp_path, compression):
    records = [b"%d" % number * number for number in range(300)]
    with Writer(tmp_path / "a", compression=compression) as writer:
        writer.write(b"before")
        writer.write_many(*laid_out(records, order=range(300)))
        writer.write(b"after")
    assert [bytes(record) for record in Reader(tmp_path / "a")] == [b"before", *records, b"after"]
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize(
    ("many", "error"),
    [
        (("text", [0], [1]), TypeError),
        ((None, [0], [1]), TypeError),
        ((b"abc", [0.0], [1]), TypeError),
        ((b"abc", [0], ["1"]), TypeError),
        ((b"abc", [0, 1], [1]), ValueError),
        ((b"abc", [[0]], [[1]]), ValueError),
        ((b"abc", 0, 1), ValueError),
        ((b"abc", [0, -1], [1, 1]), ValueError),
        ((b"abc", [0, 0], [1, -1]), ValueError),
        ((b"abc", [0, 1], [1, 3]), ValueError),
        ((b"abc", [0, 4], [1, 0]), ValueError),
        ((b"abc", [0, 2**63 - 1], [1, 2]), ValueError),
        ((memoryview(b"abcdef")[::2], [0], [1]), TypeError),
    ],
)
def test_many_records_that_are_nowhere_are_refused_and_none_is_written(tmp_path, many, error):
    with Writer(tmp_path / "a") as writer:
        writer.write(b"before")
        with pytest.raises(error):
            writer.write_many(*many)
        writer.write(b"after")
    assert (tmp_path / "a").read_bytes() == reference.frame(b"before") + reference.frame(b"after")


def test_one_of_many_records_longer_than_readers_take_is_refused_and_none_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(tfrecord_writer, "MAX_RECORD_NBYTES", 1000)
    with Writer(tmp_path / "a") as writer:
        writer.write(b"before")
        with pytest.raises(LimitError, match="at most 1000 bytes") as caught:
            writer.write_many(bytes(2000), [0, 0, 0], [5, 1000, 1001])
        writer.write(b"after")
    assert caught.value.record == 3
    assert (tmp_path / "a").read_bytes() == reference.frame(b"before") + reference.frame(b"after")


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


class Full:
    """A file on a disk that is full after some bytes."""

    def __init__(self, file, left):
        self.file = file
        self.left = left

    def write(self, data):
        self.left -= len(data)
        if self.left < 0:
            self.file.write(data[: len(data) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.file.write(data)

    def flush(self):
        self.file.flush()


@pytest.mark.parametrize("size", [100, 500_000])
@pytest.mark.parametrize("operation", ["write", "flush", "close"])
def test_full_disk_is_reported_and_leaves_the_old_file_only(tmp_path, size, operation):
    (tmp_path / "a").write_bytes(b"old")
    writer = Writer(tmp_path / "a")
    writer._sink = Full(writer._file, left=10 if operation != "write" else 600_000)
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
    writer._sink = Full(writer._file, left=3_000_000)
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
