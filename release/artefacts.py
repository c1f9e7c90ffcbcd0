"""Sdist and wheel: how they are built, and what must and must not be in them."""

import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path

MAX_WHEEL_NBYTES = 2_000_000
TYPED = "filmroll/py.typed"
COMMAND = "filmroll = filmroll.__main__:main"
SOURCES = ("src/", "tests/", "docs/", "examples/")  # of the sdist, besides the files at the top


@dataclass(frozen=True, slots=True)
class Artefacts:
    """What was built: two files."""

    sdist: Path
    wheel: Path


def build(checkout: Path, dist: Path, *, isolated: bool = True) -> Artefacts:
    """Build the sdist, and the wheel out of the sdist.

    Args:
        checkout: The project.
        dist: Folder for both; what stands in it goes.
        isolated: Fetch the backend into an environment of its own; else the one that is installed is used.
    """
    shutil.rmtree(dist, ignore_errors=True)
    how = () if isolated else ("--no-isolation",)
    subprocess.run([sys.executable, "-m", "build", *how, "--outdir", dist, checkout], check=True, capture_output=True)
    [sdist], [wheel] = dist.glob("*.tar.gz"), dist.glob("*.whl")
    return Artefacts(sdist, wheel)


def faults(built: Artefacts) -> list[str]:
    """Say what is wrong with sdist and wheel; nothing where both are as they should be."""
    return [*_twine(built), *wheel_faults(built.wheel), *sdist_faults(built.sdist, built.wheel)]


def _twine(built: Artefacts) -> list[str]:
    command = [sys.executable, "-m", "twine", "check", "--strict", built.sdist, built.wheel]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else [f"twine: {done.stdout}{done.stderr}"]


def wheel_faults(wheel: Path) -> list[str]:
    """Say what a wheel holds that it should not, and what it lacks."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        information = next(name.split("/")[0] for name in names if ".dist-info/" in name)
        metadata = Parser().parsestr(archive.read(f"{information}/METADATA").decode())
        commands = archive.read(f"{information}/entry_points.txt").decode()
    found = [f"{name} is in the wheel" for name in names if not name.startswith(("filmroll/", f"{information}/"))]
    found += [f"{name} is in the wheel" for name in names if name.endswith((".pyc", ".tfrecord", ".jpg", ".orig"))]
    found += [f"{TYPED} is not in the wheel"] * (TYPED not in names)
    found += [f"no command {COMMAND!r}"] * (COMMAND not in commands)
    found += ["no licence file"] * (f"{information}/licenses/LICENSE" not in names)
    if metadata["Version"] != wheel.name.split("-")[1]:
        found.append(f"the version is {metadata['Version']} inside of {wheel.name}")
    if wheel.stat().st_size > MAX_WHEEL_NBYTES:
        found.append(f"the wheel has {wheel.stat().st_size:,} bytes, above {MAX_WHEEL_NBYTES:,}")
    return found


def sdist_faults(sdist: Path, wheel: Path) -> list[str]:
    """Say what an sdist lacks, and which files of the wheel are not out of it."""
    with tarfile.open(sdist) as archive:
        names = {member.name.partition("/")[2]: member for member in archive.getmembers() if member.isfile()}
        contents = {name: archive.extractfile(member).read() for name, member in names.items() if name[:4] == "src/"}
    found = [
        f"{folder} is not in the sdist" for folder in SOURCES if not any(name.startswith(folder) for name in names)
    ]
    found += [
        f"{name} is in the sdist" for name in names if "__pycache__" in name or name.startswith(("build/", "dist/"))
    ]
    with zipfile.ZipFile(wheel) as archive:
        ours = [name for name in archive.namelist() if name.startswith("filmroll/")]
        found += [f"{name} of the wheel differs" for name in ours if contents.get(f"src/{name}") != archive.read(name)]
    return found
