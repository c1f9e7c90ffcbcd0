"""What a record says: bytes <-> features, by pure functions `parse` and `serialize` per kind of message."""

from filmroll.messages import example, sequence_example
from filmroll.messages.feature import Features, Value
from filmroll.messages.recognise import recognise

__all__ = ["Features", "Value", "example", "recognise", "sequence_example"]
