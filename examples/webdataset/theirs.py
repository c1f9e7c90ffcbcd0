"""webdataset: the same tasks as in ours.py."""

import tarfile

import webdataset as wds

# %% Read pictures and labels
samples = (
    wds.WebDataset("foreign.tar", shardshuffle=False)
    .decode("rgb8")
    .to_tuple("__key__", "jpg", "cls")
)
for key, image, label in samples:
    print(key, image.shape, label, int(image.sum()))

# %% Write a tar
with wds.TarWriter("theirs.tar") as writer:
    for key, image in (("a", b"\xff\xd8 a"), ("b", b"\xff\xd8 b")):
        writer.write({"__key__": key, "jpg": image, "cls": 1})
with tarfile.open("theirs.tar") as tar:
    print(sorted(tar.getnames()))
