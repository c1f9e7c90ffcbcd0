"""One target, fuzzed in a process of its own: `python -m fuzz.harness TARGET CPU_SECONDS FOLDER`.

Only filmroll and the pure Python that it parses with are instrumented; the C behind them is driven, not traced. Seconds
are those of the processor, so a busy machine or a stopped process takes nothing from a target, and no pause looks like
a hang. What is found is kept as a file and does not end the run, but what ends the process: the input of the moment
lies in a mapped file, where `fuzz.__main__` finds it.
"""

import contextlib
import json
import mmap
import os
import pkgutil
import signal
import struct
import sys
import time
import traceback
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import atheris

from fuzz import seeds

INSTRUMENTED = ["filmroll", "PIL.BmpImagePlugin", "PIL.PpmImagePlugin", "PIL.TiffImagePlugin", "PIL.GifImagePlugin"]
INSTRUMENTED += ["tarfile", "pickletools"]
LAZY = ["filmroll.codecs", "filmroll.dialects"]  # whose modules are imported when one is needed: too late to be traced
HANG_S = 10  # of the processor, then the system ends the process
SLOW_S = 2
MEMORY_NBYTES = 2**28  # that one input may add to the peak; what is instrumented leaks a little, in all more than that
MAX_NBYTES = 2**14
CURRENT = "current"
RESULT = "result.json"
LENGTH = struct.Struct("<Q")


class Run:
    """What is counted while a target is fuzzed.

    Args:
        check: Is called with each input.
        folder: Where findings and the result go.
        cpu_s: How long, in seconds of the processor, children included.
    """

    def __init__(self, check: Callable[[bytes], None], *, folder: Path, cpu_s: float) -> None:
        self.executions = 0
        self.slowest_s = 0.0
        self.memory_nbytes = 0
        self._peak_nbytes = _peak_nbytes()
        self.found: dict[str, str] = {}
        self._check = check
        self._folder = folder
        self._begun_s = _cpu_s()
        self._cpu_s = cpu_s
        with open(folder / CURRENT, "w+b") as file:
            file.truncate(LENGTH.size + 2**20)
            self._current = mmap.mmap(file.fileno(), 0)

    def one(self, data: bytes) -> None:
        """Check one input, and end the process when the time is over."""
        LENGTH.pack_into(self._current, 0, len(data))
        self._current[LENGTH.size : LENGTH.size + len(data)] = data
        signal.setitimer(signal.ITIMER_PROF, HANG_S)
        begun = time.process_time()
        try:
            self._check(data)
        except Exception as exc:
            self._keep(_where(exc), data)
        ended = time.process_time()
        self.executions += 1
        if ended - begun > self.slowest_s:
            self.slowest_s = ended - begun
            if self.slowest_s > SLOW_S:
                self._keep(f"slower than {SLOW_S} s of the processor", data)
        peak_nbytes = _peak_nbytes()
        if peak_nbytes - self._peak_nbytes > self.memory_nbytes:
            self.memory_nbytes = peak_nbytes - self._peak_nbytes
            if self.memory_nbytes > MEMORY_NBYTES:
                self._keep(f"more than {MEMORY_NBYTES} bytes of memory", data)
        self._peak_nbytes = peak_nbytes
        if self.executions % 16 == 0 and self._spent_s() > self._cpu_s:
            self.write()
            os.kill(os.getpid(), signal.SIGUSR1)  # libFuzzer prints what it covered, and ends

    def _keep(self, what: str, data: bytes) -> None:
        if what not in self.found:
            self.found[what] = name = f"finding-{len(self.found)}"
            (self._folder / name).write_bytes(data)
            print(f"FOUND {what}: {name}", file=sys.stderr, flush=True)

    def _spent_s(self) -> float:
        return _cpu_s() - self._begun_s

    def write(self) -> None:
        """Write what was counted."""
        result = {
            "executions": self.executions,
            "cpu_s": round(self._spent_s(), 1),
            "slowest_s": round(self.slowest_s, 3),
            "memory_nbytes": self.memory_nbytes,
            "found": self.found,
        }
        (self._folder / RESULT).write_text(json.dumps(result))


def _peak_nbytes() -> int:
    # not getrusage: that begins with the peak of the process it was started from
    with open("/proc/self/status", "rb") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(b"VmHWM:")) * 1024


def _cpu_s() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _where(exc: Exception) -> str:
    """Name an exception by the line of filmroll that it passed last."""
    ours = [frame for frame in traceback.extract_tb(exc.__traceback__) if "filmroll" in frame.filename]
    place = f" at {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
    return f"{type(exc).__name__}{place}: {str(exc)[:120]}"


def load(target: str) -> ModuleType:
    """Import a target, and with it what it parses with, instrumented."""
    with (
        open(os.devnull, "w") as silent,
        contextlib.redirect_stderr(silent),  # where it would name each function
        atheris.instrument_imports(include=INSTRUMENTED),
    ):
        for package in LAZY:
            for module in pkgutil.iter_modules(import_module(package).__path__):
                import_module(f"{package}.{module.name}")
        return import_module(f"fuzz.targets.{target}")


def main(target: str, cpu_s: str, folder: str) -> Any:
    """Fuzz one target until its time is over."""
    module = load(target)
    corpus = Path(folder, "corpus")
    corpus.mkdir(exist_ok=True)
    longest = getattr(module, "MAX_NBYTES", MAX_NBYTES)
    for number, data in enumerate(seeds.of(module, max_nbytes=longest)):
        (corpus / f"seed-{number:04d}").write_bytes(data)
    run = Run(module.check, folder=Path(folder), cpu_s=float(cpu_s))
    options = [
        f"-max_len={longest}",
        "-timeout=100000",
        "-rss_limit_mb=0",
        "-seed=1",
        "-print_final_stats=1",
        "-verbosity=1",
    ]
    atheris.Setup([sys.argv[0], str(corpus), *options, f"-artifact_prefix={folder}/"], run.one, internal_libfuzzer=True)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
