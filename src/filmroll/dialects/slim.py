"""The dialect of TensorFlow's slim datasets: the picture as an encoded file, labels from 0.

    image/encoded       bytes   the file, untouched          image/class/label  int64  from 0
    image/format        bytes   b"jpeg", b"png", ...         image/class/text   bytes  name of the class
    image/height, image/width, image/channels   int64        image/filename     bytes  path below the source
    image/object/*, image/segmentation/class/*               boxes and mask, see objects.py

An array is stored as PNG, or as NPY where PNG cannot hold it. slim's reader of ImageNet takes boxes by the same names.

Source: slim/datasets/dataset_utils.py (image_to_tfexample) and slim/datasets/imagenet.py, which reads it.
"""

from typing import Any

from filmroll import codecs
from filmroll.dialects import fields, parts
from filmroll.messages import Features
from filmroll.sample import Sample

NAME = "slim"
HOLDS = parts.HOLDS
LOADED = parts.LOADED
PARTS = parts.Parts(
    NAME,
    key="image/filename",
    label="image/class/label",
    text="image/class/text",
    picture=frozenset({"image/encoded", "image/format", "image/height", "image/width", "image/channels"}),
)
FOREIGN = ("image/source_id", "image/key/sha256")  # TFOD's


def to_features(sample: Sample) -> dict[str, Any]:
    """Name the parts of a sample; an array is stored as PNG or NPY, an encoded picture as it is.

    Raises:
        DecodeError: There is no picture, or it has no readable header.
        EncodeError: The array holds Python objects.
        UnsupportedError: Another feature has a name of the dialect's own.
    """
    sample = fields.encoded(sample)
    header = sample.header
    return PARTS.to_features(
        sample,
        {
            "image/encoded": sample.encoded,
            "image/format": header.format,
            "image/height": header.height,
            "image/width": header.width,
            "image/channels": header.channels,
            "image/filename": fields.to_bytes(sample.key),
        },
    )


def to_sample(features: Features) -> Sample:
    """Find the parts of a sample by their names.

    Raises:
        ParseError: There is no `image/encoded`, or a feature has the wrong type.
        FormatError: The lists of boxes have different lengths.
    """
    return PARTS.to_sample(features, encoded=fields.one_bytes(features, "image/encoded"))


def sniff(features: Features) -> str | None:
    """Say why these features are slim's, or return None.

    With boxes or a source beside the picture they are TFOD's, unless image/channels is there too, which TFOD lacks.
    """
    names = features.keys()
    if "image/encoded" not in names or "image/colorspace" in names:
        return None
    foreign = any(name.startswith("image/object/") or name in FOREIGN for name in names)
    if foreign and "image/channels" not in names:
        return None
    if codecs.identify(fields.first_bytes(features, "image/encoded")):
        return "image/encoded holds a picture file" + (
            ", image/class/label its label" if "image/class/label" in names else ""
        )
    return None
