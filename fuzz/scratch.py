"""A file for readers that want one: new for every input."""

import atexit
import shutil
import tempfile
from pathlib import Path


class Scratch:
    """One path whose file is replaced, never changed: an earlier map of it stays what it was."""

    def __init__(self, name: str) -> None:
        folder = tempfile.mkdtemp(prefix="filmroll-fuzz-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        self.path = Path(folder, name)

    def hold(self, data: bytes) -> Path:
        """Let the file hold these bytes, and return its path."""
        self.path.unlink(missing_ok=True)
        self.path.write_bytes(data)
        return self.path
