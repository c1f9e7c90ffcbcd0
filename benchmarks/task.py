"""What a task is: data, engines that do the same work on it, and how their results are held against each other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from benchmarks.workshop import Workshop

Job = dict[str, Any]
Compare = Literal["exact", "pixels", "counts", "never"]


@dataclass(frozen=True, slots=True)
class Engine:
    """One way of doing a task.

    Attributes:
        name: As it appears in results; unique in its task.
        module: NAME of `benchmarks/engines/NAME.py`.
        environment: NAME of `benchmarks/requirements-NAME.txt`.
        threads: Numbers of threads it can be asked for. Each is also the number of processor cores it may use.
        is_limit: It bounds what any engine can reach, and is none itself.
        note: What a reader must know to compare it fairly.
        options: Goes into the job, over what the task says.
        group: Engines of one group are held against each other; groups of a task are measured one after another.
    """

    name: str
    module: str
    environment: str
    threads: tuple[int, ...] = (1,)
    is_limit: bool = False
    note: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    group: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """One question that is answered by measuring.

    Attributes:
        name: On the command line and in results.
        title: One line for tables and pages.
        unit: Of a value: "s", "ms" or "MB"; less is better.
        items: What an engine handles, in the plural: rates are of these.
        compare: "exact": digests of all content are equal. "pixels": pixels differ by no more than `tolerance`.
            "counts": as many items of the same shape and type. "never": there is no content.
        prepare: Makes the data where it is absent; returns the job that all engines get.
        engines: filmroll, its rivals, the limits.
        reference: Name of the engine that the others' content is held against.
        session: "worker": `benchmarks/engines`; "command": a whole process, timed; "size": megabytes on disk.
        read_back: Turns what a run left on disk into content, by reading it with another reader.
        tolerance: Largest mean absolute difference of pixels, of 255, from the reference.
    """

    name: str
    title: str
    unit: str
    items: str
    compare: Compare
    prepare: Callable[[Workshop], Job]
    engines: tuple[Engine, ...]
    reference: str = "filmroll"
    session: Literal["worker", "command", "size"] = "worker"
    read_back: Callable[[Job], Job] | None = None
    tolerance: float = 0.0
