"""What happened to each picture: counts in, counts out, and a line for everything out of the ordinary."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from filmroll.errors import Error
from filmroll.schema import Layout, Schema, schema_of_layouts

Action = Literal["kept", "changed", "skipped"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something out of the ordinary about one picture.

    Attributes:
        path: The file.
        kind: "mislabelled", "cmyk", "rotated", "animated", "transparent", "unreadable", "outside" (a box),
            "re-encoded" or "damaged".
        action: What was done: "kept" as it is, "changed", or "skipped".
        detail: What was found, in words.
    """

    path: str
    kind: str
    action: Action
    detail: str


@dataclass(slots=True)
class Copied:
    """What the pictures cost that were encoded again because smaller or seekable ones were asked for.

    Attributes:
        pictures: Their number.
        source_nbytes: Bytes of their files.
        nbytes: Bytes of the copies.
        marker_nbytes: Bytes of these that are restart markers, and the index of them; what is encoded anew behind each
            marker, and the bits that fill the byte before it, cost half as much again.
    """

    pictures: int = 0
    source_nbytes: int = 0
    nbytes: int = 0
    marker_nbytes: int = 0

    def add(self, other: "Copied") -> None:
        """Add what another one counted."""
        self.pictures += other.pictures
        self.source_nbytes += other.source_nbytes
        self.nbytes += other.nbytes
        self.marker_nbytes += other.marker_nbytes


@dataclass(slots=True)
class Report:
    """What a pack read and wrote.

    Attributes:
        read: Pictures found.
        written: Pictures written.
        changed: Pictures of these whose bytes are not the file's.
        skipped: Pictures found and not written; read = written + skipped.
        nbytes: Bytes of the shards.
        copied: Pictures of those changed that are smaller or seekable copies.
        shards: Paths of the shards.
        findings: What was out of the ordinary, by file.
        ignored: Files that are no pictures by content or by name, and those that are not meant.
        remarks: What is out of the ordinary about the source, such as classes without a picture; a sentence each.
        lost: What the dialect does not hold and was left out as asked: "boxes", "mask", ...
        resumed: Shards of these that an earlier run had finished before it was interrupted.
    """

    read: int = 0
    written: int = 0
    changed: int = 0
    skipped: int = 0
    nbytes: int = 0
    copied: Copied = field(default_factory=Copied)
    shards: list[Path] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    resumed: int = 0
    remarks: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every picture that was found was written."""
        return self.read == self.written

    def merge(self, other: "Report") -> None:
        """Add what another report counted."""
        for name in ("read", "written", "changed", "skipped", "nbytes", "resumed"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.copied.add(other.copied)
        self.shards += other.shards
        self.findings += other.findings
        self.ignored += other.ignored
        self.remarks += other.remarks
        self.lost += other.lost

    def kinds(self) -> dict[str, int]:
        """Count the findings: `{"rotated, kept": 3}`."""
        return dict(Counter(f"{one.kind}, {one.action}" for one in self.findings))

    def to_json(self) -> dict[str, Any]:
        """Return the report as plain JSON values."""
        return {
            "read": self.read,
            "written": self.written,
            "changed": self.changed,
            "skipped": self.skipped,
            "nbytes": self.nbytes,
            "copied": asdict(self.copied),
            "shards": [str(path) for path in self.shards],
            "findings": [
                {"path": one.path, "kind": one.kind, "action": one.action, "detail": one.detail}
                for one in self.findings
            ],
            "ignored": self.ignored,
            "remarks": self.remarks,
            "lost": self.lost,
            "resumed": self.resumed,
        }


@dataclass(frozen=True, slots=True)
class Written:
    """One shard that was written.

    Attributes:
        report: What happened to its pictures.
        layouts: Layouts of the features -> number of records; none where they were copied unseen.
        shard: Its entry in the manifest.
        digest: Of what it was made from.
        left_out: Numbers of records that are damaged, with the errors; not kept by `to_json`.
    """

    report: Report
    layouts: Counter[Layout]
    shard: dict[str, Any]
    digest: str
    left_out: list[tuple[int, Error]] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return all of it as plain JSON values."""
        layouts = [[layout, records] for layout, records in self.layouts.items()]
        return {"shard": self.shard, "digest": self.digest, "layouts": layouts, "report": self.report.to_json()}

    @classmethod
    def from_json(cls, document: Mapping[str, Any], *, path: Path) -> "Written":
        """Return what `to_json` told, of a shard that an earlier run has written under this path.

        Raises:
            ValueError, KeyError, TypeError: It is no such document.
        """
        told = document["report"]
        report = Report(
            **{name: told[name] for name in ("read", "written", "changed", "skipped", "nbytes", "ignored", "lost")},
            copied=Copied(**told["copied"]),
            shards=[path],
            findings=[Finding(**finding) for finding in told["findings"]],
            resumed=1,
        )
        layouts = Counter({tuple(map(tuple, layout)): records for layout, records in document["layouts"]})
        return cls(report, layouts, document["shard"], document["digest"])


def total(written: Sequence[Written]) -> tuple[Report, Schema]:
    """Add up what was counted of all shards, and what is known of their features."""
    report, layouts = Report(), Counter[Layout]()
    for one in written:
        report.merge(one.report)
        layouts.update(one.layouts)
    report.findings.sort(key=lambda finding: (finding.kind, _as_counted(finding.path)))
    return report, schema_of_layouts(layouts)


def _as_counted(path: str) -> str:
    """Return what sorts as people count: record 2 before record 10."""
    return re.sub("[0-9]+", lambda digits: digits[0].zfill(20), path)
