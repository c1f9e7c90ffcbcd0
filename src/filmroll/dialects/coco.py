"""Boxes as COCO and Hugging Face have them: pixels from the left and the top, width and height, of the picture's size.

    objects/bbox           float64   x, y, width, height of each box      objects/bbox/lengths   int64   4 for each
    objects/category       int64     classes from 0                       objects/text, objects/mask     bytes
    objects/corners        float32   Boxes.corners as they are, where pixels would not give the same ones again

Boxes are shares of the picture in float32; times a whole number of pixels that is exact in float64, and so is the way
back to the nearest float32, as long as a box has its edges the right way round. Where the size of the picture is not
known, or boxes lie outside of it, the corners are written too, and are what is read.

Source: the COCO data format; the object detection datasets of Hugging Face, "objects" with "bbox" and "category".
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from filmroll.boxes import Boxes
from filmroll.dialects import fields

BBOX, BBOX_LENGTHS = "objects/bbox", "objects/bbox/lengths"
CORNERS, CORNERS_LENGTHS = "objects/corners", "objects/corners/lengths"
CATEGORY, TEXT, MASK = "objects/category", "objects/text", "objects/mask"
OWN = frozenset({BBOX, BBOX_LENGTHS, CORNERS, CORNERS_LENGTHS, CATEGORY, TEXT, MASK})
EDGES = 4
TOLERANCE = 1.0  # pixels that a box may be outside: annotators round

Size = tuple[int, int]


def to_features(boxes: Boxes, *, size: Size | None) -> dict[str, Any]:
    """Name the parts of boxes.

    Args:
        boxes: The boxes.
        size: Height and width of the picture in pixels; None where they are not known.
    """
    features: dict[str, Any] = {}
    lengths = np.full(len(boxes), EDGES, np.int64)
    pixels = None if size is None else _to_pixels(boxes.corners, size)
    if pixels is not None:
        features |= {BBOX: pixels.ravel(), BBOX_LENGTHS: lengths}
    back = _corners(features, size)
    if back is None or back.tobytes() != boxes.corners.tobytes():
        features |= {CORNERS: boxes.corners.ravel(), CORNERS_LENGTHS: lengths}
    return features | fields.box_parts(boxes, label=CATEGORY, text=TEXT, masks=MASK)


def to_boxes(features: Mapping[str, Any], *, size: Size | None) -> tuple[Boxes | None, frozenset[str]]:
    """Find the boxes, and say which features they are made of.

    Args:
        features: All features of a record.
        size: Height and width of the picture in pixels; None where they are not known.

    Returns:
        The boxes and the names of their features; None and no names where `objects/bbox` is absent or can be no
        boxes in pixels of this picture. A part that does not fit the number of boxes is none of theirs.
    """
    corners = _corners(features, size)
    if corners is None:
        return None, frozenset()
    labels = features.get(CATEGORY)
    whole = isinstance(labels, np.ndarray) and labels.dtype == np.int64
    parts = {CATEGORY: labels if whole else None, TEXT: _bytes_of(features, TEXT), MASK: _bytes_of(features, MASK)}
    parts = {name: part for name, part in parts.items() if part is not None and len(part) == len(corners)}
    texts = parts.get(TEXT)
    boxes = Boxes(
        corners,
        labels=parts.get(CATEGORY),
        texts=None if texts is None else [bytes(text).decode("utf-8", "surrogateescape") for text in texts],
        masks=parts.get(MASK),
    )
    return boxes, frozenset({BBOX, BBOX_LENGTHS, CORNERS, CORNERS_LENGTHS, *parts})


def _corners(features: Mapping[str, Any], size: Size | None) -> NDArray[np.float32] | None:
    exact = _fours(features, CORNERS, CORNERS_LENGTHS)
    if exact is not None and exact.dtype == np.float32:
        return exact
    pixels = _fours(features, BBOX, BBOX_LENGTHS)
    if pixels is None or size is None or not _are_pixels(pixels, size):
        return None
    height, width = size
    x, y, box_width, box_height = pixels.astype(np.float64).T
    shares = [y / height, x / width, (y + box_height) / height, (x + box_width) / width]
    return np.ascontiguousarray(np.stack(shares, axis=1).astype(np.float32))


def _fours(features: Mapping[str, Any], name: str, lengths_name: str) -> NDArray[Any] | None:
    values, lengths = features.get(name), features.get(lengths_name)
    if not isinstance(values, np.ndarray) or not isinstance(lengths, np.ndarray):
        return None
    if not (lengths == EDGES).all() or len(values) != EDGES * len(lengths):
        return None
    return values.reshape(-1, EDGES)


def _are_pixels(boxes: NDArray[Any], size: Size) -> bool:
    """Tell whether boxes can be x, y, width, height in pixels: inside the picture, and not all below one pixel."""
    if not len(boxes):
        return True
    height, width = size
    x, y, box_width, box_height = boxes.astype(np.float64).T
    inside = (x >= -TOLERANCE) & (y >= -TOLERANCE) & (box_width >= 0) & (box_height >= 0)
    inside &= (x + box_width <= width + TOLERANCE) & (y + box_height <= height + TOLERANCE)
    return bool(inside.all() and (boxes.max() > 1 or max(size) == 1))


def _to_pixels(corners: NDArray[np.float32], size: Size) -> NDArray[np.float64]:
    height, width = size
    with np.errstate(invalid="ignore"):  # of infinite edges
        ymin, xmin, ymax, xmax = corners.astype(np.float64).T * np.array([[height], [width], [height], [width]])
        return np.stack([xmin, ymin, xmax - xmin, ymax - ymin], axis=1)


def _bytes_of(features: Mapping[str, Any], name: str) -> Any:
    value = features.get(name)
    return value if isinstance(value, list) else None
