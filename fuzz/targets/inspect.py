# Invariant: any file, of whatever kind its first bytes make it, is told and described, and its records are checked; or
# the error is a documented one.
"""A file of records of any kind, as `inspect`, `verify` and `open` see it."""

from collections.abc import Iterator
from contextlib import suppress

import filmroll
from filmroll.errors import Error
from filmroll.messages import example
from filmroll.records import framing
from fuzz.scratch import Scratch
from fuzz.targets import dialects, tar

SEEDS = ("records/**/*", "tar/**/*")
MAX_NBYTES = 2**14
FILE = Scratch("any.tfrecord")


def seeds() -> Iterator[bytes]:
    """Yield a file of every dialect, and tars."""
    for features in dialects.USUAL:
        yield _file(b"".join(example.serialize(features)))
    yield from tar.seeds()


def check(data: bytes) -> None:
    """Describe a file, check it, and read its samples; then a file in which the bytes are a sound record."""
    _look(data)
    _look(_file(data))


def _file(record: bytes) -> bytes:
    head, foot = framing.frame([record])
    return (head + record + foot) * 2


def _look(data: bytes) -> None:
    path = FILE.hold(data)
    with suppress(Error):
        filmroll.inspect(path)
    with suppress(Error):
        filmroll.verify(path)
    with suppress(Error), filmroll.open(path) as roll:
        for sample in roll:
            _ = sample.label
