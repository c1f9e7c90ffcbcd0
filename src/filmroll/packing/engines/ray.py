"""Tasks on a Ray cluster: one processor each, on any node; one whose node is lost is done again on another.

driver ── task ──> node, node, node ── result ──> driver
   └────── asks ──> Tally, an actor on the driver's node <── done so far ──┘

All nodes see the same files under the same names, and have the same filmroll.
"""

import logging
import math
import os
import socket
import time
import warnings
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from contextlib import suppress
from typing import Any

import ray
from ray import exceptions
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from filmroll.errors import MissingDependencyError, UnsupportedError
from filmroll.packing.engines.counter import Count, Part, StoppedError
from filmroll.packing.engines.engine import TRIES, do

TICK_S = 0.5
ANSWER_S = 5.0  # for a cluster to answer at all
PATIENCE_S = 30.0  # for tasks that were stopped
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))  # and no settings: RFC 9113, 3.4
SETTINGS = 4  # type of the frame that every HTTP/2 server answers with, and Ray's servers speak HTTP/2


class Tally:
    """How much is done of each task under way, and whether they are to stop."""

    def __init__(self) -> None:
        self._done: dict[int, int] = {}
        self._stopped = False

    def tell(self, number: int, done: int) -> bool:
        """Note what a task has done so far; tell it whether to stop."""
        self._done[number] = done
        return self._stopped

    def stop(self) -> None:
        """Let all tasks stop."""
        self._stopped = True

    def take(self) -> dict[int, int]:
        """Return what was told since the last time."""
        done, self._done = self._done, {}
        return done


class Teller:
    """What a task counts with: it tells the tally twice a second, and hears the answer the next time."""

    def __init__(self, tally: Any, number: int) -> None:
        self._tally, self._number = tally, number
        self._done, self._told_s = 0, -math.inf
        self._answer: Any = None

    def __call__(self, count: int = 1) -> None:
        """Count pictures that are done.

        Raises:
            StoppedError: Another task has failed, or the driver is gone.
        """
        self._done += count
        self.check()

    def check(self) -> None:
        """See that there is a reason to go on.

        Raises:
            StoppedError: There is none.
        """
        if time.monotonic() - self._told_s < TICK_S:
            return
        self._told_s = time.monotonic()
        if self._answer is not None and ray.wait([self._answer], timeout=0)[0]:
            self._hear()
        self._answer = self._tally.tell.remote(self._number, self._done)

    def _hear(self) -> None:
        """Stop where the tally says so: an interrupt that comes while a task begins is lost now and then."""
        try:
            stopped = ray.get(self._answer)
        except exceptions.ActorDiedError:  # and with it the driver
            stopped = True
        except exceptions.RayError:  # it is out of reach for now, the work goes on
            stopped = False
        if stopped:
            raise StoppedError

    def stop(self) -> None:
        """Stop nobody: the driver will."""


class Ray:
    """A cluster as an engine.

    Args:
        workers: Tasks at a time; None is as many as the cluster has processors.
        ends: Whether to leave the cluster in the end.
    """

    tick_s: float | None = TICK_S
    patience_s: float | None = PATIENCE_S

    def __init__(self, workers: int | None, *, ends: bool) -> None:
        self._ends = ends
        self.workers = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
        self.window = workers or 2 * self.workers  # the next ones wait there
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        self._tally: Any = ray.remote(Tally).options(num_cpus=0, scheduling_strategy=here).remote()
        self._remote: Any = ray.remote(_do).options(num_cpus=1, max_retries=TRIES - 1)
        self._parts: dict[int, tuple[Any, Part]] = {}
        self._count = 0

    def submit(self, work: Callable[[Any, Count], Any], task: Any, part: Part) -> "Future[Any]":
        """Hand over one task."""
        number, self._count = self._count, self._count + 1
        ref = self._remote.remote(work, task, self._tally, number, os.getcwd())
        self._parts[number] = ref, part
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()  # whether it is cancelled is up to the cluster

        def settle(told: "Future[Any]") -> None:
            self._parts.pop(number)
            error = told.exception()
            if error is None:
                future.set_result(told.result())
            else:
                future.set_exception(_translated(error, task))

        ref.future().add_done_callback(settle)
        return future

    def pass_on(self) -> None:
        """Count what the tasks have told."""
        with suppress(exceptions.RayError):  # it is only for the bar
            for number, done in ray.get(self._tally.take.remote(), timeout=ANSWER_S).items():
                if number in self._parts:
                    self._parts[number][1].tell(done)

    def stop(self) -> None:
        """Interrupt the tasks, and begin no others."""
        self._tally.stop.remote()
        for ref, _ in list(self._parts.values()):
            ray.cancel(ref, force=False)

    def restart(self) -> None:
        """Give up: the cluster does lost tasks again by itself."""
        raise ChildProcessError("the workers of the cluster were lost")

    def close(self) -> None:
        """Leave the cluster, if it was joined for this."""
        if self._ends:
            ray.shutdown()
        else:
            ray.kill(self._tally)


def start(*, workers: int | None, address: str | None) -> Ray:
    """Join a cluster; one that this process is part of already is used.

    Args:
        workers: Tasks at a time; None is as many as there are processors.
        address: "host:port" of its head, "ray://host:port" of a client server, or "auto"; None is what RAY_ADDRESS
            names or what runs here, else one of this machine alone, which ends with the work.

    Raises:
        ConnectionError: There is no cluster at the address.
        UnsupportedError: This process is part of another cluster.
    """
    if ray.is_initialized():
        own = ray.get_runtime_context().gcs_address
        if address not in (None, "auto", own):
            raise UnsupportedError(f"this process is part of the Ray cluster at {own}; leave out the address {address}")
        return Ray(workers, ends=False)
    named = address or os.environ.get("RAY_ADDRESS")
    if named and ":" in named:
        _require_answer(named)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Ray's, of its own future
            ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (OSError, ValueError, RuntimeError, SystemExit) as exc:  # it ends the process where it gives up
        raise _no_cluster(named or "on this machine", _first_line(exc)) from exc
    return Ray(workers, ends=True)


def _require_answer(address: str) -> None:
    """See that a server of the kind is there: Ray itself would try for two minutes, and end the process.

    Raises:
        ConnectionError: None is.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWER_S) as link:
            link.settimeout(ANSWER_S)
            link.sendall(PREFACE)
            answer = link.recv(9)
    except (OSError, ValueError, OverflowError) as exc:
        raise _no_cluster(address, getattr(exc, "strerror", None) or str(exc)) from exc
    if len(answer) < 4 or answer[3] != SETTINGS:
        raise _no_cluster(address, "what is there is something else")


def _no_cluster(address: str, why: str) -> ConnectionError:
    return ConnectionError(
        f"{address}: no Ray cluster answers ({why}); start one with 'ray start --head', or give its address"
    )


def _do(work: Callable[[Any, Count], Any], task: Any, tally: Any, number: int, folder: str) -> Any:
    """Do a task in a worker, which does one at a time; relative paths are the driver's, where its folder is there."""
    with suppress(OSError):
        os.chdir(folder)
    return do(work, task, Teller(tally, number))


def _translated(error: BaseException, task: Any) -> BaseException:
    """Return what a task raised, or what a lost node means."""
    if isinstance(error, exceptions.TaskCancelledError):
        return CancelledError()
    if "No module named 'filmroll" in str(error):
        return MissingDependencyError("every node of the cluster needs filmroll: pip install 'filmroll[ray]'")
    if isinstance(error, exceptions.RayTaskError):
        cause = error.cause
        return cause if isinstance(cause, BaseException) else error
    if isinstance(error, exceptions.RayError):
        place = getattr(task, "path", task)
        return ChildProcessError(f"workers were lost {TRIES} times at {place}: {_first_line(error)}")
    return error


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
