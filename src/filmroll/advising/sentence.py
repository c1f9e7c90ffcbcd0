"""The recommendation in words: one sentence with its reason and its numbers, and what would change it."""

from collections.abc import Sequence
from dataclasses import replace

from filmroll import figures
from filmroll.advising.measurement import Measurement
from filmroll.advising.recommendation import (
    DRAWING,
    GOALS,
    TINY_PIXELS,
    Facts,
    Recommendation,
    named,
    recommend,
)


def sentence(best: Recommendation, measurements: Sequence[Measurement], facts: Facts) -> str:
    """Say what to do, what it costs, and why."""
    one = best.measurement
    whole = f", {figures.human(one.set_nbytes)} for all {facts.count:,}" if facts.count > 1 else ""
    numbers = f"{_cost(one)}{whole}{_speed(one, measurements)}"
    loss = "; a second loss, since most of the pictures have lost once already" if one.second_loss else ""
    return f"{_instruction(one)}: {numbers}; {best.reason}{loss}."


def otherwise(best: Recommendation, measurements: Sequence[Measurement], facts: Facts) -> list[str]:
    """Say what would change the answer: other facts, and the other goals where they have another."""
    found = _other_facts(best, measurements, facts)
    for goal in GOALS:
        other = recommend(measurements, replace(facts, goal=goal))
        if other.measurement.name != best.measurement.name:
            second = ", a second loss" if other.measurement.second_loss else ""
            what = f"{other.measurement.name}, {_cost(other.measurement)}{_read(other.measurement)}"
            found.append(f"with --goal {goal}: {what}; {other.reason}{second}")
    return found


def _instruction(one: Measurement) -> str:
    if one.candidate.family == "kept":
        return "Keep the bytes as they are" + one.name[one.name.index(" (") :]
    if one.candidate.family == "array":
        return f"Store {one.name.replace('raw array', 'raw arrays').replace(', GZIP', ' in a file with GZIP')}"
    return f"Store {one.name}"


def _speed(one: Measurement, measurements: Sequence[Measurement]) -> str:
    """Say how fast it is read, and for comparison how fast arrays, or PNG where arrays are the answer."""
    other = named(measurements, "PNG" if one.candidate.family == "array" else "raw array")
    if one.read_per_s is None or other is None or other.read_per_s is None or other is one:
        return _read(one)
    return f"{_read(one)} ({other.name}: {figures.rate(other.read_per_s)})"


def _other_facts(best: Recommendation, measurements: Sequence[Measurement], facts: Facts) -> list[str]:
    if facts.goal != "balanced":
        return []
    one, found = best.measurement, []
    if facts.is_tiny:
        found.append(f"pictures of more than {TINY_PIXELS:,} pixels (64 x 64) would be encoded")
    elif one.candidate.family == "kept" and facts.is_lossy:
        found.append("the originals, from before they lost anything, may deserve another answer: ask again with them")
    elif one.candidate.family in ("png", "webp") and any(each.candidate.family == "jpeg" for each in measurements):
        found.append(f"if JPEG took less than 1/{DRAWING:g} of these bytes, as with photos, it would be JPEG")
    elif one.candidate.family == "jpeg":
        found.append(f"if PNG or WebP without loss took at most {DRAWING:g} times these bytes, it would be that")
    if one.candidate.family == "jpeg" and not one.candidate.is_extra:
        found += _encoders(measurements)
    return found


def _encoders(measurements: Sequence[Measurement]) -> list[str]:
    """Say what another JPEG encoder would save at the same quality, of each the setting that saves most."""
    shares = [one for one in measurements if one.equal_share is not None and one.equal_share < 1 and one.edge is None]
    best = min(shares, key=lambda one: one.equal_share or 1.0, default=None)
    if best is None or best.equal_share is None:
        return []
    saved = figures.share(1 - best.equal_share)
    return [f"{best.name} takes {saved} less than the usual JPEG encoder at the same quality"]


def _cost(one: Measurement) -> str:
    return f"{figures.human(one.nbytes)} a picture ({figures.share(one.share)} of the array)"


def _read(one: Measurement) -> str:
    return "" if one.read_per_s is None else f", read at {figures.rate(one.read_per_s)} a second"
