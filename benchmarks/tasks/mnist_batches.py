"""How fast do tiny records become batches?

Data: MNIST's 10,000 test pictures six times, each an Example of height, width, depth, label and 784 bytes of pixels.
Timed: records read, verified where the engine can, parsed, and in batches of 256: uint8 images (n, 28, 28) and labels
(n,). Equal content: as many pictures, their shape and type, the same sum of the CRC-32 of each picture and its label.
"""

from benchmarks import mnist
from benchmarks.task import Engine, Job, Task
from benchmarks.tasks.scan_photos import UNVERIFIED
from benchmarks.workshop import Workshop


def prepare(workshop: Workshop) -> Job:
    """Write MNIST into records."""
    shards = {str(count): [str(path) for path in mnist.records(workshop, shards=count)] for count in (1, 2)}
    count = len(mnist.arrays(workshop)[1])
    return {"shards": shards, "consume": "batches", "batch": 256, "side": 28, "count": count}


TASK = Task(
    name="mnist-batches",
    title="Batches of small records (MNIST)",
    unit="s",
    items="records",
    compare="exact",
    prepare=prepare,
    engines=(
        Engine("filmroll", "filmroll", "filmroll", (1, 2)),
        Engine(
            "filmroll.messages.columns",
            "filmroll",
            "filmroll",
            note="the layers below: a Reader, and records parsed many at a time",
            options={"work": "mnist-columns"},
        ),
        Engine("tensorflow", "tensorflow", "tensorflow", (1, 2), note="parse_example on whole batches"),
        Engine("dali", "dali", "dali", (1, 2), note=UNVERIFIED),
        Engine("tfrecord", "vahidk", "vahidk", note=UNVERIFIED),
        Engine("protobuf", "protobuf", "protobuf", note="a Python loop, verified by google-crc32c"),
    ),
)
