"""What a repair kept and what was lost, with places.

gap         bytes that belong to no record that was found
bad data    a record whose data differs from its checksum
left out    sound bytes that no clean copy can have: what is left of a sample, for one
stream      a compressed file ends early
"""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

Kind = Literal["gap", "bad data", "left out", "stream"]


@dataclass(frozen=True, slots=True)
class Loss:
    """Bytes of a file that are in no record of the clean copy.

    Attributes:
        path: The damaged file.
        kind: What was lost.
        record: Number of the record in the damaged file, counting those that were found.
        offset: Where the bytes begin; in the decompressed data, if the file is compressed.
        nbytes: Their number.
        records: Records that were lost there; None where nobody knows.
        doubtful: Sound frames among the bytes that seem to be a part of a damaged record, and were left out.
        error: What is wrong.
        keys: Of records that lost something there, as far as anything tells; of files without keys there are none.
    """

    path: str
    kind: Kind
    record: int
    offset: int
    nbytes: int
    records: int | None
    doubtful: int
    error: str
    keys: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Repaired:
    """What a repair kept and lost.

    Attributes:
        shards: The clean copies.
        kept: Records in them.
        headless: Records of these whose header was overwritten: their checksum told where they are.
        lost: Records that are not; where nobody knows how many there were, one is counted for each gap.
        lost_is_exact: Whether the number of records before the damage is known, from index or `filmroll.json`.
        lost_nbytes: Bytes of the damaged files that are in no record kept.
        losses: Where they are.
        bad_data: Paths of the files with records whose data differs from its checksum, where they were to be kept.
        bad_indexes: Indexes beside the damaged files that are wrong; those beside the copies are new.
        without_checksums: Kinds of those files that keep no checksums: changed bytes of a picture may go unnoticed.
    """

    shards: list[Path] = field(default_factory=list)
    kept: int = 0
    headless: int = 0
    lost: int = 0
    lost_is_exact: bool = True
    lost_nbytes: int = 0
    losses: list[Loss] = field(default_factory=list)
    bad_data: list[Path] = field(default_factory=list)
    bad_indexes: list[Path] = field(default_factory=list)
    without_checksums: set[str] = field(default_factory=set)

    def merge(self, other: "Repaired") -> None:
        """Add what was found in another file."""
        for name in ("shards", "kept", "headless", "lost", "lost_nbytes", "losses", "bad_data", "bad_indexes"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.without_checksums |= other.without_checksums
        self.lost_is_exact = self.lost_is_exact and other.lost_is_exact

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return {
            "shards": [str(path) for path in self.shards],
            "kept": self.kept,
            "headless": self.headless,
            "lost": self.lost,
            "lost_is_exact": self.lost_is_exact,
            "lost_nbytes": self.lost_nbytes,
            "losses": [asdict(loss) for loss in self.losses],
            "bad_data": [str(path) for path in self.bad_data],
            "bad_indexes": [str(path) for path in self.bad_indexes],
            "without_checksums": sorted(self.without_checksums),
        }
