"""`python -m release.floor [TEST ...]`: the tests, with the oldest versions that pyproject.toml admits.

A new environment gets filmroll with its extras, and of each package that it names the lowest version. Peers that
would bring newer ones along (TensorFlow, torch, datasets) are not in it, and tests that want them are left out.
"""

import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable
from pathlib import Path

from packaging.requirements import Requirement

from release.environment import CHECKOUT, NOT_FOR_USERS, new_python

LEFT_OUT = NOT_FOR_USERS | {"ray"}  # which brings hundreds of megabytes of other people's packages
TESTING = ("hypothesis", "protobuf", "pytest", "pytest-xdist")
TESTS = tuple(
    f"tests/{layer}"
    for layer in [
        "cli",
        "codecs",
        "converting",
        "dialects",
        "loading",
        "messages",
        "packing",
        "records",
        "repairing",
        "sources",
        "verification",
    ]
)
IGNORED = (
    "tests/cli/test_docs.py",  # the help as the newest click lays it out
    "tests/loading/test_jax.py",
    "tests/loading/test_ray.py",
    "tests/loading/test_torch.py",
    "tests/packing/engines",
    "tests/packing/test_engines.py",
    "tests/records/test_tfrecord_package.py",
)
PEERS = "not (webdataset or datasets or grain or browser)"  # in the names of tests that want them


def main(tests: list[str]) -> int:
    """Install, and run the tests named, or those of most layers."""
    extras, needed = requirements()
    with tempfile.TemporaryDirectory(prefix="filmroll-floor-") as folder:
        python = new_python(Path(folder) / "venv")
        constraints = Path(folder) / "constraints.txt"
        constraints.write_text("\n".join(lowest(needed)), "utf-8")
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--constraint", constraints]
        subprocess.run([*pip, f"{CHECKOUT}[{','.join(extras)}]", *TESTING], check=True)
        ignored = [f"--ignore={path}" for path in IGNORED]
        pytest = [python, "-m", "pytest", "-n", "auto", "-W", "ignore::DeprecationWarning", "-k", PEERS, *ignored]
        env = {name: value for name, value in os.environ.items() if name != "CI"}  # where all peers must be there
        return subprocess.run([*pytest, *(tests or TESTS)], cwd=CHECKOUT, env=env, check=False).returncode


def requirements() -> tuple[list[str], list[str]]:
    """Return the extras that are tried, and all that they and filmroll itself need."""
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = {name: needed for name, needed in project["optional-dependencies"].items() if name not in LEFT_OUT}
    return list(extras), [*project["dependencies"], *(one for needed in extras.values() for one in needed)]


def lowest(needed: Iterable[str]) -> list[str]:
    """Return constraints that admit the lowest version alone that each requirement admits.

    Raises:
        ValueError: A requirement names no lowest version.
    """
    found = []
    for text in needed:
        requirement = Requirement(text)
        least = [one.version for one in requirement.specifier if one.operator == ">="]
        if len(least) != 1:
            raise ValueError(f"{text}: expected a lowest version, as in {requirement.name}>=1.0")
        found.append(f"{requirement.name}=={least[0]}")
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
