"""Reading LMDB environments: what LMDB's own library reads, and an error where that would end the process."""

import gc
import os
import random
import shutil
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import lmdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filmroll.errors import FormatError, UnsupportedError
from filmroll.records.lmdb import Reader, is_environment, recognise
from records.lmdb_files import items_of, write


def held_against_lmdb(folder):
    """Compare all ways of reading with what LMDB reads."""
    with lmdb.open(str(folder), readonly=True, lock=False) as environment, environment.begin() as transaction:
        keys, values = [], []
        for key, value in transaction.cursor():
            keys.append(key)
            values.append(value)
    with Reader(folder) as reader:
        assert len(reader) == len(keys)
        assert [bytes(record) for record in reader] == values
        assert [bytes(reader[number]) for number in range(len(reader))] == values
        assert [reader.key(number) for number in range(len(reader))] == keys
        backwards = np.arange(len(values))[::-1]
        assert [bytes(record) for record in reader.read(backwards.tolist())] == values[::-1]
        buffer, starts, lengths = reader.spans(backwards)
        assert [buffer[start : start + n].tobytes() for start, n in zip(starts, lengths, strict=True)] == values[::-1]
    return values


@pytest.mark.parametrize("count", [0, 1, 2, 10, 1000])
def test_what_lmdb_wrote_is_read_as_lmdb_reads_it(tmp_path, count):
    write(tmp_path, items_of(count))
    assert len(held_against_lmdb(tmp_path)) == count


def test_values_longer_than_16_bits_tell_are_read(tmp_path):
    items = items_of(5, sizes=(65_535, 65_536, 70_000, 200_000)) | {b"a": bytes(300_000)}
    write(tmp_path, items)
    assert held_against_lmdb(tmp_path) == [items[key] for key in sorted(items)]


def test_deep_tree_of_long_keys_is_read_in_the_order_of_keys(tmp_path):
    items = {random.Random(number).randbytes(400): b"%d" % number for number in range(3000)}
    write(tmp_path, items)
    assert held_against_lmdb(tmp_path) == [items[key] for key in sorted(items)]
    with lmdb.open(str(tmp_path), readonly=True, lock=False) as environment:
        assert environment.stat()["depth"] >= 4


def test_pages_used_again_after_deletions_are_read(tmp_path):
    items = items_of(500)
    with lmdb.open(str(tmp_path), map_size=1 << 26, lock=False) as environment:
        for turn in range(6):
            with environment.begin(write=True) as transaction:
                for key, value in items.items():
                    transaction.put(key, value)
            with environment.begin(write=True) as transaction:
                for key in list(items)[turn::6]:
                    transaction.delete(key)
    assert len(held_against_lmdb(tmp_path)) == 500 - len(range(5, 500, 6))


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.binary(min_size=1, max_size=511), st.binary(max_size=5000), max_size=40))
def test_any_keys_and_values_come_back(tmp_path_factory, items):
    folder = tmp_path_factory.mktemp("any")
    write(folder, items)
    assert held_against_lmdb(folder) == [items[key] for key in sorted(items)]


def test_real_file_of_lmdbs_own_tests_is_read(data):
    with Reader(data / "lmdb" / "data.mdb") as reader:
        assert [bytes(record) for record in reader] == [b"%c" % letter for letter in b"abcdefghij"]
        assert [reader.key(number) for number in range(10)] == [b"%d" % number for number in range(10)]
        assert bytes(reader[-1]) == b"j"


def test_big_endian_file_is_one_clear_sentence(data):
    path = data / "lmdb" / "data_bigendian.mdb"
    with pytest.raises(UnsupportedError) as caught:
        Reader(path)
    assert str(caught.value).startswith(
        f"{path}: an LMDB file of a big-endian machine; expected a 64-bit little-endian"
    )
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("magic", "words"), [("<I", "a 32-bit machine"), (">I", "a big-endian 32-bit machine")])
def test_file_of_a_32_bit_machine_is_told_by_the_place_of_its_magic(tmp_path, magic, words):
    path = tmp_path / "data.mdb"
    path.write_bytes(bytes(12) + struct.pack(magic, 0xBEEFC0DE) + bytes(9000))
    assert is_environment(path)
    with pytest.raises(UnsupportedError, match=words):
        Reader(path)


def test_folder_and_its_file_are_environments_and_others_are_not(tmp_path, data):
    path = write(tmp_path / "a.lmdb", items_of(3))
    assert is_environment(tmp_path / "a.lmdb")
    assert is_environment(path)
    assert recognise(path.read_bytes()[:4096])
    assert recognise((data / "lmdb" / "data_bigendian.mdb").read_bytes()[:4096])
    (tmp_path / "text").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    for other in (tmp_path, tmp_path / "text", tmp_path / "absent", data / "blog" / "my_example.tfrecords"):
        assert not is_environment(other)
    assert not recognise(b"")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "expected 0xbeefc0de at byte 16, found the end"),
        (b"version https://git-lfs.github.com/spec/v1\n", "no LMDB file"),
        (bytes(10_000), "found 00000000"),
    ],
)
def test_file_that_is_no_lmdb_is_refused(tmp_path, content, words):
    (tmp_path / "data.mdb").write_bytes(content)
    with pytest.raises(FormatError, match=words) as caught:
        Reader(tmp_path)
    assert caught.value.path == str(tmp_path)


def test_absent_file_and_folder_without_data_are_not_found(tmp_path):
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(FileNotFoundError):
            Reader(path)


def test_reading_a_read_only_folder_leaves_nothing_in_it_and_its_file_unchanged(tmp_path):
    path = write(tmp_path / "a", items_of(5))
    before = path.read_bytes(), path.stat().st_mtime_ns
    os.chmod(path, 0o444)
    os.chmod(tmp_path / "a", 0o555)
    try:
        with Reader(tmp_path / "a") as reader:
            assert len(list(reader)) == 5
        assert os.listdir(tmp_path / "a") == ["data.mdb"]
        assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    finally:
        os.chmod(tmp_path / "a", 0o755)


def test_file_is_read_by_its_own_name_as_by_its_folder(tmp_path):
    path = write(tmp_path, items_of(3))
    assert list(Reader(path)) == list(Reader(tmp_path)) == list(items_of(3).values())
    assert Reader(path).path == path


def test_several_readers_and_lmdb_itself_have_one_file_open(tmp_path):
    write(tmp_path, items_of(5))
    with lmdb.open(str(tmp_path), readonly=True, lock=False), Reader(tmp_path) as first, Reader(tmp_path) as second:
        assert first[2] == second[2]


def test_records_stay_valid_after_close_and_when_the_file_is_gone(tmp_path):
    items = items_of(50)
    write(tmp_path / "a", items)
    reader = Reader(tmp_path / "a")
    records = list(reader)
    reader.close()
    del reader
    gc.collect()
    shutil.rmtree(tmp_path / "a")
    assert [bytes(record) for record in records] == list(items.values())
    assert all(record.readonly for record in records)


def test_closed_reader_says_so_and_closes_twice(tmp_path):
    write(tmp_path, items_of(5))
    reader = Reader(tmp_path)
    reader.close()
    reader.close()
    for use in (lambda: len(reader), lambda: reader[0], lambda: list(reader), lambda: reader.key(0), reader.__enter__):
        with pytest.raises(ValueError, match="the reader is closed"):
            use()


def test_iterators_disturb_neither_each_other_nor_random_access(tmp_path):
    items = items_of(2000, sizes=(100,))
    write(tmp_path, items)
    with Reader(tmp_path) as reader:
        both = [(bytes(one), bytes(other)) for one, other in zip(reader, reader, strict=True) if reader[5]]
    assert both == [(value, value) for value in items.values()]


def test_many_threads_read_one_reader(tmp_path):
    items = items_of(3000, sizes=(100, 5000))
    write(tmp_path, items)
    expected = list(items.values())
    with Reader(tmp_path) as reader, ThreadPoolExecutor(8) as pool:
        numbers = random.Random(0).choices(range(3000), k=5000)
        assert [bytes(record) for record in pool.map(reader.__getitem__, numbers)] == [expected[n] for n in numbers]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_forked_process_reads_the_same_file(tmp_path):
    write(tmp_path, items_of(5))
    code = (
        "import os, sys; from filmroll.records.lmdb import Reader; first = Reader(sys.argv[1]); first[1]\n"
        "if os.fork() == 0: os._exit(0 if first[1] == Reader(sys.argv[1])[1] else 1)\n"
        "sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)


@pytest.mark.parametrize("number", [5, -6, 10**20])
def test_number_out_of_range_is_an_index_error_that_says_how_many_there_are(tmp_path, number):
    write(tmp_path, items_of(5))
    reader = Reader(tmp_path)
    for read in (reader.__getitem__, reader.key, lambda n: reader.read([0, n])):
        with pytest.raises(IndexError, match="out of range, there are 5"):
            read(number)


def test_random_access_without_readahead_reads_the_same(tmp_path):
    items = items_of(30)
    write(tmp_path, items)
    assert [bytes(record) for record in Reader(tmp_path, readahead=False)] == list(items.values())


def test_environment_that_another_map_made_long_is_read_as_far_as_it_is_used(tmp_path):
    items = items_of(20)
    write(tmp_path, items, map_size=1 << 22, writemap=True)
    assert (tmp_path / "data.mdb").stat().st_size == 1 << 22
    assert held_against_lmdb(tmp_path) == list(items.values())
