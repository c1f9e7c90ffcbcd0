"""TensorFlow: tf.data, parse_example, the image ops, the record writer."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from benchmarks.engines import worker

Batch = tuple[Any, Any]


def scan_photos(job: worker.Job) -> Iterator[bytes]:
    """Yield all records; TensorFlow verifies both checksums."""
    return _one_by_one(_records(job))


def scan_in_graph(job: worker.Job) -> Callable[[], dict[str, int]]:
    """Return what counts records and bytes without handing any to Python."""
    sums = (np.int64(0), np.int64(0))
    batches = _records(job).batch(64).map(lambda records: tf.cast(tf.strings.length(records), tf.int64))

    def add(state: Any, lengths: Any) -> Any:
        return state[0] + tf.size(lengths, tf.int64), state[1] + tf.reduce_sum(lengths)

    graph = tf.function(lambda: batches.reduce(sums, add))
    graph.get_concrete_function()  # traced before the clock starts

    def count() -> dict[str, int]:
        found = graph()
        return {"count": int(found[0]), "nbytes": int(found[1])}

    return count


def parse_photos(job: worker.Job) -> Iterator[bytes]:
    """Yield the encoded picture of all records."""
    return _one_by_one(_pictures(job))


def mnist_batches(job: worker.Job) -> Iterator[Batch]:
    """Yield images and labels; whole batches are parsed at once, which is faster than one by one."""
    side = job["side"]
    wanted = {"label": tf.io.FixedLenFeature([], tf.int64), "image_raw": tf.io.FixedLenFeature([], tf.string)}

    def parse(records: Any) -> Any:
        parsed = tf.io.parse_example(records, wanted)
        pixels = tf.io.decode_raw(parsed["image_raw"], tf.uint8, fixed_length=side * side)
        return tf.reshape(pixels, [-1, side, side]), parsed["label"]

    dataset = _records(job).batch(job["batch"]).map(parse, num_parallel_calls=job["threads"])
    return dataset.prefetch(2).as_numpy_iterator()


def decode_photo(job: worker.Job) -> Callable[[bytes], Any]:
    """Return what decodes a photo to RGB."""
    _configure(job["threads"])
    return lambda photo: tf.io.decode_jpeg(photo, channels=3).numpy()


def train_crops(job: worker.Job) -> Iterator[Batch]:
    """Yield batches of random crops: only the crop is decoded, then it is resized and flipped."""
    size = job["size"]

    def crop(encoded: Any) -> Any:
        window, extent, _ = tf.image.sample_distorted_bounding_box(
            tf.io.extract_jpeg_shape(encoded),
            tf.zeros([1, 0, 4]),
            area_range=(0.08, 1.0),
            aspect_ratio_range=(3 / 4, 4 / 3),
            max_attempts=10,
            use_image_if_no_bounding_boxes=True,
        )
        window = tf.concat([window[:2], extent[:2]], axis=0)
        image = tf.image.decode_and_crop_jpeg(encoded, window, channels=3)
        image = tf.image.resize(image, [size, size], antialias=job["antialias"])
        return _uint8(tf.image.random_flip_left_right(image))

    shuffled = _pictures(job).shuffle(1024, seed=1)
    return _batched(shuffled.map(crop, num_parallel_calls=job["threads"]), job)


def eval_crops(job: worker.Job) -> Iterator[Batch]:
    """Yield batches of center crops: only the square in the middle is decoded, then it is resized."""
    size, shorter = job["size"], job["shorter"]

    def crop(encoded: Any) -> Any:
        shape = tf.io.extract_jpeg_shape(encoded)[:2]
        side = tf.cast(tf.round(tf.cast(tf.reduce_min(shape), tf.float32) * size / shorter), tf.int32)
        window = tf.concat([(shape - side) // 2, [side, side]], axis=0)
        image = tf.image.decode_and_crop_jpeg(encoded, window, channels=3)
        return _uint8(tf.image.resize(image, [size, size], antialias=job["antialias"]))

    return _batched(_pictures(job).map(crop, num_parallel_calls=job["threads"]), job)


def pack_photos(job: worker.Job) -> Callable[[], None]:
    """Return what reads each photo and writes it as an Example of three features; nothing is probed."""

    def pack() -> None:
        target = f"{job['dest']}/photos.tfrecord"
        with tf.io.TFRecordWriter(target) as writer:
            for label, folder in enumerate(sorted(Path(job["source"]).iterdir())):
                for path in sorted(folder.iterdir()):
                    writer.write(_photo_example(path.read_bytes(), label))
        worker.sync(target, job)

    return pack


def write_small(job: worker.Job) -> Callable[[], None]:
    """Return what writes one Example for each MNIST picture."""
    images, labels = np.load(job["images"]), np.load(job["labels"]).tolist()

    def write() -> None:
        with tf.io.TFRecordWriter(f"{job['dest']}/mnist.tfrecord") as writer:
            for image, label in zip(images, labels, strict=True):
                features = {
                    "height": _int64(28),
                    "width": _int64(28),
                    "depth": _int64(1),
                    "label": _int64(label),
                    "image_raw": _bytes(image.tobytes()),
                }
                writer.write(_example(features))

    return write


def middle_record(job: worker.Job) -> Iterator[bytes]:
    """Yield the record in the middle; all before it are read, there is no index."""
    yield next(iter(_records(job).skip(job["count"] // 2).as_numpy_iterator()))


@cache
def _configure(threads: int) -> None:
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)


def _records(job: worker.Job) -> Any:
    _configure(job["threads"])
    options = tf.data.Options()
    options.threading.private_threadpool_size = job["threads"]
    paths, count = job["paths"], len(job["paths"])
    if count == 1:
        return tf.data.TFRecordDataset(paths).with_options(options)
    files = tf.data.Dataset.from_tensor_slices(paths)
    return files.interleave(
        tf.data.TFRecordDataset, cycle_length=count, num_parallel_calls=count, deterministic=False
    ).with_options(options)


def _pictures(job: worker.Job) -> Any:
    wanted = {"image/encoded": tf.io.FixedLenFeature([], tf.string)}
    return _records(job).map(
        lambda record: tf.io.parse_single_example(record, wanted)["image/encoded"], num_parallel_calls=job["threads"]
    )


def _one_by_one(dataset: Any) -> Iterator[bytes]:
    """Yield elements that leave the graph 64 at a time: one at a time takes about 0.2 ms each."""
    for batch in dataset.batch(64).as_numpy_iterator():
        yield from batch


def _batched(images: Any, job: worker.Job) -> Iterator[Batch]:
    for batch in images.batch(job["batch"]).prefetch(2).as_numpy_iterator():
        yield batch, None


def _uint8(image: Any) -> Any:
    return tf.cast(tf.round(image), tf.uint8)


def _photo_example(encoded: bytes, label: int) -> bytes:
    features = {"image/encoded": _bytes(encoded), "image/format": _bytes(b"jpeg"), "image/class/label": _int64(label)}
    return _example(features)


def _example(features: dict[str, Any]) -> bytes:
    message: bytes = tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()
    return message


def _int64(value: int) -> Any:
    return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))


def _bytes(value: bytes) -> Any:
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value]))


if __name__ == "__main__":
    worker.serve(
        {
            "scan-photos": scan_photos,
            "scan-photos-in-graph": scan_in_graph,
            "parse-photos": parse_photos,
            "mnist-batches": mnist_batches,
            "decode-photo": decode_photo,
            "train-crops": train_crops,
            "eval-crops": eval_crops,
            "pack-photos": pack_photos,
            "write-small": write_small,
            "scan": scan_photos,
            "open": middle_record,
            "batches": mnist_batches,
        },
        distributions=["tensorflow-cpu"],
    )
