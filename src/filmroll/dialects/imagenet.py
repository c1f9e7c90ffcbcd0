"""The dialect of build_imagenet_data.py: slim's names and a few more, labels from 1.

    image/class/label   int64   1..1000; 0 is kept for "background"
    image/class/synset  bytes   n02125311
    image/colorspace    bytes   always b"RGB"        image/format  bytes  always b"JPEG"
    image/object/bbox/{xmin,xmax,ymin,ymax}  float   shares of width and height, one per box
    image/object/bbox/label  int64   the picture's label, once per box

All 15 features are always there; lists of boxes may be empty, image/filename is a base name.

Source: tensorflow/models, inception/data/build_imagenet_data.py (_convert_to_example).
"""

from pathlib import PurePosixPath
from typing import Any

import numpy as np

from filmroll import codecs
from filmroll.dialects import fields
from filmroll.messages import Features
from filmroll.sample import Sample

NAME = "imagenet"
LABEL_BASE = 1  # label 0 is the background class
CORNERS = ("xmin", "xmax", "ymin", "ymax")
OWN = (
    "image/encoded",
    "image/format",
    "image/colorspace",
    "image/height",
    "image/width",
    "image/channels",
    "image/filename",
    "image/class/label",
    "image/class/text",
)


def to_features(sample: Sample) -> dict[str, Any]:
    """Name the parts of a sample; PNG and CMYK become RGB JPEG of quality 100, as in the script.

    Raises:
        DecodeError: The encoded picture cannot be decoded, where it has to be.
    """
    encoded, header = _rgb_jpeg(sample)
    label = -1 if sample.label is None else sample.label + LABEL_BASE
    boxes = {f"image/object/bbox/{corner}": np.zeros(0, np.float32) for corner in CORNERS}
    features = boxes | dict(sample.features)
    count = np.size(features["image/object/bbox/xmin"])
    return {
        "image/height": header.height,
        "image/width": header.width,
        "image/colorspace": b"RGB",
        "image/channels": 3,
        "image/class/label": label,
        "image/class/synset": sample.features.get("image/class/synset") or fields.to_bytes(sample.text or ""),
        "image/class/text": fields.to_bytes(sample.text or ""),
        "image/object/bbox/label": np.full(count, label, np.int64),
        "image/format": b"JPEG",
        "image/filename": fields.to_bytes(PurePosixPath(sample.key).name),
        "image/encoded": encoded,
    } | {name: value for name, value in features.items() if name != "image/object/bbox/label"}


def to_sample(features: Features) -> Sample:
    """Find the parts of a sample by their names; the label comes back from 0, background as -1.

    Raises:
        ParseError: There is no `image/encoded`, or a feature has the wrong type.
    """
    label = fields.integer(features, "image/class/label")
    return Sample(
        key=fields.text(features, "image/filename") or "",
        encoded=fields.one_bytes(features, "image/encoded"),
        label=None if label is None else label - LABEL_BASE,
        text=fields.text(features, "image/class/text"),
        features=fields.others(features, OWN),
    )


def sniff(features: Features) -> str | None:
    """Say why these features are build_imagenet_data.py's, or return None."""
    if {"image/encoded", "image/colorspace", "image/class/label"} <= features.keys():
        return "image/colorspace beside image/encoded is written by build_imagenet_data.py; its labels start at 1"
    return None


def _rgb_jpeg(sample: Sample) -> tuple[Any, codecs.Header]:
    if sample.encoded and sample.header.format == "jpeg" and sample.header.color not in ("cmyk", "ycck"):
        return sample.encoded, sample.header
    image = sample.decode(channels=3)
    encoded = codecs.encode(image, "jpeg", quality=100)
    return encoded, codecs.read_header(encoded)
