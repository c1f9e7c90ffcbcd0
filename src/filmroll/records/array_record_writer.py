"""Write an ArrayRecord file whole or not at all; the layout is drawn in array_record.py."""

import errno
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from types import ModuleType
from typing import Any

from filmroll import atomic
from filmroll.buffer import Buffer
from filmroll.errors import MissingDependencyError, UnsupportedError
from filmroll.records.lifetime import WholeWriter
from filmroll.records.tfrecord_writer import flat
from filmroll.remote.path import path_of

MAX_LEVEL = 22  # of zstd


def require() -> ModuleType:
    """Return the module of the package array_record.

    Raises:
        MissingDependencyError: It is not installed, or does not exist for this system.
    """
    try:
        from array_record.python import array_record_module
    except ImportError as exc:
        raise MissingDependencyError(
            "ArrayRecord files need array_record, which is for Linux and macOS: pip install 'filmroll[array-record]'"
        ) from exc
    return array_record_module  # type: ignore[no-any-return]


class Writer(WholeWriter):
    """Write records to an ArrayRecord file, which appears under its name, whole, when the writer is closed.

    Until then it is written beside its place. If a `with` block ends with an exception, a write fails, or the writer
    is never closed, nothing appears, and what was written is removed. Each record is a group of its own, for random
    access. The smallest file has 128 KiB.

    Args:
        path: The file; its folder must exist.
        level: Of zstd, 1 to 22; None stores records as they are: pictures gain nothing.

    Attributes:
        path: The file.
        count: How many records were written.
        nbytes: How many bytes they have.

    Raises:
        MissingDependencyError: The package array_record is not installed.
        OSError: The folder is absent, the disk is full, ...
        UnsupportedError: There is no such level.
    """

    def __init__(self, path: str | os.PathLike[str], *, level: int | None = None) -> None:
        if level is not None and not 1 <= level <= MAX_LEVEL:
            raise UnsupportedError(f"level {level}: use 1 (fastest) to {MAX_LEVEL} (smallest), or None for none")
        module = require()
        self.path = path_of(path)
        self.count = 0
        self.nbytes = 0
        self._guard = ExitStack()
        file = self._guard.enter_context(atomic.writing(self.path))
        # array_record opens the same file by its name; what is flushed to disk and renamed is what it wrote.
        options = "group_size:1," + ("uncompressed" if level is None else f"zstd:{level}")
        self._file: Any = module.ArrayRecordWriter(file.name, options)
        self._closed = False

    def write(self, record: Buffer | Sequence[Buffer], *, key: str | None = None) -> None:
        """Append one record.

        Args:
            record: Its bytes, or buffers whose concatenation it is.
            key: Of no effect: records have no keys.

        Raises:
            TypeError: `record` is something else; nothing is written.
            OSError: It cannot be written; the file is given up.
            ValueError: The writer is closed.
        """
        self._require_open()
        data = record if isinstance(record, bytes) else b"".join(flat(record))
        self._call(lambda: self._file.write(data))
        self.count += 1
        self.nbytes += len(data)

    def _call(self, call: Callable[[], None]) -> None:
        try:
            call()
        except RuntimeError as exc:
            error = OSError(errno.EIO, str(exc), str(self.path))
            self._discard(error)
            raise error from exc

    def close(self) -> None:
        """Finish the file, flush it to disk, give it its name. A second time does nothing.

        Raises:
            OSError: One of these failed; nothing appears under the name.
        """
        if self._closed:
            return
        self._call(self._file.close)
        self._closed = True
        self._guard.close()

    def _discard(self, reason: BaseException) -> None:
        with suppress(RuntimeError):  # the disk may be full still
            self._file.close()
        super()._discard(reason)
