"""What is installed and whether it works: what to paste into a report of a fault."""

import os
import platform
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

import filmroll
from filmroll import codecs
from filmroll.records.tfrecord import Reader, Writer

NEEDED = ["click", "google-crc32c", "lmdb", "numpy", "pillow", "pyspng-seunglab", "resvg-py", "rich", "simplejpeg"]
EXTRAS = {
    "array-record": ("array_record",),
    "cloud": ("obstore",),
    "opencv": ("opencv-python-headless",),
    "optimize": ("pyguetzli", "pyjpegli", "zopfli"),
    "parquet": ("pyarrow",),
    "plot": ("matplotlib",),
    "ray": ("ray",),
    "simd": ("cykooz-resizer",),
    "view": ("jinja2", "starlette", "uvicorn"),
}
ADAPTERS = ("torch", "jax", "tensorflow", "tensorflow-cpu", "grain", "webdataset")  # that filmroll works with
ENCODED = ("jpeg", "png", "gif", "webp", "npy", "bmp", "pnm", "tiff", "avif")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4"/>'
GRAY = 128


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is installed and whether it works.

    Attributes:
        filmroll: Its version.
        python: Version, implementation, whether its threads share a lock, and where it is.
        system: Operating system, machine, processors that may be used, memory in bytes, encodings.
        packages: Those that filmroll needs -> version; None where one is absent.
        extras: Name of each extra -> its packages -> version; None where one is absent.
        adapters: Versions of frameworks that are there; none of them is imported.
        libraries: What the wheels were built with: versions, and the instructions that NumPy uses.
        checks: What was tried just now -> "ok", or what went wrong.
    """

    filmroll: str
    python: dict[str, str]
    system: dict[str, Any]
    packages: dict[str, str | None]
    extras: dict[str, dict[str, str | None]]
    adapters: dict[str, str]
    libraries: dict[str, str]
    checks: dict[str, str]

    @property
    def faults(self) -> dict[str, str]:
        """What does not work: packages that are absent, checks that failed."""
        absent = {name: "not installed" for name, version in self.packages.items() if version is None}
        return absent | {name: found for name, found in self.checks.items() if found != "ok"}

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain JSON values."""
        return {**asdict(self), "faults": self.faults}


def doctor() -> Diagnosis:
    """Find out what is installed, and try whether it works: every format, and a file of records.

    Returns:
        Versions, machine, and what was tried; nothing of what you store.
    """
    return Diagnosis(
        filmroll=filmroll.__version__,
        python=_python(),
        system=_system(),
        packages=_versions(NEEDED),
        extras={extra: _versions(names) for extra, names in EXTRAS.items()},
        adapters={name: version for name, version in _versions(ADAPTERS).items() if version is not None},
        libraries={name: found for name, look in LIBRARIES.items() if (found := _attempt(look)) is not None},
        checks=_checks(),
    )


def _versions(names: Sequence[str]) -> dict[str, str | None]:
    return {name: _version(name) for name in names}


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _python() -> dict[str, str]:
    locked = getattr(sys, "_is_gil_enabled", lambda: True)()
    return {
        "version": platform.python_version(),
        "implementation": platform.python_implementation(),
        "threads": "one at a time (GIL)" if locked else "free",
        "executable": sys.executable,
    }


def _system() -> dict[str, Any]:
    return {
        "platform": platform.platform(),
        "machine": platform.machine(),
        "processors": _processors(),
        "memory_nbytes": _memory_nbytes(),
        "file_names": sys.getfilesystemencoding(),
        "output": getattr(sys.stdout, "encoding", None),
    }


def _processors() -> int:
    """Count the processors that this process may use, which containers make fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory_nbytes() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows has no sysconf
        return None


def _simd() -> str:
    config: Any = np.show_config(mode="dicts")
    found = config["SIMD Extensions"]
    return " ".join([*found.get("baseline", ()), *found.get("found", ())])


def _pillow() -> str:
    from PIL import features

    names = ("libjpeg_turbo", "zlib_ng", "webp", "avif", "libtiff")
    return ", ".join(f"{name} {features.version(name)}" for name in names if features.version(name))


def _crc32c() -> str:
    import google_crc32c

    return str(google_crc32c.implementation)


def _lmdb() -> str:
    import lmdb

    return ".".join(map(str, lmdb.version()))


def _resvg() -> str:
    import resvg_py

    return str(resvg_py.__resvg_version__)


LIBRARIES: dict[str, Callable[[], str]] = {
    "NumPy's instructions": _simd,
    "in Pillow": _pillow,
    "CRC-32C in": _crc32c,
    "LMDB": _lmdb,
    "resvg": _resvg,
}


def _attempt(look: Callable[[], str]) -> str | None:
    try:
        return look()
    except Exception as exc:  # whatever a wheel raises that does not fit the machine: it is what is asked for
        return f"{type(exc).__name__}: {exc}"


def _checks() -> dict[str, str]:
    tried: dict[str, Callable[[], str]] = {name: lambda name=name: _round_trip(name) for name in ENCODED}  # type: ignore[misc]
    tried |= {"svg": _drawing, "records": _records}
    return {name: _attempt(check) or "ok" for name, check in tried.items()}


def _round_trip(name: str) -> str:
    image = np.full((8, 8, 3), GRAY, np.uint8)
    decoded = codecs.decode(codecs.encode(image, name), frames="first")
    return "ok" if np.abs(decoded.astype(int) - GRAY).max() <= 2 else "another picture came back"


def _drawing() -> str:
    return "ok" if codecs.decode(SVG).shape == (4, 4, 4) else "a drawing of another size"


def _records() -> str:
    with tempfile.TemporaryDirectory(prefix="filmroll-") as folder:
        path = Path(folder) / "doctor.tfrecord"
        with Writer(path) as writer:
            writer.write(SVG)
        with Reader(path) as reader:
            return "ok" if bytes(reader[0]) == SVG else "another record came back"
