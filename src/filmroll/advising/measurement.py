"""What a candidate costs: bytes, time and quality on each picture, and the means of these over the sample."""

import math
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from filmroll import codecs
from filmroll.advising import quality
from filmroll.advising.candidate import Candidate
from filmroll.advising.picture import Picture

Made = TypeVar("Made")
GZIP_LEVEL = 6  # TensorFlow's and ours


@dataclass(frozen=True, slots=True)
class Result:
    """One candidate on one picture.

    Attributes:
        nbytes: Bytes stored; scaled to the whole picture where its middle was measured.
        encode_s, decode_s: Processor time, all cores together; None where nothing is encoded.
        identical: Whether every value comes back.
        psnr, ssim, ssimulacra2: Against the picture, or the reduced one; None where they were not computed.
        encoded: What was stored, where all of the picture was measured and it is no array.
    """

    nbytes: float
    encode_s: float | None
    decode_s: float
    identical: bool
    psnr: float | None = None
    ssim: float | None = None
    ssimulacra2: float | None = None
    encoded: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Measurement:
    """One candidate on all pictures of the sample.

    Attributes:
        name: The candidate's.
        nbytes: Bytes of a picture, the mean.
        share: `nbytes` over the bytes of the raw array.
        identical: Whether every value of every picture comes back.
        set_nbytes: Bytes of all pictures of the source, those of the sample scaled up.
        encode_per_s, decode_per_s: Pictures a second on one core; None where nothing is encoded or decoded.
        read_per_s: Pictures a second through `batches`, from a TFRecord file, on all cores; None where there was no
            time.
        psnr: Decibels against the source, the mean; None where nothing differs or nothing can be compared.
        ssim: Against the source, the mean.
        ssimulacra2: Against the source, the mean over the middle of the first few pictures.
        second_loss: Pictures that have lost something already are encoded again with a loss.
        equal_share: Bytes over those of the usual JPEG encoder at the same quality; None for other formats.
        pictures: How many of the sample were measured; the bytes of the others are estimated.
        edge: Shorter side to which the pictures were reduced, or None.
        candidate: The candidate itself.
    """

    name: str
    nbytes: int
    share: float
    identical: bool
    set_nbytes: int
    encode_per_s: float | None
    decode_per_s: float | None
    read_per_s: float | None
    psnr: float | None
    ssim: float | None
    ssimulacra2: float | None
    second_loss: bool
    equal_share: float | None
    pictures: int
    edge: int | None
    candidate: Candidate = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        """Return the figures as plain JSON values."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "candidate"}


KEPT = Candidate("the files as they are", "kept", cost_s=0.02)


def kept(pictures: Sequence[Picture], *, count: int) -> Candidate | None:
    """Return the candidate of the bytes as they are, or None where some pictures came as arrays.

    Args:
        pictures: The sample.
        count: Pictures of the source.
    """
    if any(one.encoded is None for one in pictures):
        return None
    formats = ", ".join(sorted({one.format.upper() for one in pictures}))
    whose = "the file as it is" if count == 1 else "the files as they are"
    return replace(KEPT, name=f"{whose} ({formats})")


def measure(
    candidate: Candidate, picture: Picture, *, compare: bool = True, ssimulacra2_side: int = 0, repeats: int = 1
) -> Result:
    """Encode a picture, decode it and compare.

    Args:
        candidate: How it is stored.
        picture: The picture; where its middle is measured, bytes and times are those of the whole, estimated.
        compare: Compute PSNR and SSIM where something differs.
        ssimulacra2_side: Side of the middle part that SSIMULACRA2 is computed on, in pixels; 0 for none.
        repeats: How often it is encoded and decoded; the quickest counts.

    Raises:
        EncodeError, UnsupportedError: The format cannot hold it.
        MissingDependencyError: The encoder is not installed.
    """
    if candidate.family == "kept":
        return _keep(picture, repeats=repeats)
    encoded, encode_s = _timed(candidate, lambda: candidate.encode(candidate.prepare(picture.image)), repeats=repeats)
    return judge(
        candidate,
        picture,
        encoded,
        encode_s=encode_s,
        compare=compare,
        ssimulacra2_side=ssimulacra2_side,
        repeats=repeats,
    )


def judge(
    candidate: Candidate,
    picture: Picture,
    encoded: bytes,
    *,
    encode_s: float | None,
    compare: bool = True,
    ssimulacra2_side: int = 0,
    repeats: int = 1,
) -> Result:
    """Measure what a candidate made of a picture, as `measure` does: decode it and compare.

    The time that encoding took is None where others were at work beside it, and it would say too much.
    """
    source = candidate.prepare(picture.image)
    back, decode_s = _timed(candidate, lambda: candidate.decode(encoded, source), repeats=repeats)
    area = picture.whole.size / picture.image.size
    stretch = area if candidate.family in ("array", "npy") else picture.stretch
    same = np.array_equal(back, source, equal_nan=back.dtype.kind in "fc")
    is_identical = same and source.shape == picture.image.shape
    is_worth_keeping = candidate.family != "array" and not picture.is_part
    result = Result(
        len(encoded) * stretch,
        None if encode_s is None else encode_s * area,
        decode_s * area,
        is_identical,
        encoded=encoded if is_worth_keeping else None,
    )
    if not compare or source.dtype != np.uint8 or source.ndim != 3:
        return result
    seen = _seen(back, source, side=ssimulacra2_side, same=same)
    if same:
        return replace(result, ssim=1.0, ssimulacra2=seen)
    return replace(result, psnr=quality.psnr(back, source), ssim=quality.ssim(back, source), ssimulacra2=seen)


def measure_gzip(pictures: Sequence[Picture]) -> Result:
    """Measure the arrays of all pictures in one GZIP file; each result is the mean of one picture."""
    start = time.thread_time()
    deflater = zlib.compressobj(GZIP_LEVEL)
    parts = [deflater.compress(np.ascontiguousarray(one.image).data) for one in pictures] + [deflater.flush()]
    middle = time.thread_time()
    zlib.decompress(b"".join(parts))
    end = time.thread_time()
    area = sum(one.whole.size for one in pictures) / sum(one.image.size for one in pictures)
    scale = area / len(pictures)
    nbytes = sum(map(len, parts)) * scale
    return Result(nbytes, (middle - start) * scale, (end - middle) * scale, True, ssim=1.0)


def mean(
    candidate: Candidate,
    results: Mapping[int, Result],
    pictures: Sequence[Picture],
    *,
    count: int,
    like: Mapping[int, Result] | None = None,
) -> Measurement:
    """Average the results of one candidate.

    Args:
        candidate: Whose results they are.
        results: By number of the picture; one at least.
        pictures: The whole sample.
        count: Pictures of the source.
        like: Results of the candidate of this one's size, for pictures that this one has no result of.
    """
    found = list(results.values())
    nbytes = sum(one.nbytes for one in found) / len(found)
    if like is not None and len(found) < len(like):
        known = sum(like[number].nbytes for number in results)
        nbytes *= sum(one.nbytes for one in like.values()) / len(like) / (known / len(found))
    raw_nbytes = sum(one.whole.nbytes for one in pictures) / len(pictures)
    is_identical = all(one.identical for one in found)
    loses = any(one.psnr is not None for one in found)
    return Measurement(
        name=candidate.name,
        nbytes=round(nbytes),
        share=nbytes / raw_nbytes,
        identical=is_identical,
        set_nbytes=round(nbytes * count),
        encode_per_s=_per_s([one.encode_s for one in found]),
        decode_per_s=_per_s([one.decode_s for one in found]),
        read_per_s=None,
        psnr=_mean([one.psnr for one in found if one.psnr is None or math.isfinite(one.psnr)], digits=2),
        ssim=_mean([one.ssim for one in found], digits=4),
        ssimulacra2=_mean([one.ssimulacra2 for one in found], digits=1),
        second_loss=loses and any(one.is_lossy for one in pictures),
        equal_share=None,
        pictures=len(found),
        edge=candidate.edge,
        candidate=candidate,
    )


def _keep(picture: Picture, *, repeats: int) -> Result:
    """Measure the bytes that a picture came in."""
    encoded = picture.encoded or b""
    decode = partial(codecs.decode, encoded, channels=picture.channels, frames="first")
    _, decode_s = _timed(KEPT, decode, repeats=repeats)
    return Result(len(encoded), None, decode_s, True)


def _timed(candidate: Candidate, make: Callable[[], Made], *, repeats: int) -> tuple[Made, float]:
    """Run something, and return the processor time of its quickest run; of AVIF, all threads together."""
    clock = time.process_time if candidate.family == "avif" else time.thread_time
    quickest = math.inf
    for _ in range(repeats):
        start = clock()
        made = make()
        quickest = min(quickest, clock() - start)
    return made, quickest


def _seen(back: NDArray[Any], source: NDArray[Any], *, side: int, same: bool) -> float | None:
    """Compute SSIMULACRA2 on the middle; 100 is its value where nothing differs."""
    if not side or source.shape[2] not in (1, 3):
        return None
    if same:
        return 100.0
    top, left = (max(0, (length - side) // 2) for length in source.shape[:2])
    part = np.s_[top : top + side, left : left + side]
    return quality.ssimulacra2(np.ascontiguousarray(back[part]), np.ascontiguousarray(source[part]))


def _per_s(seconds: Sequence[float | None]) -> float | None:
    known = [one for one in seconds if one is not None]
    total = sum(known)
    return len(known) / total if total > 0 else None


def _mean(values: Sequence[float | None], *, digits: int) -> float | None:
    known = [one for one in values if one is not None]
    return round(sum(known) / len(known), digits) if known else None
