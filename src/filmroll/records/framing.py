"""Where a record of a TFRecord file begins and ends, over any buffer; no files here.

    offset  0        8                   12             12 + length
            length   masked crc of       data           masked crc of data
            uint64   length, uint32      length bytes   uint32

All little-endian; records follow each other without a gap, and nothing precedes the first.

Source: tensorflow/core/lib/io/record_writer.h.
"""

import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from filmroll.buffer import Buffer
from filmroll.errors import ChecksumError, LimitError, TruncatedError
from filmroll.records import checksum

Int64Array = npt.NDArray[np.int64]

LENGTH = struct.Struct("<Q")
HEADER = struct.Struct("<QI")
FOOTER = struct.Struct("<I")
OVERHEAD_NBYTES = HEADER.size + FOOTER.size
JOINT = np.dtype([("data_crc", "<u4"), ("length", "<u8"), ("length_crc", "<u4")])  # a footer, then the next header
NONE = np.empty(0, np.int64)
MORE = 32  # times as many are looked at next
FEW_RECORDS = 8  # of equal headers that make it worth while to look for more
MANY_RECORDS = 1024  # taken one by one before equal ones are looked for again
MAX_RECORD_NBYTES = 2**31 - 1  # no message that protobuf can read is longer


class Frame(NamedTuple):
    """Where the data of one record starts and stops, and where the next record begins; in bytes."""

    start: int
    stop: int
    next: int


class Run(NamedTuple):
    """Records one after another whose length checksums hold.

    `offsets` and `lengths` (of the data) are int64 arrays of shape (count,); `next` is where the run ended.
    """

    offsets: Int64Array
    lengths: Int64Array
    next: int


def frame(buffers: Sequence[Buffer]) -> tuple[bytes, bytes]:
    """Return the header and the footer of a record whose data is the concatenation of flat byte buffers."""
    return _header(sum(map(len, buffers))), FOOTER.pack(checksum.masked_crc32c(*buffers))


@lru_cache(maxsize=1024)  # small records are of few lengths
def _header(nbytes: int) -> bytes:
    return HEADER.pack(nbytes, checksum.masked_crc32c(LENGTH.pack(nbytes)))


def frame_many(buffer: memoryview, starts: Int64Array, lengths: Int64Array) -> memoryview:
    """Return records as they stand in a file one after another, each with its header and its footer.

    Args:
        buffer: What holds the data of the records, as flat bytes.
        starts: Where each begins in it, of shape (count,), one at least.
        lengths: Number of bytes of each.
    """
    records = _copies(buffer, starts, lengths)
    joints = np.zeros(len(records) + 1, JOINT)
    joints["length"][:-1] = lengths
    joints["length_crc"][:-1] = crcs_of_lengths(lengths)
    crcs = np.fromiter(map(checksum.crc32c_of_array, records), np.int64, len(records))
    joints["data_crc"][1:] = checksum.mask(crcs)
    framed = np.frombuffer(bytearray(JOINT.itemsize).join((b"", *records, b"")), np.uint8)
    places = np.append(0, np.cumsum(lengths + JOINT.itemsize))
    _overlapping(framed, JOINT.itemsize)[places] = joints.view(f"V{JOINT.itemsize}")
    return framed.data[FOOTER.size : -HEADER.size]  # no footer before the first, no header after the last


def _copies(buffer: memoryview, starts: Int64Array, lengths: Int64Array) -> list[bytes]:
    length = int(lengths[0])
    if length and (lengths == length).all():
        copies: list[bytes] = _overlapping(np.frombuffer(buffer, np.uint8), length)[starts].tolist()
        return copies
    spans = zip(starts.tolist(), (starts + lengths).tolist(), strict=True)
    return [buffer[start:stop].tobytes() for start, stop in spans]


def _overlapping(buffer: npt.NDArray[np.uint8], nbytes: int) -> npt.NDArray[np.void]:
    """View every place in a buffer as one item of so many bytes, for NumPy copies item by item."""
    return np.ndarray((len(buffer) - nbytes + 1,), f"V{nbytes}", buffer, strides=(1,))


def unframe(
    buffer: memoryview, offset: int, *, verify: bool = True, max_record_nbytes: int = MAX_RECORD_NBYTES
) -> Frame:
    """Find the data of the record at `offset`.

    Args:
        buffer: A whole file, or any part that begins at a record.
        offset: Where the record begins.
        verify: Check the data too; the length is checked always.
        max_record_nbytes: Refuse longer data.

    Raises:
        TruncatedError: The buffer ends inside the record.
        ChecksumError: The length or the data differs from its checksum.
        LimitError: The record is longer than `max_record_nbytes`.
    """
    left = len(buffer) - offset
    length = read_length(buffer[offset : offset + HEADER.size], max_record_nbytes=max_record_nbytes)
    if OVERHEAD_NBYTES + length > left:
        raise truncated(left, length=length)
    start = offset + HEADER.size
    stop = start + length
    if verify:
        check_data(buffer[start:stop], FOOTER.unpack_from(buffer, stop)[0])
    return Frame(start, stop, stop + FOOTER.size)


def read_length(header: Buffer, *, max_record_nbytes: int = MAX_RECORD_NBYTES) -> int:
    """Read the length of the data from a header, before anything is done with it.

    Raises:
        TruncatedError: The header has less than 12 bytes.
        ChecksumError: The length differs from its checksum.
        LimitError: The length is above `max_record_nbytes`.
    """
    if len(header) < HEADER.size:
        raise truncated(len(header))
    length, stored = HEADER.unpack(header)
    computed = checksum.masked_crc32c(bytes(header[: LENGTH.size]))
    if computed != stored:
        raise ChecksumError(
            f"length checksum {stored:#010x}, computed {computed:#010x}: no record begins here, or its header is "
            "damaged; run 'filmroll repair' to keep the records around it"
        )
    if length > max_record_nbytes:
        raise LimitError(f"record size too large: {length} bytes, the limit is {max_record_nbytes}")
    return int(length)


def check_data(data: Buffer | npt.NDArray[np.uint8], stored: int) -> None:
    """Compare data with its masked checksum.

    Raises:
        ChecksumError: They differ.
    """
    computed = checksum.masked_crc32c(data)
    if computed != stored:
        raise ChecksumError(
            f"data checksum {stored:#010x}, computed {computed:#010x}; "
            "run 'filmroll repair' to keep the records around it"
        )


def truncated(left: int, *, length: int | None = None) -> TruncatedError:
    """Describe a record of which only `left` bytes are there."""
    whole = "a header of 12" if length is None else f"{OVERHEAD_NBYTES + length} with its 16 of framing"
    return TruncatedError(
        f"truncated record: {left} bytes are left, it needs {whole}; "
        "run 'filmroll repair' to keep the records before it"
    )


def walk(
    buffer: memoryview,
    offset: int = 0,
    *,
    max_records: int | None = None,
    max_nbytes: int | None = None,
    max_record_nbytes: int = MAX_RECORD_NBYTES,
) -> Run:
    """Walk from record to record as far as the lengths are sound; the data is not looked at.

    Args:
        buffer: A whole file.
        offset: Where the first record begins.
        max_records: Stop after so many.
        max_nbytes: Stop after the record that passes so many bytes.
        max_record_nbytes: Stop before a record with longer data.

    Returns:
        The run. If it is empty and `offset` is not the end of the buffer, `unframe` there says why.
    """
    end = len(buffer) if max_nbytes is None else min(len(buffer), offset + max_nbytes)
    left = len(buffer) if max_records is None else max_records
    runs = [Run(NONE, NONE, offset)]
    while offset < end and left:
        run = _equal(buffer, offset, end, max_records=left)
        if len(run.offsets) < FEW_RECORDS or run.lengths[0] > max_record_nbytes:
            run = _any(buffer, offset, end, max_records=min(left, MANY_RECORDS), max_record_nbytes=max_record_nbytes)
            if not len(run.offsets):
                break
        runs.append(run)
        offset = run.next
        left -= len(run.offsets)
    offsets, lengths = (np.concatenate([run[part] for run in runs]) for part in (0, 1))
    return Run(offsets, lengths, offset)


def walk_equal(buffer: memoryview, *, max_record_nbytes: int = MAX_RECORD_NBYTES) -> Run | None:
    """Find the records of a buffer at a glance where all of them are of one length; None where they are not."""
    run = _equal(buffer, 0, len(buffer), max_records=len(buffer))
    is_all = run.next == len(buffer) and len(run.offsets) and run.lengths[0] <= max_record_nbytes
    return run if is_all else None


def _equal(buffer: memoryview, offset: int, end: int, *, max_records: int) -> Run:
    """Take the records from `offset` on that have one and the same header: one look at all of them is enough."""
    if offset + OVERHEAD_NBYTES > len(buffer):
        return Run(NONE, NONE, offset)
    length, crc = HEADER.unpack_from(buffer, offset)
    size = OVERHEAD_NBYTES + length
    count = min(max_records, -(-(end - offset) // size), (len(buffer) - offset) // size)
    if count < FEW_RECORDS or checksum.masked_crc32c(LENGTH.pack(length)) != crc:
        return Run(NONE, NONE, offset)
    few = min(count, FEW_RECORDS)  # most files differ at once: look at few before many
    while few < count and _count_equal(buffer, offset, size, few) == few:
        few = min(count, MORE * few)
    count = _count_equal(buffer, offset, size, few)
    following = offset + count * size
    return Run(np.arange(offset, following, size), np.full(count, length), following)


def _count_equal(buffer: memoryview, offset: int, size: int, count: int) -> int:
    headers = np.ndarray((count,), f"V{HEADER.size}", buffer, offset, (size,)).tobytes()
    if headers == headers[: HEADER.size] * count:
        return count
    rows = np.frombuffer(headers, np.uint8).reshape(count, HEADER.size)
    return int(np.argmin((rows == rows[0]).all(axis=1)))


def _any(buffer: memoryview, offset: int, end: int, *, max_records: int, max_record_nbytes: int) -> Run:
    """Take the records from `offset` on one by one, and check their lengths all at once."""
    offsets, stored, after = _follow(buffer, offset, end, max_records=max_records)
    edges = np.array([*offsets, after], np.int64)
    lengths = edges[1:] - edges[:-1] - OVERHEAD_NBYTES
    sound = (crcs_of_lengths(lengths) == np.array(stored, np.int64)) & (lengths <= max_record_nbytes)
    count = len(offsets) if sound.all() else int(np.argmin(sound))
    following = after if count == len(offsets) else offsets[count]
    return Run(edges[:count], lengths[:count], following)


def _follow(buffer: memoryview, offset: int, end: int, *, max_records: int) -> tuple[list[int], list[int], int]:
    """Follow the lengths unchecked: checking them afterwards, all at once, is many times faster."""
    offsets: list[int] = []
    stored: list[int] = []
    nbytes = len(buffer)
    last = min(end, nbytes - OVERHEAD_NBYTES + 1)
    unpack = HEADER.unpack_from
    for _ in range(max_records):
        if offset >= last:
            break
        length, crc = unpack(buffer, offset)
        following = offset + OVERHEAD_NBYTES + length
        if following > nbytes:
            break
        offsets.append(offset)
        stored.append(crc)
        offset = following
    return offsets, stored, offset


def crcs_of_lengths(lengths: Int64Array) -> Int64Array:
    """Compute the masked CRC of each length as 8 bytes, by a table for each byte of the sum that a CRC is."""
    crcs = np.full(len(lengths), _CRC_OF_ZERO, np.int64)
    for index, table in enumerate(_TABLES):
        digits = lengths >> (8 * index)
        if not digits.any():
            break
        crcs ^= table[digits & 0xFF]
    return checksum.mask(crcs)


_CRC_OF_ZERO = checksum.crc32c(bytes(8))
_TABLES = [
    np.array([checksum.crc32c(LENGTH.pack(byte << shift)) ^ _CRC_OF_ZERO for byte in range(256)], np.int64)
    for shift in range(0, 64, 8)
]
