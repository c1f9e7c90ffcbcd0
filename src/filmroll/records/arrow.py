"""pyarrow, which the extra `parquet` installs: what is missing without it, and what its errors mean."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from filmroll.errors import ChecksumError, Error, FormatError, LimitError, MissingDependencyError, UnsupportedError


def require() -> ModuleType:
    """Return pyarrow.parquet.

    Raises:
        MissingDependencyError: It is not installed.
    """
    try:
        from pyarrow import parquet
    except ImportError as exc:
        raise MissingDependencyError("Parquet files need pyarrow: pip install 'filmroll[parquet]'") from exc
    return parquet  # type: ignore[no-any-return]


@contextmanager
def reading() -> Iterator[None]:
    """Turn pyarrow's errors about the bytes of a file into filmroll's; those of the system stay.

    Raises:
        ChecksumError: A page differs from its checksum.
        UnsupportedError: The file uses what this pyarrow has not.
        FormatError: The file is damaged in any other way.
    """
    import pyarrow as pa

    try:
        yield
    except Error:
        raise
    except pa.ArrowNotImplementedError as exc:
        raise UnsupportedError(f"pyarrow cannot read this Parquet: {_first_line(exc)}") from exc
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as exc:
        if isinstance(exc, OSError) and exc.errno not in (None, errno.EINVAL):
            raise
        kind = ChecksumError if "checksum" in str(exc).lower() or "crc" in str(exc).lower() else FormatError
        raise kind(f"the Parquet data is damaged: {_first_line(exc)}") from exc


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn pyarrow's refusals to write into filmroll's errors.

    Args:
        path: The file.

    Raises:
        LimitError: The values of one row group are more than Arrow holds.
        OSError: The disk is full, ...; it names the file.
    """
    import pyarrow as pa

    try:
        yield
    except pa.ArrowCapacityError as exc:
        raise LimitError(f"a value is larger than Arrow holds, 2**31 - 1 bytes: {_first_line(exc)}") from exc
    except OSError as exc:
        if exc.filename is not None:
            raise
        raise OSError(exc.errno, exc.strerror or _first_line(exc), str(path)) from exc


def _first_line(exc: BaseException) -> str:
    return str(exc).partition("\n")[0]
