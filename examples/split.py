"""Keep some records for validation."""

import filmroll

report = filmroll.pack("pictures/", "split/roll", to="tfrecord", shards=4, seed=0)
train = filmroll.open(report.shards[:3])
validation = filmroll.open(report.shards[3:])

print(len(train), len(validation))
print(sorted(sample.key for sample in validation))
