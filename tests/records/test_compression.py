"""Compressed files: told by their bytes, read as they come, forward and back."""

import gzip
import os
import zlib

import numpy as np
import pytest

import reference
from filmroll.errors import ChecksumError, FormatError, UnsupportedError
from filmroll.records import Reader, Writer, compression
from records.compressed_files import COMPRESS, KINDS, PLAIN, RECORDS, records, written


@pytest.mark.parametrize("spelling", [None, "", "NONE", "none", "None"])
def test_spellings_of_no_compression(spelling):
    assert compression.parse_name(spelling) is None


@pytest.mark.parametrize("spelling", ["gzip", "GZIP", "Gzip", "zlib", "ZLIB"])
def test_spellings_of_compressions(spelling):
    assert compression.parse_name(spelling) == spelling.lower()


@pytest.mark.parametrize("name", [5, "BZ2", "snappy", b"GZIP", 0, False])
def test_other_compressions_are_refused_as_values(tmp_path, name):
    path = written(tmp_path, PLAIN)
    with pytest.raises(UnsupportedError, match="use None, 'gzip' or 'zlib'"):
        Reader(path, compression=name)
    with pytest.raises(ValueError, match="use None, 'gzip' or 'zlib'"):
        Writer(tmp_path / "new", compression=name)
    assert os.listdir(tmp_path) == ["records"]


@pytest.mark.parametrize("kind", KINDS)
def test_file_compressed_by_python_reads_the_same_told_or_not(tmp_path, kind):
    path = written(tmp_path, COMPRESS[kind](PLAIN))
    assert records(path) == RECORDS
    assert records(path, compression=kind) == RECORDS
    assert records(path, compression=kind.upper()) == RECORDS
    assert Reader(path).compression == kind


@pytest.mark.parametrize("name", ["plain.gz", "plain.zlib"])
def test_compression_is_told_from_the_bytes_not_from_the_name(tmp_path, name):
    path = written(tmp_path, PLAIN, name)
    assert Reader(path).compression is None
    assert records(path) == RECORDS


@pytest.mark.parametrize("level", range(10))
def test_zlib_of_every_level_is_told(tmp_path, level):
    assert compression.detect(zlib.compress(PLAIN, level)[:1000]) == "zlib"


@pytest.mark.parametrize("length", [0x8B1F, 0x08_8B1F, 0x0178, 0x9C78, 0xDA78])
def test_plain_file_whose_length_looks_like_a_signature_is_plain(tmp_path, length):
    path = written(tmp_path, reference.frame(bytes(length)))
    assert Reader(path).compression is None
    assert records(path) == [bytes(length)]


def test_zlib_file_is_the_plain_file_compressed(tmp_path):
    write(tmp_path / "new", compression="zlib")
    assert (tmp_path / "new").read_bytes() == zlib.compress(PLAIN)


def test_gzip_file_decompresses_to_the_plain_file(tmp_path):
    write(tmp_path / "new", compression="gzip")
    assert gzip.decompress((tmp_path / "new").read_bytes()) == PLAIN


def write(path, **options):
    with Writer(path, **options) as writer:
        for record in RECORDS:
            writer.write(record)


def test_lower_level_makes_a_larger_file(tmp_path):
    text = b" ".join(b"%d" % (number * number) for number in range(20_000))
    for level in (0, 2, 6):
        with Writer(tmp_path / str(level), compression="gzip", level=level) as writer:
            writer.write(text)
    stored, quick, usual = (os.path.getsize(tmp_path / str(level)) for level in (0, 2, 6))
    assert stored > len(text) > quick > usual


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("strategy", compression.STRATEGIES)
def test_strategy_changes_the_file_and_not_the_records(tmp_path, kind, strategy):
    data = [bytes(3000), b"abcabd" * 500, np.random.default_rng(1).normal(size=3000).astype(np.int8).tobytes()]
    for name, options in {"plain": {}, "chosen": {"strategy": strategy}}.items():
        with Writer(tmp_path / name, compression=kind, **options) as writer:
            for record in data:
                writer.write(record)
        assert records(tmp_path / name) == data
    same = (tmp_path / "plain").read_bytes() == (tmp_path / "chosen").read_bytes()
    assert same == (strategy == "default")


def test_strategy_that_cannot_be_is_refused_before_a_file_is_made(tmp_path):
    with pytest.raises(UnsupportedError, match="strategy 'fast': use one of default, filtered, huffman, rle, fixed"):
        Writer(tmp_path / "new", compression="gzip", strategy="fast")
    with pytest.raises(UnsupportedError, match="strategy without a compression"):
        Writer(tmp_path / "new", strategy="rle")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("kind", "level"), [("gzip", 10), ("gzip", -1), (None, 6)])
def test_level_that_cannot_be_is_refused_before_a_file_is_made(tmp_path, kind, level):
    with pytest.raises(UnsupportedError, match="level"):
        Writer(tmp_path / "new", compression=kind, level=level)
    assert os.listdir(tmp_path) == []


def test_compressed_file_gets_no_index(tmp_path):
    write(tmp_path / "new", compression="gzip")
    assert os.listdir(tmp_path) == ["new"]


@pytest.mark.parametrize("kind", KINDS)
def test_record_of_5_mb_goes_both_ways(tmp_path, kind):
    record = os.urandom(2_500_000) + bytes(2_500_000)
    with Writer(tmp_path / "new", compression=kind) as writer:
        writer.write([record[:10], record[10:]])
        writer.write(b"after")
    assert records(tmp_path / "new") == [record, b"after"]


def test_zlib_stream_flushed_after_every_byte_reads(tmp_path):
    deflate = zlib.compressobj()
    pieces = [deflate.compress(bytes([byte])) + deflate.flush(zlib.Z_FULL_FLUSH) for byte in PLAIN]
    assert records(written(tmp_path, b"".join(pieces) + deflate.flush())) == RECORDS


@pytest.mark.parametrize("cut", [1, 19, 25, 1000, len(PLAIN) - 1])
def test_members_of_a_gzip_file_follow_each_other_wherever_they_part(tmp_path, cut):
    members = gzip.compress(PLAIN[:cut]) + gzip.compress(b"") + gzip.compress(PLAIN[cut:])
    assert records(written(tmp_path, members)) == RECORDS


def test_zeros_that_pad_a_gzip_file_are_ignored(tmp_path):
    assert records(written(tmp_path, gzip.compress(PLAIN) + bytes(600_000))) == RECORDS


@pytest.mark.parametrize("kind", KINDS)
def test_compressed_file_read_as_plain_is_refused_with_what_to_do(tmp_path, kind):
    path = written(tmp_path, COMPRESS[kind](PLAIN))
    with pytest.raises(FormatError, match=f"corrupted record: looks like {kind} data; open with compression='{kind}'"):
        Reader(path, compression=None)


@pytest.mark.parametrize("kind", KINDS)
def test_plain_file_read_as_compressed_is_refused(tmp_path, kind):
    path = written(tmp_path, PLAIN)
    with pytest.raises(FormatError, match=f"record 0 at offset 0: corrupted record: this is no {kind} data"):
        Reader(path, compression=kind)


def test_gzip_read_as_zlib_is_refused(tmp_path):
    with pytest.raises(FormatError, match="looks like gzip"):
        Reader(written(tmp_path, gzip.compress(PLAIN)), compression="zlib")


@pytest.mark.parametrize("kind", ["auto", None, *KINDS])
def test_empty_file_of_any_kind_has_no_records(tmp_path, kind):
    path = written(tmp_path, b"")
    assert records(path, compression=kind) == []
    assert len(Reader(path, compression=kind)) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_compressed_nothing_has_no_records(tmp_path, kind):
    with Writer(tmp_path / "new", compression=kind):
        pass
    assert records(tmp_path / "new") == []


@pytest.mark.parametrize("kind", KINDS)
def test_random_access_goes_forward_and_back(tmp_path, kind):
    path = written(tmp_path, COMPRESS[kind](PLAIN))
    with Reader(path) as reader:
        list(reader)
        for number in (3, 0, 2, 2, -1, 1):
            assert reader[number] == RECORDS[number]
        assert reader.read([3, 0, 3, -2]) == [RECORDS[3], RECORDS[0], RECORDS[3], RECORDS[2]]
        assert reader.offsets.tolist() == [0, 19, 35, 3051]
        assert reader.sizes.tolist() == [3, 0, 3000, 2304]
        assert reader.read_at(19) == (b"", 35)
        assert reader.read_at(0) == (b"foo", 19)
        for offset in (len(PLAIN), len(PLAIN) + 5, -1):
            with pytest.raises(IndexError, match="out of range"):
                reader.read_at(offset)
        with pytest.raises(ChecksumError, match="length checksum"):
            reader.read_at(1)
        assert reader[1] == b""


def test_iterators_of_one_compressed_file_do_not_disturb_each_other(tmp_path):
    with Reader(written(tmp_path, gzip.compress(PLAIN))) as reader:
        first, second = iter(reader), iter(reader)
        assert next(first) == b"foo"
        assert next(second) == b"foo"
        assert reader[3] == RECORDS[3]
        assert list(first) == list(second) == RECORDS[1:]


def test_index_for_a_compressed_file_is_refused(tmp_path):
    path = written(tmp_path, gzip.compress(PLAIN))
    with pytest.raises(UnsupportedError, match="no use for a compressed file"):
        Reader(path, index=tmp_path / "some.idx")


@pytest.mark.parametrize("number", [0, 1])
def test_gzipped_file_without_gz_in_its_name_has_the_records_of_its_plain_twin(data, number):
    folder = data / "records" / "yggdrasil"
    packed, plain = (folder / f"toy.{kind}tfe-tfrecord-0000{number}-of-00002" for kind in ("", "nocompress-"))
    for told in ("auto", "gzip"):
        with Reader(packed, compression=told) as reader:
            assert reader.compression == "gzip"
            assert [bytes(record) for record in reader] == records(plain)
    with pytest.raises(FormatError, match="corrupted record: looks like gzip data") as caught:
        Reader(packed, compression=None)
    assert caught.value.offset == 0
