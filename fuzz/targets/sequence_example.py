# Invariant: any message gives context and feature lists or FormatError, and serialized again the same ones.
"""tf.train.SequenceExample."""

from collections.abc import Iterator
from contextlib import suppress

from filmroll import messages
from filmroll.errors import FormatError
from filmroll.messages import sequence_example
from fuzz.targets.example import _given, _plain, _values

SEEDS = ()
MAX_NBYTES = 2**12


def seeds() -> Iterator[bytes]:
    """Yield a message with all there can be, and an empty one."""
    lists = {"frames": [b"a", [b"b", b"c"]], "numbers": [[1], [2, 3]], "none": [], "scores": [[0.5], None]}
    yield b"".join(sequence_example.serialize(({"length": 2, "name": "x"}, lists)))
    yield b"\x0a\x00\x12\x00"


def check(data: bytes) -> None:
    """Parse, serialize, and parse again."""
    messages.recognise(data)
    try:
        found = sequence_example.parse(data)
    except FormatError:
        return
    with suppress(FormatError):  # steps of different types
        messages.parse(data, kind="sequence_example")
    context = {name: _given(value) for name, value in found.context.items()}
    lists = {name: [_given(step) for step in steps] for name, steps in found.feature_lists.items()}
    again = sequence_example.parse(b"".join(sequence_example.serialize((context, lists))))
    assert _plain(again.context) == _plain(found.context)
    assert {name: [_values(step) for step in steps] for name, steps in again.feature_lists.items()} == {
        name: [_values(step) for step in steps] for name, steps in found.feature_lists.items()
    }
