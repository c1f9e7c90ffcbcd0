"""What a tf.train.SequenceExample says: features of the whole, and lists of features, one per step.

    SequenceExample = 0x0a nbytes Features, 0x12 nbytes FeatureLists
    FeatureLists    = (0x0a nbytes entry)*       entry = 0x0a nbytes name, 0x12 nbytes FeatureList
    FeatureList     = (0x0a nbytes Feature)*

Source: tensorflow/core/example/example.proto.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from filmroll.buffer import Buffer
from filmroll.errors import EncodeError
from filmroll.messages import feature, feature_map, wire
from filmroll.messages.feature import Features, Value

CONTEXT, FEATURE_LISTS = 0x0A, 0x12  # fields 1 and 2, length-delimited
STEP = 0x0A  # field 1 of a FeatureList, length-delimited


class SequenceExample(NamedTuple):
    """The two halves of a SequenceExample; feature lists need not have the same length."""

    context: Features
    feature_lists: dict[str, list[Value]]


def parse(message: Buffer) -> SequenceExample:
    """Parse a SequenceExample.

    Args:
        message: One whole serialized SequenceExample.

    Returns:
        Context and feature lists, names in the order of the message, values as `example.parse` returns them.

    Raises:
        ParseError, TruncatedError: The bytes are no SequenceExample; `offset` is the place in the message.
        TypeError: `message` is no buffer.
    """
    view = wire.whole(message)
    context = feature_map.parse(view, wire.find(view, CONTEXT), feature.parse)
    return SequenceExample(context, feature_map.parse(view, wire.find(view, FEATURE_LISTS), _parse_list))


def _parse_list(message: memoryview, spans: wire.Spans) -> list[Value]:
    steps = []
    for tag, start, stop in wire.fields(message, spans):
        if tag == STEP:
            steps.append(feature.parse(message, ((start, stop),)))
    return steps


def serialize(sequence: tuple[Mapping[str, object], Mapping[str, Iterable[object]]]) -> list[Buffer]:
    """Serialize a SequenceExample.

    Args:
        sequence: A `SequenceExample`, or any pair of context and feature lists; each value as in
            `example.serialize`, and of a feature list one per step.

    Returns:
        Buffers whose concatenation is the message. Large bytes values are among them as given, not copied.

    Raises:
        EncodeError: As `example.serialize`; or a feature list is no iterable of steps.
    """
    context, feature_lists = sequence
    features = ((name, feature.serialize(value, name=name)) for name, value in context.items())
    lists = ((name, _serialize_list(steps, name=name)) for name, steps in feature_lists.items())
    return wire.join_short(
        [
            *_unless_empty(CONTEXT, feature_map.serialize(features)),
            *_unless_empty(FEATURE_LISTS, feature_map.serialize(lists)),
        ]
    )


def _unless_empty(tag: int, pieces: list[Buffer]) -> list[Buffer]:
    return wire.delimited(tag, pieces) if pieces else []


def _serialize_list(steps: object, *, name: str) -> list[Buffer]:
    if isinstance(steps, str | bytes | bytearray | memoryview) or not isinstance(steps, Iterable):
        raise EncodeError(f"feature list {name!r}: {type(steps).__name__} is no list of steps")
    pieces: list[Buffer] = []
    for step in steps:
        pieces += wire.delimited(STEP, feature.serialize(step, name=name))
    return pieces
