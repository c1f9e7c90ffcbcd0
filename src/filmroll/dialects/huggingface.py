"""The dialect of Hugging Face's Parquet files: a picture is a struct of its bytes and its path.

    image      struct {bytes, path}   the picture file, untouched, or an array as PNG; the path is the key
    label      int64     from 0, with names: ClassLabel       text      string   name of the class
    objects    struct of lists        boxes in pixels, see coco.py
    mask       struct {bytes, path}   class of each pixel, a picture too

What has no place there has columns of its own: `picture` is a picture that Pillow does not open (SVG, an array as
NPY), `key` a key that is no path of a picture (of none, or no UTF-8), `without_kind` lists features that are there
without any value. Other features are columns of their own names; one that would be taken for another part of the
sample has `feature:` in front.

Files of others are read by the same names, `image` or `img`, or else the first struct that holds a picture. Their
`label` of several values, their `objects.bbox` that cannot be pixels of the picture, stay features.

Source: datasets/features/image.py (struct, embed_storage), features.py (ClassLabel), and the metadata of its files.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from filmroll import codecs
from filmroll.buffer import Buffer
from filmroll.dialects import coco, fields, stored, values
from filmroll.errors import Error
from filmroll.messages import Features
from filmroll.sample import Sample

NAME = "huggingface"
MESSAGE = "columns"
HOLDS = frozenset({"label", "text", "boxes", "box_masks", "mask", "features"})

IMAGE, MASK = "image", "mask"
KEY, LABEL, TEXT, PICTURE, WITHOUT_KIND = "key", "label", "text", "picture", "without_kind"
ESCAPE = "feature:"
PICTURE_NAMES = (IMAGE, "img")
OPENED_BY_PILLOW = ("jpeg", "png", "gif", "webp", "bmp", "pnm", "tiff", "avif")
OWN = frozenset({KEY, LABEL, TEXT, PICTURE, WITHOUT_KIND, MASK, *PICTURE_NAMES})
STRUCT = ("/bytes", "/path")
IN_STRUCTS = frozenset(struct + part for struct in (IMAGE, MASK) for part in STRUCT)


def to_features(sample: Sample) -> dict[str, Any]:
    """Name the parts of a sample as columns.

    Raises:
        EncodeError: The array holds Python objects, or a feature is of no type that features can have.
    """
    columns = _picture_columns(sample)
    if sample.label is not None:
        columns[LABEL] = np.array([sample.label], np.int64)
    if sample.text is not None:
        columns[TEXT] = [fields.to_bytes(sample.text)]
    if sample.mask is not None:
        columns |= {f"{MASK}/bytes": [sample.mask], f"{MASK}/path": None}
    data = _picture_of(columns)[1]
    if sample.boxes is not None:
        columns |= coco.to_features(sample.boxes, size=_size(data))
    return columns | _feature_columns(sample, data)


def to_sample(features: Features) -> Sample:
    """Find the parts of a sample by the names of its columns.

    Raises:
        ParseError: A column has the wrong type.
    """
    name, data = _picture_of(features)
    path = None if name is None else f"{name.removesuffix('/bytes')}/path"
    boxes, of_boxes = coco.to_boxes(features, size=_size(data) if coco.BBOX in features else None)
    label = _label(features)
    mask = _one(features, f"{MASK}/bytes")
    key = next((one for one in (KEY, path) if one is not None and _one(features, one) is not None), None)
    own = {name, key, WITHOUT_KIND, f"{MASK}/bytes", *of_boxes}
    own |= {LABEL} if label is not None else set()
    own |= {TEXT} if _one(features, TEXT) is not None else set()
    rest = {name.removeprefix(ESCAPE): value for name, value in features.items() if name not in own}
    return Sample(
        key="" if key is None else fields.text(features, key) or "",
        encoded=data,
        label=label,
        text=fields.text(features, TEXT) if TEXT in own else None,
        boxes=boxes,
        mask=mask,
        features=rest
        | {bytes(one).decode("utf-8", "surrogateescape"): None for one in features.get(WITHOUT_KIND) or []},
    )


def sniff(features: Features) -> str | None:
    """Say why these features are the columns of a Hugging Face table, or return None."""
    name, data = _picture_of(features)
    if name is None or data is None or not codecs.identify(data):
        return None
    if name.endswith("/bytes"):
        return f"{name} holds a picture file: a struct of bytes and path, as Hugging Face has pictures"
    return f"{name} holds a picture file"


def _picture_columns(sample: Sample) -> dict[str, Any]:
    data = stored.picture(sample)
    key = fields.to_bytes(sample.key)
    if data is None or codecs.identify(data) not in OPENED_BY_PILLOW:
        columns: dict[str, Any] = {} if data is None else {PICTURE: [data]}
        return columns | ({KEY: [key]} if key else {})
    columns = {f"{IMAGE}/bytes": [data], f"{IMAGE}/path": [key] if key and _is_utf8(key) else None}
    return columns if columns[f"{IMAGE}/path"] or not key else columns | {KEY: [key]}


def _feature_columns(sample: Sample, data: Buffer | None) -> dict[str, Any]:
    parsed = values.parsed(sample.features)
    taken = OWN | IN_STRUCTS
    if sample.boxes is not None or coco.to_boxes(parsed, size=_size(data))[0] is not None:
        taken |= coco.OWN
    if data is None:
        taken |= {name for name in parsed if name.endswith(STRUCT)}
    without = [fields.to_bytes(name) for name, value in parsed.items() if value is None]
    columns: dict[str, Any] = {WITHOUT_KIND: without} if without else {}
    for name, value in parsed.items():
        if value is not None:
            columns[ESCAPE + name if name in taken or name.startswith(ESCAPE) else name] = value
    return columns


def _picture_of(features: Mapping[str, Any]) -> tuple[str | None, Buffer | None]:
    """Find the picture, and the name of its column."""
    for name in (f"{IMAGE}/bytes", PICTURE, f"{PICTURE_NAMES[1]}/bytes"):
        if (data := _one(features, name)) is not None:
            return name, data
    structs = [name for name in features if name.endswith("/bytes") and not name.startswith((f"{MASK}/", ESCAPE))]
    for name in (*PICTURE_NAMES, *structs):
        data = _one(features, name)
        if data is not None and codecs.identify(data):
            return name, data
    return None, None


def _size(data: Buffer | None) -> coco.Size | None:
    """Read height and width of a picture; None where it has none that can be read."""
    try:
        header = None if data is None else codecs.read_header(data)
    except Error:
        return None
    return None if header is None or min(header.height, header.width) < 1 else (header.height, header.width)


def _label(features: Features) -> int | None:
    value = features.get(LABEL)
    if not isinstance(value, np.ndarray) or value.dtype != np.int64 or len(value) != 1:
        return None
    return int(value[0])


def _one(features: Mapping[str, Any], name: str) -> Buffer | None:
    value = features.get(name)
    return value[0] if isinstance(value, list) and len(value) == 1 else None


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
