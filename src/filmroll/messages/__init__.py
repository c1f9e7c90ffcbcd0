"""What a record says: bytes <-> features, by pure functions `parse` and `serialize` per kind of message."""

from filmroll.messages import datum, example, sequence_example, tensor_protos
from filmroll.messages.feature import Features, Value
from filmroll.messages.recognise import KINDS, kind_of_records, parse, recognise

__all__ = [
    "KINDS",
    "Features",
    "Value",
    "datum",
    "example",
    "kind_of_records",
    "parse",
    "recognise",
    "sequence_example",
    "tensor_protos",
]
