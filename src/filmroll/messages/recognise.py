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
        lists = wire.find(view, sequence_example.FEATURE_LISTS)
        if lists and (sequence_example.parse(view).feature_lists or _all_empty(lists)):
            return "sequence_example"
        features = wire.find(view, example.FEATURES)
        known = not view or (features and (example.parse(view) or _all_empty(features)))
    except FormatError:
        return None
    return "example" if known else None


def _all_empty(spans: wire.Spans) -> bool:
    return all(start == stop for start, stop in spans)
