"""What can go wrong, and where.

Error:
├── FormatError (ValueError)      the bytes are not what their format says
│   ├── TruncatedError            they end too early
│   ├── ChecksumError             they differ from their checksum
│   └── ParseError                they are no message, index or header of the kind expected
├── DecodeError (ValueError)      the bytes are no picture that can be decoded
├── EncodeError (ValueError)      the array cannot be stored in that format
├── LimitError (ValueError)       a size announced is above the limit that the caller set
├── SourceError (ValueError)      nothing to read was found there, or not what was asked for
├── UnsupportedError (ValueError) a format, option or combination that filmroll does not have
├── LostProcessError (ChildProcessError)  a process at work for this one has ended
└── MissingDependencyError (ImportError)  an extra is not installed

DamageWarning (UserWarning)      something damaged was left out, as was asked for
StaleWarning (UserWarning)       a shard of an earlier pack is among those that are read

The class says whose fault it is; `path`, `record` and `offset` say where.
"""

import os
from typing import Self


class Error(Exception):
    """Root of every error that filmroll raises on purpose.

    Attributes:
        message: What was found, what was expected, what to do.
        path: The file concerned, or None.
        record: Number of the record in that file, from 0, or None.
        offset: Offset of the record in that file, in bytes, or None.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str | os.PathLike[str] | None = None,
        record: int | None = None,
        offset: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.path = None if path is None else os.fspath(path)
        self.record = record
        self.offset = offset

    def at(
        self,
        *,
        path: str | os.PathLike[str] | None = None,
        record: int | None = None,
        offset: int | None = None,
    ) -> Self:
        """Fill in the parts of the place that are not known yet, and return the error itself."""
        if self.path is None and path is not None:
            self.path = os.fspath(path)
        self.record = record if self.record is None else self.record
        self.offset = offset if self.offset is None else self.offset
        return self

    def __str__(self) -> str:
        """Write `path: record R at offset O: message`, leaving out what is unknown."""
        place = " ".join(
            word
            for word in (
                None if self.record is None else f"record {self.record}",
                None if self.offset is None else f"at offset {self.offset}",
            )
            if word is not None
        )
        return ": ".join(part for part in (self.path, place, self.message) if part)

    def __reduce__(self) -> tuple[object, ...]:
        """Let the error cross a process boundary with its place."""
        return type(self), (self.message,), self.__dict__


class FormatError(Error, ValueError):
    """The bytes are not what their format says."""


class TruncatedError(FormatError):
    """The bytes end before the end that they announce."""


class ChecksumError(FormatError):
    """The bytes differ from their checksum."""


class ParseError(FormatError):
    """The bytes are no message, index or header of the expected kind."""


class DecodeError(Error, ValueError):
    """The bytes are no picture that can be decoded."""


class EncodeError(Error, ValueError):
    """The array cannot be stored in that format."""


class LimitError(Error, ValueError):
    """A size announced in the data is above the limit that the caller set."""


class SourceError(Error, ValueError):
    """Nothing to read was found there, or not what was asked for."""


class UnsupportedError(Error, ValueError):
    """A format, an option or a combination that filmroll does not have."""


class LostProcessError(Error, ChildProcessError):
    """A process that works for this one has ended before its work was done."""


class MissingDependencyError(Error, ImportError):
    """A package of an extra is needed and not installed."""


class DamageWarning(UserWarning):
    """Something damaged was left out, as was asked for; given once, however much it is."""


class StaleWarning(UserWarning):
    """A shard of an earlier pack is among those that a pattern or a folder stands for; it is read with them."""
