"""Environments: one virtual environment per requirements-NAME.txt, made when first needed, remade when stale."""

import hashlib
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parent
DEFAULT_ROOT = Path.home() / ".cache" / "filmroll-benchmarks"
INSTALL_TIMEOUT_S = 1800
STAMP = "filmroll-benchmarks.stamp"


class AbsentError(Exception):
    """A rival cannot be measured here; the message says why, without paths."""


def python_of(name: str, *, root: Path) -> Path:
    """Return the Python of an environment, made if it is absent or older than what it is made of.

    It is looked at once a process: sources that change meanwhile are measured the next time.

    Args:
        name: NAME of `requirements-NAME.txt`.
        root: Folder of all environments.

    Raises:
        AbsentError: Its packages cannot be installed.
    """
    found = _make(name, root)
    if isinstance(found, str):
        raise AbsentError(found)
    return found


@cache
def _make(name: str, root: Path) -> Path | str:
    """Make it if need be; return its Python, or why there is none."""
    folder = root / name
    python = folder / "bin" / "python" if sys.platform != "win32" else folder / "Scripts" / "python.exe"
    stamp = folder / STAMP
    wanted = fingerprint(name)
    if not (stamp.is_file() and stamp.read_text("utf-8") == wanted):
        print(f"making the environment of {name}", file=sys.stderr)
        shutil.rmtree(folder, ignore_errors=True)
        try:
            _install(python, folder, _requirements(name))
        except AbsentError as exc:
            return str(exc)
        stamp.write_text(wanted, "utf-8")
    return python


def fingerprint(name: str) -> str:
    """Return a digest of all that an environment is made of: Python, requirements, and sources where they say `.`."""
    digest = hashlib.sha256(sys.version.encode() + _requirements(name).read_bytes())
    if is_made_of_the_checkout(name):
        for path in [CHECKOUT / "pyproject.toml", *sorted((CHECKOUT / "src").rglob("*.py"))]:
            digest.update(path.relative_to(CHECKOUT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def is_made_of_the_checkout(name: str) -> bool:
    """Tell whether an environment has filmroll's own sources, with or without an extra: `.` or `.[simd]`."""
    return re.search(r"^\.(\[\w+\])?$", _requirements(name).read_text("utf-8"), re.MULTILINE) is not None


def _requirements(name: str) -> Path:
    return HERE / f"requirements-{name}.txt"


def _install(python: Path, folder: Path, requirements: Path) -> None:
    pip = [str(python), "-m", "pip", "install", "--quiet", "-r", str(requirements)]
    for command in ([sys.executable, "-m", "venv", str(folder)], pip):
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, cwd=CHECKOUT, timeout=INSTALL_TIMEOUT_S)
        except subprocess.CalledProcessError as exc:
            raise AbsentError(f"cannot be installed: {without_places(_complaint(exc.stderr))}") from exc
        except subprocess.TimeoutExpired as exc:
            raise AbsentError(f"not installed within {INSTALL_TIMEOUT_S} s") from exc


def _complaint(stderr: str) -> str:
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR:")]
    return (errors or lines or ["no reason was given"])[-1]


def without_places(text: str) -> str:
    """Take URLs and absolute paths out of a message: results say nothing of the machine but what it is."""
    text = re.sub(r"\w+://\S+", "URL", text)
    return re.sub(r"(?<![\w.])(?:[A-Za-z]:)?[/\\](?:[\w.+@-]+[/\\])+[\w.+@-]*", "PATH", text)[:300]


def site_packages_nbytes(python: Path) -> int:
    """Return the bytes of all files that an environment installed, less those of pip, setuptools and wheel."""
    command = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = Path(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())
    installers = re.compile(r"(pip|setuptools|wheel|_distutils_hack|pkg_resources|distutils-precedence)\b")
    folders = [path for path in site.iterdir() if not installers.match(path.name)]
    files = [file for path in folders for file in ([path] if path.is_file() else path.rglob("*"))]
    return sum(file.stat().st_size for file in files if file.is_file() and not file.is_symlink())
