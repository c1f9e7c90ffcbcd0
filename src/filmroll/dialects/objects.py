"""Objects in a picture, under the names of the TF Object Detection API, in any dialect that has no others for them.

    image/object/bbox/{ymin,xmin,ymax,xmax}  float   shares of height and width, one of each per box
    image/object/class/label                 int64   from 1: 0 is kept for the background
    image/object/class/text                  bytes   name of the class        image/object/mask  bytes  PNG per box
    image/segmentation/class/encoded         bytes   PNG, the class of each pixel: DeepLab's name
    image/segmentation/class/format          bytes   b"png"

A list that is absent is a part that is not known; empty ones are there and hold nothing. Box labels count from 1
whatever the dialect's base is for pictures, because every reader of that name expects it.

Source: tensorflow/models, object_detection/dataset_tools and data_decoders/tf_example_decoder.py; deeplab/datasets.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from filmroll import codecs
from filmroll.boxes import Boxes
from filmroll.dialects import fields
from filmroll.errors import FormatError, ParseError
from filmroll.messages import Features
from filmroll.sample import Sample

HOLDS = frozenset({"boxes", "box_masks", "mask"})
CORNERS = ("ymin", "xmin", "ymax", "xmax")  # in the order of Boxes.corners
BBOX = tuple(f"image/object/bbox/{corner}" for corner in CORNERS)
LABEL = "image/object/class/label"
TEXT = "image/object/class/text"
MASKS = "image/object/mask"
MASK = "image/segmentation/class/encoded"
MASK_FORMAT = "image/segmentation/class/format"
OWN = frozenset({*BBOX, LABEL, TEXT, MASKS, MASK, MASK_FORMAT})
LABEL_BASE = 1


def to_features(sample: Sample) -> dict[str, Any]:
    """Name the boxes and the mask of a sample; nothing where it has neither."""
    features = {} if sample.boxes is None else box_features(sample.boxes)
    if sample.mask is not None:
        features[MASK] = sample.mask
        features[MASK_FORMAT] = codecs.identify(sample.mask) or "png"
    return features


def box_features(boxes: Boxes) -> dict[str, Any]:
    """Name the parts of boxes."""
    corners = dict(zip(BBOX, boxes.corners.T, strict=True))
    return corners | fields.box_parts(boxes, label=LABEL, text=TEXT, masks=MASKS, label_base=LABEL_BASE)


def boxes_of(features: Features) -> Boxes | None:
    """Find the boxes; None where no corner is there.

    Raises:
        ParseError: Some corners are there and others not, or a feature has the wrong type.
        FormatError: There are not as many of one as of another.
    """
    if not any(name in features for name in BBOX):
        return None
    corners = _corners(features)
    labels = fields.integers(features, LABEL)
    return Boxes(
        corners,
        labels=_full(None if labels is None else labels - LABEL_BASE, len(corners)),
        texts=_full(fields.texts(features, TEXT), len(corners)),
        masks=_full(None if foreign_in(features) else fields.many_bytes(features, MASKS), len(corners)),
    )


def mask_of(features: Features) -> memoryview | None:
    """Find the mask; None where there is none.

    Raises:
        ParseError: The feature has the wrong type.
    """
    return fields.mask(features, MASK)


def foreign_in(features: Mapping[str, Any]) -> list[str]:
    """List the own names that hold something else, and stay among the other features.

    Those are parts of objects that have no boxes, and masks as numbers for each pixel.
    """
    if not any(name in features for name in BBOX):
        foreign = [LABEL, TEXT, MASKS]
    else:
        foreign = [MASKS] if isinstance(features.get(MASKS), np.ndarray) else []
    foreign += [] if features.get(MASK) is not None else [MASK, MASK_FORMAT]
    return [name for name in foreign if name in features]


def whole_in(features: Features) -> tuple[Boxes | None, memoryview | None, frozenset[str]]:
    """Find boxes and mask in records that nobody documented.

    Returns:
        Boxes and mask, None where there are none that are whole, and the names of the features that hold them.
    """
    parts = {name: value for name, value in features.items() if name in OWN}
    if not parts:
        return None, None, frozenset()
    try:
        return boxes_of(parts), mask_of(parts), OWN.difference(foreign_in(parts))
    except FormatError:
        return None, None, frozenset()


def _corners(features: Features) -> np.ndarray[Any, Any]:
    found = [fields.floats(features, name) for name in BBOX]
    columns = [np.zeros(0, np.float32) if one is None else one for one in found]
    if len({len(column) for column in columns}) > 1:
        counts = ", ".join(f"{name} {len(column)}" for name, column in zip(CORNERS, columns, strict=True))
        raise ParseError(f"the corners of boxes are not as many of each: {counts}; expected one of each per box")
    return np.stack(columns, axis=1)


def _full(part: Any, count: int) -> Any:
    """Return the part, or None where it is empty and the boxes are not: some writers leave empty lists."""
    return None if part is not None and not len(part) and count else part
