"""filmroll: the same tasks as in theirs.py."""

from pathlib import Path

import filmroll
from filmroll.messages import example

# %% Read pictures and labels
roll = filmroll.open("roll-00000-of-00004.tfrecord")
for sample in roll:
    print(len(sample.encoded), sample.label)

# %% Make an index
filmroll.convert("roll-00000-of-00004.tfrecord", "indexed.tfrecord")
print(Path("indexed.tfrecord.idx").read_text(), end="")

# %% Write an Example
with filmroll.Writer("ours.tfrecord") as writer:
    writer.write(example.serialize({"label": 7, "name": "sun", "box": [0.25, 0.75]}))
print(Path("ours.tfrecord").stat().st_size, "bytes")
