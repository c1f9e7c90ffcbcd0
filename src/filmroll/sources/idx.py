"""IDX: one array of numbers, plain or gzipped, as MNIST is published.

    00 00 | dtype 1 byte | ndim 1 byte | sizes: ndim x uint32 big-endian | values, C order, big-endian
    dtype   08 uint8   09 int8   0b int16   0c int32   0d float32   0e float64

Source: Yann LeCun, "The MNIST database of handwritten digits", section on file formats.
"""

import gzip
import math
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from filmroll.errors import FormatError, LimitError, ParseError, TruncatedError

DTYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
GZIP = b"\x1f\x8b"
MAGIC_NBYTES = 2 + 1 + 1  # zeros, dtype, ndim
MAX_NDIM = 8  # EMNIST and its kin have 1 to 4
MAX_NBYTES = 1 << 31  # of values; the largest in the wild, QMNIST's, have 315 MB


def read(path: str | os.PathLike[str], *, max_nbytes: int = MAX_NBYTES) -> NDArray[Any]:
    """Read an IDX file.

    Args:
        path: The file; gzip is told by its first bytes.
        max_nbytes: Refuse larger arrays before anything is allocated.

    Returns:
        Array of the shape and dtype that the file announces, in the machine's byte order; not writable.

    Raises:
        ParseError: The file does not begin as IDX, or its gzip data is broken.
        TruncatedError: It ends too early; `offset` is where, in the data unpacked.
        FormatError: Bytes follow the last value; `offset` is where.
        LimitError: It announces more than `max_nbytes`.
        OSError: It cannot be read.
    """
    path = Path(path)
    with _opened(path) as file:
        dtype, shape, start = _read_header(file, path)
        nbytes = math.prod(shape) * dtype.itemsize
        if math.prod(max(side, 1) for side in shape) * dtype.itemsize > max_nbytes:  # NumPy multiplies around a 0 too
            raise LimitError(
                f"announces {nbytes} bytes of values, {' x '.join(map(str, shape))}; the limit is {max_nbytes}",
                path=path,
            )
        values = _read_most(file, nbytes + 1)
    row_nbytes = math.prod(shape[1:]) * dtype.itemsize
    if len(shape) > 1 and len(values) == shape[0] < nbytes and shape[0] % row_nbytes == 0:
        shape, nbytes = (shape[0] // row_nbytes, *shape[1:]), shape[0]  # Datumaro counts bytes in place of pictures
    said = f"{' x '.join(map(str, shape))} of {dtype.name} are {nbytes} bytes from {start}"
    if len(values) < nbytes:
        raise TruncatedError(f"the file ends here, {said}", path=path, offset=start + len(values))
    if len(values) > nbytes:
        raise FormatError(f"more bytes follow, {said}", path=path, offset=start + nbytes)
    return np.frombuffer(values, dtype).astype(dtype.newbyteorder("="), copy=False).reshape(shape)


def recognise(head: bytes) -> bool:
    """Tell from a file's first 4 bytes, unpacked, whether it may be IDX."""
    return len(head) >= MAGIC_NBYTES and head[:2] == b"\0\0" and head[2] in DTYPES and 0 < head[3] <= MAX_NDIM


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    with open(path, "rb") as file:
        zipped = file.read(len(GZIP)) == GZIP
        file.seek(0)
        try:
            yield cast("BinaryIO", gzip.GzipFile(fileobj=file)) if zipped else file
        except EOFError as exc:
            raise TruncatedError("the gzip data ends too early", path=path, offset=file.tell()) from exc
        except (gzip.BadGzipFile, zlib.error) as exc:
            raise ParseError(f"the gzip data is broken: {exc}", path=path) from exc


def _read_header(file: BinaryIO, path: Path) -> tuple[np.dtype[Any], tuple[int, ...], int]:
    magic = file.read(MAGIC_NBYTES)
    if not recognise(magic):
        raise ParseError(
            f"begins with {magic.hex(' ') or 'nothing'}, IDX with 00 00, a dtype 08 to 0e, ndim", path=path
        )
    sizes = file.read(4 * magic[3])
    if len(sizes) < 4 * magic[3]:
        raise TruncatedError("the file ends inside the sizes", path=path, offset=MAGIC_NBYTES + len(sizes))
    shape = tuple(np.frombuffer(sizes, ">u4").tolist())
    return np.dtype(DTYPES[magic[2]]), shape, MAGIC_NBYTES + len(sizes)


def _read_most(file: BinaryIO, nbytes: int) -> bytearray:
    """Read up to that many bytes; what is allocated grows with what is there, whatever was announced."""
    found = bytearray()
    while len(found) < nbytes and (piece := file.read(min(1 << 24, nbytes - len(found)))):
        found += piece
    return found
