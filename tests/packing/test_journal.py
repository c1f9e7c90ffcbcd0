"""What an interrupted run leaves is known, whatever the instant; another plan, or another run, is told apart."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from filmroll.packing.journal import Journal
from filmroll.packing.report import Copied, Finding, Report, Written

NAMES = ("x-00000-of-00002.tfrecord", "x-00001-of-00002.tfrecord")
LAYOUT = (("image/encoded", "bytes", 1), ("image/height", "int64", 1))


class PulledPlugError(Exception):
    """Ends a run where the tests want it to end."""


def opened(folder: Path, *, overwrite: bool = False, names=NAMES, **plan) -> Journal:
    shards = [folder / name for name in names]
    return Journal(folder / ".x.journal", plan={"seed": 0, **plan}, shards=shards, overwrite=overwrite)


def shard(folder: Path, name: str = NAMES[0], *, content: bytes = b"records") -> Written:
    path = folder / name
    path.write_bytes(content)
    path.with_name(f"{name}.idx").write_bytes(b"0 7\n")
    report = Report(3, 2, 1, 1, 7, Copied(1, 20, 10, 2), [path], [Finding("a\udcff", "cmyk", "kept", "why")])
    return Written(report, Counter({LAYOUT: 2}), {"path": name, "records": 2, "nbytes": 7}, "digest")


def interrupted(folder: Path, *written: Written, **plan) -> bytes:
    """Leave a journal behind as a run does that ends early, and return what it holds."""
    with pytest.raises(PulledPlugError), opened(folder, **plan) as begun:
        begun.begin([])
        for one in written:
            begun.add(one)
        raise PulledPlugError
    path = folder / ".x.journal"
    return path.read_bytes() if path.exists() else b""


def test_finished_shards_come_back_with_all_that_was_counted(tmp_path):
    interrupted(tmp_path, shard(tmp_path))
    with opened(tmp_path) as again:
        assert again.resumed
        [written] = again.finished.values()
    told = shard(tmp_path)
    assert written.report.to_json() == told.report.to_json() | {"resumed": 1}
    assert (written.layouts, written.shard, written.digest) == (told.layouts, told.shard, told.digest)


def test_journal_of_a_run_that_ends_well_is_removed(tmp_path):
    with opened(tmp_path) as begun:
        begun.begin([])
        begun.add(shard(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == [NAMES[0], f"{NAMES[0]}.idx"]


def test_run_that_fails_before_a_shard_is_finished_leaves_no_journal(tmp_path):
    assert interrupted(tmp_path) == b""


def test_error_says_how_far_it_came_and_what_to_do(tmp_path):
    with pytest.raises(PulledPlugError) as caught, opened(tmp_path) as begun:
        begun.begin([])
        begun.add(shard(tmp_path))
        raise PulledPlugError
    assert caught.value.__notes__ == ["1 of 2 shards are finished; the same command goes on"]


@pytest.mark.parametrize("harm", ["gone", "shorter", "no index"])
def test_shard_that_does_not_stand_as_it_was_counts_as_not_finished(tmp_path, harm):
    interrupted(tmp_path, shard(tmp_path))
    path = tmp_path / (f"{NAMES[0]}.idx" if harm == "no index" else NAMES[0])
    if harm == "shorter":
        path.write_bytes(b"record")
    else:
        path.unlink()
    with opened(tmp_path) as again:
        assert again.resumed
        assert again.finished == {}


def test_journal_cut_at_any_byte_is_read_as_far_as_it_goes(tmp_path):
    content = interrupted(tmp_path, shard(tmp_path), shard(tmp_path, NAMES[1]))
    ends = [position for position in range(len(content)) if content[position : position + 1] == b"\n"]
    plan, first, second = ends[1], ends[3], ends[5]
    seen = set()
    for stop in sorted({*range(0, len(content), 13), *ends, *(end + 1 for end in ends)}):
        (tmp_path / ".x.journal").write_bytes(content[:stop])
        with pytest.raises(PulledPlugError), opened(tmp_path) as again:
            assert again.resumed == (stop >= plan)
            assert len(again.finished) == (stop >= first) + (stop >= second)
            seen.add(len(again.finished))
            raise PulledPlugError
    assert seen == {0, 1, 2}


def test_line_after_one_that_was_cut_short_counts(tmp_path):
    content = interrupted(tmp_path, shard(tmp_path))
    (tmp_path / ".x.journal").write_bytes(content + b'\n{"files": {"x-0')
    interrupted(tmp_path, shard(tmp_path, NAMES[1]))
    with opened(tmp_path) as again:
        assert sorted(again.finished) == list(NAMES)


@pytest.mark.parametrize(
    "line", [b"[]", b"7", b'{"shard": 3}', b'{"shard": {"path": "y"}}', b"\xff\xfe", b"{", b'{"plan": 3}']
)
def test_line_that_is_none_of_ours_counts_for_nothing(tmp_path, line):
    content = interrupted(tmp_path, shard(tmp_path))
    (tmp_path / ".x.journal").write_bytes(content + line + b"\n")
    with opened(tmp_path) as again:
        assert list(again.finished) == [NAMES[0]]


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        ({"seed": 1}, {"seed": 2}, "its seed is 1 and not 2"),
        ({"label_names": ["cat"] * 20}, {"label_names": ["cat"] * 21}, "it has 20 label_names, this one 21"),
        ({"pixels": list(range(30))}, {"pixels": list(range(1, 31))}, "its pixels is another"),
        ({"copies": None}, {"copies": {"seekable": True}}, 'its copies is null and not {"seekable": true}'),
    ],
)
def test_other_plan_is_refused_with_what_differs_and_nothing_is_lost(tmp_path, then, now, said):
    content = interrupted(tmp_path, shard(tmp_path), **then)
    with pytest.raises(FileExistsError, match="--overwrite") as caught:
        opened(tmp_path, **now)
    assert said in str(caught.value)
    assert (tmp_path / ".x.journal").read_bytes() == content
    assert (tmp_path / NAMES[0]).read_bytes() == b"records"


def test_other_plan_may_replace_it_and_knows_its_shards(tmp_path):
    interrupted(tmp_path, shard(tmp_path))
    with opened(tmp_path, seed=7, names=["x-00000-of-00001.tfrecord"], overwrite=True) as other:
        assert not other.resumed
        assert other.finished == {}
        assert other.others == set(NAMES)
        other.begin([])
    assert not (tmp_path / ".x.journal").exists()


def test_plan_that_replaces_another_and_is_interrupted_still_knows_the_shards_of_the_first(tmp_path):
    interrupted(tmp_path, shard(tmp_path))
    only = ["x-00000-of-00001.tfrecord"]
    interrupted(tmp_path, seed=7, names=only, overwrite=True)
    with opened(tmp_path, seed=7, names=only) as again:
        assert again.resumed
        assert again.others == set(NAMES)


def test_second_run_at_the_same_time_is_refused_and_harms_nothing(tmp_path):
    with opened(tmp_path) as first:
        first.begin([])
        with pytest.raises(FileExistsError, match="another run is writing these shards"):
            opened(tmp_path, overwrite=True)
        first.add(shard(tmp_path))
        assert json.loads((tmp_path / ".x.journal").read_bytes().splitlines()[-1])["shard"]["path"] == NAMES[0]
    with opened(tmp_path) as later:
        assert not later.resumed


def test_leftovers_of_killed_writers_are_removed_and_nothing_else(tmp_path):
    stale = tmp_path / "x-00000-of-00009.tfrecord"
    left = [f".{NAMES[0]}.12.tmp", f".{NAMES[1]}.idx.34567.tmp", f".{NAMES[0]}.9.part-2.tmp", f".{stale.name}.7.tmp"]
    kept = [".y.tfrecord.12.tmp", f".{NAMES[0]}.tmp", f"{NAMES[0]}.12.tmp", f".{NAMES[0]}.twelve.tmp"]
    for name in (*left, *kept):
        (tmp_path / name).write_bytes(b"")
    folder = tmp_path / f".{NAMES[1]}.5.tmp"
    folder.mkdir()
    (folder / "data.mdb").write_bytes(b"")
    with opened(tmp_path) as begun:
        begun.begin([stale])
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)


def test_full_disk_leaves_no_shard_that_is_not_noted(tmp_path, monkeypatch):
    def full(handle, data):
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left") as caught, opened(tmp_path) as begun:
        begun.begin([])
        written = shard(tmp_path)
        monkeypatch.setattr(os, "write", full)
        begun.add(written)
    assert caught.value.filename == str(tmp_path / ".x.journal")
    assert list(tmp_path.iterdir()) == []
