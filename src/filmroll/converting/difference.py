"""Whether two samples are the same: a digest of the picture, and of every part beside it."""

from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

import numpy as np

from filmroll.dialects import fields
from filmroll.errors import Error
from filmroll.sample import Sample

DIGEST_NBYTES = 16


def digests(sample: Sample, *, pixels: bool = True) -> dict[str, str]:
    """Digest every part of a sample.

    Args:
        sample: What is looked at.
        pixels: Digest the decoded picture, so that a PNG equals its array; else the encoded bytes, if there are any.

    Returns:
        Part -> hexadecimal digest, for the parts that are there: "picture", "key", "label", "text", "boxes", "mask",
        and each feature by its name. Two samples are the same where these are equal.

    Raises:
        DecodeError, LimitError: The picture cannot be decoded.
    """
    return {name: _digest(parts) for name, parts in _parts(sample, pixels=pixels)}


def difference(one: Sample, other: Sample) -> list[str]:
    """Name the parts in which two samples differ; pictures of unequal bytes are decoded and compared by pixels."""
    pixels = one.encoded is None or other.encoded is None or bytes(one.encoded) != bytes(other.encoded)
    try:
        first, second = digests(one, pixels=pixels), digests(other, pixels=pixels)
    except Error:
        first, second = digests(one, pixels=False), digests(other, pixels=False)
    return sorted(name for name in first.keys() | second.keys() if first.get(name) != second.get(name))


def _parts(sample: Sample, *, pixels: bool) -> Iterator[tuple[str, list[Any]]]:
    if sample.has_image:
        yield "picture", [_picture(sample, pixels=pixels)]
    if sample.key:
        yield "key", [sample.key]
    if sample.label is not None:
        yield "label", [str(sample.label)]
    if sample.text is not None:
        yield "text", [sample.text]
    if sample.mask is not None:
        yield "mask", [sample.mask]
    boxes = sample.boxes
    if boxes is not None:
        yield "boxes", [boxes.corners, boxes.labels, *(boxes.texts or ()), None, *(boxes.masks or ())]
    for name, value in sample.features.items():
        yield name, value if isinstance(value, list) else [value]


def _picture(sample: Sample, *, pixels: bool) -> Any:
    if not pixels and sample.encoded:
        return sample.encoded
    image = fields.pixels(sample)
    return image[..., np.newaxis] if image.ndim == 2 else image


def _digest(parts: list[Any]) -> str:
    hashed = blake2b(digest_size=DIGEST_NBYTES)
    for part in parts:
        kind, data = _bytes(part)
        hashed.update(f"{kind} {len(data)};".encode())
        hashed.update(data)
    return hashed.hexdigest()


def _bytes(part: Any) -> tuple[str, Any]:
    if part is None:
        return "none", b""
    if isinstance(part, str):
        return "bytes", part.encode("utf-8", "surrogateescape")
    if isinstance(part, bytes | bytearray | memoryview):
        return "bytes", part
    array = np.ascontiguousarray(part)
    return f"{array.dtype} {array.shape}", array.tobytes()
