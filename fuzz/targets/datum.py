# Invariant: any message gives the fields of a Datum or FormatError; many at once give, value for value, what the plain
# parser gives of each, or its error; TensorProtos and BlobProto of the same bytes give theirs or FormatError.
"""Caffe's Datum, one and many at once, and the two other messages of that family."""

from collections.abc import Iterator
from contextlib import suppress

from filmroll.errors import FormatError
from filmroll.messages import blob, datum, datum_columns, recognise, tensor_protos
from fuzz.targets.example import _values

SEEDS = ()
MAX_NBYTES = 2**12
MANY = 20
USUAL = b"".join(datum.serialize({"channels": 1, "height": 2, "width": 3, "data": b"123456", "label": 4}))


def seeds() -> Iterator[bytes]:
    """Yield Datums of bytes, of floats and encoded, and the other two."""
    yield USUAL
    yield b"".join(datum.serialize({"channels": 1, "height": 1, "width": 2, "float_data": [0.5, 2.0], "label": 3}))
    yield b"".join(datum.serialize({"data": b"\xff\xd8\xff", "encoded": 1, "label": -1}))
    yield b"".join(blob.serialize({"shape": [1, 2], "data": [1.0, 2.0]}))
    yield b"\x0a\x10\x08\x02\x10\x01\x22\x08" + bytes(8) + b"\x0a\x05\x08\x01\x10\x02\x2a"


def check(data: bytes) -> None:
    """Parse one message, and many among which it is."""
    recognise(data)
    for parse in (tensor_protos.parse, blob.parse):
        with suppress(FormatError):
            parse(data)
    messages = [USUAL] * MANY + [data] * MANY
    try:
        expected = datum.parse(data)
    except FormatError as exc:
        _fails_alike(messages, exc)
        return
    found = datum_columns.parse(messages)
    for name, value in expected.items():
        assert _values(found[name][MANY]) == _values(found[name][-1]) == _values(value)
    for name in found.keys() - expected.keys():
        assert found[name][MANY] is None


def _fails_alike(messages: list[bytes], expected: FormatError) -> None:
    try:
        datum_columns.parse(messages)
    except FormatError as exc:
        assert (type(exc), exc.record, exc.offset) == (type(expected), MANY, expected.offset)
    else:
        raise AssertionError("what the plain parser refuses is taken with others")
