"""Which members a tar has, and which of them are one sample: headers in, places out.

    header (512)  name, size, type, checksum ...      one for each member, before it a pax or GNU one for a long name
    data          padded with zeros to 512            rose/1.jpg -> key rose/1, field jpg
    ...                                               rose/1.cls -> key rose/1, field cls: the same sample
    zeros (1024)  the end, padded to 10240            rose/2.jpg -> key rose/2: the next one

The key is the name up to the first dot of its last part, the field what follows, in small letters. What is no
sample is skipped: folders, names without a dot or with one in front, and `__.../` at the top, which WebDataset
keeps for notes of its own.

Source: POSIX.1-2017 pax (ustar); webdataset/tariterators.py for keys and fields.
"""

import re
import tarfile
from collections.abc import Callable, Iterator
from typing import IO, Any, NamedTuple, Protocol, TypeVar, cast

from filmroll.errors import Error, FormatError, LimitError, TruncatedError, UnsupportedError

KEY = "__key__"  # what the key is called among the fields
BLOCK_NBYTES = 512
EMPTY_NBYTES = 20 * BLOCK_NBYTES  # of a tar without members; more zeros are a file that was never filled
MAX_HEADER_NBYTES = 1 << 20  # of one long name or pax header: a hostile one must not fill the memory
STEP_NBYTES = 1 << 20
NOTES = re.compile(r"__[^/]*__(?:$|/)")
FOREIGN_ERRORS = (tarfile.TarError, ValueError, LookupError, ArithmeticError, TypeError, RecursionError)

Loaded = TypeVar("Loaded")
Result = TypeVar("Result")


class Source(Protocol):
    """The bytes of a tar, read forward."""

    def read(self, nbytes: int) -> bytes:
        """Read so many bytes, fewer only at the end."""
        ...

    def seek(self, position: int) -> None:
        """Go forward to a position, at most as far as the end."""
        ...

    def tell(self) -> int:
        """Return the position."""
        ...


class Member(NamedTuple):
    """One file in a tar.

    Attributes:
        name: Its path.
        key: Of the sample it belongs to.
        field: What it is of that sample, in small letters.
        offset: Where its header begins.
        start, nbytes: Where its data is.
    """

    name: str
    key: str
    field: str
    offset: int
    start: int
    nbytes: int


class Group(NamedTuple):
    """The members of one sample.

    Attributes:
        key: Its key.
        offset: Where its first header begins.
        fields: What was loaded of each member, by field.
    """

    key: str
    offset: int
    fields: dict[str, Any]


def split(name: str) -> tuple[str, str] | None:
    """Split the name of a member into key and field; None where it belongs to no sample."""
    folder, slash, base = name.rpartition("/")
    stem, dot, field = base.partition(".")
    if not stem or not dot or NOTES.match(name):
        return None
    return folder + slash + stem, field.lower()


def groups(source: Source, load: Callable[[Member], Loaded]) -> Iterator[Group]:
    """Yield the samples in order.

    Args:
        source: The whole tar, from its beginning.
        load: Is called with each member while `source` stands at its data, and may read that.

    Raises:
        TruncatedError: The tar ends inside a member, or without the zeros that end it.
        FormatError: A header is damaged, the members of a sample are apart, or one has a field twice.
        LimitError: A name or pax header is longer than a megabyte.
        UnsupportedError: A member is a link, a device or sparse.
    """
    seen: set[str] = set()
    current: Group | None = None
    number = 0
    try:
        for member in members(source):
            if current is None or member.key != current.key:
                if current is not None:
                    yield current
                    number += 1
                current = _begin(member, seen)
            if member.field in current.fields or member.field == KEY:
                raise FormatError(_twice(member), offset=member.offset)
            current.fields[member.field] = load(member)
    except Error as exc:
        raise exc.at(record=number) from exc.__cause__
    if current is not None:
        yield current


def _begin(member: Member, seen: set[str]) -> Group:
    if member.key in seen:
        raise FormatError(
            f"a split sample: member {member.name!r} belongs to key {member.key!r}, whose other members came before"
            " another sample; members of one sample must follow each other: write the tar anew, sorted by name"
            " (tar --sort=name)",
            offset=member.offset,
        )
    seen.add(member.key)
    return Group(member.key, member.offset, {})


def _twice(member: Member) -> str:
    return (
        f"member {member.name!r} gives key {member.key!r} the field {member.field!r} a second time; a sample has each"
        " field once: rename or remove one of the two"
    )


def members(source: Source) -> Iterator[Member]:
    """Yield the members that belong to samples; errors are those of `groups`.

    Raises:
        TruncatedError: The tar ends inside a member.
        FormatError: A header is damaged.
        UnsupportedError: A member is of a kind that tars of samples do not have.
    """
    headers = _Headers(source)
    archive = _parsed(lambda: _open(headers), headers, offset=0)
    while (info := _parsed(archive.next, headers, offset=archive.offset)) is not None:
        archive.members.clear()  # type: ignore[attr-defined]  # it would keep them all
        _check(info, headers)
        found = split(info.name) if info.isreg() else None
        if found is not None:  # where `source` stands now, behind the header, is the data
            yield Member(info.name, *found, info.offset, info.offset_data, info.size)
    _check_end(headers, archive.offset)


class _Headers:
    """What `tarfile` reads headers from.

    Attributes:
        last: What was read last; after the last header, the block that ended it all.
        ended: Whether fewer bytes were there than were asked for.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.seek, self.tell = source.seek, source.tell
        self.last = b""
        self.ended = False

    def read(self, nbytes: int) -> bytes:
        if not 0 <= nbytes <= MAX_HEADER_NBYTES:
            raise LimitError(f"a header announces {nbytes} bytes for a name; {MAX_HEADER_NBYTES} are the most")
        self.last = self._source.read(nbytes)
        self.ended = len(self.last) < nbytes
        return self.last

    def rest(self) -> Iterator[bytes]:
        while piece := self._source.read(STEP_NBYTES):
            yield piece


def _open(headers: _Headers) -> tarfile.TarFile:
    # Names that are no UTF-8 become surrogates, and the very bytes again when they are encoded.
    return tarfile.TarFile(fileobj=cast("IO[bytes]", headers), encoding="utf-8", errors="surrogateescape")


def _parsed(parse: Callable[[], Result], headers: _Headers, *, offset: int) -> Result:
    try:
        return parse()
    except Error as exc:
        raise exc.at(offset=offset) from exc.__cause__
    except FOREIGN_ERRORS as exc:
        if headers.ended:
            offset = min(offset, headers.tell())
            raise TruncatedError("the tar ends inside a header, or inside the file before it", offset=offset) from exc
        raise FormatError(f"no tar header that can be read: {exc}", offset=offset) from exc


def _check(info: tarfile.TarInfo, headers: _Headers) -> None:
    if info.size < 0:
        raise FormatError(f"member {info.name!r} announces {info.size} bytes", offset=info.offset)
    if info.issparse() or not (info.isreg() or info.isdir()):
        raise UnsupportedError(
            f"member {info.name!r} is a link, a device or a sparse file; write the tar anew with plain files"
            " (tar --hard-dereference --dereference)",
            offset=info.offset,
        )


def _check_end(headers: _Headers, offset: int) -> None:
    if len(headers.last) < BLOCK_NBYTES:
        raise TruncatedError(
            f"{len(headers.last)} bytes where a header or the zeros that end a tar should be; the file was cut, or its"
            " writer was not closed",
            offset=offset,
        )
    if any(headers.last):
        raise FormatError("512 bytes that are neither a tar header nor the zeros of the end", offset=offset)
    for piece in headers.rest():
        if piece.strip(b"\0"):
            raise FormatError(
                "more data follows the zeros that end the tar; tars are joined with 'tar --concatenate', not 'cat'",
                offset=offset,
            )
