"""How fast are small Datums written into an LMDB environment?

Data: MNIST's 10,000 test pictures six times, in memory. Timed: each turned into a Datum of channels, height, width,
data and label, serialized and put under its key %08d, 1,000 in a transaction; closing the environment. All flush to
disk: lmdb with every transaction, as its defaults and Caffe do, or once at the end; filmroll once, before the folder
gets its name. Equal content: as many pictures, the same sum of the CRC-32 of their keys, pixels and labels, read back
by lmdb and filmroll's parser.
"""

import zlib
from collections.abc import Iterator
from pathlib import Path

import lmdb

from benchmarks.task import Engine, Job, Task
from benchmarks.tasks.write_small import prepare
from filmroll.messages import datum


def read_back(job: Job) -> Job:
    """Digest the pictures that were written."""
    digests = list(_digests(Path(job["dest"]) / "mnist.lmdb"))
    return {"count": len(digests), "digest": sum(digests)}


def _digests(path: Path) -> Iterator[int]:
    with lmdb.open(str(path), readonly=True, lock=False) as environment, environment.begin() as transaction:
        for key, record in transaction.cursor():
            found = datum.parse(record)
            yield zlib.crc32(b"%s %d" % (key, found["label"][0]), zlib.crc32(found["data"][0]))


TASK = Task(
    name="write-datum-lmdb",
    title="Write Caffe's Datums into LMDB (MNIST)",
    unit="s",
    items="records",
    compare="exact",
    prepare=prepare,
    read_back=read_back,
    engines=(
        Engine("filmroll", "filmroll", "filmroll", note="serialized many at a time; one flush"),
        Engine(
            "filmroll (one by one)",
            "filmroll",
            "filmroll",
            note="each record serialized alone; one flush",
            options={"work": "write-datum-lmdb-singly"},
        ),
        Engine("lmdb + protobuf", "lmdb_protobuf", "lmdb", note="a flush for each 1,000 records"),
        Engine(
            "lmdb + protobuf (one flush)",
            "lmdb_protobuf",
            "lmdb",
            note="sync=False, and one flush at the end",
            options={"sync": False},
        ),
    ),
)
