"""Which way up a picture is: the orientation tag in a block of EXIF.

EXIF is a TIFF file without pixels:
    "II" or "MM" | 42 uint16 | offset of the first directory uint32 | ...
    directory: count uint16 | entries of 12 bytes: tag uint16, type uint16, count uint32, value or its offset

Source: Exif 2.3, section 4.5 and 4.6.4; TIFF 6.0.
"""

import struct

from filmroll.buffer import Buffer

ORIENTATION = 0x0112
SHORT = 3
LONG = 4
HEADER_NBYTES = 2 + 2 + 4  # byte order, 42, offset of the first directory
ENTRY_NBYTES = 2 + 2 + 4 + 4  # tag, type, count, value


def read_orientation(exif: Buffer) -> int:
    """Read the orientation, 1 to 8, from a TIFF header and its first directory.

    Cameras and editors write much that is broken here; like every viewer, this takes what cannot be read for
    1.

    Args:
        exif: The block from its byte order on, without "Exif" and two zeros in front.
    """
    order = {b"II": "<", b"MM": ">"}.get(bytes(exif[:2]))
    if order is None or len(exif) < HEADER_NBYTES:
        return 1
    (directory,) = struct.unpack_from(order + "I", exif, 4)
    if directory + 2 > len(exif):
        return 1
    (count,) = struct.unpack_from(order + "H", exif, directory)
    first = directory + 2
    for position in range(first, min(first + count * ENTRY_NBYTES, len(exif) - ENTRY_NBYTES + 1), ENTRY_NBYTES):
        tag, kind = struct.unpack_from(order + "HH", exif, position)
        if tag == ORIENTATION:
            return _value(exif, order, kind, position + 8)
    return 1


def _value(exif: Buffer, order: str, kind: int, position: int) -> int:
    letter = {SHORT: "H", LONG: "I"}.get(kind)
    value = struct.unpack_from(order + letter, exif, position)[0] if letter else 1
    return int(value) if 1 <= value <= 8 else 1
