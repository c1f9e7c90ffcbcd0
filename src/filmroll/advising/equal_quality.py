"""JPEG encoders compared at the same quality: what each takes against what the usual encoder would take for it.

quality   ^          o 95         The usual encoder's points that no other one of them beats, joined by lines: where the
          |      o 90             line reaches the quality of another encoder stands the size to compare with.
          |   o 85
          +-----------------> bytes
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from filmroll.advising.measurement import Measurement

Point = tuple[float, float]  # bytes, quality


def compare(measurements: Sequence[Measurement]) -> list[Measurement]:
    """Fill in `equal_share` of the other JPEG encoders, by SSIMULACRA2 where it was computed, else by SSIM."""
    usual = [one for one in measurements if one.candidate.family == "jpeg" and "encoder" not in one.candidate.options]
    usual = [one for one in usual if one.edge is None]
    return [
        replace(one, equal_share=_share(one, usual)) if "encoder" in one.candidate.options else one
        for one in measurements
    ]


def _share(one: Measurement, usual: Sequence[Measurement]) -> float | None:
    by_eye = one.ssimulacra2 is not None
    points = [(float(each.nbytes), each.ssimulacra2 if by_eye else each.ssim) for each in usual]
    front = front_of([(nbytes, quality) for nbytes, quality in points if quality is not None])
    value = one.ssimulacra2 if by_eye else one.ssim
    nbytes = None if value is None else nbytes_at(front, value)
    return None if nbytes is None else one.nbytes / nbytes


def front_of(points: Sequence[Point]) -> list[Point]:
    """Return the points, by bytes, that have a higher quality than all with fewer bytes."""
    front: list[Point] = []
    for nbytes, quality in sorted(points):
        if not front or quality > front[-1][1]:
            front.append((nbytes, quality))
    return front


def nbytes_at(front: Sequence[Point], quality: float) -> float | None:
    """Return the bytes at which the front reaches a quality; None outside of it.

    The logarithm of the bytes is taken to grow in proportion to the quality between two points.
    """
    for (low, worse), (high, better) in pairwise(front):
        if worse <= quality <= better:
            part = (quality - worse) / (better - worse)
            return math.exp(math.log(low) + part * (math.log(high) - math.log(low)))
    return None
