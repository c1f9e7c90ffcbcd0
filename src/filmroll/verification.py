"""Are these records whole: both checksums of each, the message, the picture's header."""

from dataclasses import dataclass, field
from typing import Any

from filmroll import dataset
from filmroll.errors import Error
from filmroll.records import storage
from filmroll.records.kinds import Choice, Record
from filmroll.records.shards import Place


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a record.

    Attributes:
        path: The file.
        record: Number of the record in it, or None where it is the file.
        offset: Offset of the record in bytes, or None.
        error: What was found and expected.
    """

    path: str
    record: int | None
    offset: int | None
    error: str


@dataclass(slots=True)
class Verification:
    """What `verify` found.

    Attributes:
        shards: Number of files.
        records: Records read, sound ones and others.
        pictures: Records that hold a picture.
        nbytes: Bytes of the files.
        faults: What is wrong; empty where nothing is.
    """

    shards: int = 0
    records: int = 0
    pictures: int = 0
    nbytes: int = 0
    faults: list[Fault] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return the findings as plain JSON values."""
        faults = [
            {"path": one.path, "record": one.record, "offset": one.offset, "error": one.error} for one in self.faults
        ]
        return {
            "shards": self.shards,
            "records": self.records,
            "pictures": self.pictures,
            "nbytes": self.nbytes,
            "faults": faults,
        }


def verify(
    paths: storage.Paths,
    *,
    dialect: str | None = None,
    compression: Choice = "auto",
    decode: bool = False,
) -> Verification:
    """Check every record: both checksums, the message, the picture's header.

    A file whose framing is broken is checked up to there: what comes after cannot be told apart from its data.

    Args:
        paths: A file, a pattern (`train-*.tfrecord`), a folder, or several of these.
        dialect: How the features are named; None finds out.
        compression: "gzip", "zlib", None, or "auto" to tell it by each file's first bytes.
        decode: Decode each picture whole, not only its header.

    Returns:
        Counts and faults; nothing is raised for damaged data.

    Raises:
        FileNotFoundError, SourceError: There are no such files.
    """
    found = Verification()
    for path in storage.expand(paths):
        found.shards += 1
        found.nbytes += storage.nbytes_of(path)
        try:
            with dataset.open(path, dialect=dialect, compression=compression) as roll:
                for place, record in roll.records():
                    found.records += 1
                    _check(found, roll, place, record, decode=decode)
        except Error as exc:
            found.faults.append(Fault(str(path), exc.record, exc.offset, exc.message))
    return found


def _check(found: Verification, roll: dataset.Dataset, place: Place, record: Record, *, decode: bool) -> None:
    if roll.message_kind is None:
        return
    try:
        sample = roll.to_sample(place, roll.parse(place, record))
        if sample.has_image:
            found.pictures += 1
            _ = sample.decode() if decode else sample.array is None and sample.header
    except Error as exc:
        found.faults.append(Fault(str(roll.paths[place.shard]), place.number, None, exc.message))
