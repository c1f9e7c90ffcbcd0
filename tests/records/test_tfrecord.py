"""Reading TFRecord files: in order and at random."""

import os
import threading
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

import realdata
from filmroll.errors import UnsupportedError
from filmroll.records import Reader
from records.small_file import FILE, OFFSETS, RECORDS, copied, write, written

REAL = realdata.params("records/**/*tfrecord*", "records/**/*.record", "records/**/*.gz", "blog/*.tfrecords")


@pytest.mark.parametrize("path", REAL)
def test_every_real_file_gives_the_records_that_tensorflow_reads(tf, path):
    with Reader(path) as reader:
        ours = copied(reader)
        kind = (reader.compression or "").upper()
        theirs = list(tf.data.TFRecordDataset(str(path), kind).as_numpy_iterator())
        assert ours == theirs
        assert len(reader) == len(theirs)
        some = range(0, len(theirs), max(1, len(theirs) // 50))
        assert reader.read(some) == [theirs[number] for number in some]


@pytest.mark.parametrize("kind", ["", "GZIP", "ZLIB"])
def test_what_tensorflow_writes_is_read(tf, tmp_path, kind):
    records = [*RECORDS, os.urandom(300_000)]
    with tf.io.TFRecordWriter(str(tmp_path / "theirs"), kind) as writer:
        for record in records:
            writer.write(record)
    with Reader(tmp_path / "theirs") as reader:
        assert copied(reader) == records
        assert reader.compression == (kind.lower() or None)
        assert [bytes(reader[number]) for number in (-1, 0, 3)] == [records[-1], records[0], records[3]]


@pytest.mark.parametrize("kind", ["", "GZIP", "ZLIB"])
def test_what_is_written_is_read_by_tensorflow(tf, tmp_path, kind):
    records = [*RECORDS, os.urandom(300_000)]
    write(tmp_path / "ours", records, compression=kind)
    assert list(tf.data.TFRecordDataset(str(tmp_path / "ours"), kind).as_numpy_iterator()) == records


def test_plain_file_is_the_very_bytes_that_tensorflow_writes(tf, tmp_path):
    with tf.io.TFRecordWriter(str(tmp_path / "theirs")) as writer:
        for record in RECORDS:
            writer.write(record)
    write(tmp_path / "ours", RECORDS)
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes() == FILE


def test_records_come_back_and_the_end_stays_the_end(path):
    iterator = iter(Reader(path))
    assert copied(iterator) == RECORDS
    assert next(iterator, "end") == "end"
    assert next(iterator, "end") == "end"


def test_empty_file_has_no_records(tmp_path):
    with Reader(written(tmp_path, b"")) as reader:
        assert list(reader) == []
        assert len(reader) == 0
        assert reader.offsets.shape == reader.sizes.shape == (0,)
        with pytest.raises(IndexError):
            reader[0]
        with pytest.raises(IndexError, match="out of range"):
            reader.read_at(0)


def test_hundred_thousand_tiny_records_come_in_order(tmp_path):
    write(tmp_path / "many", (b"%d" % number for number in range(100_000)))
    with Reader(tmp_path / "many") as reader:
        assert [int(record) for record in reader] == list(range(100_000))
    with Reader(tmp_path / "many", index=False) as reader:
        assert len(reader) == 100_000
        assert int(bytes(reader[77_777])) == 77_777


def test_records_of_skewed_random_sizes_come_in_order(tmp_path):
    generator = np.random.default_rng(301)
    records = [generator.bytes(generator.integers(0, 1 << generator.integers(0, 18))) for _ in range(500)]
    write(tmp_path / "skewed", records)
    with Reader(tmp_path / "skewed") as reader:
        assert copied(reader) == records
        assert reader.sizes.tolist() == [len(record) for record in records]


def test_records_are_views_that_do_not_alias_each_other(path):
    with Reader(path) as reader:
        kept = list(reader)
        assert [bytes(record) for record in kept] == RECORDS
        assert all(isinstance(record, memoryview) and record.readonly for record in kept)
        assert kept[0].obj is reader[0].obj  # one map, no copies


def test_random_access_by_number(path):
    with Reader(path) as reader:
        assert len(reader) == 4
        for number in (3, 0, -1, -4, 2, np.int64(1)):
            assert reader[number] == RECORDS[number]
        assert reader.read([1, 3, 0, 1, -1]) == [RECORDS[number] for number in (1, 3, 0, 1, -1)]
        assert reader.read([]) == []


@pytest.mark.parametrize("number", [4, -5, 10**9])
def test_number_out_of_range_is_an_index_error_with_the_count(path, number):
    with Reader(path) as reader:
        with pytest.raises(IndexError, match=f"record {number} is out of range, there are 4"):
            reader[number]
        with pytest.raises(IndexError):
            reader.read([0, number])


@pytest.mark.parametrize("number", ["0", 1.0, None, slice(0, 2)])
def test_number_of_another_type_is_a_type_error(path, number):
    with Reader(path) as reader, pytest.raises(TypeError):
        reader[number]


def test_random_access_by_offset_gives_the_next_offset(path):
    with Reader(path) as reader:
        assert reader.read_at(38) == (b"", 54)
        assert reader.read_at(54) == (b"xxxx", 74)
        assert reader.read_at(0) == (b"foo", 19)
        assert reader.offsets.tolist() == OFFSETS


@pytest.mark.parametrize("offset", [74, 79, 10**12, -1])
def test_offset_at_or_past_the_end_is_an_index_error(path, offset):
    with Reader(path) as reader, pytest.raises(IndexError, match=f"offset {offset} is out of range"):
        reader.read_at(offset)


def test_close_is_harmless_twice_and_ends_every_use(path):
    reader = Reader(path)
    reader.close()
    reader.close()
    uses = (
        iter,
        len,
        lambda reader: reader[0],
        lambda reader: reader.read([0]),
        lambda reader: reader.read_at(0),
        lambda reader: reader.offsets,
        lambda reader: reader.sizes,
        lambda reader: reader.__enter__(),
    )
    for use in uses:
        with pytest.raises(ValueError, match="closed"):
            use(reader)


def test_records_stay_valid_after_close(path):
    with Reader(path) as reader:
        records = list(reader)
    assert copied(records) == RECORDS
    del reader
    assert copied(records) == RECORDS


def test_iterators_do_not_disturb_each_other(path):
    with Reader(path) as reader:
        first, second = iter(reader), iter(reader)
        assert next(first) == next(second) == b"foo"
        assert copied(first) == copied(second) == RECORDS[1:]
        assert copied(reader) == RECORDS


def test_threads_share_a_reader(path):
    results = []
    with Reader(path) as reader:
        threads = [threading.Thread(target=lambda: results.append(copied(reader))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == [RECORDS] * 8


@pytest.mark.parametrize("kind", [str, Path, lambda path: path])
def test_path_may_be_text_or_path(path, kind):
    with Reader(kind(path)) as reader:
        assert reader.path == path
        assert len(reader) == 4


@pytest.mark.parametrize("wrong", [5, None, b"a.tfrecord", ["a.tfrecord"]])
def test_path_of_another_type_is_a_type_error(wrong):
    with pytest.raises(TypeError):
        Reader(wrong)


def test_missing_file_folder_and_pipe_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.tfrecord"):
        Reader(tmp_path / "none.tfrecord")
    with pytest.raises(IsADirectoryError, match=tmp_path.name):
        Reader(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(UnsupportedError, match="only regular files"):
            Reader(tmp_path / "pipe")


@pytest.mark.parametrize("kind", [None, "gzip", "zlib"])
def test_skipping_two_of_three_gives_the_third_and_past_the_end_says_how_many_there_are(tmp_path, kind):
    write(tmp_path / "a", [b"one", b"two", b"three"], compression=kind)
    with Reader(tmp_path / "a") as reader:
        assert reader[2] == b"three"
        assert copied(islice(reader, 2, None)) == [b"three"]
        assert copied(islice(reader, 5, None)) == []
        with pytest.raises(IndexError, match="record 5 is out of range, there are 3"):
            reader[5]


@pytest.mark.parametrize("kind", [None, "gzip", "zlib"])
def test_record_3_and_8_are_there_after_a_full_pass(tmp_path, kind):
    write(tmp_path / "a", [b"%d" % number for number in range(10)], compression=kind)
    with Reader(tmp_path / "a") as reader:
        assert len(copied(reader)) == 10
        assert [reader[number] for number in (3, 8, 3)] == [b"3", b"8", b"3"]
        assert reader.read_at(int(reader.offsets[8]))[0] == b"8"
