"""A part of one picture as each candidate gives it back: where a JPEG errs most, so that ringing shows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from filmroll import codecs
from filmroll.advising.advice import Advice
from filmroll.advising.candidate import Candidate
from filmroll.advising.measurement import Measurement
from filmroll.advising.picture import Picture
from filmroll.errors import Error

SIDE = 72
QUALITY = 75  # of the JPEG whose errors show where to look


@dataclass(frozen=True, slots=True)
class Crop:
    """One part, as one candidate gives it back.

    Attributes:
        measurement: Of the candidate.
        image: uint8 (height, width, 1 or 3), at most `SIDE` pixels a side.
        is_same: Nothing in it differs from the source.
    """

    measurement: Measurement
    image: NDArray[np.uint8]
    is_same: bool


def crops(advice: Advice) -> list[Crop]:
    """Cut the same part out of the first picture under every candidate that keeps its size and is quick.

    Returns:
        The source first; nothing where no picture can be shown.
    """
    picture = next((one for one in advice.pictures if _is_shown(one)), None)
    if picture is None:
        return []
    part, found = _part(picture.image), []
    for one in advice.candidates:
        if one.edge is None and not one.candidate.gzip and not one.candidate.is_slow:
            image = _back(one.candidate, picture)
            if image is not None:
                found.append(Crop(one, image[part], np.array_equal(image[part], picture.image[part])))
    return _once(found)


def _once(found: Sequence[Crop]) -> list[Crop]:
    """Keep one of those that give the source back: they all look alike."""
    same = [one for one in found if one.is_same]
    return [*same[:1], *(one for one in found if not one.is_same)]


def _is_shown(picture: Picture) -> bool:
    return picture.image.ndim == 3 and picture.image.shape[2] in (1, 3) and picture.image.dtype == np.uint8


def _back(candidate: Candidate, picture: Picture) -> NDArray[np.uint8] | None:
    if candidate.family in ("kept", "array"):
        return picture.image
    try:
        return candidate.decode(candidate.encode(picture.image), picture.image)
    except Error:
        return None


def _part(image: NDArray[np.uint8]) -> tuple[slice, slice]:
    """Find the part in which a JPEG differs most from the picture, among parts half a side apart."""
    back = codecs.decode(codecs.encode(image, "jpeg", quality=QUALITY))
    errors = np.square(back.astype(np.int32) - image).sum(axis=2)
    tops, lefts = (range(0, max(1, side - SIDE + 1), SIDE // 2) for side in errors.shape)
    places = [(top, left) for top in tops for left in lefts]
    top, left = max(places, key=lambda place: int(errors[place[0] : place[0] + SIDE, place[1] : place[1] + SIDE].sum()))
    return slice(top, top + SIDE), slice(left, left + SIDE)
