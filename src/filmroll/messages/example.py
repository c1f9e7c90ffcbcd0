"""What a tf.train.Example says: named features, for one picture mostly.

    Example = 0x0a nbytes Features          Features: see feature_map.py; each Feature: see feature.py

Source: tensorflow/core/example/example.proto.
"""

from collections.abc import Collection, Mapping

from filmroll.buffer import Buffer
from filmroll.messages import entry, feature, feature_map, wire
from filmroll.messages.feature import Features

FEATURES = 0x0A  # field 1, length-delimited


def parse(message: Buffer, *, wanted: Collection[str] | None = None) -> Features:
    """Parse an Example.

    Args:
        message: One whole serialized Example.
        wanted: Names of the features that are parsed, in half the time; the values of others are not looked at. None
            parses all.

    Returns:
        Name -> value, in the order of the message. A bytes_list is a list of read-only views of `message`,
        not copied; a float_list a new float32 array and an int64_list a new int64 array, both of shape
        (count,); a feature with no kind None. A name that comes twice keeps the last value, as in protobuf.

    Raises:
        ParseError, TruncatedError: The bytes are no Example; `offset` is the place in the message.
        TypeError: `message` is no buffer.
    """
    view = wire.whole(message)
    return feature_map.parse(view, wire.find(view, FEATURES), feature.parse, wanted=wanted)


def serialize(features: Mapping[str, object]) -> list[Buffer]:
    """Serialize an Example.

    Args:
        features: Name -> value: bytes-like, str (UTF-8) or a list of them; int, float, bool or a list of
            them; an integer, bool or floating array of any shape, flattened in C order; or None, a feature
            with no kind. An empty list becomes an empty bytes_list; an empty array an empty list of its type.

    Returns:
        Buffers whose concatenation is the message, names in the order given. Large bytes values are among
        them as given, not copied: do not change them before the message is written.

    Raises:
        EncodeError: A value has another type, mixes types, or holds a number that int64 or float32 cannot
            hold; a name is no text; the message is longer than the 2 GiB that protobuf can read.
    """
    pieces = [piece for name, value in features.items() for piece in entry.serialize(name, value)]
    return wire.join_short(wire.delimited(FEATURES, pieces))
