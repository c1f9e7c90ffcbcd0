"""Which candidate to use: the rule that docs/advice.md states.

Bytes and quality decide, and they are the same each time; speeds decide under the goal "fastest" alone, in steps of
two, so that the answer does not change with what else the machine does.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal, get_args

from filmroll import figures
from filmroll.advising.measurement import Measurement
from filmroll.advising.picture import Picture

Goal = Literal["balanced", "smallest", "fastest", "lossless"]
GOALS: tuple[Goal, ...] = get_args(Goal)

TINY_PIXELS = 64 * 64  # up to here decoding a picture costs more than reading all of its values
GOOD_SSIM, FAIR_SSIM = 0.97, 0.95  # the least that balanced and fastest take, and smallest
DRAWING = 1.5  # a form without loss takes at most so many times the bytes of a good JPEG: these are drawings
KEPT_LOSSLESS = 1.25  # files without loss are kept unless another form without loss saves more than this
COMMON = 1.2  # PNG is preferred, which everything reads, unless WebP saves more than this
REDUCED = 2.0  # copies are recommended where the pictures are so many times larger than the edge stated
FAST = 0.5  # of the speed of the fastest counts as fast


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rule knows of the pictures beside the measurements.

    Attributes:
        goal: What matters.
        count: Pictures of the source.
        pixels: Of the median picture.
        shorter: Shorter side of the median picture, in pixels.
        is_lossy: Most of the pictures came in a format with loss.
        is_drawn: Most of them are SVG.
    """

    goal: Goal
    count: int
    pixels: float
    shorter: float
    is_lossy: bool
    is_drawn: bool

    @property
    def is_tiny(self) -> bool:
        """Whether the pictures are so small that decoding them costs more than reading them."""
        return self.pixels <= TINY_PIXELS


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What to use.

    Attributes:
        measurement: Of the candidate.
        reason: Half a sentence.
    """

    measurement: Measurement
    reason: str


def facts_of(pictures: Sequence[Picture], *, goal: Goal, count: int) -> Facts:
    """Say what the rule wants to know of the pictures."""
    return Facts(
        goal=goal,
        count=count,
        pixels=median(one.pixels for one in pictures),
        shorter=median(min(one.whole.shape[:2], default=1) for one in pictures),
        is_lossy=2 * sum(one.is_lossy for one in pictures) > len(pictures),
        is_drawn=2 * sum(one.format == "svg" for one in pictures) > len(pictures),
    )


def recommend(measurements: Sequence[Measurement], facts: Facts) -> Recommendation:
    """Choose a candidate by the rule.

    Args:
        measurements: Of all candidates; the raw array is among them.
        facts: Of the pictures, and the goal.
    """
    return CHOOSERS[facts.goal](measurements, facts)


def kept_of(measurements: Iterable[Measurement]) -> Measurement | None:
    """Return the measurement of the bytes as they are."""
    return next((one for one in measurements if one.candidate.family == "kept"), None)


def named(measurements: Iterable[Measurement], name: str) -> Measurement | None:
    """Return the measurement of a candidate, by its name."""
    return next((one for one in measurements if one.name == name), None)


def _balanced(measurements: Sequence[Measurement], facts: Facts) -> Recommendation:
    usual = [one for one in measurements if not one.candidate.is_extra]
    kept, raw = kept_of(usual), named(usual, "raw array")
    reduced = [one for one in usual if one.edge is not None and facts.shorter >= REDUCED * one.edge]
    if facts.is_tiny and raw is not None:
        return Recommendation(raw, "pictures so small take longer to decode than to read")
    if reduced:
        best = _by_content(reduced)
        times = f"{facts.shorter / (best.measurement.edge or 1):.1f}"
        return Recommendation(best.measurement, f"the pictures are {times} times larger than that; {best.reason}")
    if kept is not None and facts.is_lossy:
        return Recommendation(kept, "they have lost once already, and encoding them again would lose a second time")
    best = _by_content([one for one in usual if one.edge is None and one is not kept])
    if kept is not None and not facts.is_drawn and kept.nbytes <= KEPT_LOSSLESS * best.measurement.nbytes:
        return Recommendation(kept, f"{_other(best.measurement)} saves too little to be worth touching them")
    return best


def _smallest(measurements: Sequence[Measurement], facts: Facts) -> Recommendation:
    fair = [one for one in measurements if one.identical or (one.ssim or 0.0) >= FAIR_SSIM]
    best = min(fair, key=lambda one: one.nbytes)
    return Recommendation(best, f"the fewest bytes{_quality(best)}")


def _fastest(measurements: Sequence[Measurement], facts: Facts) -> Recommendation:
    good = [one for one in measurements if one.identical or (one.ssim or 0.0) >= GOOD_SSIM]
    speeds = {one.name: one.read_per_s for one in good if one.read_per_s is not None} or {
        one.name: one.decode_per_s for one in good if one.decode_per_s is not None and not one.candidate.gzip
    }
    least = FAST * max(speeds.values())
    best = min((one for one in good if speeds.get(one.name, -1.0) >= least), key=lambda one: one.nbytes)
    return Recommendation(best, f"the fewest bytes of those at least half as fast as the fastest{_quality(best)}")


def _lossless(measurements: Sequence[Measurement], facts: Facts) -> Recommendation:
    same = [one for one in measurements if one.identical and not (facts.is_drawn and one.candidate.family == "kept")]
    kept, best = kept_of(same), min(same, key=lambda one: one.nbytes)
    if kept is not None and kept.nbytes <= KEPT_LOSSLESS * best.nbytes:
        return Recommendation(kept, "nothing that keeps every value saves enough to be worth touching them")
    return Recommendation(best, "the fewest bytes from which every value comes back")


CHOOSERS: dict[Goal, Callable[[Sequence[Measurement], Facts], Recommendation]] = {
    "balanced": _balanced,
    "smallest": _smallest,
    "fastest": _fastest,
    "lossless": _lossless,
}


def _by_content(measurements: Sequence[Measurement]) -> Recommendation:
    """Tell drawings from photos by what they cost, and choose the format that is made for them."""
    same = [one for one in measurements if one.identical and not one.candidate.gzip]
    kept = [one for one in measurements if one.identical or one.ssim == 1.0]
    exact = [one for one in kept if one.candidate.family in ("png", "webp")]
    if not exact:
        return Recommendation(min(same, key=lambda one: one.nbytes), "no picture format holds such arrays")
    best = min(exact, key=lambda one: one.nbytes)
    png = min((one for one in exact if one.candidate.family == "png"), key=lambda one: one.nbytes, default=best)
    best = png if png.nbytes <= COMMON * best.nbytes else best
    jpegs = [one for one in measurements if one.candidate.family == "jpeg"]
    if not jpegs:
        plain = [one for one in same if one.candidate.family in ("array", "npy")]
        best = min(best, *plain, key=lambda one: one.nbytes)
        return Recommendation(best, "the fewest bytes from which every value comes back")
    good = [one for one in jpegs if (one.ssim or 0.0) >= GOOD_SSIM]
    jpeg = min(good, key=lambda one: one.nbytes) if good else max(jpegs, key=lambda one: one.ssim or 0.0)
    if best.nbytes > DRAWING * jpeg.nbytes:
        return Recommendation(jpeg, f"{_other(best)} is {best.nbytes / jpeg.nbytes:.1f} times that{_quality(jpeg)}")
    times = f"{figures.share(best.nbytes / jpeg.nbytes)} of the bytes of {_other(jpeg)}"
    return Recommendation(best, f"every value comes back, for {times}")


def _other(one: Measurement) -> str:
    return f"{one.name} ({figures.human(one.nbytes)})"


def _quality(one: Measurement) -> str:
    if one.identical:
        return ", and every value comes back"
    if one.ssim == 1.0:
        return ", made smaller and then kept exactly"
    return "" if one.ssim is None else f", at SSIM {one.ssim:.3f}"
