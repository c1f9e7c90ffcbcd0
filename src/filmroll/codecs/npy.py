"""NPY: one array of NumPy, with its shape and dtype; no pickles.

    93 "NUMPY" | version: major, minor uint8 | header nbytes uint16 (from version 2 on uint32), little-endian
    header: a Python dict in text: 'descr', 'fortran_order', 'shape', spaces and a newline | the values

Source: NEP 1; numpy/lib/_format_impl.py. The header was 80 bytes long before NumPy 1.14, padded to 16, now
to 64.
"""

import ast
import io
import math
import re
import struct
from typing import Any

import numpy as np

from filmroll.buffer import Buffer
from filmroll.codecs import guard
from filmroll.codecs.header import Header, check_pixels
from filmroll.codecs.pixels import Pixels, to_channels
from filmroll.errors import DecodeError, EncodeError, FormatError, TruncatedError

LENGTHS = {1: struct.Struct("<H"), 2: struct.Struct("<I"), 3: struct.Struct("<I")}
PREFIX_NBYTES = 6 + 1 + 1  # signature, major, minor
MAX_HEADER_NBYTES = 10_000  # NumPy's own limit for data that is not trusted
MAX_DESCR_OF_VERSION_1 = 2**16 - 1024  # a header of 16-bit length, with room for shape and padding
KEYS = {"descr", "fortran_order", "shape"}
PYTHON_2_LONG = re.compile(r"(?<=\d)L\b")


def read_header(encoded: Buffer) -> Header:
    """Read shape and dtype of an NPY file.

    Args:
        encoded: An NPY file, or its beginning up to the end of the header.

    Raises:
        TruncatedError: The bytes end inside the header.
        DecodeError: The header is broken, or the array holds objects.
    """
    dtype, _, shape, _ = _read(encoded)
    height, width = (*shape, 1, 1)[:2]
    channels = shape[2] if len(shape) == 3 else 1
    name = dtype.name if dtype.names is None else str(dtype)
    return Header("npy", height, width, channels, "array", name, frames=1, orientation=1, shape=shape)


def decode(encoded: Buffer, *, channels: int | None = None, max_pixels: int | None = None) -> Pixels:
    """Decode an NPY file.

    Args:
        encoded: One whole NPY file.
        channels: None keeps the array as it is; 1 to 4 convert a uint8 or uint16 array (height, width,
            channels).
        max_pixels: Refuse larger arrays before allocating; a last axis of up to 4 counts as channels, not as
            pixels.

    Returns:
        C-contiguous, writable array of the file's own shape and dtype, also if the file is in Fortran order.

    Raises:
        DecodeError: The bytes are no NPY file, are cut short, or hold Python objects, which are never
            unpickled.
        LimitError: The array has more than `max_pixels` pixels.
    """
    try:
        dtype, fortran_order, shape, start = _read(encoded)
    except FormatError as exc:
        raise DecodeError(f"not a readable NPY: {exc.message}") from exc
    pixels = math.prod(shape[:-1] if len(shape) > 2 and shape[-1] <= 4 else shape)
    check_pixels(pixels, 1, max_pixels=max_pixels)
    nbytes = math.prod(shape) * dtype.itemsize
    if nbytes > len(encoded) - start:
        raise DecodeError(
            f"an array of shape {shape} and dtype {dtype} takes {nbytes} bytes, {len(encoded) - start} follow"
        )
    with guard.decoding("NPY"):
        flat = np.ndarray(math.prod(shape), dtype, memoryview(encoded)[start : start + nbytes])
        array: Pixels = np.array(flat.reshape(shape, order="F" if fortran_order else "C"), order="C")
    return to_channels(array, channels)


def encode(image: Pixels) -> bytes:
    """Encode an array of any shape and dtype but objects; the bytes equal those of np.save.

    Raises:
        EncodeError: The array holds Python objects.
    """
    array = np.asanyarray(image)
    if array.dtype.hasobject:
        raise EncodeError(f"NPY without pickles holds numbers, the array is {array.dtype}; convert with .astype()")
    out = io.BytesIO()
    with guard.encoding("NPY"):
        np.lib.format.write_array(out, array, version=_oldest_version(array), allow_pickle=False)
    return out.getvalue()


def _oldest_version(array: Pixels) -> tuple[int, int]:
    """Choose the version that np.save would: it warns about the later ones, which are for unusual field names."""
    descr = repr(np.lib.format.dtype_to_descr(array.dtype))
    if not descr.isascii() and any(ord(letter) > 0xFF for letter in descr):
        return 3, 0
    return (1, 0) if len(descr) < MAX_DESCR_OF_VERSION_1 else (2, 0)


def _read(encoded: Buffer) -> tuple[np.dtype[Any], bool, tuple[int, ...], int]:
    """Read dtype, order, shape and where the values begin."""
    major = encoded[6] if len(encoded) >= PREFIX_NBYTES else 1
    if major not in LENGTHS:
        raise DecodeError(f"NPY version {major}; 1, 2 and 3 are known")
    length = LENGTHS[major]
    start = PREFIX_NBYTES + length.size
    if len(encoded) < start:
        raise TruncatedError("the bytes end inside the NPY header")
    nbytes = length.unpack_from(encoded, PREFIX_NBYTES)[0]
    if nbytes > MAX_HEADER_NBYTES:
        raise DecodeError(f"the NPY header announces {nbytes} bytes, {MAX_HEADER_NBYTES} are the most")
    if len(encoded) < start + nbytes:
        raise TruncatedError("the bytes end inside the NPY header")
    text = bytes(encoded[start : start + nbytes])
    with guard.decoding("NPY"):
        dtype, fortran_order, shape = _parse(text.decode("utf-8" if major == 3 else "latin1"))
    return dtype, fortran_order, shape, start + nbytes


def _parse(text: str) -> tuple[np.dtype[Any], bool, tuple[int, ...]]:
    """Parse the header's dict: a literal, evaluated by no more than ast.literal_eval."""
    try:
        fields = ast.literal_eval(text.strip())
    except SyntaxError:  # numbers as Python 2 wrote them; in another header an L after a digit is part of a name
        fields = ast.literal_eval(PYTHON_2_LONG.sub("", text).strip())
    if not isinstance(fields, dict) or set(fields) != KEYS:
        raise DecodeError(f"the NPY header is no dict of {sorted(KEYS)}")
    shape, fortran_order = fields["shape"], fields["fortran_order"]
    if not isinstance(shape, tuple) or not all(type(side) is int and 0 <= side < 2**62 for side in shape):
        raise DecodeError(f"the NPY header announces shape {shape!r}")
    if not isinstance(fortran_order, bool):
        raise DecodeError(f"the NPY header announces fortran_order {fortran_order!r}")
    dtype: np.dtype[Any] = np.lib.format.descr_to_dtype(fields["descr"])
    if dtype.hasobject:
        raise DecodeError(f"the NPY file holds Python objects ({dtype}), which only unpickling would read: refused")
    return dtype, fortran_order, shape
