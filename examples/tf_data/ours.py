"""filmroll: the same tasks as in theirs.py."""

from pathlib import Path

import filmroll
from filmroll.messages import example

# %% Read pictures and labels
roll = filmroll.open("roll-*.tfrecord")
labels = [sample.label for sample in roll]
print(len(labels), labels[:8])

# %% Batches of pictures of different sizes
sizes = []
for batch in roll.batches(8, pad=True):
    sizes.append(list(batch["image"].shape))
print(sizes)

# %% Every record of three workers once
parts = []
for rank in range(3):
    loader = roll.batches(8, size=32, rank=rank, world_size=3)
    parts.append([number for batch in loader for number in batch["record"].tolist()])
print([len(part) for part in parts], len(set().union(*parts)))

# %% Write an Example
with filmroll.Writer("ours.tfrecord") as writer:
    writer.write(example.serialize({"label": 7, "name": "sun"}))
print(Path("ours.tfrecord").read_bytes().hex(" "))
