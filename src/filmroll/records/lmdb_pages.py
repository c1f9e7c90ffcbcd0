"""How LMDB lays a tree of keys and values out in the pages of a file, and how the tree is read without it.

    file      page 0, page 1: meta pages, of which the later transaction counts; then the others, in any order
    page      u64 own number, u16, u16 kind, u16 lower, u16 upper | u16 offset of each node | room | the nodes
    meta      page header, u32 magic, u32 version, u64, u64, free tree, main tree, u64 last page, u64 transaction
    tree      u32 (of the first: size of a page), u16 flags, u16 depth, 3 * u64, u64 entries, u64 root page
    branch    node: u16 low, u16 middle, u16 high part of the child's page number, u16 nbytes of the key, key
    leaf      node: u16 low, u16 high part of the value's nbytes, u16 flags, u16 nbytes of the key, key, value
    overflow  a page header with u32 pages in place of lower and upper, then one value, which a leaf names by its page

All nodes of many pages are read in a few NumPy steps. Nothing is trusted: a damaged file is an error, where LMDB's own
library ends the process; and unlike it, a file can be open twice, and views of it outlive the one who opened it.

Source: libraries/liblmdb/mdb.c of LMDB 0.9 (MDB_page, MDB_node, MDB_meta, MDB_db).
"""

import struct
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from filmroll.buffer import Buffer
from filmroll.errors import ParseError, TruncatedError, UnsupportedError

Int64Array = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

MAGIC = 0xBEEFC0DE
VERSION = 1  # of the data, all that LMDB 0.9 writes
HEADER = struct.Struct("<QHHHH")  # own number, unused, kind, lower, upper
OVERFLOW_HEADER = struct.Struct("<QHHI")  # own number, unused, kind, pages
META = struct.Struct("<II16x I44x 4xHH24xQQ QQ")  # after the page header; of the free tree only the size of a page
NODE_NBYTES = 2 + 2 + 2 + 2  # three parts of a number or length and flags, length of the key
BRANCH, LEAF, OVERFLOW, META_PAGE = 1, 2, 4, 8
KINDS = 0x6F  # all bits that tell kinds of pages; others say what a writer was about to do
KIND_NAMES = {BRANCH: "branch", LEAF: "leaf", OVERFLOW: "overflow", META_PAGE: "meta"}
ELSEWHERE, SUBTREE, DUPLICATES = 1, 2, 4  # flags of a leaf's node
MANY_VALUES = 0x04  # flag of a tree: a key may have several values
NO_PAGE = 2**64 - 1  # root of a tree without entries
PAGE_NBYTES = frozenset(1 << power for power in range(8, 16))
MAX_DEPTH = 32  # of LMDB's own cursors
RECOGNISED_NBYTES = HEADER.size + 4


class Meta(NamedTuple):
    """What a meta page says.

    Attributes:
        page_nbytes: Size of each page.
        flags, depth, entries, root: Of the main tree.
        last_page: The highest page number in use.
        transaction: Number of the transaction that wrote it.
    """

    page_nbytes: int
    flags: int
    depth: int
    entries: int
    root: int
    last_page: int
    transaction: int


class Nodes(NamedTuple):
    """Where keys and values lie in the file, in the order of the keys; arrays of shape (n,).

    Attributes:
        keys, key_lengths: int64, of the keys.
        values, lengths: int64, of the values.
        elsewhere: bool, whether the value is on overflow pages; those are not looked at yet.
    """

    keys: Int64Array
    key_lengths: Int64Array
    values: Int64Array
    lengths: Int64Array
    elsewhere: BoolArray


def recognise(head: Buffer) -> bool:
    """Tell whether a file begins as one of LMDB does, on a machine of any byte order and word size."""
    return _foreign(head) is not None or _magic(head, HEADER.size) == MAGIC


def _magic(head: Buffer, offset: int, order: Any = "little") -> int:
    return int.from_bytes(head[offset : offset + 4], order)


def _foreign(head: Buffer) -> str | None:
    """Say of which other kind of machine a file is; None of a 64-bit little-endian one, or of no LMDB file."""
    if _magic(head, HEADER.size) == MAGIC:
        return None
    places = {(16, "big"): "a big-endian", (12, "little"): "a 32-bit", (12, "big"): "a big-endian 32-bit"}
    return next((name for (offset, order), name in places.items() if _magic(head, offset, order) == MAGIC), None)


def parse_meta(file: Buffer) -> Meta:
    """Read the meta page that counts.

    Args:
        file: The whole file, or a map of it.

    Raises:
        ParseError: It is no LMDB file, or the meta pages are damaged; `offset` says where.
        TruncatedError: It ends within the meta pages.
        UnsupportedError: It is of a big-endian or 32-bit machine, of a later version of LMDB, or has several values
            for a key.
    """
    machine = _foreign(file)
    if machine is not None:
        raise UnsupportedError(
            f"an LMDB file of {machine} machine; expected a 64-bit little-endian one: mdb_dump it there, then mdb_load"
        )
    if _magic(file, HEADER.size) != MAGIC:
        found = bytes(file[HEADER.size : RECOGNISED_NBYTES]).hex()
        raise ParseError(f"no LMDB file: expected {MAGIC:#x} at byte 16, found {found or 'the end'}", offset=0)
    first = _one_meta(file, 0)
    meta = max(first, _one_meta(file, first.page_nbytes), key=lambda each: each.transaction)
    if meta.page_nbytes != first.page_nbytes:
        raise ParseError(f"the meta pages name pages of {first.page_nbytes} and {meta.page_nbytes} bytes", offset=0)
    _check_tree(meta, nbytes=len(file))
    return meta


def _one_meta(file: Buffer, offset: int) -> Meta:
    nbytes = HEADER.size + META.size
    if len(file) < offset + nbytes:
        raise TruncatedError(f"{max(len(file) - offset, 0)} bytes where a meta page takes {nbytes}", offset=offset)
    kind = HEADER.unpack_from(file, offset)[2]
    fields = META.unpack_from(file, offset + HEADER.size)
    magic, version, page_nbytes, flags, depth, entries, root, last, transaction = fields
    if kind & KINDS != META_PAGE or magic != MAGIC:
        raise ParseError("expected a meta page, found none", offset=offset)
    if version != VERSION:
        raise UnsupportedError(f"version {version} of LMDB's data, expected {VERSION}: mdb_dump it and mdb_load it")
    if page_nbytes not in PAGE_NBYTES:
        raise ParseError(f"pages of {page_nbytes} bytes, expected a power of 2 from 256 to 32768", offset=offset)
    return Meta(page_nbytes, flags, depth, entries, root, last, transaction)


def _check_tree(meta: Meta, *, nbytes: int) -> None:
    if meta.flags & MANY_VALUES:
        raise UnsupportedError("an LMDB tree with several values for a key; records have one each")
    if meta.depth > MAX_DEPTH:
        raise ParseError(f"a tree {meta.depth} pages deep, the limit is {MAX_DEPTH}", offset=0)
    if meta.last_page >= 2**63 // meta.page_nbytes:
        raise ParseError(f"page {meta.last_page} is named the last one; no file has so many", offset=0)
    if (meta.root == NO_PAGE) != (meta.entries == 0) or (meta.root != NO_PAGE) != (meta.depth > 0):
        raise ParseError(f"{meta.entries} entries in a tree {meta.depth} pages deep", offset=0)
    if meta.entries > nbytes // (NODE_NBYTES + 2):
        raise ParseError(f"{meta.entries} entries announced in a file of {nbytes} bytes", offset=0)


class Tree:
    """The main tree of a file.

    Args:
        file: The whole file, uint8 of shape (nbytes,).
        meta: Its meta page.
    """

    def __init__(self, file: npt.NDArray[np.uint8], meta: Meta) -> None:
        self.meta = meta
        self._file = file
        self._halves: npt.NDArray[np.uint16] = file[: len(file) // 2 * 2].view("<u2")
        self._page_count = len(file) // meta.page_nbytes

    def leaves(self) -> Int64Array:
        """List the leaf pages in the order of their keys.

        Raises:
            ParseError, TruncatedError: A branch page is damaged; `offset` says where.
        """
        if not self.meta.depth:
            return np.zeros(0, np.int64)
        pages = self._checked(np.array([self.meta.root], np.uint64))
        for _ in range(self.meta.depth - 1):
            pages = self._children(pages)
        return pages

    def _children(self, pages: Int64Array) -> Int64Array:
        nodes = self._nodes(pages, BRANCH) >> 1
        low, middle, high = (self._halves[nodes + part].astype(np.uint64) for part in range(3))
        children = low | middle << np.uint64(16) | high << np.uint64(32)
        if len(children) > self.meta.last_page:
            raise ParseError(f"{len(children)} pages of one depth, there are {self.meta.last_page + 1}", offset=0)
        return self._checked(children)

    def _checked(self, pages: npt.NDArray[np.uint64]) -> Int64Array:
        """Check that there are pages of these numbers."""
        highest = int(pages.max(initial=0))
        if highest > self.meta.last_page:
            raise ParseError(f"page {highest} is named, the last one is {self.meta.last_page}", offset=0)
        if highest >= self._page_count:
            raise TruncatedError(f"page {highest} is behind the end of the file", offset=len(self._file))
        return pages.astype(np.int64)

    def nodes(self, pages: Int64Array) -> Nodes:
        """Find keys and values of some leaf pages.

        Raises:
            ParseError: A page is damaged; `offset` says where.
            UnsupportedError: There is a tree within the tree: a named database.
        """
        page_nbytes = self.meta.page_nbytes
        places = self._nodes(pages, LEAF)
        low, high, flags, key_lengths = (self._halves[(places >> 1) + part].astype(np.int64) for part in range(4))
        if (flags & (SUBTREE | DUPLICATES)).any():
            raise UnsupportedError("an LMDB file of named databases; only the records of the main one can be read")
        lengths = low | high << 16
        elsewhere = (flags & ELSEWHERE) != 0
        keys = places + NODE_NBYTES
        values = keys + key_lengths
        stops = values + np.where(elsewhere, 8, lengths)
        bad = stops > places // page_nbytes * page_nbytes + page_nbytes
        _raise_if_any(bad, places, "a node leads out of its page")
        if elsewhere.any():
            values[elsewhere] = self._overflow(values[elsewhere])
        return Nodes(keys, key_lengths, values, lengths, elsewhere)

    def _overflow(self, places: Int64Array) -> Int64Array:
        """Return where values begin, of which the numbers of their pages stand at these places."""
        pages = self._file[places[:, None] + np.arange(8)].view("<u8")[:, 0]
        bad = (pages < 2) | (pages > self.meta.last_page)
        _raise_if_any(bad, places, "a value is on a page that there is not")
        values: Int64Array = pages.astype(np.int64) * self.meta.page_nbytes + OVERFLOW_HEADER.size
        return values

    def _nodes(self, pages: Int64Array, kind: int) -> Int64Array:
        """Return where the nodes of some pages are."""
        page_nbytes = self.meta.page_nbytes
        firsts = pages * page_nbytes
        kinds, lower, upper = (self._halves[(firsts >> 1) + part].astype(np.int64) for part in (5, 6, 7))
        _raise_if_any(kinds & KINDS != kind, firsts, f"expected a {KIND_NAMES[kind]} page")
        _raise_if_any(self._numbers(firsts) != pages, firsts, "a page bears the number of another")
        bad = (lower < HEADER.size) | (lower > upper) | (upper > page_nbytes) | (lower % 2 == 1)
        _raise_if_any(bad, firsts, "a page whose parts overlap")
        counts = (lower - HEADER.size) // 2
        before = np.cumsum(counts) - counts
        table = np.repeat((firsts + HEADER.size) // 2 - before, counts) + np.arange(int(counts.sum()))
        offsets = self._halves[table].astype(np.int64)
        bad = (offsets < np.repeat(upper, counts)) | (offsets > page_nbytes - NODE_NBYTES) | (offsets % 2 == 1)
        places = np.repeat(firsts, counts) + offsets
        _raise_if_any(bad, places, "a node leads out of its page")
        return places

    def _numbers(self, firsts: Int64Array) -> Int64Array:
        parts = [self._halves[(firsts >> 1) + part].astype(np.int64) << (16 * part) for part in range(4)]
        numbers: Int64Array = parts[0] | parts[1] | parts[2] | parts[3]
        return numbers

    def check_overflow(self, value: int, length: int) -> None:
        """Check the page header in front of a value that has pages of its own, and that the file goes on to its end.

        Args:
            value: Where the value begins.
            length: Number of its bytes.

        Raises:
            TruncatedError: The file ends before the value does.
            ParseError: There is no such page, or it holds less.
        """
        if value + length > len(self._file):
            raise TruncatedError(f"a value of {length} bytes, {max(len(self._file) - value, 0)} are left", offset=value)
        first = value - OVERFLOW_HEADER.size
        number, _, kind, pages = OVERFLOW_HEADER.unpack_from(self._file.data, first)
        page_nbytes = self.meta.page_nbytes
        if kind & KINDS != OVERFLOW or number != first // page_nbytes:
            raise ParseError("expected an overflow page", offset=first)
        if OVERFLOW_HEADER.size + length > pages * page_nbytes:
            raise ParseError(f"a value of {length} bytes on {pages} pages of {page_nbytes}", offset=first)


def _raise_if_any(bad: BoolArray, places: Int64Array, sentence: str) -> None:
    if bad.any():
        raise ParseError(sentence, offset=int(places[np.argmax(bad)]))
