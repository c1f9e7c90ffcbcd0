"""What all entries are like: counts, classes, sizes, bytes and formats, as numbers that a page can draw."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from filmroll.figures import human
from filmroll.view.catalogue import Catalogue

SHOWN_LABELS, SHOWN_SIZES, SHOWN_FAULTS = 60, 8, 100
BINS = 24
GRID = 48  # cells a side of the scatter of sizes
NICE = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a histogram.

    Attributes:
        name: What it stands for.
        count: How many entries.
        share: Of the longest bar, 0 to 1.
        label: Number of the class, where it is one.
    """

    name: str
    count: int
    share: float
    label: int | None = None


@dataclass(frozen=True, slots=True)
class Dot:
    """Pictures of about one size.

    Attributes:
        x, y: Place in the scatter, 0 to 1, to the right and downwards.
        radius: As a share of the scatter's width; its area grows with the logarithm of the count.
        count: How many pictures.
        name: Their size, or the middle of their sizes.
    """

    x: float
    y: float
    radius: float
    count: int
    name: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: its place, 0 to 1, and what is written there."""

    place: float
    name: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What is known of all entries.

    Attributes:
        records, pictures, faults: Counts.
        nbytes: Of all pictures as stored.
        labels: The most frequent classes; `more_labels` are left out.
        sizes: Pictures by width and height; `width_ticks` and `height_ticks` are the axes, logarithmic.
        frequent: The most frequent sizes.
        bytes: Pictures by their bytes; each bar is twice or so the one before.
        formats: Formats by frequency.
        reasons: (number of the entry, what is wrong with it) of the first ones.
    """

    records: int
    pictures: int
    faults: int
    nbytes: int
    labels: Sequence[Bar]
    more_labels: int
    sizes: Sequence[Dot]
    width_ticks: Sequence[Tick]
    height_ticks: Sequence[Tick]
    frequent: Sequence[Bar]
    bytes: Sequence[Bar]
    formats: Sequence[Bar]
    reasons: Sequence[tuple[int, str]]


def summarise(catalogue: Catalogue) -> Summary:
    """Sum up what a catalogue holds so far."""
    height, width, nbytes = (catalogue.column(name) for name in ("height", "width", "nbytes"))
    has_size, has_bytes = (height > 0) & (width > 0), nbytes > 0
    labels = catalogue.labels()
    classes = [(name, count, label) for label, name, count in labels] if len(labels) > 1 else []
    dots, across, down = _scatter(width[has_size], height[has_size])
    return Summary(
        records=catalogue.done,
        pictures=int(has_bytes.sum()),
        faults=int(catalogue.column("faulty").sum()),
        nbytes=int(nbytes.sum()),
        labels=_bars(classes[:SHOWN_LABELS]),
        more_labels=max(0, len(classes) - SHOWN_LABELS),
        sizes=dots,
        width_ticks=across,
        height_ticks=down,
        frequent=_frequent(width[has_size], height[has_size]),
        bytes=_bytes(nbytes[has_bytes]),
        formats=_formats(catalogue),
        reasons=sorted(catalogue.reasons.items())[:SHOWN_FAULTS],
    )


def _bars(counted: Sequence[tuple[str, int, int | None]]) -> list[Bar]:
    most = max((count for _, count, _ in counted), default=1)
    return [Bar(name, count, count / max(1, most), label) for name, count, label in counted]


def _formats(catalogue: Catalogue) -> list[Bar]:
    counts = np.bincount(catalogue.column("format"), minlength=len(catalogue.formats)).tolist()
    found = [
        (name or "no picture", count, None) for name, count in zip(catalogue.formats, counts, strict=True) if count
    ]
    return _bars(sorted(found, key=lambda one: -one[1]))


def _frequent(width: NDArray[np.int32], height: NDArray[np.int32]) -> list[Bar]:
    pairs, counts = np.unique(width.astype(np.int64) << 32 | height, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:SHOWN_SIZES]
    chosen = zip(pairs[order].tolist(), counts[order].tolist(), strict=True)
    named = [(f"{pair >> 32} x {pair & 0xFFFFFFFF}", count, None) for pair, count in chosen]
    return _bars([one for one in named if one[1] > 1] or named[:1])


def _bytes(nbytes: NDArray[np.int64]) -> list[Bar]:
    if not len(nbytes):
        return []
    low, high = int(nbytes.min()), int(nbytes.max()) + 1
    edges = np.unique(np.geomspace(low, high, BINS + 1).round().astype(np.int64))
    edges[0], edges[-1] = low, high
    counts, _ = np.histogram(nbytes, edges)
    names = [f"{human(first)} to {human(last)}" for first, last in pairwise(edges)]
    return _bars([(name, count, None) for name, count in zip(names, counts.tolist(), strict=True)])


def _scatter(width: NDArray[np.int32], height: NDArray[np.int32]) -> tuple[list[Dot], Sequence[Tick], Sequence[Tick]]:
    if not len(width):
        return [], (), ()
    across, down = _Axis(width), _Axis(height)
    cells = across.cells(width) * GRID + down.cells(height)
    found, first, counts = np.unique(cells, return_index=True, return_counts=True)
    most = math.log1p(int(counts.max()))
    dots = []
    for cell, one, count in zip(found.tolist(), first.tolist(), counts.tolist(), strict=True):
        mine = cells == cell if len(found) <= GRID else None
        w, h = int(width[one]), int(height[one])
        alike = mine is not None and bool((width[mine] == w).all() and (height[mine] == h).all())
        radius = (0.35 + 0.65 * math.log1p(count) / most) / GRID
        x, y = across.place(w), down.place(h)
        dots.append(Dot(x, 1 - y, radius, count, f"{w} x {h}" if alike or count == 1 else f"about {w} x {h}"))
    return dots, across.ticks(), [Tick(1 - tick.place, tick.name) for tick in down.ticks()]


def _round_numbers(low: float, high: float) -> list[int]:
    """Return three to seven round numbers in between, as near as whole numbers come to that."""
    step = next(nice * 10**power for power in range(10) for nice in NICE if (high - low) / (nice * 10**power) <= 6)
    return list(range(math.ceil(low / step) * step, math.floor(high) + 1, step))


class _Axis:
    """A logarithmic axis of pixels, a little wider than what stands on it."""

    def __init__(self, values: NDArray[np.int32]) -> None:
        low, high = math.log(values.min()), math.log(values.max())
        margin = max(0.08 * (high - low), 0.1)
        self._low, self._high = low - margin, high + margin

    def place(self, value: float) -> float:
        return (math.log(value) - self._low) / (self._high - self._low)

    def cells(self, values: NDArray[np.int32]) -> NDArray[np.int64]:
        places = (np.log(values) - self._low) / (self._high - self._low)
        return np.minimum(GRID - 1, (places * GRID).astype(np.int64))

    def ticks(self) -> list[Tick]:
        """Marks at 1, 2 and 5 times powers of ten; where there are many, at powers of ten."""
        values = [nice * 10**power for power in range(10) for nice in NICE]
        shown = [value for value in values if self._low <= math.log(value) <= self._high]
        if len(shown) > 7:
            shown = [value for value in shown if str(value).startswith("1")]
        if len(shown) < 3:
            shown = _round_numbers(math.exp(self._low), math.exp(self._high))
        return [Tick(self.place(value), f"{value:,}") for value in shown]
