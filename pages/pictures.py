"""Make docs/pictures: `python -m pages.pictures`. They are drawings of ours, as the tutorial's steps leave them."""

import shutil
import tempfile
from pathlib import Path

from pages import CHECKOUT, DOCS, workshop
from pages.example import Example

FOLDER = DOCS / "pictures"
ICON = "icon.svg"
DRAWN = {  # picture of docs/pictures -> where the walk leaves it
    "poster.png": "pictures/poster/poster-0.png",
    "channels.png": "made/channels.png",
    "jpeg.png": "made/jpeg.png",
    "contact-sheet.png": "made/contact-sheet.png",
}


def made(folder: Path) -> dict[str, Path]:
    """Return each picture's name and the file to copy, where the tutorial's walk was done in a folder."""
    icon = CHECKOUT / "src" / "filmroll" / "view" / "static" / ICON
    return {ICON: icon} | {picture: folder / path for picture, path in DRAWN.items()}


def main() -> None:
    """Walk in a new folder, and write every picture."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        workshop.furnish(Path(name))
        Example("examples/walk.py").run(Path(name))
        for picture, path in made(Path(name)).items():
            shutil.copyfile(path, FOLDER / picture)


if __name__ == "__main__":
    main()
