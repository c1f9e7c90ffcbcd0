"""The dialect of the TF Object Detection API: an encoded picture, boxes with class ids from 1.

    image/encoded     bytes  the file, untouched; empty in records that name a picture only
    image/format      bytes  b"jpeg", b"png"           image/height, image/width   int64
    image/filename    bytes                            image/source_id  bytes      image/filename, if nothing better
    image/key/sha256  bytes  of image/encoded, hexadecimal digits, made when it is written
    image/object/bbox/{ymin,xmin,ymax,xmax}  float     image/object/class/label   int64  from 1, as in a label map
    image/object/class/text   bytes                    image/object/mask   bytes  one PNG per box
    image/class/label   int64  from 1, of the whole picture      image/class/text   bytes
    image/segmentation/class/encoded   bytes   PNG     image/object/{is_crowd,difficult,area,...}   as they are

Source: tensorflow/models, object_detection/dataset_tools (create_pet_tf_record.py, create_coco_tf_record.py) and
data_decoders/tf_example_decoder.py, which reads it.
"""

import hashlib
from typing import Any

from filmroll.dialects import fields, objects, parts
from filmroll.messages import Features
from filmroll.sample import Sample

NAME = "tfod"
HOLDS = parts.HOLDS
LABEL_BASE = objects.LABEL_BASE
SOURCE_ID = "image/source_id"
SIZES = frozenset({"image/height", "image/width"})
LOADED = parts.LOADED
PARTS = parts.Parts(
    NAME,
    key="image/filename",
    label="image/class/label",
    text="image/class/text",
    picture=frozenset({"image/encoded", "image/format", "image/key/sha256"}) | SIZES,
    label_base=LABEL_BASE,
)
WITHOUT_PICTURE = parts.Parts(
    NAME,
    key=PARTS.key,
    label=PARTS.label,
    text=PARTS.text,
    picture=PARTS.picture - SIZES,  # nothing else tells them
    label_base=LABEL_BASE,
)


def to_features(sample: Sample) -> dict[str, Any]:
    """Name the parts of a sample; an array is stored as PNG or NPY, an encoded picture as it is.

    Raises:
        DecodeError: The picture has no readable header.
        EncodeError: The array holds Python objects.
        UnsupportedError: Another feature has a name of the dialect's own.
    """
    key = fields.to_bytes(sample.key)
    names = {"image/filename": key} if SOURCE_ID in sample.features else {"image/filename": key, SOURCE_ID: key}
    if not sample.has_image:
        empty = dict.fromkeys(("image/encoded", "image/format", "image/key/sha256"), b"")
        return WITHOUT_PICTURE.to_features(sample, names | empty)
    sample = fields.encoded(sample)
    header = sample.header
    picture = {
        "image/height": header.height,
        "image/width": header.width,
        "image/key/sha256": hashlib.sha256(sample.encoded or b"").hexdigest(),
        "image/encoded": sample.encoded,
        "image/format": header.format,
    }
    return PARTS.to_features(sample, names | picture)


def to_sample(features: Features) -> Sample:
    """Find the parts of a sample by their names; labels come back from 0, a source_id only if it is not the file name.

    Raises:
        ParseError: There is no `image/encoded`, or a feature has the wrong type.
        FormatError: The lists of boxes have different lengths.
    """
    encoded = fields.one_bytes(features, "image/encoded")
    sample = PARTS.to_sample(features, encoded=encoded) if len(encoded) else WITHOUT_PICTURE.to_sample(features)
    if SOURCE_ID in sample.features and fields.first_bytes(features, SOURCE_ID) == fields.to_bytes(sample.key):
        del sample.features[SOURCE_ID]
    return sample


def sniff(features: Features) -> str | None:
    """Say why these features are TFOD's, or return None."""
    names = features.keys()
    if "image/encoded" not in names or {"image/colorspace", "image/channels"} & names:
        return None
    if any(name.startswith(("image/object/bbox/", "image/object/class/")) for name in names):
        return "image/object/* beside image/encoded is written for the TF Object Detection API; its labels start at 1"
    if {SOURCE_ID, "image/key/sha256"} & names:
        return "image/source_id or image/key/sha256 is written for the TF Object Detection API; its labels start at 1"
    return None
