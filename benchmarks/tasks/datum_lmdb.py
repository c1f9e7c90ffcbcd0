"""How fast do the Datums of an LMDB environment become batches?

Data: MNIST's 10,000 test pictures six times, each a Datum of channels, height, width, data (784 bytes of raw pixels)
and label, under keys %08d as of Caffe's own tool. Timed: the environment opened, records read in order, parsed, and in
batches of 256: uint8 images (n, 28, 28) and labels (n,). Equal content: as many pictures, their shape and type, the
same sum of the CRC-32 of each picture and its label.
"""

from benchmarks import mnist
from benchmarks.task import Engine, Job, Task
from benchmarks.workshop import Workshop


def prepare(workshop: Workshop) -> Job:
    """Write MNIST into an environment."""
    path = str(mnist.environment(workshop))
    count = len(mnist.arrays(workshop)[1])
    return {"shards": {"1": [path]}, "consume": "batches", "batch": 256, "side": 28, "count": count}


TASK = Task(
    name="datum-lmdb",
    title="Batches of Caffe's Datums in LMDB (MNIST)",
    unit="s",
    items="records",
    compare="exact",
    prepare=prepare,
    engines=(
        Engine("filmroll", "filmroll", "filmroll", note="a Reader, and records parsed many at a time"),
        Engine(
            "filmroll (one by one)",
            "filmroll",
            "filmroll",
            note="each record parsed alone",
            options={"work": "datum-lmdb-singly"},
        ),
        Engine("lmdb + protobuf", "lmdb_protobuf", "lmdb", note="a Python loop, as in Caffe's Python examples"),
    ),
)
