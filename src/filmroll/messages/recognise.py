"""Which kind of message some bytes are.

Any bytes may happen to parse as protobuf, with nothing but unknown fields. So it takes a known field to be
recognised: a name with its feature, a map that is present and empty, a Datum's picture, a tensor.

    example, sequence_example    tf.train        datum    Caffe        tensor_protos    Caffe2
"""

from collections.abc import Callable, Collection, Iterable
from typing import Literal, get_args

from filmroll.buffer import Buffer
from filmroll.errors import FormatError
from filmroll.messages import datum, example, sequence_example, tensor_protos, wire
from filmroll.messages.feature import Features

Kind = Literal["sequence_example", "example", "datum", "tensor_protos"]
KINDS: tuple[Kind, ...] = get_args(Kind)
HEAD_NBYTES = 32


def recognise(message: Buffer) -> Kind | None:
    """Tell which kind of message these bytes are.

    Args:
        message: One whole record.

    Returns:
        "sequence_example" if there are feature lists; "example" if there are features only, or no bytes at all;
        "datum" if there is a picture's data; "tensor_protos" if there is a tensor with a type; None if the bytes do
        not parse, or only as fields that none of these has.
    """
    return next((kind for kind, is_one in TESTS.items() if _passes(is_one, wire.whole(message))), None)


def kind_of_records(records: Iterable[Buffer]) -> Kind | None:
    """Tell what a file holds by its first records; no records count as Examples.

    A record or two that are nothing known do not decide it: reading them is an error.
    """
    # Records of one length that begin alike are of one kind: most files need but a few to be parsed.
    alike = {(len(record), bytes(record[:HEAD_NBYTES])): record for record in records}
    kinds = [recognise(record) for record in alike.values()]
    return next((kind for kind in KINDS if kind in kinds), None) if kinds else "example"


def parse(message: Buffer, *, kind: str | None = "example", wanted: Collection[str] | None = None) -> Features:
    """Parse a message of one of `KINDS` into features; with None, of nothing that is known, as an Example.

    The lists of a SequenceExample come as one feature each, with the values of all steps in a row.

    Args:
        message: One whole message.
        kind: What it is.
        wanted: Names of the features that are needed, of an Example; others may be there. None are all.

    Raises:
        FormatError: It is none of that kind, or the steps of one list are of different kinds.
    """
    return example.parse(message, wanted=wanted) if kind in ("example", None) else PARSERS[str(kind)](message)


def _passes(is_one: Callable[[memoryview], bool], message: memoryview) -> bool:
    try:
        return is_one(message)
    except FormatError:
        return False


def _is_sequence_example(message: memoryview) -> bool:
    lists = wire.find(message, sequence_example.FEATURE_LISTS)
    return bool(lists) and (bool(sequence_example.parse(message).feature_lists) or _all_empty(lists))


def _is_example(message: memoryview) -> bool:
    features = wire.find(message, example.FEATURES)
    return not message or (bool(features) and (bool(example.parse(message)) or _all_empty(features)))


def _is_datum(message: memoryview) -> bool:
    return not datum.parse(message).keys().isdisjoint(("data", "float_data"))


def _all_empty(spans: wire.Spans) -> bool:
    return all(start == stop for start, stop in spans)


def _in_a_row(message: Buffer) -> Features:
    sequence = sequence_example.parse(message)
    lists = {name: sequence_example.join(steps, name=name).values for name, steps in sequence.feature_lists.items()}
    return dict(sequence.context) | lists


TESTS: dict[Kind, Callable[[memoryview], bool]] = {
    "sequence_example": _is_sequence_example,
    "example": _is_example,
    "datum": _is_datum,
    "tensor_protos": tensor_protos.recognise,
}
PARSERS: dict[str, Callable[[Buffer], Features]] = {
    "sequence_example": _in_a_row,
    "example": example.parse,
    "datum": datum.parse,
    "tensor_protos": tensor_protos.parse,
}
