"""Record files that are compressed as a whole: which kind it is, and reading and writing the stream.

    GZIP  (1f 8b 08 flags ... deflate ... crc32 size)*      members follow each other; RFC 1952
    ZLIB   78 xx  deflate ... adler32                       RFC 1950

Such a file has no random access: to reach a record, all before it is decompressed.
"""

import os
import re
import zlib
from pathlib import Path
from typing import Any, Literal, Protocol

from filmroll.buffer import Buffer
from filmroll.errors import ChecksumError, FormatError, LimitError, TruncatedError, UnsupportedError
from filmroll.records import cache, framing
from filmroll.remote.path import path_of

Compression = Literal["gzip", "zlib"]
Strategy = Literal["default", "filtered", "huffman", "rle", "fixed"]

WINDOW_BITS: dict[Compression, int] = {"gzip": 16 + zlib.MAX_WBITS, "zlib": zlib.MAX_WBITS}
STRATEGIES: dict[Strategy, int] = {
    "default": zlib.Z_DEFAULT_STRATEGY,
    "filtered": zlib.Z_FILTERED,
    "huffman": zlib.Z_HUFFMAN_ONLY,
    "rle": zlib.Z_RLE,
    "fixed": zlib.Z_FIXED,
}
GZIP_SIGNATURE = b"\x1f\x8b\x08"
READ_NBYTES = 1 << 18
OUT_NBYTES = 1 << 20  # of one step: a few bytes of input can become a thousand times as many
MAX_HELD_NBYTES = 2**29  # of one record, or of the members of one sample
PROBE_NBYTES = 1024


def parse_name(name: object) -> Compression | None:
    """Turn a name into what filmroll calls it: None, "gzip" or "zlib"; TensorFlow's spellings are fine.

    Raises:
        UnsupportedError: It is none of them.
    """
    if name is None:
        return None
    folded = name.lower() if isinstance(name, str) else name
    if folded in ("", "none"):
        return None
    if folded in ("gzip", "zlib"):
        return folded
    raise UnsupportedError(f"compression {name!r}: use None, 'gzip' or 'zlib'")


def detect(head: bytes) -> Compression | None:
    """Tell the compression from the first bytes of a file, about a thousand; None means plain records, or neither."""
    if _is_record(head):
        return None  # a plain file whose first length happens to look like a signature
    if head.startswith(GZIP_SIGNATURE):
        return "gzip"
    return "zlib" if _is_zlib(head) else None


def beginning(head: bytes, *, nbytes: int) -> bytes:
    """Return the first bytes of what a file holds, by its first bytes: decompressed, if they are compressed."""
    found = detect(head)
    if found is None:
        return head[:nbytes]
    try:
        return zlib.decompressobj(WINDOW_BITS[found]).decompress(head, nbytes)
    except zlib.error:
        return b""


def begins_with_records(head: bytes) -> bool:
    """Tell whether the first bytes of a file are those of records, plain or compressed; of no bytes they are."""
    return not head or _is_record(head) or detect(head) is not None


def _is_record(head: bytes) -> bool:
    try:
        framing.read_length(head[: framing.HEADER.size], max_record_nbytes=2**64)
    except FormatError:
        return False
    return True


def _is_zlib(head: bytes) -> bool:
    if len(head) < 2:
        return False
    try:
        # No further than one header, so that damage at the end does not hide what it is.
        zlib.decompressobj().decompress(head, framing.HEADER.size)
    except zlib.error:
        return False
    return True


def choose(path: str | os.PathLike[str], named: object) -> Compression | None:
    """Return the compression of a file, or check the one that the caller named; an empty file is any.

    Args:
        path: The file.
        named: "auto" to find out; or what it should be.

    Raises:
        FormatError: The file is something else.
        UnsupportedError: There is no compression of that name.
    """
    wanted = None if named == "auto" else parse_name(named)
    head = cache.head(path_of(path), PROBE_NBYTES)
    found = detect(head)
    if named == "auto":
        return found
    if head and found != wanted:
        _refuse(path, wanted=wanted, found=found)
    return wanted


def _refuse(path: str | os.PathLike[str], *, wanted: Compression | None, found: Compression | None) -> None:
    looks = f"looks like {found} data; open with compression={found!r}" if found else f"this is no {wanted} data"
    raise FormatError(f"corrupted record: {looks}", path=path, record=0, offset=0)


def check_held(nbytes: int, what: str) -> None:
    """Refuse to hold so many bytes that were compressed: a thousand of them may come from one.

    Raises:
        LimitError: They are more than `MAX_HELD_NBYTES`.
    """
    if nbytes > MAX_HELD_NBYTES:
        raise LimitError(
            f"{what} announces {nbytes} bytes, and the file is compressed, so they would be held in memory;"
            f" {MAX_HELD_NBYTES} are the most: decompress the file first"
        )


class Stream:
    """The decompressed bytes of a file, read forward.

    Attributes:
        position: How many have been read.
    """

    def __init__(self, path: Path, compression: Compression) -> None:
        self.position = 0
        self._compression = compression
        self._file = cache.opened(path)
        self._inflate = zlib.decompressobj(WINDOW_BITS[compression])
        self._started = False
        self._window = b""
        self._used = 0

    def read(self, nbytes: int) -> bytes:
        """Read so many bytes, fewer only at the end.

        Memory grows with what is there, not with what is asked for.

        Raises:
            TruncatedError: The compressed data is cut short.
            ChecksumError: It differs from its checksum.
            FormatError: It is damaged.
        """
        data = self._window[self._used : self._used + nbytes]
        self._used += len(data)
        if len(data) < nbytes:
            data = self._read_on(data, nbytes)
        self.position += len(data)
        return data

    def _read_on(self, data: bytes, nbytes: int) -> bytes:
        pieces = [data]
        missing = nbytes - len(data)
        while missing and self._fill():
            pieces.append(self._window[:missing])
            self._used = len(pieces[-1])
            missing -= self._used
        return b"".join(pieces)

    def skip(self, nbytes: int) -> int:
        """Read and forget so many bytes, and return how many there were.

        Raises:
            TruncatedError: The stream ends early.
        """
        target = self.position + nbytes
        begin = self.position
        while self.position < target and self.read(min(OUT_NBYTES, target - self.position)):
            pass
        return self.position - begin

    def _fill(self) -> bool:
        """Replace the used-up window by the next; False at the end of the data."""
        self._window, self._used = b"", 0
        while not self._window:
            source = self._next_member() if self._inflate.eof else self._next_input()
            if not source and (self._inflate.eof or not self._started):
                return False  # a file without a single byte has no records
            self._step(source)
        return True

    def _next_input(self) -> bytes:
        return self._inflate.unconsumed_tail or self._file.read(READ_NBYTES)

    def _next_member(self) -> bytes:
        rest = self._inflate.unused_data or self._file.read(READ_NBYTES)
        while rest and not rest.strip(b"\0"):
            rest = self._file.read(READ_NBYTES)  # gzip files on tapes are padded with zeros
        if rest:
            self._inflate = zlib.decompressobj(WINDOW_BITS[self._compression])
        return rest.lstrip(b"\0")

    def _step(self, source: bytes) -> None:
        self._started = True
        try:
            self._window = self._inflate.decompress(source, OUT_NBYTES)
        except zlib.error as exc:
            kind = ChecksumError if re.search("incorrect (data|length) check", str(exc)) else FormatError
            raise kind(f"the {self._compression} data is damaged: {exc}") from exc
        if not source and not self._window:  # nor was it at its end before
            raise TruncatedError(f"the {self._compression} data is cut short after {self._file.tell()} bytes")

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class _Deflate(Protocol):
    def compress(self, data: Buffer, /) -> bytes: ...
    def flush(self, mode: int = ..., /) -> bytes: ...


class Writable(Protocol):
    """What a `Sink` writes to."""

    def write(self, data: Any, /) -> Any:
        """Take bytes."""

    def flush(self) -> None:
        """Let all of them be read."""


class Sink:
    """A file to write to, through a compressor."""

    def __init__(
        self, file: Writable, compression: Compression, *, level: int | None, strategy: Strategy = "default"
    ) -> None:
        self._file = file
        self._deflate: _Deflate = zlib.compressobj(
            -1 if level is None else level,
            zlib.DEFLATED,
            WINDOW_BITS[compression],
            zlib.DEF_MEM_LEVEL,
            STRATEGIES[strategy],
        )

    def write(self, data: Buffer) -> None:
        """Compress and write."""
        self._file.write(self._deflate.compress(data))

    def flush(self) -> None:
        """Let all that was written be read, at the cost of some compression."""
        self._file.write(self._deflate.flush(zlib.Z_SYNC_FLUSH))
        self._file.flush()

    def finish(self) -> None:
        """End the compressed stream; the file stays open."""
        self._file.write(self._deflate.flush(zlib.Z_FINISH))
