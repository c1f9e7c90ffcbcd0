"""What verify says of shards that were packed: index, manifest, labels, and what is there twice."""

import json

import numpy as np
import pytest

import filmroll
import pictures
from filmroll import manifest
from filmroll.dialects import array
from filmroll.messages import example
from filmroll.records import index
from filmroll.sample import Sample


def rewrite(packed, change) -> None:
    path = manifest.path_of(packed[0])
    document = json.loads(path.read_text())
    change(document["splits"]["roll"])
    path.write_text(json.dumps(document))


def test_packed_shards_agree_with_index_and_manifest(packed):
    found = filmroll.verify(packed)
    assert (found.faults, found.records) == ([], 12)


def test_label_without_a_name_is_a_fault(packed):
    rewrite(packed, lambda split: split["label_names"].pop())
    faults = filmroll.verify(packed).faults
    assert len(faults) == 4
    assert "names 2 classes, 0 to 1" in faults[0].error


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda split: split["shards"][0].update(records=7), "6 records, filmroll.json says 7"),
        (lambda split: split["shards"][0].update(records=5), "6 records, filmroll.json says 5"),
        (lambda split: split["shards"][1].update(nbytes=7), "bytes, filmroll.json says 7"),
        (lambda split: split.update(records=7), "split 'roll': 7 records"),
        (lambda split: split.pop("shards"), "split 'roll' has no 'shards' that is a list"),
    ],
)
def test_manifest_that_says_something_else_is_a_fault(packed, change, message):
    rewrite(packed, change)
    assert message in " ".join(fault.error for fault in filmroll.verify(packed).faults)


def test_damaged_shard_is_not_compared_with_the_manifest_too(packed):
    packed[0].write_bytes(packed[0].read_bytes()[:-50])
    [fault] = filmroll.verify(packed).faults
    assert (fault.path, fault.record) == (str(packed[0]), 5)


def test_wrong_index_does_not_hide_that_the_manifest_is_wrong(packed):
    rewrite(packed, lambda split: split["shards"][0].update(records=7))
    index.path_of(packed[0]).write_text("0 30\n")
    assert {fault.path for fault in filmroll.verify(packed).faults} == {
        str(index.path_of(packed[0])),
        str(packed[0]),
        str(manifest.path_of(packed[0])),
    }


def test_pictures_that_only_look_the_same_are_none_that_are_there_twice(packed, monkeypatch):
    monkeypatch.setattr("filmroll.verification.shard.mark_of", lambda _: 5)
    assert filmroll.verify(packed).duplicates == []


def test_manifest_that_is_none_does_not_hide_what_is_wrong_in_another_folder(packed, tmp_path):
    folder = pictures.folder_of_classes(tmp_path / "others")
    [first] = filmroll.pack(folder, tmp_path / "a" / "roll", shards=1).shards
    manifest.path_of(first).write_text("{")
    rewrite(packed, lambda split: split["shards"][0].update(records=7))
    found = {fault.path for fault in filmroll.verify([first, *packed], dialect="slim").faults}
    assert {str(manifest.path_of(first)), str(packed[0])} < found


def test_manifest_that_is_none_is_a_fault(packed):
    manifest.path_of(packed[0]).write_text("{")
    assert [fault.path for fault in filmroll.verify(packed, dialect="slim").faults] == [
        str(manifest.path_of(packed[0]))
    ]


def test_shard_that_cannot_be_opened_does_not_hide_that_another_is_missing(packed):
    packed[0].write_bytes(b"no records at all")
    packed[1].unlink()
    found = filmroll.verify(packed[0].parent).faults
    assert [(fault.path, fault.nbytes) for fault in found] == [(str(packed[0]), 17), (str(packed[1]), None)]


def test_shard_that_is_missing_is_a_fault_of_the_whole_set_alone(packed):
    packed[1].unlink()
    [fault] = filmroll.verify(packed[0].parent).faults
    assert (fault.path, "lists it with 6 records" in fault.error) == (str(packed[1]), True)


def test_one_shard_of_a_set_is_verified_alone(packed):
    assert filmroll.verify(packed[0]).faults == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: lines[:-1], "5 records, the file has 6"),
        (lambda lines: [lines[0][:-1], *lines[1:]], "where the record has"),
        (lambda lines: [b"what", *lines], "is not 'offset size'"),
    ],
)
def test_wrong_index_is_a_fault_of_the_index(packed, change, message):
    beside = index.path_of(packed[0])
    beside.write_bytes(b"".join(line + b"\n" for line in change(beside.read_bytes().splitlines())))
    [fault] = filmroll.verify(packed).faults
    assert fault.path == str(beside)
    assert message in fault.error


def test_index_is_not_compared_with_a_damaged_file(packed):
    packed[0].write_bytes(bytes(40) + packed[0].read_bytes()[40:])
    assert {fault.path for fault in filmroll.verify(packed).faults} == {str(packed[0])}


def test_index_beside_a_compressed_file_is_of_no_use_and_no_fault(tmp_path):
    path = tmp_path / "r.tfrecord"
    with filmroll.Writer(path, compression="gzip") as writer:
        writer.write(example.serialize({"number": 1}))
    index.path_of(path).write_text("0 5\n")
    assert filmroll.verify(path).faults == []


# Twice.


def test_same_picture_and_same_key_are_named_and_no_fault(tmp_path):
    path = tmp_path / "r.tfrecord"
    with filmroll.Writer(path) as writer:
        for number, name in ((0, "a"), (1, "b"), (0, "c"), (2, "b")):
            writer.write(example.serialize({"image/encoded": pictures.jpeg(number), "image/filename": name}))
    found = filmroll.verify(path)
    assert found.faults == []
    assert {(one.what, one.record, one.first_record) for one in found.duplicates} == {("key", 3, 1), ("picture", 2, 0)}


def test_same_picture_in_another_file_is_found(packed, tmp_path):
    copy = tmp_path / "copy.tfrecord"
    copy.write_bytes(packed[0].read_bytes())
    found = filmroll.verify([*packed, copy])
    assert sum(one.what == "picture" for one in found.duplicates) == 6
    assert {(one.path, one.first_path) for one in found.duplicates} == {(str(copy), str(packed[0]))}


def test_what_is_there_twice_among_many_records_is_told_of_the_later_ones(tmp_path):
    path = tmp_path / "r.tfrecord"
    twice = {3: 1, 70: 2, 150: 1, 250: 2}
    with filmroll.Writer(path) as writer:
        for number in range(300):
            picture = pictures.jpeg(twice.get(number, 0)) + number.to_bytes(2, "big") * (number not in twice)
            writer.write(example.serialize({"image/encoded": picture, "image/filename": str(number % 299)}))
    found = filmroll.verify(path, threads=1)
    assert (found.records, found.pictures, found.faults) == (300, 300, [])
    assert [(one.what, one.record, one.first_record) for one in found.duplicates] == [
        ("key", 299, 0),
        ("picture", 150, 3),
        ("picture", 250, 70),
    ]


def test_records_without_a_picture_are_counted_as_such_and_no_twins(tmp_path):
    path = tmp_path / "r.tfrecord"
    with filmroll.Writer(path) as writer:
        for number, picture in enumerate((pictures.jpeg(), b"", b"")):
            writer.write(example.serialize({"image/encoded": picture, "image/source_id": str(number)}))
    found = filmroll.verify(path)
    assert (found.records, found.pictures, found.faults, found.duplicates) == (3, 1, [], [])


def test_arrays_of_equal_bytes_and_other_shapes_are_two_pictures(tmp_path):
    path = tmp_path / "r.tfrecord"
    with filmroll.Writer(path) as writer:
        for shape in ([4, 2, 1], [2, 4, 1], [4, 2, 1]):
            writer.write(
                example.serialize({"image": np.arange(8, dtype=np.uint8).tobytes(), "shape": shape, "label": 1})
            )
    found = filmroll.verify(path)
    assert [(one.record, one.first_record) for one in found.duplicates] == [(2, 0)]


def test_arrays_of_equal_bytes_and_other_dtypes_are_two_pictures(tmp_path):
    path = tmp_path / "r.tfrecord"
    with filmroll.Writer(path) as writer:
        for dtype in (np.uint16, np.int16, np.uint16):
            sample = Sample(array=np.arange(8, dtype=dtype).reshape(2, 4, 1))
            writer.write(example.serialize(array.to_features(sample)))
    found = filmroll.verify(path)
    assert [(one.record, one.first_record) for one in found.duplicates] == [(2, 0)]
