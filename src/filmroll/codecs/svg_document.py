"""What of an SVG document reaches the renderer: the same drawing, without what it could do to the machine.

The document is parsed and written anew. Left out are: references to anything outside the document, DOCTYPE
(its entities are expanded), comments and processing instructions. Counted are: elements, their depth, and
how often `use` repeats them, because the renderer recurses on its stack and expands every use.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from filmroll.buffer import Buffer
from filmroll.errors import DecodeError, LimitError, TruncatedError

MAX_DEPTH = 64  # resvg 0.5 overflows a stack of 8 MiB somewhere between 100 and 500 levels
MAX_EXPANSION = 100_000  # elements drawn after every use is expanded: about 2 s
MAX_ENTITY_GROWTH = 10  # text written for text read, beyond the first million characters

# Elements whose cost follows from their number. Everything else (filters, patterns, masks, embedded
# pictures, style sheets) may take any time and memory for a few bytes, so it is drawn in a process of its
# own.
PLAIN = frozenset(
    [
        "svg",
        "g",
        "defs",
        "symbol",
        "use",
        "a",
        "switch",
        "title",
        "desc",
        "metadata",
        "path",
        "rect",
        "circle",
        "ellipse",
        "line",
        "polyline",
        "polygon",
        "text",
        "tspan",
        "linearGradient",
        "radialGradient",
        "stop",
    ]
)
REFERENCE = re.compile(r"#([^\s\"')]+)")


@dataclass(frozen=True, slots=True)
class Document:
    """A drawing ready to be rendered.

    Attributes:
        text: The document, written anew.
        root: Attributes of the root element.
        plain: Whether there are only elements of `PLAIN`, so that its cost is known.
    """

    text: str
    root: Mapping[str, str]
    plain: bool


@dataclass(slots=True)
class _Element:
    """How much is drawn for an element: itself, its children and what they repeat."""

    references: list[str] = field(default_factory=list)
    own: int = 1
    depth: int = 1
    children: list["_Element"] = field(default_factory=list)


class _Found(Exception):  # noqa: N818
    """Ends the parser at the root element."""


def read(encoded: Buffer) -> Document:
    """Parse a document, check its limits and write it anew.

    Raises:
        DecodeError: The XML is broken, or the root element is not svg.
        LimitError: Elements are nested too deep, or uses or entities repeat too much.
    """
    writer = _Writer(len(encoded))
    _parse(encoded, writer.parser)
    if writer.root is None:
        raise DecodeError("there is no root element")
    _check_expansion(writer.tree, writer.by_id)
    return Document("".join(writer.parts), writer.root, writer.plain)


def read_root(encoded: Buffer) -> Mapping[str, str]:
    """Read the attributes of the root element; what follows need not be there.

    Raises:
        TruncatedError: The bytes end before the root element does.
        DecodeError: The XML is broken.
    """
    attributes: dict[str, str] = {}
    parser = expat.ParserCreate()

    def start(name: str, found: dict[str, str]) -> NoReturn:
        attributes.update(found)
        raise _Found

    parser.StartElementHandler = start
    try:
        _parse(encoded, parser, final=False)
    except _Found:
        return attributes
    raise TruncatedError("the bytes end before the root element")


def _parse(encoded: Buffer, parser: expat.XMLParserType, *, final: bool = True) -> None:
    try:
        parser.Parse(bytes(encoded), final)
    except (
        expat.ExpatError,
        LookupError,
        ValueError,
    ) as exc:  # an unknown encoding is a LookupError or ValueError
        raise DecodeError(f"not a readable SVG: {exc}") from exc


class _Writer:
    """Writes what expat reports, and keeps count."""

    def __init__(self, nbytes: int) -> None:
        self.parts: list[str] = []
        self.root: dict[str, str] | None = None
        self.plain = True
        self.tree = _Element()
        self.by_id: dict[str, _Element] = {}
        self._open = [self.tree]
        self._room = nbytes * MAX_ENTITY_GROWTH + 1_000_000
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2]
        if self.root is None:
            if local != "svg":
                raise DecodeError(f"not a readable SVG: the root element is {name!r}")
            self.root = attributes
        self.plain = self.plain and local in PLAIN
        self._count(local, attributes)
        kept = "".join(
            f" {key}={quoteattr(value)}" for key, value in attributes.items() if _is_inside(local, key, value)
        )
        self._write(f"<{name}{kept}>")

    def _count(self, local: str, attributes: dict[str, str]) -> None:
        if len(self._open) > MAX_DEPTH:
            raise LimitError(f"elements of the SVG are nested deeper than {MAX_DEPTH}")
        element = _Element()
        if local not in ("linearGradient", "radialGradient"):
            for key, value in attributes.items():
                if "#" in value and (key.endswith("href") or "url(" in value):
                    element.references += REFERENCE.findall(value)
        if "id" in attributes and not local.endswith("Gradient"):
            self.by_id.setdefault(attributes["id"], element)
        self._open[-1].children.append(element)
        self._open.append(element)

    def _end(self, name: str) -> None:
        self._open.pop()
        self._write(f"</{name}>")

    def _text(self, text: str) -> None:
        self._write(escape(text))

    def _write(self, part: str) -> None:
        self._room -= len(part)
        if self._room < 0:
            raise LimitError("entities of the SVG expand to more than ten times its size")
        self.parts.append(part)


def _is_inside(element: str, key: str, value: str) -> bool:
    """Tell whether an attribute stays inside the document: resvg would open files that an href names."""
    if key.rpartition(":")[2] != "href":
        return True
    return value.startswith("data:") or (value.startswith("#") and element != "image")


def _check_expansion(tree: _Element, by_id: Mapping[str, _Element]) -> None:
    """Count what is drawn after every reference is followed; a circle of references is drawn by nobody.

    Raises:
        LimitError: More than `MAX_EXPANSION` elements, or `MAX_DEPTH` levels.
    """
    sizes: dict[int, tuple[int, int]] = {}
    visiting: set[int] = set()

    def measure(element: _Element) -> tuple[int, int]:
        known = sizes.get(id(element))
        if known is not None:
            return known
        if id(element) in visiting:
            return 0, 0
        visiting.add(id(element))
        inner = [measure(child) for child in element.children]
        inner += [measure(by_id[name]) for name in element.references if name in by_id]
        visiting.discard(id(element))
        sizes[id(element)] = total = (
            1 + sum(n for n, _ in inner),
            1 + max((deep for _, deep in inner), default=0),
        )
        if total[0] > MAX_EXPANSION or total[1] > 2 * MAX_DEPTH:
            raise LimitError(
                f"the SVG draws more than {MAX_EXPANSION} elements, or {MAX_DEPTH} levels of them, once its "
                "references are followed"
            )
        return total

    measure(tree)
