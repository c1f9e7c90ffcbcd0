"""Dask's executor is one like any other: its workers are processes, and those that are lost are its own affair."""

import warnings

import pytest

import engine_work as work
import filmroll
import pictures
from filmroll.packing.engines import choice
from filmroll.packing.engines.counter import Counter
from filmroll.packing.engines.run import run


@pytest.fixture(scope="module")
def dask():
    """Two workers of Dask, each a process of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Dask's, of its own future and of what it leaves open
        from distributed import Client, LocalCluster

        with (
            LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
            Client(cluster) as client,
        ):
            yield client.get_executor()


def test_shards_of_dask_are_those_of_threads(dask, tmp_path):
    flowers = pictures.folder_of_classes(tmp_path / "flowers")
    wanted = filmroll.pack(flowers, tmp_path / "wanted" / "roll", shards=4)
    seen = []
    made = filmroll.pack(
        flowers, tmp_path / "made" / "roll", shards=4, engine=dask, progress=lambda done, total: seen.append(done)
    )
    assert pictures.tree(tmp_path / "made") == pictures.tree(tmp_path / "wanted")
    assert (made.written, len(made.shards)) == (wanted.written, 4)
    assert sorted(seen) == [3, 6, 9, 12]
    assert filmroll.verify(made.shards, engine=dask).to_json() == filmroll.verify(made.shards).to_json()


def test_task_whose_worker_dask_lost_is_done_again(dask, tmp_path):
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
    (tmp_path / "b" / "died").mkdir()
    with choice.opened(dask, workers=None) as engine:
        assert run(work.die_once, folders, engine=engine, counter=Counter(2)) == ["a", "b"]
