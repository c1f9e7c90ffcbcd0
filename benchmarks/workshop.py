"""The workshop: where data for the tasks comes from and is kept, and how much of it there is."""

import os
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Workshop:
    """Folders and sizes of one session of measuring.

    Attributes:
        real: Folder of the real files (`photos`, `mnist`).
        folder: What the tasks make, and what engines write.
        quick: Small data, to try the harness; not for results.
    """

    real: Path
    folder: Path
    quick: bool = False

    def made(self, name: str) -> Path:
        """Return the path of something that is made once and used again; its folder exists."""
        path = self.folder / ("quick" if self.quick else "full") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def count(self, full: int, *, quick: int) -> int:
        """Choose a size."""
        return quick if self.quick else full


def find_real() -> Path:
    """Return the folder of real files: FILMROLL_TEST_DATA, or ../shared/data beside the checkout.

    Raises:
        FileNotFoundError: There is none.
    """
    named = os.environ.get("FILMROLL_TEST_DATA")
    path = Path(named) if named else CHECKOUT.parent / "shared" / "data"
    if not path.is_dir():
        raise FileNotFoundError("no ../shared/data beside the checkout, and FILMROLL_TEST_DATA is not set")
    return path
