"""Keep all 16 bits: of PNG files, and of arrays."""

import numpy as np

import filmroll
from filmroll.messages import example

filmroll.pack("depth/", "depth.tfrecord", seed=None)
sample = filmroll.open("depth.tfrecord")[0]
image = sample.decode(dtype="uint16")
print("PNG", image.shape, image.dtype, image.max())

scan = np.linspace(-1, 1, 5 * 7, dtype=np.float32).reshape(5, 7)
with filmroll.Writer("scans.tfrecord") as writer:
    writer.write(
        example.serialize({"image": filmroll.encode(scan, "npy"), "patient": 7})
    )
again = filmroll.decode(example.parse(filmroll.Reader("scans.tfrecord")[0])["image"][0])
print("NPY", again.shape, again.dtype, np.array_equal(again, scan))
