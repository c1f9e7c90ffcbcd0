"""Which kind of record file a path is, told by its first bytes, never by its name; and what reads it.

tfrecord      any other file         opaque bytes, framed with checksums
array_record  Riegeli's signature    opaque bytes, compressed in chunks
lmdb          a folder with data.mdb, or that file      opaque bytes by key
tar           a tar header, plain or gzipped            fields by name: WebDataset
parquet       b"PAR1"                                   columns by name: Hugging Face
"""

import operator
import os
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

from filmroll.errors import FormatError
from filmroll.records import cache, compression, storage, strangers, tfrecord
from filmroll.records.compression import PROBE_NBYTES, Compression
from filmroll.records.framing import Int64Array
from filmroll.records.lifetime import NumberedReader
from filmroll.remote.path import path_of

Kind = Literal["tfrecord", "array_record", "lmdb", "tar", "parquet"]
KINDS: tuple[Kind, ...] = ("tfrecord", "array_record", "lmdb", "tar", "parquet")
SALVAGED = {"tar": "tar_salvaged", "array_record": "array_record_salvaged"}
HEAD_NBYTES = 4096
DAMAGED_NBYTES = 16  # of a signature at most, where it is known in spite of that
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
        UnsupportedError: It is a pipe or a device.
        FormatError: It is no record file, but something else that is known.
    """
    path = path_of(path)
    if path.is_dir():
        return "lmdb"
    storage.require_regular(path)
    head = cache.head(path, HEAD_NBYTES)
    kind = recognise(head)
    if kind == "tar" and _is_unfilled(path, head):
        kind = "tfrecord"  # whose beginning was zeroed, or which was never filled
    stranger = _stranger(head, kind)
    if stranger is not None:
        raise FormatError(f"no record file but {stranger}", path=path)
    return kind or _damaged(head) or "tfrecord"


def _stranger(head: bytes, kind: Kind | None) -> str | None:
    if kind is None:
        return strangers.describe(head)
    content = compression.beginning(head, nbytes=PROBE_NBYTES)
    if kind != "tfrecord" or compression.begins_with_records(content):
        return None
    stranger = strangers.describe(content)
    return stranger and f"{compression.detect(head)} data of {stranger}"


def _damaged(head: bytes) -> Kind | None:
    """Tell the kind of a file by what is left of the signature that it should begin with."""
    from filmroll.records import array_record, tar_pieces  # not needed before

    signature = array_record.SIGNATURE
    if len(head) >= len(signature) and sum(map(operator.eq, head, signature)) >= len(signature) - DAMAGED_NBYTES:
        return "array_record"
    return "tar" if tar_pieces.MAGIC.match(head, tar_pieces.MAGIC_OFFSET) else None


def _is_unfilled(path: Path, head: bytes) -> bool:
    from filmroll.records import tar_members  # not needed before

    return not any(head) and storage.nbytes_of(path) > tar_members.EMPTY_NBYTES


def recognise(head: bytes) -> Kind | None:
    """Tell the kind of a record file by its first bytes; None where they are none of a sound one."""
    from filmroll.records import array_record, lmdb_pages, parquet, tar  # not needed before a file is looked at

    if parquet.recognise(head):
        return "parquet"
    if lmdb_pages.recognise(head):
        return "lmdb"
    if head.startswith(array_record.SIGNATURE[:8]):
        return "array_record"  # and if it is cut short, it says so
    if head and tar.recognise(head):
        return "tar"
    return "tfrecord" if compression.begins_with_records(head) else None


def open_reader(
    path: Path, *, kind: Kind, compression: Choice = "auto", verify: bool = True, salvage: bool = False
) -> NumberedReader[Any]:
    """Open one file of a known kind; if it is to be salvaged, and its kind allows that, for the records that are left.

    Raises:
        OSError: It cannot be read.
        FormatError: It is not of that kind.
        MissingDependencyError: The kind needs an extra that is not installed.
    """
    if kind == "tfrecord" and salvage:
        from filmroll.records import salvaged  # of use for few files

        return salvaged.Reader(path, compression=compression, verify=verify)
    if kind == "tfrecord":
        return tfrecord.Reader(path, compression=compression, verify=verify)
    name = SALVAGED.get(kind, kind) if salvage else kind
    module = import_module(f"filmroll.records.{name}")  # some need packages that are slow to import, or not there
    reader: NumberedReader[Any] = module.Reader(path, verify=verify)
    return reader
