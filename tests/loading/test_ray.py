"""A Ray Dataset of records: each one once, decoded, by tasks of Ray."""

import importlib
import os
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import filmroll
import pictures
from filmroll.errors import MissingDependencyError
from filmroll.loading import ray as adapter


@pytest.fixture(scope="module")
def ray():
    """A small Ray of this module alone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import ray

        patch = pytest.MonkeyPatch()
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        quiet = {"include_dashboard": False, "log_to_driver": False, "logging_level": "ERROR"}
        ray.init(num_cpus=2, object_store_memory=100_000_000, **quiet)
        ray.data.DataContext.get_current().enable_progress_bars = False
        yield ray
        ray.shutdown()
        patch.undo()


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    root = tmp_path_factory.mktemp("ray")
    return filmroll.pack(pictures.folder_of_classes(root / "in", each=6), root / "out", shards=3, seed=None).shards


@pytest.mark.filterwarnings("ignore")
def test_each_record_comes_once_with_its_pixels(ray, shards):
    rows = adapter.read([str(path) for path in shards], blocks=5).take_all()
    with filmroll.open(shards) as roll:
        assert sorted(row["record"] for row in rows) == list(range(len(roll)))
        for row in rows:
            sample = roll[row["record"]]
            assert row["label"] == sample.label
            assert np.array_equal(row["image"], sample.decode(channels=3))


@pytest.mark.filterwarnings("ignore")
def test_pictures_of_one_size_are_one_array(ray, shards):
    data = adapter.read(shards, size=8, crop="center")
    assert data.count() == 18
    batch = next(iter(data.iter_batches(batch_size=18)))
    assert batch["image"].shape == (18, 8, 8, 3)
    with filmroll.open(shards) as roll:
        whole = next(iter(roll.batches(18, size=8, crop="center")))
    order = np.argsort(batch["record"])
    assert np.array_equal(batch["image"][order], whole["image"])
    assert batch["label"][order].tolist() == whole["label"].tolist()


@pytest.mark.filterwarnings("ignore")
def test_records_of_a_bucket_are_read_by_the_workers(ray, shards, bucket):
    bucket.take(shards[0].parent, "out/")
    settings = {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "FILMROLL_"))}
    tasks = adapter.Source(filmroll.open(f"{bucket.url}/out/out-*.tfrecord"), {"size": 8}).get_read_tasks(2)
    read = ray.remote(lambda task: sorted(int(n) for block in task() for n in block["record"].to_numpy()))
    answers = [read.options(runtime_env={"env_vars": settings}).remote(task) for task in tasks]
    assert sorted(sum(ray.get(answers), [])) == list(range(18))


@given(st.lists(st.integers(0, 50), max_size=12), st.integers(0, 30))
def test_ranges_are_all_records_in_order_and_about_as_many_as_are_wanted(counts, wanted):
    found = adapter.ranges(counts, wanted)
    edges = [edge for pair in found for edge in pair]
    assert edges == sorted(edges)
    assert [number for first, stop in found for number in range(first, stop)] == list(range(sum(counts)))
    assert all(first < stop for first, stop in found)
    assert len(found) <= 2 * max(1, wanted) + 1


def test_range_lies_in_one_shard_where_shards_are_few():
    ends = [100, 200, 300]
    for first, stop in adapter.ranges([100] * 3, 9):
        assert sum(first < end < stop for end in ends) == 0
    assert len(adapter.ranges([100] * 3, 9)) == 9
    assert len(adapter.ranges([1] * 100, 10)) == 10


@pytest.mark.parametrize("option", ["shuffle", "rank", "batch_size"])
def test_what_ray_does_itself_is_refused(shards, option):
    with pytest.raises(
        TypeError, match=f"{option}: to shuffle, split, batch and work side by side is for the Ray Dataset to do"
    ):
        adapter.read(shards, **{option: 1})


def test_missing_package_is_told_with_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray.data", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'filmroll\[ray\]'"):
        importlib.reload(adapter)
    monkeypatch.undo()
    importlib.reload(adapter)
