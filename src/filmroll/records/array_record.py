"""ArrayRecord files: opaque bytes in chunks, with random access by number.

    signature (64)    begins every file of Riegeli: a block header, and the header of an empty chunk
    chunk             a header with hashes, then the records of a group, as they are or compressed
    ...
    footer            where each chunk begins
    postscript        64 KiB before the end: where the footer begins

One record a chunk (`group_size:1`) is what random access wants; of other files each record costs its whole group.

Source: google/array_record (array_record_reader.h) and google/riegeli (records_file_format.md); read by the package
array_record, which is the extra `array-record` and exists for Linux and macOS.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from filmroll.errors import ChecksumError, Error, FormatError, TruncatedError
from filmroll.records import cache, storage
from filmroll.records.array_record_writer import Writer, require
from filmroll.records.lifetime import NumberedReader
from filmroll.remote.path import path_of

__all__ = ["Reader", "Writer", "recognise", "require"]

SIGNATURE = bytes.fromhex(
    "83af70d10d884a3f0000000000000000400000000000000091bac23c9287e1a9"  # hash, bytes before, bytes to the next
    "0000000000000000e19f13c0e9b1c372" + "73" + 15 * "00"  # no data and its hash, chunk type s, nothing else
)
BLOCK_NBYTES = 1 << 16
REPAIR = "; run 'filmroll repair' to keep the records around it"
RUN_RECORDS = 64  # read at once while going through a file in order
AT_RANDOM = "readahead_buffer_size:0,max_parallelism:0"


def recognise(head: bytes) -> bool:
    """Tell from the first bytes of a file whether it is one of Riegeli, as ArrayRecord files are."""
    return head.startswith(SIGNATURE)


class Reader(NumberedReader[memoryview]):
    """Read the records of an ArrayRecord file; each is its own bytes.

    Args:
        path: The file.
        verify: Of no effect: Riegeli checks every chunk that it reads.

    Attributes:
        path: The file.
        compression: None: chunks may be compressed, the file as a whole is not.

    Raises:
        FileNotFoundError, IsADirectoryError: There is no such file.
        MissingDependencyError: The package array_record is not installed.
        TruncatedError: The file ends before its footer.
        ChecksumError: The footer differs from its hash.
        FormatError: The file is none of Riegeli.
        UnsupportedError: The path is a pipe or device.

    Reading raises, with path and number of the record:
        ChecksumError, FormatError: Its chunk is damaged.
        ValueError: The reader is closed.
    """

    def __init__(self, path: str | os.PathLike[str], *, verify: bool = True) -> None:
        self.path = path_of(path)
        self._nbytes = _check_begin(self.path)
        self._source = cache.local(self.path)
        self._begin()

    def _begin(self) -> None:
        self._file: Any = self._open(AT_RANDOM)
        self._count = int(self._file.num_records())

    def _open(self, options: str) -> Any:
        module = require()
        file = self._attempt(lambda: module.ArrayRecordReader(os.fspath(self._source), options))
        if not file.ok():
            self._attempt(file.read_all)  # says what is wrong, mostly
            raise TruncatedError(f"{self._nbytes} bytes without a footer at the end{REPAIR}", path=self.path)
        return file

    def _attempt(self, call: Callable[[], Any]) -> Any:
        """Call array_record, whose errors are of one class and tell themselves apart by their words."""
        try:
            return call()
        except (RuntimeError, ValueError, IndexError, OverflowError, MemoryError) as exc:
            text = str(exc)
            if "RiegeliPostscript" in text or "should be at least" in text or self._nbytes % BLOCK_NBYTES:
                raise TruncatedError(
                    f"{self._nbytes} bytes without a footer at the end{REPAIR}", path=self.path
                ) from exc
            kind = ChecksumError if "hash mismatch" in text else FormatError
            raise kind(f"the ArrayRecord data is damaged: {text}{REPAIR}", path=self.path) from exc

    def __iter__(self) -> Iterator[memoryview]:
        """Iterate from the first record; iterators disturb neither each other nor random access."""
        self._opened()
        return self._in_order()

    def _in_order(self) -> Iterator[memoryview]:
        file = self._open("")
        for start in range(0, self._count, RUN_RECORDS):
            yield from self._read(file, range(start, min(start + RUN_RECORDS, self._count)))

    def _read(self, file: Any, numbers: Sequence[int]) -> Iterator[memoryview]:
        """Yield records read together; one by one where that fails, so that those before the damage are there."""
        try:
            records = self._attempt(lambda: file.read(list(numbers)))
        except Error:
            for number in numbers:
                yield self._record(file, number)
        else:
            yield from (memoryview(record) for record in records)

    def _record(self, file: Any, number: int) -> memoryview:
        try:
            [record] = self._attempt(lambda: file.read([number]))
        except Error as exc:
            raise exc.at(record=number) from exc.__cause__
        return memoryview(record)

    def __len__(self) -> int:
        """Count the records, which the footer tells."""
        return self._count

    def read(self, numbers: Iterable[int]) -> list[memoryview]:
        """Return records by their numbers, in the order given.

        Raises:
            IndexError: There is no record of one of the numbers; nothing is read.
        """
        file = self._opened()
        wanted = [self._checked(number) for number in numbers]
        return list(self._read(file, wanted))

    def _opened(self) -> Any:
        if self._file is None:
            raise ValueError(f"{self.path}: the reader is closed")
        return self._file

    def close(self) -> None:
        """Let go of the file; records handed out stay valid. A second time does nothing."""
        self._file = None  # closed by whoever uses it last: another thread may be reading


def _check_begin(path: Path) -> int:
    """Check what the file begins with, and return its size."""
    nbytes = storage.require_regular(path)
    with cache.opened(path) as file:
        head = file.read(len(SIGNATURE))
    if SIGNATURE.startswith(head) and len(head) < len(SIGNATURE):
        raise TruncatedError(f"{len(head)} bytes; the signature of ArrayRecord alone has {len(SIGNATURE)}", path=path)
    if head != SIGNATURE:
        raise FormatError(f"no ArrayRecord: the first bytes are {head[:8].hex()}, not {SIGNATURE[:8].hex()}", path=path)
    return nbytes
