"""The map entry of a feature with one number or one bytes value, in one go: most features of a picture are that.

    0a nbytes  0a nbytes name  12 nbytes  1a nbytes 0a nbytes varint      one whole number
    0a nbytes  0a nbytes name  12 nbytes  0a nbytes 0a nbytes data        one bytes value

The bytes are those that `feature` and `feature_map` write; those two take any value, this one a quarter of the time.
"""

from functools import lru_cache

from filmroll.buffer import Buffer
from filmroll.messages import feature, feature_map, wire

MIN_INT64 = -(2**63)


def serialize(name: object, value: object) -> list[Buffer]:
    """Serialize the entry of one feature; large bytes values are handed through as given.

    Raises:
        EncodeError: The value or the name is none that a feature can have.
    """
    if type(name) is str:
        if type(value) is int and MIN_INT64 <= value <= feature.MAX_INT64:
            return [_whole_number(name, value)]
        if type(value) is str and value.isascii():
            value = value.encode()
        if type(value) is bytes:
            nbytes = len(value)
            if nbytes < wire.JOINED_NBYTES:
                return [_known_front(name, nbytes) + value]
            return [_front(name, nbytes), value]
    return feature_map.serialize(((name, feature.serialize(value, name=str(name))),))


@lru_cache(maxsize=4096)  # sizes and labels come again and again
def _whole_number(name: str, value: int) -> bytes:
    packed = wire.varint(value & 0xFFFF_FFFF_FFFF_FFFF)
    count = len(packed)
    head = _head(name)
    inside = len(head) + count + 6
    return b"\x0a%b%b\x12%c\x1a%c\x0a%c%b" % (wire.varint(inside), head, count + 4, count + 2, count, packed)


def _front(name: str, nbytes: int) -> bytes:
    """Return what stands before so many bytes of data."""
    in_list = wire.varint(nbytes)
    nbytes += len(in_list) + 1
    in_feature = wire.varint(nbytes)
    nbytes += len(in_feature) + 1
    in_entry = wire.varint(nbytes)
    head = _head(name)
    nbytes += len(in_entry) + len(head) + 1
    return b"\x0a%b%b\x12%b\x0a%b\x0a%b" % (wire.varint(nbytes), head, in_entry, in_feature, in_list)


_known_front = lru_cache(maxsize=4096)(_front)  # formats, names of classes and of files are of few lengths


@lru_cache(maxsize=1024)
def _head(name: str) -> bytes:
    encoded = feature_map.encode_name(name)
    return b"\x0a" + wire.varint(len(encoded)) + encoded
