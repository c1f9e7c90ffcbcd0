"""The dialect of TensorFlow's slim datasets: the picture as an encoded file, labels from 0.

    image/encoded       bytes   the file, untouched          image/class/label  int64  from 0
    image/format        bytes   b"jpeg", b"png", ...         image/class/text   bytes  name of the class
    image/height, image/width, image/channels   int64        image/filename     bytes  path below the source

Source: slim/datasets/dataset_utils.py (image_to_tfexample) and slim/datasets/imagenet.py, which reads it.
"""

from typing import Any

from filmroll import codecs
from filmroll.dialects import fields
from filmroll.messages import Features
from filmroll.sample import Sample

NAME = "slim"
OWN = (
    "image/encoded",
    "image/format",
    "image/height",
    "image/width",
    "image/channels",
    "image/filename",
    "image/class/label",
    "image/class/text",
)


def to_features(sample: Sample) -> dict[str, Any]:
    """Name the parts of a sample; an array is stored as PNG, an encoded picture as it is.

    Raises:
        DecodeError: The encoded picture has no readable header.
        EncodeError: The array does not fit into a PNG.
    """
    sample = fields.encoded(sample)
    header = sample.header
    features: dict[str, Any] = {
        "image/encoded": sample.encoded,
        "image/format": header.format,
        "image/height": header.height,
        "image/width": header.width,
        "image/channels": header.channels,
        "image/filename": fields.to_bytes(sample.key),
    }
    if sample.label is not None:
        features["image/class/label"] = sample.label
    if sample.text is not None:
        features["image/class/text"] = fields.to_bytes(sample.text)
    return features | sample.features


def to_sample(features: Features) -> Sample:
    """Find the parts of a sample by their names.

    Raises:
        ParseError: There is no `image/encoded`, or a feature has the wrong type.
    """
    return Sample(
        key=fields.text(features, "image/filename") or "",
        encoded=fields.one_bytes(features, "image/encoded"),
        label=fields.integer(features, "image/class/label"),
        text=fields.text(features, "image/class/text"),
        features=fields.others(features, OWN),
    )


def sniff(features: Features) -> str | None:
    """Say why these features are slim's, or return None."""
    names = features.keys()
    if "image/encoded" not in names or "image/colorspace" in names:
        return None
    if any(name.startswith("image/object/") for name in names):
        return None
    value = features["image/encoded"]
    if isinstance(value, list) and len(value) == 1 and codecs.identify(value[0]):
        return "image/encoded holds a picture file" + (
            ", image/class/label its label" if "image/class/label" in names else ""
        )
    return None
