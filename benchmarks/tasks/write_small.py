"""How fast are small records written, one by one and from columns at once?

Data: MNIST's 10,000 test pictures six times, in memory. Timed: each turned into an Example of height, width, depth,
label and pixels, serialized and written; closing the file. `filmroll (columns)` makes them of whole arrays, 4,096
records at a time. filmroll flushes to disk (fsync) and writes an index, too.
webdataset writes two files of a tar, ArrayRecord raw bytes without an Example. Equal content: as many pictures, the
same sum of the CRC-32 of their pixels and labels, read back by filmroll or tarfile; ArrayRecord is not read back.
"""

import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import filmroll
from benchmarks import mnist
from benchmarks.task import Engine, Job, Task
from benchmarks.workshop import Workshop
from filmroll.messages import example


def prepare(workshop: Workshop) -> Job:
    """Save the pixels and labels as .npy files, which engines read before the clock starts."""
    images, labels = mnist.pixels(workshop)
    out = workshop.made("out")
    out.mkdir(exist_ok=True)
    count = len(mnist.arrays(workshop)[1])
    return {"images": str(images), "labels": str(labels), "count": count, "consume": "files", "folder": str(out)}


def read_back(job: Job) -> Job:
    """Digest the pictures that were written."""
    digests = list(_digests(Path(job["dest"])))
    return {"count": len(digests), "digest": sum(digests)} if digests else {}


def _digests(dest: Path) -> Iterator[int]:
    for path in sorted(dest.glob("*.tfrecord")):
        for record in filmroll.Reader(path):
            features = example.parse(record)
            yield zlib.crc32(b"%d" % features["label"][0], zlib.crc32(features["image_raw"][0]))
    for path in sorted(dest.glob("*.tar")):
        with tarfile.open(path) as tar:
            pixels = {}
            for member in tar:
                key, suffix = member.name.split(".")
                content = tar.extractfile(member).read()
                if suffix == "bin":
                    pixels[key] = zlib.crc32(content)
                else:
                    yield zlib.crc32(content, pixels[key])


TASK = Task(
    name="write-small",
    title="Write small records (MNIST)",
    unit="s",
    items="records",
    compare="exact",
    prepare=prepare,
    read_back=read_back,
    engines=(
        Engine("filmroll", "filmroll", "filmroll", note="one by one; fsync, index"),
        Engine(
            "filmroll (columns)",
            "filmroll",
            "filmroll",
            note="many records at once; fsync, index",
            options={"work": "write-columns"},
        ),
        Engine("tensorflow", "tensorflow", "tensorflow"),
        Engine("tfrecord", "vahidk", "vahidk"),
        Engine("webdataset", "webdataset", "webdataset", note="two files of a tar for each"),
        Engine(
            "array_record",
            "array_record",
            "array_record",
            note="raw bytes, one record a group, its default compression",
            options={"writer": "group_size:1"},
        ),
        Engine(
            "array_record (uncompressed)",
            "array_record",
            "array_record",
            note="raw bytes, one record a group",
            options={"writer": "group_size:1,uncompressed"},
        ),
        Engine("plain file", "limits", "filmroll", is_limit=True, note="pixels alone"),
        Engine("plain file (fsync)", "limits", "filmroll", is_limit=True, options={"fsync": True}),
    ),
)
