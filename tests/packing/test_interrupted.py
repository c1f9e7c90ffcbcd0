"""A pack that ends early, however it does, is finished by the same call, with the bytes of one that never stopped."""

import errno
import os
import shutil
import struct
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import filmroll
import pictures
import small_files
from filmroll import cli, manifest
from filmroll.errors import SourceError
from filmroll.packing.report import Report
from filmroll.sources import folder, item

KINDS = ("tfrecord", "lmdb", "tar", "parquet", "array_record")


def pack(flowers: Path, folder: Path, *, stop_at: int = 0, **options) -> Report:
    """Pack into four shards of three pictures, one after the other; Ctrl-C comes with one of the pictures."""

    def progress(done: int, total: int) -> None:
        if done == stop_at:
            raise KeyboardInterrupt

    return filmroll.pack(flowers, folder / "roll", **{"shards": 4, "threads": 1, "progress": progress} | options)


def interrupt(flowers: Path, folder: Path, *, stop_at: int = 8, **options) -> None:
    with pytest.raises(KeyboardInterrupt):
        pack(flowers, folder, stop_at=stop_at, **options)


def inodes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_ino for path in folder.iterdir() if not path.name.startswith(".")}


@pytest.mark.parametrize("kind", KINDS)
def test_same_call_goes_on_with_the_same_bytes_and_counts(flowers, tmp_path, kind):
    (flowers / "rose" / "odd.png").write_bytes(pictures.jpeg(50))
    whole = pack(flowers, tmp_path / "out", to=kind)
    wanted = pictures.tree(tmp_path / "out")
    shutil.rmtree(tmp_path / "out")
    interrupt(flowers, tmp_path / "out", to=kind)
    before = inodes(tmp_path / "out")
    assert before
    again = pack(flowers, tmp_path / "out", to=kind)
    assert pictures.tree(tmp_path / "out") == wanted
    assert again.to_json() == whole.to_json() | {"resumed": 2}
    assert before.items() <= inodes(tmp_path / "out").items()


def test_progress_counts_what_is_finished_already(flowers, tmp_path):
    interrupt(flowers, tmp_path)
    seen = []
    pack(flowers, tmp_path, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(3, 12), (6, 12), (7, 12), (8, 12), (9, 12), (10, 12), (11, 12), (12, 12)]


def test_arrays_go_on_as_well(data, tmp_path):
    options = {"split": "test", "to": "lmdb", "shards": 3}
    pack(data / "mnist", tmp_path / "whole", **options)
    seen = []

    def progress(done: int, total: int) -> None:
        seen.append(done)
        if done == 6667:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pack(data / "mnist", tmp_path / "out", progress=progress, **options)
    assert pack(data / "mnist", tmp_path / "out", **options).resumed == 1
    assert pictures.tree(tmp_path / "out") == pictures.tree(tmp_path / "whole")


@pytest.mark.parametrize("changed", ["images", "labels"])
def test_arrays_that_have_changed_since_are_noticed(tmp_path, changed):
    values = {"images": bytearray(struct.pack(">4I", 0x803, 6, 28, 28) + bytes(6 * 28 * 28))}
    values["labels"] = bytearray(struct.pack(">2I", 0x801, 6) + bytes(range(6)))
    files = {name: tmp_path / f"t10k-{name}-idx{1 if name == 'labels' else 3}-ubyte" for name in values}
    for name, path in files.items():
        path.write_bytes(values[name])
    interrupt(tmp_path, tmp_path / "out", stop_at=4, shards=3)
    assert len(list((tmp_path / "out").glob("*.tfrecord"))) == 1
    values[changed][-1] ^= 1
    files[changed].write_bytes(values[changed])
    with pytest.raises(FileExistsError, match="its pixels is"):
        pack(tmp_path, tmp_path / "out", shards=3)


def test_only_the_shard_whose_picture_has_changed_is_written_again(flowers, tmp_path):
    interrupt(flowers, tmp_path, seed=None)
    finished = sorted(path.name for path in tmp_path.glob("*.tfrecord"))
    assert finished == ["roll-00000-of-00004.tfrecord", "roll-00001-of-00004.tfrecord"]
    before = inodes(tmp_path)
    changed = filmroll.open(tmp_path / finished[0])[0].key
    (flowers / changed).write_bytes(pictures.jpeg(77))
    assert pack(flowers, tmp_path, seed=None).resumed == 1
    after = inodes(tmp_path)
    assert after[finished[0]] != before[finished[0]]
    assert after[finished[1]] == before[finished[1]]
    assert bytes(filmroll.open(tmp_path / finished[0])[0].encoded) == pictures.jpeg(77)


def test_picture_that_came_since_is_noticed_and_nothing_is_lost(flowers, tmp_path):
    interrupt(flowers, tmp_path / "out")
    before = pictures.tree(tmp_path / "out")
    (flowers / "rose" / "new.jpg").write_bytes(pictures.jpeg(50))
    with pytest.raises(FileExistsError, match=r"its pictures is 12 and not 13.*--overwrite"):
        pack(flowers, tmp_path / "out")
    assert pictures.tree(tmp_path / "out") == before
    assert pack(flowers, tmp_path / "out", overwrite=True).written == 13


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"seed": 3}, "its seed is 0 and not 3"),
        ({"dialect": "tfod"}, 'its dialect is "slim" and not "tfod"'),
        ({"shards": 3}, "it has 4 shards, this one 3"),
        ({"quality": 70}, "its policies is another"),
        ({"seekable": True}, "its copies is"),
        ({"compression": "gzip"}, "its compression is"),
        ({"label_names": ["tulip", "rose", "daisy"]}, "its label_names is"),
    ],
)
def test_other_options_are_noticed_and_said(flowers, tmp_path, options, said):
    interrupt(flowers, tmp_path)
    with pytest.raises(FileExistsError, match="--overwrite") as caught:
        pack(flowers, tmp_path, **options)
    assert said in str(caught.value)
    assert pack(flowers, tmp_path).resumed == 2  # the first one can be finished still


def test_threads_are_no_other_options(flowers, tmp_path):
    interrupt(flowers, tmp_path)
    assert pack(flowers, tmp_path, threads=3).resumed == 2


@pytest.mark.parametrize("options", [{"dialect": "tfod"}, {"quality": 70, "seekable": True}, {"compression": "gzip"}])
def test_overwriting_with_other_options_takes_no_shard_of_the_interrupted_run_for_its_own(flowers, tmp_path, options):
    interrupt(flowers, tmp_path / "out")
    assert pack(flowers, tmp_path / "out", overwrite=True, **options).resumed == 0
    pack(flowers, tmp_path / "wanted", **options)
    assert pictures.tree(tmp_path / "out") == pictures.tree(tmp_path / "wanted")


def test_run_of_another_version_is_not_gone_on_with(flowers, tmp_path, monkeypatch):
    interrupt(flowers, tmp_path / "out")
    monkeypatch.setattr(filmroll, "__version__", "99.0")
    with pytest.raises(FileExistsError, match='its filmroll is ".*" and not "99.0"'):
        pack(flowers, tmp_path / "out")


def test_overwriting_with_other_options_leaves_nothing_of_the_interrupted_run(flowers, tmp_path):
    interrupt(flowers, tmp_path / "out")
    pack(flowers, tmp_path / "out", shards=2, overwrite=True)
    pack(flowers, tmp_path / "wanted", shards=2)
    assert pictures.tree(tmp_path / "out") == pictures.tree(tmp_path / "wanted")


def test_overwriting_that_is_interrupted_goes_on(flowers, tmp_path):
    pack(flowers, tmp_path / "wanted")
    pack(flowers, tmp_path / "out", seed=9, shards=5)
    interrupt(flowers, tmp_path / "out", overwrite=True)
    assert pack(flowers, tmp_path / "out", overwrite=True).resumed == 2
    assert pictures.tree(tmp_path / "out") == pictures.tree(tmp_path / "wanted")


def test_finished_pack_is_not_packed_again_unasked(flowers, tmp_path):
    interrupt(flowers, tmp_path)
    pack(flowers, tmp_path)
    with pytest.raises(FileExistsError, match="there already"):
        pack(flowers, tmp_path)


def test_two_packs_to_one_place_at_once_do_not_meet(flowers, tmp_path):
    begun, go_on = threading.Event(), threading.Event()

    def progress(done: int, total: int) -> None:
        begun.set()
        go_on.wait()

    first = threading.Thread(target=pack, args=(flowers, tmp_path / "out"), kwargs={"progress": progress})
    first.start()
    begun.wait()
    try:
        with pytest.raises(FileExistsError, match="another run is writing these shards"):
            pack(flowers, tmp_path / "out", overwrite=True)
    finally:
        go_on.set()
        first.join()
    pack(flowers, tmp_path / "wanted")
    assert pictures.tree(tmp_path / "out") == pictures.tree(tmp_path / "wanted")


def test_packs_of_many_splits_into_one_folder_at_once_are_all_in_the_manifest(flowers, tmp_path):
    names = [f"data-{number}" for number in range(8)]
    runs = [
        threading.Thread(target=filmroll.pack, args=(flowers, tmp_path / "out" / name), kwargs={"dialect": "tfds"})
        for name in names
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    splits = manifest.read(tmp_path / "out" / "filmroll.json")
    assert sorted(splits) == names
    assert (tmp_path / "out" / "dataset_info.json").read_text().count('"name": "') >= len(names)


# What the disk and the source do


def test_source_that_vanishes_stops_and_the_same_call_goes_on(flowers, tmp_path):
    def progress(done: int, total: int) -> None:
        if done == 7:
            flowers.rename(tmp_path / "away")

    with pytest.raises(SourceError, match="the source has vanished") as caught:
        pack(flowers, tmp_path / "out", progress=progress)
    assert caught.value.__notes__ == ["2 of 4 shards are finished; the same command goes on"]
    (tmp_path / "away").rename(flowers)
    again = pack(flowers, tmp_path / "out")
    assert (again.written, again.skipped, again.resumed) == (12, 0, 2)


def test_destination_that_vanishes_is_an_error_that_names_the_shard(flowers, tmp_path):
    def progress(done: int, total: int) -> None:
        if done == 7:
            shutil.rmtree(tmp_path / "out")

    with pytest.raises(FileNotFoundError) as caught:
        pack(flowers, tmp_path / "out", progress=progress)
    assert Path(caught.value.filename).name.removesuffix(".idx") == "roll-00002-of-00004.tfrecord"
    assert not (tmp_path / "out").exists()
    assert pack(flowers, tmp_path / "out").written == 12


@pytest.mark.parametrize("change", ["longer", "shorter", "another"])
def test_picture_that_changes_while_it_is_read_is_left_out_and_listed(flowers, tmp_path, monkeypatch, change):
    victim = flowers / "rose" / "rose 0.jpg"
    real = os.read

    def read(handle, nbytes):
        content, status = real(handle, nbytes), victim.stat()
        if os.path.samestat(os.fstat(handle), status):
            with open(victim, "r+b") as file:
                file.truncate(status.st_size + {"longer": 9, "shorter": -9, "another": 0}[change])
            os.utime(victim, ns=(status.st_atime_ns, status.st_mtime_ns + 10**9))
        return content

    monkeypatch.setattr(item.os, "read", read)
    report = pack(flowers, tmp_path / "out")
    assert (report.read, report.written, report.skipped) == (12, 11, 1)
    [finding] = report.findings
    assert (finding.path, finding.kind) == (str(victim), "unreadable")
    assert "it changed while it was read" in finding.detail


@pytest.mark.parametrize("nbytes", [-9, 0, 9])
def test_picture_that_changed_after_it_was_listed_is_packed_as_it_is_now(flowers, tmp_path, nbytes):
    victim = flowers / "rose" / "rose 0.jpg"
    [listed] = [file for file in folder.read(flowers).items if file.where == str(victim)]
    now = (victim.read_bytes() + bytes(9))[: listed.nbytes + nbytes - 1] + b"!"
    victim.write_bytes(now)
    os.utime(victim, ns=(0, listed.changed_ns + 10**9))
    assert listed.read().encoded == now


def test_picture_that_the_disk_cannot_read_is_left_out_and_listed(flowers, tmp_path, monkeypatch):
    def broken(path, **known):
        if os.path.basename(path) == "rose 0.jpg":
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))
        return Path(path).read_bytes()

    monkeypatch.setattr(item, "_read", broken)
    report = pack(flowers, tmp_path / "out")
    assert (report.written, report.skipped) == (11, 1)
    assert report.findings[0].detail == "Input/output error"


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENOMEM, errno.ESTALE])
def test_error_that_is_no_fault_of_a_picture_stops_and_the_same_call_goes_on(flowers, tmp_path, monkeypatch, number):
    def failing(path, **known):
        count.append(path)
        if len(count) == 8:
            raise OSError(number, os.strerror(number), str(path))
        return Path(path).read_bytes()

    count = []
    monkeypatch.setattr(item, "_read", failing)
    with pytest.raises(OSError, match=os.strerror(number)):
        pack(flowers, tmp_path / "out")
    again = pack(flowers, tmp_path / "out")
    assert (again.written, again.skipped, again.resumed) == (12, 0, 2)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits the size of files as Linux does")
@pytest.mark.parametrize("kind", KINDS)
def test_disk_that_is_full_is_one_line_and_the_same_command_goes_on(flowers, tmp_path, capsys, kind):
    limit = 200_000
    (flowers / "tulip" / "z.png").write_bytes(pictures.noise_png(limit))
    command = ["pack", str(flowers), str(tmp_path / "out" / "roll"), "--to", kind, "--shards", "4", "--no-shuffle"]
    program = "import sys; from filmroll.cli import run; sys.exit(run(sys.argv[1:] + ['--threads', '1']))"
    code = small_files.at_most(limit) + program
    done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    [line] = done.stderr.splitlines()
    assert line.startswith("filmroll: ")
    assert "roll-" in line
    assert line.endswith("3 of 4 shards are finished; the same command goes on")
    assert len([path for path in (tmp_path / "out").glob("roll-*") if path.suffix != ".idx"]) == 3
    assert not list((tmp_path / "out").glob(".*.tmp"))
    assert cli.run(command) == 0
    assert capsys.readouterr().err == "3 of 4 shards were finished by an earlier run\n"


def test_destination_that_cannot_be_written_is_an_error_at_once(flowers, tmp_path):
    (tmp_path / "out").write_bytes(b"a file")
    with pytest.raises(OSError, match="out"):
        pack(flowers, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"a file"
