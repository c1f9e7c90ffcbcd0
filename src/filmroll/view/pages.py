"""The pages as HTML: what stands on them is put together here, how it looks is in templates/ and static/."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup

from filmroll.boxes import Boxes
from filmroll.figures import human
from filmroll.view import values
from filmroll.view.catalogue import Catalogue, Numbers
from filmroll.view.entries import Entries, Entry
from filmroll.view.links import Links
from filmroll.view.pictures import colour
from filmroll.view.query import NONE, SORTS, Query
from filmroll.view.summary import summarise
from filmroll.view.thumbnails import CRISP_SIDE

PAGE = 120  # entries that are sent at a time
ZOOMS = ("fit", "1", "2", "4", "8")
DRAWN_BOXES = 40  # on a small picture
LISTED_LABELS = 2000  # in the list to choose from; more are found by search


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
    def boxes(self) -> "list[Box]":
        """What is drawn over the small picture."""
        return boxes_of(self.entry.sample.boxes, self.entry.size)[:DRAWN_BOXES]

    @property
    def has_mask(self) -> bool:
        """Whether there is a mask to see on the record's page."""
        boxes = self.entry.sample.boxes
        return self.entry.sample.mask is not None or (boxes is not None and bool(boxes.masks))


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
class Look:
    """What is switched on over a picture, and how large it is."""

    boxes: bool = True
    masks: bool = True
    zoom: str = "fit"

    def parameters(self) -> dict[str, str]:
        """Return it as parameters of an address; what is usual is left out."""
        return {
            "boxes": "" if self.boxes else "off",
            "masks": "" if self.masks else "off",
            "zoom": "" if self.zoom == "fit" else self.zoom,
        }


@cache
def _templates() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("filmroll.view"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["plain"] = plain
    made.globals["none_query"] = Query()
    made.filters["human"] = human
    made.filters["foldable"] = foldable
    return made


def render(template: str, **context: Any) -> str:
    """Fill in a template."""
    return _templates().get_template(template).render(context)


def plain(text: str) -> str:
    """Make any text one that can be sent: what is no Unicode comes as its escape, control characters as a mark."""
    sound = text.encode("utf-8", "backslashreplace").decode()
    return "".join(char if char.isprintable() or char in "\n\t" else "�" for char in sound)


def foldable(name: str) -> Markup:
    """Let the name of a feature go on in the next line behind a slash."""
    return Markup("/<wbr>").join(plain(name).split("/"))


def cells(entries: Entries, numbers: Numbers | Sequence[int], *, first: int, query: Query, links: Links) -> list[Cell]:
    """Read some entries as cells.

    Args:
        entries: What is looked at.
        numbers: Which, in the order they are shown.
        first: Position of the first.
        query: How they were chosen: their pages lead on in that order.
        links: Addresses.
    """
    return [_cell(entries[int(number)], position, query, links) for position, number in enumerate(numbers, start=first)]


def _cell(entry: Entry, position: int, query: Query, links: Links) -> Cell:
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


def cells_fragment(found: Sequence[Cell], *, total: int) -> str:
    """Return cells alone, as list items."""
    return render("cells.html", cells=found, total=total)


def sheet(
    entries: Entries,
    catalogue: Catalogue,
    query: Query,
    *,
    numbers: Numbers | Sequence[int],
    at: int,
    links: Links,
    page: int = PAGE,
) -> str:
    """Return the sheet, with the cells around a position in it.

    Args:
        entries: What is looked at.
        catalogue: What is known of it.
        query: What is wanted.
        numbers: The entries it chooses.
        at: The position to begin with.
        links: Addresses.
        page: How many cells to begin with.
    """
    first = at - at % page
    shown = cells(entries, numbers[first : first + page], first=first, query=query, links=links)
    labels = catalogue.labels() if catalogue.done else []
    return render(
        "sheet.html",
        title=entries.name,
        entries=entries,
        catalogue=catalogue,
        query=query,
        cells=shown,
        total=len(numbers),
        at=at,
        first=first,
        page=page,
        labels=sorted(labels, key=lambda one: one[1].casefold())[:LISTED_LABELS],
        sorts=SORTS,
        none=NONE,
        links=links,
        count=count_text(len(numbers), query, catalogue),
    )


def count_text(total: int, query: Query, catalogue: Catalogue) -> str:
    """Say how many entries are shown, and how far they have been looked through."""
    found = (
        f"{total:,} of {catalogue.count:,}" if query.is_filter else f"{total:,} {'record' if total == 1 else 'records'}"
    )
    if catalogue.is_full:
        return found
    return f"{found} · looking through them: {catalogue.done / catalogue.count:.0%}"


def problem(heading: str, sentence: str, *, entries: Entries, links: Links) -> str:
    """Return a page that says what is wrong with the address."""
    return render(
        "problem.html", title=heading, heading=heading, sentence=sentence, entries=entries, query=Query(), links=links
    )


def record(
    entry: Entry,
    entries: Entries,
    query: Query,
    *,
    look: Look,
    links: Links,
    neighbours: "Neighbours",
    damage: str | None,
) -> str:
    """Return the page of one record.

    Args:
        entry: The record.
        entries: What it is one of.
        query: How it was chosen.
        look: What is switched on.
        links: Addresses.
        neighbours: Where it stands among those chosen.
        damage: Why its picture, which has a sound header, cannot be decoded; None where it can.
    """
    size = entry.size
    objects = boxes_of(entry.sample.boxes, size, label_names=entries.label_names)
    masks = [] if entry.sample.mask is None else [links.mask(entry.number)]
    if entry.sample.boxes is not None and entry.sample.boxes.masks:
        masks += [links.mask(entry.number, index) for index in range(min(len(entry.sample.boxes), 64))]
    return render(
        "record.html",
        title=f"{entry.name} · {entries.name}",
        entry=entry,
        entries=entries,
        query=query,
        look=look,
        links=links,
        neighbours=neighbours,
        boxes=objects,
        masks=masks,
        size=size,
        zooms=ZOOMS,
        damage=damage,
        rows=values.rows_of(entry.features),
        cell=_cell(entry, 0, query, links),
    )


def summary(entries: Entries, catalogue: Catalogue, *, links: Links) -> str:
    """Return the page of counts and charts."""
    return render(
        "summary.html",
        title=f"Summary · {entries.name}",
        entries=entries,
        catalogue=catalogue,
        found=summarise(catalogue),
        query=Query(),
        none=NONE,
        links=links,
    )


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Where a record stands among those chosen.

    Attributes:
        position: Its place, from 0; None where it is not among them.
        total: How many there are.
        previous, following: Numbers of the entries before and after it, or None.
    """

    position: int | None
    total: int
    previous: int | None
    following: int | None
