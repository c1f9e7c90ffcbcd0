"""The whole walk: a picture as array, PNG and JPEG, in an Example, in a TFRecord file, as a Datum in LMDB, and back.

python examples/walk.py PICTURE FOLDER
"""

import sys
from pathlib import Path

import numpy as np

import filmroll
from filmroll.messages import example


def walk(picture: Path, folder: Path) -> None:
    """Take one picture all the way and back; every step states what it costs and checks what it gives back."""
    # A file to an array: height, width, channels.
    image = filmroll.imread(picture, mode="RGB")
    print(f"array      {image.shape} {image.dtype}, {image.nbytes:,} bytes")

    # An array to an encoded picture, in memory, and back. PNG loses nothing; JPEG does.
    png = filmroll.encode(image, "png")
    jpeg = filmroll.encode(image, "jpeg", quality=95)
    assert np.array_equal(filmroll.decode(png), image)
    off = np.abs(filmroll.decode(jpeg).astype(int) - image).mean()
    print(f"PNG        {len(png):,} bytes, JPEG {len(jpeg):,} bytes, {off:.2f} of 255 off on average")

    # Encoded bytes in an Example, an Example in a TFRecord file: the bytes come back as they went in.
    with filmroll.Writer(folder / "one.tfrecord") as writer:
        writer.write(example.serialize({"image": png, "label": 1}))
    with filmroll.Reader(folder / "one.tfrecord") as reader:
        features = example.parse(reader[0])
    assert bytes(features["image"][0]) == png

    # The other way: raw array bytes, with the shape that they need.
    raw = example.serialize({"image": image.tobytes(), "shape": image.shape})
    features = example.parse(b"".join(raw))
    again = np.frombuffer(features["image"][0], np.uint8).reshape(features["shape"])
    assert np.array_equal(again, image)
    print(f"Example    {sum(map(len, raw)):,} bytes with the raw array")

    # A folder of classes into shards, without bookkeeping, and read as samples.
    source = folder / "pictures" / "poster"
    source.mkdir(parents=True)
    (source / picture.name).write_bytes(picture.read_bytes())
    filmroll.pack(source.parent, folder / "roll.tfrecord")
    sample = filmroll.open(folder / "roll.tfrecord")[0]
    assert bytes(sample.encoded) == picture.read_bytes()
    print(f"TFRecord   {sample.key}, label {sample.label}, {sample.text}")

    # The same as Caffe's Datum in LMDB: one line, the bytes kept; and as raw pixels, BGR and planes by planes.
    filmroll.convert(folder / "roll.tfrecord", folder / "roll.lmdb", check=True)
    datum = filmroll.open(folder / "roll.lmdb")
    assert bytes(datum[0].encoded) == picture.read_bytes()
    print(f"LMDB       {datum.dialect}, label {datum[0].label}, {datum[0].text}")


if __name__ == "__main__":
    walk(Path(sys.argv[1]), Path(sys.argv[2]))
