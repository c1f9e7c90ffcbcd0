"""filmroll: the same tasks as in theirs.py."""

import tarfile

import filmroll
from filmroll.records import tar as tars

# %% Read pictures and labels
roll = filmroll.open("foreign.tar")
for sample in roll:
    print(sample.key, sample.image.shape, sample.label, int(sample.image.sum()))

# %% Write a tar
with tars.Writer("ours.tar") as writer:
    for key, image in (("a", b"\xff\xd8 a"), ("b", b"\xff\xd8 b")):
        writer.write({"jpg": [image], "cls": [b"1"]}, key=key)
with tarfile.open("ours.tar") as tar:
    print(sorted(tar.getnames()))
