"""What `verify` found: faults, each with its place, and what is there twice."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a record, or a file.

    Attributes:
        path: The file.
        record: Number of the record in it, counting those that were found, or None where it is the file.
        offset: Offset of the record in bytes, in the decompressed data if the file is compressed, or None.
        error: What was found and expected.
        nbytes: Bytes concerned, framing included, or None.
    """

    path: str
    record: int | None
    offset: int | None
    error: str
    nbytes: int | None = None


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A record that has the key or the picture of an earlier one. Data sets may hold such; it is no fault.

    Attributes:
        what: "key" or "picture".
        path, record: The record.
        first_path, first_record: The first one that has it.
    """

    what: Literal["key", "picture"]
    path: str
    record: int
    first_path: str
    first_record: int


@dataclass(slots=True)
class Verification:
    """What `verify` found.

    Attributes:
        shards: Number of files.
        records: Records found, sound ones and others.
        pictures: Records that hold a picture.
        nbytes: Bytes of the files.
        faults: What is wrong; empty where nothing is.
        duplicates: Records whose key or picture is that of an earlier one.
        without_checksums: Kinds of those files that keep no checksums: changed bytes of a picture may go unnoticed.
    """

    shards: int = 0
    records: int = 0
    pictures: int = 0
    nbytes: int = 0
    faults: list[Fault] = field(default_factory=list)
    duplicates: list[Duplicate] = field(default_factory=list)
    without_checksums: set[str] = field(default_factory=set)

    def to_json(self) -> dict[str, Any]:
        """Return the findings as plain JSON values."""
        return {
            "shards": self.shards,
            "records": self.records,
            "pictures": self.pictures,
            "nbytes": self.nbytes,
            "faults": [asdict(fault) for fault in self.faults],
            "duplicates": [asdict(duplicate) for duplicate in self.duplicates],
            "without_checksums": sorted(self.without_checksums),
        }
