"""Boxes as people write them, brought into the one form of `filmroll.boxes`.

    coco     x, y, width, height      pixels            pascal   xmin, ymin, xmax, ymax   pixels
    yxyx     ymin, xmin, ymax, xmax   shares, 0 to 1    xyxy     xmin, ymin, xmax, ymax   shares, 0 to 1

Pixels count from 0 at the upper left edge, so that the right edge of a picture 640 wide is at 640.

Source: the COCO annotation format; create_pascal_tf_record.py of the TF Object Detection API, which divides the
corners of Pascal VOC by width and height as they are; process_bounding_boxes.py, from which `clip` has its rules.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from filmroll.boxes import Boxes
from filmroll.errors import UnsupportedError

FORMATS = ("coco", "pascal", "xyxy", "yxyx")
IN_PIXELS = frozenset({"coco", "pascal"})
YXYX_OF_XYXY = [1, 0, 3, 2]

# ymin, xmin, ymax, xmax of a picture turned upright, by EXIF orientation: which corner, and whether counted from 1.
UPRIGHT: dict[int, tuple[tuple[int, bool], ...]] = {
    2: ((0, False), (3, True), (2, False), (1, True)),
    3: ((2, True), (3, True), (0, True), (1, True)),
    4: ((2, True), (1, False), (0, True), (3, False)),
    5: ((1, False), (0, False), (3, False), (2, False)),
    6: ((1, False), (2, True), (3, False), (0, True)),
    7: ((3, True), (2, True), (1, True), (0, True)),
    8: ((3, True), (0, False), (1, True), (2, False)),
}


def check_format(name: str) -> None:
    """Check that a form of boxes is known.

    Raises:
        UnsupportedError: It is not.
    """
    if name not in FORMATS:
        raise UnsupportedError(f"no form of boxes {name!r}; there are: {', '.join(FORMATS)}")


def to_yxyx(corners: Sequence[Sequence[float]], *, format: str) -> NDArray[np.float64]:
    """Return boxes of a form as float64 (n, 4) ymin, xmin, ymax, xmax, in the unit that they have.

    Raises:
        UnsupportedError: There is no such form.
    """
    check_format(format)
    found = np.asarray(corners, np.float64).reshape(-1, 4)
    if format == "yxyx":
        return found
    if format == "coco":
        found = np.concatenate((found[:, :2], found[:, :2] + found[:, 2:]), axis=1)
    return found[:, YXYX_OF_XYXY]


def clip(boxes: Boxes) -> Boxes:
    """Put edges in order, cut boxes off at the picture's edges, and leave out those of which nothing is left."""
    ordered = np.concatenate(
        (
            np.minimum(boxes.corners[:, :2], boxes.corners[:, 2:]),
            np.maximum(boxes.corners[:, :2], boxes.corners[:, 2:]),
        ),
        axis=1,
    ).clip(0, 1)
    left = np.flatnonzero((ordered[:, 2:] > ordered[:, :2]).all(axis=1))
    return replace(
        boxes,
        corners=ordered[left],
        labels=None if boxes.labels is None else boxes.labels[left],
        texts=_chosen(boxes.texts, left),
        masks=_chosen(boxes.masks, left),
    )


def turn(boxes: Boxes, *, orientation: int) -> Boxes:
    """Turn boxes as the pixels of their picture are turned, when EXIF orientation 1 to 8 is applied."""
    if orientation not in UPRIGHT:
        return boxes
    columns = [1 - boxes.corners[:, one] if other else boxes.corners[:, one] for one, other in UPRIGHT[orientation]]
    return replace(boxes, corners=np.stack(columns, axis=1))


def _chosen(values: Sequence[Any] | None, numbers: NDArray[np.int64]) -> list[Any] | None:
    return None if values is None else [values[number] for number in numbers.tolist()]
