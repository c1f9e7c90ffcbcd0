"""A picture in the terminal: two pixels a character, the upper half block in two colours; shades without colours."""

import shutil

import numpy as np
from rich.segment import Segment, Segments
from rich.style import Style

from filmroll.sample import Sample
from filmroll.view.thumbnails import thumbnail_of

MAX_COLUMNS = 100


SHADES = np.array(list(" ░▒▓█"))


def draw(sample: Sample, *, colours: bool) -> Segments:
    """Return a picture as lines of half blocks, no wider and no higher than the terminal.

    Args:
        sample: The picture.
        colours: Whether colours are seen; else the brightness of two pixels is a shade.

    Raises:
        DecodeError: The picture cannot be decoded.
    """
    columns, lines = shutil.get_terminal_size()
    side = (min(columns, MAX_COLUMNS), max(2, 2 * (lines - 4)))
    image = thumbnail_of(sample, side)
    if len(image) % 2:
        image = np.concatenate([image, image[-1:]])
    if not colours:
        gray = image.reshape(-1, 2, *image.shape[1:]).mean(axis=(1, 3))
        shades = SHADES[(gray * len(SHADES) / 256).astype(int)]
        return Segments([Segment("".join(line).rstrip() + "\n") for line in shades])
    segments = []
    for upper, lower in zip(image[0::2].tolist(), image[1::2].tolist(), strict=True):
        segments += [
            Segment("▀", Style(color=_rgb(top), bgcolor=_rgb(bottom))) for top, bottom in zip(upper, lower, strict=True)
        ]
        segments.append(Segment.line())
    return Segments(segments)


def _rgb(pixel: list[int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*pixel)
