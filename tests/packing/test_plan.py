"""Shards are planned: how many, how they are named, who goes where."""

import random
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmroll.errors import UnsupportedError
from filmroll.packing import plan
from filmroll.spool import Spool


@given(st.integers(1, 500), st.integers(1, 60))
def test_shards_hold_everything_in_order_and_differ_by_one_at_most(count, shards):
    items = list(range(count))
    parts = list(plan.split(items, shard_count=min(shards, count)))
    assert [item for part in parts for item in part] == items
    sizes = {len(part) for part in parts}
    assert max(sizes) - min(sizes) <= 1
    assert min(sizes) >= 1


def test_eight_records_in_six_shards_are_spread_as_tfds_spreads_them():
    assert [len(part) for part in plan.split(range(8), shard_count=6)] == [1, 2, 1, 1, 2, 1]


def test_same_seed_gives_the_same_order_and_another_seed_another():
    assert list(plan.order(100, seed=1)) == list(plan.order(100, seed=1)) != list(plan.order(100, seed=2))
    assert sorted(plan.order(100, seed=1)) == list(range(100))


def test_order_of_a_seed_stays_what_it_is_for_good():
    assert list(plan.order(12, seed=0)) == [1, 9, 8, 5, 10, 2, 3, 7, 4, 0, 11, 6]
    shuffled = list(range(1000))
    random.Random(7).shuffle(shuffled)
    assert list(plan.order(1000, seed=7)) == shuffled


@pytest.mark.parametrize("held_nbytes", [1, 40, 1000])
@pytest.mark.parametrize("count", [11, 20, 29])
def test_order_on_disk_is_that_in_memory(monkeypatch, count, held_nbytes):
    held = list(plan.order(count, seed=3))
    monkeypatch.setattr(plan, "HELD_NUMBERS", 10)
    monkeypatch.setattr(plan, "APPENDED_NUMBERS", 4)
    monkeypatch.setattr(plan, "Spool", partial(Spool, held_nbytes=held_nbytes))
    on_disk = plan.order(count, seed=3)
    assert list(on_disk) == held
    assert [list(part) for part in plan.split(on_disk, shard_count=2)] == [
        list(part) for part in plan.split(held, shard_count=2)
    ]


def test_full_disk_for_the_order_is_named(monkeypatch, full_disk):
    monkeypatch.setattr(plan, "HELD_NUMBERS", 10)
    monkeypatch.setattr(plan, "Spool", partial(Spool, held_nbytes=8))
    with pytest.raises(OSError, match="for temporary files; make some, or set TMPDIR") as caught:
        plan.order(11, seed=1)
    assert caught.value.filename == full_disk


def test_no_seed_keeps_the_order():
    assert list(plan.order(3, seed=None)) == [0, 1, 2]


def test_shards_are_named_as_the_field_names_them():
    names = [path.name for path in plan.shard_paths(Path("out/train"), shard_count=3)]
    assert names == [f"train-0000{index}-of-00003.tfrecord" for index in range(3)]


def test_one_shard_with_a_suffix_has_the_name_given():
    assert plan.shard_paths(Path("out/all.tfrecords"), shard_count=1) == [Path("out/all.tfrecords")]


def test_suffix_stays_at_the_end_of_several_shards():
    paths = plan.shard_paths(Path("all.tfrec"), shard_count=2)
    assert [path.name for path in paths] == ["all-00000-of-00002.tfrec", "all-00001-of-00002.tfrec"]


def test_split_name_is_what_stands_before_the_numbers():
    assert plan.split_name(Path("out/train")) == plan.split_name(Path("out/train.tfrecord")) == "train"


@pytest.mark.parametrize(("nbytes", "expected"), [(0, 1), (100, 1), (101, 2), (1000, 10), (10**9, 50)])
def test_size_of_a_shard_decides_their_number_but_none_is_empty(nbytes, expected):
    assert plan.shard_count(50, nbytes=nbytes, shard_nbytes=100) == expected


@pytest.mark.parametrize("shards", [0, -1, 51])
def test_number_of_shards_that_leaves_one_empty_is_refused(shards):
    with pytest.raises(UnsupportedError, match="give a number from 1 to 50"):
        plan.shard_count(50, nbytes=1, shards=shards)


def test_number_and_size_together_are_refused():
    with pytest.raises(UnsupportedError, match="not both"):
        plan.shard_count(50, nbytes=1, shards=2, shard_nbytes=100)


def test_shard_of_no_bytes_is_refused():
    with pytest.raises(UnsupportedError, match="above 0"):
        plan.shard_count(50, nbytes=1, shard_nbytes=0)


def test_no_suffix_leaves_the_numbers_at_the_end_as_imagenets_script_does():
    names = [path.name for path in plan.shard_paths(Path("out/train"), shard_count=1024, suffix="")]
    assert (names[0], names[-1]) == ("train-00000-of-01024", "train-01023-of-01024")


@pytest.mark.parametrize(("dest", "suffix"), [("x", ".tfrec"), ("x.tfrecord", ".tfrec"), ("x", ".tfrecord.v2")])
def test_suffix_given_stands_after_the_numbers(dest, suffix):
    assert plan.shard_paths(Path(dest), shard_count=1, suffix=suffix) == [Path(f"x-00000-of-00001{suffix}")]


@pytest.mark.parametrize(
    ("dest", "options", "names"),
    [
        ("a", {}, ["a-00000-of-00001.tfrecord"]),
        ("a.tfrecord", {}, ["a.tfrecord"]),
        ("a.record", {}, ["a.record"]),
        ("a.TFRecord", {}, ["a.TFRecord"]),
        ("a.TFRecord", {"shard_count": 2}, ["a-00000-of-00002.TFRecord", "a-00001-of-00002.TFRecord"]),
        ("a.v2", {}, ["a.v2-00000-of-00001.tfrecord"]),
        ("a.v2", {"shard_count": 2}, ["a.v2-00000-of-00002.tfrecord", "a.v2-00001-of-00002.tfrecord"]),
        ("a.tfrecord", {"suffix": ".record"}, ["a-00000-of-00001.record"]),
        ("a.tfrecord", {"suffix": ""}, ["a-00000-of-00001"]),
        ("a.tar", {"kind": "tar"}, ["a.tar"]),
        ("a.tar.gz", {"kind": "tar", "shard_count": 2}, ["a-000000.tar.gz", "a-000001.tar.gz"]),
        ("a.TGZ", {"kind": "tar", "shard_count": 2}, ["a-000000.TGZ", "a-000001.TGZ"]),
        ("a", {"kind": "tar"}, ["a-000000.tar"]),
        ("a", {"kind": "lmdb"}, ["a"]),
        ("a.lmdb", {"kind": "lmdb", "shard_count": 2}, ["a-00000-of-00002.lmdb", "a-00001-of-00002.lmdb"]),
        ("a.parquet", {"kind": "parquet", "shard_count": 2}, ["a-00000-of-00002.parquet", "a-00001-of-00002.parquet"]),
        ("a.tfrecord", {"kind": "parquet"}, ["a.tfrecord-00000-of-00001.parquet"]),
        ("d-test", {"dialect": "tfds"}, ["d-test.tfrecord-00000-of-00001"]),
        ("d-test.tfrecord", {"dialect": "tfds"}, ["d-test.tfrecord"]),
        ("d", {"dialect": "tfds"}, ["d-train.tfrecord-00000-of-00001"]),
        ("d-x", {"dialect": "tfds", "kind": "array_record"}, ["d-x.array_record-00000-of-00001"]),
        ("d-x", {"dialect": "tfds", "kind": "tar"}, ["d-x-000000.tar"]),
        ("d-x", {"dialect": "tfds", "suffix": ".rec"}, ["d-x-00000-of-00001.rec"]),
    ],
)
def test_name_of_every_kind_of_shard(dest, options, names):
    paths = plan.shard_paths(Path("out") / dest, **{"shard_count": 1} | options)
    assert paths == [Path("out") / name for name in names]


@pytest.mark.parametrize("suffix", ["tfrecord", ".", "..", "./x", "..a", ".a b", ".a/b", "-x", ".a."])
def test_suffix_that_is_none_is_refused(suffix):
    with pytest.raises(UnsupportedError, match="is no suffix such as .tfrecord; '' leaves it out"):
        plan.shard_paths(Path("a"), shard_count=1, suffix=suffix)


@pytest.mark.parametrize(
    ("dest", "kind"),
    [
        *((f"a{suffix}", kind) for kind, suffixes in plan.SUFFIXES.items() for suffix in suffixes),
        *((f"a{suffix.upper()}", kind) for kind, suffixes in plan.SUFFIXES.items() for suffix in suffixes),
        ("a", "tfrecord"),
        ("a.zip", "tfrecord"),
        ("a.tar-1", "tfrecord"),
    ],
)
def test_kind_is_told_by_the_suffix_unless_it_is_named(dest, kind):
    assert plan.destination(dest, compression="gzip") == (Path(dest), kind)
    assert plan.destination(Path(dest), to="parquet") == (Path(dest), "parquet")
    stem = dest if dest in ("a.zip", "a.tar-1") else "a"
    assert plan.split_name(Path("out") / dest) == stem
    assert plan.split_name(Path("out") / dest, "lmdb") == f"{stem}.lmdb"


@pytest.mark.parametrize("name", ["a.tfrecord.gz", "a.TFRECORDS.GZ", "a.gz"])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_name_that_says_gzip_is_refused_where_no_gzip_is_asked_for(name, compression):
    with pytest.raises(UnsupportedError, match="the name says gzip; ask for gzip compression, or leave .gz out"):
        plan.destination(name, compression=compression)
    assert plan.destination("a.tar.gz") == (Path("a.tar.gz"), "tar")  # which is gzipped by its name


def test_gzipped_shards_are_numbered_before_their_suffix():
    paths = plan.shard_paths(Path("out/a.tfrecord.gz"), shard_count=2)
    assert [path.name for path in paths] == ["a-00000-of-00002.tfrecord.gz", "a-00001-of-00002.tfrecord.gz"]
    assert plan.shard_paths(Path("out/a.tfrecord.gz"), shard_count=1) == [Path("out/a.tfrecord.gz")]


def test_kind_that_is_none_is_refused_with_those_there_are():
    with pytest.raises(UnsupportedError, match="no kind of record file 'zip'; there are: tfrecord, "):
        plan.destination("a", to="zip")


@pytest.mark.parametrize(
    ("count", "nbytes", "options", "shards"),
    [
        (10, 10**12, {"kind": "lmdb"}, 1),
        (10, 10**12, {"kind": "lmdb", "shards": 3}, 3),
        (10, 1000, {"kind": "lmdb", "shard_nbytes": 100}, 10),
        (10, 128 * 2**20, {}, 1),
        (10, 128 * 2**20 + 1, {}, 2),
        (10, 0, {}, 1),
        (0, 0, {}, 1),
        (1, 5, {"shard_nbytes": 1}, 1),
        (50, 1, {"shards": 50}, 50),
        (50, 1, {"shards": 1}, 1),
    ],
)
def test_number_of_shards_goes_by_what_is_asked_for_else_by_size(count, nbytes, options, shards):
    assert plan.shard_count(count, nbytes=nbytes, **options) == shards


def test_number_of_shards_that_is_no_whole_number_is_refused():
    for shards in ("2", 1.5):
        with pytest.raises(UnsupportedError, match=f"{shards!r} shards for 9 pictures; give a number from 1 to 9"):
            plan.shard_count(9, nbytes=100, shards=shards)
