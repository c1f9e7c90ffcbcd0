"""How fast pictures are read for training: written to record files of each kind, and loaded through `batches`."""

import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from filmroll import dataset, dialects
from filmroll.advising.candidate import Candidate
from filmroll.advising.picture import Picture
from filmroll.packing.sink import USUAL_DIALECT, Sink
from filmroll.records import storage
from filmroll.records.compression import Compression
from filmroll.records.kinds import Kind
from filmroll.sample import Sample

BATCH = 32
RECORDS, NBYTES = (64, 4096), (2**23, 2**27)  # the pictures are repeated until there are so many records and bytes
MEASURED_S = 0.25


@dataclass(frozen=True, slots=True)
class Container:
    """The recommended pictures in one kind of record file.

    Attributes:
        name: "TFRecord", "TFRecord with GZIP", "LMDB", "tar".
        nbytes: Bytes of the file for each picture, the mean.
        read_per_s: Pictures a second through `batches`.
        is_random: Whether any record is read without those before it.
    """

    name: str
    nbytes: int
    read_per_s: float
    is_random: bool


CONTAINERS: tuple[tuple[str, Kind, Compression | None], ...] = (
    ("TFRecord", "tfrecord", None),
    ("TFRecord with GZIP", "tfrecord", "gzip"),
    ("LMDB", "lmdb", None),
    ("tar", "tar", None),
)


def stored(candidate: Candidate, picture: Picture, *, encoded: bytes | None = None) -> Sample:
    """Return a picture as a candidate stores it, all of it.

    Args:
        candidate: How it is stored.
        picture: The picture.
        encoded: What the candidate made of it, if that is known.

    Raises:
        EncodeError, UnsupportedError: The format cannot hold it.
    """
    if candidate.family == "kept":
        return Sample("", picture.encoded)
    if encoded is not None:
        return Sample("", encoded)
    image = candidate.prepare(picture.whole)
    return Sample("", None, image) if candidate.family == "array" else Sample("", candidate.encode(image))


def speed(samples: Sequence[Sample], *, size: int | None, channels: Any) -> float:
    """Measure pictures a second through `batches`, from a TFRecord file.

    Args:
        samples: The pictures as they are stored; repeated as need be.
        size: Side of the pictures that the training takes, a random crop of each; None takes them as they are.
        channels: 1 or 3.
    """
    return contain(samples, "TFRecord", size=size, channels=channels).read_per_s


def contain(samples: Sequence[Sample], name: str, *, size: int | None, channels: Any) -> Container:
    """Write pictures to a record file, read it through `batches`, and measure both.

    Args:
        samples, size, channels: As for `speed`.
        name: One of those in `CONTAINERS`.

    Raises:
        EncodeError, UnsupportedError: The kind of file does not hold such pictures.
    """
    kind, compression = next((kind, how) for one, kind, how in CONTAINERS if one == name)
    is_raw = samples[0].array is not None
    dialect = dialects.get("array" if is_raw and kind == "tfrecord" else USUAL_DIALECT[kind])
    with tempfile.TemporaryDirectory(prefix="filmroll-") as folder:
        once, often = (Path(folder) / one for one in ("once", "often"))
        for path, records in ((once, _numbered(samples)), (often, _repeated(samples))):
            with Sink(path, kind=kind, dialect=dialect, compression=compression) as sink:
                for one in records:
                    sink.write(one)
        with dataset.open(often, dialect=dialect.NAME) as roll:
            per_s = _per_s(roll, size=size, channels=channels)
        path, count = (often, len(records)) if compression is None else (once, len(samples))  # copies compress too well
        return Container(name, round(storage.nbytes_of(path) / count), per_s, compression is None)


def _repeated(samples: Sequence[Sample]) -> list[Sample]:
    """Repeat pictures until reading them takes long enough to be measured."""
    nbytes = sum(len(one.encoded or b"") if one.array is None else one.array.nbytes for one in samples) / len(samples)
    least = min(RECORDS[0], max(2, int(NBYTES[1] / max(nbytes, 1))))
    count = max(least, min(RECORDS[1], int(NBYTES[0] / max(nbytes, 1))))
    return _numbered(islice(cycle(samples), count))


def _numbered(samples: Iterable[Sample]) -> list[Sample]:
    return [Sample(f"{number:08d}", one.encoded, one.array, label=0) for number, one in enumerate(samples)]


def _per_s(roll: dataset.Dataset, *, size: int | None, channels: Any) -> float:
    """Go through the epochs for a while; the first batch, which starts the threads, does not count."""
    batch_size = max(1, min(BATCH, len(roll) // 2))
    loader = roll.batches(batch_size, size=size, crop=None if size is None else "random", channels=channels)
    count, start = 0, None
    while True:
        for batch in loader:
            now = time.perf_counter()
            if start is None:
                start = now
                continue
            count += len(batch["record"])
            if now - start >= MEASURED_S:
                return count / (now - start)
