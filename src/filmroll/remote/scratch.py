"""Where a file is written before it goes up to a store: a folder of this process under `TMPDIR`, gone when it ends."""

import atexit
import os
import shutil
import tempfile
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path


def path_for(url: str, name: str) -> Path:
    """Return where a file is written on its way to a store: the same place each time, of this process alone."""
    return _folder(os.getpid()) / blake2b(url.encode(), digest_size=8).hexdigest() / name


@lru_cache(maxsize=1)
def _folder(process: int) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="filmroll-"))
    atexit.register(_remove, folder, process)
    return folder


def _remove(folder: Path, process: int) -> None:
    if os.getpid() == process:  # and not one that was forked from it
        shutil.rmtree(folder, ignore_errors=True)
