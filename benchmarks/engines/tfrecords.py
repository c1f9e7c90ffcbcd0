"""The PyPI package `tfrecords` (ssbuild): TensorFlow's record reader and writer, cut out of it."""

from collections.abc import Iterator

import tfrecords

from benchmarks.engines import worker


def scan_photos(job: worker.Job) -> Iterator[bytes]:
    """Yield all records."""
    options = tfrecords.TFRecordOptions(compression_type=tfrecords.TFRecordCompressionType.NONE)
    for path in job["paths"]:
        yield from tfrecords.tf_record_iterator(path, options=options)


if __name__ == "__main__":
    worker.serve({"scan-photos": scan_photos}, distributions=["tfrecords"])
