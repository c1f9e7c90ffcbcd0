"""Whether a file is read as the first one is: files of one dataset are, though some records lack what others have.

first       another file     read as
slim        slim             the first
imagenet    tfod             its own dialect: each fits all of its file's records
slim        generic          the first, if its names or the first's are among the other's, and it reads them
"""

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from filmroll.dialects import EXAMPLE, GENERIC, Match, sniff
from filmroll.errors import Error
from filmroll.messages import Features


class Seen(NamedTuple):
    """What was seen of a file.

    Attributes:
        message: What its records are serialized as.
        match: The dialect that fits its first records.
        names: Of their features.
        records: Features of these; of the first file none are needed.
    """

    message: str | None
    match: Match
    names: frozenset[str]
    records: Sequence[Features]


def seen(records: Sequence[Features], *, message: str | None) -> Seen:
    """Return what is seen of a file with these first records."""
    named = EXAMPLE if message in (None, "sequence_example") else str(message)
    return Seen(message, sniff(records, named), frozenset(chain.from_iterable(records)), records)


def is_read_alike(first: Seen, other: Seen) -> bool:
    """Tell whether another file is read by the dialect of the first one, rather than by that of its own records.

    A file without records, or of none that can be parsed, has no dialect of its own.
    """
    if other.message is not None and not other.records:
        return True
    if other.message != first.message:
        return False
    if GENERIC not in (first.match.name, other.match.name):
        return other.match.name == first.match.name
    return (other.names <= first.names or first.names <= other.names) and _reads_some(first.match, other)


def _reads_some(match: Match, other: Seen) -> bool:
    """Tell whether a dialect finds pictures in a file, or as much as the file's own does where that finds none."""
    own, found = _pictures(other.match, other), _pictures(match, other)
    return True in found or (True not in own and False in found)


def _pictures(match: Match, other: Seen) -> set[bool | None]:
    """Tell of the records of a file whether they hold pictures; None of those that are not read."""
    return {_has_picture(match, features) for features in other.records}


def _has_picture(match: Match, features: Features) -> bool | None:
    try:
        return match.reading.to_sample(features).has_image
    except Error:
        return None
