"""The ways to store a picture that are compared: arrays, and each format with each encoder and quality worth a look."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from filmroll import codecs
from filmroll.errors import UnsupportedError
from filmroll.packing.copies import Resize, reduce

Family = Literal["kept", "array", "npy", "png", "jpeg", "webp", "avif"]
QUALITIES = (75, 85, 90, 95)
USUAL_JPEG_QUALITIES = (75, 95)
EDGE_NAMES = ("raw array", "JPEG, quality 90", "JPEG, quality 95", "PNG", "WebP, lossless")
NO_OPTIONS: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to store pictures.

    Attributes:
        name: "raw array", "JPEG, quality 75", ...
        family: What it is made of; "kept" is the bytes as they are.
        options: Of the format's `encode`.
        cost_s: About how many seconds a million pixels take to be encoded, decoded and compared, on one core: what
            the time budget is planned with, so that the same pictures are measured whatever the machine does else.
        slow_share: Share of the time budget that it may take at most, in a process of its own; 0 for quick ones,
            which are measured on all pictures.
        like: Name of the candidate that tells its size on pictures for which there was no time.
        edge: Shorter side to which larger pictures are reduced first, in pixels; None keeps their size.
        gzip: All pictures together in a GZIP file.
    """

    name: str
    family: Family
    options: Mapping[str, Any] = field(default_factory=lambda: NO_OPTIONS)
    cost_s: float = 0.3
    slow_share: float = 0.0
    like: str = ""
    edge: int | None = None
    gzip: bool = False

    @property
    def is_slow(self) -> bool:
        """Whether it is measured on as many pictures as there is time for."""
        return self.slow_share > 0

    @property
    def is_extra(self) -> bool:
        """Whether it needs an encoder of the extra "optimize"."""
        return not {"encoder", "optimizer"}.isdisjoint(self.options)

    def prepare(self, image: NDArray[Any]) -> NDArray[Any]:
        """Return the pixels that are stored: the picture, or the picture made smaller."""
        if self.edge is None or image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in (1, 3):
            return image
        return reduce(image, Resize(self.edge).size(*image.shape[:2]))

    def encode(self, image: NDArray[Any]) -> bytes:
        """Encode prepared pixels.

        Raises:
            EncodeError, UnsupportedError: The format cannot hold them.
            MissingDependencyError: The encoder is not installed.
        """
        return image.tobytes() if self.family == "array" else codecs.encode(image, self.family, **self.options)

    def decode(self, data: bytes, image: NDArray[Any]) -> NDArray[Any]:
        """Decode what `encode` made of `image`, to its shape and dtype."""
        if self.family == "array":
            return np.frombuffer(data, image.dtype).reshape(image.shape).copy()
        if self.family == "npy":
            return codecs.decode(data)
        height, width, channels = image.shape
        whole: Any = {
            "channels": channels,
            "max_pixels": height * width,
        }  # as many as were encoded, be they ever so many
        return codecs.decode(data, dtype=image.dtype.name, frames="first", **whole)


def usual() -> Iterator[Candidate]:
    """Yield the few that a first look at one picture compares."""
    names = {"raw array", "NPY", "PNG", "WebP, quality 80", "WebP, lossless"}
    names |= {f"JPEG, quality {quality}" for quality in USUAL_JPEG_QUALITIES}
    return (one for one in every() if one.name in names)


def every(*, edge: int | None = None, gray: bool = False, without: Collection[str] = ()) -> Iterator[Candidate]:
    """Yield all candidates but the bytes as they are.

    Args:
        edge: Shorter side of copies that are compared as well, in pixels; None for none.
        gray: The pictures have no colour that could be stored at 4:4:4, or by encoders that take RGB alone.
        without: What names begin with that are left out, in any case: "Guetzli".

    Raises:
        UnsupportedError: No name begins so, or the raw array's does, which the others are compared with.
    """
    plain = list(_plain())
    for word in without:
        if not any(one.name.lower().startswith(word.lower()) for one in plain):
            raise UnsupportedError(
                f"no candidate's name begins with {word!r}; there are: {', '.join(one.name for one in plain)}"
            )
    plain = [one for one in plain if not one.name.lower().startswith(tuple(word.lower() for word in without))]
    if all(one.name != "raw array" for one in plain):
        raise UnsupportedError("the raw array cannot be left out: the others are compared with it")
    if gray:
        plain = [one for one in plain if not {"subsampling", "encoder"} & one.options.keys()]
    yield from plain
    if edge is not None:
        for one in plain:
            if one.name in EDGE_NAMES:
                yield replace(one, name=f"{one.name}, side {edge}", edge=edge)


def _plain() -> Iterator[Candidate]:
    yield Candidate("raw array", "array", cost_s=0.02)
    yield Candidate("raw array, GZIP", "array", cost_s=0.3, gzip=True)
    yield Candidate("NPY", "npy", cost_s=0.02)
    for quality in QUALITIES:
        yield Candidate(f"JPEG, quality {quality}", "jpeg", {"quality": quality})
    for quality in QUALITIES:
        yield Candidate(f"JPEG, quality {quality}, 4:4:4", "jpeg", {"quality": quality, "subsampling": "4:4:4"})
    for quality in QUALITIES:
        yield Candidate(f"jpegli, quality {quality}", "jpeg", {"quality": quality, "encoder": "jpegli"})
    for level, name in ((1, "PNG, level 1"), (6, "PNG"), (9, "PNG, level 9")):
        yield Candidate(name, "png", {"compression": level}, cost_s=1.5 if level == 9 else 0.3)
    for quality in (80, 90):
        yield Candidate(f"WebP, quality {quality}", "webp", {"quality": quality}, cost_s=0.5)
    yield Candidate("WebP, lossless", "webp", {"lossless": True, "quality": 100}, cost_s=1.5)
    yield Candidate("AVIF, quality 80", "avif", {"quality": 80}, cost_s=1.5)
    yield Candidate("PNG by Zopfli", "png", {"optimizer": "zopfli"}, cost_s=12, slow_share=0.12, like="PNG, level 9")
    options = {"quality": 95, "encoder": "guetzli"}
    yield Candidate("Guetzli, quality 95", "jpeg", options, cost_s=100, slow_share=0.55, like="JPEG, quality 90")
