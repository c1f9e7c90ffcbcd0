"""The dialect of the flowers of Google Cloud and Kaggle (gs://flowers-public): an encoded picture, its class by number.

    image  bytes   the file, untouched     class  int64   from 0     label  bytes   name of the class
    size   int64   height, width           one_hot_class  float      stays among the other features
    id     bytes   name of the picture in Kaggle's files; filename in those written here
    boxes and mask   see objects.py

Source: GoogleCloudPlatform/training-data-analyst, courses/fast-and-lean-data-science (flower_pictures_to_TFRecord).
"""

from typing import Any

import numpy as np

from filmroll import codecs
from filmroll.dialects import fields, parts
from filmroll.messages import Features
from filmroll.sample import Sample

NAME = "flowers"
HOLDS = parts.HOLDS
PARTS = parts.Parts(NAME, key="filename", label="class", text="label", picture=frozenset({"image", "size"}))
KAGGLE_KEY = "id"


def to_features(sample: Sample) -> dict[str, Any]:
    """Name the parts of a sample; an array is stored as PNG or NPY, an encoded picture as it is.

    Raises:
        DecodeError: There is no picture, or it has no readable header.
        EncodeError: The array holds Python objects.
        UnsupportedError: Another feature has a name of the dialect's own.
    """
    sample = fields.encoded(sample)
    header = sample.header
    return PARTS.to_features(sample, {"image": sample.encoded, "size": [header.height, header.width]})


def to_sample(features: Features) -> Sample:
    """Find the parts of a sample by their names.

    Raises:
        ParseError: There is no `image`, or a feature has the wrong type.
        FormatError: The lists of boxes have different lengths.
    """
    sample = PARTS.to_sample(features, encoded=fields.one_bytes(features, "image"))
    if not sample.key and (name := fields.first_bytes(features, KAGGLE_KEY)):
        sample.key = fields.to_text(name)
        del sample.features[KAGGLE_KEY]
    return sample


def sniff(features: Features) -> str | None:
    """Say why these features are those of the flowers, or return None."""
    number = features.get("class")
    if not isinstance(number, np.ndarray) or number.shape != (1,) or number.dtype != np.int64:
        return None
    if isinstance(features.get("label"), np.ndarray) or not {"label", "size", "one_hot_class", "id"} & features.keys():
        return None
    if not codecs.identify(fields.first_bytes(features, "image")):
        return None
    return "image holds a picture file, class its number, from 0, as in Google's flowers"
