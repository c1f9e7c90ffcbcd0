"""Pictures that the tests make themselves: small, all different, in folders of classes."""

from pathlib import Path

import numpy as np

import filmroll

CLASSES = ("daisy", "rose", "tulip")


def image(seed: int, *, height: int = 24, width: int = 32, channels: int = 3) -> np.ndarray:
    """A smooth picture that JPEG likes, different for each seed, (height, width, channels) uint8."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width]
    waves = [
        rows * rng.uniform(0.05, 0.4) + columns * rng.uniform(0.05, 0.4) + rng.uniform(0, 6) for _ in range(channels)
    ]
    return (127 + 120 * np.sin(np.stack(waves, axis=-1))).astype(np.uint8)


def jpeg(seed: int = 0, **options) -> bytes:
    return filmroll.encode(image(seed), "jpeg", **options)


def folder_of_classes(root: Path, *, each: int = 4) -> Path:
    """Write `each` pictures of each class, JPEG and PNG in turn, one of them in a folder below."""
    for label, name in enumerate(CLASSES):
        for number in range(each):
            suffix = "png" if number % 2 else "jpg"
            place = root / name / "more" if number == each - 1 else root / name
            place.mkdir(parents=True, exist_ok=True)
            filmroll.imwrite(place / f"{name} {number}.{suffix}", image(10 * label + number, height=20 + number))
    return root


def rotated_jpeg(orientation: int, data: bytes | None = None) -> bytes:
    """A JPEG whose EXIF data asks to be turned: the one given, or one of its own."""
    data = jpeg(orientation) if data is None else data
    entry = b"\x12\x01\x03\x00\x01\x00\x00\x00" + bytes([orientation, 0, 0, 0])
    exif = b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00" + entry + bytes(4)
    return data[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + data[2:]


def cmyk_jpeg(*, color: str = "cmyk") -> bytes:
    """A JPEG in CMYK colours, as a print shop sends them, or the same bytes as one in YCCK."""
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image(3)).convert("CMYK").save(file, "JPEG")
    data = bytearray(file.getvalue())
    data[data.index(b"Adobe") + 11] = {"cmyk": 0, "ycck": 2}[color]
    return bytes(data)


def tree(root: Path) -> dict[str, bytes]:
    """All files below a folder, by path: to compare two folders byte for byte."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def noise_png(nbytes: int) -> bytes:
    """A PNG of at least so many bytes: noise cannot be compressed."""
    side = int(nbytes**0.5) + 8
    return filmroll.encode(np.random.default_rng(0).integers(0, 256, (side, side, 1), np.uint8), "png")
