"""Which members of a damaged tar are still there: its headers are found again by their checksums.

    header data  header data  x x x x x x  header data  header data  x x x      x: where no header leads
    └────── stretch ────────┘ └── gap ──┘  └────── stretch ────────┘ └ gap

A stretch is followed from header to header. Behind it each place is tried where the magic of a header stands. Where a
header stands inside a member, and leads out of it, bytes of that member were lost; where something else than zeros
pads a member in front of a gap, bytes were added to it, or it was overwritten. A member that is a tar itself is left
alone.

A tar has no checksum of data: of a member whose header and end are right nothing more can be told.

Source: POSIX.1-2017 pax (ustar).
"""

import re
import tarfile
from collections.abc import Iterator
from typing import NamedTuple

from filmroll.errors import Error, FormatError, TruncatedError
from filmroll.records import tar_members
from filmroll.records.tar_members import BLOCK_NBYTES, FOREIGN_ERRORS, Member, ViewSource

MAGIC, MAGIC_OFFSET = re.compile(rb"ustar"), 257
SIZE, SIZE_OFFSET = re.compile(rb"([0-7]{1,11})[ \0]"), 124
NAME_NBYTES, TYPE_OFFSET = 100, 156
OWN_NAME = b"\0" + b"0567"  # types of headers with a name of their own, unless one in front has a longer one
LONGER_NAME = re.compile(rb"(?:^|[\n\0])\d+ path=")
LONGER_NAME_NBYTES = 4 * BLOCK_NBYTES  # that are looked at


class Piece(NamedTuple):
    """A member that is sound as far as its header tells, with the headers in front that belong to it.

    Attributes:
        name: Its name.
        offset, stop: Where it is, padding included.
        start, nbytes: Where its data is.
        member: What it is of a sample; None where it belongs to none.
        error: Why a tar of samples cannot have it, if so.
    """

    name: str
    offset: int
    stop: int
    start: int
    nbytes: int
    member: Member | None
    error: Error | None


class Gap(NamedTuple):
    """Bytes that no header leads through; none where a tar was cut between two members.

    Attributes:
        offset, stop: Where they are.
        names: Of members that were there, as far as anything tells.
        error: What is wrong.
    """

    offset: int
    stop: int
    names: tuple[str, ...]
    error: Error


class Behind(NamedTuple):
    """What is behind a stretch.

    Attributes:
        place: Where the next one begins; None where there is none.
        error: What is wrong; None at the end of a sound tar.
        is_last_damaged: Whether that is so with the last member of the stretch.
        names: Of members that were lost, as far as anything tells.
    """

    place: int | None
    error: Error | None = None
    is_last_damaged: bool = False
    names: tuple[str, ...] = ()


def find(view: memoryview) -> Iterator[Piece | Gap]:
    """Yield all members of a tar, and the gaps between them, in order; behind the last there are zeros alone.

    Args:
        view: The whole tar, decompressed.
    """
    tar = _Tar(view)
    place: int | None = 0
    edge, error = 0, None  # where a gap begins, if there is an error
    names: tuple[str, ...] = ()  # of members that were lost in it
    while place is not None:
        found, damage = tar.stretch(place)
        stop = found[-1].stop if found else place
        if error is not None and found and tar.is_name_cut(found[0].offset, edge):
            del found[0]
        behind = tar.behind(found[-1] if found else None, stop, damage)
        if behind.is_last_damaged:
            found.pop()
        if found:
            if error is not None:
                yield Gap(edge, found[0].offset, names, error)
            yield from found
            edge, names, error = found[-1].stop, (), None
        place, error, names = behind.place, error or behind.error, names + behind.names
    if error is not None:
        yield Gap(edge, len(view), names, error)


class _Tar:
    def __init__(self, view: memoryview) -> None:
        self._view, self._nbytes = view, len(view)
        self._has_magic = MAGIC.search(view) is not None

    def stretch(self, place: int) -> tuple[list[Piece], Error | None]:
        """Follow the headers as far as they lead; the error is what is wrong behind them."""
        found: list[Piece] = []
        try:
            found.extend(self._entries(place))
        except Error as exc:
            return found, exc
        return found, None

    def _entries(self, place: int) -> Iterator[Piece]:
        try:
            for entry in tar_members.entries(ViewSource(self._view[place:])):
                yield _piece(entry, place, self._nbytes)
        except Error as exc:
            exc.offset = place + (exc.offset or 0)
            raise

    def behind(self, last: Piece | None, edge: int, damage: Error | None) -> Behind:
        """Find out what is behind a stretch, and whether its last member is what its header says."""
        inside = None if last is None else self._header_inside(last, is_end=damage is None)
        if last is not None and inside is not None:
            lost = FormatError(f"bytes of member {last.name!r} are lost, or its header", offset=last.offset)
            return Behind(inside, lost, is_last_damaged=True, names=(last.name,))
        if damage is None:
            return self._odd_end(last, edge)
        if last is not None and last.start + last.nbytes > self._nbytes:
            return Behind(None, _truncated(last, self._nbytes), is_last_damaged=True, names=(last.name,))
        place = next(self._headers(edge + 1, self._nbytes), None)
        if last is not None and self._is_padded_wrong(last, place):
            changed = FormatError(f"member {last.name!r} does not end where its header says", offset=last.offset)
            return Behind(place, changed, is_last_damaged=True, names=(last.name,))
        if place == edge + BLOCK_NBYTES:  # where the data of what has a damaged header begins
            place = self._behind_tar(edge) or place
        names = self._name_at(edge)
        if names:
            damage = FormatError(f"the header of member {names[0]!r} is damaged", offset=edge)
        return Behind(place, damage, names=names)

    def _odd_end(self, last: Piece | None, edge: int) -> Behind:
        """Say what is behind a tar that ends as it should: something was lost if that is no whole blocks."""
        rest = self._nbytes - edge
        if rest % BLOCK_NBYTES == 0:
            return Behind(None)
        error = FormatError(
            f"{rest} bytes behind the last member, no multiple of {BLOCK_NBYTES}: some were lost or added"
        )
        if last is not None and self._lost_its_end(last):
            return Behind(None, error, is_last_damaged=True, names=(last.name,))
        return Behind(None, error)

    def _lost_its_end(self, last: Piece) -> bool:
        """Tell whether the zeros behind the last member may have come into the place of bytes that it lost."""
        moved = (self._nbytes - last.stop) % BLOCK_NBYTES and last.nbytes
        return bool(moved) and self._view[last.start + last.nbytes - 1] == 0 and not any(self._view[last.stop :])

    def _behind_tar(self, edge: int) -> int | None:
        """Return where the next member begins, if a damaged header tells, which is in front of a tar in the tar."""
        block = bytes(self._view[edge : edge + BLOCK_NBYTES])
        size = SIZE.match(block, SIZE_OFFSET)
        if size is None or not MAGIC.match(block, MAGIC_OFFSET):
            return None
        place = edge + BLOCK_NBYTES + -(-int(size[1], 8) // BLOCK_NBYTES) * BLOCK_NBYTES
        return place if place > edge + BLOCK_NBYTES and self._is_header(place) else None

    def _header_inside(self, last: Piece, *, is_end: bool) -> int | None:
        """Return where the header of another member stands inside one that lost some of its bytes."""
        is_whole = is_end and (self._nbytes - last.stop) % BLOCK_NBYTES == 0
        if is_whole or not last.nbytes or self._is_header(last.start):
            return None
        seen: set[int] = set()
        places = self._headers(last.start + 1, min(last.stop, self._nbytes))
        return next((place for place in places if self._leads_out(place, last, seen)), None)

    def _leads_out(self, place: int, last: Piece, seen: set[int]) -> bool:
        try:
            for piece in self._entries(place):
                if piece.offset in seen:
                    return False
                seen.add(piece.offset)
                if piece.stop > last.stop:
                    return True
        except Error as exc:
            return isinstance(exc, TruncatedError) and last.start + last.nbytes > self._nbytes
        return True

    def _is_padded_wrong(self, last: Piece, place: int | None) -> bool:
        """Tell whether something else than zeros is behind the data of a member in front of a gap.

        Where nothing is, and the next header was moved, it was moved by bytes that were added to the member, unless
        those of another header are in between.
        """
        end = last.start + last.nbytes
        if any(self._view[end : last.stop]):
            return True
        if place is None:
            return self._lost_its_end(last)
        if end < last.stop or (place - last.stop) % BLOCK_NBYTES == 0 or not last.nbytes:
            return False
        magic = MAGIC.search(self._view, last.stop)
        return magic is None or magic.start() - MAGIC_OFFSET == place

    def is_name_cut(self, place: int, edge: int) -> bool:
        """Tell whether the name in a header behind a gap may be a part of one that stood in a header in front of it.

        Args:
            place: Where the header is.
            edge: Where the gap begins.
        """
        if self._view[place + TYPE_OFFSET] not in OWN_NAME:
            return False
        name = bytes(self._view[place : place + NAME_NBYTES])
        before = self._view[max(edge, place - LONGER_NAME_NBYTES) : place]
        return b"\0" not in name or b"?" in name or LONGER_NAME.search(before) is not None

    def _name_at(self, place: int) -> tuple[str, ...]:
        """Return the name in a damaged header, if one seems to be there."""
        block = bytes(self._view[place : place + BLOCK_NBYTES])
        name = block[:NAME_NBYTES].rstrip(b"\0").decode("utf-8", "replace")
        is_header = MAGIC.match(block, MAGIC_OFFSET) is not None and block[TYPE_OFFSET] in OWN_NAME
        return (name,) if is_header and name.isprintable() and "\ufffd" not in name else ()

    def _headers(self, begin: int, end: int) -> Iterator[int]:
        """Yield the places where headers with the right checksum stand."""
        if self._has_magic:
            matches = MAGIC.finditer(self._view, begin + MAGIC_OFFSET)
            places: Iterator[int] = (match.start() - MAGIC_OFFSET for match in matches)
        else:  # tars of old: at the beginning of a block
            places = iter(range(-(-begin // BLOCK_NBYTES) * BLOCK_NBYTES, self._nbytes, BLOCK_NBYTES))
        for place in places:
            if place >= end:
                return
            if self._is_header(place):
                yield place

    def _is_header(self, place: int) -> bool:
        try:
            tarfile.TarInfo.frombuf(bytes(self._view[place : place + BLOCK_NBYTES]), "utf-8", "surrogateescape")
        except FOREIGN_ERRORS:
            return False
        return self._view[place] != 0  # zeros in front of a name that lost as many behind it keep the sum


def _piece(entry: tar_members.Entry, place: int, nbytes: int) -> Piece:
    """Describe a member of a part of a tar, by its place in the whole, of so many bytes."""
    info, error = entry.info, None
    try:
        tar_members.require_plain(info)
    except Error as exc:
        error = exc
    info.offset, info.offset_data = place + info.offset, place + info.offset_data
    member = None if error else entry.member
    stop = min(place + entry.stop, nbytes) if info.offset_data + info.size <= nbytes else place + entry.stop
    return Piece(info.name, place + entry.offset, stop, info.offset_data, info.size, member, error)


def _truncated(last: Piece, nbytes: int) -> Error:
    return TruncatedError(
        f"member {last.name!r} announces {last.nbytes} bytes, {max(nbytes - last.start, 0)} are left",
        offset=last.offset,
    )
