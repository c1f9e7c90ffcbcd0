"""The dialect of img2dataset: an encoded picture named by its format, a caption, a column for all else.

    key   bytes   name of the picture            jpg, png, webp, ...   bytes   the file, untouched
    txt   bytes   the caption                    url, width, height, original_width, ...   columns, as they are
    cls   int64   class from 0, where a sample has one     boxes and mask   see objects.py

Source: rom1504/img2dataset, writer.py (TFRecordSampleWriter); `cls` is WebDataset's name.
"""

from typing import Any

from filmroll import codecs
from filmroll.codecs import FORMATS
from filmroll.dialects import fields, parts
from filmroll.messages import Features
from filmroll.sample import Sample

NAME = "img2dataset"
HOLDS = parts.HOLDS
SUFFIXES = tuple(dict.fromkeys(("jpg", "png", "webp", *(each.suffixes[0] for each in FORMATS.values()))))
PARTS = parts.Parts(NAME, key="key", label="cls", text="txt", picture=frozenset(SUFFIXES))


def to_features(sample: Sample) -> dict[str, Any]:
    """Name the parts of a sample; an array is stored as PNG or NPY, an encoded picture as it is.

    Raises:
        DecodeError: There is no picture, or it has no readable header.
        EncodeError: The array holds Python objects.
        UnsupportedError: Another feature has a name of the dialect's own.
    """
    sample = fields.encoded(sample)
    picture = FORMATS[sample.header.format].suffixes[0]
    return PARTS.to_features(sample, {"key": fields.to_bytes(sample.key), picture: sample.encoded})


def to_sample(features: Features) -> Sample:
    """Find the parts of a sample by their names.

    Raises:
        ParseError: No feature is named by a picture format, or one has the wrong type.
        FormatError: The lists of boxes have different lengths.
    """
    picture = next((name for name in SUFFIXES if name in features), SUFFIXES[0])
    return PARTS.to_sample(features, encoded=fields.one_bytes(features, picture))


def sniff(features: Features) -> str | None:
    """Say why these features are img2dataset's, or return None."""
    if not fields.first_bytes(features, "key"):
        return None
    for name in SUFFIXES:
        if codecs.identify(fields.first_bytes(features, name)):
            return f"{name} holds a picture file beside its key, as img2dataset writes it"
    return None
