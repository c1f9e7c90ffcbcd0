"""Which formats there are, what they are called, and how one is told from its first bytes."""

import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType, ModuleType
from typing import NamedTuple

from filmroll.buffer import Buffer
from filmroll.errors import UnsupportedError

SVG = rb"(?:\xef\xbb\xbf)?(?>(?:\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*(?:\[.*?\]\s*)?>)*+)<(?:[\w.-]+:)?svg[\s/>]"


class Format(NamedTuple):
    """One picture format.

    Attributes:
        name: The one name used in filmroll, and of the module in `codecs`.
        signature: Pattern of the first bytes.
        suffixes: File name endings without the dot, the usual one first; they are accepted as names too.
        options: Options of `codec.decode` beyond `channels` and `max_pixels`.
    """

    name: str
    signature: bytes
    suffixes: tuple[str, ...]
    options: frozenset[str] = frozenset()

    @property
    def codec(self) -> ModuleType:
        """The module with its decode, encode and read_header, imported when its first picture comes."""
        return _codec(self.name)


@cache
def _codec(name: str) -> ModuleType:
    return import_module(f"filmroll.codecs.{name}")


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        each.name: each
        for each in (
            Format("jpeg", rb"\xff\xd8\xff", ("jpg", "jpeg", "jpe", "jfif"), frozenset({"dct", "lenient"})),
            Format("png", rb"\x89PNG\r\n\x1a\n", ("png", "apng"), frozenset({"dtype", "lenient"})),
            Format("gif", rb"GIF8[79]a", ("gif",), frozenset({"frames"})),
            Format("webp", rb"RIFF....WEBP", ("webp",), frozenset({"frames"})),
            Format("npy", rb"\x93NUMPY", ("npy",)),
            Format("bmp", rb"BM", ("bmp", "dib")),
            Format("pnm", rb"P[1-6][\s#]", ("pnm", "ppm", "pgm", "pbm"), frozenset({"dtype"})),
            Format("tiff", rb"II[*+]\0|MM\0[*+]", ("tif", "tiff"), frozenset({"dtype"})),
            Format("avif", rb"....ftypavi[fs]", ("avif",), frozenset({"frames"})),
            Format("svg", SVG, ("svg",), frozenset({"size", "scale"})),
        )
    }
)
"""Every format by its name, in the order in which signatures are tried."""

_ALIASES = {alias: each for each in FORMATS.values() for alias in (each.name, *each.suffixes)}
_SIGNATURES = [(each.name, re.compile(each.signature, re.DOTALL).match) for each in FORMATS.values()]


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
