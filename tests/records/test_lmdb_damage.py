"""Damaged LMDB environments: an error that names the place, or other bytes, and what is sound is read."""

import os
import random
import struct

import lmdb
import numpy as np
import pytest

from filmroll.errors import FormatError, ParseError, TruncatedError, UnsupportedError
from filmroll.records.lmdb import Reader
from records.lmdb_files import PAGE, items_of, write

META = 16  # of the first meta page; the fields after the page header
CHANGES = [
    pytest.param(10, "<H", 2, ParseError, "expected a meta page", id="kind of page 0"),
    pytest.param(META + 4, "<I", 2, UnsupportedError, "version 2 of LMDB's data, expected 1", id="version"),
    pytest.param(META + 24, "<I", 0, ParseError, "pages of 0 bytes", id="page size 0"),
    pytest.param(META + 24, "<I", 5000, ParseError, "pages of 5000 bytes, expected a power of 2", id="page size 5000"),
    pytest.param(META + 24, "<I", 32768, TruncatedError, "meta page", id="page size beyond the file"),
    pytest.param(META + 76, "<H", 4, UnsupportedError, "several values for a key", id="dupsort"),
    pytest.param(META + 78, "<H", 33, ParseError, "33 pages deep", id="depth 33"),
    pytest.param(META + 78, "<H", 0, ParseError, "10 entries in a tree 0 pages deep", id="depth 0"),
    pytest.param(META + 104, "<Q", 0, ParseError, "0 entries", id="no entries"),
    pytest.param(META + 104, "<Q", 2**60, ParseError, "entries announced in a file of", id="too many entries"),
    pytest.param(META + 104, "<Q", 11, ParseError, "11 records are announced, there are 10", id="one entry more"),
    pytest.param(META + 112, "<Q", 99, ParseError, "page 99 is named, the last one is", id="root page"),
    pytest.param(META + 112, "<Q", 2**64 - 1, ParseError, "entries in a tree", id="no root"),
    pytest.param(META + 120, "<Q", 2**62, ParseError, "no file has so many", id="last page"),
]


def test_meta_pages_that_name_two_sizes_of_a_page_are_refused(tmp_path):
    path = write(tmp_path, items_of(10, sizes=(5,)))
    content = bytearray(path.read_bytes())
    struct.pack_into("<I", content, PAGE + META + 24, 2 * PAGE)
    path.write_bytes(content)
    with pytest.raises(ParseError, match="the meta pages name pages of 4096 and 8192 bytes"):
        Reader(tmp_path)


@pytest.mark.parametrize(("offset", "layout", "value", "error", "words"), CHANGES)
def test_damaged_meta_page_is_named(tmp_path, offset, layout, value, error, words):
    path = write(tmp_path, items_of(10, sizes=(5,)))
    content = bytearray(path.read_bytes())
    for page in (0, PAGE) if offset != META + 24 else (0,):
        struct.pack_into(layout, content, page + offset, value)
    path.write_bytes(content)
    with pytest.raises(error, match=words) as caught:
        list(Reader(tmp_path))
    assert caught.value.path == str(tmp_path)


LEAF_CHANGES = [
    pytest.param(0, "<Q", 7, "bears the number of another", id="number"),
    pytest.param(10, "<H", 1, "expected a leaf page", id="kind"),
    pytest.param(12, "<H", 15, "parts overlap", id="lower below the header"),
    pytest.param(12, "<H", 4000, "parts overlap", id="lower above upper"),
    pytest.param(14, "<H", 5000, "parts overlap", id="upper behind the page"),
    pytest.param(16, "<H", 20, "leads out of its page", id="offset before upper"),
    pytest.param(16, "<H", 4094, "leads out of its page", id="offset at the end"),
    pytest.param(16, "<H", 4001, "leads out of its page", id="odd offset"),
]


@pytest.mark.parametrize(("offset", "layout", "value", "words"), LEAF_CHANGES)
def test_damaged_leaf_page_is_named_with_its_offset(tmp_path, offset, layout, value, words):
    path, leaf = one_leaf(tmp_path)
    change(path, leaf + offset, layout, value)
    reader = Reader(tmp_path)
    for read in (lambda: list(reader), lambda: reader[3], lambda: reader.key(3), lambda: reader.spans(np.arange(2))):
        with pytest.raises(ParseError, match=words) as caught:
            read()
        assert leaf <= caught.value.offset < leaf + 2 * PAGE


def one_leaf(folder):
    """Write ten records; return the file, and where its only leaf page begins."""
    path = write(folder, items_of(10, sizes=(5,)))
    content = path.read_bytes()
    return path, struct.unpack_from("<Q", content, newest_meta(content) + META + 112)[0] * PAGE


def newest_meta(content: bytes) -> int:
    return max((0, PAGE), key=lambda page: struct.unpack_from("<Q", content, page + META + 128)[0])


def change(path, offset, layout, value):
    content = bytearray(path.read_bytes())
    struct.pack_into(layout, content, offset, value)
    path.write_bytes(content)


def test_records_before_a_damaged_page_are_read_by_number_and_key(tmp_path):
    items = items_of(1000, sizes=(100,))
    path = write(tmp_path, items)
    page = path.read_bytes().index(b"00000999_") // PAGE * PAGE
    change(path, page + 10, "<H", 1)
    reader = Reader(tmp_path)
    sound = 0
    with pytest.raises(ParseError):
        for _ in reader:
            sound += 1
    assert sound > 100
    numbers = np.arange(sound)
    assert [reader.key(number) for number in numbers] == list(items)[:sound]
    assert reader.read(numbers) == list(items.values())[:sound]
    spans = reader.spans(numbers)
    assert spans.lengths.tolist() == [100] * sound
    for number in (sound, 999):
        for read in (reader.__getitem__, reader.key, lambda number: reader.spans(np.array([0, number]))):
            with pytest.raises(ParseError, match="expected a leaf page") as caught:
                read(number)
            assert (caught.value.record, caught.value.offset) == (None, page)
            caught.value.at(record=5)  # as those who know it do


@pytest.mark.parametrize("announced", [9, 11])
def test_other_number_of_records_than_announced_is_an_error_where_it_matters(tmp_path, announced):
    path, _ = one_leaf(tmp_path)
    for meta in (0, PAGE):
        change(path, meta + META + 104, "<Q", announced)
    reader = Reader(tmp_path)
    with pytest.raises(ParseError, match=f"{announced} records are announced, there are 10"):
        reader[announced - 1]
    with pytest.raises(ParseError, match=f"{announced} records are announced, there are 10"):
        reader.spans(np.array([announced - 1]))


def test_node_longer_than_its_page_is_refused(tmp_path):
    path, leaf = one_leaf(tmp_path)
    node = leaf + struct.unpack_from("<H", path.read_bytes(), leaf + 16)[0]
    change(path, node, "<H", 4000)
    with pytest.raises(ParseError, match="leads out of its page"):
        list(Reader(tmp_path))


def large(folder):
    """Write three records of two overflow pages each; return the file, and where the first value begins."""
    path = write(folder, items_of(3, sizes=(8000,)))
    with Reader(folder) as reader:
        return path, int(reader.spans(np.array([0])).starts[0])


@pytest.mark.parametrize(
    ("offset", "layout", "value", "words"),
    [
        (-16, "<Q", 1, "expected an overflow page"),
        (-6, "<H", 2, "expected an overflow page"),
        (-4, "<I", 1, "8000 bytes on 1 pages of 4096"),
    ],
)
def test_damaged_overflow_page_costs_its_record_alone(tmp_path, offset, layout, value, words):
    path, start = large(tmp_path)
    change(path, start + offset, layout, value)
    reader = Reader(tmp_path)
    assert len(reader.read([1, 2])) == 2
    for read in (lambda: reader[0], lambda: list(reader), lambda: reader.spans(np.arange(3))):
        with pytest.raises(ParseError, match=words) as caught:
            read()
        assert (caught.value.record, caught.value.offset) == (0, start - 16)


def test_file_cut_short_keeps_the_records_before_the_cut(tmp_path):
    path = write(tmp_path, items_of(40, sizes=(8000,)))
    with Reader(tmp_path) as reader:
        starts = reader.spans(np.arange(40)).starts
    last = int(np.argmax(starts))
    os.truncate(path, int(starts[last]) + 100)
    with Reader(tmp_path) as reader:
        with pytest.raises(TruncatedError, match="a value of 8000 bytes, 100 are left") as caught:
            reader[last]
        assert caught.value.record == last
        assert len(reader[(last + 1) % 40]) == 8000


def test_file_cut_before_its_leaves_is_truncated(tmp_path):
    path = write(tmp_path, items_of(1000, sizes=(100,)))
    os.truncate(path, 3 * PAGE)
    with pytest.raises(TruncatedError, match="behind the end of the file"):
        list(Reader(tmp_path))


def test_named_databases_are_unsupported(tmp_path):
    with lmdb.open(str(tmp_path), max_dbs=2, lock=False) as environment:
        database = environment.open_db(b"pictures")
        with environment.begin(write=True) as transaction:
            transaction.put(b"a", b"b", db=database)
    with pytest.raises(UnsupportedError, match="named databases"):
        list(Reader(tmp_path))


def test_children_that_lead_in_circles_come_to_an_end(tmp_path):
    path = write(tmp_path, items_of(2000, sizes=(100,)))
    content = bytearray(path.read_bytes())
    root = struct.unpack_from("<Q", content, newest_meta(content) + META + 112)[0]
    first = root * PAGE + struct.unpack_from("<H", content, root * PAGE + 16)[0]
    struct.pack_into("<H", content, first, root)
    for page in (0, PAGE):
        struct.pack_into("<H", content, page + META + 78, 32)
    path.write_bytes(content)
    with pytest.raises(FormatError):
        list(Reader(tmp_path))


def test_any_damage_is_an_error_or_other_bytes_never_the_end_of_the_process(tmp_path):
    path = write(tmp_path / "whole", items_of(150))
    content = path.read_bytes()
    damaged = tmp_path / "data.mdb"
    outcomes = set()
    for seed in range(1500):
        generator = random.Random(seed)
        changed = bytearray(content)
        page = generator.randrange(len(content) // PAGE) if generator.random() < 0.6 else generator.randrange(2)
        for _ in range(generator.choice([1, 1, 2, 4])):
            changed[page * PAGE + generator.randrange(170)] = generator.choice([0, 1, 255, generator.getrandbits(8)])
        damaged.write_bytes(changed[: generator.choice([len(changed)] * 4 + [generator.randrange(len(changed))])])
        try:
            with Reader(tmp_path) as reader:
                total = sum(map(len, reader))
                reader.read(range(len(reader)))
            outcomes.add(total == sum(map(len, items_of(150).values())))
        except (FormatError, UnsupportedError) as exc:
            outcomes.add(type(exc))
    assert {True, ParseError, TruncatedError} <= outcomes
