"""Which pictures are measured: some of a folder, a list or records, chosen by a seed, the same ones each time."""

import glob
import os
import random
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from filmroll import dataset
from filmroll.advising import picture
from filmroll.advising.picture import Picture
from filmroll.errors import Error, SourceError
from filmroll.remote.path import is_url, path_of
from filmroll.sample import Sample
from filmroll.sources import folder, kinds
from filmroll.sources.item import Item, file_at

Source = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
WHOLE_PIXELS = 2**20  # of a larger picture the middle is measured


@dataclass(slots=True)
class Chosen:
    """The pictures that are measured.

    Attributes:
        pictures: The pictures, in the order in which the seed chose them.
        count: Pictures of the source.
        unreadable: What was chosen and could not be decoded: where, and why.
    """

    pictures: list[Picture]
    count: int
    unreadable: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Numbered:
    """A source whose pictures are read by number.

    Attributes:
        count: Their number.
        name: Say where one is.
        read: Read one.
        close: Let go of its files.
    """

    count: int
    name: Callable[[int], str]
    read: Callable[[int], Sample]
    close: Callable[[], None] = lambda: None


def choose(source: Source, *, seed: int = 0, most: int = 256, pixels: int = 2**22) -> Chosen:
    """Choose and decode pictures.

    Args:
        source: A picture; a folder of pictures, MNIST's or CIFAR's files, a table or a list, as `pack` takes them;
            record files: names, patterns or a folder; or several pictures.
        seed: Of the choice: the same pictures for the same seed and source.
        most: How many, at most.
        pixels: How many pixels they have together, at most; a picture that is too large for what is left is passed
            over, the first one is not. Of one above a million pixels its middle counts and is measured.

    Raises:
        FileNotFoundError: There is no such file.
        SourceError: There is no picture, or none that can be decoded; says why of the first.
    """
    with closing(numbered(source)) as found:
        chosen = Chosen([], found.count)
        left = pixels
        for number in random.Random(seed).sample(range(found.count), min(found.count, 4 * most)):
            if len(chosen.pictures) == most or left <= 0:
                break
            try:
                one = picture.of_sample(found.read(number), most=WHOLE_PIXELS)
            except (Error, OSError) as exc:
                reason = exc.message if isinstance(exc, Error) else str(exc.strerror or exc)
                chosen.unreadable.append((found.name(number), reason))
                continue
            size = one.image.size // (one.image.shape[-1] if one.image.ndim == 3 else 1)
            if size <= left or not chosen.pictures:
                one.name = one.name or found.name(number)
                chosen.pictures.append(one)
            left -= size
    if not chosen.pictures:
        raise _none_decoded(chosen)
    return chosen


def numbered(source: Source) -> Numbered:
    """Find out what a source is, and read its pictures by number.

    Raises:
        FileNotFoundError: There is no such file.
        SourceError: There is no picture in it.
    """
    several = [path_of(source)] if isinstance(source, str | os.PathLike) else [path_of(one) for one in source]
    if not several:
        raise SourceError("nothing was named: give a folder, pictures or record files")
    if any(map(is_url, several)):
        return _of_records(several)
    if all(map(_is_picture, several)):
        return _of_items([file_at(Path(), str(one)) for one in several])
    if len(several) == 1 and several[0].is_dir() and not (several[0] / "data.mdb").is_file():
        return _of_folder(several[0])
    if len(several) == 1 and several[0].is_file():
        try:
            kinds.recognise(several[0])
        except SourceError:
            return _of_records(several)
        return _of_items(kinds.read(several[0]).items)
    fitting = [Path(name) for one in several for name in sorted(glob.glob(str(one), recursive=True))]
    pictures = [one for one in fitting if _is_picture(one)]
    return _of_items([file_at(Path(), str(one)) for one in pictures]) if pictures else _of_records(several)


def _of_folder(path: Path) -> Numbered:
    """Read the pictures of a folder, or the records where it holds no picture."""
    try:
        return _of_items(kinds.read(path).items)
    except SourceError as exc:
        try:
            return _of_records([path])
        except SourceError:
            raise exc from None


def _of_items(items: Sequence[Item]) -> Numbered:
    return Numbered(len(items), lambda number: str(items[number].path), lambda number: items[number].read())


def _of_records(paths: Sequence[Path]) -> Numbered:
    with ExitStack() as files:
        roll = files.enter_context(dataset.open(paths))
        if len(roll) == 0:
            raise SourceError("no records, and no picture either", path=paths[0])
        close = files.pop_all().close
    return Numbered(len(roll), lambda number: f"record {number}", lambda number: roll[number], close)


def _is_picture(path: Path) -> bool:
    return path.is_file() and folder.begins_as_picture(os.fspath(path))


def _none_decoded(chosen: Chosen) -> SourceError:
    where, why = chosen.unreadable[0]
    return SourceError(f"none of {len(chosen.unreadable)} pictures chosen can be decoded; the first: {where}: {why}")
