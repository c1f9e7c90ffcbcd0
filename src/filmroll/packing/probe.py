"""One picture before it is packed: is it a picture, is anything out of the ordinary, and what is to be done about it.

mislabelled   the name says .png, the bytes say JPEG        default: keep; the record's format is the true one
cmyk          a JPEG in CMYK or YCCK colours                default: keep
rotated       EXIF says that the photo is to be turned      default: keep
unreadable    cannot be opened, or has no readable header   default: skip
outside       a box reaches outside the picture             default: fail; such boxes are often in another form

A picture that is encoded again, for one of these or because smaller or seekable copies are asked for, comes out upright
and in RGB or gray: what is kept otherwise is converted. Of copies that goes for animated and transparent ones, too.
"""

import errno
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any, Literal

import numpy as np

from filmroll import codecs
from filmroll.boxes import Boxes
from filmroll.codecs import jpeg_restarts
from filmroll.errors import DecodeError, EncodeError, Error, FormatError, LimitError, UnsupportedError
from filmroll.packing.copies import Copies
from filmroll.packing.report import Action, Copied, Finding
from filmroll.sample import Sample
from filmroll.sources import corners
from filmroll.sources.item import Item
from filmroll.sources.remote_file import RemoteFile

Policy = Literal["keep", "convert", "skip", "fail"]
POLICIES: tuple[Policy, ...] = ("keep", "convert", "skip", "fail")
ACTIONS: dict[Policy, Action] = {"keep": "kept", "convert": "changed", "skip": "skipped", "fail": "skipped"}
CMYK = ("cmyk", "ycck")
NO_FAULT_OF_A_PICTURE = (  # where one cannot be opened so, the next one cannot either
    errno.EMFILE,
    errno.ENFILE,
    errno.ENOMEM,
    errno.ENOTCONN,
    errno.ESTALE,
    errno.ETIMEDOUT,
)


class FailedPolicyError(DecodeError):
    """A picture is one of those that the policies do not let pass."""


class BoxOutsideError(FormatError):
    """A box reaches outside its picture, and the policies do not let that pass."""


@dataclass(frozen=True, slots=True)
class Policies:
    """What to do about pictures that are out of the ordinary.

    "keep" packs the bytes as they are, "convert" changes them so that nothing is out of the ordinary any more
    (a mislabelled file gets the name that fits, CMYK becomes an RGB JPEG, a rotated photo is turned and encoded
    again; one that is both becomes both, whichever was asked for), "skip" leaves the picture out, "fail" stops.
    Everything but an ordinary picture is in the report.

    Attributes:
        mislabelled, cmyk, rotated: One of the four.
        unreadable: "skip" or "fail".
        outside: "convert" (boxes are cut off at the picture's edges), "skip" or "fail".
        quality: JPEG quality where a picture has to be encoded again.
    """

    mislabelled: Policy = "keep"
    cmyk: Policy = "keep"
    rotated: Policy = "keep"
    unreadable: Literal["skip", "fail"] = "skip"
    quality: int = 95
    outside: Literal["convert", "skip", "fail"] = "fail"

    def __post_init__(self) -> None:
        if self.quality not in range(1, 101):
            raise UnsupportedError(f"a JPEG quality of {self.quality}; give 1 to 100")


@dataclass(slots=True)
class Probed:
    """A picture that was looked at.

    Attributes:
        sample: The picture to pack; None where it is to be skipped.
        findings: What was out of the ordinary.
        is_changed: Whether the sample's bytes are not the source's.
        copied: What it cost, where the sample is a copy that is smaller or seekable.
    """

    sample: Sample | None
    findings: list[Finding]
    is_changed: bool = False
    copied: Copied | None = None


def probe(item: Item, *, policies: Policies, copies: Copies | None = None) -> Probed:
    """Read a picture, recognise it by its bytes, and do what the policies say; an array is what it is.

    Args:
        item: The picture.
        policies: What to do about what is out of the ordinary.
        copies: What pictures are to be like that get smaller or seekable; None keeps their bytes.

    Raises:
        FailedPolicyError, BoxOutsideError: A policy is "fail" and the picture is that way.
        UnsupportedError: It has a mask and would be turned or made smaller, or is an array and would be copied.
        OSError: No file can be read now: too many are open, the server does not answer, ...
    """
    try:
        sample = item.read()
        if sample.array is not None:
            return _unencoded(item, sample, copies)
        _ = sample.header
        outside = None if sample.boxes is None else _outside(item, sample, policies)
        if outside is not None and outside.action == "skipped":
            return Probed(None, [outside])
        probed = _judge(item, sample, policies, copies)
    except (FailedPolicyError, BoxOutsideError):
        raise
    except (OSError, DecodeError, EncodeError, FormatError, LimitError) as exc:
        if _is_no_fault_of_a_picture(exc, item):
            raise
        return Probed(None, [unreadable(item, exc, policies=policies)])
    if outside is not None:
        probed.findings.insert(0, outside)
    return probed


def _is_no_fault_of_a_picture(exc: Exception, item: Item) -> bool:
    """Tell whether the next picture cannot be read either; of a store only one that is gone is alone in it."""
    if isinstance(item, RemoteFile) and isinstance(exc, OSError):
        return not isinstance(exc, FileNotFoundError)
    return getattr(exc, "errno", None) in NO_FAULT_OF_A_PICTURE


def copy(sample: Sample, place: str, *, copies: Copies | None, quality: int) -> Probed:
    """Make a picture smaller or seekable that comes from records, where nothing else is judged; else leave it.

    Args:
        sample: The picture.
        place: Where it was found, for the report.
        copies: What it is to be like; None keeps the bytes.
        quality: 1 to 100, of the JPEG.

    Raises:
        DecodeError, LimitError: It cannot be decoded.
        UnsupportedError: It has a mask, or is an array.
    """
    if copies is None or not sample.has_image:
        return Probed(sample, [])
    if sample.array is not None:
        raise UnsupportedError("smaller or seekable copies are made of encoded pictures, not of arrays")
    if not copies.needs_copy(sample):
        return Probed(sample, [])
    made = _mended(sample, {"rotated"}, Policies(quality=quality), copies)
    findings = [Finding(place, kind, "changed", detail) for kind, detail, _ in _losses(sample)]
    return Probed(made, findings, is_changed=True, copied=_copied(sample, made))


def unreadable(item: Item, exc: Exception, *, policies: Policies) -> Finding:
    """Describe a picture that cannot be read or decoded.

    Raises:
        FailedPolicyError: The policy for such pictures is "fail".
    """
    detail = exc.message if isinstance(exc, Error) else f"{getattr(exc, 'strerror', None) or exc}"
    if policies.unreadable == "fail":
        raise FailedPolicyError(detail, path=item.path) from exc
    return Finding(str(item.path), "unreadable", "skipped", detail)


def _unencoded(item: Item, sample: Sample, copies: Copies | None) -> Probed:
    if copies is not None:
        raise UnsupportedError("smaller or seekable copies are made of encoded pictures, not of arrays", path=item.path)
    return Probed(sample, [])


def _outside(item: Item, sample: Sample, policies: Policies) -> Finding | None:
    """Look for boxes that reach outside the picture; cut them off where that is the policy."""
    boxes = sample.boxes or Boxes(np.zeros((0, 4), np.float32))
    try:
        boxes.check()
    except FormatError as exc:
        detail = ": ".join(part for part in (item.place, exc.message) if part)
        if policies.outside == "fail":
            raise BoxOutsideError(f"{detail}; --on-outside says what to do", path=item.path) from exc
        if policies.outside == "convert":
            sample.boxes = corners.clip(boxes)
        return Finding(str(item.path), "outside", ACTIONS[policies.outside], detail)
    return None


def _judge(item: Item, sample: Sample, policies: Policies, copies: Copies | None) -> Probed:
    copies = copies if copies is not None and copies.needs_copy(sample) else None
    policies = _without_keeping(policies) if copies or _is_encoded_again(sample, policies) else policies
    oddities = [*_oddities(item, sample, policies), *(_losses(sample) if copies else ())]
    if copies is None and not oddities:
        return Probed(sample, [])
    findings: dict[Policy, list[Finding]] = {policy: [] for policy in POLICIES}
    for kind, detail, policy in oddities:
        findings[policy].append(Finding(str(item.path), kind, ACTIONS[policy], detail))
    if findings["fail"]:
        first = findings["fail"][0]
        raise FailedPolicyError(f"{first.kind}: {first.detail}; --on-{first.kind} says what to do", path=item.path)
    if findings["skip"]:
        return Probed(None, findings["skip"])
    mended = _mended(sample, {one.kind for one in findings["convert"]}, policies, copies)
    return Probed(
        mended,
        findings["keep"] + findings["convert"],
        is_changed=mended.encoded is not sample.encoded,
        copied=_copied(sample, mended) if copies else None,
    )


def _is_encoded_again(sample: Sample, policies: Policies) -> bool:
    """Tell whether the policies ask for other pixels, with which the EXIF data and the colours of the file go."""
    header = sample.header
    is_turned = header.orientation != 1 and policies.rotated == "convert"
    return is_turned or (header.color in CMYK and policies.cmyk == "convert")


def _without_keeping(policies: Policies) -> Policies:
    """Return what is to be done with a picture that is encoded again: it comes out upright, in RGB or gray."""
    return replace(
        policies,
        cmyk="convert" if policies.cmyk == "keep" else policies.cmyk,
        rotated="convert" if policies.rotated == "keep" else policies.rotated,
    )


def _oddities(item: Item, sample: Sample, policies: Policies) -> Iterator[tuple[str, str, Policy]]:
    header = sample.header
    named = codecs.format_of(item.key)
    if named != header.format:
        suffix = item.path.suffix or "no suffix"
        yield (
            "mislabelled",
            f"the name says {suffix}, the bytes are {header.format.upper()}",
            policies.mislabelled,
        )
    if header.color in CMYK:
        yield "cmyk", f"the colours are {header.color.upper()}", policies.cmyk
    if header.orientation != 1:
        yield "rotated", f"EXIF orientation {header.orientation}", policies.rotated


def _losses(sample: Sample) -> Iterator[tuple[str, str, Policy]]:
    """Tell what a copy does not have."""
    header = sample.header
    if header.frames is not None and header.frames > 1:
        yield "animated", f"{header.frames} frames, the first is copied", "convert"
    if header.channels in (2, 4) and header.color != "vector":  # drawings are drawn on white
        yield "transparent", "alpha is left out", "convert"


def _mended(sample: Sample, kinds: set[str], policies: Policies, copies: Copies | None) -> Sample:
    """Return a sample without these oddities; pixels are encoded once, whatever there is to mend."""
    mended = sample
    orientation = sample.header.orientation if "rotated" in kinds else 1
    if orientation != 1 or (copies is not None and copies.resize is not None):
        mended = _with_boxes_turned(sample, orientation)
    if copies is not None:
        mended = replace(mended, encoded=copies.encode(sample, quality=policies.quality))
    elif kinds & {"cmyk", "rotated"}:
        depth: Any = "uint16" if sample.header.dtype == "uint16" else None
        image = sample.decode(dtype=depth, orientation="apply")
        mended = replace(mended, encoded=_encode_like(sample.header.format, image, policies.quality))
    if policies.mislabelled == "convert" and codecs.format_of(sample.key) != mended.header.format:
        mended = replace(mended, key=_with_true_suffix(mended))
    return mended


def _with_boxes_turned(sample: Sample, orientation: int) -> Sample:
    """Turn the boxes as the pixels will be; a mask would have to be drawn anew.

    Raises:
        UnsupportedError: There is a mask.
    """
    if sample.mask is not None:
        raise UnsupportedError(f"{sample.key}: a picture with a mask is packed as it is, not turned or made smaller")
    return (
        sample if sample.boxes is None else replace(sample, boxes=corners.turn(sample.boxes, orientation=orientation))
    )


def _copied(sample: Sample, copy: Sample) -> Copied:
    before, after = sample.encoded or b"", copy.encoded or b""
    return Copied(1, len(before), len(after), jpeg_restarts.marker_nbytes(after))


def _with_true_suffix(sample: Sample) -> str:
    return PurePosixPath(sample.key).with_suffix(f".{sample.header.format.replace('jpeg', 'jpg')}").as_posix()


def _encode_like(format: str, image: Any, quality: int) -> bytes:
    options = {"quality": quality} if format == "jpeg" else {"lossless": True} if format == "webp" else {}
    return codecs.encode(image, format, **options)
