"""Riegeli's chunks and blocks: where a chunk begins and ends, whether its headers are what they should be.

    block header (24)   at each multiple of 64 KiB: hash, bytes since the chunk began, bytes to its end
    chunk header (40)   hash, bytes and hash of the data, type (1) and records (7), bytes of these decoded
    data
    padding             so that a chunk has as many bytes as records, and ends neither in nor behind a block header

A block header interrupts whatever is there, a chunk header too. All little-endian.

Source: google/riegeli (records_file_format.md).
"""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from filmroll.records.highway_hash import highway_hash

BLOCK_NBYTES, BLOCK_HEADER, CHUNK_HEADER = 1 << 16, struct.Struct("<QQQ"), struct.Struct("<QQQ8sQ")
USABLE_NBYTES = BLOCK_NBYTES - BLOCK_HEADER.size
HASH_NBYTES = 8
TYPES = b"smprt"  # signature, metadata, padding, records, records transposed
RECORDS = b"rt"


class Chunk(NamedTuple):
    """A chunk whose header is right.

    Attributes:
        offset, stop: Where it is, padding included.
        header: As it stands.
        type: One of `TYPES`.
        nbytes: Of the data.
        data_hash: Of the data.
        records: Their number.
        decoded_nbytes: Theirs.
        phase: Where blocks begin, between 0 and their size: 0, unless bytes were lost or added in front.
    """

    offset: int
    stop: int
    header: bytes
    type: int
    nbytes: int
    data_hash: int
    records: int
    decoded_nbytes: int
    phase: int

    def data(self, view: memoryview) -> list[memoryview]:
        """Return the data, piece by piece, from the bytes of the whole file."""
        spans = list(_spans(self.offset, CHUNK_HEADER.size + self.nbytes, self.phase))
        skipped, pieces = CHUNK_HEADER.size, []
        for start, stop in spans:
            step = min(skipped, stop - start)
            skipped -= step
            pieces.append(view[start + step : stop])
        return pieces


def end_of(offset: int, nbytes: int, records: int) -> int:
    """Return where a chunk ends that begins at an offset and has so many bytes, its header included."""
    overhead = (nbytes + (offset + USABLE_NBYTES - 1) % BLOCK_NBYTES) // USABLE_NBYTES
    least = offset + records
    least += max(0, -least % BLOCK_NBYTES - (USABLE_NBYTES - 1))
    return max(offset + nbytes + overhead * BLOCK_HEADER.size, least)


def chunk_at(view: memoryview, offset: int, *, phase: int = 0) -> Chunk | None:
    """Return the chunk whose header stands at an offset, if it is right; its data may end behind the file."""
    if 0 < (offset - phase) % BLOCK_NBYTES <= BLOCK_HEADER.size:  # in or right behind a block header begins none
        return None
    pieces = [view[start:stop] for start, stop in _spans(offset, CHUNK_HEADER.size, phase)]
    header = b"".join(pieces)
    if len(header) < CHUNK_HEADER.size or header[24] not in TYPES:
        return None
    stored, nbytes, data_hash, kind, decoded = CHUNK_HEADER.unpack(header)
    if highway_hash(header[HASH_NBYTES:]) != stored:
        return None
    records = int.from_bytes(kind[1:], "little")
    stop = end_of(offset - phase, CHUNK_HEADER.size + nbytes, records) + phase
    return Chunk(offset, stop, header, kind[0], nbytes, data_hash, records, decoded, phase)


def chunk_of(data: bytes, *, type: int, records: int, decoded_nbytes: int) -> Chunk:
    """Make a chunk of its data; it has no place yet."""
    rest = struct.pack("<QQ", len(data), highway_hash(data)) + bytes([type]) + records.to_bytes(7, "little")
    rest += struct.pack("<Q", decoded_nbytes)
    header = struct.pack("<Q", highway_hash(rest)) + rest
    return Chunk(0, 0, header, type, len(data), 0, records, decoded_nbytes, 0)


def block_at(view: memoryview, offset: int) -> tuple[int, int] | None:
    """Return where the chunk begins and ends that a block header interrupts; None where there is none."""
    header = bytes(view[offset : offset + BLOCK_HEADER.size])
    if len(header) < BLOCK_HEADER.size:
        return None
    stored, before, behind = BLOCK_HEADER.unpack(header)
    if before > offset or not behind or highway_hash(header[HASH_NBYTES:]) != stored:
        return None
    return offset - before, offset + behind


def block_header(before: int, behind: int) -> bytes:
    """Make a block header in a chunk that began so many bytes before, and ends so many behind."""
    rest = struct.pack("<QQ", before, behind)
    return struct.pack("<Q", highway_hash(rest)) + rest


def _spans(offset: int, nbytes: int, phase: int) -> Iterator[tuple[int, int]]:
    """Yield the parts of so many bytes from an offset on that block headers leave."""
    while nbytes > 0:
        into = (offset - phase) % BLOCK_NBYTES
        if into == 0:
            offset, into = offset + BLOCK_HEADER.size, BLOCK_HEADER.size
        step = min(nbytes, BLOCK_NBYTES - into)
        yield offset, offset + step
        offset, nbytes = offset + step, nbytes - step
