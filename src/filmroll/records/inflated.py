"""A compressed record file decompressed as far as it goes, whatever is wrong with it, into a temporary file.

    good ... good x x x            what the stream held before the damage; of GZIP also the members behind it
    └─ deflate ─┘

The checksum of the stream is not needed: each record has its own. A few bytes can become a thousand times as many:
what a file holds is put on the disk up to a limit.
"""

import mmap
import os
import tempfile
import zlib
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from filmroll.errors import Error, FormatError, LimitError, TruncatedError, UnsupportedError
from filmroll.records import cache
from filmroll.records.compression import GZIP_SIGNATURE, WINDOW_BITS, Compression
from filmroll.records.framing import MAX_RECORD_NBYTES
from filmroll.records.mapped import MappedFile
from filmroll.spool import asking_for_room

MAX_NBYTES, MAX_RATIO = 2**32, 64  # of what a file holds: whichever allows more
LIMIT = "FILMROLL_INFLATED_NBYTES"
STEP_NBYTES = 1 << 14  # of input: at an error this much is fed again byte by byte
SIGNATURES: dict[Compression, bytes | None] = {"gzip": GZIP_SIGNATURE, "zlib": None}


class Inflated(NamedTuple):
    """What came out of a compressed file.

    Attributes:
        file: The decompressed bytes; they are gone from the disk when nobody uses them any more.
        error: What is wrong with the stream, or None.
    """

    file: MappedFile
    error: Error | None


def inflate(path: Path, compression: Compression) -> Inflated:
    """Decompress a file as far as it goes.

    Raises:
        OSError: The file cannot be read, or there is no room for what it holds.
        LimitError: It holds more than 4 GiB and 64 times its bytes, or than FILMROLL_INFLATED_NBYTES.
        UnsupportedError: That is no number of bytes.
    """
    handle, name = tempfile.mkstemp(prefix="filmroll-")
    try:
        error = None
        with open(handle, "wb") as out, cache.opened(path) as file:
            if os.fstat(file.fileno()).st_size:  # mmap refuses empty files
                with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as packed:
                    stream = _Stream(packed, compression)
                    pieces = _limited(stream.pieces(), path=path, most=_most_nbytes(len(packed)))
                    with asking_for_room():
                        out.writelines(pieces)
                        out.flush()
                    error = stream.error
        return Inflated(MappedFile(Path(name), verify=True, max_record_nbytes=MAX_RECORD_NBYTES), error)
    finally:
        with suppress(PermissionError):  # Windows keeps a name as long as the file is mapped
            os.unlink(name)


def _most_nbytes(packed_nbytes: int) -> int:
    given = os.environ.get(LIMIT)
    if not given:
        return max(MAX_NBYTES, MAX_RATIO * packed_nbytes)
    if not given.isascii() or not given.isdecimal():
        raise UnsupportedError(f"{LIMIT}={given} is no number of bytes")
    return int(given)


def _limited(pieces: Iterable[bytes], *, path: Path, most: int) -> Iterator[bytes]:
    held = 0
    for piece in pieces:
        held += len(piece)
        if held > most:
            raise LimitError(
                f"more than {most} bytes are packed in it, which would go to the disk for temporary files; if you trust"
                f" the file, allow more: {LIMIT}",
                path=path,
            )
        yield piece


class _Stream:
    def __init__(self, packed: mmap.mmap, compression: Compression) -> None:
        self._packed, self._compression = packed, compression
        self.error: Error | None = None

    def pieces(self) -> Iterator[bytes]:
        """Yield what the members hold, one after another."""
        position: int = 0
        while 0 <= position < len(self._packed):
            position = yield from self._member(position)
            signature = SIGNATURES[self._compression]
            if signature is None:
                return
            position = self._packed.find(signature, position)

    def _member(self, position: int) -> Generator[bytes, None, int]:
        """Yield what one member holds; return where to look for the next."""
        inflate = zlib.decompressobj(WINDOW_BITS[self._compression])
        begin = position
        while not inflate.eof and position < len(self._packed):
            step, before = self._packed[position : position + STEP_NBYTES], inflate.copy()
            try:
                yield inflate.decompress(step)
            except zlib.error as exc:
                yield _byte_by_byte(before, step)
                self._note(FormatError(f"the {self._compression} data is damaged near byte {position}: {exc}"))
                return begin + 1
            position += len(step)
        if not inflate.eof:
            self._note(TruncatedError(f"the {self._compression} data is cut short after {position} bytes"))
        return position - len(inflate.unused_data)

    def _note(self, error: Error) -> None:
        self.error = self.error or error


def _byte_by_byte(inflate: "zlib._Decompress", step: bytes) -> bytes:
    pieces = []
    with suppress(zlib.error):
        for number in range(len(step)):
            pieces.append(inflate.decompress(step[number : number + 1]))
    return b"".join(pieces)
