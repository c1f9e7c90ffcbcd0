"""Objects in a picture, under the names of TensorFlow Datasets: a list of boxes, each with what belongs to it.

    objects/bbox    float   ymin, xmin, ymax, xmax of each box in turn, shares of height and width
    objects/label   int64   from 0        objects/text   bytes        objects/mask   bytes   one PNG per box
    segmentation_mask   bytes   PNG, the class of each pixel

A list that is absent is a part that is not known; empty ones are there and hold nothing.

Source: tensorflow_datasets/core/features (bounding_boxes.py, sequence_feature.py); segmentation_mask is the name in
oxford_iiit_pet.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from filmroll.boxes import Boxes
from filmroll.dialects import fields
from filmroll.errors import ParseError
from filmroll.messages import Features
from filmroll.sample import Sample

BBOX, LABEL, TEXT, MASKS = "objects/bbox", "objects/label", "objects/text", "objects/mask"
MASK = "segmentation_mask"
OWN = frozenset({BBOX, LABEL, TEXT, MASKS, MASK})


def to_features(sample: Sample) -> dict[str, Any]:
    """Name the boxes and the mask of a sample; nothing where it has neither."""
    features: dict[str, Any] = {} if sample.mask is None else {MASK: sample.mask}
    boxes = sample.boxes
    if boxes is None:
        return features
    return features | {BBOX: boxes.corners} | fields.box_parts(boxes, label=LABEL, text=TEXT, masks=MASKS)


def boxes_of(features: Features) -> Boxes | None:
    """Find the boxes; None where the list of corners is absent.

    Raises:
        ParseError: A feature has the wrong type, or the corners are not four for each box.
        FormatError: There are not as many of one as of another.
    """
    if BBOX not in features:
        return None
    found = fields.floats(features, BBOX)
    corners = np.zeros(0, np.float32) if found is None else found
    if len(corners) % 4:
        raise ParseError(f"feature {BBOX!r} has {len(corners)} values, expected four for each box")
    return Boxes(
        corners,
        labels=fields.integers(features, LABEL),
        texts=fields.texts(features, TEXT),
        masks=fields.many_bytes(features, MASKS),
    )


def mask_of(features: Features) -> memoryview | None:
    """Find the mask; None where there is none.

    Raises:
        ParseError: The feature has the wrong type.
    """
    return fields.mask(features, MASK)


def foreign_in(features: Mapping[str, Any]) -> list[str]:
    """List the own names that hold something else, and stay among the other features: parts that have no boxes."""
    foreign = [] if BBOX in features else [LABEL, TEXT, MASKS]
    foreign += [] if features.get(MASK) is not None else [MASK]
    return [name for name in foreign if name in features]
