"""The dialect of ProGAN and StyleGAN: a uint8 array with its channels first.

    shape  int64   channels, height, width     data  bytes   uint8, C order
    label  int64 from 0; filename, text   bytes, where a sample has them     boxes and mask  see objects.py

The networks' own reader takes these two features alone, wants squares whose side is a power of two, of 1 or 3
channels, and labels in a file beside the records.

Source: tkarras/progressive_growing_of_gans and NVlabs/stylegan, dataset_tool.py and training/dataset.py.
"""

import math
from typing import Any

import numpy as np

from filmroll.dialects import array, fields, parts
from filmroll.errors import ParseError
from filmroll.messages import Features
from filmroll.sample import Sample

NAME = "stylegan"
HOLDS = parts.HOLDS
CHANNELS = (1, 2, 3, 4)
PARTS = parts.Parts(NAME, key="filename", label="label", text="text", picture=frozenset({"shape", "data"}))


def to_features(sample: Sample) -> dict[str, Any]:
    """Name the parts of a sample; an encoded picture is decoded, its channels come first.

    Raises:
        DecodeError, LimitError: The encoded picture cannot be decoded.
        EncodeError: The array is not uint8, or has neither two nor three axes.
        UnsupportedError: Another feature has a name of the dialect's own.
    """
    image = fields.uint8_pixels(sample, dialect=NAME).transpose(2, 0, 1)
    return PARTS.to_features(sample, {"shape": list(image.shape), "data": fields.raw_bytes(image)})


def to_sample(features: Features) -> Sample:
    """Find the parts of a sample by their names; the array is a view of the record with its channels last.

    Raises:
        ParseError: A feature is absent, the shape has not three sizes, or the bytes are not as many as it tells.
        FormatError: The lists of boxes have different lengths.
    """
    shape = fields.integers(features, "shape")
    if shape is None:
        raise fields.absent(features, "shape")
    if len(shape) != 3:
        raise ParseError(f"feature 'shape' has {len(shape)} values, expected channels, height and width")
    image = array.to_array(fields.one_bytes(features, "data"), shape=shape.tolist(), dtype="uint8")
    return PARTS.to_sample(features, array=image.transpose(1, 2, 0))


def sniff(features: Features) -> str | None:
    """Say why these features are StyleGAN's, or return None; a shape whose last size may be channels is not."""
    shape = features.get("shape")
    if not isinstance(shape, np.ndarray) or shape.shape != (3,) or shape.dtype != np.int64:
        return None
    channels, height, width = shape.tolist()
    if channels not in CHANNELS or (width in CHANNELS and height != width):
        return None
    if len(fields.first_bytes(features, "data")) != math.prod((channels, height, width)):
        return None
    return "data has as many bytes as shape tells, channels first: a uint8 array, as for StyleGAN"
