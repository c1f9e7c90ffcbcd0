"""How long until a program has its library?

Timed: `python -c "import X"` as a whole process in the environment of X, byte code compiled, files in the page cache;
`python -c pass` is the limit. There is no content to compare.
"""

from benchmarks.task import Engine, Job, Task
from benchmarks.workshop import Workshop

ENGINES = tuple(
    Engine(name, "", environment, options={"statement": f"import {module}", "distribution": distribution})
    for name, environment, module, distribution in (
        ("filmroll", "filmroll", "filmroll", "filmroll"),
        ("numpy", "numpy", "numpy", "numpy"),
        ("tensorflow", "tensorflow", "tensorflow", "tensorflow-cpu"),
        ("torchvision", "torchvision", "torchvision", "torchvision"),
        ("dali", "dali", "nvidia.dali.fn", "nvidia-dali-cuda130"),
        ("tfrecord", "vahidk", "tfrecord", "tfrecord"),
        ("webdataset", "webdataset", "webdataset", "webdataset"),
        ("array_record", "array_record", "array_record.python.array_record_module", "array-record"),
    )
)
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
    engines=(*ENGINES, Engine("python alone", "", "numpy", is_limit=True, options=NOTHING)),
)
