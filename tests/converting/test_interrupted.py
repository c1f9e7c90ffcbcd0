"""A conversion that ends early, however it does, is finished by the same call, with the bytes of one that never did."""

import os
from pathlib import Path

import numpy as np
import pytest

import filmroll
import filmroll.converting.check
import pictures
from filmroll import cli
from filmroll.boxes import Boxes
from filmroll.dialects import slim
from filmroll.errors import FormatError, SourceError, TruncatedError
from filmroll.packing.report import Report
from filmroll.packing.sink import Sink
from filmroll.sample import Sample

KINDS = ("tfrecord", "lmdb", "tar", "parquet", "array_record")


@pytest.fixture
def source(tmp_path) -> Path:
    """Two TFRecord files of six pictures each."""
    folder = tmp_path / "source"
    filmroll.pack(pictures.folder_of_classes(tmp_path / "flowers"), folder / "roll", shards=2)
    return folder


def convert(source: Path, folder: Path, *, stop_at: int = 0, **options) -> Report:
    """Convert into four shards of three records, one after the other; Ctrl-C comes with one of the records."""

    def progress(done: int, total: int) -> None:
        if done == stop_at:
            raise KeyboardInterrupt

    shown = {"shards": 4, "threads": 1, "progress": progress}
    return filmroll.convert(source, folder / "new", **shown | options)


def interrupt(source: Path, folder: Path, *, stop_at: int = 8, **options) -> None:
    with pytest.raises(KeyboardInterrupt):
        convert(source, folder, stop_at=stop_at, **options)


def inodes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_ino for path in folder.iterdir() if not path.name.startswith(".")}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("check", [False, True])
def test_same_call_goes_on_with_the_same_bytes_and_counts(source, tmp_path, kind, check):
    options = {"to": kind, "check": check, **({"dialect": "array"} if kind == "tfrecord" else {})}
    whole = convert(source, tmp_path / "whole", **options)
    interrupt(source, tmp_path / "out", **options)
    before = inodes(tmp_path / "out")
    again = convert(source, tmp_path / "out", **options)
    assert pictures.tree(tmp_path / "out") == pictures.tree(tmp_path / "whole")
    assert again.resumed == 2
    for name in ("read", "written", "changed", "skipped", "nbytes", "findings"):
        assert getattr(again, name) == getattr(whole, name)
    assert before.items() <= inodes(tmp_path / "out").items()


def test_only_shards_of_a_file_that_has_changed_are_written_again(source, tmp_path):
    interrupt(source, tmp_path / "out", to="tar", stop_at=11)
    before = inodes(tmp_path / "out")
    assert len(before) == 3
    os.utime(sorted(source.glob("*.tfrecord"))[1], ns=(1, 1))
    assert convert(source, tmp_path / "out", to="tar").resumed == 2
    after = inodes(tmp_path / "out")
    assert [after[name] == before[name] for name in sorted(before)] == [True, True, False]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"drop": ["label"]}, 'its drop is [] and not ["label"]'),
        ({"label_names": ["a", "b", "c"]}, "its label_names is"),
        ({"dialect": "img2dataset"}, 'its dialect is "webdataset" and not "img2dataset"'),
        ({"shards": 3}, "it has 4 shards, this one 3"),
    ],
)
def test_other_options_are_noticed_and_said(source, tmp_path, options, said):
    interrupt(source, tmp_path, to="tar")
    with pytest.raises(FileExistsError, match="--overwrite") as caught:
        convert(source, tmp_path, **{"to": "tar"} | options)
    assert said in str(caught.value)
    assert convert(source, tmp_path, to="tar").resumed == 2


def test_other_source_is_noticed_and_said(source, tmp_path):
    interrupt(source, tmp_path, to="tar")
    with pytest.raises(FileExistsError, match="it has 2 source, this one 1"):
        convert(sorted(source.glob("*.tfrecord"))[0], tmp_path, to="tar")


def test_bad_record_after_an_interruption_leaves_no_shard(tmp_path):
    png = filmroll.encode(np.zeros((4, 6, 3), np.uint8), "png")
    with Sink(tmp_path / "a.tfrecord", dialect=slim) as sink:
        for number in range(4):
            sink.write(Sample(key=str(number), encoded=png))
    interrupt(tmp_path / "a.tfrecord", tmp_path / "out", to="tar", stop_at=3)
    assert len(list((tmp_path / "out").glob("*.tar"))) == 2
    with Sink(tmp_path / "a.tfrecord", dialect=slim) as sink:
        for number in range(4):
            sink.write(Sample(key=str(number), encoded=png, boxes=Boxes([[0, 0, 1, 2]]) if number == 3 else None))
    with pytest.raises(FormatError):
        convert(tmp_path / "a.tfrecord", tmp_path / "out", to="tar")
    assert not list((tmp_path / "out").glob("*.tar"))


def test_check_that_was_interrupted_is_done_again(source, tmp_path, monkeypatch):
    def ending(*arguments, **options):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(filmroll.converting.check, "check", ending)
        with pytest.raises(KeyboardInterrupt):
            convert(source, tmp_path / "out", to="tar", check=True)
    checked = []
    real = filmroll.converting.check.check
    monkeypatch.setattr(filmroll.converting.check, "check", lambda *one, **two: (checked.append(1), real(*one, **two)))
    assert convert(source, tmp_path / "out", to="tar", check=True).resumed == 4
    assert checked == [1]
    assert not list((tmp_path / "out").glob(".*"))


def test_source_that_becomes_shorter_is_an_error_and_not_the_end_of_the_process(source, tmp_path):
    first = sorted(source.glob("*.tfrecord"))[0]

    def progress(done: int, total: int) -> None:
        if done == 2:
            os.truncate(first, 1000)

    with pytest.raises(TruncatedError, match="and has 1000 now; something writes to it") as caught:
        convert(source, tmp_path / "out", to="tar", progress=progress)
    assert (caught.value.path, caught.value.record) == (str(first), 2)
    assert list((tmp_path / "out").iterdir()) == []


def test_source_that_changes_while_it_is_read_gives_no_shard(source, tmp_path):
    def progress(done: int, total: int) -> None:
        if done == 2:
            os.utime(sorted(source.glob("*.tfrecord"))[0], ns=(1, 1))

    with pytest.raises(SourceError, match="it changed while it was converted"):
        convert(source, tmp_path / "out", to="tar", progress=progress)
    assert list((tmp_path / "out").iterdir()) == []


def test_source_that_vanishes_is_an_error_that_names_it(source, tmp_path):
    def progress(done: int, total: int) -> None:
        if done == 8:
            source.rename(tmp_path / "away")

    with pytest.raises(FileNotFoundError) as caught:
        convert(source, tmp_path / "out", to="tar", progress=progress)
    assert Path(caught.value.filename).parent == source
    (tmp_path / "away").rename(source)
    assert convert(source, tmp_path / "out", to="tar").resumed == 2


def test_full_disk_keeps_what_is_finished_and_the_same_call_goes_on(source, tmp_path, monkeypatch):
    def full(self, record, *, key=""):
        if self.path.name == "new-000002.tar":
            raise OSError(28, "No space left on device", str(self.path))
        return real(self, record, key=key)

    real = Sink.write_record
    with monkeypatch.context() as patched:
        patched.setattr(Sink, "write_record", full)
        with pytest.raises(OSError, match="No space left") as caught:
            convert(source, tmp_path / "out", to="tar")
    assert caught.value.__notes__ == ["2 of 4 shards are finished; the same command goes on"]
    assert convert(source, tmp_path / "out", to="tar").resumed == 2


def test_text_that_may_be_lost_does_not_fail_the_check(source, tmp_path):
    assert convert(source, tmp_path / "out", to="lmdb", drop=["text"], check=True).written == 12


def test_command_says_how_much_was_finished_before(source, tmp_path, capsys):
    interrupt(source, tmp_path / "out", to="tar")
    command = ["convert", str(source), str(tmp_path / "out" / "new"), "--to", "tar", "--shards", "4"]
    assert cli.run(command) == 0
    assert capsys.readouterr().err == "2 of 4 shards were finished by an earlier run\n"
