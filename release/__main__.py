"""`python -m release` checks everything and keeps what it found in docs/release.md and docs/licences.md."""

import argparse
import sys
import tempfile
from pathlib import Path

from release import artefacts, page
from release.environment import EXTRAS, tried

CHECKOUT = Path(__file__).parents[1]


def main() -> int:
    """Build, check, install, try, and write the pages; return 1 where something failed."""
    parser = argparse.ArgumentParser(prog="python -m release", description=main.__doc__)
    parser.add_argument("--dist", type=Path, default=CHECKOUT / "dist", help="where sdist and wheel go [dist/]")
    parser.add_argument("--only", nargs="*", choices=["core", *EXTRAS], help="try these environments alone; no pages")
    arguments = parser.parse_args()
    built = artefacts.build(CHECKOUT, arguments.dist)
    faults = artefacts.faults(built)
    for fault in faults:
        print(f"release: {fault}", file=sys.stderr)
    environments = []
    for extra in ["core", *EXTRAS] if arguments.only is None else arguments.only:
        with tempfile.TemporaryDirectory(prefix="filmroll-release-") as folder:
            done = tried(built.wheel, None if extra == "core" else extra, folder=Path(folder))
        print(page.row(done), flush=True)
        if not done.works:
            print(done.output, file=sys.stderr)
        environments.append(done)
    if arguments.only is None:
        page.write(CHECKOUT / "docs", built, environments)
    return 1 if faults or not all(done.works for done in environments) else 0


if __name__ == "__main__":
    sys.exit(main())
