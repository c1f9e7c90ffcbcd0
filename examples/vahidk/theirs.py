"""vahidk's tfrecord: the same tasks as in ours.py."""

from pathlib import Path

import tfrecord
from tfrecord.tools import tfrecord2idx
from tfrecord.torch.dataset import TFRecordDataset

# %% Read pictures and labels
description = {"image/encoded": "byte", "image/class/label": "int"}
dataset = TFRecordDataset("roll-00000-of-00004.tfrecord", None, description)
for record in dataset:
    print(len(record["image/encoded"]), int(record["image/class/label"][0]))

# %% Make an index
tfrecord2idx.create_index("roll-00000-of-00004.tfrecord", "theirs.tfindex")
print(Path("theirs.tfindex").read_text(), end="")

# %% Write an Example
writer = tfrecord.TFRecordWriter("theirs.tfrecord")
writer.write(
    {"label": (7, "int"), "name": (b"sun", "byte"), "box": ([0.25, 0.75], "float")}
)
writer.close()
print(Path("theirs.tfrecord").stat().st_size, "bytes")
