"""Entries as they stand on the sheet: a small picture each, its class, its key, its boxes."""

from collections.abc import Sequence
from dataclasses import dataclass

from filmroll.boxes import Boxes
from filmroll.view.catalogue import Numbers
from filmroll.view.entries import Entries
from filmroll.view.entry import Entry
from filmroll.view.links import Links
from filmroll.view.pictures import colour
from filmroll.view.query import Query
from filmroll.view.thumbnails import CRISP_SIDE

DRAWN_BOXES = 40  # on a small picture


@dataclass(frozen=True, slots=True)
class Box:
    """One box, in pixels of the picture."""

    number: int
    x: float
    y: float
    width: float
    height: float
    text: str
    colour: str


@dataclass(frozen=True, slots=True)
class Cell:
    """One entry on the sheet.

    Attributes:
        entry: What it is.
        position: Its place in the order chosen, from 0.
        href: Its page.
        thumbnail: Address of its small picture; empty where there is none.
    """

    entry: Entry
    position: int
    href: str
    thumbnail: str

    @property
    def label(self) -> str:
        """Its class, as it is called."""
        sample = self.entry.sample
        return sample.text or ("" if sample.label is None else f"label {sample.label}")

    @property
    def alt(self) -> str:
        """What it is, for those who do not see it."""
        size = self.entry.size
        seen = f"{self.entry.format}, {size[1]} by {size[0]} pixels" if size else self.entry.format or "no picture"
        count = len(self.entry.sample.boxes or ())
        boxes = f", {count} {'box' if count == 1 else 'boxes'}" if count else ""
        return f"Picture {self.entry.number}: {seen}{boxes}"

    @property
    def is_tiny(self) -> bool:
        """Whether its pixels are to be seen one by one."""
        return self.entry.size is not None and max(self.entry.size) <= CRISP_SIDE

    @property
    def boxes(self) -> list[Box]:
        """What is drawn over the small picture."""
        return boxes_of(self.entry.sample.boxes, self.entry.size)[:DRAWN_BOXES]

    @property
    def has_mask(self) -> bool:
        """Whether there is a mask to see on the record's page."""
        boxes = self.entry.sample.boxes
        return self.entry.sample.mask is not None or (boxes is not None and bool(boxes.masks))


def read_cells(
    entries: Entries, numbers: Numbers | Sequence[int], *, first: int, query: Query, links: Links
) -> list[Cell]:
    """Read some entries as cells.

    Args:
        entries: What is looked at.
        numbers: Which, in the order they are shown.
        first: Position of the first.
        query: How they were chosen: their pages lead on in that order.
        links: Addresses.
    """
    return [
        cell_of(entries[int(number)], position, query, links) for position, number in enumerate(numbers, start=first)
    ]


def cell_of(entry: Entry, position: int, query: Query, links: Links) -> Cell:
    """Make one cell."""
    shown = entry.sample.has_image and entry.fault is None
    thumbnail = links.thumbnail(entry.number) if shown else ""
    return Cell(entry, position, links.record(entry.number, query), thumbnail)


def boxes_of(boxes: Boxes | None, size: tuple[int, int] | None, *, label_names: Sequence[str] = ()) -> list[Box]:
    """Turn boxes into pixels of the picture, with what is written on each."""
    if boxes is None or size is None:
        return []
    height, width = size
    found = []
    for number, (ymin, xmin, ymax, xmax) in enumerate(boxes.corners.tolist()):
        tint = "#{:02x}{:02x}{:02x}".format(*colour(number))
        corners = (xmin * width, ymin * height, max(0, xmax - xmin) * width, max(0, ymax - ymin) * height)
        if all(abs(corner) < 1e7 for corner in corners):  # False for NaN too
            x, y, across, down = (round(corner, 2) for corner in corners)
            found.append(Box(number, x, y, across, down, _written(boxes, number, label_names), tint))
    return found


def _written(boxes: Boxes, number: int, label_names: Sequence[str]) -> str:
    if boxes.texts is not None:
        return boxes.texts[number]
    if boxes.labels is None:
        return str(number)
    label = int(boxes.labels[number])
    return label_names[label] if 0 <= label < len(label_names) else f"class {label}"
