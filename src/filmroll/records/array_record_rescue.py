"""What of a damaged ArrayRecord file can be read: its chunks are found, then array_record reads them in other files.

chunks (array_record_salvage.py) ── runs of equal groups ──> temporary files ── array_record ──> sound, or what is wrong

The footer and the postscript are no records; what of them is damaged costs nothing.
"""

import tempfile
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby
from pathlib import Path
from typing import NamedTuple

from filmroll.errors import ChecksumError, Error, FormatError, UnsupportedError
from filmroll.records import array_record, array_record_copy, array_record_salvage
from filmroll.records.array_record_copy import MAGIC
from filmroll.records.framing import MAX_RECORD_NBYTES
from filmroll.records.mapped import MappedFile
from filmroll.records.riegeli import BLOCK_NBYTES, RECORDS, Chunk
from filmroll.records.varint import varint
from filmroll.spool import asking_for_room

POSTSCRIPT_RECORDS, POSTSCRIPT_NBYTES = 3, 128
MAGIC_BYTES = b"\x10" + varint(MAGIC)


class Loss(NamedTuple):
    """Bytes that are in no record that can be read.

    Attributes:
        offset, nbytes: Where they are.
        record: Number of records that can be read before them.
        records: How many are lost; None where nobody knows.
        is_chunk: Whether it is a chunk whose header is right, and its data is not.
        error: What is wrong.
    """

    offset: int
    nbytes: int
    record: int
    records: int | None
    is_chunk: bool
    error: Error


class Rescued(NamedTuple):
    """What is left of a file.

    Attributes:
        view: Its bytes.
        chunks: Those that are sound: of records, and of metadata.
        losses: What else there is, in order, but the padding, the footer and the postscript.
    """

    view: memoryview
    chunks: list[Chunk]
    losses: list[Loss]

    @property
    def records(self) -> int:
        """Number of records that can be read."""
        return sum(chunk.records for chunk in self.chunks if chunk.type in RECORDS)


def rescue(path: Path) -> Rescued:
    """Find all chunks of a file, and read all their records once.

    Raises:
        OSError: The file cannot be read, or there is no room for a copy among the temporary files.
        MissingDependencyError: The package array_record is not installed.
        UnsupportedError: Groups of records differ in their number, which ArrayRecord has no index for.
    """
    array_record.require()
    view = MappedFile(path, verify=True, max_record_nbytes=MAX_RECORD_NBYTES).view
    chunks, gaps = array_record_salvage.find(view)
    groups = [chunk for chunk in chunks if chunk.type in RECORDS]
    faults = {}
    heads = {}
    for chunk, head, error in _read_all(view, groups):
        heads[chunk.offset] = head
        if error is not None:
            faults[chunk.offset] = error
    groups, footer = _without_end(groups, heads)
    kept = [one for one in groups if one.offset not in faults]
    _require_equal(kept, path)
    losses = [
        Loss(one.offset, one.stop - one.offset, 0, 0 if one.offset >= footer else None, False, one.error)
        for one in gaps
    ]
    losses += [
        Loss(one.offset, one.stop - one.offset, 0, one.records, True, faults[one.offset])
        for one in groups
        if one.offset in faults
    ]
    begins, counts = [one.offset for one in kept], [0, *accumulate(one.records for one in kept)]
    losses = [one._replace(record=counts[bisect_left(begins, one.offset)]) for one in losses]
    metadata = [chunk for chunk in chunks if chunk.type == ord("m")]
    return Rescued(view, sorted((*metadata, *kept)), sorted(losses, key=lambda loss: loss.offset))


def _require_equal(groups: Sequence[Chunk], path: Path) -> None:
    sizes = [one.records for one in groups]
    if any(size != sizes[0] for size in sizes[:-1]) or (sizes and sizes[-1] > sizes[0]):
        raise UnsupportedError(
            "its groups of records differ in their number, so that ArrayRecord cannot count in them", path=path
        )


def _without_end(groups: list[Chunk], heads: dict[int, list[bytes]]) -> tuple[list[Chunk], int]:
    """Leave out the footer and the postscript, damaged or not; return where they begin, as far as can be told."""
    footer = 1 << 63
    if groups and _is_postscript(groups[-1], heads[groups[-1].offset]):
        last = groups.pop()
        footer = _footer_offset(heads[last.offset]) or last.offset
    if groups and (groups[-1].offset == footer or _is_footer(groups[-1], heads[groups[-1].offset])):
        footer = groups.pop().offset
    return groups, footer


def _is_postscript(chunk: Chunk, head: list[bytes]) -> bool:
    is_like_one = chunk.records == POSTSCRIPT_RECORDS and chunk.nbytes <= POSTSCRIPT_NBYTES
    if head:
        return is_like_one and head[0].endswith(MAGIC_BYTES)
    return is_like_one and (chunk.offset - chunk.phase) % BLOCK_NBYTES == 0


def _footer_offset(head: list[bytes]) -> int | None:
    value = shift = 0
    for byte in head[0][1 : -len(MAGIC_BYTES)] if head else b"":
        value |= (byte & 0x7F) << shift
        shift += 7
    return value or None


def _is_footer(chunk: Chunk, head: list[bytes]) -> bool:
    """Tell whether a chunk begins with the metadata of a footer that counts as many chunks as it has entries."""
    count = b"\x08\x01\x10" + varint(chunk.records - 1)
    return bool(head) and head[0][:1] == b"\x0a" and head[0][2:].startswith(count) and b"group_size:" in head[0]


def _read_all(view: memoryview, groups: Sequence[Chunk]) -> Iterator[tuple[Chunk, list[bytes], Error | None]]:
    """Read the records of all chunks: yield each with its first record, if there is one, or what is wrong with it."""
    with tempfile.TemporaryDirectory(prefix="filmroll-") as folder:
        for number, (_, run) in enumerate(groupby(groups, key=lambda chunk: chunk.records)):
            chunks = list(run)
            path = Path(folder, str(number))
            write(path, view, chunks)
            with array_record.Reader(path) as reader:
                for place, chunk in enumerate(chunks):
                    first = place * chunk.records
                    try:
                        records = reader.read(range(first, first + chunk.records))
                    except Error as exc:
                        yield chunk, [], _fault(exc)
                    else:
                        yield chunk, [bytes(one) for one in records[:1]], None
            path.unlink()


def _fault(error: Error) -> Error:
    """Say what is wrong with a chunk without its place, which is that in another file."""
    if isinstance(error, ChecksumError):
        return ChecksumError("the data of a chunk differs from its hash")
    return FormatError(error.message.partition(", chunk at")[0])


def write(path: Path, view: memoryview, chunks: Sequence[Chunk]) -> None:
    """Write chunks into a temporary file."""
    with asking_for_room(), open(path, "wb") as file:
        array_record_copy.write(file, view, chunks)
