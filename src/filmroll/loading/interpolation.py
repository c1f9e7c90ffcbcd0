"""A part of a picture made another size without antialiasing: each pixel is a mean of the four nearest ones.

    0  1  2  3  4  5  6  7  8     nine made two, at 1.75 and 6.25: of 1 and 2, of 6 and 7; five count for nothing

So do tf.image.resize and OpenCV unless they are told otherwise (half-pixel centres): a model that was trained on such
pictures may want them. Where nothing is made smaller, antialiasing changes nothing. OpenCV, of the `[opencv]` extra,
takes half the time of the fastest that antialiases, Pillow, which is always there, longer than any; their pixels differ
by one level at most.
"""

import numpy as np
from PIL import Image

from filmroll.loading import windows
from filmroll.loading.resizer import Resizer, UInt8Array, copy, to_pillow
from filmroll.loading.windows import Window

EXACT_OPENCV = 5  # older ones place pixels to a 32nd, and are off by up to seven levels


def resize_by_pillow(image: UInt8Array, window: Window, out: UInt8Array) -> UInt8Array:
    """Resize a part of a picture with Pillow; arguments and result are those of a `resizer.Resize`."""
    part, box = windows.cut(image, window, out.shape)
    picture = to_pillow(part)
    extent = box or (0, 0, picture.width, picture.height)
    resized = picture.transform(out.shape[1::-1], Image.Transform.EXTENT, extent, Image.Resampling.BILINEAR)
    return copy(resized.tobytes(), out)


def resize_by_opencv(image: UInt8Array, window: Window, out: UInt8Array) -> UInt8Array:
    """Resize a part of a picture with OpenCV; arguments and result are those of a `resizer.Resize`."""
    import cv2

    part, box = windows.cut(image, window, out.shape)
    height, width = out.shape[:2]
    if box is None:
        cv2.resize(part, (width, height), dst=out, interpolation=cv2.INTER_LINEAR)
        return out
    if int(cv2.__version__.partition(".")[0]) < EXACT_OPENCV:
        return resize_by_pillow(image, window, out)
    left, top, right, bottom = box
    across, down = (right - left) / width, (bottom - top) / height
    places = np.array([[across, 0, left + across / 2 - 0.5], [0, down, top + down / 2 - 0.5]])
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    cv2.warpAffine(part, places, (width, height), dst=out, flags=how, borderMode=cv2.BORDER_REPLICATE)
    return out


def mirror_by_opencv(image: UInt8Array, out: UInt8Array) -> UInt8Array:
    """Mirror a picture left to right into an array of its size, with OpenCV."""
    import cv2

    cv2.flip(image, 1, dst=out)
    return out


NOT_ANTIALIASED = {
    "opencv": Resizer("cv2", resize_by_opencv, mirror_by_opencv, extra="filmroll[opencv]"),
    "pillow": Resizer("PIL", resize_by_pillow),
}
"""By name, the fastest first."""
