"""The verbs for a picture whose format is told from its bytes."""

import os
from typing import Any, Literal

from filmroll.buffer import Buffer
from filmroll.codecs.formats import FORMATS, Format, find_format, identify
from filmroll.codecs.header import Header
from filmroll.codecs.pixels import Pixels, orient, to_dtype
from filmroll.errors import DecodeError, FormatError, UnsupportedError


def decode(
    data: Buffer,
    *,
    channels: Literal[1, 2, 3, 4] | None = None,
    dtype: str | None = None,
    frames: Literal["all", "first"] = "all",
    orientation: Literal["keep", "apply"] = "keep",
    size: tuple[int, int] | None = None,
    scale: float = 1.0,
    dct: Literal["accurate", "fast"] = "accurate",
    lenient: bool = False,
    max_pixels: int | None = None,
) -> Pixels:
    """Decode a picture of any format in `FORMATS`, told from its first bytes.

    Like TensorFlow and unlike most viewers, the default ignores EXIF orientation, colour profiles and gamma.

    Args:
        data: One whole encoded picture.
        channels: 1 (gray), 2 (gray, alpha), 3 (RGB), 4 (RGBA); None keeps what the file has. Alpha is
            dropped without compositing, except for SVG, which is drawn on white then; missing alpha is
            opaque.
        dtype: "uint8", "uint16" or "float32" (0 to 1); None means uint8, and an NPY array's own dtype.
        frames: "all" gives every frame of an animation, "first" the first, without the frame axis.
        orientation: "apply" turns the pixels upright by the EXIF orientation; "keep" leaves them as stored.
        size: (height, width) to draw an SVG at.
        scale: Factor on the size that an SVG has of itself.
        dct: How a JPEG's blocks become pixels: "fast" as TensorFlow by default, off by a few levels.
        lenient: Make the best of damage: the missing rows of a JPEG that is cut short are grey, and chunks of a PNG
            that pixels do not need may be broken. Other formats have nothing to be lenient about.
        max_pixels: Refuse larger pictures (height * width * frames) before allocating. None: 201 million; 67 million a
            frame in GIF, WebP, AVIF and PNG of 16 bits, 16 million where an SVG states its own size.

    Returns:
        C-contiguous, writable array (height, width, channels) in RGB order; (frames, height, width,
        channels) for animations and for every GIF with frames="all"; an NPY array has its own shape.

    Raises:
        DecodeError: The bytes are empty, of no known format, or broken.
        LimitError: The picture announces more than `max_pixels` pixels.
        UnsupportedError: An option that does not exist, or that the format does not have.
    """
    data = _as_bytes(data)
    found = _find(data)
    options = _options(found, frames=frames, size=size, scale=scale, dtype=dtype, dct=dct, lenient=lenient)
    image: Pixels = found.codec.decode(data, channels=channels, max_pixels=max_pixels, **options)
    if orientation != "keep":
        image = _apply_orientation(image, data, found, orientation)
    return image if dtype is None else to_dtype(image, dtype)


def encode(image: Pixels, format: str, **options: Any) -> bytes:
    """Encode a picture.

    Args:
        image: (height, width) or (height, width, channels), RGB order; (frames, height, width, channels) for
            GIF and WebP; anything for NPY.
        format: A name in `FORMATS` or a suffix: "jpeg", "jpg", ".jpg".
        options: Options of that format's `encode`, such as quality=95.

    Raises:
        EncodeError: The format cannot hold the array.
        UnsupportedError: There is no such format, or it is only read.
        TypeError: The format has no such option.
    """
    encoded: bytes = find_format(format).codec.encode(image, **options)
    return encoded


def read_header(data: Buffer) -> Header:
    """Read size, colour and orientation without decoding.

    Args:
        data: An encoded picture, or as much of its beginning as holds the answer.

    Raises:
        TruncatedError: The bytes end before the answer.
        DecodeError: The bytes are empty, of no known format, or their header is broken.
    """
    data = _as_bytes(data)
    header: Header = _find(data).codec.read_header(data)
    return header


def _find(data: Buffer) -> Format:
    name = identify(data)
    if name is None:
        raise DecodeError(_unknown(data))
    return FORMATS[name]


def _unknown(data: Buffer) -> str:
    if not len(data):
        return "empty: there are no bytes to decode"
    known = ", ".join(each.upper() for each in FORMATS)
    return f"no known picture format: the first bytes are {bytes(data[:16])!r}; known: {known}"


def _as_bytes(data: Buffer) -> Buffer:
    if type(data) is bytes:
        return data
    if not isinstance(data, bytes | bytearray | memoryview):
        hint = "; filmroll.imread reads a file" if isinstance(data, str | os.PathLike) else ""
        raise TypeError(f"encoded pictures are bytes, bytearray or memoryview, not {type(data).__name__}{hint}")
    view = memoryview(data)
    return view if view.format == "B" and view.ndim == 1 and view.c_contiguous else view.tobytes()


def _options(
    found: Format,
    *,
    frames: str,
    size: tuple[int, int] | None,
    scale: float,
    dtype: str | None,
    dct: str,
    lenient: bool,
) -> dict[str, Any]:
    if frames not in ("all", "first"):
        raise UnsupportedError(f"frames={frames!r}; 'all' and 'first' are possible")
    if dct not in ("accurate", "fast"):
        raise UnsupportedError(f"dct={dct!r}; 'accurate' and 'fast' are possible")
    if found.name != "svg" and (size is not None or scale != 1.0):
        raise UnsupportedError(
            f"size and scale are for SVG; this picture is {found.name.upper()}, resize it after decoding"
        )
    if not found.options:
        return {}
    given = {"frames": frames, "size": size, "scale": scale, "dtype": dtype, "dct": dct, "lenient": lenient}
    return {name: given[name] for name in found.options}


def _apply_orientation(image: Pixels, data: Buffer, found: Format, orientation: str) -> Pixels:
    if orientation != "apply":
        raise UnsupportedError(f"orientation={orientation!r}; 'keep' and 'apply' are possible")
    try:
        turn = found.codec.read_header(data).orientation
    except FormatError as exc:
        raise DecodeError(f"no orientation to apply: {exc.message}") from exc
    return orient(image, turn)
