"""CRC-32C of bytes, and the mask that record files put over it.

The mask is there because a CRC over data that holds its own CRC says little.

Source: RFC 3720 B.4 for the polynomial; tensorflow/core/lib/hash/crc32c.h for the mask.
"""

from typing import TypeVar

import google_crc32c
import numpy as np
import numpy.typing as npt

from filmroll.buffer import Buffer

MASK_DELTA = 0xA282EAD8
SHORT_NBYTES = 8192

Crc = TypeVar("Crc", int, npt.NDArray[np.int64])


def crc32c(data: Buffer | npt.NDArray[np.uint8], value: int = 0) -> int:
    """Compute the CRC-32C of contiguous data, which is not copied, or extend one.

    Args:
        data: Any contiguous bytes.
        value: CRC of the bytes before `data`.

    Raises:
        ValueError: `data` is a view with gaps.
    """
    # google-crc32c refuses buffers that could change. A copy of a short one costs less than an array over it.
    if isinstance(data, (memoryview, bytearray)):
        data = bytes(data) if len(data) < SHORT_NBYTES else np.frombuffer(data, np.uint8)
    crc: int = google_crc32c.extend(value, data) if value else google_crc32c.value(data)
    return crc


crc32c_of_array = google_crc32c.value  # no call around it: for loops over small records it would cost a third


def mask(crc: Crc) -> Crc:
    """Mask a CRC as it is stored, or an int64 array of them."""
    return ((crc >> 15 | crc << 17) + MASK_DELTA) & 0xFFFF_FFFF


def unmask(masked: Crc) -> Crc:
    """Undo `mask`."""
    rotated = (masked - MASK_DELTA) & 0xFFFF_FFFF
    return (rotated >> 17 | rotated << 15) & 0xFFFF_FFFF


def masked_crc32c(*buffers: Buffer | npt.NDArray[np.uint8]) -> int:
    """Compute the masked CRC-32C of the concatenation of buffers."""
    crc = 0
    for buffer in buffers:
        crc = crc32c(buffer, crc)
    return mask(crc)
