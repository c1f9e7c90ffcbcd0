"""Converting damaged records: what is damaged is left out, listed and warned of once; the rest comes through."""

import json

import pytest

import filmroll
import pictures
from filmroll.errors import ChecksumError, DamageWarning
from filmroll.messages import example
from filmroll.records import index

COUNT = 9


@pytest.fixture
def shard(tmp_path):
    path = tmp_path / "in.tfrecord"
    with filmroll.Writer(path) as writer:
        for number in range(COUNT):
            writer.write(example.serialize({"image/encoded": pictures.jpeg(number), "image/class/label": number}))
    return path


def harm(path, number: int, within: int, new: bytes) -> None:
    offset = int(index.read(index.path_of(path))[number, 0]) + within
    data = bytearray(path.read_bytes())
    data[offset : offset + len(new)] = new
    path.write_bytes(data)


def labels(path) -> list[int]:
    with filmroll.open(path) as roll:
        return [sample.label for sample in roll]


def test_damage_is_an_error_by_default_and_nothing_stays(shard, tmp_path):
    harm(shard, 3, 40, b"??")
    with pytest.raises(ChecksumError):
        filmroll.convert(shard, tmp_path / "out" / "x.tar", drop=["features"])
    assert not list((tmp_path / "out").glob("x*.tar"))


@pytest.mark.parametrize("dest", ["x.tar", "x.tfrecord"])
def test_damaged_record_is_skipped_listed_and_warned_of_once(shard, tmp_path, dest):
    harm(shard, 3, 40, b"??")
    harm(shard, 5, 40, b"??")
    with pytest.warns(DamageWarning, match="record 3: data checksum") as given:
        report = filmroll.convert(
            shard, tmp_path / dest, drop=["features"], on_error="skip", check=True, threads=1, shards=1
        )
    assert (report.read, report.written, report.skipped) == (COUNT, COUNT - 2, 2)
    damaged = [one for one in report.findings if one.kind == "damaged"]
    assert [(one.path, one.action) for one in damaged] == [
        (f"{shard}: record {number}", "skipped") for number in (3, 5)
    ]
    assert labels(report.shards) == [0, 1, 2, 4, 6, 7, 8]
    assert len(given) == 1


def test_records_behind_damage_are_salvaged_and_the_gap_is_listed(shard, tmp_path):
    harm(shard, 3, 2, bytes(40))
    with pytest.warns(DamageWarning) as given:
        report = filmroll.convert(shard, tmp_path / "x.array_record", on_error="salvage", check=True)
    assert (report.read, report.written, report.skipped) == (COUNT - 1, COUNT - 1, 0)
    [gap] = [one for one in report.findings if one.kind == "damaged"]
    assert f"{shard}: at offset" in gap.path
    assert sorted(labels(report.shards)) == [0, 1, 2, 4, 5, 6, 7, 8]
    assert len(given) == 1


def test_broken_framing_is_an_error_where_records_are_skipped_only(shard, tmp_path):
    harm(shard, 3, 2, bytes(40))
    with pytest.raises(ChecksumError):
        filmroll.convert(shard, tmp_path / "x.tar", drop=["features"], on_error="skip")


def test_threads_change_nothing_of_what_is_left_out(shard, tmp_path):
    for number in (0, 4, 8):
        harm(shard, number, 40, b"??")
    outs = []
    for threads in (1, 3):
        with pytest.warns(DamageWarning) as given:
            report = filmroll.convert(
                shard, tmp_path / f"t{threads}" / "x.tar", shards=3, drop=["features"], on_error="skip", threads=threads
            )
        assert len(given) == 1
        outs.append([path.read_bytes() for path in report.shards])
        assert (report.skipped, len(report.findings)) == (3, 3)
    assert outs[0] == outs[1]


def test_what_a_dialect_does_not_hold_is_refused_all_the_same(shard, tmp_path):
    with filmroll.Writer(shard) as writer:
        writer.write(example.serialize({"image/encoded": pictures.jpeg(1), "image/class/label": 1, "extra": 5}))
    with pytest.raises(filmroll.UnsupportedError, match="does not hold"):
        filmroll.convert(shard, tmp_path / "x.lmdb", on_error="skip")


def test_verb_lists_what_is_left_out_and_exits_1(run, shard, tmp_path):
    harm(shard, 3, 40, b"??")
    code, out, err = run("convert", shard, tmp_path / "x.tar", "--drop", "features", "--on-error", "skip")
    assert code == 1
    assert f"{COUNT - 1} records into 1 shard" in out
    [line] = err.splitlines()
    assert line.startswith(f"{shard}: record 3: left out: data checksum 0x")


def test_verb_json_counts_what_is_left_out(run, shard, tmp_path):
    harm(shard, 3, 2, bytes(40))
    arguments = ("--drop", "features", "--on-error", "salvage", "--json")
    code, out, _ = run("convert", shard, tmp_path / "x.tar", *arguments)
    document = json.loads(out)
    assert (code, document["written"]) == (1, COUNT - 1)
    assert [one["kind"] for one in document["findings"]] == ["damaged"]
