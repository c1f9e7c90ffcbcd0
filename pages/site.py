"""Build the site of docs/ into build/site: `python -m pages.site`; a warning is an error.

Needs the extra of the docs: `pip install -e '.[docs]'`.
"""

import re
import subprocess
import sys
from pathlib import Path

from pages import CHECKOUT

SITE = Path("build", "site")
WARNINGS = re.compile(r"^(griffe: .*|mkdocstrings: .*|.*Warning:.*)$", re.MULTILINE)  # the first two are not counted


def build(root: Path = CHECKOUT) -> Path:
    """Build the site of a checkout anew; return its folder.

    Raises:
        RuntimeError: Something is wrong with a page or a docstring; the message has all that was said.
    """
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    if done.returncode or WARNINGS.search(said):
        raise RuntimeError(f"the site was not built:\n{said}")
    return root / SITE


if __name__ == "__main__":
    try:
        print(build())
    except RuntimeError as exc:
        sys.exit(str(exc))
