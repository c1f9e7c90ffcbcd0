"""What happened to each picture: counts in, counts out, and a line for everything out of the ordinary."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Action = Literal["kept", "changed", "skipped"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something out of the ordinary about one picture.

    Attributes:
        path: The file.
        kind: "mislabelled", "cmyk", "rotated", "unreadable" or "re-encoded".
        action: What was done: "kept" as it is, "changed", or "skipped".
        detail: What was found, in words.
    """

    path: str
    kind: str
    action: Action
    detail: str


@dataclass(slots=True)
class Report:
    """What a pack read and wrote.

    Attributes:
        read: Pictures found.
        written: Pictures written.
        changed: Pictures of these whose bytes are not the file's.
        skipped: Pictures found and not written; read = written + skipped.
        nbytes: Bytes of the shards.
        shards: Paths of the shards.
        findings: What was out of the ordinary, by file.
        ignored: Files that are no pictures by content or by name.
    """

    read: int = 0
    written: int = 0
    changed: int = 0
    skipped: int = 0
    nbytes: int = 0
    shards: list[Path] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every picture that was found was written."""
        return self.read == self.written

    def merge(self, other: "Report") -> None:
        """Add what another report counted."""
        for name in ("read", "written", "changed", "skipped", "nbytes"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.shards += other.shards
        self.findings += other.findings
        self.ignored += other.ignored

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
            "shards": [str(path) for path in self.shards],
            "findings": [
                {"path": one.path, "kind": one.kind, "action": one.action, "detail": one.detail}
                for one in self.findings
            ],
            "ignored": self.ignored,
        }
