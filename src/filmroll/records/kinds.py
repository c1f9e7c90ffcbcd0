"""Which kind of record file a path is, told by its first bytes, never by its name; and what reads it.

tfrecord      any other file         opaque bytes, framed with checksums
array_record  Riegeli's signature    opaque bytes, compressed in chunks
lmdb          a folder with data.mdb, or that file      opaque bytes by key
tar           a tar header, plain or gzipped            fields by name: WebDataset
parquet       b"PAR1"                                   columns by name: Hugging Face
"""

import os
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from filmroll.records import tfrecord
from filmroll.records.compression import Compression
from filmroll.records.framing import Int64Array

Kind = Literal["tfrecord", "array_record", "lmdb", "tar", "parquet"]
KINDS: tuple[Kind, ...] = ("tfrecord", "array_record", "lmdb", "tar", "parquet")
NAMED_RECORDS: tuple[Kind, ...] = ("tar", "parquet")  # their records are fields by name, not bytes
HEAD_NBYTES = 4096
PARQUET_SIGNATURE = b"PAR1"
RIEGELI_SIGNATURE = bytes.fromhex("83af70d10d884a3f")  # hash of the first block header, alike in every file
Choice = Compression | Literal["auto"] | None
Record = Any
"""A memoryview of the bytes; of the kinds in NAMED_RECORDS a dict: name -> list of memoryviews, or array of numbers."""


class RecordReader(Protocol):
    """What reads the records of one file, whatever its kind."""

    def __len__(self) -> int: ...
    def __getitem__(self, number: int) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def read(self, numbers: Sequence[int]) -> list[Any]:
        """Return records by their numbers, in the order given."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...


@runtime_checkable
class SpannedReader(Protocol):
    """A reader whose records lie in the file as they are."""

    def spans(self, numbers: Int64Array) -> tfrecord.Spans:
        """Return where the data of records lies."""
        ...


def kind_of(path: str | os.PathLike[str]) -> Kind:
    """Tell the kind of a record file, or of a folder that is an LMDB environment.

    Raises:
        OSError: It cannot be read.
    """
    from filmroll.records import lmdb, tar

    path = Path(path)
    if path.is_dir():
        return "lmdb"
    with open(path, "rb") as file:
        head = file.read(HEAD_NBYTES)
    if head.startswith(PARQUET_SIGNATURE):
        return "parquet"
    if lmdb.recognise(head):
        return "lmdb"
    if head.startswith(RIEGELI_SIGNATURE):
        return "array_record"
    return "tar" if head and tar.recognise(head) else "tfrecord"


def open_reader(path: Path, *, kind: Kind, compression: Choice = "auto", verify: bool = True) -> RecordReader:
    """Open one file of a known kind.

    Raises:
        OSError: It cannot be read.
        FormatError: It is not of that kind.
        MissingDependencyError: The kind needs an extra that is not installed.
    """
    if kind == "tfrecord":
        return tfrecord.Reader(path, compression=compression, verify=verify)
    module = import_module(f"filmroll.records.{kind}")  # some need packages that are slow to import, or not there
    reader: RecordReader = module.Reader(path, verify=verify)
    return reader


def compression_of(reader: RecordReader) -> str | None:
    """Return the compression of the whole file, where there is one: reading it by number goes through a position."""
    found: str | None = getattr(reader, "compression", None)
    return found


def key_of(reader: RecordReader, number: int) -> bytes | None:
    """Return the key of a record, where the kind keeps records by key."""
    key = getattr(reader, "key", None)
    return None if key is None else key(number)
