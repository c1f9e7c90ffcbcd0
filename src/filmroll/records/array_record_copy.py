"""Write chunks of an ArrayRecord file into another one, with a footer and a postscript of its own.

Source: google/array_record (layout.proto, array_record_writer.cc); google/riegeli (records_file_format.md).
"""

from collections.abc import Iterable, Sequence
from typing import IO

from filmroll.records import riegeli
from filmroll.records.array_record import SIGNATURE
from filmroll.records.riegeli import BLOCK_HEADER, BLOCK_NBYTES, CHUNK_HEADER, RECORDS, Chunk
from filmroll.records.varint import varint

MAGIC = 0x71930E704FDAE05E
COMPRESSIONS = {0: "uncompressed", ord("b"): "brotli", ord("z"): "zstd", ord("s"): "snappy"}


def write(file: IO[bytes], view: memoryview, chunks: Sequence[Chunk]) -> None:
    """Write a whole file.

    Args:
        file: An empty one.
        view: The file that the chunks are from.
        chunks: What it holds; each but the last has as many records as the first, since a reader counts on that.
    """
    writer = _Writer(file)
    entries = []
    for chunk in chunks:
        place = writer.write(chunk, chunk.data(view))
        if chunk.type in RECORDS:
            entries.append(_varints(1, place, 2, chunk.decoded_nbytes, 3, chunk.records))
    footer = writer.write_records([_metadata(chunks, view), *entries])
    writer.pad()
    writer.write_records([_varints(1, footer, 2, MAGIC)] * 3)
    writer.pad()


class _Writer:
    """A file to write chunks to, behind the signature."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._place = file.write(SIGNATURE)

    def write(self, chunk: Chunk, data: Iterable[memoryview | bytes]) -> int:
        """Write a chunk and return where it is."""
        begin = self._place
        end = riegeli.end_of(begin, CHUNK_HEADER.size + chunk.nbytes, chunk.records)
        self._write(chunk.header, begin, end)
        for piece in data:
            self._write(piece, begin, end)
        while self._place < end:  # more records than bytes
            self._write(bytes(min(end - self._place, BLOCK_NBYTES - BLOCK_HEADER.size)), begin, end)
        return begin

    def _write(self, data: memoryview | bytes, begin: int, end: int) -> None:
        data = memoryview(data)
        while data and self._place < end:
            if self._place % BLOCK_NBYTES == 0:
                self._place += self._file.write(riegeli.block_header(self._place - begin, end - self._place))
            step = min(BLOCK_NBYTES - self._place % BLOCK_NBYTES, end - self._place)
            self._place += self._file.write(data[:step])
            data = data[step:]

    def write_records(self, records: Sequence[bytes]) -> int:
        """Write a chunk of records as they are, and return where it is."""
        sizes = b"".join(varint(len(record)) for record in records)
        data = b"\0" + varint(len(sizes)) + sizes + b"".join(records)
        chunk = riegeli.chunk_of(data, type=ord("r"), records=len(records), decoded_nbytes=sum(map(len, records)))
        return self.write(chunk, [data])

    def pad(self) -> None:
        """Fill the block with an empty chunk, and one more where there is no room for that."""
        left = -self._place % BLOCK_NBYTES
        if left:
            left += BLOCK_NBYTES if left < CHUNK_HEADER.size else 0
            nbytes = left - CHUNK_HEADER.size - (BLOCK_HEADER.size if left > BLOCK_NBYTES else 0)
            self.write(riegeli.chunk_of(bytes(nbytes), type=ord("p"), records=0, decoded_nbytes=0), [bytes(nbytes)])


def _metadata(chunks: Sequence[Chunk], view: memoryview) -> bytes:
    groups = [chunk for chunk in chunks if chunk.type in RECORDS]
    size = groups[0].records if groups else 1
    packed = next((chunk.data(view)[0][0] for chunk in groups), 0)
    transpose = "true" if groups and groups[0].type == ord("t") else "false"
    options = f"group_size:{size},transpose:{transpose},pad_to_block_boundary:false"
    options += f",{COMPRESSIONS.get(packed, 'uncompressed')},max_parallelism:1"
    inner = _varints(1, 1, 2, len(groups), 3, sum(chunk.records for chunk in groups))
    inner += b"\x22" + varint(len(options)) + options.encode()
    return b"\x0a" + varint(len(inner)) + inner


def _varints(*pairs: int) -> bytes:
    return b"".join(varint(number << 3) + varint(value) for number, value in zip(pairs[::2], pairs[1::2], strict=True))
