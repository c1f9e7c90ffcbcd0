# Invariant: of any file salvage finds records that do not overlap, each with its own checksum or said to have none;
# records and gaps together are the file, and what reads without salvage is found first.
"""Damaged TFRecord files."""

import itertools
from collections.abc import Iterator

import numpy as np

from filmroll.errors import ChecksumError, Error
from filmroll.records import compression, framing, salvage, salvaged
from filmroll.records.checksum import crc32c_of_array, unmask
from filmroll.records.framing import FOOTER, HEADER
from filmroll.records.mapped import MappedFile
from fuzz.scratch import Scratch

SEEDS = ("records/**/*",)
FILE = Scratch("any.tfrecord")


def seeds() -> Iterator[bytes]:
    """Yield records with bytes changed, lost, added and overwritten; records in records; headers alone."""
    records = [bytes([65 + number]) * (20 + 3 * number) for number in range(12)]
    whole = b"".join(map(_framed, records))
    yield from (whole, whole[:-1], whole[5:], whole[:100] + whole[103:], whole[:200] + b"x" + whole[200:], b"")
    yield from (whole[:offset] + bytes(12) + whole[offset + 12 :] for offset in (0, 50, 150))
    yield from (_framed(whole)[:-4], b"x" + _framed(whole[20:] + b"y"), _framed(b"")[:12] * 40, bytes(500))


def check(data: bytes) -> None:
    """Salvage a file; read it again as records."""
    file = MappedFile(FILE.hold(data), verify=True, max_record_nbytes=framing.MAX_RECORD_NBYTES)
    found = salvage.find(file)
    _check_tiles(found, nbytes=len(data))
    _check_checksums(found, data)
    readable = list(_readable(memoryview(data)))
    assert found.offsets.tolist()[: len(readable)] == readable
    if compression.detect(data[: compression.PROBE_NBYTES]) is not None:
        return  # the reader says so, and does not open it as plain
    kept: list[bytes | None] = []
    with salvaged.Reader(FILE.path, compression=None) as reader:
        reader.salvage()
        for number in range(len(reader)):
            try:
                kept.append(bytes(reader[number]))
            except ChecksumError:
                kept.append(None)
    spans = zip(found.starts.tolist(), found.lengths.tolist(), found.sound.tolist(), strict=True)
    assert kept == [data[start : start + length] if sound else None for start, length, sound in spans]


def _check_tiles(found: salvage.Found, *, nbytes: int) -> None:
    rows = zip(found.offsets.tolist(), found.sizes.tolist(), strict=True)
    tiles = sorted([*rows, *((gap.offset, gap.nbytes) for gap in found.gaps)])
    assert all(size > 0 for _, size in tiles)
    assert [offset for offset, _ in tiles] + [nbytes] == [0, *itertools.accumulate(size for _, size in tiles)]


def _check_checksums(found: salvage.Found, data: bytes) -> None:
    array = np.frombuffer(data, np.uint8)
    columns = (found.starts, found.lengths, found.sound, found.headless)
    for start, length, sound, headless in zip(*(column.tolist() for column in columns), strict=True):
        stored = unmask(FOOTER.unpack_from(data, start + length)[0])
        assert (crc32c_of_array(array[start : start + length]) == stored) is sound
        if not headless:
            assert framing.read_length(data[start - HEADER.size : start]) == length


def _readable(view: memoryview) -> Iterator[int]:
    """Yield where records begin that a reader without salvage gets to."""
    offset = 0
    while offset < len(view):
        try:
            following = framing.unframe(view, offset)[2]
        except Error:
            return
        yield offset
        offset = following


def _framed(record: bytes) -> bytes:
    head, foot = framing.frame([record])
    return head + record + foot
