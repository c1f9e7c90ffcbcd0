"""Pillow: one photo, and the center crops that others are held against."""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image

from benchmarks.engines import worker


def decode_photo(job: worker.Job) -> Callable[[bytes], Any]:
    """Return what decodes a photo to RGB."""
    return lambda photo: np.asarray(Image.open(BytesIO(photo)).convert("RGB"))


def eval_crops(job: worker.Job) -> Iterator[tuple[Any, Any]]:
    """Yield batches of center crops: resized by an antialiased triangle until the shorter side fits, then cropped."""
    for start in range(0, len(job["files"]), job["batch"]):
        paths = job["files"][start : start + job["batch"]]
        yield np.stack([_crop(path, shorter=job["shorter"], size=job["size"]) for path in paths]), None


def _crop(path: str, *, shorter: int, size: int) -> Any:
    with Image.open(path) as image:
        width, height = image.size
        scale = shorter / min(width, height)
        new = (shorter, int(height * scale)) if width < height else (int(width * scale), shorter)
        resized = image.convert("RGB").resize(new, Image.Resampling.BILINEAR)
    left, top = round((new[0] - size) / 2), round((new[1] - size) / 2)
    return np.asarray(resized.crop((left, top, left + size, top + size)))


if __name__ == "__main__":
    worker.serve({"decode-photo": decode_photo, "eval-crops": eval_crops}, distributions=["pillow"])
