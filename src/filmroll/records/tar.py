"""WebDataset tars: the samples in order or at random; the layout is drawn in tar_members.py.

A plain tar is mapped into memory, and what is read are views of the map. A gzipped one (.tar.gz, .tgz) is
decompressed going forward: in order it costs what decompression costs, but `len` takes a pass over the whole file,
and a sample by number takes everything before it; going back starts again from the front.
"""

import mmap
import os
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from filmroll.errors import Error, TruncatedError
from filmroll.records import cache, storage, tar_members
from filmroll.records.compression import GZIP_SIGNATURE, Stream, beginning, check_held
from filmroll.records.lifetime import NumberedReader
from filmroll.records.tar_members import BLOCK_NBYTES, EMPTY_NBYTES, KEY, Group, Member
from filmroll.records.tar_writer import Writer
from filmroll.remote.path import path_of

__all__ = ["Reader", "Writer", "recognise"]

Record = dict[str, list[memoryview]]


def recognise(head: bytes) -> bool:
    """Tell from the first bytes of a file whether it is a tar, plain or gzipped."""
    if head.startswith(GZIP_SIGNATURE):
        head = beginning(head, nbytes=EMPTY_NBYTES + 1)
    try:
        tarfile.TarInfo.frombuf(head[:BLOCK_NBYTES], "utf-8", "surrogateescape")
    except tarfile.TarError:
        return 2 * BLOCK_NBYTES <= len(head) <= EMPTY_NBYTES and not any(head)  # a tar without any members
    return True


class Reader(NumberedReader[Record]):
    """Read the samples of a WebDataset tar.

    A record is a dict: "__key__" and each field of the sample -> a list of one view of bytes. Members keep the order
    of the tar. Views of a plain tar stay valid after `close`.

    Args:
        path: The file; whether it is gzipped is told from its bytes.
        verify: Of no effect: a tar has no checksum of its data, and that of gzip is always checked.

    Attributes:
        path: The file.
        compression: None or "gzip".

    Raises:
        FileNotFoundError, IsADirectoryError: There is no such file.
        UnsupportedError: The path is a pipe or device.

    Reading raises, with path, number of the sample and offset of the member's header:
        TruncatedError: The tar, or its compressed data, is cut short.
        ChecksumError: The compressed data differs from its checksum.
        FormatError: A header is damaged; a sample is split or has a field twice; tars were joined by `cat`.
        UnsupportedError: A member is a link, a device or sparse.
        ValueError: The reader is closed.
    """

    RECORD = "sample"

    def __init__(self, path: str | os.PathLike[str], *, verify: bool = True) -> None:
        self.path = path_of(path)
        storage.require_regular(self.path)
        begin = cache.head(self.path, len(GZIP_SIGNATURE))
        self.compression = "gzip" if begin == GZIP_SIGNATURE else None
        self._file: Mapped | _Streamed | None
        self._file = Mapped(mapped(self.path)) if self.compression is None else _Streamed(self.path)
        self._places: list[Group] | None = None
        self._lock = threading.Lock()

    def __iter__(self) -> Iterator[Record]:
        """Iterate from the first sample; iterators disturb neither each other nor random access."""
        file = self._opened()
        return (_record(group) for group in self._placed(file.walk()))

    def _placed(self, groups: Iterator[Group]) -> Iterator[Group]:
        try:
            yield from groups
        except Error as exc:
            raise exc.at(path=self.path) from exc.__cause__

    def __len__(self) -> int:
        """Count the samples: all headers are read, and a gzipped tar is decompressed, once."""
        return len(self._located())

    def _record(self, file: "Mapped | _Streamed", number: int) -> Record:
        group = self._located()[number]
        try:
            return _record(file.load(group))
        except Error as exc:
            raise exc.at(path=self.path, record=number, offset=group.offset) from exc.__cause__

    def _located(self) -> list[Group]:
        self._opened()
        with self._lock:
            if self._places is None:
                self._places = self._scan()
            return self._places

    def _scan(self) -> list[Group]:
        return list(self._placed(self._opened().scan()))

    def _opened(self) -> "Mapped | _Streamed":
        if self._file is None:
            raise ValueError(f"{self.path}: the reader is closed")
        return self._file

    def close(self) -> None:
        """Let go of the file; records handed out stay valid. A second time does nothing."""
        if isinstance(self._file, _Streamed):
            self._file.close()
        self._file = None


def mapped(path: Path) -> memoryview:
    """Map a file into memory; the view keeps the map alive."""
    with cache.opened(path) as file:
        nbytes = file.seek(0, os.SEEK_END)
        # mmap refuses empty files
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if nbytes else b"")


class Mapped:
    """A plain tar in memory.

    Attributes:
        view: The whole of it.
    """

    def __init__(self, view: memoryview) -> None:
        self.view = view

    def walk(self) -> Iterator[Group]:
        """Yield the samples with views of their data."""
        return tar_members.groups(tar_members.ViewSource(self.view), self._data)

    def scan(self) -> Iterator[Group]:
        """Yield the samples with the places of their data."""
        return tar_members.groups(tar_members.ViewSource(self.view), self._place)

    def load(self, group: Group) -> Group:
        """Return a sample that was scanned with views of its data."""
        views = {field: self.view[start : start + nbytes] for field, (start, nbytes) in group.fields.items()}
        return group._replace(fields=views)

    def _data(self, member: Member) -> memoryview:
        data = self.view[member.start : member.start + member.nbytes]
        _check_whole(member, len(data))
        return data

    def _place(self, member: Member) -> tuple[int, int]:
        _check_whole(member, len(self.view) - member.start)
        return member.start, member.nbytes


class _Streamed:
    """A gzipped tar; positions are those of the decompressed data."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._cursor: Stream | None = None
        self._lock = threading.Lock()

    def walk(self) -> Iterator[Group]:
        return self._walk(_Held().read)

    def scan(self) -> Iterator[Group]:
        return self._walk(_skip)

    def _walk(self, load: Callable[[Stream, Member], Any]) -> Iterator[Group]:
        with closing(Stream(self._path, "gzip")) as stream:
            yield from tar_members.groups(_StreamSource(stream), lambda member: load(stream, member))

    def load(self, group: Group) -> Group:
        check_held(sum(nbytes for _, nbytes in group.fields.values()), f"sample {group.key!r}")
        with self._lock:
            try:
                return group._replace(fields={field: self._load(place) for field, place in group.fields.items()})
            except Error:
                self._drop()
                raise

    def _load(self, place: tuple[int, int]) -> memoryview:
        start, nbytes = place
        if self._cursor is None or self._cursor.position > start:
            self._drop()
            self._cursor = Stream(self._path, "gzip")
        self._cursor.skip(start - self._cursor.position)
        data = self._cursor.read(nbytes)
        if len(data) < nbytes:
            raise TruncatedError(f"{nbytes} bytes announced, {len(data)} are left: the file became shorter")
        return memoryview(data)

    def _drop(self) -> None:
        if self._cursor is not None:
            self._cursor.close()
        self._cursor = None

    def close(self) -> None:
        with self._lock:
            self._drop()


class _StreamSource:
    """A `Source` of bytes that are decompressed."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.read = stream.read

    def seek(self, position: int) -> None:
        self._stream.skip(position - self._stream.position)

    def tell(self) -> int:
        return self._stream.position


class _Held:
    """Reads members, and counts what a sample holds."""

    def __init__(self) -> None:
        self._key = ""
        self._nbytes = 0

    def read(self, stream: Stream, member: Member) -> memoryview:
        self._nbytes = member.nbytes + (self._nbytes if member.key == self._key else 0)
        self._key = member.key
        check_held(self._nbytes, f"sample {member.key!r}")
        data = memoryview(stream.read(member.nbytes))
        _check_whole(member, len(data))
        return data


def _skip(stream: Stream, member: Member) -> tuple[int, int]:
    _check_whole(member, stream.skip(member.nbytes))
    return member.start, member.nbytes


def _check_whole(member: Member, left: int) -> None:
    if left < member.nbytes:
        raise TruncatedError(
            f"member {member.name!r} announces {member.nbytes} bytes, {max(left, 0)} are left{tar_members.REPAIR}",
            offset=member.offset,
        )


def _record(group: Group) -> Record:
    key = group.key.encode("utf-8", "surrogateescape")
    return {KEY: [memoryview(key)]} | {field: [data] for field, data in group.fields.items()}
