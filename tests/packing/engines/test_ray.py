"""A Ray cluster of three nodes on this machine: the same shards as without one, also where a node is killed."""

import os
import sys
import time
import warnings
from pathlib import Path

import pytest

import engine_work as work
import filmroll
import pictures
from filmroll.errors import DecodeError
from filmroll.packing.copies import Resize
from filmroll.packing.engines import choice
from filmroll.packing.engines.counter import Counter
from filmroll.packing.engines.run import run
from filmroll.packing.probe import Policies

NODES = 3


@pytest.fixture(scope="module")
def cluster():
    """Three nodes of one processor; this process is part of the cluster while the tests of this module run."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import ray
        from ray.cluster_utils import Cluster

        for_nodes = pytest.MonkeyPatch()
        for_nodes.setenv("PYTHONPATH", os.pathsep.join(sys.path))  # they import what the tests have done
        quick = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 500, "health_check_failure_threshold": 3}
        node = {"num_cpus": 1, "object_store_memory": 100_000_000}
        made = Cluster(
            initialize_head=True, head_node_args={**node, "include_dashboard": False, "_system_config": quick}
        )
        made.nodes = [made.add_node(**node) for _ in range(NODES - 1)]
        ray.init(address=made.address, log_to_driver=False, logging_level="ERROR")
        yield made
        ray.shutdown()
        made.shutdown()
        for_nodes.undo()


@pytest.fixture
def engine(cluster):
    with choice.opened("ray", workers=None) as engine:
        yield engine


def test_results_come_in_the_order_of_the_tasks_from_other_processes(engine):
    assert run(work.tenfold, range(7), engine=engine, counter=Counter(7)) == [task * 10 for task in range(7)]
    assert os.getpid() not in run(work.process, range(3), engine=engine, counter=Counter(3))


def test_progress_comes_back_before_a_task_is_done(engine, tmp_path):
    seen = []

    def progress(done, total):
        seen.append(done)
        (tmp_path / "heard").touch()  # which the task waits for

    run(work.count_until, [tmp_path / "heard"], engine=engine, counter=Counter(10, progress), size=lambda _: 10)
    assert seen == [3, 10]


def test_error_of_a_task_is_raised_as_it_was_and_the_others_are_interrupted(engine):
    begin = time.monotonic()
    with pytest.raises(OSError, match="disk full") as caught:
        run(work.fail_at_one, range(6), engine=engine, counter=Counter(6))
    assert (type(caught.value), caught.value.errno, caught.value.filename) == (OSError, 28, "shard")
    assert time.monotonic() - begin < 20


def test_tasks_that_no_interrupt_reaches_stop_where_they_count_next(engine, monkeypatch):
    monkeypatch.setattr("ray.cancel", lambda *_, **__: None)
    begin = time.monotonic()
    with pytest.raises(OSError, match="disk full"):
        run(work.fail_at_one, range(3), engine=engine, counter=Counter(3))
    with choice.opened("ray", workers=None) as another:  # whose tasks wait for those that were not stopped
        assert run(work.tenfold, range(3), engine=another, counter=Counter(3)) == [0, 10, 20]
    assert time.monotonic() - begin < 20


def test_ctrl_c_interrupts_all_nodes(engine):
    def progress(done, total):
        if done > 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(work.count_slowly, [500] * 4, engine=engine, counter=Counter(2000, progress), size=lambda task: task)


def test_shards_report_and_errors_are_those_of_threads(cluster, tmp_path, monkeypatch):
    flowers = pictures.folder_of_classes(tmp_path / "flowers")
    (flowers / "rose" / "odd.png").write_bytes(pictures.jpeg(50))
    (flowers / "rose" / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\nno more")
    monkeypatch.chdir(tmp_path)  # relative paths are the driver's
    for engine in ("threads", "ray"):
        made = filmroll.pack("flowers", f"{engine}/roll", shards=5, engine=engine)
        assert (made.read, made.written, made.skipped, len(made.findings)) == (14, 13, 1, 2)
        filmroll.convert(
            f"{engine}/roll-*.tfrecord", f"{engine}/tars/roll", to="tar", shards=3, engine=engine, check=True
        )
        with pytest.raises(DecodeError, match="--on-mislabelled") as caught:
            filmroll.pack("flowers", "none/roll", shards=5, engine=engine, policies=Policies(mislabelled="fail"))
        assert caught.value.path == str(Path("flowers/rose/odd.png"))
    assert pictures.tree(tmp_path / "ray") == pictures.tree(tmp_path / "threads")
    assert not list(tmp_path.glob("none/.*.tmp"))


def test_node_that_is_killed_in_the_middle_costs_no_picture_and_changes_no_byte(cluster, tmp_path):
    flowers, options = tmp_path / "flowers", {"shards": 8, "resize": Resize(160), "quality": 90}
    flowers.mkdir()
    large = filmroll.encode(pictures.image(1, height=900, width=1200), "jpeg")
    for number in range(120):
        (flowers / f"{number:03d}.jpg").write_bytes(large + bytes([number]))  # different ones, by what stands behind
    wanted = filmroll.pack(flowers, tmp_path / "wanted" / "roll", **options)
    victim, seen, lost = cluster.nodes[-1], [], []

    def progress(done, total):
        seen.append(done)
        half_written = set() if lost else half_written_by(victim, tmp_path / "made")
        if done > 20 and half_written:
            lost.extend(half_written)
            cluster.remove_node(victim, allow_graceful=False)
            cluster.nodes.remove(victim)

    made = filmroll.pack(flowers, tmp_path / "made" / "roll", engine="ray", progress=progress, **options)
    assert lost, "the node that was killed was writing no shard"
    assert pictures.tree(tmp_path / "made") == pictures.tree(tmp_path / "wanted")
    assert made.to_json() | {"shards": 8} == wanted.to_json() | {"shards": 8}
    roll = filmroll.open(tmp_path / "made")
    assert sorted(sample.key for sample in roll) == [f"{number:03d}.jpg" for number in range(120)]
    assert seen == sorted(set(seen))
    assert seen[-1] == 120


def half_written_by(node, folder: Path) -> set[str]:
    """Return the hidden files of a folder that processes of a node are writing."""
    [raylet] = [process.process.pid for process in node.all_processes["raylet"]]
    return {path.name for path in folder.glob(".roll-*.tmp") if parent_of(int(path.name.split(".")[-2])) == raylet}


def parent_of(process: int) -> int | None:
    try:
        return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return None
