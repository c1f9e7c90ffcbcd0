"""Harm done to files."""

import filmroll


def damage(path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 0xFF
    path.write_bytes(data)


def places(path) -> list[int]:
    with filmroll.Reader(path) as reader:
        return reader.offsets.tolist()


def zero(path, start: int, nbytes: int) -> None:
    data = bytearray(path.read_bytes())
    data[start : start + nbytes] = bytes(nbytes)
    path.write_bytes(data)
