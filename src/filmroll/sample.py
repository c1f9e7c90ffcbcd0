"""What passes through filmroll: one picture, and what is known about it.

sources ──> Sample ──> dialects.to_features ──> records
records ──> dialects.to_sample ──> Sample ──> arrays, files, pages
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from filmroll import codecs
from filmroll.boxes import Boxes
from filmroll.buffer import Buffer
from filmroll.errors import DecodeError


@dataclass(eq=False)
class Sample:
    """One picture, encoded or as an array, with its key, its label and any other features.

    Attributes:
        key: Name that tells it from the others; for files the path below the source folder, with "/".
        encoded: The picture as an encoded file (JPEG, PNG, ...), or None.
        array: The picture as an array, (height, width, channels) unless its source says otherwise, or None.
        label: Number of its class, from 0 whatever the records say; None where there is none.
        text: Name of its class, or None.
        boxes: Boxes around objects, or None.
        mask: An encoded picture (PNG) with the class of each pixel, or None.
        features: Whatever else is known, by feature name, as `messages` gives and takes it.
    """

    key: str = ""
    encoded: Buffer | None = None
    array: NDArray[Any] | None = None
    label: int | None = None
    text: str | None = None
    boxes: Boxes | None = None
    mask: Buffer | None = None
    features: dict[str, Any] = field(default_factory=dict)

    def __getstate__(self) -> dict[str, Any]:
        """Let the sample cross a process boundary: bytes that are views of a file are copied."""
        return {name: _owned(value) for name, value in self.__dict__.items()}

    @property
    def has_image(self) -> bool:
        """Whether there is a picture at all: some records hold names and boxes only."""
        return self.array is not None or bool(self.encoded)

    @cached_property
    def header(self) -> codecs.Header:
        """Format, size and colour of the encoded picture, read from its first bytes.

        Raises:
            DecodeError: There is no encoded picture, or it has no readable header.
        """
        if self.encoded is None:
            raise DecodeError(f"sample {self.key!r} holds no encoded picture")
        return codecs.read_header(self.encoded)

    @cached_property
    def image(self) -> NDArray[Any]:
        """The picture as an array, decoded at the first use and kept: (height, width, channels) uint8.

        Raises:
            DecodeError: There is no picture, or it cannot be decoded.
            LimitError: It is larger than decoders accept by default.
        """
        return self.decode()

    def decode(self, **options: Any) -> NDArray[Any]:
        """Decode the picture anew, with the options of `filmroll.decode`; an array is returned as it is.

        Raises:
            DecodeError: There is no picture, or it cannot be decoded.
            LimitError: It has more pixels than `max_pixels`.
            UnsupportedError: An option that the format does not have.
        """
        if self.array is not None:
            return np.asarray(self.array)
        if not self.encoded:
            raise DecodeError(f"sample {self.key!r} holds no picture")
        return codecs.decode(self.encoded, **options)

    def _repr_html_(self) -> str:
        """Show the picture and what is known of it, in a notebook."""
        from filmroll.view import notebook

        return notebook.sample_html(self)


def class_name(label: int | None, names: Sequence[str]) -> str | None:
    """Return the name of a label, where classes are named by position; None for a label that has none."""
    return None if label is None or not 0 <= label < len(names) else names[label]


def _owned(value: Any) -> Any:
    if isinstance(value, memoryview):
        return bytes(value)
    if isinstance(value, list):
        return [_owned(item) for item in value]
    if isinstance(value, Boxes):
        return replace(value, masks=_owned(value.masks))
    return {name: _owned(item) for name, item in value.items()} if isinstance(value, dict) else value
