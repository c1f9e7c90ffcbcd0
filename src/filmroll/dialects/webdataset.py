"""The dialect of WebDataset tars: one member for each part of a sample, told apart by what follows the key.

    jpg, png, webp, ...  the picture file, untouched; an array as png, or as npy where PNG cannot hold it
    cls                  the label in ASCII digits, from 0        seg.png     class of each pixel, `Sample.mask`
    txt                  the feature "caption"                    json        all the rest: see document.py
    anything else        a feature of that name, of one bytes value

`__key__` is the sample's key with dots as in addresses, rose/a%2Ejpg: see member_keys.py. A sample without a key
leaves it to the writer, which numbers it. A `json` that somebody else wrote is the feature "json", verbatim; what
filmroll has to say then is in `filmroll.json`. Tars of others are read by the same rules, and by these: the picture
is the first member whose suffix is a picture's, npy last and only with two axes; `mask.png` is a mask where there is
no `seg.png`; a `cls` that is no number is a feature.

Source: webdataset's tariterators.py (keys, fields), autodecode.py and writer.py (what cls, txt and json hold).
"""

import re
from collections.abc import Mapping
from typing import Any

from filmroll import codecs
from filmroll.buffer import Buffer
from filmroll.dialects import document, fields, member_keys, stored, values
from filmroll.errors import Error, ParseError
from filmroll.messages import Features
from filmroll.sample import Sample

NAME = "webdataset"
MESSAGE = "members"
HOLDS = frozenset({"label", "text", "boxes", "box_masks", "mask", "features"})

KEY, LABEL, CAPTION, MASK, OTHER_MASK = "__key__", "cls", "txt", "seg.png", "mask.png"
DOCUMENT, DOCUMENT_BESIDE = "json", "filmroll.json"  # the second where somebody else's JSON is there already
UNKNOWN = "bin"  # of a picture of no format that filmroll knows
PICTURES = {suffix for each in codecs.FORMATS.values() for suffix in each.suffixes} - {"npy"}
FIELD = re.compile(r"(?!__)[a-z0-9_+.-]+")
WHOLE_NUMBER = re.compile(rb"\s*(-?\d{1,19})\s*")
MAX_LABEL_NBYTES = 32


def to_features(sample: Sample) -> dict[str, Any]:
    """Name the parts of a sample as the members of a tar.

    Raises:
        EncodeError: The array holds Python objects, or a feature is of no type that features can have.
    """
    members: dict[str, Any] = {KEY: [fields.to_bytes(member_keys.to_member(sample.key))]} if sample.key else {}
    data = stored.picture(sample)
    picture = None if data is None else _field_of(data)
    parts = {picture: data, MASK: sample.mask, LABEL: None if sample.label is None else b"%d" % sample.label}
    members |= {field: [part] for field, part in parts.items() if field is not None and part is not None}
    rest = _add_features(members, values.parsed(sample.features))
    told = {
        "key": None if sample.key else "",
        "text": sample.text,
        "boxes": sample.boxes,
        "features": rest or None,
    }
    written: dict[str, Any] = {name: part for name, part in told.items() if part is not None}
    if _find_picture(members) != picture:
        written["picture"] = picture
    if written or not members.keys() - {KEY}:
        members[DOCUMENT_BESIDE if DOCUMENT in members else DOCUMENT] = [document.serialize(written)]
    return members


def to_sample(features: Features) -> Sample:
    """Find the parts of a sample by the names of its members.

    Raises:
        ParseError: There is no "__key__", or filmroll's JSON is damaged.
    """
    key = bytes(fields.one_bytes(features, KEY)).decode("utf-8", "surrogateescape")
    rest = {name: value for name, value in features.items() if name != KEY}
    written = _take_document(rest)
    picture = written["picture"] if "picture" in written else _find_picture(rest)
    mask = next((field for field in (MASK, OTHER_MASK) if _is_one(rest.get(field))), None)
    label = _label(rest.get(LABEL))
    sample = Sample(
        key=written.get("key", member_keys.from_member(key)),
        encoded=None if picture is None else _pop(rest, picture),
        label=label,
        text=written.get("text"),
        boxes=written.get("boxes"),
        mask=None if mask is None else _pop(rest, mask),
    )
    if label is not None:
        del rest[LABEL]
    if CAPTION in rest:
        rest["caption"] = rest.pop(CAPTION)
    sample.features = dict(rest) | written.get("features", {})
    return sample


def sniff(features: Features) -> str | None:
    """Say why these features are the members of a WebDataset sample, or return None."""
    members = {name: value for name, value in features.items() if name != KEY}
    if KEY not in features or not members or not all(map(_is_one, members.values())):
        return None
    known = [name for name in members if name in (LABEL, CAPTION, DOCUMENT) or _is_picture(name)]
    return f"__key__ beside {known[0]}: the members of a WebDataset sample" if known else None


def _field_of(data: Buffer) -> str:
    found = codecs.identify(data)
    return UNKNOWN if found is None else codecs.FORMATS[found].suffixes[0]


def _add_features(members: dict[str, Any], features: Mapping[str, Any]) -> dict[str, Any]:
    """Add the features that can be members of their own, and return the others."""
    rest = dict(features)
    if _is_one(rest.get("caption")):
        members[CAPTION] = rest.pop("caption")
    for name, value in features.items():
        if name in rest and _is_member(name, value, members):
            members[name] = rest.pop(name)
    return rest


def _is_member(name: str, value: Any, members: Mapping[str, Any]) -> bool:
    """Tell whether a feature comes back as what it is if it is a member."""
    if not _is_one(value) or not FIELD.fullmatch(name) or name in members:
        return False
    if name in (DOCUMENT, DOCUMENT_BESIDE):
        return name == DOCUMENT and not document.is_document(value[0])
    if name == LABEL:
        return _label(value) is None
    if name == OTHER_MASK:
        return MASK in members
    return name not in (CAPTION, "caption", MASK)


def _find_picture(members: Mapping[str, Any]) -> str | None:
    names = [name for name, value in members.items() if _is_one(value) and name not in (MASK, OTHER_MASK)]
    pictures = [name for name in names if name in PICTURES] or [name for name in names if _is_picture(name)]
    if pictures:
        return pictures[0]
    return "npy" if "npy" in names and _has_two_axes(members["npy"][0]) else None


def _is_picture(name: str) -> bool:
    return name.rpartition(".")[2] in PICTURES


def _has_two_axes(data: Buffer) -> bool:
    try:
        return len(codecs.read_header(data).shape) >= 2
    except Error:
        return False


def _take_document(rest: dict[str, Any]) -> dict[str, Any]:
    for name in (DOCUMENT_BESIDE, DOCUMENT):
        value = rest.get(name)
        if _is_one(value) and document.is_document(rest[name][0]):
            return document.parse(rest.pop(name)[0])
    return {}


def _pop(rest: dict[str, Any], field: str) -> Buffer:
    if not _is_one(rest.get(field)):
        raise ParseError(f"no member {field!r}, which the JSON calls the picture; there are: {fields.listed(rest)}")
    data: Buffer = rest.pop(field)[0]
    return data


def _label(value: Any) -> int | None:
    if not _is_one(value) or len(value[0]) > MAX_LABEL_NBYTES:
        return None
    found = WHOLE_NUMBER.fullmatch(bytes(value[0]))
    return None if found is None else int(found[1])


def _is_one(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 1
