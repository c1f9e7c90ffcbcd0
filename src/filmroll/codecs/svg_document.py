"""What of an SVG document reaches the renderer: the same drawing, without what it could do to the machine.

The document is parsed and written anew. Left out are: references to anything outside the document, DOCTYPE
(its entities are expanded), comments and processing instructions. Counted are: elements, their depth, and
how often `use` repeats them, because the renderer recurses on its stack and expands every use.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from html import escape
from typing import NamedTuple, NoReturn
from xml.parsers import expat

from filmroll.buffer import Buffer
from filmroll.errors import DecodeError, Error, LimitError, TruncatedError

MAX_DEPTH = 512  # resvg's own limit is 1024
MAX_REPEATED = 100_000  # elements drawn beyond those written: about 2 s
LENGTH_OF_ELEMENT = 256  # characters of attributes that count like one more element
MAX_ENTITY_GROWTH = 10  # text written for text read, beyond the first million characters

LAYER_COST = 64  # opacity of a group: a canvas is allocated, cleared, drawn and composited

# Elements whose cost follows from their number. Everything else (filters, patterns, masks, embedded
# pictures, style sheets) may take any time and memory for a few bytes, so it is drawn in a process of its
# own.
PLAIN = frozenset(
    {"svg", "g", "defs", "symbol", "use", "a", "switch", "title", "desc", "metadata"}
    | {"path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan"}
    | {"linearGradient", "radialGradient", "stop"}
)
ATTRIBUTE_BLANKS = str.maketrans({"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})  # a parser would make them spaces
REFERENCE = re.compile(r"#([^\s\"')]+)")


@dataclass(frozen=True, slots=True)
class Document:
    """A drawing ready to be rendered.

    Attributes:
        text: The document, written anew.
        root: Attributes of the root element.
        depth: Levels of elements, once references are followed.
        plain: Whether there are only elements of `PLAIN`, and no gradient that refers to itself, so that `cost` is
            all they cost.
        cost: Fillings of the whole canvas that drawing takes at most.
    """

    text: str
    root: Mapping[str, str]
    depth: int
    plain: bool
    cost: int


@dataclass(slots=True)
class _Element:
    """What is drawn for an element: itself, its children, and what they refer to."""

    own: int = 1
    cost: int = 1
    references: list[str] = field(default_factory=list)
    children: list["_Element"] = field(default_factory=list)


class _Total(NamedTuple):
    """The same, added up."""

    elements: int = 0
    cost: int = 0
    depth: int = 0


CIRCLE = _Total(depth=MAX_DEPTH // 2)  # resvg may follow one down to its own limit


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
    total = _follow(writer.tree, writer.by_id)
    if total.elements > writer.written + MAX_REPEATED or total.depth > MAX_DEPTH:
        raise LimitError(
            f"the SVG draws {total.elements} elements on {total.depth} levels once its references are followed; "
            f"{MAX_REPEATED} more than it has, and {MAX_DEPTH} levels, are the most"
        )
    plain = writer.plain and not _is_circular(writer.gradients)
    return Document("".join(writer.parts), writer.root, total.depth, plain, total.cost)


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
    except Error:
        raise
    except (expat.ExpatError, LookupError, ValueError) as exc:  # the last two for encodings
        raise DecodeError(f"not a readable SVG: {exc}") from exc


class _Writer:
    """Writes what expat reports, and keeps count."""

    def __init__(self, nbytes: int) -> None:
        self.parts: list[str] = []
        self.root: dict[str, str] | None = None
        self.plain = True
        self.written = 0
        self.tree = _Element()
        self.by_id: dict[str, _Element] = {}
        self.gradients: dict[str, list[str]] = {}  # id: the ids it refers to
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
            f' {key}="{escape(value).translate(ATTRIBUTE_BLANKS)}"'
            for key, value in attributes.items()
            if _is_inside(local, key, value)
        )
        self._write(f"<{name}{kept}>")

    def _count(self, local: str, attributes: dict[str, str]) -> None:
        if len(self._open) > MAX_DEPTH:
            raise LimitError(f"elements of the SVG are nested deeper than {MAX_DEPTH}")
        element = _Element(own=1 + sum(map(len, attributes.values())) // LENGTH_OF_ELEMENT)
        element.cost = element.own + (LAYER_COST if _is_layer(attributes) else 0)
        self.written += element.own
        references = [name for key in attributes for name in _references(key, attributes[key])]
        if local.endswith("Gradient"):  # read once, however often it is referred to
            self.gradients.setdefault(attributes.get("id", ""), []).extend(references)
        else:
            element.references = references
            self.by_id.setdefault(attributes.get("id", ""), element)
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


def _references(key: str, value: str) -> list[str]:
    """List the ids that an attribute refers to."""
    if "#" not in value or not (key.endswith("href") or "url(" in value):
        return []
    return REFERENCE.findall(value)


def _is_circular(references: Mapping[str, list[str]]) -> bool:
    """Tell whether any id is reached from itself: resvg follows some circles of gradients for ever."""
    try:
        TopologicalSorter(references).prepare()
    except CycleError:
        return True
    return False


def _is_layer(attributes: Mapping[str, str]) -> bool:
    """Tell whether an element is drawn on a canvas of its own first."""
    style = attributes.get("style", "")
    return any(name in attributes or name in style for name in ("opacity", "mix-blend-mode", "isolation"))


def _follow(tree: _Element, by_id: Mapping[str, _Element]) -> _Total:
    """Add up what is drawn after every reference is followed; a circle of references counts as deep.

    References may be as deep as the document is long, so this keeps its own stack.
    """
    totals: dict[int, _Total] = {}
    stack = [tree]
    begun: set[int] = set()
    while stack:
        element = stack[-1]
        inner = [*element.children, *(by_id[name] for name in element.references if name in by_id)]
        if id(element) not in begun:
            begun.add(id(element))
            stack += [each for each in inner if id(each) not in begun]
            continue
        stack.pop()
        if id(element) not in totals:
            parts = [totals.get(id(each), CIRCLE) for each in inner]
            totals[id(element)] = _Total(
                element.own + sum(part.elements for part in parts),
                element.cost + sum(part.cost for part in parts),
                1 + max((part.depth for part in parts), default=0),
            )
    return totals[id(tree)]
