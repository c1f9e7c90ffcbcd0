"""The measurements as columns of text: the same in the terminal and on the page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from filmroll import figures
from filmroll.advising.measurement import Measurement

NOTHING = "-"
GAP = 3  # characters between columns
ALL = "all of\nthem"


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        heading: What stands above it, in two lines where it has to be narrow.
        explanation: What the figures are.
        cell: The text for one measurement.
        rank: Where there is no room for all, the one of the highest rank is left out first; 0 stays.
    """

    heading: str
    explanation: str
    cell: Callable[[Measurement], str]
    rank: int = 0

    def width(self, measurements: Sequence[Measurement]) -> int:
        """Return the characters that it takes, without the space beside it."""
        return max(map(len, (*self.heading.split("\n"), *map(self.cell, measurements))))


def columns(measurements: Sequence[Measurement], *, width: int = 10_000) -> list[Column]:
    """Return the columns that a width in characters has room for, without those that have no figure in any line."""
    is_one = all(one.nbytes == one.set_nbytes for one in measurements)
    found = [one for one in COLUMNS if one.heading != ALL or not is_one]
    found = [one for one in found if any(one.cell(each) != NOTHING for each in measurements)]
    around = 2 + max(len(one.name) for one in measurements) + GAP + max(len(fate(one)) for one in measurements) + GAP
    while around + sum(one.width(measurements) + GAP for one in found) > width and any(one.rank for one in found):
        found.remove(max(found, key=lambda one: one.rank))
    return found


def fate(one: Measurement) -> str:
    """Say whether the values come back: "identical", "changed", or "changed again"."""
    if one.identical:
        return "identical"
    if one.second_loss:
        return "changed again"
    return "smaller" if one.edge is not None and one.ssim == 1.0 else "changed"


def rate(per_s: float | None) -> str:
    """Write a speed, or that there is none."""
    return NOTHING if per_s is None else figures.rate(per_s)


def _number(value: float | None, digits: int) -> str:
    return NOTHING if value is None else f"{value:.{digits}f}"


def _equal(one: Measurement) -> str:
    return NOTHING if one.equal_share is None else figures.share(one.equal_share)


COLUMNS = (
    Column("bytes", "bytes of a picture, the mean", lambda one: f"{one.nbytes:,}"),
    Column("of the\narray", "share of the raw array's bytes", lambda one: figures.share(one.share)),
    Column(ALL, "bytes of all pictures of the source", lambda one: figures.human(one.set_nbytes), 4),
    Column("encode\n/s", "pictures encoded a second, on one core", lambda one: rate(one.encode_per_s), 2),
    Column("decode\n/s", "pictures decoded a second, on one core", lambda one: rate(one.decode_per_s), 1),
    Column("read\n/s", "pictures a second through batches, from TFRecord files", lambda one: rate(one.read_per_s)),
    Column("PSNR\ndB", "peak signal-to-noise ratio", lambda one: _number(one.psnr, 1), 5),
    Column("SSIM", "structural similarity, 1 for no difference", lambda one: _number(one.ssim, 4)),
    Column("SSIMU-\nLACRA2", "90 is hard to tell from the source, 70 good", lambda one: _number(one.ssimulacra2, 0), 3),
    Column("of JPEG\nas good", "bytes over those of the usual JPEG encoder at the same quality", _equal, 6),
)
