"""filmroll view --export: the pages of a sample of records as files, to send to somebody who has no filmroll.

    out/index.html  summary.html  record-0.html ...  view.css  view.js  icon.svg
    out/thumbnails/0.jpg    pictures/0.jpg    masks/0.png, 0-1.png    features/0-image-encoded.jpg

Pages and pictures are those of the server; an SVG is drawn, so that no script of a record is in any file.
"""

import errno
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from filmroll import atomic, codecs
from filmroll.buffer import Buffer
from filmroll.errors import Error, SourceError
from filmroll.records import storage
from filmroll.records.kinds import Choice
from filmroll.remote.path import path_of
from filmroll.view import pages, pictures, values
from filmroll.view.app import safe_name, static_files
from filmroll.view.catalogue import Catalogue
from filmroll.view.cataloguing import Cataloguing
from filmroll.view.entries import Entries, open_entries
from filmroll.view.entry import Entry
from filmroll.view.pages import Look, Neighbours
from filmroll.view.query import Query
from filmroll.view.thumbnails import thumbnail

SAMPLE = 200
LARGE_FEATURE_NBYTES = 1 << 20  # a feature above it stays behind, unless it is the picture
SUFFIXES = {type: codecs.FORMATS[name].suffixes[0] for name, type in pictures.TYPES.items()}
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    Attributes:
        index: The first page.
        records: Records that have a page.
        nbytes: Of all files.
    """

    index: Path
    records: int
    nbytes: int


@dataclass(slots=True)
class FileLinks:
    """Addresses of files beside each other; what was not written has none.

    Attributes:
        folder: Where the files are.
        written: Paths of files below it -> their bytes.
        features: Number of a record, name of a feature and of a value of it, from 0 -> path of its file.
        numbers: Records that have a page.
    """

    folder: Path
    written: dict[str, int] = field(default_factory=dict)
    features: dict[tuple[int, str, int], str] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)
    numbers: frozenset[int] = frozenset()
    is_live: bool = False

    def write(self, name: str, data: Buffer) -> None:
        """Write one file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic.writing(path, sync=False) as file:
            file.write(data)
        self.written[name] = len(data)

    def write_feature(self, number: int, name: str, index: int, data: Buffer, suffix: str) -> None:
        """Write the bytes of a feature; the names of several may look alike as names of files."""
        plain = f"features/{number}-{safe_name(name)}{f'-{index}' if index else ''}"
        free = (f"{plain}{f'-again-{count}' if count else ''}.{suffix}" for count in itertools.count())
        path = next(one for one in free if one.casefold() not in self._taken)  # some file systems know no case
        self._taken.add(path.casefold())
        self.features[number, name, index] = path
        self.write(path, data)

    def has(self, number: int) -> bool:
        """Whether a record has a page."""
        return number in self.numbers

    def sheet(self, query: Query, *, at: int | None = None) -> str:
        """Address of the sheet."""
        return "index.html"

    def summary(self) -> str:
        """Address of the summary."""
        return "summary.html"

    def record(self, number: int, query: Query, **look: str) -> str:
        """Address of a record's page."""
        return f"record-{number}.html"

    def thumbnail(self, number: int) -> str:
        """Address of a small picture."""
        return self._found(f"thumbnails/{number}.")

    def picture(self, number: int) -> str:
        """Address of the picture itself."""
        return self._found(f"pictures/{number}.")

    def mask(self, number: int, index: int | None = None) -> str:
        """Address of the mask of classes, or of the mask of one object, as an overlay."""
        return self._found(f"masks/{number}{'' if index is None else f'-{index}'}.")

    def feature(self, number: int, name: str, index: int | None) -> str:
        """Address of the bytes of a feature."""
        return self.features.get((number, name, index or 0), "")

    def static(self, name: str) -> str:
        """Address of the style sheet or the script."""
        return name

    def _found(self, beginning: str) -> str:
        return next(
            (name for name in (f"{beginning}{suffix}" for suffix in SUFFIXES.values()) if name in self.written), ""
        )


def export(
    paths: storage.Paths,
    dest: str | Path,
    *,
    limit: int = SAMPLE,
    dialect: str | None = None,
    compression: Choice = "auto",
    progress: Progress | None = None,
) -> Exported:
    """Write the sheet, the summary and the records of a sample as files that a browser opens.

    Args:
        paths: Record files, patterns or folders as for `filmroll.open`, or a folder of pictures.
        dest: Folder for the files; it must be empty, or absent.
        limit: Records in the sample, evenly spaced; all where there are not more.
        dialect: How the features are named; None finds out.
        compression: "gzip", "zlib", None, or "auto".
        progress: Called with (pages written, pages in all).

    Raises:
        FileNotFoundError, SourceError: There is nothing to look at.
        FileExistsError: The folder holds something.
    """
    folder = path_of(dest)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(errno.EEXIST, "the folder is to be empty, so that nothing is mixed", str(folder))
    entries = open_entries(paths, dialect=dialect, compression=compression)
    try:
        if not len(entries):
            raise SourceError("no records: there is nothing to look at", path=entries.paths[0])
        return _export(entries, FileLinks(folder), limit, progress or (lambda done, total: None))
    finally:
        entries.close()


def _export(entries: Entries, links: FileLinks, limit: int, progress: Progress) -> Exported:
    catalogue = Catalogue(len(entries), entries.label_names)
    Cataloguing(entries, catalogue).run()
    count = min(limit, len(entries))
    numbers = [place * len(entries) // count for place in range(count)]
    links.numbers = frozenset(numbers)
    for name, data in static_files().items():
        links.write(name, data)
    for place, number in enumerate(numbers):
        entry = entries[number]
        damage = _write_data(entry, links)
        around = Neighbours(
            place,
            count,
            numbers[place - 1] if place else None,
            numbers[place + 1] if place + 1 < count else None,
        )
        page = pages.record(entry, entries, Query(), look=Look(), links=links, neighbours=around, damage=damage)
        links.write(f"record-{number}.html", page.encode())
        progress(place + 1, count)
    links.write("summary.html", pages.summary(entries, catalogue, links=links).encode())
    sheet = pages.sheet(entries, catalogue, Query(), numbers=numbers, at=0, links=links, page=count)
    links.write("index.html", sheet.encode())
    return Exported(links.folder / "index.html", count, sum(links.written.values()))


def _write_data(entry: Entry, links: FileLinks) -> str | None:
    """Write the pictures, the masks and the features of one record; return why its picture cannot be decoded."""
    number, sample = entry.number, entry.sample
    for name, value in entry.features.items():
        for index in range(min(len(value), values.SHOWN_VALUES) if isinstance(value, list) else 1):
            if value is not None and len(value):
                data, suffix = values.download(value, index)
                if len(data) <= LARGE_FEATURE_NBYTES or data == sample.encoded:
                    links.write_feature(number, name, index, data, "bin" if suffix == "svg" else suffix)
    if not sample.has_image or entry.fault is not None:
        return None
    small = thumbnail(sample)
    links.write(f"thumbnails/{number}.{SUFFIXES[small.type]}", small.data)
    try:
        picture, type = pictures.served(sample, vectors=False)
        links.write(f"pictures/{number}.{SUFFIXES[type]}", picture)
        if sample.mask is not None:
            links.write(f"masks/{number}.png", pictures.class_overlay(sample.mask))
        for index, mask in enumerate((sample.boxes and sample.boxes.masks) or ()):
            links.write(f"masks/{number}-{index}.png", pictures.object_overlay(mask, index))
    except Error as exc:
        return exc.message
    return small.fault
