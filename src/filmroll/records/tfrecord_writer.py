"""Write a TFRecord file whole or not at all; the layout is drawn in framing.py."""

import os
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from typing import Literal

import numpy as np
import numpy.typing as npt

from filmroll import atomic
from filmroll.buffer import Buffer, places
from filmroll.errors import LimitError, UnsupportedError
from filmroll.records import compression as compressions
from filmroll.records import framing, index
from filmroll.records.framing import MAX_RECORD_NBYTES, OVERHEAD_NBYTES, Int64Array
from filmroll.records.index import path_of as path_of_index
from filmroll.records.lifetime import WholeWriter
from filmroll.records.write_behind import WriteBehind
from filmroll.remote.path import path_of

PENDING_NBYTES = 1 << 20  # small records are gathered, to make few system calls
LARGE_NBYTES = 1 << 14  # larger records are not worth copying to the others
CHUNK_NBYTES = 1 << 20  # of many records, written at once


class Writer(WholeWriter):
    """Write records to a TFRecord file, which appears under its name, whole, when the writer is closed.

    Until then it is written beside its place, and a file that is already there stays. If a `with` block ends with
    an exception, a write fails, or the writer is never closed, nothing appears, and what was written is removed.

    Args:
        path: The file; its folder must exist.
        compression: None, "gzip" or "zlib". Compressed files have no random access, and JPEG gains nothing.
        level: 0 (none) to 9 (smallest); None is the default of zlib, 6.
        strategy: What zlib looks for: "default" is right for most; "filtered" for differences of pixels, "rle" for
            runs of equal bytes, "huffman" for no repetitions at all, "fixed" for Huffman codes without a table.
        index: Write the index beside the file as well; of a compressed file there is none.

    Attributes:
        path: The file.
        temporary: Where it is written; what was flushed can be read there.
        nbytes: How many bytes they take in the file, before compression.

    Raises:
        OSError: The folder is absent, the disk is full, ...
        UnsupportedError: `compression`, `level` or `strategy` is unknown.
        MissingDependencyError: The file is in a store, and the extra `cloud` is not installed.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        compression: Literal["gzip", "zlib"] | None = None,
        level: int | None = None,
        strategy: compressions.Strategy = "default",
        index: bool = True,
    ) -> None:
        self.path = path_of(path)
        self.temporary = atomic.temporary_of(self.path)
        self.nbytes = 0
        beside = path_of_index(self.path)  # an earlier file's would point into the middle of records
        kind = compressions.parse_name(compression)
        _check_level(kind, level, strategy)
        self._sizes = array("q")
        self._pending = bytearray()
        self._index = index and kind is None
        self._guard = ExitStack()
        file = self._guard.enter_context(atomic.writing(self.path, sync_name=not self._index, instead_of=beside))
        self._file = self._guard.enter_context(WriteBehind(file))
        self._sink = self._file if kind is None else compressions.Sink(self._file, kind, level=level, strategy=strategy)
        self._closed = False

    @property
    def records(self) -> int:
        """How many records were written."""
        return len(self._sizes)

    def write(self, record: Buffer | Sequence[Buffer]) -> None:
        """Append one record.

        Args:
            record: Its bytes; or buffers whose concatenation it is, of which large ones are not copied.

        Raises:
            TypeError: `record` is something else; nothing is written.
            LimitError: It is longer than readers accept, 2**31 - 1 bytes; nothing is written.
            OSError: It cannot be written; the file is given up.
            ValueError: The writer is closed.
        """
        self._require_open()
        buffers = flat(record)
        size = sum(map(len, buffers)) + OVERHEAD_NBYTES
        if size > MAX_RECORD_NBYTES + OVERHEAD_NBYTES:
            raise LimitError(f"a record has at most {MAX_RECORD_NBYTES} bytes", path=self.path, record=self.records)
        header, footer = framing.frame(buffers)
        try:
            self._append((header, *buffers, footer), size)
        except BaseException as exc:
            self._discard(exc)  # nobody knows how much of the record is on the disk
            raise
        self._sizes.append(size)
        self.nbytes += size

    def write_many(self, buffer: Buffer, starts: npt.ArrayLike, lengths: npt.ArrayLike) -> None:
        """Append many records that lie in one buffer, as `columns.serialize` returns them, faster than one by one.

        Args:
            buffer: What holds the records, with anything between them.
            starts: Where each record starts in the buffer: integers of shape (count,), in any order.
            lengths: Number of bytes of each.

        Raises:
            TypeError: `buffer` is no buffer, or `starts` or `lengths` are no integers; nothing is written.
            LimitError: A record is longer than readers accept, 2**31 - 1 bytes; nothing is written.
            OSError: They cannot be written; the file is given up.
            ValueError: `starts` and `lengths` differ in shape, or lead out of the buffer, and nothing is written;
                or the writer is closed.
        """
        self._require_open()
        view = memoryview(buffer).cast("B")
        first, nbytes = places(starts, lengths, limit=len(view))
        too_long = nbytes > MAX_RECORD_NBYTES
        if too_long.any():
            record = self.records + int(np.argmax(too_long))
            raise LimitError(f"a record has at most {MAX_RECORD_NBYTES} bytes", path=self.path, record=record)
        for rows in _chunks(nbytes):
            self._write_chunk(view, first[rows], nbytes[rows])

    def _write_chunk(self, view: memoryview, starts: Int64Array, lengths: Int64Array) -> None:
        try:
            framed = framing.frame_many(view, starts, lengths)
            self._empty()
            self._sink.write(framed)
        except BaseException as exc:
            self._discard(exc)
            raise
        self._sizes.frombytes((lengths + OVERHEAD_NBYTES).tobytes())
        self.nbytes += len(framed)

    def _append(self, buffers: Sequence[Buffer], size: int) -> None:
        if size < LARGE_NBYTES:
            self._pending += b"".join(buffers)
            if len(self._pending) < PENDING_NBYTES:
                return
            self._empty()
            return
        for buffer in buffers:
            if len(buffer) < LARGE_NBYTES:
                self._pending += buffer
            else:
                self._empty()
                self._sink.write(buffer)

    def _empty(self) -> None:
        if self._pending:
            self._sink.write(bytes(self._pending))
            self._pending.clear()

    def flush(self) -> None:
        """Let all records written so far be read at `temporary`; the file appears under its name with `close`."""
        self._require_open()
        try:
            self._empty()
            self._sink.flush()
        except BaseException as exc:
            self._discard(exc)
            raise

    def close(self) -> None:
        """Finish the file, flush it to disk, give it its name, and then its index. A second time does nothing.

        Raises:
            OSError: One of these failed. Nothing appears under the name, unless it was the naming of the index.
            MissingDependencyError, UnsupportedError: The extra `cloud` is absent, or the store none that is known.
        """
        if self._closed:
            return
        try:
            self._empty()
            if isinstance(self._sink, compressions.Sink):
                self._sink.finish()
            self._file.complete()
            named = self._index_beside()  # made while the disk takes the data
            with named:
                self._closed = True
                self._guard.close()
        except BaseException as exc:
            self._discard(exc)
            raise

    def _index_beside(self) -> AbstractContextManager[None]:
        beside = index.path_of(self.path)
        if not self._index:
            return nullcontext()
        sizes = np.array(self._sizes, np.int64)
        return index.writing(beside, np.stack((np.cumsum(sizes) - sizes, sizes), axis=1))


def _check_level(kind: compressions.Compression | None, level: int | None, strategy: str) -> None:
    if kind is None and (level is not None or strategy != "default"):
        raise UnsupportedError("a level or strategy without a compression: add compression='gzip' or 'zlib'")
    if level is not None and not 0 <= level <= 9:
        raise UnsupportedError(f"level {level}: use 0 (none) to 9 (smallest)")
    if strategy not in compressions.STRATEGIES:
        raise UnsupportedError(f"strategy {strategy!r}: use one of {', '.join(compressions.STRATEGIES)}")


def _chunks(lengths: Int64Array) -> Iterator[slice]:
    """Divide records into chunks of about `CHUNK_NBYTES`, one record at least."""
    stops = np.cumsum(lengths + OVERHEAD_NBYTES)
    first = before = 0
    while first < len(stops):
        last = max(first + 1, int(np.searchsorted(stops, before + CHUNK_NBYTES, side="right")))
        yield slice(first, last)
        first, before = last, int(stops[last - 1])


def flat(record: Buffer | Sequence[Buffer]) -> list[Buffer]:
    """Return the buffers of a record, their items single bytes.

    Raises:
        TypeError: They are no bytes.
    """
    buffers = (record,) if isinstance(record, (bytes, bytearray, memoryview)) else record
    if isinstance(buffers, (str, Mapping)) or not isinstance(buffers, Iterable):
        raise _no_bytes(record)
    return [buffer if isinstance(buffer, bytes) else _bytes_view(buffer) for buffer in buffers]


def _bytes_view(buffer: object) -> memoryview:
    if not isinstance(buffer, (bytearray, memoryview)):
        raise _no_bytes(buffer)
    return memoryview(buffer).cast("B")


def _no_bytes(thing: object) -> TypeError:
    name = type(thing).__name__
    return TypeError(
        f"a record is bytes or a list of bytes, not {name}; messages.example.serialize makes bytes of named features"
    )
