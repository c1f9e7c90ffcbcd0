"""One picture in one file: read and decoded, encoded and written."""

import os
from pathlib import Path
from typing import Any, Literal

from filmroll import codecs
from filmroll.atomic import writing
from filmroll.codecs.pixels import Pixels
from filmroll.errors import Error, UnsupportedError

MODES: dict[str, Literal[1, 2, 3, 4]] = {"L": 1, "LA": 2, "RGB": 3, "RGBA": 4}
"""Pillow's and SciPy's names for numbers of channels."""


def imread(
    path: str | os.PathLike[str], *, mode: str | None = None, dtype: str | None = None, **options: Any
) -> Pixels:
    """Read a picture from a file; the format is told from its bytes, not its name.

    Args:
        path: The file.
        mode: "L" (gray), "LA", "RGB" or "RGBA"; None keeps the channels that the file has. Alpha is dropped
            without compositing.
        dtype: "uint8", "uint16" or "float32" (0 to 1); None means uint8, and an NPY array's own dtype.
        options: Those of `filmroll.codecs.decode`.

    Returns:
        Array (height, width, channels), RGB order.

    Raises:
        OSError: The file cannot be read.
        DecodeError: It is no picture of a known format, or broken; `path` says which.
        LimitError: It announces more pixels than `max_pixels`.
        UnsupportedError: There is no such mode or option.
    """
    if mode is not None:
        if mode not in MODES:
            raise UnsupportedError(f"mode {mode!r}; there are {', '.join(MODES)}").at(path=path)
        options = {"channels": MODES[mode], **options}
    encoded = Path(path).read_bytes()
    try:
        return codecs.decode(encoded, dtype=dtype, **options)
    except Error as exc:
        raise exc.at(path=path) from exc.__cause__


def imwrite(
    path: str | os.PathLike[str],
    image: Pixels,
    *,
    format: str | None = None,
    **options: Any,
) -> None:
    """Encode a picture and write it to a file, whole or not at all.

    Args:
        path: The file; what stood there is replaced.
        image: (height, width) or (height, width, channels), RGB order; more for GIF, WebP and NPY.
        format: Name of the format; None takes it from the suffix of the path.
        options: Those of the format's `encode`, such as quality=95.

    Raises:
        OSError: The file cannot be written; what stood there stays.
        EncodeError: The format cannot hold the array.
        UnsupportedError: The suffix or the name belongs to no format, or to one that is only read.
        MissingDependencyError: The file is in a store, and the extra `cloud` is not installed.
    """
    try:
        encoded = codecs.encode(image, format or Path(path).suffix or "(no suffix)", **options)
    except Error as exc:
        raise exc.at(path=path) from exc.__cause__
    with writing(path) as file:
        file.write(encoded)
