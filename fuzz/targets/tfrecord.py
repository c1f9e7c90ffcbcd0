# Invariant: any file gives records whose checksums hold and then FormatError or LimitError, once, at the place where
# the records end; many at once, one by one and by their numbers they are the same, and framed again they are its bytes.
"""TFRecord files."""

from collections.abc import Iterator

from filmroll.errors import FormatError, LimitError
from filmroll.records import framing, tfrecord
from fuzz.scratch import Scratch

SEEDS = ("records/**/*",)
FILE = Scratch("any.tfrecord")


def seeds() -> Iterator[bytes]:
    """Yield files of equal, of different and of no records."""
    for lengths in ([3] * 40, [0, 1, 70, 5], [9] * 9 + [4] * 20, [5000], []):
        pieces = (framing.frame([bytes(length)]) for length in lengths)
        yield b"".join(head + bytes(length) + foot for (head, foot), length in zip(pieces, lengths, strict=True))


def check(data: bytes) -> None:
    """Read a file, and the same with right checksums, or nothing invented would get past them."""
    _check(data)
    mended = _mended(data)
    if mended != data:
        _check(mended)


def _mended(data: bytes) -> bytes:
    out, offset = [], 0
    while offset + framing.OVERHEAD_NBYTES <= len(data):
        length = framing.LENGTH.unpack_from(data, offset)[0]
        start, stop = offset + framing.HEADER.size, offset + framing.HEADER.size + length
        if stop + framing.FOOTER.size > len(data):
            break
        head, foot = framing.frame([data[start:stop]])
        out += [head, data[start:stop], foot]
        offset = stop + framing.FOOTER.size
    return b"".join([*out, data[offset:]])


def _check(data: bytes) -> None:
    one_by_one, end = _plain(memoryview(data))
    run = framing.walk(memoryview(data))
    assert run.offsets.tolist()[: len(one_by_one)] == [offset for offset, _ in one_by_one]
    found: list[bytes] = []
    try:
        with tfrecord.Reader(FILE.hold(data), compression=None) as reader:
            found.extend(map(bytes, reader))
            assert end is None
            assert [bytes(reader[number]) for number in range(len(reader))] == found
    except (FormatError, LimitError) as exc:
        assert end is not None
        if type(exc) is not FormatError:  # which says that the file looks compressed instead
            assert (type(exc), exc.offset, exc.record) == (type(end), end.offset, len(one_by_one))
    assert found == [record for _, record in one_by_one]


def _plain(view: memoryview) -> tuple[list[tuple[int, bytes]], FormatError | LimitError | None]:
    records, offset = [], 0
    while offset < len(view):
        try:
            start, stop, following = framing.unframe(view, offset)
        except (FormatError, LimitError) as exc:
            return records, exc.at(offset=offset)
        head, foot = framing.frame([view[start:stop]])
        assert head + bytes(view[start:stop]) + foot == bytes(view[offset:following])
        records.append((offset, bytes(view[start:stop])))
        offset = following
    return records, None
