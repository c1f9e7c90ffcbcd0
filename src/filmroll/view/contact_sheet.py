"""A grid of small pictures with their labels, as one picture: what is on the roll, at a glance."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from filmroll.errors import Error, SourceError
from filmroll.sample import Sample
from filmroll.view.thumbnails import thumbnail_of

PAPER, INK, FAINT = (250, 249, 246), (40, 40, 44), (120, 120, 126)
CELL_GAP, CAPTION_HEIGHT, FONT_SIZE = 10, 20, 12


@dataclass(frozen=True, slots=True)
class Cell:
    """One picture of the sheet, small already.

    Attributes:
        thumbnail: (height, width, 3) uint8, no side longer than the cell; None where it cannot be shown.
        caption: What stands under it.
    """

    thumbnail: NDArray[np.uint8] | None
    caption: str


def contact_sheet(samples: Iterable[Sample], *, columns: int = 8, thumbnail: int = 128) -> NDArray[np.uint8]:
    """Draw samples as a grid, each with its label under it.

    Args:
        samples: The pictures, in the order of reading; one that cannot be decoded is an empty frame.
        columns: Pictures a row.
        thumbnail: Longest side of each in the grid, in pixels.

    Returns:
        The sheet, uint8 array of shape (height, width, 3).

    Raises:
        SourceError: There is no sample.
    """
    cells = [_cell(sample, thumbnail) for sample in samples]
    if not cells:
        raise SourceError("no pictures to draw")
    columns = min(columns, len(cells))
    rows = -(-len(cells) // columns)
    step_x, step_y = thumbnail + CELL_GAP, thumbnail + CAPTION_HEIGHT + CELL_GAP
    sheet = Image.new("RGB", (columns * step_x + CELL_GAP, rows * step_y + CELL_GAP), PAPER)
    for number, cell in enumerate(cells):
        corner = (CELL_GAP + number % columns * step_x, CELL_GAP + number // columns * step_y)
        _draw(sheet, cell, corner, side=thumbnail)
    return np.asarray(sheet)


def _cell(sample: Sample, side: int) -> Cell:
    caption = sample.text or ("" if sample.label is None else str(sample.label)) or sample.key
    try:
        return Cell(thumbnail_of(sample, (side, side)), caption)
    except Error:
        return Cell(None, caption)


def _draw(sheet: Image.Image, cell: Cell, corner: tuple[int, int], *, side: int) -> None:
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(FONT_SIZE)
    left, top = corner
    if cell.thumbnail is None:
        draw.rectangle((left, top, left + side - 1, top + side - 1), outline=FAINT)
        draw.text((left + side // 2, top + side // 2), "unreadable", fill=FAINT, font=font, anchor="mm")
    else:
        height, width = cell.thumbnail.shape[:2]
        place = (left + (side - width) // 2, top + (side - height) // 2)
        sheet.paste(Image.fromarray(cell.thumbnail), place)
    caption = _fitting(cell.caption, font, side)
    draw.text((left + side // 2, top + side + CAPTION_HEIGHT // 2), caption, fill=INK, font=font, anchor="mm")


def _fitting(text: str, font: Any, width: int) -> str:
    """Cut a caption to the width of its cell, and leave out what the built-in font cannot draw."""
    text = "".join(char if char.isprintable() and ord(char) < 0x250 else "?" for char in text)
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text + "…"
