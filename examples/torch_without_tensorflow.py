"""Train PyTorch from TFRecord files, without TensorFlow."""

import filmroll
from filmroll.loading import torch as loading

roll = filmroll.open("roll-*.tfrecord")
crops = {"size": 224, "crop": "random", "flip": True, "shuffle": True, "seed": 1}
batches = loading.batches(roll, 8, layout="NCHW", **crops)
for epoch in range(2):
    for batch in batches:
        images = batch["image"].float().div(255)  # (8, 3, 224, 224)
        labels = batch["label"]  # (8,) int64
    print(f"epoch {epoch}, the last batch:", tuple(images.shape), labels.tolist())
