"""The measurements as columns of text: the same in the terminal and on the page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from filmroll import figures
from filmroll.advising.measurement import Measurement

NOTHING = "-"
ALL = "all of\nthem"


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        heading: What stands above it; two lines where it has to be narrow.
        explanation: What the figures are.
        cell: The text for one measurement.
        width: Of a terminal that has room for it, in characters.
    """

    heading: str
    explanation: str
    cell: Callable[[Measurement], str]
    width: int = 0


COLUMNS = (
    Column("bytes", "bytes of a picture, the mean", lambda one: f"{one.nbytes:,}"),
    Column("of the\narray", "share of the raw array's bytes", lambda one: figures.share(one.share)),
    Column(ALL, "bytes of all pictures of the source", lambda one: figures.human(one.set_nbytes), 112),
    Column("encode\n/s", "pictures encoded a second, on one core", lambda one: rate(one.encode_per_s), 94),
    Column("decode\n/s", "pictures decoded a second, on one core", lambda one: rate(one.decode_per_s), 94),
    Column("read\n/s", "pictures a second through batches, from TFRecord files", lambda one: rate(one.read_per_s)),
    Column("PSNR\ndB", "peak signal-to-noise ratio", lambda one: _number(one.psnr, 1), 104),
    Column("SSIM", "structural similarity, 1 for no difference", lambda one: _number(one.ssim, 4)),
    Column(
        "SSIMU-\nLACRA2", "90 is hard to tell from the source, 70 good", lambda one: _number(one.ssimulacra2, 0), 118
    ),
)


def columns(measurements: Sequence[Measurement], *, width: int = 10_000) -> list[Column]:
    """Return the columns that a width has room for, without those that have no figure in any line."""
    fitting = [one for one in COLUMNS if one.width <= width]
    is_one = all(one.nbytes == one.set_nbytes for one in measurements)
    told = [one for one in fitting if one.heading != ALL or not is_one]
    return [one for one in told if any(one.cell(each) != NOTHING for each in measurements)]


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
