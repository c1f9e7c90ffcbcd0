"""SVG: drawings, rendered by resvg; the size is read here.

    [byte order mark] [<?xml ...?>] [comments, <!DOCTYPE ...>] <svg width= height= viewBox= ...> ... </svg>

Source: SVG 2, chapter 8 (coordinate systems); CSS Values 4 (absolute lengths).
"""

import math
import re
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np

from filmroll.buffer import Buffer
from filmroll.codecs import png, svg_document, svg_render
from filmroll.codecs.header import MAX_PIXELS, Header, check_pixels, picture_header
from filmroll.codecs.pixels import Pixels, over_white, to_channels
from filmroll.errors import DecodeError, UnsupportedError

MAX_OWN_PIXELS = 2**24
"""Pixels above which a size that the drawing states itself is refused by default: any size costs it a few letters."""

# Stricter than resvg at most: what it does not take as we do would be drawn at another size than the one checked.
NUMBER = r"(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
LENGTH = re.compile(rf"\s*\+?({NUMBER})(px|pt|pc|mm|cm|in|em|ex|%)?\Z", re.ASCII)
VIEW_BOX = re.compile(
    r"(?:\s+|\s*,\s*)".join([rf"\s*[+-]?{NUMBER}"] * 2 + [rf"\+?({NUMBER})"] * 2) + r"\s*\Z", re.ASCII
)
DPI, FONT_SIZE = svg_render.DPI, svg_render.FONT_SIZE
UNITS = {None: 1.0, "px": 1.0, "pt": DPI / 72, "pc": DPI / 6, "mm": DPI / 25.4, "cm": DPI / 2.54, "in": DPI}
UNITS |= {"em": FONT_SIZE, "ex": FONT_SIZE / 2}


def read_header(encoded: Buffer) -> Header:
    """Read the size of an SVG from its root element, in pixels of 1/96 inch.

    A drawing that states neither size nor viewBox is as large as what is on it: only rendering tells.

    Args:
        encoded: An SVG; where the root element states the size, its beginning is enough.

    Raises:
        TruncatedError: The bytes end before the root element.
        DecodeError: The XML is broken, or the size is 0.
    """
    size = _size(svg_document.read_root(encoded))
    if size is None:
        drawing = svg_document.read(encoded)
        rendered = png.read_header(svg_render.render(drawing, pixels=None, max_pixels=MAX_OWN_PIXELS))
        size = (rendered.height, rendered.width)
    if 0 in size:
        raise DecodeError(f"the SVG announces {size[0]:g} x {size[1]:g} pixels")
    return picture_header("svg", _round(size[0]), _round(size[1]), 4, "vector")


def decode(
    encoded: Buffer,
    *,
    channels: int | None = None,
    size: tuple[int, int] | None = None,
    scale: float = 1.0,
    max_pixels: int | None = None,
) -> Pixels:
    """Render an SVG.

    Nothing outside the bytes is ever read but the fonts of the system: references to files and addresses are
    dropped, pictures embedded as data: are drawn. Scripts and animations do nothing.

    Args:
        encoded: One whole SVG document.
        channels: 4 (RGBA, un-premultiplied) is the default. The others have no transparency to show: 1
            (gray) and 3 (RGB) are drawn on white, as in a viewer; 2 is gray and alpha.
        size: (height, width) to draw at; another aspect ratio than the drawing's leaves transparent margins.
        scale: Factor on the drawing's own size, where `size` is None.
        max_pixels: Refuse larger results before rendering (height * width); None sets the usual limits.

    Returns:
        uint8 array (height, width, channels).

    Raises:
        DecodeError: The bytes are no SVG that can be rendered.
        LimitError: The result would have more than `max_pixels` pixels, or drawing it takes too many
            elements, too much memory or too much time.
        UnsupportedError: `size` or `scale` is not positive.

    Source: rendered by resvg through resvg_py.
    """
    if not 0 < scale < math.inf or (size is not None and min(size) < 1):
        raise UnsupportedError(f"size={size!r}, scale={scale!r}: both are positive numbers of pixels or times")
    drawing = svg_document.read(encoded)
    target = size or _scaled(_size(drawing.root), scale)
    if target is not None:
        most = MAX_OWN_PIXELS if size is None else MAX_PIXELS
        check_pixels(*target, max_pixels=max_pixels, max_frame_pixels=most)
    options = {"height": size[0], "width": size[1]} if size else {"zoom": float(scale)}
    pixels = None if target is None else target[0] * target[1]
    rendered = svg_render.render(drawing, pixels=pixels, max_pixels=max_pixels or MAX_OWN_PIXELS, **options)
    image = png.decode(rendered, channels=4, max_pixels=max_pixels)
    image = image if size is None else _centred(image, size)
    return to_channels(over_white(image) if channels in (1, 3) else image, channels)


def encode(image: Pixels, **options: Any) -> NoReturn:
    """Refuse: pixels do not become a drawing.

    Raises:
        UnsupportedError: Always.
    """
    raise UnsupportedError("SVG is only read: pixels do not become a drawing; encode as png, webp or another format")


def _size(root: Mapping[str, str]) -> tuple[float, float] | None:
    """Compute (height, width) as resvg does; None where only the content tells."""
    box = _view_box(root.get("viewBox", ""))
    width, height = (
        _length(root.get(name), side) for name, side in (("width", box and box[0]), ("height", box and box[1]))
    )
    if box is None:
        return None if width is None or height is None else (height, width)
    if width is None and height is None:
        return box[1], box[0]
    if width is None and height is not None:
        return height, height * box[0] / box[1]
    if height is None and width is not None:
        return width * box[1] / box[0], width
    return (height or 0.0, width or 0.0)


def _view_box(text: str) -> tuple[float, float] | None:
    """Read width and height of a viewBox; None if it is absent or unusable."""
    found = VIEW_BOX.match(text)
    if found is None:
        return None
    width, height = map(float, found.groups())
    return (width, height) if 0 < width < math.inf and 0 < height < math.inf else None


def _length(text: str | None, whole: float | None) -> float | None:
    found = LENGTH.match(text or "")
    if found is None:
        return None
    number, unit = float(found[1]), found[2]
    if unit == "%":
        return None if whole is None else whole * number / 100
    return number * UNITS[unit]


def _scaled(size: tuple[float, float] | None, scale: float) -> tuple[int, int] | None:
    return None if size is None else (_round(size[0] * scale), _round(size[1] * scale))


def _round(side: float) -> int:
    return max(1, math.floor(min(side, 2.0**62) + 0.5))


def _centred(image: Pixels, size: tuple[int, int]) -> Pixels:
    """Put a rendering in the middle of a transparent canvas, as preserveAspectRatio="xMidYMid meet" does."""
    height, width = (min(side, limit) for side, limit in zip(image.shape, size, strict=False))
    if (height, width) == size:
        return np.ascontiguousarray(image[:height, :width])
    out = np.zeros((*size, 4), dtype=np.uint8)
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    out[top : top + height, left : left + width] = image[:height, :width]
    return out
