"""The dialect of build_imagenet_data.py: slim's names and a few more, labels from 1.

    image/class/label   int64   1..1000; 0 is kept for "background"
    image/class/synset  bytes   n02125311
    image/colorspace    bytes   always b"RGB"        image/format  bytes  always b"JPEG"
    image/object/bbox/{xmin,xmax,ymin,ymax}  float   shares of width and height, one per box
    image/object/bbox/label  int64   the picture's label, once per box

All 15 features are always there; lists of boxes may be empty, image/filename is a base name. What the script does not
know has a feature more: names and masks of boxes, and a mask, as objects.py says; an empty image/object/class/label
where boxes have no labels of their own, or where there is known to be no box. No label is -1, no text is empty.

Source: tensorflow/models, inception/data/build_imagenet_data.py (_convert_to_example).
"""

from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from filmroll import codecs
from filmroll.boxes import Boxes
from filmroll.codecs.pixels import to_channels
from filmroll.dialects import fields, objects, parts
from filmroll.errors import EncodeError
from filmroll.messages import Features
from filmroll.sample import Sample

NAME = "imagenet"
HOLDS = parts.HOLDS
LABEL_BASE = 1  # label 0 is the background class
NO_LABEL = -1
BOX_LABEL = "image/object/bbox/label"
SYNSET = "image/class/synset"
LOADED = parts.LOADED
PARTS = parts.Parts(
    NAME,
    key="image/filename",
    label="image/class/label",
    text="image/class/text",
    picture=frozenset(
        {
            "image/encoded",
            "image/format",
            "image/colorspace",
            "image/height",
            "image/width",
            "image/channels",
            BOX_LABEL,
        }
    ),
    label_base=LABEL_BASE,
)


def to_features(sample: Sample) -> dict[str, Any]:
    """Name the parts of a sample; PNG and CMYK become RGB JPEG of quality 100, as in the script.

    Raises:
        DecodeError: The encoded picture cannot be decoded, where it has to be.
        EncodeError: The picture is no 8-bit picture, or the label is below -1, which is the background.
        UnsupportedError: Another feature has a name of the dialect's own.
    """
    if sample.label is not None and sample.label + LABEL_BASE < 0:
        raise EncodeError(f"label {sample.label} of sample {sample.key!r}; the first class is 0, the background is -1")
    encoded, header = _rgb_jpeg(sample)
    label = NO_LABEL if sample.label is None else sample.label + LABEL_BASE
    text = fields.to_bytes(sample.text or "")
    synset = {} if SYNSET in sample.features else {SYNSET: text}
    features = {
        "image/height": header.height,
        "image/width": header.width,
        "image/colorspace": b"RGB",
        "image/channels": 3,
        "image/class/label": label,
        "image/class/text": text,
        "image/format": b"JPEG",
        "image/filename": fields.to_bytes(PurePosixPath(sample.key).name),
        "image/encoded": encoded,
    }
    features |= synset | _box_features(sample.boxes, label) | objects.to_features(replace(sample, boxes=None))
    return fields.joined(features, sample, own=PARTS.own_of(features | sample.features), dialect=NAME)


def to_sample(features: Features) -> Sample:
    """Find the parts of a sample by their names; the label comes back from 0, background as -1, no label as None.

    Raises:
        ParseError: There is no `image/encoded`, or a feature has the wrong type.
        FormatError: The lists of boxes have different lengths.
    """
    known = (
        features
        if _has_boxes(features)
        else {name: each for name, each in features.items() if name not in objects.BBOX}
    )
    sample = PARTS.to_sample(known, encoded=fields.one_bytes(features, "image/encoded"))
    if sample.label == NO_LABEL - LABEL_BASE:
        sample.label = None
    if fields.first_bytes(features, SYNSET) == fields.to_bytes(sample.text or ""):
        sample.features.pop(SYNSET, None)
    sample.text = sample.text or None
    if sample.boxes is not None:
        sample.boxes = _with_labels(sample.boxes, features)
    return sample


def sniff(features: Features) -> str | None:
    """Say why these features are build_imagenet_data.py's, or return None."""
    if {"image/encoded", "image/colorspace", "image/class/label"} <= features.keys():
        return "image/colorspace beside image/encoded is written by build_imagenet_data.py; its labels start at 1"
    return None


def _box_features(boxes: Boxes | None, label: int) -> dict[str, Any]:
    if boxes is None:
        return objects.box_features(Boxes(np.zeros(0, np.float32))) | {BOX_LABEL: np.zeros(0, np.int64)}
    features = objects.box_features(boxes)
    own = features.pop(objects.LABEL, None)
    if own is None or not len(boxes):
        features[objects.LABEL] = np.zeros(0, np.int64)
    return features | {BOX_LABEL: np.full(len(boxes), label) if own is None else own}


def _has_boxes(features: Features) -> bool:
    """Tell whether boxes are known: the script writes empty lists where they are not."""
    return features.get(objects.LABEL) is not None or any(fields.count(features.get(name)) for name in objects.BBOX)


def _with_labels(boxes: Boxes, features: Features) -> Boxes:
    labels = fields.integers(features, BOX_LABEL)
    if labels is None or features.get(objects.LABEL) is not None:
        return boxes
    return replace(boxes, labels=labels - LABEL_BASE)


def _rgb_jpeg(sample: Sample) -> tuple[Any, codecs.Header]:
    if sample.encoded and sample.header.format == "jpeg" and sample.header.color not in ("cmyk", "ycck"):
        return sample.encoded, sample.header
    image = sample.decode(channels=3) if sample.array is None else to_channels(np.atleast_3d(sample.array), 3)
    encoded = codecs.encode(image, "jpeg", quality=100)
    return encoded, codecs.read_header(encoded)
