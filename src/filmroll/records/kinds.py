"""Which kind of record file a path is, told by its first bytes, never by its name; and what reads it.

tfrecord      any other file         opaque bytes, framed with checksums
array_record  Riegeli's signature    opaque bytes, compressed in chunks
lmdb          a folder with data.mdb, or that file      opaque bytes by key
tar           a tar header, plain or gzipped            fields by name: WebDataset
parquet       b"PAR1"                                   columns by name: Hugging Face
"""

import os
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from filmroll.records import tfrecord
from filmroll.records.compression import Compression
from filmroll.records.framing import Int64Array
from filmroll.records.lifetime import NumberedReader

Kind = Literal["tfrecord", "array_record", "lmdb", "tar", "parquet"]
KINDS: tuple[Kind, ...] = ("tfrecord", "array_record", "lmdb", "tar", "parquet")
HEAD_NBYTES = 4096
Choice = Compression | Literal["auto"] | None
Record = Any
"""A memoryview of the bytes; of tar and Parquet, which name their fields, a dict: name -> memoryviews, or an array."""


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
    from filmroll.records import array_record, lmdb_pages, parquet, tar  # not needed before a file is looked at

    path = Path(path)
    if path.is_dir():
        return "lmdb"
    with open(path, "rb") as file:
        head = file.read(HEAD_NBYTES)
    if parquet.recognise(head):
        return "parquet"
    if lmdb_pages.recognise(head):
        return "lmdb"
    if head.startswith(array_record.SIGNATURE[:8]):
        return "array_record"  # and if it is cut short, it says so
    return "tar" if head and tar.recognise(head) else "tfrecord"


def open_reader(path: Path, *, kind: Kind, compression: Choice = "auto", verify: bool = True) -> NumberedReader[Any]:
    """Open one file of a known kind.

    Raises:
        OSError: It cannot be read.
        FormatError: It is not of that kind.
        MissingDependencyError: The kind needs an extra that is not installed.
    """
    if kind == "tfrecord":
        return tfrecord.Reader(path, compression=compression, verify=verify)
    module = import_module(f"filmroll.records.{kind}")  # some need packages that are slow to import, or not there
    reader: NumberedReader[Any] = module.Reader(path, verify=verify)
    return reader
