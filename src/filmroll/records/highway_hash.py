"""HighwayHash of 64 bits with the key of Riegeli, for headers and other short data: a megabyte takes seconds.

Source: google/highwayhash (highwayhash/c); google/riegeli (records_file_format.md) for the key.
"""

import struct
from collections.abc import Sequence

from filmroll.buffer import Buffer

WORD, HALF = (1 << 64) - 1, (1 << 32) - 1
PACKET = struct.Struct("<4Q")
KEY = struct.unpack("<4Q", b"Riegeli/records\n" * 2)
MUL0 = (0xDBE6D5D5FE4CCE2F, 0xA4093822299F31D0, 0x13198A2E03707344, 0x243F6A8885A308D3)
MUL1 = (0x3BD39E10CB0EF593, 0xC0ACF169B5F18A8C, 0xBE5466CF34E90C6C, 0x452821E638D01377)

State = tuple[list[int], list[int], list[int], list[int]]  # v0, v1, mul0, mul1


def highway_hash(data: Buffer) -> int:
    """Compute the hash of contiguous bytes."""
    state: State = (
        [mul ^ key for mul, key in zip(MUL0, KEY, strict=True)],
        [mul ^ _swapped(key) for mul, key in zip(MUL1, KEY, strict=True)],
        list(MUL0),
        list(MUL1),
    )
    whole = len(data) - len(data) % PACKET.size
    for lanes in PACKET.iter_unpack(memoryview(data)[:whole]):
        _update(state, lanes)
    if whole < len(data):
        _update_rest(state, bytes(memoryview(data)[whole:]))
    v0, v1, mul0, mul1 = state
    for _ in range(4):
        _update(state, [_swapped(v0[lane]) for lane in (2, 3, 0, 1)])
    return (v0[0] + v1[0] + mul0[0] + mul1[0]) & WORD


def _update(state: State, lanes: Sequence[int]) -> None:
    v0, v1, mul0, mul1 = state
    for lane in range(4):
        v1[lane] = (v1[lane] + mul0[lane] + lanes[lane]) & WORD
        mul0[lane] ^= (v1[lane] & HALF) * (v0[lane] >> 32)
        v0[lane] = (v0[lane] + mul1[lane]) & WORD
        mul1[lane] ^= (v0[lane] & HALF) * (v1[lane] >> 32)
    _add_merged(v0, v1)
    _add_merged(v1, v0)


def _add_merged(into: list[int], of: list[int]) -> None:
    """Add the bytes of two neighbours at a time, mixed, to others."""
    for low in (0, 2):
        b, a = of[low], of[low + 1]
        into[low] = (
            into[low]
            + (
                ((b & 0xFF000000 | a & 0xFF00000000) >> 24)
                | ((b & 0xFF0000000000 | a & 0xFF000000000000) >> 16)
                | b & 0xFF0000
                | (b & 0xFF00) << 32
                | (a & 0xFF00000000000000) >> 8
                | b << 56 & WORD
            )
        ) & WORD
        into[low + 1] = (
            into[low + 1]
            + (
                ((a & 0xFF000000 | b & 0xFF00000000) >> 24)
                | a & 0xFF0000
                | (a & 0xFF0000000000) >> 16
                | (a & 0xFF00) << 24
                | (b & 0xFF000000000000) >> 8
                | (a & 0xFF) << 48
                | b & 0xFF00000000000000
            )
        ) & WORD


def _update_rest(state: State, rest: bytes) -> None:
    v0, v1 = state[:2]
    count, odd = len(rest), len(rest) & 3
    for lane in range(4):
        v0[lane] = (v0[lane] + (count << 32) + count) & WORD
        halves = [(half << count | half >> 32 - count) & HALF for half in (v1[lane] & HALF, v1[lane] >> 32)]
        v1[lane] = halves[1] << 32 | halves[0]
    packet = bytearray(PACKET.size)
    even = count - odd
    packet[:even] = rest[:even]
    if count & 16:
        packet[28:] = rest[count - 4 :]
    elif odd:
        tail = rest[even:]
        packet[16:19] = bytes((tail[0], tail[odd >> 1], tail[odd - 1]))
    _update(state, PACKET.unpack(packet))


def _swapped(word: int) -> int:
    return word >> 32 | (word & HALF) << 32
