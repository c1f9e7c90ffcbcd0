"""Sessions: an engine, ready to repeat its task whenever it is its turn."""

import json
import os
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Protocol

from benchmarks import environments
from benchmarks.environments import AbsentError
from benchmarks.task import Engine, Job, Task

Answer = dict[str, Any]
TURN_TIMEOUT_S = 1200  # one that hangs is ended, and named absent


class Session(Protocol):
    """What turns are taken with; every method raises AbsentError if the engine cannot do it here."""

    versions: dict[str, str]

    def check(self) -> Answer:
        """Do the task once, as a warm-up; return what the content was."""

    def run(self) -> Answer:
        """Do the task once; return its `value` in the unit of the task, and its `peak_nbytes` if they are known."""

    def close(self) -> None:
        """End it."""


class WorkerSession:
    """An engine in a process of its own environment, which stays alive between its turns."""

    def __init__(self, task: Task, engine: Engine, *, python: Path, job: Job) -> None:
        self._factor = {"s": 1.0, "ms": 1e3}[task.unit]
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115
        self._process = subprocess.Popen(
            [str(python), "-P", "-m", f"benchmarks.engines.{engine.module}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
            env=_environment(),
        )
        try:
            self.versions: dict[str, str] = self._ask(json.dumps(job))["versions"]
        except AbsentError:
            self.close()
            raise

    def _ask(self, line: str) -> Answer:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        alarm = threading.Timer(TURN_TIMEOUT_S, self._process.kill)
        alarm.start()
        try:
            print(line, file=self._process.stdin, flush=True)
            answer = self._process.stdout.readline()
        except BrokenPipeError as exc:
            raise AbsentError(self._complaint()) from exc
        finally:
            alarm.cancel()
        if not answer:
            raise AbsentError(self._complaint())
        document: Answer = json.loads(answer)
        return document

    def _complaint(self) -> str:
        code = self._process.wait()
        self._errors.seek(0)
        lines = [line.strip() for line in self._errors if line.strip()]
        last = lines[-1] if lines and code > 0 else f"ended with exit code {code}"
        return f"failed: {environments.without_places(last)}"

    def check(self) -> Answer:
        """Warm up, untimed; return the content."""
        content: Answer = self._ask("check")["content"]
        return content

    def run(self) -> Answer:
        """Return the time of one repetition."""
        answer = self._ask("run")
        return {"value": answer["seconds"] * self._factor, "peak_nbytes": answer["peak_nbytes"]}

    def close(self) -> None:
        """Close the pipe, which ends the process; one that does not listen is killed."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.close()
            self._process.wait(timeout=20)
        except (subprocess.TimeoutExpired, OSError):
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._errors.close()


class CommandSession:
    """`python -c STATEMENT` as a whole process, from the start to the end, in milliseconds."""

    def __init__(self, engine: Engine, *, python: Path) -> None:
        self._command = [str(python), "-P", "-c", engine.options["statement"]]
        self.versions = installed_versions(python, engine.options["distribution"])

    def check(self) -> Answer:
        """Run it once: byte code is compiled, files are in the page cache."""
        self.run()
        return {}

    def run(self) -> Answer:
        """Run it once."""
        start = time.perf_counter()
        done = subprocess.run(self._command, check=False, capture_output=True, text=True, env=_environment())
        milliseconds = (time.perf_counter() - start) * 1e3
        if done.returncode:
            raise AbsentError(f"failed: {environments.without_places((done.stderr.splitlines() or ['?'])[-1])}")
        return {"value": milliseconds}

    def close(self) -> None:
        """Nothing is open."""


class SizeSession:
    """Megabytes (10**6 bytes) that an environment takes on disk, without pip and setuptools."""

    def __init__(self, engine: Engine, *, python: Path) -> None:
        self._python = python
        self.versions = installed_versions(python, engine.options["distribution"])

    def check(self) -> Answer:
        """Need no warm-up."""
        return {}

    def run(self) -> Answer:
        """Add up the sizes of the files."""
        return {"value": environments.site_packages_nbytes(self._python) / 1e6}

    def close(self) -> None:
        """Nothing is open."""


def start(task: Task, engine: Engine, *, root: Path, job: Job) -> Session:
    """Make the environment if need be, and start a session of the task's kind in it.

    Raises:
        AbsentError: It cannot be installed, imported or started here.
    """
    python = environments.python_of(engine.environment, root=root)
    if task.session == "command":
        return CommandSession(engine, python=python)
    if task.session == "size":
        return SizeSession(engine, python=python)
    return WorkerSession(task, engine, python=python, job=job)


def installed_versions(python: Path, distribution: str) -> dict[str, str]:
    """Return {distribution: version} as installed there.

    Raises:
        AbsentError: It is not installed there.
    """
    code = f"from importlib.metadata import version; print(version({distribution!r}))"
    done = subprocess.run([str(python), "-c", code], check=False, capture_output=True, text=True)
    if done.returncode:
        raise AbsentError(f"{distribution} is not installed in its environment")
    return {distribution: done.stdout.strip()}


def _environment() -> dict[str, str]:
    """Workers find this package and no other folder; TensorFlow and DALI keep quiet and to the processor."""
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "PYTHONPATH": str(environments.CHECKOUT)}
    return {**os.environ, **quiet}
