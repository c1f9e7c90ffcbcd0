"""The command: fuzz some or all targets, say what was found, and keep it if asked to."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from fuzz import harness, page

TARGETS = sorted(path.stem for path in Path(__file__).parent.joinpath("targets").glob("[a-z]*.py"))
SHARED_MEMORY = Path("/dev/shm")  # where the system has it
SIGNALS = {-27: "took longer than 10 s of the processor", -11: "crashed", -6: "aborted", -9: "was killed"}


def main() -> int:
    """Fuzz; the exit code is 1 where anything was found."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description="Fuzz the parsers; see docs/fuzzing.md.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=float, default=60, help="of the processor, for all together (60)")
    parser.add_argument("--each", action="store_true", help="--seconds for each instead")
    parser.add_argument("--keep", type=Path, help="a folder for inputs that were found")
    parser.add_argument("--save", action="store_true", help="keep the figures in fuzz/results.json and docs/fuzzing.md")
    given = parser.parse_args()
    targets = given.targets or TARGETS
    unknown = set(targets) - set(TARGETS)
    if unknown:
        parser.error(f"no target {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    seconds = given.seconds if given.each else given.seconds / len(targets)
    failed = False
    for target in targets:
        result = fuzz(target, cpu_s=seconds, keep=given.keep)
        print(page.line(target, result), flush=True)
        for what, name in result["found"].items():
            print(f"    {name}: {what}", flush=True)
        failed |= bool(result["found"])
        if given.save:
            page.save(target, result)
    return int(failed)


def fuzz(target: str, *, cpu_s: float, keep: Path | None = None) -> dict[str, Any]:
    """Fuzz one target in a process of its own.

    Args:
        target: Its name.
        cpu_s: How long, in seconds of the processor.
        keep: Where inputs that were found go.

    Returns:
        executions, cpu_s, coverage (places in the instrumented code), slowest_s, memory_nbytes, and found: what ->
        the file that holds the input.
    """
    memory = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="filmroll-fuzz-", dir=memory) as name:
        folder = Path(name)
        command = [sys.executable, "-m", "fuzz.harness", target, str(cpu_s), name]
        environment = {**os.environ, "TMPDIR": name}  # libFuzzer ends the process without removing anything
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", env=environment, check=False)
        result = _result(folder, done)
        result["coverage"] = _coverage(done.stderr)
        _keep(folder, result, target=target, keep=keep)
    return result


def _result(folder: Path, done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    if (folder / harness.RESULT).exists():
        found: dict[str, Any] = json.loads((folder / harness.RESULT).read_text())
        return found
    current = (folder / harness.CURRENT).read_bytes() if (folder / harness.CURRENT).exists() else b""
    if not current:
        raise RuntimeError(f"the target did not start:\n{done.stderr[-3000:]}")
    nbytes = harness.LENGTH.unpack_from(current)[0]
    (folder / "finding-last").write_bytes(current[harness.LENGTH.size : harness.LENGTH.size + nbytes])
    how = SIGNALS.get(done.returncode, f"ended with {done.returncode}: {done.stderr[-500:]}")
    unknown = {"executions": 0, "cpu_s": 0.0, "slowest_s": 0.0, "memory_nbytes": 0}
    return {**unknown, "found": {f"the process {how}": "finding-last"}}


def _coverage(log: str) -> int:
    counts = [line.partition(" cov: ")[2].split()[0] for line in log.splitlines() if " cov: " in line]
    return int(counts[-1]) if counts else 0


def _keep(folder: Path, result: dict[str, Any], *, target: str, keep: Path | None) -> None:
    for name in result["found"].values() if keep else ():
        assert keep is not None
        keep.mkdir(parents=True, exist_ok=True)
        (keep / f"{target}-{name}").write_bytes((folder / name).read_bytes())


if __name__ == "__main__":
    sys.exit(main())
