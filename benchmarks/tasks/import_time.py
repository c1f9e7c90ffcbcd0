"""How long until a program has its library?

Timed: `python -c "import X"` as a whole process in the environment of X, byte code compiled, files in the page cache;
`python -c pass` is the limit. filmroll imports its parts when they are first asked for: what counts is the row that
asks for `open`, `pack` and `decode`, NumPy included, not the one of the bare name. A codec is imported with its first
picture: one more row decodes one. There is no content to compare.
"""

from benchmarks.task import Engine, Job, Task
from benchmarks.workshop import Workshop

ENGINES = tuple(
    Engine(name, "", environment, options={"statement": statement, "distribution": distribution})
    for name, environment, statement, distribution in (
        ("filmroll", "filmroll", "from filmroll import decode, open, pack", "filmroll"),
        ("numpy", "numpy", "import numpy", "numpy"),
        ("tensorflow", "tensorflow", "import tensorflow", "tensorflow-cpu"),
        ("torchvision", "torchvision", "import torchvision", "torchvision"),
        ("dali", "dali", "import nvidia.dali.fn", "nvidia-dali-cuda130"),
        ("tfrecord", "vahidk", "import tfrecord", "tfrecord"),
        ("webdataset", "webdataset", "import webdataset", "webdataset"),
        ("array_record", "array_record", "import array_record.python.array_record_data_source", "array-record"),
    )
)
DECODED = "import filmroll; filmroll.decode(filmroll.encode(__import__('numpy').zeros((8, 8, 3), 'uint8'), 'jpeg'))"
ONE_PICTURE = {"statement": DECODED, "distribution": "filmroll"}
BARE = {"statement": "import filmroll", "distribution": "filmroll"}
NOTHING = {"statement": "pass", "distribution": "numpy"}


def prepare(workshop: Workshop) -> Job:
    """Need no data."""
    return {}


TASK = Task(
    name="import-time",
    title="Import",
    unit="ms",
    items="",
    compare="never",
    session="command",
    prepare=prepare,
    engines=(
        *ENGINES,
        Engine("filmroll (a JPEG encoded and decoded)", "", "filmroll", options=ONE_PICTURE),
        Engine("filmroll (bare name)", "", "filmroll", options=BARE),
        Engine("python alone", "", "numpy", is_limit=True, options=NOTHING),
    ),
)
