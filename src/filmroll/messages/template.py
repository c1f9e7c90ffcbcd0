"""The usual layout of an entry, read from one message, to be compared with that of many others at once.

    0a nbytes  0a nbytes name  12 nbytes  1a nbytes  0a nbytes | payload
    entry      name            Feature    kind       list      | one bytes value, or packed numbers

All up to the payload is the head. Others have the layout if their heads are the same in all bits but those of the four
lengths around the payload, and each of these lengths leads to the end of the entry. So a payload of another length
is of the same layout, as long as its length takes as many bytes to write.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from filmroll.errors import FormatError
from filmroll.messages import wire
from filmroll.messages.feature import PACKED
from filmroll.messages.feature_map import ENTRY, NAME, VALUE
from filmroll.messages.pieces import TYPES, Type
from filmroll.messages.ragged import Int64Array, UInt8Array


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """An entry with one list of one part, each part ending where its parent ends.

    Attributes:
        head: All bytes before the payload.
        lengths: Where in the head the lengths lie that the payload changes, the outermost first.
        payload_nbytes: Length of the payload.
        name: Name of the feature.
        type: What the payload is.
    """

    head: bytes
    lengths: tuple[slice, ...]
    payload_nbytes: int
    name: str
    type: Type

    @classmethod
    def read(cls, message: memoryview, start: int, stop: int) -> Self | None:
        """Read the template of the entry at `start`, which may not pass `stop`; None if it has another layout."""
        try:
            return cls._read(message, start, stop)
        except (FormatError, UnicodeDecodeError):
            return None

    @classmethod
    def _read(cls, message: memoryview, start: int, stop: int) -> Self | None:
        _, entry, end = next(wire.fields(message, ((start, stop),)))
        if message[start] != ENTRY or entry == end:
            return None
        tag, name, name_end = next(wire.fields(message, ((entry, end),)))
        following, value = wire.sole_field(message, name_end, end)
        if (tag, following) != (NAME, VALUE):
            return None
        kind, values = wire.sole_field(message, value, end)
        tag, payload = wire.sole_field(message, values, end)
        if kind not in TYPES or tag != PACKED:
            return None
        places = ((start, entry), (name_end, value), (value, values), (values, payload))
        lengths = tuple(slice(first + 1 - start, last - start) for first, last in places)
        text = str(message[name:name_end], "utf-8")
        return cls(bytes(message[start:payload]), lengths, end - payload, text, TYPES[kind])

    def compare(self, heads: UInt8Array) -> tuple[npt.NDArray[np.bool_], Int64Array]:
        """Compare the heads of other entries.

        Args:
            heads: uint8 array of shape (count, nbytes of the head), C-contiguous.

        Returns:
            Of each: whether it has this layout, and if so, the length of its payload.
        """
        same = equal_rows(heads, self.head)
        if same.all():
            return same, np.full(len(heads), self.payload_nbytes)
        mask = np.full(len(self.head), 0xFF, np.uint8)
        for place in self.lengths:
            mask[place] = 0x80  # that a length goes on is layout; how long it is, is not
        same = equal_rows(heads & mask, (np.frombuffer(self.head, np.uint8) & mask).tobytes())
        *outer, nbytes = (decode_columns(heads[:, place]) for place in self.lengths)
        for length, place in zip(outer, self.lengths, strict=False):
            same &= length == nbytes + (len(self.head) - place.stop)
        return same, nbytes


def equal_rows(rows: UInt8Array, expected: bytes) -> npt.NDArray[np.bool_]:
    """Tell which rows of a C-contiguous array, as wide as the bytes expected, are equal to them."""
    # Strings of one width are equal only if all bytes are: the zeros that NumPy pads with are bytes of both.
    equal: npt.NDArray[np.bool_] = rows.view(f"S{len(expected)}")[:, 0] == expected
    return equal


def decode_columns(varints: UInt8Array) -> Int64Array:
    """Decode varints of the same number of bytes, which are the columns."""
    value = (varints[:, 0] & 0x7F).astype(np.int64)
    for index in range(1, varints.shape[1]):
        value |= (varints[:, index] & 0x7F).astype(np.int64) << (7 * index)
    return value
