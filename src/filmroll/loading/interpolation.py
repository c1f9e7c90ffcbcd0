"""A part of a picture made another size without antialiasing: each pixel is a mean of the four nearest ones.

    0  1  2  3  4  5  6  7  8     nine made two, at 1.75 and 6.25: of 1 and 2, of 6 and 7; five count for nothing

So do tf.image.resize and OpenCV unless they are told otherwise (half-pixel centres): a model that was trained on such
pictures may want them. Where nothing is made smaller, antialiasing changes nothing. OpenCV, of the `[opencv]` extra,
takes half the time of the fastest that antialiases, Pillow, which is always there, longer than any; their pixels differ
by one level at most.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from filmroll.loading import windows
from filmroll.loading.windows import Window

UInt8Array = NDArray[np.uint8]


def resize_by_pillow(image: UInt8Array, window: Window, size: tuple[int, int]) -> UInt8Array:
    """Resize a part of a picture with Pillow.

    Args:
        image: (height, width, 1 or 3) uint8.
        window: The part, inside the picture.
        size: (height, width) of the result.

    Returns:
        (size[0], size[1], channels) uint8.
    """
    from PIL import Image

    part, box = windows.cut(image, window, size)
    picture = Image.fromarray(np.ascontiguousarray(part[:, :, 0] if part.shape[2] == 1 else part))
    extent = box or (0, 0, picture.width, picture.height)
    resized = picture.transform(size[::-1], Image.Transform.EXTENT, extent, Image.Resampling.BILINEAR)
    return np.asarray(resized).reshape(*size, part.shape[2])


def resize_by_opencv(image: UInt8Array, window: Window, size: tuple[int, int]) -> UInt8Array:
    """Resize a part of a picture with OpenCV; arguments and result are those of `resize_by_pillow`."""
    import cv2

    part, box = windows.cut(image, window, size)
    if box is None:
        resized = cv2.resize(part, size[::-1], interpolation=cv2.INTER_LINEAR)
    else:
        left, top, right, bottom = box
        across, down = (right - left) / size[1], (bottom - top) / size[0]
        places = np.array([[across, 0, left + across / 2 - 0.5], [0, down, top + down / 2 - 0.5]])
        how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        resized = cv2.warpAffine(part, places, size[::-1], flags=how, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(resized, np.uint8).reshape(*size, part.shape[2])


NOT_ANTIALIASED: dict[str, tuple[str, Callable[[UInt8Array, Window, tuple[int, int]], UInt8Array]]] = {
    "opencv": ("cv2", resize_by_opencv),
    "pillow": ("PIL", resize_by_pillow),
}
"""Name -> the module it needs, and what resizes; the fastest first."""
