"""Keep tf.data, and let filmroll say what is in the files, or load the batches."""

import tensorflow as tf

import filmroll
from filmroll.loading import tensorflow as loading

# %% The spec that nobody wrote down
spec = loading.feature_spec("roll-*.tfrecord")
record = next(iter(tf.data.TFRecordDataset("roll-00000-of-00004.tfrecord")))
features = tf.io.parse_single_example(record, spec)
for name in sorted(spec):
    print(name, spec[name].dtype.name)

# %% Batches as a tf.data.Dataset
roll = filmroll.open("roll-*.tfrecord")
batches = loading.batches(roll, 8, size=224, crop="random", shuffle=True, seed=1)
for batch in batches.take(1):
    print(
        batch["image"].shape, batch["image"].dtype.name, batch["label"].numpy().tolist()
    )
