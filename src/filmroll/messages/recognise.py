"""Which kind of tf.train message some bytes are.

Any bytes may happen to parse as protobuf, with nothing but unknown fields. So it takes a known field to be
recognised: a name with its feature, or a map that is present and empty.
"""

from typing import Literal

from filmroll.buffer import Buffer
from filmroll.errors import FormatError
from filmroll.messages import example, sequence_example, wire


def recognise(message: Buffer) -> Literal["example", "sequence_example"] | None:
    """Tell which kind of tf.train message these bytes are.

    Args:
        message: One whole record.

    Returns:
        "sequence_example" if there are feature lists; "example" if there are features only, or no bytes at
        all; None if the bytes do not parse, or only as fields that tf.train does not have.
    """
    view = wire.whole(message)
    try:
        if _says_something(view, sequence_example.FEATURE_LISTS, sequence_example.parse(view).feature_lists):
            return "sequence_example"
        known = not view or _says_something(view, example.FEATURES, example.parse(view))
    except FormatError:
        return None
    return "example" if known else None


def _says_something(message: memoryview, tag: int, parsed: object) -> bool:
    spans = wire.find(message, tag)
    return bool(parsed) or (bool(spans) and all(start == stop for start, stop in spans))
