"""What one picture costs: as an array, as NPY, as JPEG, PNG and WebP, and whether it comes back identical."""

import os
from dataclasses import dataclass
from typing import Any, Literal

from filmroll import codecs
from filmroll.advising import candidate, measurement, picture
from filmroll.advising.measurement import Measurement
from filmroll.advising.picture import Picture
from filmroll.errors import EncodeError

Mode = Literal["L", "LA", "RGB", "RGBA"]
KEYS = ("name", "nbytes", "share", "identical")


@dataclass(frozen=True, slots=True)
class Sizes:
    """The costs of one picture.

    Attributes:
        path: The picture's file.
        header: What the file says of itself.
        shape, dtype: The array's.
        candidates: The ways to store it.
        notes: What was left out or done to the picture.
    """

    path: str
    header: codecs.Header
    shape: tuple[int, ...]
    dtype: str
    candidates: list[Measurement]
    notes: list[str]

    def to_json(self) -> dict[str, Any]:
        """Return the table as plain JSON values."""
        return {
            "path": self.path,
            "format": self.header.format,
            "shape": list(self.shape),
            "dtype": self.dtype,
            "candidates": [{name: getattr(one, name) for name in KEYS} for one in self.candidates],
            "notes": self.notes,
        }


def sizes(path: str | os.PathLike[str], *, mode: Mode | None = None, size: tuple[int, int] | None = None) -> Sizes:
    """Measure what the same picture costs in each form: the quick look of which `advise` is the long one.

    Args:
        path: A picture file of any format that filmroll decodes; of an animation the first frame counts.
        mode: Channels of the array that is stored, by Pillow's names; None is "L" for grey pictures, else "RGB":
            what people train on. NPY keeps its own.
        size: (height, width) at which an SVG is drawn; None takes its own.

    Returns:
        The table: the file as it is first, then the array and its encodings.

    Raises:
        FileNotFoundError: There is no such file.
        DecodeError, TruncatedError: It is no picture, or not the whole of one.
        LimitError: It has more pixels than `decode` accepts.
    """
    one = picture.read(path, mode=mode, size=size)
    rows = [_row(way, one) for way in (measurement.kept([one], count=1), *candidate.usual())]
    header = codecs.read_header(one.encoded or b"")
    notes = picture.notes_on([one], count=1)
    return Sizes(str(path), header, one.whole.shape, one.whole.dtype.name, [row for row in rows if row], notes)


def _row(way: candidate.Candidate | None, one: Picture) -> Measurement | None:
    """Measure one way to store the picture; None where the format cannot hold it."""
    if way is None:
        return None
    try:
        result = measurement.measure(way, one, compare=False)
    except EncodeError:
        return None
    return measurement.mean(way, {0: result}, [one], count=1)
