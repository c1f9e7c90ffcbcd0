"""The machine, as far as results depend on it: no names of hosts or users, no paths."""

import os
import platform
import re
import subprocess
from pathlib import Path

from benchmarks.workshop import CHECKOUT


def describe() -> dict[str, str | int | float | None]:
    """Return its processor, cores, memory, system and Python."""
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "memory_gb": memory_gb(),
        "system": f"{platform.system()} {platform.release().split('-')[0]} {platform.machine()}",
        "libc": " ".join(platform.libc_ver()).strip() or None,
        "python": platform.python_version(),
    }


def commit() -> str | None:
    """Return the commit of the checkout, `+` if files of the package differ from it; None outside of a repository."""
    revision = _git("rev-parse", "--short=10", "HEAD")
    return revision and revision + ("+" if _git("status", "--porcelain", "--", "src", "pyproject.toml") else "")


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], check=True, capture_output=True, text=True, cwd=CHECKOUT)
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def processor() -> str:
    """Return the model of the processor."""
    try:
        found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text("utf-8"), re.MULTILINE)
    except OSError:
        found = None
    return found.group(1).strip() if found else platform.processor() or platform.machine()


def memory_gb() -> float | None:
    """Return the installed memory in 10**9 bytes; None where the system does not say."""
    try:
        return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9, 1)
    except (AttributeError, ValueError, OSError):
        return None
