"""How long until a program has its library?

Timed: `python -c "import X"` as a whole process in the environment of X, byte code compiled, files in the page cache;
`python -c pass` is the limit. filmroll imports its parts when they are first asked for: what counts is the row that
asks for `open`, `pack` and `decode`, NumPy and the codecs included, not the one of the bare name. There is no content
to compare.
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
        Engine("filmroll (bare name)", "", "filmroll", options=BARE),
        Engine("python alone", "", "numpy", is_limit=True, options=NOTHING),
    ),
)
