"""Records that nobody documented: which feature holds the picture, which its shape, its label, its name.

The picture is the feature whose bytes begin like a picture file in most records; failing that, the one whose
length is the product of whole numbers beside it (raw pixels, or raw pixels in base64). Boxes and mask are those of
objects.py. What was found is a Layout: it says why, and turns the features of each record into a Sample.
"""

import base64
import binascii
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeGuard

import numpy as np
from numpy.typing import NDArray

from filmroll import codecs
from filmroll.dialects import array, fields, objects, parts
from filmroll.errors import ParseError
from filmroll.messages import Features
from filmroll.sample import Sample

NAME = "generic"
HOLDS = parts.HOLDS  # what its samples may have; it only reads
PICTURES = (
    "image/encoded",
    "image",
    "img",
    "jpg",
    "jpeg",
    "png",
    "webp",
    "encoded",
    "image_raw",
    "image_bytes",
    "data",
)
SIZES = {"height": ("height", "rows"), "width": ("width", "cols"), "channels": ("channels", "depth")}
SHAPES = ("shape", "image_shape", "image/shape", "size")
LABELS = (
    "label",
    "labels",
    "class",
    "target",
    "category",
    "y",
    "cls",
    "image/class/label",
    "class_id",
    "label_id",
)
TEXTS = ("text", "caption", "txt", "class_name", "label_name", "image/class/text", "label", "class")
KEYS = ("filename", "file_name", "image_name", "image/filename", "key", "name", "id", "path", "image_id")
URL_SAFE = bytes.maketrans(b"-_", b"+/")  # both alphabets of RFC 4648 are met
MANY_CLASSES = 100_000  # above it a whole number is taken for an identifier or a time, not for a label


@dataclass(frozen=True, slots=True)
class Layout:
    """Which features hold what.

    Attributes:
        picture: Feature of the picture; None where no feature looks like one.
        storage: "encoded" for picture files, "raw" for the bytes of an array, "base64" for those in base64.
        shape: Features of the array's shape: one with all sizes, or one for each.
        channels_first: Whether the shape is (channels, height, width).
        bgr: Whether three channels are blue, green, red.
        label, text, key: Features of label, class name and name of the picture, where found.
        dtype: Feature that names the array's dtype; None has its bytes tell.
        values: The array's dtype itself, where it is always the same.
        why: A sentence for each thing found.
    """

    picture: str | None = None
    storage: Literal["encoded", "raw", "base64"] = "encoded"
    shape: tuple[str, ...] = ()
    channels_first: bool = False
    bgr: bool = False
    label: str | None = None
    text: str | None = None
    key: str | None = None
    dtype: str | None = None
    values: str | None = None
    why: list[str] = field(default_factory=list, compare=False)

    def to_sample(self, features: Features) -> Sample:
        """Find the parts of a sample where the layout says; a record that lacks the picture has none.

        Raises:
            ParseError: The picture's bytes do not fit the shape.
        """
        boxes, mask, named = objects.whole_in(features)
        used = {self.picture, self.label, self.text, self.key, self.dtype, *self.shape, *named}
        sample = Sample(
            key=fields.key(features, self.key or fields.RECORD_KEY),
            label=fields.integer(features, self.label) if self.label else None,
            text=fields.text(features, self.text) if self.text else None,
            boxes=boxes,
            mask=mask,
            features=fields.others(features, used),
        )
        if self.picture is None or self.picture not in features:
            return sample
        data = fields.one_bytes(features, self.picture)
        if self.storage == "encoded":
            sample.encoded = data
        else:
            sample.array = self._array(data, features)
        return sample

    def _array(self, data: memoryview, features: Features) -> np.ndarray[Any, Any]:
        if self.storage == "base64":
            data = memoryview(_from_base64(data))
        dtype = fields.text(features, self.dtype) if self.dtype else self.values
        image = array.to_array(data, shape=_shape(features, self.shape), dtype=dtype)
        if not self.channels_first:
            return image
        if image.ndim != 3:
            raise ParseError(f"an array of shape {image.shape}, expected three sizes, of channels, height and width")
        return image.transpose(1, 2, 0)


def discover(records: Sequence[Features]) -> Layout:
    """Look at the features of some records and say what holds the picture, its shape, its label, its name.

    Args:
        records: Features of a few records, tens are enough.

    Returns:
        What was found, `picture` None where nothing looks like one.
    """
    layout = _encoded(records) or _raw(records)
    if layout is None:
        return Layout(why=["no feature holds a picture file, and none has the length that numbers beside it tell"])
    taken = {layout.picture, *layout.shape}
    why = list(layout.why)
    label = _label(records, taken)
    if label:
        why.append(f"{label} is the label: a whole number in each record, from {_low(records, label)}")
    text = _first_text(records, TEXTS, taken)
    key = _first_text(records, KEYS, taken | {text})
    return Layout(
        picture=layout.picture,
        storage=layout.storage,
        shape=layout.shape,
        channels_first=layout.channels_first,
        label=label,
        text=text,
        key=key,
        why=why,
    )


def _encoded(records: Sequence[Features]) -> Layout | None:
    """Find the feature that most often begins like a picture file."""
    hits: dict[str, list[str]] = {}
    for features in records:
        for name, value in features.items():
            if isinstance(value, list) and len(value) == 1 and (found := codecs.identify(value[0])):
                hits.setdefault(name, []).append(found)
    if not hits:
        return None
    name = max(hits, key=lambda one: (len(hits[one]), -_rank(one, PICTURES)))
    formats = "/".join(sorted(set(hits[name]))).upper()
    return Layout(
        picture=name,
        why=[f"{name} is the picture: {len(hits[name])} of {len(records)} records begin as {formats}"],
    )


def _raw(records: Sequence[Features]) -> Layout | None:
    """Find a bytes feature whose length in every record is what its neighbours' numbers tell."""
    complete = [features for features in records if features]
    if not complete:
        return None
    for name in sorted(complete[0], key=lambda one: _rank(one, PICTURES)):
        for shape in _shape_candidates(complete[0]):
            storage = _storage(complete, name, shape)
            if storage:
                sizes = _shape(complete[0], shape)
                first = len(sizes) == 3 and sizes[0] in (1, 3, 4) and sizes[2] not in (1, 3, 4)
                how = "its bytes" if storage == "raw" else "its bytes out of base64"
                why = f"{name} is the picture, an array: {how} are as many as {' x '.join(shape)} tells in every record"
                return Layout(picture=name, storage=storage, shape=shape, channels_first=first, why=[why])
    return None


def _shape_candidates(features: Features) -> Iterator[tuple[str, ...]]:
    whole = {name: value for name, value in features.items() if _are_whole(value)}
    lists = [name for name, value in whole.items() if 2 <= len(value) <= 4]
    for name in sorted(lists, key=lambda one: _rank(one, SHAPES)):
        yield (name,)
    scalars = [name for name, value in whole.items() if len(value) == 1]
    found = {
        part: next((name for name in scalars if any(word in name.lower() for word in words)), None)
        for part, words in SIZES.items()
    }
    if found["height"] and found["width"]:
        if found["channels"]:
            yield found["height"], found["width"], found["channels"]
        yield found["height"], found["width"]


def _storage(records: Sequence[Features], name: str, shape: tuple[str, ...]) -> Literal["raw", "base64"] | None:
    if all(_fits(features, name, shape, base64_text=False) for features in records):
        return "raw"
    if all(_fits(features, name, shape, base64_text=True) for features in records):
        return "base64"
    return None


def _fits(features: Features, name: str, shape: tuple[str, ...], *, base64_text: bool) -> bool:
    value = features.get(name)
    if not isinstance(value, list) or len(value) != 1 or not all(_are_whole(features.get(one)) for one in shape):
        return False
    sizes = _shape(features, shape)
    count = math.prod(sizes)
    if count < 2 or min(sizes) < 1:
        return False
    nbytes = len(value[0])
    if base64_text:
        return nbytes == 4 * math.ceil(count / 3)
    return nbytes % count == 0 and nbytes // count in array.DTYPE_OF_ITEMSIZE


def _are_whole(value: object) -> TypeGuard[NDArray[np.int64]]:
    return isinstance(value, np.ndarray) and value.dtype == np.int64


def _shape(features: Features, shape: tuple[str, ...]) -> list[int]:
    sizes: list[int] = []
    for name in shape:
        numbers = fields.integers(features, name)
        sizes += [] if numbers is None else numbers.tolist()
    return sizes


def _label(records: Sequence[Features], taken: set[str | None]) -> str | None:
    """Choose the label: by its name, or because it is the one small whole number left."""
    names = [
        name
        for name in records[0]
        if name not in taken and all(_is_small_whole(features.get(name)) for features in records)
    ]
    named = [name for name in names if _rank(name, LABELS) < len(LABELS)]
    if named:
        return min(named, key=lambda one: _rank(one, LABELS))
    sizes = [word for words in SIZES.values() for word in words]
    left = [name for name in names if not any(word in name.lower() for word in sizes)]
    return left[0] if len(left) == 1 else None


def _is_small_whole(value: object) -> bool:
    return _are_whole(value) and len(value) == 1 and -1 <= int(value[0]) < MANY_CLASSES


def _low(records: Sequence[Features], name: str) -> int:
    return min(fields.integer(features, name) or 0 for features in records)


def _first_text(records: Sequence[Features], names: Sequence[str], taken: set[str | None]) -> str | None:
    for wanted in names:
        for name, value in records[0].items():
            if name not in taken and _plain(name) == _plain(wanted) and _is_text(value):
                return name
    return None


def _is_text(value: object) -> bool:
    if not isinstance(value, list) or len(value) != 1:
        return False
    try:
        return bytes(value[0]).decode("utf-8").isprintable()
    except UnicodeDecodeError:
        return False


def _rank(name: str, names: Sequence[str]) -> int:
    plain = [_plain(one) for one in names]
    return plain.index(_plain(name)) if _plain(name) in plain else len(names)


def _plain(name: str) -> str:
    return name.lower().removeprefix("image/").replace("_", "").replace("/", "")


def _from_base64(data: memoryview) -> bytes:
    try:
        return base64.b64decode(bytes(data).translate(URL_SAFE), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise ParseError(f"{len(data)} bytes that should be base64 are not: {exc}") from exc
