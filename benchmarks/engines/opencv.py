"""OpenCV: one photo, turned from BGR to RGB."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from benchmarks.engines import worker


def decode_photo(job: worker.Job) -> Callable[[bytes], Any]:
    """Return what decodes a photo to RGB; EXIF orientation is ignored, as the others do."""
    cv2.setNumThreads(job["threads"])
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    return lambda photo: cv2.imdecode(np.frombuffer(photo, np.uint8), flags)


if __name__ == "__main__":
    worker.serve({"decode-photo": decode_photo}, distributions=["opencv-python-headless"])
