"""The main job on pictures that filmroll draws itself: pack, inspect, verify, read back, compare sizes, look."""

import filecmp
import os
import tempfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from string import Template

from filmroll import atomic, codecs, dataset, inspection, sizing, unpacking
from filmroll.packing.pack import pack
from filmroll.packing.report import Report
from filmroll.sources.file import imwrite
from filmroll.verification.report import Verification
from filmroll.verification.verify import verify
from filmroll.view.contact_sheet import contact_sheet

DRAWINGS = ("leaf", "poster", "sun", "wave")
SHARDS = 2
# ground, ink, accent: each drawing is made once in each set of colours
COLOURS = (
    ("#7a1e1e", "#f4ead5", "#e0a526"),
    ("#14323f", "#e9f0ea", "#e2725b"),
    ("#26402b", "#f3efdc", "#c9a227"),
    ("#3a2a4d", "#efe6f2", "#7fb7a4"),
    ("#1d1d1f", "#f2f2f0", "#d1495b"),
    ("#5c3b1e", "#f7ecd9", "#4f7cac"),
)


@dataclass(frozen=True, slots=True)
class Demo:
    """What the demo did.

    Attributes:
        folder: The folder of everything below.
        pictures: The pictures that were drawn, a folder for each class.
        packed: The report of packing them.
        inspected: What the records hold.
        verified: Whether the records are whole.
        identical: Files that came back out of the records with the same bytes.
        sizes: What the poster costs in each form.
        contact_sheet: A PNG of all pictures.
    """

    folder: Path
    pictures: Path
    packed: Report
    inspected: inspection.Inspection
    verified: Verification
    identical: int
    sizes: sizing.Sizes
    contact_sheet: Path


def demo(folder: str | os.PathLike[str] | None = None) -> Demo:
    """Draw a folder of pictures and do the main job on it.

    Args:
        folder: Where to work; None makes a new temporary folder, which stays.

    Returns:
        What each step found.

    Raises:
        FileExistsError: The folder holds a demo already.
        OSError: It cannot be written.
    """
    folder = Path(tempfile.mkdtemp(prefix="filmroll-demo-") if folder is None else folder)
    pictures = folder / "pictures"
    draw_pictures(pictures)
    packed = pack(pictures, folder / "records" / "demo", shards=SHARDS)
    inspected = inspection.inspect(packed.shards)
    verified = verify(packed.shards, decode=True)
    unpacking.unpack(packed.shards, folder / "unpacked")
    poster = folder / "poster.svg"
    with atomic.writing(poster, sync=False) as file:
        file.write(draw("poster", 0))
    sheet = folder / "contact-sheet.png"
    with dataset.open(packed.shards) as roll:
        imwrite(sheet, contact_sheet(sorted(roll, key=lambda sample: sample.key), columns=len(COLOURS)))
    identical = count_identical(pictures, folder / "unpacked")
    return Demo(folder, pictures, packed, inspected, verified, identical, sizing.sizes(poster), sheet)


def draw_pictures(folder: Path) -> None:
    """Draw every drawing in every set of colours: posters and leaves as PNG, suns and waves as JPEG."""
    for name in DRAWINGS:
        (folder / name).mkdir(parents=True, exist_ok=True)
        suffix = "png" if name in ("poster", "leaf") else "jpg"
        for number in range(len(COLOURS)):
            imwrite(folder / name / f"{name}-{number}.{suffix}", codecs.decode(draw(name, number), channels=3))


def draw(name: str, number: int) -> bytes:
    """Return a drawing in one of the sets of colours, as SVG."""
    drawing = Template(resources.files(__name__).joinpath("drawings", f"{name}.svg").read_text("utf-8"))
    ground, ink, accent = COLOURS[number]
    return drawing.substitute(ground=ground, ink=ink, accent=accent, turn=9 * number - 20).encode()


def count_identical(folder: Path, other: Path) -> int:
    """Count the files that are in both folders, at the same place and with the same bytes."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    twins = [(path, other / path.relative_to(folder)) for path in files]
    return sum(twin.is_file() and filecmp.cmp(path, twin, shallow=False) for path, twin in twins)
