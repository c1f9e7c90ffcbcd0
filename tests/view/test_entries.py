"""Entries of records and folders, sound or not."""

import numpy as np
import pytest

import filmroll
import pictures
from filmroll.errors import SourceError
from filmroll.messages import example
from filmroll.sample import Sample
from filmroll.view.entries import open_entries
from filmroll.view.entry import Entry
from view import rolls


def test_records_are_entries_with_place_size_format_and_bytes(tmp_path):
    entries = open_entries(rolls.flowers(tmp_path, count=10))
    assert len(entries) == 10
    entry = entries[5]
    assert entry.name == "tulip/0005.jpg"
    assert entry.place == "flowers.tfrecord, record 5"
    assert (entry.format, entry.size) == ("jpeg", (60, 40))
    assert entry.nbytes == len(entry.features["image/encoded"][0])
    assert entry.fault is None


def test_number_that_there_is_not_is_an_index_error(tmp_path):
    for entries in (
        open_entries(rolls.flowers(tmp_path, count=10)),
        open_entries(pictures.folder_of_classes(tmp_path)),
    ):
        for number in (-1, len(entries)):
            with pytest.raises(IndexError):
                entries[number]


def test_record_with_a_wrong_checksum_is_a_fault_among_sound_ones(tmp_path):
    entries = open_entries(rolls.damaged(tmp_path))
    assert [entry.fault is None for entry in map(entries.__getitem__, range(6))] == [True] * 2 + [False] + [True] * 3
    assert "checksum" in entries[2].fault
    assert not entries[2].sample.has_image


def test_file_cut_short_shows_what_comes_before_and_why_it_ends(tmp_path):
    path = rolls.write(tmp_path / "a.tfrecord", [rolls.sample(number) for number in range(4)])
    path.write_bytes(path.read_bytes()[:-20])
    rolls.write(tmp_path / "b.tfrecord", [rolls.sample(9)])
    entries = open_entries([path, tmp_path / "b.tfrecord"])
    assert len(entries) == 5
    assert [entries[number].fault is None for number in range(5)] == [True, True, True, False, True]
    assert "belong to no record" in entries[3].fault
    assert entries[4].place == "b.tfrecord, record 0"


def test_records_behind_a_broken_header_are_found_again_and_the_damage_stands_between(tmp_path):
    path = rolls.write(tmp_path / "a.tfrecord", [rolls.sample(number) for number in range(6)])
    data, offset = bytearray(path.read_bytes()), int(filmroll.Reader(path).offsets[2])
    data[offset : offset + 40] = bytes(40)
    path.write_bytes(data)
    entries = open_entries(path)
    assert len(entries) == 6
    assert [entries[number].fault is None for number in range(6)] == [True, True, False, True, True, True]
    assert [entries[number].sample.key[-8:] for number in (1, 3)] == ["0001.jpg", "0003.jpg"]
    assert entries[3].place == "a.tfrecord, record 2"
    assert f"at offset {offset:,}" in entries[2].fault


def test_tar_cut_short_shows_what_comes_before(tmp_path):
    filmroll.convert(rolls.flowers(tmp_path, count=12), tmp_path / "a.tar")
    path = next(tmp_path.glob("a*.tar"))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    entries = open_entries(path)
    assert 2 < len(entries) < 12
    assert entries[0].fault is None
    assert entries[len(entries) - 1].fault
    entries.close()


def test_picture_without_a_readable_header_is_a_fault(tmp_path):
    with filmroll.Writer(tmp_path / "a.tfrecord") as writer:
        for data in (pictures.jpeg(0), pictures.jpeg(1), b"\xff\xd8\xff\xe0junk"):
            writer.write(example.serialize({"image/encoded": data}))
    entry = open_entries(tmp_path / "a.tfrecord")[2]
    assert entry.fault
    assert entry.format == "unreadable"


def test_records_that_are_no_messages_are_shown_as_bytes(data):
    entries = open_entries(data / "records" / "not-examples" / "100.tfrecords")
    entry = entries[0]
    assert entry.fault is None
    assert len(entry.features["record"][0]) > 0
    assert entry.format == ""


@pytest.mark.parametrize(
    ("name", "count", "format"),
    [
        ("records/models/pets_examples.record", 10, "jpeg"),
        ("records/cow/test.record", 38, "jpeg"),
        ("blog/mystery.tfrecords", 1, None),
        ("tar/sample.tgz", 90, "png"),
        ("array_record", None, None),
    ],
)
def test_real_files_of_every_kind_open(data, name, count, format):
    entries = open_entries(data / name)
    assert count is None or len(entries) == count
    assert format is None or entries[0].format == format
    assert entries[0].fault is None
    assert entries.facts
    entries.close()


def test_folder_of_pictures_has_their_classes(tmp_path):
    entries = open_entries(pictures.folder_of_classes(tmp_path))
    assert len(entries) == 12
    assert list(entries.label_names) == list(pictures.CLASSES)
    assert entries[0].sample.text == "daisy"
    assert bytes(entries[0].features["record"][0]) == (tmp_path / entries[0].sample.key).read_bytes()


def test_picture_file_that_went_away_is_a_fault(tmp_path):
    entries = open_entries([pictures.folder_of_classes(tmp_path)])
    (tmp_path / entries[3].sample.key).unlink()
    assert "No such file" in entries[3].fault


def test_nothing_there_is_an_error(tmp_path):
    with pytest.raises(SourceError):
        open_entries(tmp_path)
    with pytest.raises(FileNotFoundError):
        open_entries(tmp_path / "absent.tfrecord")


@pytest.mark.parametrize(
    ("shape", "size"), [((5, 7), (5, 7)), ((5, 7, 3), (5, 7)), ((2, 5, 7, 3), (5, 7)), ((9,), None)]
)
def test_size_of_an_array_is_that_of_its_picture(shape, size):
    entry = Entry(0, "", sample=Sample("a", array=np.zeros(shape, np.uint8)))
    assert entry.size == size
    assert entry.format == "array uint8"
    assert entry.nbytes == np.prod(shape)


def test_files_of_different_dialects_are_each_shown_by_their_own(data):
    entries = open_entries(
        [data / name for name in ("records/cow/test.record", "tar/sample.tgz", "records/not-examples/100.tfrecords")]
    )
    assert len(entries) == 38 + 90 + 100
    assert [entries[number].format for number in (0, 37, 38, 127, 128)] == ["jpeg", "jpeg", "png", "png", ""]
    assert not [number for number in range(len(entries)) if entries[number].fault]
    assert list(entries[128].features) == ["record"]
    facts = dict(entries.facts)
    assert facts["kind"] == "tfrecord, tar"
    assert facts["message"] == "example, members, none that is known"
    assert facts["dialect"] == "mixed: tfod, webdataset, generic"
    entries.close()
