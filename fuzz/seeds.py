"""What a target begins with: small real files, where there are any, and what it makes itself."""

import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

MOST = 400  # seeds of a target
CHECKOUT = Path(__file__).resolve().parent.parent


def folder() -> Path | None:
    """Return the folder of real files: FILMROLL_TEST_DATA, or ../shared/data beside the checkout."""
    named = os.environ.get("FILMROLL_TEST_DATA")
    path = Path(named) if named else CHECKOUT.parent / "shared" / "data"
    return path if path.is_dir() else None


def of(target: ModuleType, *, max_nbytes: int) -> Iterator[bytes]:
    """Yield the seeds of a target: what it makes, then the smallest of its real files."""
    yield from (data[:max_nbytes] for data in target.seeds())
    root = folder()
    if root is None:
        return
    files = {path for pattern in target.SEEDS for path in root.glob(pattern) if path.is_file()}
    small = sorted((path.stat().st_size, path) for path in files)
    yield from (path.read_bytes() for nbytes, path in small[:MOST] if nbytes <= max_nbytes)
