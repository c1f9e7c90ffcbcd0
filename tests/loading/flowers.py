"""Thirty photos of three kinds of flowers, no two of one size, in three shards; and what batches of them hold."""

import filmroll
import pictures
from filmroll.messages import example

COUNT = 30
RANDOM = {"size": 32, "crop": "random", "flip": True, "shuffle": True, "resampler": "pillow"}


def packed(root, **options):
    """Pack photos that are JPEGs, encoded with `options`, and each fifth a PNG; return the paths of the shards."""
    for number in range(COUNT):
        image = pictures.image(number, height=60 + 5 * number, width=200 - 4 * number)
        folder = root / "flowers" / pictures.CLASSES[number % 3]
        folder.mkdir(parents=True, exist_ok=True)
        if number % 5 == 0:
            filmroll.imwrite(folder / f"{number:02d}.png", image)
        else:
            filmroll.imwrite(folder / f"{number:02d}.jpg", image, **options)
    return filmroll.pack(root / "flowers", root / "roll", shards=3, seed=None).shards


def damaged(tmp_path):
    """Six records in one file, of which the fifth has a JPEG that is cut short."""
    with filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        for number in range(6):
            data = pictures.jpeg(number)
            features = {"image/encoded": data[:-300] if number == 4 else data, "image/class/label": number}
            writer.write(example.serialize(features))
    return tmp_path / "r.tfrecord"


def contents(batches) -> list:
    return [
        (batch["record"].tolist(), batch["label"].tolist(), [image.tobytes() for image in batch["image"]])
        for batch in batches
    ]
