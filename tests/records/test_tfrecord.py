"""Reading TFRecord files: in order, at random, by an index, and whatever is wrong with them."""

import errno
import gzip
import os
import pickle
import threading
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

import realdata
import reference
from filmroll.errors import ChecksumError, Error, LimitError, ParseError, TruncatedError, UnsupportedError
from filmroll.records import Reader, Writer, index, tfrecord
from filmroll.records.compression import OUT_NBYTES, Stream

RECORDS = [b"foo", b"bar", b"", b"xxxx"]
FILE = b"".join(map(reference.frame, RECORDS))
OFFSETS = [0, 19, 38, 54]
REAL = realdata.params("records/**/*tfrecord*", "records/**/*.record", "records/**/*.gz", "blog/*.tfrecords")


@pytest.fixture
def path(tmp_path):
    return written(tmp_path, FILE)


def written(tmp_path, data):
    path = tmp_path / "a.tfrecord"
    path.write_bytes(data)
    return path


def write(path, records, **options):
    with Writer(path, **options) as writer:
        for record in records:
            writer.write(record)


def copied(reader):
    return [bytes(record) for record in reader]


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


def test_offset_inside_a_record_is_a_checksum_error(path):
    with Reader(path) as reader:
        for offset in (1, 5, 20):
            with pytest.raises(ChecksumError, match="length checksum.*no record begins here") as caught:
                reader.read_at(offset)
            assert caught.value.offset == offset


@pytest.mark.parametrize("with_index", [True, False])
@pytest.mark.parametrize("place", range(len(FILE)))
def test_every_changed_byte_is_found_in_its_record(tmp_path, place, with_index):
    damaged = bytearray(FILE)
    damaged[place] ^= 0x20
    path = written(tmp_path, bytes(damaged))
    if with_index:
        index.write(index.path_of(path), np.stack((OFFSETS, np.diff([*OFFSETS, len(FILE)])), axis=1))
    number = int(np.searchsorted(OFFSETS, place, side="right")) - 1
    reader = Reader(path)
    found = []
    with pytest.raises(ChecksumError) as caught:
        found.extend(bytes(record) for record in reader)
    assert found == RECORDS[:number]
    where = (caught.value.path, caught.value.record, caught.value.offset)
    assert where == (str(path), number, OFFSETS[number])
    kind = "length" if place - OFFSETS[number] < 12 else "data"
    assert caught.value.message.startswith(f"{kind} checksum 0x")
    if with_index or kind == "data":
        with pytest.raises(ChecksumError) as caught:
            reader[number]
        assert (caught.value.path, caught.value.record, caught.value.offset) == where


@pytest.mark.parametrize("end", [n for n in range(1, len(FILE)) if n not in OFFSETS])
def test_file_cut_anywhere_is_truncated_in_its_last_record(tmp_path, end):
    path = written(tmp_path, FILE[:end])
    number = int(np.searchsorted(OFFSETS, end, side="right")) - 1
    with Reader(path) as reader:
        for use in (list, len, lambda reader: reader[0]):
            with pytest.raises(TruncatedError, match=f"{end - OFFSETS[number]} bytes are left") as caught:
                use(reader)
            assert (caught.value.path, caught.value.record, caught.value.offset) == (str(path), number, OFFSETS[number])
        iterator = iter(reader)
        assert [bytes(next(iterator)) for _ in range(number)] == RECORDS[:number]


@pytest.mark.parametrize("end", OFFSETS)
def test_file_cut_between_records_is_a_shorter_file(tmp_path, end):
    assert copied(Reader(written(tmp_path, FILE[:end]))) == RECORDS[: OFFSETS.index(end)]


def test_error_is_the_same_on_a_retry_and_what_comes_before_still_reads(tmp_path):
    with Reader(written(tmp_path, FILE[:-1])) as reader:
        messages = []
        for _ in range(2):
            with pytest.raises(TruncatedError) as caught:
                reader.read_at(54)
            messages.append(str(caught.value))
        assert messages[0] == messages[1]
        assert reader.read_at(19) == (b"bar", 38)


def test_error_names_file_record_offset_and_what_to_do(tmp_path):
    damaged = bytearray(FILE)
    damaged[19 + 12] ^= 1
    path = written(tmp_path, bytes(damaged))
    with pytest.raises(ChecksumError) as caught:
        list(Reader(path))
    stored, computed = reference.masked_crc32c(b"bar"), reference.masked_crc32c(b"car")
    assert str(caught.value) == (
        f"{path}: record 1 at offset 19: data checksum {stored:#010x}, computed {computed:#010x}; "
        "run 'filmroll repair' to keep the records around it"
    )
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_unverified_reading_passes_over_damaged_data_only(tmp_path):
    damaged = bytearray(FILE)
    damaged[12] ^= 1
    with Reader(written(tmp_path, bytes(damaged)), verify=False) as reader:
        assert copied(reader) == [b"goo", *RECORDS[1:]]
        assert reader[0] == b"goo"
    damaged[19] ^= 1
    with Reader(written(tmp_path, bytes(damaged)), verify=False) as reader, pytest.raises(ChecksumError):
        list(reader)


@pytest.mark.parametrize("length", [2**31, 2**40, 2**64 - 1])
def test_huge_length_is_refused_without_allocating(tmp_path, length):
    data = length.to_bytes(8, "little")
    header = data + reference.masked_crc32c(data).to_bytes(4, "little")
    with Reader(written(tmp_path, FILE + header + bytes(100))) as reader:
        for use in (list, len):
            with pytest.raises(LimitError, match="record size too large") as caught:
                use(reader)
            assert (caught.value.record, caught.value.offset) == (4, 74)


def test_limit_of_the_caller_holds(path):
    with Reader(path, max_record_nbytes=3) as reader:
        for use in (list, len):
            with pytest.raises(LimitError, match="4 bytes, the limit is 3") as caught:
                use(reader)
            assert (caught.value.record, caught.value.offset) == (3, 54)


def test_damage_late_in_a_large_file_is_found_in_its_record(tmp_path):
    frames = [reference.frame(b"%06d" % number) for number in range(5000)]
    damaged = bytearray(b"".join(frames))
    damaged[22 * 4321 + 13] ^= 1
    path = written(tmp_path, bytes(damaged))
    with pytest.raises(ChecksumError, match="data checksum") as caught:
        list(Reader(path))
    assert (caught.value.record, caught.value.offset) == (4321, 22 * 4321)
    damaged[22 * 2500] ^= 1
    path.write_bytes(damaged)
    for use in (list, len):
        with pytest.raises(ChecksumError, match="length checksum") as caught:
            use(Reader(path))
        assert (caught.value.record, caught.value.offset) == (2500, 22 * 2500)


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


def test_new_reader_sees_what_was_appended(path):
    old = Reader(path)
    with open(path, "ab") as file:
        file.write(reference.frame(b"new")[:-1])
    with pytest.raises(TruncatedError) as caught:
        list(Reader(path))
    assert (caught.value.record, caught.value.offset) == (4, 74)
    with open(path, "ab") as file:
        file.write(reference.frame(b"new")[-1:])
    assert copied(Reader(path)) == [*RECORDS, b"new"]
    assert copied(old) == RECORDS


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


def test_index_beside_the_file_is_used(tmp_path):
    write(tmp_path / "a", RECORDS)
    damaged = bytearray((tmp_path / "a").read_bytes())
    damaged[19] ^= 1  # a scan would stop here
    (tmp_path / "a").write_bytes(damaged)
    os.utime(index.path_of(tmp_path / "a"))
    with Reader(tmp_path / "a") as reader:
        assert len(reader) == 4
        assert reader[3] == b"xxxx"
    with Reader(tmp_path / "a", index=False) as reader, pytest.raises(ChecksumError):
        len(reader)


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(b"0 19\n19 19\n38 16\n", id="ends early"),
        pytest.param(b"19 19\n38 16\n54 20\n", id="begins late"),
        pytest.param(b"0 19\n38 16\n54 20\n", id="gap"),
        pytest.param(b"0 19\n19 19\n38 16\n54 21\n", id="ends late"),
        pytest.param(b"", id="empty"),
    ],
)
def test_index_beside_the_file_that_does_not_cover_it_is_passed_over(path, lines):
    index.path_of(path).write_bytes(lines)
    with Reader(path) as reader:
        assert reader.offsets.tolist() == OFFSETS


def test_index_older_than_the_file_is_passed_over(path):
    index.path_of(path).write_bytes(b"0 37\n37 37\n")
    os.utime(index.path_of(path), (1, 1))
    with Reader(path) as reader:
        assert reader.offsets.tolist() == OFFSETS


def test_malformed_index_beside_the_file_is_named_with_what_to_do(path):
    index.path_of(path).write_bytes(b"0 19\nnonsense\n")
    with Reader(path) as reader:
        assert copied(reader) == RECORDS  # no index is needed for this
        with pytest.raises(ParseError, match="line 2.*delete the index") as caught:
            len(reader)
        assert caught.value.path == str(index.path_of(path))


def test_index_that_lies_about_places_is_found_out_by_the_checksum(path):
    index.path_of(path).write_bytes(b"0 20\n20 18\n38 16\n54 20\n")
    with Reader(path) as reader, pytest.raises(ChecksumError, match="length checksum") as caught:
        reader[1]
    assert (caught.value.record, caught.value.offset) == (1, 20)


def test_index_with_every_second_line_removed_gives_exactly_those_records(tmp_path):
    records = [b"%d" % number for number in range(100)]
    write(tmp_path / "a", records)
    lines = index.path_of(tmp_path / "a").read_bytes().splitlines(keepends=True)
    (tmp_path / "half.idx").write_bytes(b"".join(lines[::2]))
    with Reader(tmp_path / "a", index=tmp_path / "half.idx") as reader:
        assert copied(reader) == records[::2]
        assert len(reader) == 50
        assert reader[-1] == b"98"
        assert copied(reader.read([3, 1])) == [b"6", b"2"]


def test_index_of_the_caller_must_exist_and_lie_inside_the_file(path):
    with Reader(path, index=path.with_name("none.idx")) as reader, pytest.raises(FileNotFoundError):
        len(reader)
    path.with_name("long.idx").write_bytes(b"0 75\n")
    with Reader(path, index=str(path.with_name("long.idx"))) as reader, pytest.raises(ParseError, match="only 74"):
        len(reader)


def test_no_bytes_whatever_raise_anything_but_our_errors(tmp_path):
    generator = np.random.default_rng(7)
    for number in range(300):
        data = generator.bytes(generator.integers(0, 200)) if number % 2 else bytearray(FILE)
        if isinstance(data, bytearray):
            for place in generator.integers(0, len(data), 3):
                data[place] = generator.integers(0, 256)
        path = written(tmp_path, bytes(data))
        for use in (list, len):
            try:
                use(Reader(path))
            except Error as exc:
                assert exc.path == str(path)  # noqa: PT017
                assert exc.offset is not None  # noqa: PT017


def append(path, data):
    with open(path, "ab") as file:
        file.write(data)


@pytest.mark.parametrize("missing", [1, 4, 10, 19])
def test_record_is_read_once_its_missing_bytes_have_arrived(tmp_path, missing):
    path = written(tmp_path, FILE[:-missing])
    with Reader(path) as reader:
        for _ in range(2):
            with pytest.raises(TruncatedError) as caught:
                reader.read_at(54)
            assert (caught.value.path, caught.value.offset) == (str(path), 54)
        append(path, FILE[-missing:])
        assert reader.read_at(54) == (b"xxxx", 74)
        assert copied(reader) == RECORDS


def test_growing_file_is_followed_by_offset_from_the_end_on(path):
    with Reader(path) as reader:
        first = list(reader)
        offset = 74
        for record in (b"more", b"", bytes(10_000)):
            with pytest.raises(IndexError, match=f"offset {offset} is out of range"):
                reader.read_at(offset)
            append(path, reference.frame(record))
            found, offset = reader.read_at(offset)
            assert found == record
        assert (len(reader), reader[5]) == (7, b"")
        assert reader.spans(np.arange(7)).lengths.tolist() == [3, 3, 0, 4, 4, 0, 10_000]
        assert copied(first) == RECORDS  # what was handed out stays what it was


def test_growing_gzip_file_is_followed_by_offset_member_after_member(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(FILE))
    with Reader(path) as reader:
        with pytest.raises(IndexError, match="offset 74 is out of range"):
            reader.read_at(74)
        append(path, gzip.compress(reference.frame(b"more")))
        assert reader.read_at(74) == (b"more", 94)


def test_writer_is_followed_by_what_it_has_flushed(tmp_path):
    with Writer(tmp_path / "new") as writer:
        writer.write(b"one")
        writer.flush()
        with Reader(writer.temporary) as reader:
            assert reader.read_at(0) == (b"one", 19)
            writer.write(b"two")
            writer.flush()
            assert reader.read_at(19) == (b"two", 38)


@pytest.mark.parametrize("kind", ["gzip", "zlib"])
@pytest.mark.parametrize("before_window_ends", [0, 5, 12, 900])
def test_read_error_that_passes_leaves_the_place_and_the_retry_gives_the_record(
    tmp_path, monkeypatch, kind, before_window_ends
):
    """The record begins just before what was decompressed at once ends: its first bytes are used up when it fails."""
    offset = OUT_NBYTES - before_window_ends
    second = bytes(3 * OUT_NBYTES)
    write(tmp_path / "a", [bytes(offset - 16), second], compression=kind)

    def fail(stream):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with Reader(tmp_path / "a") as reader:
        assert reader.read_at(0)[1] == offset
        with monkeypatch.context() as patch:
            patch.setattr(Stream, "_fill", fail)
            with pytest.raises(OSError, match=os.strerror(errno.EIO)):
                reader.read_at(offset)
        assert reader.read_at(offset) == (second, offset + len(second) + 16)


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


def test_index_of_a_large_file_is_read_before_its_records_are_compared(tmp_path, monkeypatch):
    path = tmp_path / "a.tfrecord"
    with Writer(path) as writer:
        for number in range(100):
            writer.write(bytes([number]) * 40)
    monkeypatch.setattr(tfrecord, "LARGE_NBYTES", 1)
    monkeypatch.setattr(tfrecord.MappedFile, "scan_equal", lambda file: pytest.fail("the records were compared"))
    with Reader(path) as reader:
        assert [record[0] for record in reader.read(range(99, -1, -1))] == list(range(99, -1, -1))
    index.path_of(path).unlink()
    monkeypatch.undo()
    monkeypatch.setattr(tfrecord, "LARGE_NBYTES", 1)
    with Reader(path) as reader:
        assert len(reader) == 100


def test_index_with_a_gap_is_not_believed(tmp_path, monkeypatch):
    monkeypatch.setattr(tfrecord, "CHUNK_RECORDS", 7)
    path = tmp_path / "a.tfrecord"
    with Writer(path) as writer:
        for number in range(50):
            writer.write(bytes(number))
    lines = index.path_of(path).read_text().splitlines()
    for gap in (0, 6, 7, 8, 49):
        index.path_of(path).write_text("\n".join(lines[:gap] + lines[gap + 1 :]))
        with Reader(path) as reader:
            assert len(reader) == 50
