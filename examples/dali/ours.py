"""filmroll: the same tasks as in theirs.py."""

import filmroll

# %% Random crops for training
roll = filmroll.open("roll-*.tfrecord")
for batch in roll.batches(
    8, size=224, crop="random", flip=True, shuffle=True, seed=1, threads=2
):
    print(batch["image"].shape, batch["label"].shape)

# %% Read Caffe's LMDB
filmroll.convert("roll-*.tfrecord", "roll.lmdb", drop=["text"])
caffe = filmroll.open("roll.lmdb")
print(caffe.dialect, len(caffe), caffe[0].image.shape, caffe[0].label)
