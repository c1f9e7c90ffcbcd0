"""Chunks and blocks of Riegeli, against files of array_record; HighwayHash against the hashes in them."""

import random

import pytest

import peers
from filmroll.records import riegeli
from filmroll.records.array_record import SIGNATURE
from filmroll.records.highway_hash import highway_hash

NOISE = random.Random(3)


def test_hash_of_nothing_and_of_headers_is_that_in_the_signature():
    assert highway_hash(b"").to_bytes(8, "little") == SIGNATURE[40:48]
    assert highway_hash(SIGNATURE[8:24]).to_bytes(8, "little") == SIGNATURE[:8]
    assert highway_hash(SIGNATURE[32:]).to_bytes(8, "little") == SIGNATURE[24:32]


@peers.needs_array_record
@pytest.mark.parametrize("options", ["group_size:1,uncompressed", "group_size:3,zstd:3", "group_size:2,transpose"])
def test_every_chunk_of_array_record_is_found_and_hashed_as_it_hashes(tmp_path, options):
    writer = peers.load("array_record.python.array_record_module").ArrayRecordWriter(str(tmp_path / "a"), options)
    sizes = [*range(70), 65_400, 65_501, 65_472, 30, 200_000, 0, 0, 5]
    for size in sizes:
        writer.write(NOISE.randbytes(size))
    writer.close()
    view = memoryview((tmp_path / "a").read_bytes())
    offset, records = 0, 0
    while offset < len(view):
        chunk = riegeli.chunk_at(view, offset)
        assert chunk is not None
        assert highway_hash(b"".join(chunk.data(view))) == chunk.data_hash
        records += chunk.records
        for block in range(offset + -offset % 65536, chunk.stop, 65536):
            assert riegeli.block_at(view, block) == (offset, chunk.stop)
            assert riegeli.block_header(block - offset, chunk.stop - block) == view[block : block + 24]
        offset = chunk.stop
    assert offset == len(view)
    assert records == len(sizes) + (-(-len(sizes) // int(options[11])) + 1) + 3


@pytest.mark.parametrize("position", range(64))
def test_changed_byte_of_a_header_is_noticed(position):
    damaged = bytearray(SIGNATURE)
    damaged[position] ^= 0x10
    view = memoryview(bytes(damaged))
    assert (riegeli.block_at(view, 0) is None) == (position < 24)
    assert (riegeli.chunk_at(view, 0) is None) == (position >= 24)


@pytest.mark.parametrize("cut", range(64))
def test_header_that_is_cut_is_none(cut):
    view = memoryview(SIGNATURE[:cut])
    assert riegeli.chunk_at(view, 0) is None
    assert (riegeli.block_at(view, 0) is None) == (cut < 24)


@pytest.mark.parametrize(
    ("offset", "nbytes", "records", "end"),
    [
        (64, 40, 0, 104),
        (64, 40, 1000, 1064),
        (65530, 40, 0, 65594),
        (65536, 40, 0, 65600),
        (0, 40, 65537, 65561),
    ],
)
def test_chunk_ends_behind_its_bytes_and_its_records_and_never_in_a_block_header(offset, nbytes, records, end):
    assert riegeli.end_of(offset, nbytes, records) == end


def test_chunk_that_is_made_is_what_is_read():
    chunk = riegeli.chunk_of(b"data", type=ord("r"), records=2, decoded_nbytes=4)
    view = memoryview(bytes(100) + chunk.header + b"data")
    found = riegeli.chunk_at(view, 100)
    assert (found.nbytes, found.records, found.type, found.decoded_nbytes) == (4, 2, ord("r"), 4)
    assert b"".join(found.data(view)) == b"data"
