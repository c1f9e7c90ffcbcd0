"""Files of two origins as one dataset, each read by its own dialect; as one file."""

import filmroll

roll = filmroll.open(["roll-00000-of-00004.tfrecord", "foreign.tar"])
print(roll)
for sample in (roll[0], roll[-1]):
    print(sample.key, sample.label, sample.text, sample.image.shape)

report = filmroll.convert(roll.paths, "everything.tfrecord", check=True)
print(f"{report.written} records in {report.shards[0]}")
print(*report.remarks)
