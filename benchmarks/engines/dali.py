"""NVIDIA DALI: its TFRecord reader and image operators, on the processor. Its reader does not verify checksums."""

from collections.abc import Iterator
from math import ceil
from typing import Any

from nvidia.dali import fn, pipeline_def, types
from nvidia.dali import tfrecord as schema

from benchmarks.engines import worker

Batch = tuple[Any, Any]
PICTURES_AT_ONCE = 64
AREA, ASPECT = (0.08, 1.0), (3 / 4, 4 / 3)


def parse_photos(job: worker.Job) -> Iterator[Any]:
    """Yield the encoded picture of all records."""
    pipe = _built(lambda: _encoded(job), job, batch=PICTURES_AT_ONCE)

    def pictures() -> Iterator[Any]:
        for left in _counts(job["count"], PICTURES_AT_ONCE):
            (encoded,) = pipe.run()
            for number in range(left):
                yield encoded.at(number)

    return pictures()


def mnist_batches(job: worker.Job) -> Iterator[Batch]:
    """Yield images and labels."""
    side = job["side"]
    features = {
        "image_raw": schema.FixedLenFeature((), schema.string, ""),
        "label": schema.FixedLenFeature([1], schema.int64, -1),
    }

    def graph() -> Any:
        parsed = _read(job, features)
        return parsed["image_raw"], parsed["label"]

    pipe = _built(graph, job, batch=job["batch"])

    def batches() -> Iterator[Batch]:
        for left in _counts(job["count"], job["batch"]):
            images, labels = pipe.run()
            yield images.as_array()[:left].reshape(-1, side, side), labels.as_array()[:left, 0]

    return batches()


def train_crops(job: worker.Job) -> Iterator[Batch]:
    """Yield batches of random crops: only the crop is decoded, then it is resized and flipped."""

    def graph() -> Any:
        images = fn.decoders.image_random_crop(
            _encoded(job, random_shuffle=True, initial_fill=1024, seed=1),
            device="cpu",
            output_type=types.RGB,
            random_area=AREA,
            random_aspect_ratio=ASPECT,
            num_attempts=10,
        )
        images = fn.resize(images, size=[job["size"], job["size"]], antialias=job["antialias"])
        return fn.flip(images, horizontal=fn.random.coin_flip())

    return _images(graph, job)


def eval_crops(job: worker.Job) -> Iterator[Batch]:
    """Yield batches of center crops: the photo is resized until its shorter side fits, then cropped."""

    def graph() -> Any:
        images = fn.decoders.image(_encoded(job), device="cpu", output_type=types.RGB)
        images = fn.resize(images, resize_shorter=job["shorter"], antialias=job["antialias"])
        return fn.crop(images, crop=(job["size"], job["size"]))

    return _images(graph, job)


def _images(graph: Any, job: worker.Job) -> Iterator[Batch]:
    pipe = _built(graph, job, batch=job["batch"])

    def batches() -> Iterator[Batch]:
        for left in _counts(job["count"], job["batch"]):
            (images,) = pipe.run()
            yield images.as_array()[:left], None

    return batches()


def _built(graph: Any, job: worker.Job, *, batch: int) -> Any:
    pipe = pipeline_def(graph, batch_size=batch, num_threads=job["threads"], device_id=None)()
    pipe.build()
    return pipe


def _encoded(job: worker.Job, **options: Any) -> Any:
    features = {"image/encoded": schema.FixedLenFeature((), schema.string, "")}
    return _read(job, features, **options)["image/encoded"]


def _read(job: worker.Job, features: dict[str, Any], **options: Any) -> Any:
    indexes = [f"{path}.idx" for path in job["paths"]]
    return fn.readers.tfrecord(path=job["paths"], index_path=indexes, features=features, name="reader", **options)


def _counts(total: int, batch: int) -> Iterator[int]:
    """Yield how many of each batch belong to this epoch: the reader goes on into the next."""
    for number in range(ceil(total / batch)):
        yield min(batch, total - number * batch)


if __name__ == "__main__":
    worker.serve(
        {
            "parse-photos": parse_photos,
            "mnist-batches": mnist_batches,
            "train-crops": train_crops,
            "eval-crops": eval_crops,
        },
        distributions=["nvidia-dali-cuda130"],
    )
