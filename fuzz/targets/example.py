# Invariant: any message gives features or FormatError; a hundred messages at once give, value for value, what the
# plain parser gives of each, or its error; and features serialized again give the same features.
"""tf.train.Example, one and many at once."""

from collections.abc import Iterator

import numpy as np

from filmroll.errors import FormatError
from filmroll.messages import columns, example, recognise
from filmroll.messages.feature import Features, Value

SEEDS = ("records/**/*.example",)
MAX_NBYTES = 2**12
USUAL = b"".join(example.serialize({"image/encoded": b"\xff\xd8\xff", "label": 7, "size": [3.5, 4.5]}))
MANY = 20  # of either, enough that columns takes them in steps


def seeds() -> Iterator[bytes]:
    """Yield messages of every type, packed or not, with what protobuf allows beside."""
    yield USUAL
    yield b"".join(example.serialize({"a": None, "b": [], "c": [1, -1, 2**62], "d": ["x", "yz"], "e": [0.5] * 9}))
    yield b"\x0a\x0d\x0a\x0b\x0a\x01a\x12\x06\x1a\x04\x08\x01\x08\x02"  # not packed
    yield USUAL + USUAL + b"\x12\x01x"


def check(data: bytes) -> None:
    """Parse one message, and many among which it is."""
    recognise(data)
    try:
        features = example.parse(data)
    except FormatError as exc:
        _fails_alike(data, exc)
        return
    again = example.parse(b"".join(example.serialize({name: _given(value) for name, value in features.items()})))
    assert _plain(again) == _plain(features)
    _agrees(data, features)


def _given(value: Value) -> object:
    return value if value is None or len(value) or isinstance(value, np.ndarray) else []


def _plain(features: Features) -> dict[str, object]:
    return {name: _values(value) for name, value in features.items()}


def _values(value: Value) -> object:
    """Return what can be compared; empty lists of every type are the same, as they are on the wire of many writers."""
    if value is None:
        return None
    if not len(value):
        return []
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.tobytes()
    return [bytes(item) for item in value]


def _fails_alike(data: bytes, expected: FormatError) -> None:
    for messages in ([data], [USUAL] * MANY + [data]):
        try:
            columns.parse(messages)
        except FormatError as exc:
            assert (type(exc), exc.record, exc.offset) == (type(expected), len(messages) - 1, expected.offset)
        else:
            raise AssertionError("what the plain parser refuses is taken with others")


def _agrees(data: bytes, features: Features) -> None:
    found = columns.parse([data] * MANY)
    assert list(found) == list(features)
    for name, column in found.items():
        for row in (0, MANY - 1):
            assert _values(column[row]) == _values(features[name])
