"""Which chunks of a damaged ArrayRecord file are still there: their headers have hashes, and so has their data.

    chunk chunk  x x x x x x  chunk chunk chunk ... footer, postscript
                 └── gap ──┘                     └─ neither needed: they only say where chunks are

Behind damage the block headers tell where the next chunk begins; before the next of them each place is tried where a
chunk header may stand. Where bytes were lost or added blocks begin elsewhere from then on: that is their phase.

Source: google/riegeli (records_file_format.md); google/array_record (layout.proto).
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from filmroll.errors import ChecksumError, Error, FormatError, TruncatedError
from filmroll.records import riegeli
from filmroll.records.highway_hash import highway_hash
from filmroll.records.riegeli import BLOCK_HEADER, BLOCK_NBYTES, CHUNK_HEADER, HASH_NBYTES, Chunk

WINDOW_NBYTES = 1 << 20
HASHED_NBYTES = 1 << 24  # of data that is hashed here, in all: array_record does it a thousand times faster
MOST_PHASES = 8  # that are tried at a time
BIG_NBYTES = 5  # of eight of a number, in headers that are looked for


class Gap(NamedTuple):
    """Bytes that are in no chunk.

    Attributes:
        offset, stop: Where they are.
        error: What is wrong.
    """

    offset: int
    stop: int
    error: Error


def find(view: memoryview) -> tuple[list[Chunk], list[Gap]]:
    """Find all chunks of a file whose headers are right; their data is not looked at, but where damage is near.

    Args:
        view: The whole file.
    """
    return _Salvage(view).found()


class _Salvage:
    def __init__(self, view: memoryview) -> None:
        self._view, self._nbytes = view, len(view)
        self._array = np.frombuffer(view, np.uint8)
        self._left = HASHED_NBYTES

    def found(self) -> tuple[list[Chunk], list[Gap]]:
        chunks: list[Chunk] = []
        gaps: list[Gap] = []
        offset = phase = 0
        while offset < self._nbytes:
            chunk = riegeli.chunk_at(self._view, offset, phase=phase)
            error = self._fault_of(chunk)
            if chunk is not None and error is None:
                chunks.append(chunk)
                offset = chunk.stop
                continue
            following = self._next(offset, phase)
            stop = self._nbytes if following is None else following.offset
            if stop > offset:  # else blocks begin elsewhere from here on
                gaps.append(Gap(offset, stop, error or FormatError("no chunk begins here", offset=offset)))
            if following is None:
                break
            offset, phase = stop, following.phase
        return chunks, gaps

    def _fault_of(self, chunk: Chunk | None) -> Error | None:
        """Return what is wrong with a chunk as far as its header tells, and with its data where it ends wrong."""
        if chunk is None or (self._is_followed(chunk) and self._has_block(chunk)):
            return None
        pieces = chunk.data(self._view)
        left = sum(map(len, pieces))
        if left < chunk.nbytes or chunk.stop > self._nbytes + BLOCK_NBYTES:
            return TruncatedError(f"a chunk of {chunk.nbytes} bytes, {left} are left", offset=chunk.offset)
        if chunk.nbytes > self._left or self._is_hashed_right(chunk, pieces):
            return None
        return ChecksumError("a chunk differs from its hash, and is not where its headers say", offset=chunk.offset)

    def _is_hashed_right(self, chunk: Chunk, pieces: list[memoryview]) -> bool:
        self._left -= chunk.nbytes
        return highway_hash(b"".join(pieces)) == chunk.data_hash

    def _is_followed(self, chunk: Chunk) -> bool:
        stop = chunk.stop
        return stop == self._nbytes or riegeli.chunk_at(self._view, stop, phase=chunk.phase) is not None

    def _has_block(self, chunk: Chunk) -> bool:
        """Tell whether the first block header inside a chunk, if there is one, says where that begins and ends."""
        block = chunk.offset + (chunk.phase - chunk.offset) % BLOCK_NBYTES
        return block >= chunk.stop or riegeli.block_at(self._view, block) == (chunk.offset, chunk.stop)

    def _next(self, edge: int, phase: int) -> Chunk | None:
        """Return the next chunk behind an edge, whatever its phase."""
        behind = self._behind_whole(edge, phase)
        if behind is not None:
            return behind
        for begin in range(edge, self._nbytes, WINDOW_NBYTES):
            stop = min(begin + WINDOW_NBYTES, self._nbytes)
            blocks = list(self._blocks(max(edge, begin - BLOCK_NBYTES), stop + 2 * BLOCK_NBYTES))
            phases = list(dict.fromkeys([phase, *(place % BLOCK_NBYTES for place in blocks)]))[:MOST_PHASES]
            places = {place for block in blocks for place in self._ends(block)} | {*self._headers(begin, stop)}
            for place in sorted(place for place in places if place >= begin):
                chunks = (riegeli.chunk_at(self._view, place, phase=one) for one in phases)
                sound = next((one for one in chunks if one is not None and self._is_sound(one)), None)
                if sound is not None:
                    return sound
        return None

    def _behind_whole(self, edge: int, phase: int) -> Chunk | None:
        """Return the chunk behind one whose header is damaged, where a block header inside of that tells its end."""
        boundary = edge + (phase - edge) % BLOCK_NBYTES
        found = riegeli.block_at(self._view, boundary)
        if found is None or found[0] != edge:
            return None
        chunk = riegeli.chunk_at(self._view, found[1], phase=phase)
        return chunk if chunk is not None and self._is_sound(chunk) else None

    def _is_sound(self, chunk: Chunk) -> bool:
        return chunk.stop <= self._nbytes and self._fault_of(chunk) is None

    def _ends(self, block: int) -> tuple[int, int]:
        return riegeli.block_at(self._view, block) or (block, block)

    def _blocks(self, begin: int, end: int) -> Iterator[int]:
        """Yield the places where block headers stand."""
        likely = self._likely(
            begin, min(end, self._nbytes), (8 + BIG_NBYTES, 16), (16 + BIG_NBYTES, 24), size=BLOCK_HEADER.size
        )
        return (place for place in likely.tolist() if riegeli.block_at(self._view, place) is not None)

    def _headers(self, begin: int, end: int) -> list[int]:
        """Return the places where headers of chunks may stand that no block header interrupts."""
        zeros = (8 + BIG_NBYTES, 16), (25 + BIG_NBYTES, 32), (32 + BIG_NBYTES, 40)
        likely = self._likely(begin, end, *zeros, size=CHUNK_HEADER.size)
        types = self._array[likely + 24]
        found: list[int] = likely[np.isin(types, np.frombuffer(riegeli.TYPES, np.uint8))].tolist()
        return found

    def _likely(self, begin: int, end: int, *zeros: tuple[int, int], size: int) -> npt.NDArray[np.int64]:
        """Return the places from which on some bytes are zeros, but not the first eight, a hash."""
        places = np.arange(begin, max(begin, min(end, self._nbytes - size + 1)))
        for start, stop in zeros:
            for column in range(start, stop):
                places = places[self._array[places + column] == 0]
        hashes = np.ndarray((max(self._nbytes - HASH_NBYTES + 1, 0),), "<u8", self._array, strides=(1,))
        found: npt.NDArray[np.int64] = places[hashes[places] != 0]
        return found
