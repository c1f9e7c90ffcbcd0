"""Photos for the tasks: a folder of classes, the same in records, made by filmroll and read by everyone."""

import shutil
from pathlib import Path

import filmroll
from benchmarks.workshop import Workshop

CLASSES = 8


def originals(workshop: Workshop) -> list[Path]:
    """List the real photos, in order of name."""
    return sorted((workshop.real / "photos").glob("*.jpeg"))


def folder(workshop: Workshop) -> Path:
    """Return a folder of 1,024 photos (64 quick) in 8 classes, the real ones repeated."""
    path = workshop.made("photos")
    if not path.is_dir():
        unfinished = workshop.made("photos.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        photos = originals(workshop)
        for number in range(workshop.count(1024, quick=64)):
            place = unfinished / f"class-{number % CLASSES}" / f"photo-{number:04}.jpeg"
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(photos[number % len(photos)], place)
        unfinished.rename(path)
    return path


def records(workshop: Workshop, *, shards: int) -> list[Path]:
    """Return the shards that hold those photos, in shuffled order, as slim Examples, an index beside each."""
    dest = workshop.made(f"photos-in-{shards}/photos")
    if not dest.parent.joinpath("filmroll.json").is_file():
        filmroll.pack(folder(workshop), dest, shards=shards, overwrite=True)
    return sorted(dest.parent.glob("*.tfrecord"))


def copies(workshop: Workshop, *, shards: int) -> list[Path]:
    """Return shards of training copies of those photos: shorter side 320, quality 90, seekable."""
    dest = workshop.made(f"copies-in-{shards}/copies")
    if not dest.parent.joinpath("filmroll.json").is_file():
        resize = filmroll.Resize(shorter=320)
        filmroll.pack(folder(workshop), dest, shards=shards, resize=resize, quality=90, seekable=True, overwrite=True)
    return sorted(dest.parent.glob("*.tfrecord"))
