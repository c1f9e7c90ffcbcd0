"""Records of raw arrays, and what a loader gives of them."""

import numpy as np

import filmroll
from filmroll.messages import example


def write(path, records):
    with filmroll.Writer(path) as writer:
        for features in records:
            writer.write(example.serialize(features))
    return path


def mnist_like(number: int, *, side: int = 6) -> dict:
    image = np.random.default_rng(number).integers(0, 256, (side, side), np.uint8)
    return {"height": side, "width": side, "depth": 1, "label": number % 10, "image_raw": image.tobytes()}


def contents(batches) -> list:
    return [
        (b["record"].tolist(), b["label"].tolist(), np.shape(b["image"]), np.asarray(b["image"]).tobytes())
        for b in batches
    ]


def outcome(loader) -> list | str:
    """What the loader gives, or what it says."""
    try:
        return contents(loader)
    except filmroll.Error as exc:
        return str(exc)


def one_by_one(roll) -> list:
    return [(sample.label, sample.image.tobytes()) for sample in roll]


def raw(number: int, **changed) -> dict:
    image = np.full((4, 4, 1), number, np.uint8)
    features = {"image_bytes": image.tobytes(), "image_shape": [4, 4, 1], "image_dtype": b"uint8", "label": number}
    return {name: value for name, value in {**features, **changed}.items() if value is not None}
