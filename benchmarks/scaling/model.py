"""What follows for many pictures from what was measured, by counting; prices and waits are assumed.

Every figure of a `Scale` says how it comes about; nothing here is measured.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEASURED = Path(__file__).with_name("measured.json")

PICTURE_NBYTES = 110_000  # ImageNet's training set: 138 GB, 1.28 million pictures
SHARD_NBYTES = 128 * 2**20  # what `pack` aims at
LARGE_SHARD_NBYTES = 2**30  # what --shard-size 1G aims at
PART_NBYTES = 8 * 2**20  # of an upload
PAGE_KEYS = 1000  # of a listing
OBJECTS = 2  # of a shard: itself and its index
ANSWER_S = 0.03  # until a store begins to answer
AT_ONCE = 32  # requests under way
PUTS = 1 + 2 + 1 + 1  # of a shard besides its parts: begin and end of the upload, index, journal
GETS = 4  # HEADs of a shard while it is packed

STORED_MONTH = 0.023  # dollars for 10**9 bytes and a month
PUT_MILLION = 5.0  # dollars for a million PUT, POST and LIST requests
GET_MILLION = 0.4  # dollars for a million GET and HEAD requests


@dataclass(frozen=True, slots=True)
class Scale:
    """What so many pictures cost.

    Attributes:
        pictures: Their number.
        shard_nbytes: Of the shards.
        found: What was measured.
    """

    pictures: int
    shard_nbytes: int
    found: dict[str, Any]

    @property
    def nbytes(self) -> int:
        """Bytes of all shards."""
        return self.pictures * PICTURE_NBYTES

    @property
    def shards(self) -> int:
        """Number of shards."""
        return math.ceil(self.nbytes / self.shard_nbytes)

    @property
    def shard_pictures(self) -> int:
        """Pictures of a shard."""
        return math.ceil(self.pictures / self.shards)

    @property
    def index_nbytes(self) -> int:
        """Bytes of all indexes: a line of two numbers, a space and a newline for each record."""
        offset_digits = len(str(self.shard_nbytes // 2))
        return self.pictures * (offset_digits + len(str(PICTURE_NBYTES)) + 2)

    @property
    def memory_nbytes(self) -> int:
        """Bytes in memory where the indexes of all shards are: two numbers of eight bytes a record."""
        return 16 * self.pictures

    @property
    def index_s(self) -> float:
        """Seconds to read all indexes, one after the other, at the measured rate."""
        return self.pictures * _rate(self.found["index"], "records")

    @property
    def listing_requests(self) -> int:
        """Requests that list all shards."""
        return math.ceil(self.shards * OBJECTS / PAGE_KEYS)

    @property
    def listing_s(self) -> float:
        """Seconds of it: a page is asked for when the one before is there."""
        return self.listing_requests * ANSWER_S * 5  # a page of a thousand names takes longer than a byte

    @property
    def source_s(self) -> float:
        """Seconds to list a folder of so many pictures on the disk, at the measured rate."""
        return self.pictures * _rate(self.found["listing"], "pictures", seconds="list_s")

    @property
    def pack_core_s(self) -> float:
        """Seconds of one processor to pack, at the measured rate."""
        return self.pictures * _rate([one for one in self.found["pack"] if one["threads"] == 1], "pictures")

    @property
    def pack_puts(self) -> int:
        """Requests that write, of packing to a bucket."""
        return self.shards * (math.ceil(self.shard_nbytes / PART_NBYTES) + PUTS)

    @property
    def pack_dollars(self) -> float:
        """Price of the requests of packing."""
        return self.pack_puts / 1e6 * PUT_MILLION + self.shards * GETS / 1e6 * GET_MILLION

    @property
    def month_dollars(self) -> float:
        """Price of a month of keeping shards and indexes."""
        return (self.nbytes + self.index_nbytes) / 1e9 * STORED_MONTH

    @property
    def ranges_requests(self) -> int:
        """Requests of an epoch by ranges: one for each record; for each shard, what it is and its index."""
        return self.pictures + 2 * self.shards

    @property
    def copies_requests(self) -> int:
        """Requests of an epoch by copies: for each shard, what it is, its index and all of it."""
        return 3 * self.shards

    @property
    def ranges_dollars(self) -> float:
        """Price of the requests of an epoch by ranges."""
        return self.ranges_requests / 1e6 * GET_MILLION

    @property
    def copies_dollars(self) -> float:
        """Price of the requests of an epoch by copies."""
        return self.copies_requests / 1e6 * GET_MILLION


def measured() -> dict[str, Any]:
    """Return what was measured."""
    found: dict[str, Any] = json.loads(MEASURED.read_text("utf-8"))
    return found


def _rate(rows: list[dict[str, Any]], what: str, *, seconds: str = "s") -> float:
    """Return the seconds for one thing, of the largest measurement."""
    largest = max(rows, key=lambda row: row[what])
    return float(largest[seconds] / largest[what])
