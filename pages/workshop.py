"""A folder with what the examples speak of, drawn and made anew: `python -m pages.workshop FOLDER`.

pictures/, poster.svg      24 drawings in 4 classes, PNG and JPEG; one of them as it is drawn
roll-0000N-of-00004...     the same, packed
broken.tfrecord            one of these shards, a few bytes of which are overwritten
odd/                       a PNG named .jpg, a CMYK JPEG, a photo that EXIF wants turned, a text named .jpg
boxes.csv                  a box on that photo, in pixels as it is stored
stale/                     the shards again, and one of an older packing
digits/                    MNIST's files, as far as a test set of 60 pictures goes
foreign.tar                a WebDataset tar
depth/                     three pictures of 16 bits a value
uneven.tfrecord            6 suns, 3 waves, 1 leaf
imagenet/                  two synsets of 6 pictures each, and the lists of ImageNet's script
"""

import gzip
import io
import shutil
import struct
import sys
import tarfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

import filmroll
from filmroll.demonstration import draw, draw_pictures

ORIENTATION = 0x0112  # EXIF's tag
DIGITS, SIDE = 60, 28
SYNSETS = {"n09332890": ("sun", "lakeside, lakeshore"), "n09428293": ("wave", "seashore, coast, seacoast, sea-coast")}


def furnish(folder: Path) -> None:
    """Make all of it in an empty folder."""
    draw_pictures(folder / "pictures")
    (folder / "poster.svg").write_bytes(draw("poster", 0))
    filmroll.pack(folder / "pictures", folder / "roll", to="tfrecord", shards=4)
    _break(folder / "roll-00001-of-00004.tfrecord", folder / "broken.tfrecord")
    _collect_odd_files(folder / "odd", folder / "pictures")
    (folder / "boxes.csv").write_text('path,boxes\nodd/turned.jpg,"[[10, 20, 110, 60]]"\n', "utf-8")
    _leave_one_shard_too_many(folder)
    _write_digits(folder / "digits")
    _write_tar(folder / "foreign.tar", folder / "pictures")
    _write_depths(folder / "depth")
    _pack_unevenly(folder / "uneven.tfrecord", folder / "pictures")
    _sort_by_synset(folder / "imagenet", folder / "pictures")


def _break(sound: Path, broken: Path) -> None:
    data = bytearray(sound.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 5] = b"oops!"
    broken.write_bytes(data)


def _collect_odd_files(folder: Path, pictures: Path) -> None:
    folder.mkdir()
    shutil.copy(pictures / "leaf" / "leaf-0.png", folder / "named.jpg")
    (folder / "notes.jpg").write_text("These are no pixels.\n", "utf-8")
    with Image.open(pictures / "sun" / "sun-0.jpg") as photo:
        photo.convert("CMYK").save(folder / "cmyk.jpg")
        exif = Image.Exif()
        exif[ORIENTATION] = 6
        photo.save(folder / "turned.jpg", exif=exif)


def _leave_one_shard_too_many(folder: Path) -> None:
    stale = folder / "stale"
    stale.mkdir()
    for path in (*folder.glob("roll-*"), folder / "filmroll.json"):
        shutil.copy(path, stale / path.name)
    older = filmroll.pack(folder / "pictures" / "sun", stale / "older" / "roll", to="tfrecord", shards=5)
    shutil.copy(older.shards[4], stale / older.shards[4].name)
    shutil.rmtree(stale / "older")


def _write_digits(folder: Path) -> None:
    """Write MNIST's two files: figures of Pillow's bitmap font, each in six places, stand for digits."""
    folder.mkdir()
    numbers = np.arange(DIGITS)
    images = np.stack([_figure(str(number % 10), moved=number // 10) for number in numbers])
    for name, header, values in (
        ("t10k-images-idx3-ubyte.gz", struct.pack(">4i", 0x803, DIGITS, SIDE, SIDE), images),
        ("t10k-labels-idx1-ubyte.gz", struct.pack(">2i", 0x801, DIGITS), numbers % 10),
    ):
        (folder / name).write_bytes(gzip.compress(header + values.astype(np.uint8).tobytes(), mtime=0))


def _figure(text: str, *, moved: int) -> np.ndarray:
    drawing = Image.new("L", (SIDE // 2, SIDE // 2))
    ImageDraw.Draw(drawing).text(
        (3 + moved % 3, 1 + moved // 3), text, fill=255, font=ImageFont.load_default_imagefont()
    )
    return np.asarray(drawing).repeat(2, axis=0).repeat(2, axis=1)


def _write_tar(path: Path, pictures: Path) -> None:
    with tarfile.open(path, "w") as tar:
        for number, picture in enumerate(sorted(pictures.rglob("*.jpg"))):
            key = f"{number:06}"
            for name, data in ((f"{key}.jpg", picture.read_bytes()), (f"{key}.cls", str(number // 6).encode())):
                member = tarfile.TarInfo(name)
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))


def _write_depths(folder: Path) -> None:
    folder.mkdir()
    slope = np.linspace(0, 65535, 40 * 60).reshape(40, 60, 1).astype(np.uint16)
    for number, image in enumerate((slope, slope[::-1], slope[:, ::-1])):
        filmroll.imwrite(folder / f"{number}.png", image)


def _pack_unevenly(dest: Path, pictures: Path) -> None:
    source = dest.parent / "uneven"
    for name, count in (("leaf", 1), ("sun", 6), ("wave", 3)):
        (source / name).mkdir(parents=True)
        for path in sorted((pictures / name).iterdir())[:count]:
            shutil.copy(path, source / name / path.name)
    filmroll.pack(source, dest)
    shutil.rmtree(source)


def _sort_by_synset(folder: Path, pictures: Path) -> None:
    for synset, (name, _) in SYNSETS.items():
        (folder / "train" / synset).mkdir(parents=True)
        for number, path in enumerate(sorted((pictures / name).iterdir())):
            shutil.copy(path, folder / "train" / synset / f"{synset}_{number}.JPEG")
    (folder / "synsets.txt").write_text("".join(f"{synset}\n" for synset in SYNSETS), "utf-8")
    (folder / "words.txt").write_text("".join(f"{key}\t{words}\n" for key, (_, words) in SYNSETS.items()), "utf-8")


if __name__ == "__main__":
    furnish(Path(sys.argv[1]))
