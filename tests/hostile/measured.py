"""What reading hostile files costs: in a process of its own, whose peak of memory is nobody else's."""

import json
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import json, os, re, resource, sys
from pathlib import Path
import filmroll
from filmroll import codecs
from filmroll.errors import Error

def spent_s():
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system

def peak_nbytes():
    status = Path("/proc/self/status")
    if status.is_file():  # ru_maxrss of Linux begins with the peak of the process that started this one
        return int(re.search(r"VmHWM:\\s*(\\d+) kB", status.read_text())[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

ACTIONS = {
    "decode": lambda path: codecs.decode(path.read_bytes()),
    "read": lambda path: [len(record) for record in filmroll.Reader(path)],
    "first": lambda path: filmroll.open(path)[0],
    "count": lambda path: sum(1 for sample in filmroll.open(path)),
    "inspect": lambda path: filmroll.inspect(path),
    "verify": lambda path: filmroll.verify(path, decode=True),
}
resource.setrlimit(resource.RLIMIT_AS, (6 << 30, 6 << 30))  # what goes wrong here must not take the machine along
found, begun_nbytes = {}, peak_nbytes()
for path in map(Path, sys.argv[2:]):
    begun = spent_s()
    try:
        ACTIONS[sys.argv[1]](path)
        outcome = "value"
    except Error as exc:
        outcome = type(exc).__name__
    children = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    found[path.name] = [outcome, spent_s() - begun, peak_nbytes() - begun_nbytes, children]
print(json.dumps(found))
"""


class Cost:
    """What came of one file: a value or the name of an error, seconds of the processor, bytes of the peak so far."""

    def __init__(self, outcome: str, seconds: float, nbytes: int, children_nbytes: int) -> None:
        self.outcome = outcome
        self.seconds = seconds
        self.nbytes = nbytes
        self.children_nbytes = children_nbytes

    def __repr__(self) -> str:
        return (
            f"{self.outcome} {self.seconds:.1f} s {self.nbytes / 2**20:.0f} MiB {self.children_nbytes / 2**20:.0f} MiB"
        )


def costs(action: str, *paths: Path) -> dict[str, Cost]:
    """Do something with files, one after the other; anything but a value or a documented error fails here."""
    command = [sys.executable, "-W", "error", "-c", PROGRAM, action, *map(str, paths)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return {name: Cost(*values) for name, values in json.loads(done.stdout).items()}
