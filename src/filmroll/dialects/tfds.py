"""The dialect of TensorFlow Datasets: features by their plain names, labels from 0, boxes in one list.

    image       bytes   PNG or JPEG          label   int64   from 0, -1 for none       text   bytes   name of the class
    file_name   bytes; other builders say image/filename (COCO) or filename
    objects/*, segmentation_mask   boxes and mask, see tfds_objects.py
    NAME/ragged_flat_values beside NAME/ragged_row_lengths_0   a ragged list; it stays among the other features

See tfds_metadata.py for the files that TensorFlow Datasets wants beside the records.

Source: tensorflow_datasets/core (features/*_feature.py, example_serializer.py).
"""

from typing import Any

import numpy as np

from filmroll import codecs
from filmroll.dialects import fields, parts, tfds_objects
from filmroll.messages import Features
from filmroll.sample import Sample

NAME = "tfds"
HOLDS = parts.HOLDS
NO_LABEL = -1
OTHER_KEYS = ("image/filename", "filename")
PARTS = parts.Parts(
    NAME, key="file_name", label="label", text="text", picture=frozenset({"image"}), objects=tfds_objects
)


def to_features(sample: Sample) -> dict[str, Any]:
    """Name the parts of a sample; an array is stored as PNG or NPY, an encoded picture as it is.

    Raises:
        DecodeError: There is no picture, or it has no readable header.
        EncodeError: The array holds Python objects.
        UnsupportedError: Another feature has a name of the dialect's own.
    """
    sample = fields.encoded(sample)
    features: dict[str, Any] = {"image": sample.encoded, "file_name": fields.to_bytes(sample.key)}
    if PARTS.label not in sample.features:  # all records of a builder have the same features
        features["label"] = NO_LABEL
    return PARTS.to_features(sample, features)


def to_sample(features: Features) -> Sample:
    """Find the parts of a sample by their names; label -1 is none.

    Raises:
        ParseError: There is no `image`, or a feature has the wrong type.
        FormatError: The lists of boxes have different lengths.
    """
    sample = PARTS.to_sample(features, encoded=fields.one_bytes(features, "image"))
    if sample.label == NO_LABEL:
        sample.label = None
    if PARTS.key not in features:
        _take_other_key(sample)
    return sample


def sniff(features: Features) -> str | None:
    """Say why these features are those of TensorFlow Datasets, or return None."""
    names = features.keys()
    if "class" in names or not codecs.identify(fields.first_bytes(features, "image")):
        return None
    label = features.get("label")
    if isinstance(label, np.ndarray) and label.dtype == np.int64:
        return "image holds a picture file, label its number, from 0, as in TensorFlow Datasets"
    if tfds_objects.BBOX in names or PARTS.key in names:
        return "image holds a picture file beside objects/bbox or file_name, as in TensorFlow Datasets"
    return None


def _take_other_key(sample: Sample) -> None:
    for name in OTHER_KEYS:
        if not sample.key and (found := fields.first_bytes(sample.features, name)):
            sample.key = fields.to_text(found)
            del sample.features[name]
