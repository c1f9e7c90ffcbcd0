"""Compressed files that are cut, damaged or would fill the memory: errors that say where, and what came before."""

import gzip
import zlib
from contextlib import closing

import pytest

import reference
from filmroll.errors import ChecksumError, FormatError, LimitError, TruncatedError
from filmroll.records import Reader, compression
from records.compressed_files import COMPRESS, KINDS, PLAIN, RECORDS, records, written


def test_damaged_plain_file_that_begins_like_zlib_is_not_taken_for_zlib(tmp_path):
    path = written(tmp_path, b"\x78\x9c" + PLAIN)
    with pytest.raises(ChecksumError, match="length checksum"):
        records(path)


def test_other_bytes_after_a_gzip_file_are_refused(tmp_path):
    with pytest.raises(FormatError, match="gzip data is damaged"):
        records(written(tmp_path, gzip.compress(PLAIN) + b"garbage"))


@pytest.mark.parametrize("kind", KINDS)
def test_stream_cut_anywhere_is_an_error_and_whole_records_come_before_it(tmp_path, kind):
    whole = COMPRESS[kind](PLAIN)
    for end in range(3, len(whole)):
        path = written(tmp_path, whole[:end])
        found = []
        with Reader(path, compression=kind) as reader, pytest.raises(TruncatedError) as caught:
            found.extend(bytes(record) for record in reader)
        assert found == RECORDS[: len(found)]
        assert caught.value.record == len(found)
        assert caught.value.path == str(path)
        with pytest.raises(TruncatedError):
            len(Reader(path, compression=kind))


@pytest.mark.parametrize("kind", KINDS)
def test_stream_that_ends_between_records_but_not_itself_is_cut_short(tmp_path, kind):
    deflate = zlib.compressobj(6, zlib.DEFLATED, compression.WINDOW_BITS[kind])
    unfinished = deflate.compress(PLAIN) + deflate.flush(zlib.Z_SYNC_FLUSH)
    path = written(tmp_path, unfinished)
    with pytest.raises(TruncatedError, match="cut short") as caught:
        records(path)
    assert (caught.value.record, caught.value.offset) == (len(RECORDS), len(PLAIN))


@pytest.mark.parametrize("kind", KINDS)
def test_records_cut_before_they_were_compressed_are_truncated(tmp_path, kind):
    path = written(tmp_path, COMPRESS[kind](PLAIN[:-1]))
    for use in (records, lambda path: len(Reader(path))):
        with pytest.raises(TruncatedError, match="truncated record") as caught:
            use(path)
        assert (caught.value.record, caught.value.offset) == (3, PLAIN.index(reference.frame(RECORDS[3])))


@pytest.mark.parametrize("kind", KINDS)
def test_stream_with_a_wrong_checksum_of_its_own_is_a_checksum_error(tmp_path, kind):
    damaged = bytearray(COMPRESS[kind](PLAIN))
    damaged[-8 if kind == "gzip" else -1] ^= 1
    with pytest.raises(ChecksumError, match="incorrect data check"):
        records(written(tmp_path, bytes(damaged)))


@pytest.mark.parametrize("kind", KINDS)
def test_every_changed_byte_of_a_stream_is_noticed_or_harmless(tmp_path, kind):
    whole = COMPRESS[kind](PLAIN)
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 0x55
        path = written(tmp_path, bytes(damaged))
        try:
            found = records(path, compression=kind)
        except (FormatError, LimitError):
            continue
        assert found == RECORDS  # a byte of gzip's header that says nothing, such as the time


@pytest.mark.parametrize("kind", KINDS)
def test_damage_inside_a_compressed_file_has_record_and_offset(tmp_path, kind):
    damaged = bytearray(PLAIN)
    damaged[19 + 3] ^= 1
    with pytest.raises(ChecksumError, match="length checksum") as caught:
        records(written(tmp_path, COMPRESS[kind](bytes(damaged))))
    assert (caught.value.record, caught.value.offset) == (1, 19)
    damaged = bytearray(PLAIN)
    damaged[19 + 16 + 12] ^= 1
    path = written(tmp_path, COMPRESS[kind](bytes(damaged)))
    with pytest.raises(ChecksumError, match="data checksum") as caught:
        records(path)
    assert (caught.value.record, caught.value.offset) == (2, 35)
    assert records(path, verify=False)[3] == RECORDS[3]


def test_small_file_that_decompresses_to_much_takes_no_memory_it_does_not_need(tmp_path):
    import tracemalloc

    length = (2**28).to_bytes(8, "little")
    header = length + reference.masked_crc32c(length).to_bytes(4, "little")
    path = written(tmp_path, gzip.compress(header + bytes(1000)))
    tracemalloc.start()
    with pytest.raises(TruncatedError, match="it needs 268435472"):
        records(path)
    assert tracemalloc.get_traced_memory()[1] < 2**23
    tracemalloc.stop()


def test_record_that_would_fill_the_memory_is_refused_unless_the_caller_allows_it(tmp_path):
    length = (2**30).to_bytes(8, "little")
    header = length + reference.masked_crc32c(length).to_bytes(4, "little")
    path = written(tmp_path, gzip.compress(header + bytes(1000)))
    with pytest.raises(LimitError, match="1073741824 bytes, the limit is 536870912"):
        records(path)
    with pytest.raises(TruncatedError):
        records(path, max_record_nbytes=2**31 - 1)


def test_limit_holds_in_compressed_files(tmp_path):
    path = written(tmp_path, gzip.compress(PLAIN))
    with pytest.raises(LimitError, match="3000 bytes, the limit is 2999") as caught:
        records(path, max_record_nbytes=2999)
    assert (caught.value.record, caught.value.offset) == (2, 35)


def test_all_that_a_cut_file_holds_comes_before_the_error(tmp_path):
    (tmp_path / "a").write_bytes(gzip.compress(bytes(5 << 20))[:-8])
    stream = compression.Stream(tmp_path / "a", "gzip")
    with closing(stream), pytest.raises(TruncatedError, match="cut short after"):
        while stream.read(1 << 19):
            pass
    assert stream.position == 5 << 20
