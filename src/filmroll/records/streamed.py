"""Records of a compressed file: decompressed while going forward, each record its own bytes."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from filmroll.errors import Error
from filmroll.records import framing
from filmroll.records.compression import Compression, Stream
from filmroll.records.framing import FOOTER, HEADER, OVERHEAD_NBYTES, Int64Array


class StreamedFile:
    """A compressed record file. Offsets are those of the decompressed stream.

    Access in order is as cheap as iteration; going back starts again from the front.
    """

    def __init__(self, path: Path, compression: Compression, *, verify: bool, max_record_nbytes: int) -> None:
        self._path = path
        self.compression = compression
        self._verify = verify
        self._max_record_nbytes = max_record_nbytes
        self._cursor: Stream | None = None
        self._lock = threading.Lock()

    def records(self) -> Iterator[memoryview]:
        """Iterate over all records, from the first."""
        with closing(self._open()) as stream:
            number = 0
            while (record := self._next(stream, number)) is not None:
                yield record
                number += 1

    def _open(self) -> Stream:
        return Stream(self._path, self.compression)

    def _next(self, stream: Stream, number: int | None = None) -> memoryview | None:
        offset = stream.position
        try:
            length = self._length(stream)
            return None if length is None else self._data(stream, length)
        except Error as exc:
            raise exc.at(record=number, offset=offset) from exc.__cause__

    def _length(self, stream: Stream) -> int | None:
        header = stream.read(HEADER.size)
        return framing.read_length(header, max_record_nbytes=self._max_record_nbytes) if header else None

    def _data(self, stream: Stream, length: int) -> memoryview:
        data = memoryview(stream.read(length + FOOTER.size))
        if len(data) < length + FOOTER.size:
            raise framing.truncated(HEADER.size + len(data), length=length)
        if self._verify:
            framing.check_data(data[:length], FOOTER.unpack_from(data, length)[0])
        return data[:length]

    def record_at(self, offset: int) -> tuple[memoryview, int]:
        """Return the record at an offset, and the next offset.

        Raises:
            IndexError: The offset is not inside the stream.
        """
        with self._lock:
            try:
                stream = self._seek(offset)
                record = self._next(stream)
            except BaseException:
                self.close()  # it may have lost bytes between two reads; the next use begins anew
                raise
            if record is None:
                raise IndexError(f"offset {offset} is out of range: the data has {stream.position} bytes")
            return record, stream.position

    def _seek(self, offset: int) -> Stream:
        if offset < 0:
            raise IndexError(f"offset {offset} is out of range")
        if self._cursor is None or self._cursor.position > offset:
            self.close()
            self._cursor = self._open()
        self._cursor.skip(offset - self._cursor.position)
        return self._cursor

    def scan(self) -> Int64Array:
        """Find all records by decompressing everything once; int64 of shape (count, 2): offset, size with framing."""
        places: list[tuple[int, int]] = []
        with closing(self._open()) as stream:
            while (size := self._skip(stream, len(places))) is not None:
                places.append((stream.position - size, size))
        return np.array(places, np.int64).reshape(-1, 2)

    def _skip(self, stream: Stream, number: int) -> int | None:
        offset = stream.position
        try:
            length = self._length(stream)
            if length is None:
                return None
            skipped = stream.skip(length + FOOTER.size)
            if skipped < length + FOOTER.size:
                raise framing.truncated(HEADER.size + skipped, length=length)
        except Error as exc:
            raise exc.at(record=number, offset=offset) from exc.__cause__
        return OVERHEAD_NBYTES + length

    def close(self) -> None:
        """Close the file behind random access; iterators have their own."""
        if self._cursor is not None:
            self._cursor.close()
        self._cursor = None
