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
REPAIR = "; run 'filmroll repair' to keep the samples around it"
NOTES = re.compile(r"__[^/]*__(?:$|/)")
NAMING_TYPES = {
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
}
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


class ViewSource:
    """A `Source` of bytes in memory."""

    def __init__(self, view: memoryview) -> None:
        self._view = view
        self._position = 0

    def read(self, nbytes: int) -> bytes:
        """Read so many bytes, fewer only at the end."""
        data = bytes(self._view[self._position : self._position + nbytes])
        self._position += len(data)
        return data

    def seek(self, position: int) -> None:
        """Go to a position, at most as far as the end."""
        self._position = min(position, len(self._view))

    def tell(self) -> int:
        """Return the position."""
        return self._position


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
                raise field_twice(member)
            current.fields[member.field] = load(member)
    except Error as exc:
        raise exc.at(record=number) from exc.__cause__
    if current is not None:
        yield current


def _begin(member: Member, seen: set[str]) -> Group:
    if member.key in seen:
        raise split_sample(member)
    seen.add(member.key)
    return Group(member.key, member.offset, {})


def split_sample(member: Member) -> FormatError:
    """Describe a member whose sample has others in front of another sample."""
    return FormatError(
        f"a split sample: member {member.name!r} belongs to key {member.key!r}, whose other members came before"
        " another sample; members of one sample must follow each other: write the tar anew, sorted by name"
        " (tar --sort=name)",
        offset=member.offset,
    )


def field_twice(member: Member) -> FormatError:
    """Describe a member whose sample has its field already."""
    return FormatError(
        f"member {member.name!r} gives key {member.key!r} the field {member.field!r} a second time; a sample has each"
        " field once: rename or remove one of the two",
        offset=member.offset,
    )


def members(source: Source) -> Iterator[Member]:
    """Yield the members that belong to samples; errors are those of `groups`.

    Raises:
        TruncatedError: The tar ends inside a member.
        FormatError: A header is damaged.
        UnsupportedError: A member is of a kind that tars of samples do not have.
    """
    for entry in entries(source):
        require_plain(entry.info)
        member = entry.member
        if member is not None:  # where `source` stands now, behind the header, is the data
            yield member


class Entry(NamedTuple):
    """Anything that a tar has a header for.

    Attributes:
        info: What its header says, and those in front of it that belong to it.
        offset, stop: Where the first of these begins, and where its padded data ends.
    """

    info: tarfile.TarInfo
    offset: int
    stop: int

    @property
    def member(self) -> Member | None:
        """What it is of a sample; None where it belongs to none."""
        info = self.info
        found = split(info.name) if info.isreg() else None
        return found and Member(info.name, *found, info.offset, info.offset_data, info.size)


def entries(source: Source) -> Iterator[Entry]:
    """Yield everything that has a header; errors are those of `groups`.

    Raises:
        TruncatedError: The tar ends inside a header, or behind the last entry.
        FormatError: A header is damaged.
    """
    headers = _Headers(source)
    archive = _parsed(lambda: _open(headers), headers, offset=0)
    offset = 0
    while (info := _parsed(archive.next, headers, offset=archive.offset)) is not None:
        archive.members.clear()  # type: ignore[attr-defined]  # it would keep them all
        headers.begin()
        if info.size < 0:  # by its pax header, which is stronger
            raise FormatError(_negative(info), offset=info.offset)
        yield Entry(info, offset, archive.offset)
        offset = archive.offset
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
        self._nbytes = 0

    def begin(self) -> None:
        """Let another member begin: its headers are few bytes."""
        self._nbytes = 0

    def read(self, nbytes: int) -> bytes:
        self._nbytes += nbytes
        if self._nbytes > 2 * MAX_HEADER_NBYTES:
            raise LimitError(f"a header of more than {2 * MAX_HEADER_NBYTES} bytes")
        self.last = self._source.read(nbytes)
        self.ended = len(self.last) < nbytes
        return self.last

    def rest(self) -> Iterator[bytes]:
        while piece := self._source.read(STEP_NBYTES):
            yield piece


class _Info(tarfile.TarInfo):
    """One header, looked at before more is read: how much is read, and when, differs from Python to Python."""

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo:  # called for each; made to be overridden
        if self.size < 0:
            raise FormatError(_negative(self))
        if self.type in NAMING_TYPES and self.size > MAX_HEADER_NBYTES:
            raise LimitError(f"a header announces {self.size} bytes for a name; {MAX_HEADER_NBYTES} are the most")
        try:
            return super()._proc_member(archive)  # type: ignore[misc,no-any-return]
        except tarfile.HeaderError as exc:  # which would be taken for the end of the tar
            raise tarfile.ReadError(str(exc)) from exc


def _negative(info: tarfile.TarInfo) -> str:
    return f"member {info.name!r} announces {info.size} bytes"


def _open(headers: _Headers) -> tarfile.TarFile:
    # Names that are no UTF-8 become surrogates, and the very bytes again when they are encoded.
    file = cast("IO[bytes]", headers)
    return tarfile.TarFile(fileobj=file, tarinfo=_Info, encoding="utf-8", errors="surrogateescape")


def _parsed(parse: Callable[[], Result], headers: _Headers, *, offset: int) -> Result:
    try:
        return parse()
    except Error as exc:
        raise exc.at(offset=offset) from exc.__cause__
    except FOREIGN_ERRORS as exc:
        if headers.ended:
            offset = min(offset, headers.tell())
            raise TruncatedError(f"the tar ends inside a header, or the file before it{REPAIR}", offset=offset) from exc
        raise FormatError(f"no tar header that can be read: {exc}{REPAIR}", offset=offset) from exc


def require_plain(info: tarfile.TarInfo) -> None:
    """Refuse what tars of samples do not have.

    Raises:
        UnsupportedError: It is a link, a device or sparse.
    """
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
            f" writer was not closed{REPAIR}",
            offset=offset,
        )
    if any(headers.last):
        raise FormatError(f"512 bytes that are neither a tar header nor the zeros of the end{REPAIR}", offset=offset)
    for piece in headers.rest():
        if piece.strip(b"\0"):
            raise FormatError(
                "more data follows the zeros that end the tar; tars are joined with 'tar --concatenate', not 'cat'"
                f"{REPAIR}",
                offset=offset,
            )
