"""The dialect of TensorFlow's convert_to_records.py for MNIST: the bytes of a uint8 array, its three sizes, a label.

    image_raw  bytes   (height, width, depth) uint8, C order     label  int64   from 0
    height, width, depth   int64     filename, text   bytes, where a sample has them     boxes and mask  see objects.py

There is no dtype: it is always uint8. A picture of other numbers is for the dialect `array`.

Source: tensorflow/examples/how_tos/reading_data/convert_to_records.py.
"""

from typing import Any

import numpy as np

from filmroll.dialects import array, fields, parts
from filmroll.messages import Features
from filmroll.sample import Sample

NAME = "mnist"
HOLDS = parts.HOLDS
SIZES = ("height", "width", "depth")
PARTS = parts.Parts(NAME, key="filename", label="label", text="text", picture=frozenset({"image_raw", *SIZES}))


def to_features(sample: Sample) -> dict[str, Any]:
    """Name the parts of a sample; an encoded picture is decoded.

    Raises:
        DecodeError, LimitError: The encoded picture cannot be decoded.
        EncodeError: The array is not uint8, or has neither two nor three axes.
        UnsupportedError: Another feature has a name of the dialect's own.
    """
    image = fields.uint8_pixels(sample, dialect=NAME)
    sizes = dict(zip(SIZES, image.shape, strict=True))
    return PARTS.to_features(sample, {**sizes, "image_raw": fields.raw_bytes(image)})


def to_sample(features: Features) -> Sample:
    """Find the parts of a sample by their names; the array is a view of the record, not a copy.

    Raises:
        ParseError: A feature is absent, or the bytes are not as many as the sizes tell.
        FormatError: The lists of boxes have different lengths.
    """
    data = fields.one_bytes(features, "image_raw")
    return PARTS.to_sample(features, array=array.to_array(data, shape=_shape(features), dtype="uint8"))


def sniff(features: Features) -> str | None:
    """Say why these features are convert_to_records.py's, or return None."""
    if not {"image_raw", *SIZES} <= features.keys():
        return None
    sizes = [features[name] for name in SIZES]
    if not all(isinstance(size, np.ndarray) and size.shape == (1,) and size.dtype == np.int64 for size in sizes):
        return None
    if len(fields.first_bytes(features, "image_raw")) != np.prod([int(size[0]) for size in sizes if size is not None]):
        return None
    return "image_raw has as many bytes as height x width x depth: a uint8 array, as for MNIST"


def _shape(features: Features) -> list[int]:
    shape = []
    for name in SIZES:
        size = fields.integer(features, name)
        if size is None:
            raise fields.absent(features, name)
        shape.append(size)
    return shape
