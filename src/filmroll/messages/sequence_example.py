"""What a tf.train.SequenceExample says: features of the whole, and lists of features, one per step.

    SequenceExample = 0x0a nbytes Features, 0x12 nbytes FeatureLists
    FeatureLists    = (0x0a nbytes entry)*       entry = 0x0a nbytes name, 0x12 nbytes FeatureList
    FeatureList     = (0x0a nbytes Feature)*

Source: tensorflow/core/example/example.proto.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, cast

import numpy as np

from filmroll.buffer import Buffer
from filmroll.errors import EncodeError, ParseError
from filmroll.messages import feature, feature_map, ragged, wire
from filmroll.messages.feature import Features, Value
from filmroll.messages.ragged import Int64Array

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


class Ragged(NamedTuple):
    """The values of all steps in a row; TensorFlow calls it a RaggedTensor.

    Attributes:
        values: As those of one feature; None where no step has a kind.
        row_splits: int64 array of shape (steps + 1,): the values of step i are row_splits[i] to [i + 1].
    """

    values: Value
    row_splits: Int64Array


def join(steps: Sequence[Value], *, name: str) -> Ragged:
    """Lay the values of the steps of one feature list in a row; an empty step has no say in their kind.

    Args:
        steps: As `parse` returns them.
        name: Of the feature list, for the error.

    Raises:
        ParseError: The steps are of different kinds.
    """
    row_splits = ragged.splits(np.array([0 if step is None else len(step) for step in steps], np.int64))
    given = [(index, step) for index, step in enumerate(steps) if step is not None]
    filled = [(index, step) for index, step in given if len(step)] or given[:1]
    if not filled:
        return Ragged(None, row_splits)
    kind = _kind(filled[0][1])
    for index, step in filled:
        if _kind(step) != kind:
            raise ParseError(f"feature list {name!r}, step {index}: holds {_kind(step)}, the first one {kind}")
    if kind == "bytes":
        return Ragged([value for _, step in filled for value in cast("list[memoryview]", step)], row_splits)
    return Ragged(cast("Value", np.concatenate([step for _, step in filled])), row_splits)


def _kind(value: Value) -> str:
    return value.dtype.name if isinstance(value, np.ndarray) else "bytes"


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
