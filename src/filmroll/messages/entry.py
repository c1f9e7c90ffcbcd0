"""The map entry of a feature with one number or one bytes value, in one go: most features of a picture are that.

    0a nbytes  0a nbytes name  12 nbytes  1a nbytes 0a nbytes varint      one whole number
    0a nbytes  0a nbytes name  12 nbytes  0a nbytes 0a nbytes data        one bytes value

The bytes are those that `feature` and `feature_map` write; those two take any value, this one a quarter of the time.
"""

from functools import lru_cache

from filmroll.buffer import Buffer
from filmroll.messages import feature, feature_map, wire

ONE_BYTE = 0x80  # varints below it have one byte
MIN_INT64 = -(2**63)


def serialize(name: object, value: object) -> list[Buffer]:
    """Serialize the entry of one feature; large bytes values are handed through as given.

    Raises:
        EncodeError: The value or the name is none that a feature can have.
    """
    kind = type(value)
    if type(name) is str:
        if kind is int and MIN_INT64 <= value <= feature.MAX_INT64:  # type: ignore[operator]
            return [_whole_number(name, value)]  # type: ignore[arg-type]
        if kind is bytes:
            return _one_bytes(name, value)  # type: ignore[arg-type]
        if kind is str and value.isascii():  # type: ignore[attr-defined]
            return _one_bytes(name, value.encode())  # type: ignore[attr-defined]
    return feature_map.serialize(((name, feature.serialize(value, name=str(name))),))


def _whole_number(name: str, value: int) -> bytes:
    packed = wire.varint(value & 0xFFFF_FFFF_FFFF_FFFF)
    count = len(packed)
    head = _head(name)
    inside = len(head) + count + 6
    front = bytes((0x0A, inside)) if inside < ONE_BYTE else b"\x0a" + wire.varint(inside)
    return b"%b%b\x12%c\x1a%c\x0a%c%b" % (front, head, count + 4, count + 2, count, packed)


def _one_bytes(name: str, value: bytes) -> list[Buffer]:
    list_head = b"\x0a" + wire.varint(len(value))
    list_nbytes = len(list_head) + len(value)
    feature_head = b"\x0a" + wire.varint(list_nbytes) + list_head
    feature_nbytes = len(feature_head) + len(value)
    named = b"%b\x12%b%b" % (_head(name), wire.varint(feature_nbytes), feature_head)
    front = b"\x0a%b%b" % (wire.varint(len(named) + len(value)), named)
    return [front + value] if len(value) < wire.JOINED_NBYTES else [front, value]


@lru_cache(maxsize=1024)
def _head(name: str) -> bytes:
    encoded = feature_map.encode_name(name)
    return b"\x0a" + wire.varint(len(encoded)) + encoded
