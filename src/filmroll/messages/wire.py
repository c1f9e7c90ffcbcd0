"""How protobuf lays fields out in bytes: tags, varints, lengths; reading, skipping, writing them.

    message  = field*                          in any order; an absent field is absent
    field    = tag payload                     tag: varint of field number * 8 + wire type
    payload  = varint                          wire type 0: 7 bits a byte, low bits first, 0x80 = more follow
             | 8 bytes                         wire type 1: fixed64
             | varint nbytes, bytes            wire type 2: string, bytes, message, packed list
             | field* end                      wire type 3: group (obsolete), ended by wire type 4
             | 4 bytes                         wire type 5: fixed32

Positions are absolute in the whole message, never relative to a part, so that an error can say where it is.
A message may come in several parts, for protobuf merges the occurrences of a sub-message: `Spans` says where.

Source: https://protobuf.dev/programming-guides/encoding/, and upb's decoder for what is refused.
"""

from collections.abc import Iterable, Iterator, Sequence

from filmroll.buffer import Buffer
from filmroll.errors import EncodeError, ParseError, TruncatedError

Span = tuple[int, int]
Spans = Sequence[Span]

VARINT, FIXED64, LENGTH_DELIMITED, START_GROUP, END_GROUP, FIXED32 = range(6)
MAX_VARINT_NBYTES = 10  # ceil(64 bits / 7)
MAX_SHORT_NBYTES = 5  # of tags and lengths, which have 32 bits
MAX_MESSAGE_NBYTES = 2**31 - 1  # protobuf refuses longer ones
MAX_GROUP_DEPTH = 100  # as protobuf: a hostile message must not exhaust the stack
SHORT_DELIMITED = frozenset(range(8 + LENGTH_DELIMITED, 0x80, 8))  # one-byte tags of that wire type
ONE_BYTE = tuple(bytes((value,)) for value in range(0x80))
JOINED_NBYTES = 4096  # shorter pieces are cheaper to copy than to hand on one by one


def whole(message: Buffer) -> memoryview:
    """Return a read-only view of the message whose items are single bytes.

    Raises:
        TypeError: `message` is no buffer.
        ValueError: `message` is a view with gaps.
    """
    view = memoryview(message)
    if view.format == "B" and view.ndim == 1 and view.contiguous:
        return view.toreadonly()
    if not view.c_contiguous:
        raise ValueError("a message must be contiguous bytes, not a strided view")
    return view.cast("B").toreadonly()


def read_varint(message: memoryview, position: int, end: int) -> tuple[int, int]:
    """Read an unsigned 64-bit varint; return its value and the position after it.

    Raises:
        TruncatedError: It is cut off by `end`.
        ParseError: It goes on after 10 bytes.
    """
    value = shift = 0
    last = min(position + MAX_VARINT_NBYTES, end)
    while position < last:
        byte = message[position]
        position += 1
        if byte < 0x80:
            return (value | byte << shift) & 0xFFFF_FFFF_FFFF_FFFF, position
        value |= (byte & 0x7F) << shift
        shift += 7
    raise _bad_varint(position - shift // 7, end)


def sole_field(message: memoryview, position: int, end: int) -> tuple[int, int]:
    """Return tag and start of the payload of a length-delimited field that reaches `end` exactly.

    The value of a map entry nearly always does, so it is worth a short cut; anything else, well or malformed,
    is (0, 0), and left to `fields`.

    Raises:
        ParseError, TruncatedError: The bytes are no fields.
    """
    if end - position < 2:
        return 0, 0
    tag = message[position]
    start = position + 2
    if message[position + 1] == end - start < 0x80 and tag in SHORT_DELIMITED:
        return tag, start
    if tag not in SHORT_DELIMITED:
        return 0, 0
    start, stop = _read_payload(message, position + 1, end)
    return (tag, start) if stop == end else (0, 0)


def fields(message: memoryview, spans: Spans) -> Iterator[tuple[int, int, int]]:
    """Iterate over the fields of a message whose bytes are at `spans`.

    Yields:
        The tag, and where the payload starts and stops; that of a group includes its end tag.

    Raises:
        TruncatedError: A field is cut off by the end of its span.
        ParseError: A tag, a wire type, a length or a group is malformed.
    """
    for first, end in spans:
        position = first
        while position < end:
            tag = message[position]
            # Nearly all fields of an Example are of this kind, and short: a call for each would double the time.
            if tag in SHORT_DELIMITED:
                start = position + 2
                if start <= end and (length := message[position + 1]) < 0x80 and start + length <= end:
                    position = start + length
                else:
                    start, position = _read_payload(message, position + 1, end)
            else:
                tag, start, position = _read_field(message, position, end, depth=0)
            yield tag, start, position


def find(message: memoryview, wanted: int) -> list[Span]:
    """Find every occurrence of one length-delimited field at the top of a message, by its tag.

    Raises:
        TruncatedError, ParseError: The message is no sequence of fields.
    """
    top = ((0, len(message)),)
    return [(start, stop) for tag, start, stop in fields(message, top) if tag == wanted]


def _read_field(message: memoryview, position: int, end: int, *, depth: int) -> tuple[int, int, int]:
    tag, start = _read_short(message, position, end, what="tag")
    wire_type = tag & 7
    if tag < 8 and depth == 0:  # inside a group, which is skipped, protobuf does not mind
        raise ParseError("field number 0 is reserved", offset=position)
    if wire_type == VARINT:
        return tag, start, read_varint(message, start, end)[1]
    if wire_type == FIXED64:
        return tag, start, _stop(start, 8, end)
    if wire_type == FIXED32:
        return tag, start, _stop(start, 4, end)
    if wire_type == LENGTH_DELIMITED:
        return tag, *_read_payload(message, start, end)
    if wire_type == START_GROUP:
        return tag, start, _end_of_group(message, start, end, tag=tag, depth=depth + 1)
    raise ParseError(f"tag {tag:#x} has wire type {wire_type}, which cannot stand here", offset=position)


def _read_payload(message: memoryview, position: int, end: int) -> Span:
    length, start = read_varint(message, position, end)
    if length > 0xFFFF_FFFF or start - position > MAX_SHORT_NBYTES:
        raise _too_wide("length", length, position)
    if length > end - start:
        raise TruncatedError(f"a field announces {length} bytes, {end - start} are left", offset=start)
    return start, start + length


def _read_short(message: memoryview, position: int, end: int, *, what: str) -> tuple[int, int]:
    if position < end and message[position] < 0x80:
        return message[position], position + 1
    value, after = read_varint(message, position, end)
    if after - position > MAX_SHORT_NBYTES or value > 0xFFFF_FFFF:
        raise _too_wide(what, value, position)
    return value, after


def _too_wide(what: str, value: int, position: int) -> ParseError:
    return ParseError(f"a {what} has at most 32 bits, found {value:#x}", offset=position)


def _stop(start: int, nbytes: int, end: int) -> int:
    if nbytes > end - start:
        raise TruncatedError(f"a field of {nbytes} bytes is cut off after {end - start}", offset=start)
    return start + nbytes


def _end_of_group(message: memoryview, position: int, end: int, *, tag: int, depth: int) -> int:
    if depth > MAX_GROUP_DEPTH:
        raise ParseError(f"groups are nested deeper than {MAX_GROUP_DEPTH}", offset=position)
    while position < end:
        inner, after = _read_short(message, position, end, what="tag")
        if inner & 7 == END_GROUP:
            if inner >> 3 != tag >> 3:
                raise ParseError(f"group {tag >> 3} is ended by the tag of group {inner >> 3}", offset=position)
            return after
        position = _read_field(message, position, end, depth=depth)[2]
    raise TruncatedError(f"group {tag >> 3} has no end", offset=position)


def _bad_varint(position: int, end: int) -> ParseError | TruncatedError:
    if end - position < MAX_VARINT_NBYTES:
        return TruncatedError(f"a varint is cut off after {end - position} bytes", offset=position)
    return ParseError(f"a varint has more than {MAX_VARINT_NBYTES} bytes", offset=position)


def varint(value: int) -> bytes:
    """Write an unsigned integer as a varint of the least number of bytes."""
    if value < 0x80:
        return ONE_BYTE[value]
    if value < 0x4000:
        return bytes((value & 0x7F | 0x80, value >> 7))
    if value < 0x20_0000:
        return bytes((value & 0x7F | 0x80, value >> 7 & 0x7F | 0x80, value >> 14))
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def delimited(tag: int, pieces: list[Buffer]) -> list[Buffer]:
    """Put a one-byte tag and the length in front of the pieces of a payload, which are not copied."""
    return [bytes((tag,)) + varint(count(pieces)), *pieces]


def count(pieces: Iterable[Buffer]) -> int:
    """Count the bytes of pieces that `whole` or this module made."""
    return sum(map(len, pieces))


def join_short(pieces: list[Buffer]) -> list[Buffer]:
    """Join neighbours that are short: a message becomes a few pieces, the large ones uncopied.

    Raises:
        EncodeError: All together are longer than protobuf can read.
    """
    nbytes = count(pieces)
    if nbytes > MAX_MESSAGE_NBYTES:
        raise EncodeError(f"the message has {nbytes} bytes, protobuf reads {MAX_MESSAGE_NBYTES} at most")
    if 0 < nbytes < JOINED_NBYTES:
        return [b"".join(pieces)]
    joined: list[Buffer] = []
    short: list[Buffer] = []
    for piece in pieces:
        if len(piece) < JOINED_NBYTES:
            short.append(piece)
            continue
        if short:
            joined.append(b"".join(short))
            short = []
        joined.append(piece)
    if short:
        joined.append(b"".join(short))
    return joined
