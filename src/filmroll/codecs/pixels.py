"""How pixels change without being encoded: channels, dtype, transparency, orientation.

Arrays are (..., height, width, channels), RGB order, uint8 or uint16. Nothing here reads or writes a file
format.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from filmroll.errors import DecodeError, EncodeError, UnsupportedError

Pixels = NDArray[Any]

# ITU-R BT.601 (0.299, 0.587, 0.114) in units of 1/32768 as libpng has it: rounded down, blue gets the rest.
LUMA = (9797, 19234, 3737)
GAMMA_THRESHOLD = 0.05  # libpng's PNG_GAMMA_THRESHOLD_FIXED
BAND_PIXELS = 2**20
CHANNEL_NAMES = {1: "gray", 2: "gray and alpha", 3: "RGB", 4: "RGBA"}


def to_channels(image: Pixels, channels: int | None, *, gamma: float | None = None) -> Pixels:
    """Convert to 1 (gray), 2 (gray, alpha), 3 (RGB) or 4 (RGBA) channels.

    Alpha is added as fully opaque and removed by dropping it: nothing is composited.

    Args:
        image: uint8 or uint16 array (..., channels) with 1 to 4 channels.
        channels: Number wanted; None returns the image as it is.
        gamma: Exponent by which light was encoded; gray is then weighed in linear light.

    Returns:
        Array of the same dtype, a copy only if something changes.

    Raises:
        DecodeError: The array has no channels to convert.
        UnsupportedError: The number asked for is not 1, 2, 3 or 4.
    """
    if channels is None or (image.ndim >= 3 and image.shape[-1] == channels):
        return image
    if channels not in CHANNEL_NAMES:
        raise UnsupportedError(f"channels={channels!r} asked for; 1, 2, 3, 4 or None are possible")
    if image.ndim < 3 or image.shape[-1] not in CHANNEL_NAMES or image.dtype not in (np.uint8, np.uint16):
        raise DecodeError(
            f"an array of shape {image.shape}, dtype {image.dtype}, has no channels to convert to {channels}"
        )
    color = image[..., :3] if image.shape[-1] >= 3 else image[..., :1]
    if channels <= 2 and color.shape[-1] == 3:
        color = to_gray(color, gamma=gamma)
    if channels >= 3 and color.shape[-1] == 1:
        color = np.repeat(color, 3, axis=-1)
    if channels % 2:
        return np.ascontiguousarray(color)
    return with_alpha(color, image[..., -1] if image.shape[-1] % 2 == 0 else None)


def with_alpha(color: Pixels, alpha: Pixels | None) -> Pixels:
    """Append an alpha channel (..., height, width) to gray or RGB; None means opaque everywhere."""
    out = np.empty((*color.shape[:-1], color.shape[-1] + 1), dtype=color.dtype)
    out[..., :-1] = color
    out[..., -1] = np.iinfo(color.dtype).max if alpha is None else alpha
    return out


def to_gray(color: Pixels, *, gamma: float | None = None) -> Pixels:
    """Weigh RGB into luma as libpng and TensorFlow do; pixels that are gray already do not change.

    Source: png_do_rgb_to_gray in libpng 1.6 pngrtran.c: it truncates 8-bit results and rounds 16-bit ones, and
    rounds where a gamma is given; one within 5 % of 1 is none.
    """
    top = int(np.iinfo(color.dtype).max)
    curved = gamma is not None and abs(gamma - 1) >= GAMMA_THRESHOLD
    linear = _power_table(1 / gamma, top)[color] if gamma is not None and curved else color
    red, green, blue = (linear[..., i].astype(np.uint32) for i in range(3))
    rounding = 16384 if curved or top > 255 else 0
    mixed = (red * LUMA[0] + green * LUMA[1] + blue * LUMA[2] + rounding) >> 15
    if gamma is not None and curved:
        mixed = _power_table(gamma, top)[mixed]
    is_gray = (color[..., 0] == color[..., 1]) & (color[..., 0] == color[..., 2])
    return np.where(is_gray, color[..., 0], mixed).astype(color.dtype)[..., None]


def _power_table(exponent: float, top: int) -> Pixels:
    """Tabulate x ** exponent for whole x from 0 to `top`, both scaled to 0..1."""
    return np.floor(top * (np.arange(top + 1) / top) ** exponent + 0.5).astype(np.uint32)


def color_key_alpha(image: Pixels, key: tuple[int, ...]) -> Pixels:
    """Return the alpha (..., height, width): transparent where pixels equal `key`, opaque elsewhere."""
    transparent = np.all(image == np.array(key, dtype=np.uint32), axis=-1)
    return np.where(transparent, 0, np.iinfo(image.dtype).max).astype(image.dtype)


def bands(height: int, width: int) -> Iterator[slice]:
    """Cut the rows of a picture into bands of about a million pixels: what is computed on the way stays small."""
    step = max(1, BAND_PIXELS // max(width, 1))
    return (slice(top, top + step) for top in range(0, height, step))


def cmyk_to_rgb(cmyk: Pixels, *, inverted: bool) -> Pixels:
    """Convert uint8 (height, width, 4) CMYK to RGB as TensorFlow does, without a colour profile.

    Args:
        cmyk: Values as the JPEG holds them.
        inverted: The file has an Adobe marker, by which 255 means no ink.

    Source: tensorflow/core/lib/jpeg/jpeg_mem.cc.
    """
    rgb = np.empty((*cmyk.shape[:2], 3), np.uint8)
    for rows in bands(*cmyk.shape[:2]):
        ink = cmyk[rows].astype(np.uint16) if inverted else 255 - cmyk[rows].astype(np.uint16)
        rgb[rows] = ink[..., :3] * ink[..., 3:] // 255
    return rgb


def over_white(image: Pixels) -> Pixels:
    """Composite uint8 RGBA (un-premultiplied) over white; the result is RGB."""
    alpha = image[..., 3:].astype(np.uint16)
    return ((image[..., :3] * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def to_dtype(image: Pixels, dtype: str | None) -> Pixels:
    """Convert between uint8, uint16 and float32 (0 to 1, as Matplotlib reads pictures).

    uint8 to uint16 multiplies by 257, so that white stays white; uint16 to uint8 takes the high byte, as
    libpng and TensorFlow do.

    Raises:
        UnsupportedError: The dtype asked for is another one, or the array's own dtype is not a picture's.
    """
    if dtype is None or image.dtype == dtype:
        return image
    wanted = str(dtype)
    if image.dtype not in (np.uint8, np.uint16) or wanted not in ("uint8", "uint16", "float32"):
        raise UnsupportedError(
            f"cannot convert pixels from {image.dtype} to {wanted}: uint8, uint16 and float32 (0 to 1) are "
            "possible; decode with dtype=None and use .astype() for anything else"
        )
    if wanted == "float32":
        return image / np.float32(np.iinfo(image.dtype).max)
    if wanted == "uint8":
        return (image >> 8).astype(np.uint8)
    return image.astype(np.uint16) * np.uint16(257)


def orient(image: Pixels, orientation: int) -> Pixels:
    """Turn and flip pixels (..., height, width, channels) upright, given their EXIF orientation.

    Source: Exif 2.3, tag 0x0112; equal to Pillow's ImageOps.exif_transpose.
    """
    if orientation == 1:
        return image
    if orientation >= 5:
        image = np.swapaxes(image, -3, -2)
    if orientation in (2, 3, 6, 7):
        image = image[..., :, ::-1, :]
    if orientation in (3, 4, 7, 8):
        image = image[..., ::-1, :, :]
    return np.ascontiguousarray(image)


def check_encodable(
    image: Pixels,
    *,
    name: str,
    channels: tuple[int, ...],
    dtypes: tuple[str, ...] = ("uint8",),
    frames: bool = False,
) -> Pixels:
    """Check that a format can hold an array, and return it as C-contiguous (height, width, channels).

    Args:
        image: (height, width) or (height, width, channels); (frames, height, width, channels) where `frames`
            is set.
        name: The format's, for messages.
        channels: Numbers of channels that the format holds.
        dtypes: Names of the dtypes that the format holds.
        frames: Whether animations are possible; the result is 4-D then.

    Raises:
        EncodeError: The dtype, rank or number of channels does not fit, or a side is 0.
    """
    image = np.asarray(image)
    if image.dtype.name not in dtypes:
        raise EncodeError(f"{name} holds {' or '.join(dtypes)}, the array is {image.dtype}; {_dtype_advice(image)}")
    ranks = (2, 3, 4) if frames else (2, 3)
    if image.ndim not in ranks:
        raise EncodeError(
            f"{name} holds (height, width[, channels]){' or 4 axes with frames in front' if frames else ''}, "
            f"the array has shape {image.shape}"
        )
    if 0 in image.shape:
        raise EncodeError(f"{name} needs at least one pixel, the array has shape {image.shape}")
    if image.ndim == 2:
        image = image[..., None]
    if image.shape[-1] not in channels:
        raise EncodeError(
            f"{name} holds {', '.join(map(str, channels))} channels, the array of shape {image.shape} has "
            f"{image.shape[-1]}; {_channels_advice(image, channels)}"
        )
    if frames and image.ndim == 3:
        image = image[None]
    return np.ascontiguousarray(image)


def check_side(image: Pixels, *, name: str, limit: int) -> None:
    """Refuse an array (..., height, width, channels) whose sides the format's fields cannot hold.

    Raises:
        EncodeError: Height or width is above `limit`.
    """
    height, width = image.shape[-3:-1]
    if max(height, width) > limit:
        raise EncodeError(f"{name} holds sides of at most {limit} pixels, the array is {height} x {width}")


def _dtype_advice(image: Pixels) -> str:
    if image.dtype.kind == "f":
        return "convert with (image * 255).round().astype('uint8') if it runs from 0 to 1"
    if image.dtype == np.uint16:
        return "convert with (image >> 8).astype('uint8')"
    return "convert with image.astype('uint8') if every value is from 0 to 255"


def _channels_advice(image: Pixels, channels: tuple[int, ...]) -> str:
    if image.shape[-1] - 1 in channels and image.shape[-1] in (2, 4):
        return f"drop alpha with image[..., :{image.shape[-1] - 1}]"
    if image.ndim == 3 and image.shape[0] in channels:
        return "channels come last: use image.transpose(1, 2, 0)"
    return "stack or select channels first"
