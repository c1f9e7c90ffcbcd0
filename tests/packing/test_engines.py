"""Whoever writes the shards, they are the same, byte for byte; and so are report, journal and errors."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path

import pytest

import filmroll
import pictures
from filmroll import cli
from filmroll.errors import DecodeError
from filmroll.packing import journal
from filmroll.packing.copies import Resize
from filmroll.packing.probe import Policies

KINDS = ("tfrecord", "lmdb", "tar", "parquet", "array_record")


@pytest.fixture
def flowers(tmp_path):
    folder = pictures.folder_of_classes(tmp_path / "flowers")
    (folder / "rose" / "odd.png").write_bytes(pictures.jpeg(50))
    (folder / "rose" / "torn.png").write_bytes(b"\x89PNG\r\n\x1a\nno more")
    return folder


def pack(flowers, folder, **options):
    return filmroll.pack(flowers, folder / "roll", **{"shards": 4} | options)


def told(report):
    """Return what a report says, without the folder of the shards."""
    return {**report.to_json(), "shards": [path.name for path in report.shards]}


@pytest.mark.parametrize("kind", KINDS)
def test_shards_and_report_of_processes_are_those_of_threads(flowers, tmp_path, kind):
    wanted = pack(flowers, tmp_path / "wanted", to=kind)
    made = pack(flowers, tmp_path / "made", to=kind, engine="processes", threads=2)
    assert pictures.tree(tmp_path / "made") == pictures.tree(tmp_path / "wanted")
    assert told(made) == told(wanted)
    assert (made.read, made.written, made.skipped) == (14, 13, 1)


def test_shards_of_arrays_are_those_of_threads(data, tmp_path):
    for engine in ("threads", "processes"):
        pack(data / "mnist", tmp_path / engine, split="test", to="lmdb", engine=engine)
    assert pictures.tree(tmp_path / "threads") == pictures.tree(tmp_path / "processes")


@pytest.mark.parametrize("workers", [1, 3])
def test_shards_of_an_executor_are_those_of_threads(flowers, tmp_path, workers):
    pack(flowers, tmp_path / "wanted")
    with ThreadPoolExecutor(workers) as executor:
        pack(flowers, tmp_path / "made", engine=executor)
        assert executor.submit(int).result() == 0  # it stays open
    assert pictures.tree(tmp_path / "made") == pictures.tree(tmp_path / "wanted")


@pytest.fixture
def photos(tmp_path):
    """Pictures that take some time to make smaller."""
    folder = tmp_path / "photos"
    folder.mkdir()
    large = filmroll.encode(pictures.image(1, height=900, width=1200), "jpeg")
    for number in range(40):
        (folder / f"{number:02d}.jpg").write_bytes(large + bytes([number]))
    return folder


COPIES = {"shards": 8, "resize": Resize(160)}


def test_process_that_is_killed_while_it_writes_costs_no_picture_and_leaves_nothing(photos, tmp_path):
    wanted = pack(photos, tmp_path / "wanted", **COPIES)
    killed = []

    def progress(done, total):
        half_written = [] if killed else [*(tmp_path / "made").glob(".roll-*.tmp")]
        if done >= 5 and half_written:
            killed.append(half_written[0].name)
            os.kill(int(half_written[0].name.split(".")[-2]), signal.SIGKILL)

    made = pack(photos, tmp_path / "made", engine="processes", threads=2, progress=progress, **COPIES)
    assert killed
    assert pictures.tree(tmp_path / "made") == pictures.tree(tmp_path / "wanted")
    assert told(made) == told(wanted)


def test_run_with_processes_that_is_killed_is_finished_by_the_same_command(photos, tmp_path):
    wanted = pack(photos, tmp_path / "wanted", **COPIES)
    command = ["pack", str(photos), str(tmp_path / "made" / "roll"), "--shards", "8", "--resize", "shorter=160"]
    code = "import sys; from filmroll.cli import run\nif __name__ == '__main__': sys.exit(run(sys.argv[1:]))\n"
    (tmp_path / "main.py").write_text(code)
    processes = ["--engine", "processes", "--threads", "2"]
    noted = journal.path_of(tmp_path / "made" / "roll", name="roll")
    with subprocess.Popen([sys.executable, tmp_path / "main.py", *command, *processes]) as main:
        until = time.monotonic() + 60
        while b'"shard"' not in (noted.read_bytes() if noted.exists() else b"") and time.monotonic() < until:
            time.sleep(0.02)
        main.kill()
    again = pack(photos, tmp_path / "made", engine="processes", threads=2, **COPIES)
    assert again.resumed > 0
    assert pictures.tree(tmp_path / "made") == pictures.tree(tmp_path / "wanted")
    assert told(again) == told(wanted) | {"resumed": again.resumed}


def test_run_that_one_engine_began_is_finished_by_another(flowers, tmp_path):
    pack(flowers, tmp_path / "wanted")

    def progress(done, total):
        if done > 8:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pack(flowers, tmp_path / "made", threads=1, progress=progress)
    assert pack(flowers, tmp_path / "made", engine="processes", threads=1).resumed > 0
    assert pictures.tree(tmp_path / "made") == pictures.tree(tmp_path / "wanted")


def test_error_in_a_process_is_that_of_a_thread_and_what_is_finished_stays(flowers, tmp_path):
    said = set()
    for engine in ("threads", "processes"):
        with pytest.raises(DecodeError, match="--on-mislabelled") as caught:
            pack(flowers, tmp_path / engine, engine=engine, threads=1, policies=Policies(mislabelled="fail"))
        said.add((str(caught.value), caught.value.path))
        assert not [*(tmp_path / engine).glob(".*.tmp")]
    assert len(said) == 1


def test_damage_that_is_left_out_is_the_same_and_warned_of_once(flowers, tmp_path):
    made = pack(flowers, tmp_path, shards=2).shards
    for path in made:
        data = bytearray(path.read_bytes())
        data[60] ^= 1
        path.write_bytes(data)
    reports = []
    for engine in ("threads", "processes"):
        with pytest.warns(filmroll.DamageWarning) as warned:
            reports.append(
                filmroll.convert(
                    made, tmp_path / engine / "x.tar", shards=3, engine=engine, on_error="skip", check=True
                )
            )
        assert len([one for one in warned if one.category is filmroll.DamageWarning]) == 1
    assert told(reports[0]) == told(reports[1])
    assert reports[0].skipped == 2
    assert pictures.tree(tmp_path / "threads") == pictures.tree(tmp_path / "processes")


def test_shards_that_were_written_where_this_machine_does_not_see_them_are_an_error(flowers, tmp_path, monkeypatch):
    monkeypatch.setattr(journal, "SEEN_S", 0.1)

    class Elsewhere(Executor):
        """Workers that write to a disk of their own."""

        def submit(self, function, /, *args):
            future = Future()
            written = function(*args)
            for path in (tmp_path / "made").glob("roll-*"):
                path.unlink()
            future.set_result(written)
            return future

    with pytest.raises(FileNotFoundError, match="must share the storage of the destination") as caught:
        pack(flowers, tmp_path / "made", engine=Elsewhere())
    assert Path(caught.value.filename).match("roll-0000?-of-00004.tfrecord")
    assert [*(tmp_path / "made").iterdir()] == []


# The verb


def test_verb_takes_the_engine(flowers, tmp_path, capsys):
    place = str(tmp_path / "out" / "roll")
    assert cli.run(["pack", str(flowers), place, "--shards", "2", "--engine", "processes", "--threads", "1"]) == 1
    assert "13 of 14 pictures in 2 shards" in capsys.readouterr().out
    assert cli.run(["convert", f"{place}-*.tfrecord", f"{place}.tar", "--engine", "processes", "--threads", "1"]) == 0
    assert cli.run(["verify", f"{place}.tar", "--engine", "processes", "--threads", "1"]) == 0


@pytest.mark.parametrize("verb", ["advise", "convert", "pack", "verify"])
def test_what_cannot_be_had_is_one_line_and_nothing_is_begun(flowers, tmp_path, capsys, verb):
    roll = str(pack(flowers, tmp_path / "roll", shards=1).shards[0])
    dest = str(tmp_path / "out" / "roll")
    places = {"advise": [str(flowers)], "convert": [roll, dest], "pack": [str(flowers), dest], "verify": [roll]}
    command = [verb, *places[verb]]
    for options, code, said in (
        (["--address", "127.0.0.1:1"], 2, "an address is of a Ray cluster"),
        (
            ["--engine", "ray", "--address", "127.0.0.1:1"],
            1,
            "127.0.0.1:1: no Ray cluster answers (Connection refused)",
        ),
    ):
        assert cli.run([*command, *options]) == code
        [line] = capsys.readouterr().err.splitlines()
        assert line.startswith(f"filmroll: {said}")
    assert not (tmp_path / "out").exists()
