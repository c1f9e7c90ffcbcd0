"""One record as it is looked at: damage is part of it, never an exception."""

from dataclasses import dataclass, field
from functools import cached_property

from filmroll import codecs
from filmroll.errors import Error
from filmroll.messages import Features
from filmroll.sample import Sample

BYTES = "record"  # the feature that stands for a record without any: its bytes


@dataclass(eq=False)
class Entry:
    """One record, as far as it can be read.

    Attributes:
        number: Its number among all that is looked at, from 0.
        place: Where it is: file and number in it.
        features: What it says; its bytes as "record" where they are no message.
        sample: The picture and its parts; an empty one where that cannot be told.
        fault: What is wrong with it, or None.
    """

    number: int
    place: str
    features: Features = field(default_factory=dict)
    sample: Sample = field(default_factory=Sample)
    fault: str | None = None

    @cached_property
    def header(self) -> codecs.Header | None:
        """What the encoded picture says of itself; None where there is none, or it says nothing readable."""
        try:
            return self.sample.header
        except Error:
            return None

    @property
    def format(self) -> str:
        """Name of the picture's format: "jpeg", "array uint8", "unreadable", or "" where there is no picture."""
        if self.sample.array is not None:
            return f"array {self.sample.array.dtype}"
        if not self.sample.encoded:
            return ""
        return "unreadable" if self.header is None else self.header.format

    @property
    def size(self) -> tuple[int, int] | None:
        """(height, width) of the picture, in pixels; None where there is none or it has no such thing."""
        if self.sample.array is not None:
            shape = self.sample.array.shape
            return None if len(shape) < 2 else (shape[-3], shape[-2]) if len(shape) > 2 else (shape[0], shape[1])
        return None if self.header is None else (self.header.height, self.header.width)

    @property
    def nbytes(self) -> int:
        """Bytes of the picture as stored; 0 where there is none."""
        if self.sample.array is not None:
            return int(self.sample.array.nbytes)
        return len(self.sample.encoded or b"")

    @property
    def name(self) -> str:
        """What it is called: its key, or its number where it has none."""
        return self.sample.key or f"record {self.number}"


def reason(exc: Exception) -> str:
    """Say in one sentence what is wrong, without the place, which the page shows anyway."""
    if isinstance(exc, Error):
        return exc.message
    return f"the file cannot be read: {exc.strerror or exc}" if isinstance(exc, OSError) else str(exc)


def notice_unreadable(entry: Entry) -> None:
    """Make it the entry's fault that its picture has no readable header."""
    if entry.sample.encoded:
        try:
            _ = entry.sample.header
        except Error as exc:
            entry.fault = exc.message
