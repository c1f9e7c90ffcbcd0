# Invariant: any pickle gives plain values or FormatError, LimitError or UnsupportedError; nothing in it is ever called;
# and as a batch of CIFAR it gives pictures and labels of the same number, or one of those errors.
"""CIFAR's pickles, read without pickle."""

import pickle
from collections.abc import Iterator
from contextlib import suppress

import numpy as np

from filmroll.errors import FormatError, LimitError, UnsupportedError
from filmroll.sources import cifar, pickled
from fuzz.scratch import Scratch

SEEDS = ("cifar/*",)
FILE = Scratch("data_batch_1")
ALLOWED = (FormatError, LimitError, UnsupportedError)


def seeds() -> Iterator[bytes]:
    """Yield batches in every protocol, and values of every kind."""
    batch = {b"data": np.zeros((2, 12), np.uint8), b"labels": [1, 2], b"filenames": [b"a.png", b"b.png"]}
    for protocol in range(6):
        yield pickle.dumps(batch, protocol)
        yield pickle.dumps({"label_names": ["cat", "dog"], "n": (1, 2.5, None, True, -(2**70))}, protocol)
    yield pickle.dumps({b"data": np.zeros((1, 3072), np.uint8), b"fine_labels": [9], b"coarse_labels": [3]}, 2)


def check(data: bytes) -> None:
    """Read a pickle as a value, and as a batch."""
    with suppress(*ALLOWED):
        pickled.parse(data)
    try:
        batch = cifar.read_batch(FILE.hold(data))
    except ALLOWED:
        return
    assert len(batch.images) == len(batch.labels)
