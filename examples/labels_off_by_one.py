"""Compare the labels in the records with those that come out."""

import filmroll

filmroll.convert("roll-*.tfrecord", "objects.tfrecord", dialect="tfod")

for path in ("roll-*.tfrecord", "objects.tfrecord"):
    roll = filmroll.open(path)
    names = [name for name in roll.schema if name.endswith("class/label")]
    stored = roll.features(0)[names[0]][0]
    print(f"{roll.dialect}: stored {stored}, read {roll[0].label}, {roll[0].text}")
