"""Boxes around the objects of a picture, in the one form that every dialect is translated into and out of.

    corners   float32 (n, 4)   ymin, xmin, ymax, xmax as shares of height and width, 0 to 1
    labels    int64 (n,)       classes from 0
    texts     names of the classes          masks   one PNG for each object, of the picture's size

Source: the order and the normalisation are those of the TF Object Detection API and of TFDS (`BBoxFeature`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from filmroll.buffer import Buffer
from filmroll.errors import FormatError

Float32Array = NDArray[np.float32]
Int64Array = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """The boxes of one picture.

    Attributes:
        corners: (n, 4) float32: ymin, xmin, ymax, xmax as shares of height and width.
        labels: (n,) int64, classes from 0; None where boxes have none.
        texts: n names of classes; None where boxes have none.
        masks: n encoded pictures (PNG), each of the whole picture's size; None where boxes have none.
    """

    corners: Float32Array
    labels: Int64Array | None = None
    texts: Sequence[str] | None = None
    masks: Sequence[Buffer] | None = None

    def __post_init__(self) -> None:
        """Bring the arrays into their dtypes.

        Raises:
            FormatError: The parts do not agree on the number of boxes.
        """
        object.__setattr__(self, "corners", np.asarray(self.corners, np.float32).reshape(-1, 4))
        if self.labels is not None:
            object.__setattr__(self, "labels", np.asarray(self.labels, np.int64).reshape(-1))
        for name in ("labels", "texts", "masks"):
            part: Any = getattr(self, name)
            if part is not None and len(part) != len(self):
                raise FormatError(f"{len(part)} {name} for {len(self)} boxes; expected one for each")

    def __len__(self) -> int:
        return len(self.corners)

    def check(self) -> None:
        """Check that each box lies inside the picture.

        Raises:
            FormatError: One does not, or its edges are the wrong way round; says which.
        """
        for number, (ymin, xmin, ymax, xmax) in enumerate(self.corners.tolist()):
            if not (0 <= ymin <= ymax <= 1 and 0 <= xmin <= xmax <= 1):
                raise FormatError(
                    f"box {number} is ymin {ymin:g}, xmin {xmin:g}, ymax {ymax:g}, xmax {xmax:g}: expected shares of"
                    " the picture, 0 <= min <= max <= 1"
                )
