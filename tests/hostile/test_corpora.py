"""Every file of the crash corpora, through every door: verify, inspect, pack, unpack, batches."""

import os
from pathlib import Path

import pytest

import filmroll
from filmroll.errors import Error
from filmroll.messages import example
from hostile.measured import costs


def spent_s() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


@pytest.fixture(scope="module")
def files(data) -> list[Path]:
    return [path for path in sorted((data / "hostile").rglob("*")) if path.is_file()]


@pytest.fixture(scope="module")
def packed(files, tmp_path_factory) -> Path:
    """All of them as pictures of records, which `pack` would leave out."""
    path = tmp_path_factory.mktemp("corpora") / "all.tfrecord"
    with filmroll.Writer(path) as writer:
        for number, file in enumerate(files):
            features = {"image/encoded": file.read_bytes(), "image/format": "jpeg", "image/class/label": number}
            writer.write(b"".join(example.serialize(features)))
    return path


def test_each_takes_less_than_two_seconds_and_all_less_than_a_gibibyte(files):
    by_name = {f"{number}-{path.name}": path for number, path in enumerate(files)}
    found = costs("decode", *by_name.values())
    assert found
    assert max(cost.seconds for cost in found.values()) < 2
    assert max(cost.nbytes for cost in found.values()) < 2**30


@pytest.mark.parametrize("action", ["inspect", "verify", "count"])
def test_records_of_them_are_described_and_checked(action, packed, files):
    [cost] = costs(action, packed).values()
    assert cost.outcome == "value"
    assert cost.seconds < 20
    assert cost.nbytes < 2**30


def test_faults_are_those_that_cannot_be_decoded(packed, files):
    broken = 0
    for file in files:
        try:
            filmroll.decode(file.read_bytes())
        except Error:
            broken += 1
    found = filmroll.verify(packed, decode=True)
    assert found.records == len(files)
    empty = sum(not file.stat().st_size for file in files)  # a record without a picture is no fault
    assert 0 < broken - empty == len(found.faults) < len(files)


def test_folder_of_them_is_packed_and_what_is_no_picture_is_listed(data, tmp_path):
    begun = spent_s()
    report = filmroll.pack(data / "hostile", tmp_path / "any")
    assert report.written > 100
    assert report.read == report.written + report.skipped
    assert spent_s() - begun < 20
    assert filmroll.verify(tmp_path).faults == []


def test_they_come_out_of_unpack_as_they_are(packed, files, tmp_path):
    filmroll.unpack(packed, tmp_path / "out")
    written = {path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert written <= {path.read_bytes() for path in files}
    assert written


def test_batches_of_them_end_with_a_documented_error(packed):
    with pytest.raises(Error), filmroll.open(packed) as roll:
        for _ in roll.batches(8, size=32):
            pass
