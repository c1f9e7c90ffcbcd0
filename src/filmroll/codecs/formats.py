"""Which formats there are, what they are called, and how one is told from its first bytes."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType, ModuleType

from filmroll.buffer import Buffer
from filmroll.codecs import avif, bmp, gif, jpeg, npy, png, pnm, svg, tiff, webp
from filmroll.errors import UnsupportedError


@dataclass(frozen=True, slots=True)
class Format:
    """One picture format.

    Attributes:
        name: The one name used in filmroll.
        codec: The module with its SIGNATURE, decode, encode and read_header.
        suffixes: File name endings without the dot, the usual one first; they are accepted as names too.
        options: Options of `codec.decode` beyond `channels` and `max_pixels`.
    """

    name: str
    codec: ModuleType
    suffixes: tuple[str, ...]
    options: frozenset[str] = frozenset()


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        each.name: each
        for each in (
            Format("jpeg", jpeg, ("jpg", "jpeg", "jpe", "jfif"), frozenset({"lenient"})),
            Format("png", png, ("png", "apng"), frozenset({"dtype", "lenient"})),
            Format("gif", gif, ("gif",), frozenset({"frames"})),
            Format("webp", webp, ("webp",), frozenset({"frames"})),
            Format("npy", npy, ("npy",)),
            Format("bmp", bmp, ("bmp", "dib")),
            Format("pnm", pnm, ("pnm", "ppm", "pgm", "pbm"), frozenset({"dtype"})),
            Format("tiff", tiff, ("tif", "tiff"), frozenset({"dtype"})),
            Format("avif", avif, ("avif",), frozenset({"frames"})),
            Format("svg", svg, ("svg",), frozenset({"size", "scale"})),
        )
    }
)
"""Every format by its name, in the order in which signatures are tried."""

_ALIASES = {alias: each for each in FORMATS.values() for alias in (each.name, *each.suffixes)}
_SIGNATURES = [(each.name, each.codec.SIGNATURE.match) for each in FORMATS.values()]


def identify(data: Buffer) -> str | None:
    """Tell the format of an encoded picture from its first bytes, never from a name.

    Returns:
        A key of `FORMATS`, or None if no signature fits.
    """
    for name, match in _SIGNATURES:
        if match(data):
            return name
    return None


def find_format(name: str) -> Format:
    """Find a format by its name, another name or a file suffix, in any case: "JPEG", "jpg", ".jpg".

    Raises:
        UnsupportedError: No format is called that.
    """
    try:
        return _ALIASES[name.removeprefix(".").lower()]
    except KeyError:
        raise UnsupportedError(f"no format {name!r}; there are {', '.join(sorted(FORMATS))}") from None


def format_of(file_name: str) -> str | None:
    """Tell which format a file's name claims by its suffix; None where it claims none."""
    _, dot, suffix = file_name.rpartition(".")
    found = _ALIASES.get(suffix.lower()) if dot else None
    return None if found is None else found.name
