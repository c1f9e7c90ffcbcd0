"""A new environment with the wheel and nothing else, or with one extra, and what was tried in it."""

import json
import subprocess
import sys
import time
import tomllib
import venv
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[1]
SMOKE = Path(__file__).parent / "smoke.py"
NOT_FOR_USERS = {"docs", "test"}
EXTRAS = tuple(
    name
    for name in tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    if name not in NOT_FOR_USERS
)


@dataclass(frozen=True, slots=True)
class Environment:
    """What was found in one environment.

    Attributes:
        extra: The extra, None for the core alone.
        works: Whether everything that was tried worked.
        tried: What was tried.
        output: What was printed, where it did not.
        packages: Name, version and licence of every package that came with filmroll.
        nbytes: Bytes of all of them and filmroll.
        install_s: Seconds until it was installed.
        smoke_s: Seconds of trying it.
    """

    extra: str | None
    works: bool
    tried: list[str]
    output: str
    packages: list[tuple[str, str, str]]
    nbytes: int
    install_s: float
    smoke_s: float


def new_python(folder: Path) -> Path:
    """Make a new environment, and return its interpreter."""
    venv.create(folder, with_pip=True)
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def tried(wheel: Path, extra: str | None, *, folder: Path) -> Environment:
    """Install a wheel into a new environment, with one extra or none, and try it there, far from the sources."""
    python = new_python(folder / "venv")
    wanted = f"{wheel}[{extra}]" if extra else str(wheel)
    began = time.perf_counter()
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wanted]
    subprocess.run(pip, check=True, stderr=subprocess.DEVNULL)
    installed = time.perf_counter()
    work = folder / "work"
    work.mkdir()
    command = [python, "-I", SMOKE, extra or "core"]
    done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
    ended = time.perf_counter()
    told = (
        json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {"tried": [], "packages": [], "nbytes": 0}
    )
    return Environment(
        extra=extra,
        works=done.returncode == 0,
        tried=told["tried"],
        output=done.stdout + done.stderr,
        packages=[tuple(one) for one in told["packages"]],
        nbytes=told["nbytes"],
        install_s=installed - began,
        smoke_s=ended - installed,
    )
