"""Read records in a bucket as those on a disk, and write shards into one."""

import filmroll

roll = filmroll.open("s3://roll/train/roll-*.tfrecord")
print(len(roll), roll.label_names)
print(roll[17].key, roll[17].image.shape)

cached = filmroll.open("s3://roll/train/roll-*.tfrecord", cache=True)
for batch in cached.batches(8, size=224, crop="random", shuffle=True, seed=1):
    print(batch["image"].shape, batch["label"].tolist())

report = filmroll.pack("pictures/", "s3://roll/packed/roll", to="tfrecord", shards=2)
print(*report.shards, sep="\n")
