"""What counts as bytes: the types that every parser and decoder accepts, and where pieces lie in them."""

import numpy as np
import numpy.typing as npt

Buffer = bytes | bytearray | memoryview
Int64Array = npt.NDArray[np.int64]


def places(
    starts: npt.ArrayLike, lengths: npt.ArrayLike, *, limit: int, what: str = "record"
) -> tuple[Int64Array, Int64Array]:
    """Return where pieces of a buffer start, and their lengths, as int64 arrays.

    Args:
        starts, lengths: (count,) integers, in bytes.
        limit: Bytes of the buffer.
        what: What a piece is called in errors.

    Raises:
        TypeError: They are no integers.
        ValueError: They differ in shape, or lead out of the buffer.
    """
    first, nbytes = _integers(starts), _integers(lengths)
    if first.ndim != 1 or first.shape != nbytes.shape:
        raise ValueError(f"starts and lengths must be of one shape (count,), not {first.shape} and {nbytes.shape}")
    outside = (first < 0) | (nbytes < 0) | (nbytes > limit) | (first > limit - nbytes)
    if outside.any():
        row = int(np.argmax(outside))
        raise ValueError(f"{what} {row}, {nbytes[row]} bytes at {first[row]}, is not inside the {limit} bytes")
    return first, nbytes


def _integers(numbers: npt.ArrayLike) -> Int64Array:
    array = np.asarray(numbers)
    if array.size and array.dtype.kind not in "iu":
        raise TypeError(f"starts and lengths must be integers, not {array.dtype}")
    return array.astype(np.int64, copy=False)
