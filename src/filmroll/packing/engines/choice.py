"""Which engines there are, by name."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Literal

from filmroll.errors import MissingDependencyError, UnsupportedError
from filmroll.packing.engines.engine import Engine

Name = Literal["threads", "processes", "ray"]
Choice = Name | Executor
NAMES: tuple[Name, ...] = ("threads", "processes", "ray")


@contextmanager
def opened(engine: Choice, *, workers: int | None, address: str | None = None, name: str = "work") -> Iterator[Engine]:
    """Open an engine for the time of a block.

    Args:
        engine: "threads", "processes", "ray", or an Executor, which stays open.
        workers: Tasks done at a time; None is the number of processors, of a cluster all that it has.
        address: Of a Ray cluster; None is one that is running here or that RAY_ADDRESS names, else a new one.
        name: Prefix of the names of threads.

    Raises:
        UnsupportedError: There is no such engine, or it has no address.
        MissingDependencyError: Ray is not installed.
        ConnectionError: There is no cluster at the address.
    """
    made = _made(engine, workers=workers, address=address, name=name)
    try:
        yield made
    finally:
        made.close()


def _made(engine: Choice, *, workers: int | None, address: str | None, name: str) -> Engine:
    if isinstance(engine, str) and engine not in NAMES:
        raise UnsupportedError(f"engine {engine!r}; there are {', '.join(NAMES)}, and any concurrent.futures.Executor")
    if address is not None and engine != "ray":
        raise UnsupportedError(f"an address is of a Ray cluster: give it with engine ray, or leave out {address!r}")
    options: dict[str, Any] = {"workers": max(1, workers) if workers else None}
    if isinstance(engine, Executor):
        module, options["executor"] = "given", engine
    else:
        module = engine
    if engine == "ray":
        options["address"] = address
    elif engine == "threads":
        options["name"] = name
    try:
        made: Engine = import_module(f"filmroll.packing.engines.{module}").start(**options)
    except ModuleNotFoundError as exc:
        if exc.name != "ray":
            raise
        raise MissingDependencyError("the engine ray needs Ray: pip install 'filmroll[ray]'") from exc
    return made
