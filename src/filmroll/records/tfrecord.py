"""TFRecord files: read them in order or at random; the layout is drawn in framing.py."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from threading import RLock
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from filmroll.errors import Error, TruncatedError, UnsupportedError
from filmroll.records import compression as compressions
from filmroll.records import index, storage
from filmroll.records.framing import HEADER, MAX_RECORD_NBYTES, OVERHEAD_NBYTES, Int64Array, Run
from filmroll.records.lifetime import NumberedReader
from filmroll.records.mapped import RUN_NBYTES, MappedFile
from filmroll.records.ranged import RangedFile
from filmroll.records.streamed import StreamedFile
from filmroll.records.tfrecord_writer import Writer
from filmroll.remote.path import RemotePath, path_of

__all__ = ["Reader", "Writer"]

LARGE_NBYTES = 1 << 28  # of a file whose index, which takes no memory then, is read before its records are compared
CHUNK_RECORDS = 1 << 14  # whose places stay in the processor's cache
File = MappedFile | StreamedFile | RangedFile


class Spans(NamedTuple):
    """Where the data of some records lies in a buffer.

    Attributes:
        buffer: A whole file, read-only uint8 of shape (nbytes,).
        starts, lengths: Of each record's data, int64 of shape (n,).
    """

    buffer: npt.NDArray[np.uint8]
    starts: Int64Array
    lengths: Int64Array


class Reader(NumberedReader[memoryview]):
    """Read the records of a TFRecord file.

    A plain file is mapped into memory: records are read-only views of the map, not copied, and stay valid after
    `close`. What is appended to the file later is seen by a new reader, or by `read_at`; do not shorten or overwrite
    a file that is being read (replace it, as `Writer` does). A compressed file is decompressed going forward: each
    record is its own bytes, the first use of `len` or of a number takes a pass over the whole file, and going back
    starts again from the front.

    A plain file in a store, named by its URL, is read by ranges: a record by its number takes one request for its
    bytes alone, after the index has been read. A compressed one is copied to the local disk first (`cache.py`).

    Every length is checked against its checksum and the bytes left before it is used.

    Args:
        path: The file.
        compression: "auto" tells it from the bytes, never from the name; None, "gzip" or "zlib" insist.
        index: True uses the index beside the file (`index.path_of`) if it is not older than the file and covers
            it from end to end, else scans the file when a number is first needed. False never looks for one. A
            path is used as it is, and may leave records out: the reader then has just those.
        verify: Check the checksum of the data too.
        max_record_nbytes: Refuse longer records. None: what protobuf reads, 2 GiB - 1; in a compressed file, whose
            records are held in memory and may come from a few bytes, 512 MiB.

    Attributes:
        path: The file.
        compression: None, "gzip" or "zlib".

    Raises:
        FileNotFoundError, IsADirectoryError: There is no such file.
        FormatError: The file has another compression than `compression` says.
        UnsupportedError: `compression` is unknown, an index is given for a compressed file, or the path is a pipe
            or device.
        LimitError: A compressed file begins with a length above the limit.

    Reading raises, with path, number and offset of the record:
        TruncatedError: The file, or its compressed data, ends inside a record.
        ChecksumError: A length or the data of a record differs from its checksum.
        LimitError: A record is longer than `max_record_nbytes`.
        ParseError: The index is malformed.
        ValueError: The reader is closed.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        compression: Literal["auto", "gzip", "zlib"] | None = "auto",
        index: bool | str | os.PathLike[str] = True,
        verify: bool = True,
        max_record_nbytes: int | None = None,
    ) -> None:
        self.path = path_of(path)
        storage.require_regular(self.path)
        self.compression = compressions.choose(self.path, compression)
        self._index = index
        self._verify = verify
        self._max_record_nbytes = MAX_RECORD_NBYTES if max_record_nbytes is None else max_record_nbytes
        self._places: Int64Array | None = None
        self._finding = RLock()
        self._sound_blocks: set[int] = set()
        self._file: File | None
        if self.compression is None:
            self._file = self._plain()
            return
        if not isinstance(index, bool):
            raise UnsupportedError("an index is of no use for a compressed file", path=path)
        most = compressions.MAX_HELD_NBYTES if max_record_nbytes is None else max_record_nbytes
        self._file = StreamedFile(self.path, self.compression, verify=verify, max_record_nbytes=most)

    def _plain(self) -> "MappedFile | RangedFile":
        if isinstance(self.path, RemotePath) and self.path.cache is None and self.path.has_ranges:
            return RangedFile(self.path, verify=self._verify, max_record_nbytes=self._max_record_nbytes)
        return self._mapped()

    def _mapped(self) -> MappedFile:
        return MappedFile(self.path, verify=self._verify, max_record_nbytes=self._max_record_nbytes)

    def __iter__(self) -> Iterator[memoryview]:
        """Iterate from the first record; iterators disturb neither each other nor random access."""
        file = self._opened()
        if isinstance(self._index, bool):
            return self._in_order(file)
        return (self._record(file, number) for number in range(len(self)))

    def _in_order(self, file: File) -> Iterator[memoryview]:
        try:
            yield from file.records()
        except Error as exc:
            raise exc.at(path=self.path) from exc.__cause__

    def __len__(self) -> int:
        """Count the records."""
        return len(self._located())

    def read_at(self, offset: int) -> tuple[memoryview, int]:
        """Return the record at an offset, and the offset of the next; those of the decompressed data, if it is.

        A file that somebody appends to can be followed this way: ask again for the offset where it ended, or was cut
        short. Once it has grown, `len` and numbers count what was appended, too.

        Raises:
            IndexError: The offset is at the end or beyond it.
            TruncatedError: The file ends inside the record.
            ChecksumError: No record begins there.
        """
        try:
            try:
                return self._opened().record_at(offset)
            except (IndexError, TruncatedError):
                if not self._map_if_grown():
                    raise
            return self._opened().record_at(offset)
        except IndexError as exc:
            raise IndexError(f"{self.path}: {exc}") from None
        except Error as exc:
            raise exc.at(path=self.path, offset=offset) from exc.__cause__

    def _map_if_grown(self) -> bool:
        """Map a plain file again if it has more bytes by now; False if not."""
        if isinstance(self._file, StreamedFile | None) or self.path.stat().st_size <= self._file.nbytes:
            return False
        self._file = self._plain()
        self._places, self._sound_blocks = None, set()
        return True

    def spans(self, numbers: Int64Array) -> Spans:
        """Say where the data of some records is, for parsing many at once; plain files only.

        Blocks of neighbours are verified as a whole, each block once: the first use of a record reads a few
        megabytes around it.

        Args:
            numbers: Numbers of the records, shape (n,), each in range(len(reader)), in any order.

        Raises:
            ChecksumError, TruncatedError: One of the records is damaged.
            UnsupportedError: The file is compressed: its records lie nowhere together.
        """
        file = self._opened()
        if isinstance(file, StreamedFile):
            raise UnsupportedError("the records of a compressed file lie nowhere together", path=self.path)
        places = self._located()
        if isinstance(file, RangedFile):
            return Spans(*file.gathered(self._fetched(file, numbers)))
        if self._verify and len(numbers):
            self._check_blocks(file, numbers, places)
        chosen = places[numbers]
        return Spans(file.array, chosen[:, 0] + HEADER.size, chosen[:, 1] - OVERHEAD_NBYTES)

    def _check_blocks(self, file: MappedFile, numbers: Int64Array, places: Int64Array) -> None:
        """Verify the blocks that hold these records; in a damaged or gappy one, the records that are asked for."""
        block_records = max(1, RUN_NBYTES * len(places) // max(1, file.nbytes))
        blocks = numbers // block_records
        for block in set(np.flatnonzero(np.bincount(blocks)).tolist()) - self._sound_blocks:
            part = places[block * block_records : (block + 1) * block_records]
            ends = part.sum(axis=1)
            run = Run(part[:, 0], part[:, 1] - OVERHEAD_NBYTES, int(ends[-1]))
            if run.next <= file.nbytes and np.array_equal(ends[:-1], part[1:, 0]) and file.is_sound(run):
                self._sound_blocks.add(block)
                continue
            for number in numbers[blocks == block].tolist():
                self._record(file, number)

    @property
    def offsets(self) -> Int64Array:
        """Offset of each record, int64 of shape (count,); in the decompressed data, if the file is compressed."""
        return self._located()[:, 0]

    @property
    def sizes(self) -> Int64Array:
        """Bytes of each record, int64 of shape (count,), without the 16 bytes of framing."""
        return self._located()[:, 1] - OVERHEAD_NBYTES

    def read(self, numbers: Iterable[int]) -> list[memoryview]:
        """Return records by their numbers, in the order given; each is read once, in the order of the file.

        Those of a file in a store are asked for side by side.

        Raises:
            IndexError: There is no record of one of the numbers; nothing is read.
        """
        file = self._opened()
        if not isinstance(file, RangedFile):
            return super().read(numbers)
        return self._fetched(file, np.array([self._checked(number) for number in numbers], np.int64))

    def will_need(self, numbers: Int64Array) -> None:
        """Have the system fetch records that are read soon, where they come from a disk."""
        file = self._opened()
        if isinstance(file, MappedFile) and len(numbers):
            file.will_need(self._located()[numbers])

    def _fetched(self, file: RangedFile, numbers: Int64Array) -> list[memoryview]:
        places = self._located()[numbers]
        found = []
        for number, offset, frame in zip(numbers.tolist(), places[:, 0].tolist(), file.frames(places), strict=True):
            try:
                found.append(file.data_of(frame, offset))
            except Error as exc:
                raise exc.at(path=self.path, record=number, offset=offset) from exc.__cause__
        return found

    def _record(self, file: File, number: int) -> memoryview:
        if isinstance(file, RangedFile):
            return self._fetched(file, np.array([number]))[0]
        offset = int(self._located()[number, 0])
        try:
            return file.record_at(offset)[0]
        except Error as exc:
            raise exc.at(path=self.path, record=number, offset=offset) from exc.__cause__

    def _located(self) -> Int64Array:
        file = self._opened()
        places = self._places
        if places is None:
            with self._finding:  # once, however many threads want it
                places = self._places
                if places is None:
                    try:
                        places = self._places = self._find(file)
                    except Error as exc:
                        raise exc.at(path=self.path) from exc.__cause__
        return places

    def _find(self, file: File) -> Int64Array:
        if isinstance(file, StreamedFile):
            return file.scan()
        if not isinstance(self._index, bool):
            return index.read(self._index, file_nbytes=file.nbytes)
        is_large = file.nbytes >= LARGE_NBYTES
        places = _read_beside(self.path, file.nbytes) if self._index and is_large else None
        if places is None and isinstance(file, MappedFile):
            places = file.scan_equal()
        if places is None and self._index and not is_large:
            places = _read_beside(self.path, file.nbytes)
        return file.scan() if places is None else places

    def _opened(self) -> File:
        if self._file is None:
            raise ValueError(f"{self.path}: the reader is closed")
        return self._file

    def close(self) -> None:
        """Let go of the file; records handed out stay valid. A second time does nothing."""
        if isinstance(self._file, StreamedFile):
            self._file.close()
        # An mmap with views of it refuses to be closed, and is closed with the last of them anyway.
        self._file = None


def _read_beside(path: Path, file_nbytes: int) -> Int64Array | None:
    """Read the index beside a file if it can be that of this very file."""
    beside = index.path_of(path)
    try:
        if not isinstance(path, RemotePath) and os.stat(beside).st_mtime_ns < os.stat(path).st_mtime_ns:
            return None
        places = index.read(beside)
    except FileNotFoundError:
        return None
    except PermissionError:
        if isinstance(path, RemotePath):  # a store that lists nothing calls what is not there forbidden
            return None
        raise
    return places if _is_gapless(places, file_nbytes) else None


def _is_gapless(places: Int64Array, file_nbytes: int) -> bool:
    """Tell whether records follow each other from the first byte of a file to its last; many at a time."""
    end = 0
    for start in range(0, len(places), CHUNK_RECORDS):
        offsets, sizes = places[start : start + CHUNK_RECORDS].T
        ends = offsets + sizes
        if offsets[0] != end or not np.array_equal(offsets[1:], ends[:-1]):
            return False
        end = int(ends[-1])
    return end == file_nbytes
