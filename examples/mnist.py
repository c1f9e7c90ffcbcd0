"""MNIST's files as records, and as batches of arrays."""

import filmroll

filmroll.pack("digits/", "digits.tfrecord", dialect="mnist", split="test")
digits = filmroll.open("digits.tfrecord")
for batch in digits.batches(32, channels=1):
    print(batch["image"].shape, batch["image"].dtype, batch["label"][:5].tolist())
