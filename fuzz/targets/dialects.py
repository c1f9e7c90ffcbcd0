# Invariant: of the features of any message every dialect says a sentence or None, and the one found to fit gives a
# Sample or a documented error; so does the layout that is discovered where none fits.
"""Dialects: telling them, and reading their samples."""

import json
from collections.abc import Iterator
from contextlib import suppress

from filmroll import dialects, messages
from filmroll.dialects.raw_layouts import raw_layout
from filmroll.errors import Error
from filmroll.messages import datum, example
from filmroll.messages.feature import Features
from filmroll.schema import schema_of

SEEDS = ()
MAX_NBYTES = 2**12
PNG = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\0\0\0\0\x3a\x7e\x9b\x55"
BOX = {
    f"image/object/bbox/{side}": [value] for side, value in (("xmin", 0.1), ("xmax", 0.9), ("ymin", 0.2), ("ymax", 0.7))
}
USUAL: tuple[dict[str, object], ...] = (
    {"image/encoded": PNG, "image/format": "png", "image/class/label": 3, "image/height": 1, "image/width": 1},
    {"image/encoded": PNG, "image/filename": "a.png", "image/class/synset": "n01", "image/class/text": "x"},
    {
        "image/encoded": PNG,
        "image/source_id": "1",
        "image/object/class/label": [1],
        "image/object/class/text": ["a"],
        **BOX,
    },
    {"image": PNG, "label": 3, "objects/bbox": [0.1, 0.2, 0.3, 0.4], "objects/label": [1], "image/filename": "a"},
    {"image_raw": bytes(784), "height": 28, "width": 28, "depth": 1, "label": 7},
    {"image_bytes": bytes(12), "image_shape": [2, 2, 3], "image_dtype": "uint8", "label": 1},
    {"data": bytes(12), "shape": [3, 2, 2]},
    {"jpg": PNG, "txt": "a caption", "json": b'{"a": [1, 2.5, null]}', "cls": b"3", "__key__": b"x"},
    {"image.bytes": PNG, "image.path": "a.png", "label": 4, "objects.bbox": [1.0, 2.0, 3.0, 4.0]},
    {"anything": b"aGVsbG8gd29ybGQ=", "height": 2, "width": 2, "channels": 3, "class": 2},
)


def seeds() -> Iterator[bytes]:
    """Yield a record as each dialect has it."""
    yield from (b"".join(example.serialize(features)) for features in USUAL)
    yield b"".join(datum.serialize({"channels": 1, "height": 2, "width": 3, "data": b"123456", "label": 4}))
    yield b"".join(example.serialize({"json": json.dumps({"filmroll": 1, "image": "png", "boxes": {}}), "png": PNG}))


def check(data: bytes) -> None:
    """Ask every dialect about the features of a message, and read what fits."""
    try:
        features = messages.parse(data, kind=messages.recognise(data))
    except Error:
        return
    schema_of([features])
    for message in {dialects.message_of(module) for module in dialects.DIALECTS.values()}:
        _read(features, message)


def _read(features: Features, message: str) -> None:
    match = dialects.sniff([features, features], message)
    assert match.why == [str(sentence) for sentence in match.why]
    raw_layout(match)
    readings = [match.reading, *(dialects.get(name) for name in dialects.fitting([features], message=message))]
    for reading in readings:
        with suppress(Error):
            sample = reading.to_sample(features)
            if sample.encoded is not None:
                _ = sample.header
