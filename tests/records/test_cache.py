"""Copies of what is in a store: made once, whole, within a budget, by many processes."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import filmroll
import pictures
from filmroll.errors import FormatError, LimitError, UnsupportedError
from filmroll.records import cache as caches
from filmroll.records.cache import Cache
from filmroll.remote.path import path_of

SHARDS = 4


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    root = tmp_path_factory.mktemp("packed")
    filmroll.pack(pictures.folder_of_classes(root / "flowers"), root / "out" / "flowers", shards=SHARDS, seed=1)
    return root / "out"


@pytest.fixture
def shards(packed, bucket):
    bucket.take(packed, "out/")
    bucket.proxy.clear()
    return sorted(packed.glob("*.tfrecord"))


def whole_reads(bucket) -> list[str]:
    """Name the shards that were read whole."""
    asked = [one.path for one in bucket.proxy.requests if one.method == "GET" and one.is_whole]
    return sorted(path.rpartition("/")[2] for path in asked if path.endswith(".tfrecord"))


def test_each_shard_is_copied_once_and_read_from_the_copy(shards, bucket, tmp_path):
    for _ in range(2):
        with filmroll.open(f"{bucket.url}/out", cache=tmp_path / "kept") as roll, filmroll.open(shards) as local:
            assert [sample.key for sample in roll] == [sample.key for sample in local]
            assert sum(len(batch["label"]) for batch in roll.batches(5, size=8, shuffle=True)) == 12
    assert whole_reads(bucket) == [shard.name for shard in shards]
    assert sorted(one.name for one in (tmp_path / "kept").glob("*/*")) == [shard.name for shard in shards]


def test_budget_in_the_environment_keeps_copies_without_being_asked(shards, bucket, environment, tmp_path):
    environment.setenv("FILMROLL_CACHE_NBYTES", "1000000")
    with filmroll.open(f"{bucket.url}/out") as roll:
        assert len(list(roll)) == 12
    assert len(list((tmp_path / "cache" / "files").glob("*/*.tfrecord"))) == SHARDS
    with filmroll.open(f"{bucket.url}/out", cache=False) as roll:
        assert all(path.cache is None for path in roll.paths)


def test_what_was_used_longest_ago_goes(shards, bucket, tmp_path):
    size = max(shard.stat().st_size for shard in shards)
    cache = Cache(tmp_path / "kept", int(2.5 * size))
    names = [path_of(f"{bucket.url}/out/{shard.name}") for shard in shards]
    copies = [cache.copy(names[0]), cache.copy(names[1])]
    os.utime(copies[0], (1, 1))
    os.utime(copies[1], (2, 2))
    cache.copy(names[0])  # used again
    cache.copy(names[2])
    assert [copy.exists() for copy in copies] == [True, False]
    assert sum(one.stat().st_size for one in cache.folder.glob("*/*")) <= cache.nbytes


def test_copy_in_use_stays_readable_when_it_goes(shards, bucket, tmp_path):
    size = max(shard.stat().st_size for shard in shards)
    with filmroll.open(f"{bucket.url}/out", cache=tmp_path / "kept", cache_nbytes=size) as roll:
        first = roll[0]
        assert [sample.key for sample in roll][0] == first.key
        assert first.image.shape[2] == 3
    assert len(list((tmp_path / "kept").glob("*/*"))) == 1


def test_file_that_changed_in_the_store_is_copied_again(shards, bucket, tmp_path):
    cache = Cache(tmp_path / "kept")
    before = cache.copy(path_of(f"{bucket.url}/out/{shards[0].name}"))
    bucket.write(f"out/{shards[0].name}", shards[1].read_bytes())
    after = cache.copy(path_of(f"{bucket.url}/out/{shards[0].name}"))
    assert after != before
    assert after.read_bytes() == shards[1].read_bytes()


def test_file_that_changed_since_it_was_listed_is_not_taken_for_what_it_was(shards, bucket, tmp_path):
    with filmroll.open(f"{bucket.url}/out", cache=tmp_path / "kept") as roll:
        bucket.write(f"out/{shards[0].name}", shards[1].read_bytes())
        with pytest.raises(FormatError, match="it changed in the store since it was listed; open it again"):
            roll[0]
    assert not list((tmp_path / "kept").glob("*/*"))


def test_file_larger_than_the_budget_is_refused_with_what_to_do(shards, bucket, tmp_path):
    with pytest.raises(LimitError, match="do not go into a cache of 10; give it more: cache_nbytes"):
        filmroll.open(f"{bucket.url}/out", cache=tmp_path / "kept", cache_nbytes=10)[0]
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize("nbytes", [0, -1])
def test_budget_is_above_zero(nbytes, tmp_path):
    with pytest.raises(UnsupportedError, match="holds nothing"):
        Cache(tmp_path, nbytes)


def test_budget_that_is_no_number_is_told(environment):
    environment.setenv("FILMROLL_CACHE_NBYTES", "much")
    with pytest.raises(UnsupportedError, match="FILMROLL_CACHE_NBYTES=much is no number of bytes"):
        caches.usual()


def test_copy_that_fails_leaves_nothing(shards, bucket, environment, tmp_path):
    environment.setenv("FILMROLL_RETRY_S", "0.5")
    path = path_of(f"{bucket.url}/out/{shards[0].name}")
    path.known(path.status())
    bucket.proxy.fail_every = 1
    with pytest.raises(OSError, match="the store fails"):
        Cache(tmp_path / "kept").copy(path)
    assert list((tmp_path / "kept").glob("*/*")) == []


def test_what_dead_processes_left_is_removed_in_time(shards, bucket, tmp_path):
    cache = Cache(tmp_path / "kept", shards[0].stat().st_size + 10)
    for name, age in (("old", 7200), ("new", 10)):
        left = tmp_path / "kept" / name / ".77.tmp"
        left.parent.mkdir(parents=True)
        left.write_bytes(bytes(100))
        os.utime(left, (time.time() - age,) * 2)
    cache.copy(path_of(f"{bucket.url}/out/{shards[0].name}"))
    assert not (tmp_path / "kept" / "old").exists()
    assert (tmp_path / "kept" / "new").exists()


PROCESS = """
import sys, filmroll
with filmroll.open(sys.argv[1], cache=sys.argv[2], cache_nbytes=int(sys.argv[3])) as roll:
    for _ in range(3):
        numbers = list(range(len(roll)))
        print(sorted(roll[number].key for number in numbers[int(sys.argv[4]):] + numbers[:int(sys.argv[4])]))
"""


@pytest.mark.parametrize("is_tight", [False, True])
def test_processes_share_a_cache(shards, bucket, tmp_path, is_tight):
    nbytes = max(shard.stat().st_size for shard in shards) * (2 if is_tight else 100)
    commands = [
        [sys.executable, "-c", PROCESS, f"{bucket.url}/out", tmp_path / "kept", str(nbytes), str(4 * number)]
        for number in range(3)
    ]
    environment = os.environ | {"PYTHONPATH": str(Path(filmroll.__file__).parents[1])}
    started = [subprocess.Popen(one, stdout=subprocess.PIPE, text=True, env=environment) for one in commands]
    said = [process.communicate(timeout=60)[0] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0]
    with filmroll.open(shards) as local:
        keys = str(sorted(sample.key for sample in local))
    assert [one.splitlines() for one in said] == [[keys] * 3] * 3
    if not is_tight:
        assert whole_reads(bucket) == [shard.name for shard in shards]  # once, whoever came first
    assert not list((tmp_path / "kept").glob("*/.*"))


def test_folder_is_where_the_system_has_it(monkeypatch, tmp_path):
    monkeypatch.delenv("FILMROLL_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    assert caches.folder() == tmp_path / "filmroll"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert caches.folder().parts[-3:] == ("Library", "Caches", "filmroll")
