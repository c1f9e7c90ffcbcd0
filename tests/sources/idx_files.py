"""IDX, written the slow obvious way."""

import struct

import numpy as np

CODES = {"u1": 8, "i1": 9, "i2": 0xB, "i4": 0xC, "f4": 0xD, "f8": 0xE}


def serialize(array: np.ndarray) -> bytes:
    big = array.astype(array.dtype.newbyteorder(">"))
    return (
        struct.pack(f">BBBB{array.ndim}I", 0, 0, CODES[array.dtype.str[1:]], array.ndim, *array.shape) + big.tobytes()
    )
