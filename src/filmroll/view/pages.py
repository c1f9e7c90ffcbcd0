"""The pages as HTML: what stands on them is put together here, how it looks is in templates/ and static/."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup

from filmroll.figures import human
from filmroll.view import values
from filmroll.view.catalogue import Catalogue, Numbers
from filmroll.view.cells import Cell, boxes_of, cell_of, read_cells
from filmroll.view.entries import Entries
from filmroll.view.entry import Entry
from filmroll.view.links import Links
from filmroll.view.query import NONE, SORTS, Query
from filmroll.view.summary import summarise

PAGE = 120  # entries that are sent at a time
ZOOMS = ("fit", "1", "2", "4", "8")
LISTED_LABELS = 2000  # in the list to choose from; more are found by search


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
    shown = read_cells(entries, numbers[first : first + page], first=first, query=query, links=links)
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
    neighbours: Neighbours,
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
        cell=cell_of(entry, 0, query, links),
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
