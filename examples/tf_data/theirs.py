"""tf.data: the same tasks as in ours.py."""

import numpy as np
import tensorflow as tf

# %% Read pictures and labels
spec = {
    "image/encoded": tf.io.FixedLenFeature([], tf.string),
    "image/class/label": tf.io.FixedLenFeature([], tf.int64),
}


def parse(record):
    features = tf.io.parse_single_example(record, spec)
    image = tf.io.decode_image(
        features["image/encoded"], channels=3, expand_animations=False
    )
    return image, features["image/class/label"]


files = sorted(tf.io.gfile.glob("roll-*.tfrecord"))
records = tf.data.TFRecordDataset(files).map(parse, num_parallel_calls=tf.data.AUTOTUNE)
labels = [int(label) for _, label in records]
print(len(labels), labels[:8])

# %% Batches of pictures of different sizes
sizes = []
for images, _ in records.padded_batch(8):
    sizes.append(images.shape.as_list())
print(sizes)

# %% Every record of three workers once
parts = [
    list(tf.data.TFRecordDataset(files).shard(3, rank).as_numpy_iterator())
    for rank in range(3)
]
print([len(part) for part in parts], len(set().union(*parts)))

# %% Write an Example
message = tf.train.Example()
message.features.feature["label"].int64_list.value.append(7)
message.features.feature["name"].bytes_list.value.append(b"sun")
with tf.io.TFRecordWriter("theirs.tfrecord") as writer:
    writer.write(message.SerializeToString(deterministic=True))
print(np.fromfile("theirs.tfrecord", np.uint8).tobytes().hex(" "))
