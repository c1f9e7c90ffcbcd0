"""How a packed int64 list becomes an array and back, fast for one value and for a million.

    packed = varint*       each value as 64-bit two's complement, so a negative one always takes 10 bytes
    varint = byte*         low 7 bits first; 0x80 is set in all bytes but the last

A short list is cheapest in a plain loop, a long one in NumPy, where byte k of all values is one step.

Source: https://protobuf.dev/programming-guides/encoding/#packed
"""

import numpy as np
import numpy.typing as npt

from filmroll.errors import ParseError, TruncatedError
from filmroll.messages import wire

Int64Array = npt.NDArray[np.int64]
SHORT_NBYTES = 48  # measured: below, the loop wins over the fixed cost of a dozen NumPy calls
SHORT_COUNT = 16
WRITE_CHUNK = 1 << 18  # values; bounds the (count, 10) byte matrix to a few MB


def decode(message: memoryview, start: int, stop: int) -> Int64Array:
    """Decode the packed varints between two positions.

    Returns:
        int64 array of shape (count,).

    Raises:
        TruncatedError: The last varint is cut off.
        ParseError: A varint has more than 10 bytes.
    """
    nbytes = stop - start
    # One value below 2**14, as most labels and sides of pictures are.
    if nbytes == 1 and message[start] < 0x80:
        return _one(message[start])
    if nbytes == 2 and message[start] >= 0x80 > message[start + 1]:
        return _one(message[start] & 0x7F | message[start + 1] << 7)
    if nbytes <= SHORT_NBYTES:
        values = _decode_short(message, start, stop)
        return np.array(values, np.int64) if len(values) != 1 else _one(values[0])
    return _decode_long(np.frombuffer(message, np.uint8, stop - start, start), start)


def _one(value: int) -> Int64Array:
    array = np.empty(1, np.int64)  # half the time of np.array([value]), and most lists are of one value
    array[0] = value
    return array


def _decode_short(message: memoryview, start: int, stop: int) -> list[int]:
    values = []
    value = shift = 0
    for byte in bytes(message[start:stop]):
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            values.append(value if shift < 64 else _signed(value))
            value = shift = 0
        elif shift == 7 * wire.MAX_VARINT_NBYTES:
            break
    if shift:
        _raise_at_fault(message, start, stop)
    return values


def _signed(value: int) -> int:
    value &= 0xFFFF_FFFF_FFFF_FFFF
    return value - (value >> 63 << 64)


def _raise_at_fault(message: memoryview, start: int, stop: int) -> None:
    while start < stop:
        start = wire.read_varint(message, start, stop)[1]


def _decode_long(encoded: npt.NDArray[np.uint8], position: int) -> Int64Array:
    lasts = np.flatnonzero(encoded < 0x80)
    if len(lasts) == len(encoded):
        return encoded.astype(np.int64)
    firsts = np.zeros_like(lasts)
    firsts[1:] = lasts[:-1] + 1
    _check(encoded, firsts=firsts, lasts=lasts, position=position)
    values = (encoded[firsts] & 0x7F).astype(np.uint64)
    for index in range(1, wire.MAX_VARINT_NBYTES):
        longer = np.flatnonzero(lasts - firsts >= index)
        if not len(longer):
            break
        bits = (encoded[firsts[longer] + index] & 0x7F).astype(np.uint64)
        values[longer] |= bits << np.uint64(7 * index)
    return values.view(np.int64)


def _check(encoded: npt.NDArray[np.uint8], *, firsts: Int64Array, lasts: Int64Array, position: int) -> None:
    too_long = np.flatnonzero(lasts - firsts >= wire.MAX_VARINT_NBYTES)
    if len(too_long):
        place = position + int(firsts[too_long[0]])
        raise ParseError(f"a varint has more than {wire.MAX_VARINT_NBYTES} bytes", offset=place)
    rest = int(lasts[-1]) + 1 if len(lasts) else 0
    if rest < len(encoded):
        nbytes = len(encoded) - rest
        raise TruncatedError(f"a varint is cut off after {nbytes} bytes", offset=position + rest)


def encode(values: Int64Array) -> bytes:
    """Encode an int64 array of shape (count,) as packed varints."""
    if len(values) <= SHORT_COUNT:
        return b"".join(wire.varint(value) for value in values.view(np.uint64).tolist())
    chunks = range(0, len(values), WRITE_CHUNK)
    return b"".join(_encode_long(values[first : first + WRITE_CHUNK].view(np.uint64)) for first in chunks)


def _encode_long(values: npt.NDArray[np.uint64]) -> bytes:
    if int(values.max()) < 0x80:
        return values.astype(np.uint8).tobytes()
    nbytes = np.ones(len(values), np.int64)
    for index in range(1, wire.MAX_VARINT_NBYTES):
        nbytes += values >= np.uint64(1 << (7 * index))
    width = int(nbytes.max())
    columns = np.arange(width)
    encoded = (values[:, None] >> (7 * columns).astype(np.uint64)).astype(np.uint8) & 0x7F
    encoded |= (columns < nbytes[:, None] - 1).astype(np.uint8) << 7
    return encoded[columns < nbytes[:, None]].tobytes()
