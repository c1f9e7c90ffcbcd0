"""rustfrecord: Examples into arrays, by Rust. It does not verify checksums."""

from collections.abc import Iterator
from typing import Any

import torch  # noqa: F401  its libraries must be loaded before those of rustfrecord
from rustfrecord import Reader

from benchmarks.engines import worker


def parse_photos(job: worker.Job) -> Iterator[Any]:
    """Yield the encoded picture of all records."""
    for path in job["paths"]:
        for features in Reader(path, compressed=False):
            yield features["image/encoded"]


if __name__ == "__main__":
    worker.serve({"parse-photos": parse_photos}, distributions=["rustfrecord"])
