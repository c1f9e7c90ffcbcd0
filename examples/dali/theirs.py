"""NVIDIA DALI: the same tasks as in ours.py."""

from nvidia.dali import fn, pipeline_def, types
from nvidia.dali import tfrecord as schema

files = [f"roll-0000{number}-of-00004.tfrecord" for number in range(4)]

# %% Random crops for training
features = {
    "image/encoded": schema.FixedLenFeature((), schema.string, ""),
    "image/class/label": schema.FixedLenFeature([1], schema.int64, -1),
}


@pipeline_def(batch_size=8, num_threads=2, device_id=None)
def crops():
    record = fn.readers.tfrecord(
        path=files,
        index_path=[f"{path}.idx" for path in files],
        features=features,
        random_shuffle=True,
        seed=1,
    )
    images = fn.decoders.image_random_crop(
        record["image/encoded"], device="cpu", output_type=types.RGB
    )
    images = fn.resize(images, size=[224, 224])
    return fn.flip(images, horizontal=fn.random.coin_flip()), record[
        "image/class/label"
    ]


pipe = crops()
pipe.build()
for _ in range(3):
    images, labels = pipe.run()
    print(images.as_array().shape, labels.as_array().shape)

# %% Read Caffe's LMDB


@pipeline_def(batch_size=8, num_threads=2, device_id=None)
def caffe():
    encoded, labels = fn.readers.caffe(path="roll.lmdb")
    return fn.decoders.image(encoded, device="cpu"), labels
