"""Rolls that the tests of the pages look at: small, with everything that can lie in a record."""

from pathlib import Path

import numpy as np

import filmroll
import pictures
from filmroll.boxes import Boxes
from filmroll.dialects import slim
from filmroll.messages import example
from filmroll.sample import Sample

SCRIPT = "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">"
EVIL_SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30" onload="document.title=\'taken\'">'
    b"<script>document.title='taken'</script><rect width='40' height='30' fill='#2a7'/>"
    b"<image href='http://example.invalid/x.png' width='9' height='9'/></svg>"
)
CLASSES = ("daisy", "rose", "tulip")
SIZES = ((24, 32), (60, 40), (200, 300), (90, 400))


def mask(height: int, width: int) -> bytes:
    """A mask of classes: 0 outside, 1 in the middle, 2 in a corner."""
    classes = np.zeros((height, width, 1), np.uint8)
    classes[height // 4 : -height // 4, width // 4 : -width // 4] = 1
    classes[: height // 4, : width // 4] = 2
    return filmroll.encode(classes, "png")


def sample(number: int) -> Sample:
    """One picture of a class, of one of four sizes."""
    height, width = SIZES[number % len(SIZES)]
    label = number % len(CLASSES)
    image = pictures.image(number, height=height, width=width)
    encoded = filmroll.encode(image, "png" if number % 5 == 4 else "jpeg")
    return Sample(f"{CLASSES[label]}/{number:04}.jpg", encoded=encoded, label=label, text=CLASSES[label])


def with_boxes(number: int) -> Sample:
    """A picture with two boxes, a mask for each, and a mask of classes."""
    made = sample(number)
    height, width = made.header.height, made.header.width
    masks = [np.zeros((height, width, 1), np.uint8) for _ in range(2)]
    masks[0][: height // 2, : width // 2] = 255
    masks[1][height // 2 :, width // 2 :] = 255
    corners = [[0.0, 0.0, 0.5, 0.5], [0.5, 0.5, 1.0, 1.0]]
    made.boxes = Boxes(
        np.array(corners, np.float32),
        labels=np.array([0, 1]),
        texts=["petal", "stem"],
        masks=[filmroll.encode(one, "png") for one in masks],
    )
    made.mask = mask(height, width)
    return made


def write(path: Path, samples: list[Sample]) -> Path:
    """Write samples as slim records."""
    with filmroll.Writer(path) as writer:
        for one in samples:
            writer.write(example.serialize(slim.to_features(one)))
    return path


def flowers(folder: Path, *, count: int = 400) -> Path:
    """A roll of that many pictures; record 7 has boxes and masks."""
    samples = [sample(number) for number in range(count)]
    samples[7] = with_boxes(7)
    return write(folder / "flowers.tfrecord", samples)


def hostile(folder: Path) -> Path:
    """Records that want to run scripts, and one that cannot be decoded."""
    truncated = filmroll.encode(pictures.image(1, height=90, width=120), "jpeg")
    samples = [
        Sample("plain.jpg", encoded=pictures.jpeg(0), label=0, text="plain"),
        Sample(f"{SCRIPT}.jpg", encoded=pictures.jpeg(1), label=1, text=SCRIPT, features={f"note{SCRIPT}": SCRIPT}),
        Sample("evil.svg", encoded=EVIL_SVG, label=2, text="svg"),
        Sample("cut.jpg", encoded=truncated[: len(truncated) // 2], label=3, text="cut"),
        Sample("../../etc/passwd", encoded=pictures.jpeg(2), label=4, text="climber"),
    ]
    return write(folder / f"hostile{SCRIPT[:8]}.tfrecord", samples)


def damaged(folder: Path, *, count: int = 6) -> Path:
    """A roll whose record 2 differs from its checksum."""
    path = write(folder / "damaged.tfrecord", [sample(number) for number in range(count)])
    data = bytearray(path.read_bytes())
    offset = int(filmroll.Reader(path).offsets[2])
    data[offset + 200] ^= 0xFF
    path.write_bytes(data)
    path.with_name(f"{path.name}.idx").unlink(missing_ok=True)
    return path
