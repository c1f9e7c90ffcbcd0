"""How fast are the encoded pictures of the records handed over?

Data: as in `scan-photos`. Timed: each record read, parsed as an Example, and the bytes of its `image/encoded` in hand,
not decoded. Equal content: as many pictures, as many bytes, the same sum of their CRC-32.
"""

from benchmarks.task import Engine, Task
from benchmarks.tasks.scan_photos import UNVERIFIED, prepare

TASK = Task(
    name="parse-photos",
    title="Take encoded photos out of records",
    unit="s",
    items="pictures",
    compare="exact",
    prepare=prepare,
    engines=(
        Engine("filmroll", "filmroll", "filmroll", note="views of the mapped file, not copied"),
        Engine("tensorflow", "tensorflow", "tensorflow", (1, 2)),
        Engine("dali", "dali", "dali", (1, 2), note=UNVERIFIED),
        Engine("tfrecord", "vahidk", "vahidk", note=UNVERIFIED),
        Engine("rustfrecord", "rustfrecord", "rustfrecord", note="copied into arrays"),
        Engine("protobuf", "protobuf", "protobuf", note="a Python loop, verified by google-crc32c"),
    ),
)
