"""What stands behind damage is checked too, and every fault is told."""

import gzip

import pytest

import filmroll
import pictures
import reference
from filmroll.messages import example
from verification.harm import damage, places, zero


def test_records_behind_broken_framing_are_checked_too(roll):
    offsets = places(roll)
    damage(roll, offsets[3] + 60)
    zero(roll, offsets[1], 40)
    found = filmroll.verify(roll)
    assert [(fault.record, fault.offset, fault.nbytes) for fault in found.faults] == [
        (1, offsets[1], offsets[2] - offsets[1]),
        (2, offsets[3], roll.stat().st_size - offsets[3]),
    ]
    assert "length checksum" in found.faults[0].error
    assert "inside" not in found.faults[0].error
    assert "data checksum" in found.faults[1].error
    assert (found.records, found.pictures) == (3, 2)


def test_records_inside_a_broken_one_are_told_of_and_not_counted(tmp_path):
    frames = [reference.frame(bytes([number]) * 30) for number in range(3)]
    outer = example.serialize({"inner": b"".join(frames)})
    records = [b"".join(one) for one in (example.serialize({"a": 1}), outer, example.serialize({"a": 2}))]
    path = tmp_path / "r.tfrecord"
    path.write_bytes(b"".join(map(reference.frame, records)))
    start = len(records[0]) + 16
    data = bytearray(path.read_bytes())
    del data[start : start + 10]
    path.write_bytes(data)
    found = filmroll.verify(path)
    assert found.records == 2
    (fault,) = found.faults
    assert (fault.record, fault.offset, fault.nbytes) == (1, start, len(records[1]) + 6)
    assert fault.error.endswith("; 3 frames inside seem to be part of it")


def test_overwritten_header_is_a_fault_and_the_data_is_called_sound(roll):
    offset = places(roll)[2]
    zero(roll, offset, 12)
    found = filmroll.verify(roll)
    [fault] = found.faults
    assert (fault.record, fault.offset) == (2, offset)
    assert "its data is sound" in fault.error
    assert (found.records, found.pictures) == (4, 4)


def test_every_fault_of_many_is_reported(tmp_path):
    path = tmp_path / "many.tfrecord"
    with filmroll.Writer(path) as writer:
        for number in range(500):
            writer.write(example.serialize({"number": number}))
    offsets = places(path)
    for number in range(0, 500, 7):
        damage(path, offsets[number] + 14)
    faults = filmroll.verify(path, threads=3).faults
    assert [fault.record for fault in faults] == list(range(0, 500, 7))


@pytest.mark.parametrize("compression", ["gzip", "zlib"])
def test_cut_compressed_file_is_a_fault_and_what_is_there_is_checked(tmp_path, compression):
    path = tmp_path / "r.tfrecord"
    with filmroll.Writer(path, compression=compression) as writer:
        for number in range(4):
            writer.write(example.serialize({"image/encoded": pictures.jpeg(number)}))
    path.write_bytes(path.read_bytes()[:-200])
    found = filmroll.verify(path)
    assert found.records == 3
    assert any("cut short" in fault.error for fault in found.faults)


def test_wrong_checksum_of_a_gzip_file_is_a_fault(tmp_path):
    plain = tmp_path / "plain"
    with filmroll.Writer(plain) as writer:
        writer.write(example.serialize({"number": 1}))
    packed = bytearray(gzip.compress(plain.read_bytes()))
    packed[-6] ^= 1
    (tmp_path / "r.gz").write_bytes(packed)
    [fault] = filmroll.verify(tmp_path / "r.gz").faults
    assert "damaged" in fault.error
