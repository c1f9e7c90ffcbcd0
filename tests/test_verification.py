"""Damage is found and placed; sound files are called sound."""

import pytest

import filmroll
import pictures
import realdata
from filmroll.messages import example

RECORD_FILES = [
    param
    for param in realdata.params("records/**/*", "blog/*.tfrecords")
    if param.values[0] is None or param.values[0].suffix not in {".csv", ".jpg", ".pbtxt"}
]


@pytest.fixture
def roll(tmp_path):
    path = tmp_path / "r.tfrecord"
    with filmroll.Writer(path, index=False) as writer:
        for number in range(4):
            writer.write(example.serialize({"image/encoded": pictures.jpeg(number), "image/format": "jpeg"}))
    return path


def damage(path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 0xFF
    path.write_bytes(data)


@pytest.mark.parametrize("path", RECORD_FILES)
def test_every_real_file_is_sound(path):
    assert filmroll.verify(path).faults == []


def test_sound_file_has_its_counts_and_no_faults(roll):
    found = filmroll.verify(roll, decode=True)
    assert (found.shards, found.records, found.pictures, found.faults) == (1, 4, 4, [])


@pytest.mark.parametrize("number", range(4))
def test_changed_byte_is_found_in_its_record(roll, number):
    with filmroll.Reader(roll) as reader:
        offset = int(reader.offsets[number])
    damage(roll, offset + 12 + 30)
    found = filmroll.verify(roll)
    assert [(fault.record, fault.offset) for fault in found.faults] == [(number, offset)]
    assert "checksum" in found.faults[0].error


def test_cut_file_is_found_at_the_record_that_lacks_bytes(roll):
    roll.write_bytes(roll.read_bytes()[:-7])
    [fault] = filmroll.verify(roll).faults
    assert fault.record == 3


def test_broken_picture_in_a_sound_record_is_found_by_decoding_only(tmp_path):
    data = bytearray(pictures.jpeg())
    with filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        writer.write(example.serialize({"image/encoded": bytes(data[:-200]), "image/format": "jpeg"}))
    assert filmroll.verify(tmp_path / "r.tfrecord").faults == []
    [fault] = filmroll.verify(tmp_path / "r.tfrecord", decode=True).faults
    assert fault.record == 0


def test_json_has_the_keys_that_scripts_rely_on(roll):
    damage(roll, 100)
    document = filmroll.verify(roll).to_json()
    assert set(document["faults"][0]) == {"path", "record", "offset", "error"}
    assert "records" in document
