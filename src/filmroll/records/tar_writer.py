"""Write a WebDataset tar whole or not at all; the layout is drawn in tar_members.py.

Equal samples make equal bytes: every header has time 0, owner 0 and mode 0444. Names are ustar's where they fit, and
in a pax header where they are long or no ASCII.
"""

import os
import tarfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any, Literal

from filmroll import atomic
from filmroll.buffer import Buffer
from filmroll.errors import EncodeError
from filmroll.records import compression as compressions
from filmroll.records.lifetime import WholeWriter
from filmroll.records.tar_members import BLOCK_NBYTES, KEY, split
from filmroll.records.write_behind import WriteBehind
from filmroll.remote.path import path_of

END_NBYTES = 2 * BLOCK_NBYTES
RECORD_NBYTES = 20 * BLOCK_NBYTES  # what tapes were written in, and tars are still padded to
GZIP_SUFFIXES = (".tgz", ".gz")


class Writer(WholeWriter):
    """Write samples to a tar, which appears under its name, whole, when the writer is closed.

    Until then it is written beside its place. If a `with` block ends with an exception, a write fails, or the writer
    is never closed, nothing appears, and what was written is removed.

    Args:
        path: The file; its folder must exist.
        compression: None, "gzip", or "auto" for gzip where the name ends in .tgz or .gz. A gzipped tar has no random
            access, and pictures gain nothing.

    Attributes:
        path: The file.
        count: How many samples were written.
        nbytes: How many bytes they take, before compression.

    Raises:
        OSError: The folder is absent, the disk is full, ...
        UnsupportedError: `compression` is unknown.
    """

    def __init__(self, path: str | os.PathLike[str], *, compression: Literal["auto", "gzip"] | None = "auto") -> None:
        self.path = path_of(path)
        self.count = 0
        self.nbytes = 0
        named = "gzip" if self.path.suffix.lower() in GZIP_SUFFIXES else None
        kind = compressions.parse_name(named if compression == "auto" else compression)
        self._seen: set[str] = set()
        self._guard = ExitStack()
        file = self._guard.enter_context(WriteBehind(self._guard.enter_context(atomic.writing(self.path))))
        self._sink = file if kind is None else compressions.Sink(file, kind, level=None)
        self._closed = False

    def write(self, record: Mapping[str, Any], *, key: str | None = None) -> None:
        """Append one sample.

        Args:
            record: Field -> its bytes, or a list of just that, in the order wanted; "__key__" -> the key. Fields are
                in small letters and have no slash; there is one at least.
            key: The key of a record without "__key__". Without either it is the number of the sample, 000000017.

        Raises:
            EncodeError: The key has a dot in its last part or is unfit otherwise, or was written before; a field's
                name or value is unfit. Nothing of the sample is written.
            OSError: It cannot be written; the file is given up.
            ValueError: The writer is closed.
        """
        self._require_open()
        name = self._name(record.get(KEY), key)
        members = [(f"{name}.{field}", _data(value, field)) for field, value in record.items() if field != KEY]
        self._check(name, [member for member, _ in members], [field for field in record if field != KEY])
        buffers = [piece for member, data in members for piece in _framed(member, data)]
        self._write(buffers)
        self._seen.add(name)
        self.count += 1

    def copy(self, members: memoryview) -> None:
        """Append whole members as they stand in another tar, headers and all; the last may lack its padding.

        They are not looked at: nothing keeps their keys from being written once more.

        Raises:
            OSError: They cannot be written; the file is given up.
            ValueError: The writer is closed.
        """
        self._require_open()
        self._write([members, bytes(-len(members) % BLOCK_NBYTES)])

    def _name(self, own: Any, given: str | None) -> str:
        if own is not None:
            return bytes(_data(own, KEY)).decode("utf-8", "surrogateescape")
        return given or f"{self.count:09d}"

    def _check(self, key: str, members: Sequence[str], fields: Sequence[str]) -> None:
        if not fields:
            raise EncodeError(f"sample {key!r} has no field, and a tar cannot hold a key alone", path=self.path)
        for member, field in zip(members, fields, strict=True):
            if split(member) != (key, field) or "\0" in member:
                raise EncodeError(
                    f"member {member!r} would not be read as key {key!r} and field {field!r}: the last part of a key"
                    " has no dot and is not empty, a field is in small letters and has no slash",
                    path=self.path,
                )
        if key in self._seen:
            raise EncodeError(f"key {key!r} was written before; each sample has a key of its own", path=self.path)

    def _write(self, buffers: Sequence[Buffer]) -> None:
        try:
            for buffer in buffers:
                self._sink.write(buffer)
                self.nbytes += len(buffer)
        except BaseException as exc:
            self._discard(exc)  # nobody knows how much of the sample is on the disk
            raise

    def close(self) -> None:
        """Finish the file, flush it to disk, give it its name. A second time does nothing.

        Raises:
            OSError: One of these failed; nothing appears under the name.
        """
        if self._closed:
            return
        self._write([bytes(END_NBYTES + -(self.nbytes + END_NBYTES) % RECORD_NBYTES)])
        try:
            if isinstance(self._sink, compressions.Sink):
                self._sink.finish()
        except BaseException as exc:
            self._discard(exc)
            raise
        self._closed = True
        self._guard.close()


def _data(value: Any, field: str) -> Buffer:
    data = value[0] if isinstance(value, list | tuple) and len(value) == 1 else value
    if not isinstance(data, bytes | bytearray | memoryview):
        found = f"{len(value)} values" if isinstance(value, list | tuple) else type(value).__name__
        raise EncodeError(f"field {field!r} is {found}; a member of a tar is one value of bytes")
    return data if isinstance(data, bytes) else memoryview(data).cast("B")


def _framed(name: str, data: Buffer) -> list[Buffer]:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), 0o444
    try:
        header = info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")
    except UnicodeEncodeError as exc:
        raise EncodeError(f"member {name!r} has a name that is no text") from exc
    return [header, data, bytes(-len(data) % BLOCK_NBYTES)]
