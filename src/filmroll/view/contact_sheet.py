"""A grid of small pictures with their labels, as one picture: what is on the roll, at a glance."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from filmroll import atomic, codecs
from filmroll.errors import Error, SourceError, UnsupportedError
from filmroll.records import storage
from filmroll.records.kinds import Choice
from filmroll.sample import Sample
from filmroll.view.entries import open_entries
from filmroll.view.entry import Entry
from filmroll.view.thumbnails import thumbnail_of

PAPER, INK, FAINT = (250, 249, 246), (40, 40, 44), (120, 120, 126)
CELL_GAP, CAPTION_HEIGHT, FONT_SIZE = 10, 20, 12
NO_PICTURE = "no picture"


class Drawn(NamedTuple):
    """What is on a sheet that was written: pictures, and empty frames."""

    pictures: int
    empty: int


@dataclass(frozen=True, slots=True)
class Cell:
    """One picture of the sheet, small already.

    Attributes:
        thumbnail: (height, width, 3) uint8, no side longer than the cell; or why there is none.
        caption: What stands under it.
    """

    thumbnail: NDArray[np.uint8] | str
    caption: str


def contact_sheet(samples: Iterable[Sample], *, columns: int = 8, thumbnail: int = 128) -> NDArray[np.uint8]:
    """Draw samples as a grid, each with its label under it.

    Args:
        samples: The pictures, in the order of reading; an empty frame where there is none, or a damaged one.
        columns: Pictures a row.
        thumbnail: Longest side of each in the grid, in pixels.

    Returns:
        The sheet, uint8 array of shape (height, width, 3).

    Raises:
        SourceError: There is no sample.
        UnsupportedError: There is no room for pictures: a number below 1.
    """
    _check(columns=columns, thumbnail=thumbnail)
    cells = [_cell(sample, thumbnail) for sample in samples]
    if not cells:
        raise SourceError("no pictures to draw")
    return _sheet(cells, columns=columns, side=thumbnail)


def _sheet(cells: list[Cell], *, columns: int, side: int) -> NDArray[np.uint8]:
    columns = min(columns, len(cells))
    rows = -(-len(cells) // columns)
    step_x, step_y = side + CELL_GAP, side + CAPTION_HEIGHT + CELL_GAP
    sheet = Image.new("RGB", (columns * step_x + CELL_GAP, rows * step_y + CELL_GAP), PAPER)
    for number, cell in enumerate(cells):
        corner = (CELL_GAP + number % columns * step_x, CELL_GAP + number // columns * step_y)
        _draw(sheet, cell, corner, side=side)
    return np.asarray(sheet)


def write_contact_sheet(
    paths: storage.Paths,
    dest: str | os.PathLike[str],
    *,
    count: int = 64,
    first: int = 0,
    spread: bool = False,
    columns: int = 8,
    thumbnail: int = 128,
    dialect: str | None = None,
    compression: Choice = "auto",
) -> Drawn:
    """Draw some records as a grid, and write it as a picture file.

    Args:
        paths: Record files, patterns or folders as for `filmroll.open`, or a folder of pictures.
        dest: The picture; its suffix tells the format.
        count: Pictures at most.
        first: Number of the first record.
        spread: Take them evenly spaced over all records from the first on, not in a row.
        columns, thumbnail: As for `contact_sheet`.
        dialect: How the features are named; None finds out.
        compression: "gzip", "zlib", None, or "auto".

    Returns:
        How many pictures are on it, and how many empty frames of records whose picture cannot be shown.

    Raises:
        FileNotFoundError, SourceError: There is nothing to look at, or not as many records as `first` wants, or none
            of them has a picture that can be shown.
        UnsupportedError: There is no format of that suffix, or it is only read; or a number makes no sense.
        OSError: The file cannot be written.
    """
    dest = Path(dest)
    _check(count=count, columns=columns, thumbnail=thumbnail)
    if first < 0:
        raise UnsupportedError(f"first={first}; records count from 0")
    _encode(np.zeros((1, 1, 3), np.uint8), dest)  # says so now if it cannot be done
    entries = open_entries(paths, dialect=dialect, compression=compression)
    try:
        left = len(entries) - first
        if left < 1:
            raise SourceError(f"record {first} is wanted first, and there are {len(entries)}", path=entries.paths[0])
        count = min(count, left)
        numbers = [first + (place * left // count if spread else place) for place in range(count)]
        cells = [_entry_cell(entries[number], thumbnail) for number in numbers]
    finally:
        entries.close()
    reasons = [cell.thumbnail for cell in cells if isinstance(cell.thumbnail, str)]
    if len(reasons) == count:
        records = f"{count} record" if count == 1 else f"{count} records"
        raise SourceError(f"nothing to draw in {records} from record {first} on: {reasons[0]}", path=entries.paths[0])
    sheet = _sheet(cells, columns=columns, side=thumbnail)
    with atomic.writing(dest) as file:
        file.write(_encode(sheet, dest))
    return Drawn(count - len(reasons), len(reasons))


def _check(**numbers: int) -> None:
    for name, number in numbers.items():
        if number < 1:
            raise UnsupportedError(f"{name}={number}; give 1 or more")


def _encode(sheet: NDArray[np.uint8], dest: Path) -> bytes:
    try:
        return codecs.encode(sheet, dest.suffix or "(no suffix)")
    except Error as exc:
        raise exc.at(path=dest) from exc.__cause__


def _entry_cell(entry: Entry, side: int) -> Cell:
    return Cell(entry.fault, _caption(entry.sample) or entry.name) if entry.fault else _cell(entry.sample, side)


def _cell(sample: Sample, side: int) -> Cell:
    caption = _caption(sample)
    try:
        return Cell(thumbnail_of(sample, (side, side)), caption)
    except Error as exc:
        return Cell(exc.message if sample.has_image else NO_PICTURE, caption)


def _caption(sample: Sample) -> str:
    return sample.text or ("" if sample.label is None else str(sample.label)) or sample.key


def _draw(sheet: Image.Image, cell: Cell, corner: tuple[int, int], *, side: int) -> None:
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(FONT_SIZE)
    left, top = corner
    if isinstance(cell.thumbnail, str):
        draw.rectangle((left, top, left + side - 1, top + side - 1), outline=FAINT)
        word = NO_PICTURE if cell.thumbnail == NO_PICTURE else "unreadable"
        draw.text((left + side // 2, top + side // 2), word, fill=FAINT, font=font, anchor="mm")
    else:
        height, width = cell.thumbnail.shape[:2]
        place = (left + (side - width) // 2, top + (side - height) // 2)
        sheet.paste(Image.fromarray(cell.thumbnail), place)
    caption = _fitting(cell.caption, font, side)
    draw.text((left + side // 2, top + side + CAPTION_HEIGHT // 2), caption, fill=INK, font=font, anchor="mm")


def _fitting(text: str, font: Any, width: int) -> str:
    """Cut a caption to the width of its cell, and leave out what the built-in font cannot draw."""
    text, more = text[:width], len(text) > width  # no letter is narrower than a pixel
    text = "".join(char if char.isprintable() and ord(char) < 0x250 else "?" for char in text)
    if not more and font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text + "…"
