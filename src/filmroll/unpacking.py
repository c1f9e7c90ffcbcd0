"""Records back into picture files: encoded pictures byte for byte, arrays as PNG where they fit, else NPY."""

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from filmroll import atomic, codecs, dataset
from filmroll.errors import Error, SourceError
from filmroll.records import storage
from filmroll.records.kinds import Choice
from filmroll.remote.path import path_of
from filmroll.sample import Sample

Progress = Callable[[int, int], None]
SUFFIX_OF = {"jpeg": ".jpg", "tiff": ".tif", "pnm": ".ppm"}
NAME_LIMIT_NBYTES = (
    220  # file systems take 255; a suffix, a number and what is beside the name while it is written are added
)
PATH_LIMIT_NBYTES = 2000  # of a key; systems take 4096 in all
UNSAFE = {chr(code) for code in range(32)} | (set('<>:"|?*') if os.name == "nt" else set())


@dataclass(slots=True)
class Unpacked:
    """What an unpack wrote.

    Attributes:
        read: Records read.
        written: Picture files written.
        skipped: Record number -> why it gave no picture.
        folder: Where the files are.
    """

    folder: Path
    read: int = 0
    written: int = 0
    skipped: dict[int, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the counts as plain JSON values."""
        return {
            "read": self.read,
            "written": self.written,
            "skipped": [{"record": number, "why": why} for number, why in self.skipped.items()],
            "folder": str(self.folder),
        }


def unpack(
    paths: storage.Paths,
    dest: str | os.PathLike[str],
    *,
    dialect: str | None = None,
    compression: Choice = "auto",
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Unpacked:
    """Write the pictures of records as files, under the names and in the class folders that the records tell.

    Args:
        paths: A file, a pattern (`train-*.tfrecord`), a folder, or several of these.
        dest: Folder for the pictures; it is made. No name in a record leads out of it.
        dialect: How the features are named; None finds out.
        compression: "gzip", "zlib", None, or "auto" to tell it by each file's first bytes.
        overwrite: Replace files that are already there.
        progress: Called with the records done and their number.

    Returns:
        Counts, and the records that gave no picture.

    Raises:
        SourceError: No record holds a picture.
        FileExistsError: A file is there already, and `overwrite` is False.
        ChecksumError, TruncatedError: A record is damaged; the pictures before it are written.
        FormatError: A file is damaged, or something else than records.
        UnsupportedError: There is no such dialect or compression, or a URL is of no store that is known.
        MissingDependencyError: The records need an extra that is not installed.
    """
    dest = path_of(dest)
    with dataset.open(paths, dialect=dialect, compression=compression) as roll:
        if roll.message_kind is None:
            raise SourceError("the records are no Examples, there is no picture to find in them", path=roll.paths[0])
        report, names = Unpacked(dest), _Names()
        total = len(roll)
        for place, record in roll.records():
            try:
                sample = roll.to_sample(place, roll.parse(place, record))
                name, data = _file_of(sample, number=report.read)
            except Error as exc:
                report.skipped[report.read] = exc.message
            else:
                _write(dest / names.free(name), data, overwrite=overwrite)
                report.written += 1
            report.read += 1
            if progress is not None:
                progress(report.read, total)
        if report.written == 0:
            why = next(iter(report.skipped.values()), "; ".join(roll.match.why) if total else "there is no record")
            raise SourceError(f"no picture in its {total} records: {why}", path=roll.paths[0])
    return report


def _file_of(sample: Sample, *, number: int) -> tuple[PurePosixPath, Any]:
    """Return the name and the bytes of a sample's picture file."""
    if not sample.has_image:
        raise SourceError("the record holds no picture")
    if sample.array is None:
        data = sample.encoded
        suffix = SUFFIX_OF.get(sample.header.format, f".{sample.header.format}")
    else:
        suffix, data = _encode(sample.array)
    name = _safe(sample.key) or PurePosixPath(f"{number:08d}{suffix}")
    if codecs.format_of(name.name) is None:
        name = name.with_name(name.name + suffix)
    elif sample.array is not None:
        name = name.with_suffix(suffix)
    if len(name.parts) == 1 and (sample.text or sample.label is not None):
        name = (_safe((sample.text or str(sample.label)).replace("/", "_")) or PurePosixPath()) / name
    return name, data


def _encode(array: np.ndarray[Any, Any]) -> tuple[str, bytes]:
    is_picture = array.dtype in (np.uint8, np.uint16) and (
        array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 2, 3, 4))
    )
    format = "png" if is_picture and array.size else "npy"
    return f".{format}", codecs.encode(np.ascontiguousarray(array), format)


def _safe(key: str) -> PurePosixPath | None:
    """Make a relative path of a key: nothing absolute, no "..", nothing that the file system refuses.

    Of a path that is too long the folders above are left out.
    """
    parts = [_safe_part(part) for part in key.replace("\\", "/").split("/") if part.strip(". ")]
    lengths = accumulate(len(os.fsencode(part)) + 1 for part in reversed(parts))
    fitting = sum(length <= PATH_LIMIT_NBYTES for length in lengths)
    return PurePosixPath(*parts[-fitting:]) if parts else None


def _safe_part(part: str) -> str:
    kept = "".join("_" if char in UNSAFE else char for char in part)
    return kept if len(os.fsencode(kept)) <= NAME_LIMIT_NBYTES else kept[-NAME_LIMIT_NBYTES // 4 :]


class _Names:
    """Gives each picture a name of its own: the second `a.jpg` becomes `a-1.jpg`; a picture is no folder of another."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._folders: set[str] = set()
        self._numbers: dict[str, int] = {}  # the last one behind each name: thousands may have the same

    def free(self, name: PurePosixPath) -> PurePosixPath:
        for above in name.parents:
            if _folded(above) in self._files:
                name = above.parent / name.name
        free, count = name, self._numbers.get(_folded(name), 0)
        while _folded(free) in self._files or _folded(free) in self._folders:
            count += 1
            free = name.with_name(f"{name.stem}-{count}{name.suffix}")
        self._numbers[_folded(name)] = count
        self._files.add(_folded(free))
        self._folders.update(map(_folded, free.parents))
        return free


def _folded(name: PurePosixPath) -> str:
    return str(name).casefold()  # some file systems know no case


def _write(path: Path, data: Any, *, overwrite: bool) -> None:
    if path.exists() and not overwrite:
        raise FileExistsError(errno.EEXIST, "there already; choose an empty folder, or say --overwrite", str(path))
    atomic.make_folder(path.parent)
    with atomic.writing(path, sync=False) as file:
        file.write(data)
