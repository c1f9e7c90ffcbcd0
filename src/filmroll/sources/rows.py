"""Many pictures in one array: MNIST's and CIFAR's. They are packed many at a time, without an object for each.

images   (n, height, width, channels)     keys   n names, labels int64 (n,), features name -> int64 (n,)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from filmroll.errors import ParseError
from filmroll.sample import Sample

Int64Array = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One picture that is an array already.

    Attributes:
        path: The file that it is in, or the folder of several.
        key: Name that tells it from the others.
        array: (height, width, channels), RGB order.
        label: Number of its class, from 0; None where it has none.
        text: Name of its class, or None.
        features: Whatever else is known, by feature name.
    """

    path: Path
    key: str
    array: NDArray[Any]
    label: int | None = None
    text: str | None = None
    features: Mapping[str, Any] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        """Bytes of the array."""
        return self.array.nbytes

    @property
    def place(self) -> str:
        """Which one it is, for errors."""
        return f"picture {self.key}"

    def read(self) -> Sample:
        """Return the picture with what is known of it; the array is not copied."""
        return Sample(self.key, None, self.array, self.label, self.text, features=dict(self.features))


@dataclass(frozen=True, slots=True, eq=False)
class Rows(Sequence[Row]):
    """Pictures of one shape in one array; `rows[i]` is a Row.

    Attributes:
        path: The file, or the folder of several.
        images: (n, height, width, channels), RGB order.
        keys: n names.
        labels: int64 (n,), classes from 0; None where there are none.
        label_names: Names of the classes; empty where they have none.
        features: Name -> (n,) numbers: whatever else is known.
    """

    path: Path
    images: NDArray[Any]
    keys: Sequence[str]
    labels: Int64Array | None = None
    label_names: Sequence[str] = ()
    features: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that the parts agree.

        Raises:
            ParseError: They differ in number, a picture has no name, or a label has none while others have.
        """
        parts = {"names": self.keys, "labels": self.labels, **self.features}
        for name, part in parts.items():
            if part is not None and len(part) != len(self.images):
                raise ParseError(f"{len(part)} {name} for {len(self.images)} pictures; expected one for each")
        if not all(self.keys):
            raise ParseError("a picture without a name", record=list(map(bool, self.keys)).index(False))
        if self.labels is not None:
            check_labels(self.labels, self.label_names)

    @property
    def nbytes(self) -> int:
        """Bytes of all pictures."""
        return self.images.nbytes

    def __len__(self) -> int:
        return len(self.images)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> "Rows": ...
    def __getitem__(self, index: int | slice) -> "Row | Rows":
        if isinstance(index, slice):
            return self.take(range(len(self))[index])
        label = None if self.labels is None else int(self.labels[index])
        text = None if label is None or not self.label_names else self.label_names[label]
        features = {name: values[index] for name, values in self.features.items()}
        return Row(self.path, self.keys[index], self.images[index], label, text, features)

    def take(self, numbers: Sequence[int]) -> "Rows":
        """Return the rows of these numbers, in this order; their pictures are copied."""
        chosen = np.asarray(numbers, np.int64)
        return Rows(
            self.path,
            self.images[chosen],
            [self.keys[number] for number in numbers],
            None if self.labels is None else self.labels[chosen],
            self.label_names,
            {name: values[chosen] for name, values in self.features.items()},
        )


def check_labels(labels: Int64Array, label_names: Sequence[str]) -> None:
    """Check that every label is a class.

    Raises:
        ParseError: One is below 0, or has no name while others have; `record` is its number.
    """
    wrong = (labels < 0) | (labels >= len(label_names)) if label_names else labels < 0
    if wrong.any():
        row = int(np.argmax(wrong))
        most = f" to {len(label_names) - 1}" if label_names else " or more"
        raise ParseError(f"label {labels[row]}; expected 0{most}", record=row)


def running_keys(count: int) -> list[str]:
    """Name pictures that have no names by their numbers: "00000000" and so on."""
    return [f"{number:08d}" for number in range(count)]
