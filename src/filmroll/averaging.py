"""The mean of all pictures, which Caffe subtracts from each: computed, written as `.binaryproto`, and read.

samples ──> float32 (height, width, channels), RGB ──> BlobProto (1, channels, height, width), BGR ──> mean.binaryproto
"""

import os
from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from filmroll import atomic
from filmroll.buffer import Buffer
from filmroll.dialects.datum import swapped
from filmroll.errors import EncodeError, ParseError, SourceError
from filmroll.messages import blob
from filmroll.sample import Sample

Float32Array = NDArray[np.float32]
SIZES = ("num", "channels", "height", "width")


def mean_image(samples: Iterable[Sample], *, channels: Literal[1, 3] | None = None) -> Float32Array:
    """Compute the mean of pictures of one size, as Caffe's compute_image_mean does.

    Args:
        samples: What holds the pictures, such as a Dataset. Each is decoded once, none is kept.
        channels: 1 (grey) or 3 (RGB); None keeps what the pictures have, which must be the same in all.

    Returns:
        float32 array (height, width, channels), RGB. Sums are float64, so that millions of pictures do no harm.

    Raises:
        SourceError: There is no picture, or one is of another size than the first; says which.
        DecodeError: One cannot be decoded.
    """
    total = np.zeros(0)
    count = 0
    for number, sample in enumerate(samples):
        image = np.atleast_3d(sample.image if channels is None else sample.decode(channels=channels))
        if not count:
            total = np.zeros(image.shape)
        if image.shape != total.shape:
            raise SourceError(
                f"picture {number} ({sample.key!r}) is {image.shape}, the first is {total.shape} (height, width,"
                " channels); a mean takes pictures of one size: resize them first"
            )
        total += image
        count += 1
    if not count:
        raise SourceError("there is no picture to compute a mean of")
    return (total / count).astype(np.float32)


def write_mean_image(path: str | os.PathLike[str], image: NDArray[Any]) -> None:
    """Write a mean as Caffe reads it: a BlobProto of one picture, channels first, BGR.

    Args:
        path: The file, `mean.binaryproto` mostly; one that is there is replaced.
        image: Array (height, width, channels), RGB where there are three.

    Raises:
        EncodeError: The array has other axes, or holds no numbers.
        OSError: It cannot be written.
    """
    if image.ndim != 3:
        raise EncodeError(f"a mean is (height, width, channels), not of shape {image.shape}")
    planes = swapped(image).transpose(2, 0, 1)
    sizes = dict(zip(SIZES, (1, *planes.shape), strict=True))
    with atomic.writing(path) as file:
        file.writelines(blob.serialize({**sizes, "data": planes}))


def parse_mean_image(encoded: Buffer) -> Float32Array:
    """Parse a mean that Caffe or `write_mean_image` wrote.

    Args:
        encoded: The whole file.

    Returns:
        float32 array (height, width, channels), RGB where there are three.

    Raises:
        ParseError, TruncatedError: The bytes are no BlobProto of one picture.
    """
    features = blob.parse(encoded)
    shape = blob.shape_of(features)
    if len(shape) not in (3, 4) or (len(shape) == 4 and shape[0] != 1):
        raise ParseError(f"a blob of shape {shape}, expected (channels, height, width) of one picture")
    data = np.asarray(features.get("data", ()), np.float32)
    return np.ascontiguousarray(swapped(data.reshape(shape[-3:]).transpose(1, 2, 0)))
