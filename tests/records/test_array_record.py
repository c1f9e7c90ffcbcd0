"""ArrayRecord files: those of others, those for others, at random, and whatever is wrong with them."""

import os
import random
import sys
import threading
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import peers
from filmroll.errors import ChecksumError, Error, FormatError, MissingDependencyError, TruncatedError, UnsupportedError
from filmroll.records import array_record

RECORDS = [b"foo", b"", b"bar", os.urandom(100_000)]
needs_peer = peers.needs_array_record


def module():
    return peers.load("array_record.python.array_record_module")


def write(path, records, **options):
    with array_record.Writer(path, **options) as writer:
        for record in records:
            writer.write(record)
    return path


def read(path):
    return [bytes(record) for record in iter(array_record.Reader(path))]


@pytest.fixture
def path(tmp_path):
    return write(tmp_path / "a.array_record", RECORDS)


@needs_peer
def test_real_files_give_the_digits_in_order(data):
    for shard, digits in enumerate(("01234", "56789")):
        with array_record.Reader(data / "array_record" / f"digits.array_record-0000{shard}-of-00002") as reader:
            assert [bytes(record).decode() for record in iter(reader)] == list(digits)
            assert (len(reader), reader.compression, reader.key(0)) == (5, None, None)
            assert [bytes(record).decode() for record in reader.read([3, 0, -1])] == [digits[n] for n in (3, 0, 4)]


@needs_peer
@pytest.mark.parametrize(
    "options", ["group_size:1", "group_size:3", "group_size:1,uncompressed", "group_size:1,zstd:3"]
)
def test_what_array_record_writes_is_read(tmp_path, options):
    writer = module().ArrayRecordWriter(str(tmp_path / "a"), options)
    records = [*RECORDS, *(b"%d" % n for n in range(200))]
    for record in records:
        writer.write(record)
    writer.close()
    assert read(tmp_path / "a") == records
    assert [bytes(record) for record in array_record.Reader(tmp_path / "a").read([203, 3, 0])] == [
        b"199",
        RECORDS[3],
        b"foo",
    ]


@needs_peer
@pytest.mark.parametrize("level", [None, 1, 22])
def test_what_is_written_is_read_by_array_record_and_grain(tmp_path, level):
    path = write(tmp_path / "a.array_record", RECORDS, level=level)
    reader = module().ArrayRecordReader(str(path))
    assert reader.read_all() == RECORDS
    assert "group_size:1," in reader.writer_options_string()
    reader.close()
    source = peers.load("grain.python").ArrayRecordDataSource(str(path))
    assert len(source) == 4
    assert [source[number] for number in (3, 0, 1)] == [RECORDS[3], b"foo", b""]


@needs_peer
@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.binary(max_size=200), max_size=3), max_size=150))
def test_any_records_come_back(tmp_path_factory, records):
    path = write(tmp_path_factory.mktemp("any") / "a", records)
    joined = [b"".join(record) for record in records]
    assert read(path) == joined
    backwards = list(range(len(joined)))[::-1]
    assert [bytes(record) for record in array_record.Reader(path).read(backwards)] == joined[::-1]


@needs_peer
@pytest.mark.parametrize(
    "record", [b"abc", bytearray(b"abc"), memoryview(b"abc"), [b"a", bytearray(b"b"), memoryview(b"c")]]
)
def test_record_is_any_buffer_or_several(tmp_path, record):
    assert read(write(tmp_path / "a", [record])) == [b"abc"]


@needs_peer
@pytest.mark.parametrize("record", ["text", 5, None, ["text"], [b"x", 5], [array("i", [1])]])
def test_record_of_another_type_is_refused_and_nothing_of_it_written(tmp_path, record):
    with array_record.Writer(tmp_path / "a") as writer:
        writer.write(b"before", key="ignored")
        with pytest.raises(TypeError):
            writer.write(record)
        writer.write(b"after")
        assert (writer.count, writer.nbytes) == (2, 11)
    assert read(tmp_path / "a") == [b"before", b"after"]


@needs_peer
@pytest.mark.parametrize("number", [4, -5])
def test_number_out_of_range_is_an_index_error_with_the_count(path, number):
    with array_record.Reader(path) as reader:
        for use in (reader.__getitem__, reader.key, lambda one: reader.read([0, one])):
            with pytest.raises(IndexError, match=f"record {number} is out of range, there are 4"):
                use(number)
        assert reader.read([]) == []


@needs_peer
def test_threads_may_read_at_once(tmp_path):
    path = write(tmp_path / "a", [b"%d" % number for number in range(500)])
    reader = array_record.Reader(path)
    found = []

    def work(step):
        found.extend(int(reader[n * step % 500]) == n * step % 500 for n in range(200))

    threads = [threading.Thread(target=work, args=(step,)) for step in (1, 7, 123, 251)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 800


@needs_peer
def test_records_outlive_the_reader_and_a_closed_one_says_so(path):
    reader = array_record.Reader(path)
    with reader:
        record = reader[0]
    reader.close()
    assert (record, record.readonly) == (b"foo", True)
    for use in (lambda: reader[0], lambda: iter(reader), lambda: reader.read([0]), reader.__enter__):
        with pytest.raises(ValueError, match="the reader is closed"):
            use()


@needs_peer
def test_file_without_records_has_none(tmp_path):
    with array_record.Reader(write(tmp_path / "a", [])) as reader:
        assert (len(reader), list(reader)) == (0, [])


@needs_peer
@pytest.mark.parametrize("cut", [0, 10, 63, 64, 1000, 65535, 65536, 65537, 131072, 196607])
def test_file_cut_anywhere_is_truncated(path, tmp_path, cut):
    whole = path.read_bytes()
    assert cut < len(whole)
    (tmp_path / "cut").write_bytes(whole[:cut])
    with pytest.raises(TruncatedError, match=f"{cut} bytes") as caught:
        array_record.Reader(tmp_path / "cut")
    assert caught.value.path == str(tmp_path / "cut")


@needs_peer
def test_damaged_record_is_a_checksum_error_with_its_number_after_those_before_it(path):
    damaged = bytearray(path.read_bytes())
    damaged[damaged.index(b"bar")] ^= 1
    path.write_bytes(bytes(damaged))
    with array_record.Reader(path) as reader:
        records = iter(reader)
        assert [bytes(next(records)) for _ in range(2)] == RECORDS[:2]
        with pytest.raises(ChecksumError, match="record 2: the ArrayRecord data is damaged: .*hash mismatch") as caught:
            next(records)
        assert (caught.value.path, caught.value.record) == (str(path), 2)
        with pytest.raises(ChecksumError, match="record 2"):
            reader.read([3, 2])
        assert bytes(reader[3]) == RECORDS[3]


@needs_peer
def test_level_is_that_of_the_compression(tmp_path):
    chosen = random.Random(1).choices([b"%d" % number**5 for number in range(500)], k=20_000)
    words = b" ".join(chosen)
    used = []
    for level in (None, 1, 19):
        path = write(tmp_path / f"{level}", [words], level=level)
        used.append(len(path.read_bytes()) - path.read_bytes().count(0))
        assert read(path) == [words]
    assert used[0] > 2 * used[1] > 2.1 * used[2]


@needs_peer
@pytest.mark.parametrize("after", [0, 39, 60, 120])
def test_damaged_footer_is_a_checksum_error(tmp_path, after):
    path = write(tmp_path / "a", [b"foo", b"x" * 100])
    damaged = bytearray(path.read_bytes())
    damaged[damaged.rindex(b"x" * 100) + 100 + after] ^= 1  # the footer is a chunk behind the last record
    path.write_bytes(damaged)
    with pytest.raises(ChecksumError, match="the ArrayRecord data is damaged: .*hash mismatch") as caught:
        array_record.Reader(path)
    assert (caught.value.path, caught.value.record) == (str(path), None)


@needs_peer
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_damage_gives_records_or_an_error_of_filmroll(tmp_path_factory, data):
    path = write(tmp_path_factory.mktemp("damaged") / "a", [b"foo", b"bar"])
    damaged = bytearray(path.read_bytes())
    used = [position for position, byte in enumerate(damaged) if byte]
    damaged[data.draw(st.sampled_from(used))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(bytes(damaged))
    try:
        assert len(read(path)) <= 2
    except Error as error:
        assert error.path == str(path)  # noqa: PT017


def test_other_file_or_none_is_an_error(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 70_000)
    with pytest.raises(FormatError, match="no ArrayRecord: the first bytes are 7878787878787878, not 83af70d10d884a3f"):
        array_record.Reader(tmp_path / "a")
    (tmp_path / "short").write_bytes(b"xyz")
    with pytest.raises(FormatError, match="no ArrayRecord: the first bytes are 78797a, not 83af70d10d884a3f"):
        array_record.Reader(tmp_path / "short")
    with pytest.raises(FileNotFoundError):
        array_record.Reader(tmp_path / "absent")
    with pytest.raises(IsADirectoryError, match="name one file in it"):
        array_record.Reader(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(UnsupportedError, match="no pipes or devices"):
            array_record.Reader(tmp_path / "pipe")


def test_array_record_is_known_by_its_first_bytes(data):
    head = (data / "array_record" / "digits.array_record-00000-of-00002").read_bytes()[:4096]
    assert array_record.recognise(head)
    assert not array_record.recognise(head[:63])
    assert not array_record.recognise(b"")


@needs_peer
@pytest.mark.parametrize("level", [0, 23, -1])
def test_level_that_zstd_has_not_is_refused(tmp_path, level):
    with pytest.raises(UnsupportedError, match="use 1 .* to 22"):
        array_record.Writer(tmp_path / "a", level=level)
    assert not os.listdir(tmp_path)


@needs_peer
def test_nothing_appears_before_the_end_or_after_an_error(tmp_path):
    (tmp_path / "a").write_bytes(b"before")
    with pytest.raises(KeyError), array_record.Writer(tmp_path / "a") as writer:
        writer.write(b"x")
        assert (tmp_path / "a").read_bytes() == b"before"
        raise KeyError
    assert os.listdir(tmp_path) == ["a"]
    with pytest.raises(FileNotFoundError):
        array_record.Writer(tmp_path / "absent" / "a")


@needs_peer
def test_disk_that_is_full_is_an_os_error_and_leaves_nothing(tmp_path, monkeypatch):
    class Full:
        def write(self, data):
            raise RuntimeError("write() failed: No space left on device")

        def close(self):
            raise RuntimeError("write() failed: No space left on device")

    for use in (lambda writer: writer.write(b"x"), lambda writer: writer.close()):
        writer = array_record.Writer(tmp_path / "a")
        writer._file.close()
        monkeypatch.setattr(writer, "_file", Full())
        with pytest.raises(OSError, match="No space left"):
            use(writer)
        with pytest.raises(ValueError, match="the writer is closed"):
            writer.write(b"x")
    assert not os.listdir(tmp_path)


@needs_peer
def test_closing_twice_is_fine(tmp_path):
    writer = array_record.Writer(tmp_path / "a")
    writer.close()
    writer.close()
    with pytest.raises(ValueError, match="the writer is closed"):
        writer.__enter__()


def test_without_the_package_the_error_says_what_to_install(tmp_path, data, monkeypatch):
    monkeypatch.setitem(sys.modules, "array_record.python", None)
    monkeypatch.delitem(sys.modules, "array_record.python.array_record_module", raising=False)
    sentence = r"for Linux and macOS: pip install 'filmroll\[array-record\]'"
    with pytest.raises(MissingDependencyError, match=sentence):
        array_record.Writer(tmp_path / "a")
    with pytest.raises(MissingDependencyError, match=sentence):
        array_record.Reader(data / "array_record" / "digits.array_record-00000-of-00002")
    assert not os.listdir(tmp_path)
