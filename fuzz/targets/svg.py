# Invariant: any bytes give a header and a picture of the shape that it announces, or DecodeError, LimitError, and of
# the header TruncatedError; what the renderer is given holds no reference to anything outside it.
"""SVG: the header, what reaches the renderer, and rendering."""

import re
from collections.abc import Iterator
from contextlib import suppress

from filmroll.codecs import svg_document
from filmroll.errors import DecodeError, LimitError
from fuzz import pictures

SEEDS = ("images/svg/**/*.svg",)
MAX_NBYTES = 2**12
OUTSIDE = re.compile(r"""<[^>]*\shref="(?!data:|#)|<[^>]*:href="(?!data:|#)|<!""")


def seeds() -> Iterator[bytes]:
    """Yield drawings with what a document may reach for."""
    for inside in (
        '<rect width="3" height="2" fill="red"/>',
        '<image href="file:///etc/passwd" width="5" height="5"/><use href="other.svg#a"/>',
        '<defs><g id="a"><circle r="2"/></g></defs><use href="#a"/><use href="#a" x="2"/>',
        '<style>@import url("x.css"); rect { fill: url(http://localhost/a) }</style><rect width="1" height="1"/>',
        '<filter id="f"><feGaussianBlur stdDeviation="2"/></filter><rect width="4" height="4" filter="url(#f)"/>',
    ):
        yield f'<svg xmlns="http://www.w3.org/2000/svg" width="7" height="5">{inside}</svg>'.encode()
    entity = b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "red">]>'
    yield entity + b'<svg viewBox="0 0 4 4"><path fill="&a;" d="M0 0h3v2z"/></svg>'


def check(data: bytes) -> None:
    """Look at what the renderer is given; read the header, and render."""
    with suppress(DecodeError, LimitError):
        assert not OUTSIDE.search(svg_document.read(data).text)
    pictures.check("svg", data)
