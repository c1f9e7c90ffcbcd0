"""Writing TFRecord files: whole or not at all."""

import os
from importlib import import_module

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
        writer._sink = small_files.Full(writer._file, left=10_000)
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


@pytest.mark.parametrize("record", ["text", {"a": 1}, 5, None, ["text"], [1]], ids=repr)
@pytest.mark.parametrize("kind", ["tfrecord", "array_record"])
def test_record_that_is_no_bytes_is_an_error_that_says_what_makes_some(record, kind, tmp_path):
    name = type(record[0] if isinstance(record, list) else record).__name__
    module = import_module(f"filmroll.records.{kind}")
    with module.Writer(tmp_path / "a") as writer:
        with pytest.raises(TypeError) as caught:
            writer.write(record)
        writer.write(b"x")
    assert str(caught.value) == (
        f"a record is bytes or a list of bytes, not {name}; messages.example.serialize makes bytes of named features"
    )
    with module.Reader(tmp_path / "a") as reader:
        assert list(map(bytes, reader)) == [b"x"]
