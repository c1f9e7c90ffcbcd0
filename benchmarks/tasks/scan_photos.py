"""How fast are the records of photos handed over, verified?

Data: 1,024 photos as slim Examples, 56 KB each, in one TFRecord file, or for two threads in two; all of it in the page
cache. Timed: opening the files, and each record in hand as bytes or a view of them; both checksums are verified where
the engine can. Equal content: as many records, as many bytes, the same sum of their CRC-32.
"""

from benchmarks import photos
from benchmarks.task import Engine, Job, Task
from benchmarks.workshop import Workshop

UNVERIFIED = "does not verify checksums"
TOTALS = {"consume": "totals"}


def prepare(workshop: Workshop) -> Job:
    """Pack the photos."""
    shards = {str(count): [str(path) for path in photos.records(workshop, shards=count)] for count in (1, 2)}
    return {"shards": shards, "consume": "payloads", "count": workshop.count(1024, quick=64)}


TASK = Task(
    name="scan-photos",
    title="Scan records of photos",
    unit="s",
    items="records",
    compare="exact",
    prepare=prepare,
    engines=(
        Engine("filmroll", "filmroll", "filmroll", note="views of the mapped file, not copied"),
        Engine("tensorflow", "tensorflow", "tensorflow", (1, 2), note="two threads: interleave of two files"),
        Engine(
            "tensorflow (in graph)",
            "tensorflow",
            "tensorflow",
            (1, 2),
            note="records are counted in the graph and never handed to Python",
            options={"work": "scan-photos-in-graph", **TOTALS},
        ),
        Engine("tfrecord", "vahidk", "vahidk", note=UNVERIFIED),
        Engine("tfrecords", "tfrecords", "tfrecords"),
        Engine("checksum alone", "limits", "filmroll", is_limit=True, options={"work": "checksum", **TOTALS}),
        Engine("read alone", "limits", "filmroll", is_limit=True, options={"work": "read", **TOTALS}),
        Engine("memory copy", "limits", "filmroll", is_limit=True, options={"work": "copy", **TOTALS}),
    ),
)
