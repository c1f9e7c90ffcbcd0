"""Files of different making are each read by their own dialect, and compared with each other all the same."""

import pytest

import filmroll
import pictures
from filmroll import verify
from filmroll.messages import example

SLIM = ("image/encoded", "image/class/label", "image/format")
FLOWERS = ("image", "label", "class")


def written(path, names, numbers, **options):
    """Records with the pictures of these numbers, under other names."""
    with filmroll.Writer(path, **options) as writer:
        for number in numbers:
            values = (pictures.jpeg(number), number, b"jpeg")
            writer.write(example.serialize(dict(zip(names, values, strict=True))))
    return path


@pytest.fixture
def slim(tmp_path):
    return written(tmp_path / "slim.tfrecord", SLIM, range(5))


@pytest.fixture
def others(tmp_path):
    return written(tmp_path / "others.tfrecord", FLOWERS, range(4, 8))


@pytest.mark.parametrize("kind", ["lmdb", "tar", "parquet"])
def test_pictures_of_every_kind_of_file_are_looked_at(tmp_path, slim, kind):
    filmroll.pack(pictures.folder_of_classes(tmp_path / "in"), tmp_path / "packed", to=kind)
    [packed] = tmp_path.glob("packed*")
    alone = verify(packed)
    for paths in ([slim, packed], [packed, slim]):
        found = verify(paths)
        assert (found.records, found.pictures) == (alone.records + 5, alone.pictures + 5)
        assert not found.faults


def test_examples_of_two_namings_are_looked_at(slim, others):
    found = verify([slim, others])
    assert (found.records, found.pictures, found.faults) == (9, 9, [])


def test_broken_picture_is_found_in_whichever_file(tmp_path, slim, others):
    with filmroll.Writer(tmp_path / "broken.tfrecord") as writer:
        writer.write(example.serialize({"image": pictures.jpeg(1), "label": 0, "class": b"a"}))
        writer.write(example.serialize({"image": pictures.jpeg(1)[:40], "label": 0, "class": b"a"}))
    for paths in ([slim, tmp_path / "broken.tfrecord"], [tmp_path / "broken.tfrecord", slim]):
        [fault] = verify(paths).faults
        assert (fault.path, fault.record) == (str(tmp_path / "broken.tfrecord"), 1)


def test_picture_that_is_there_twice_is_found_across_namings(slim, others):
    [twin] = verify([slim, others]).duplicates
    assert (twin.what, twin.path, twin.record) == ("picture", str(others), 0)
    assert (twin.first_path, twin.first_record) == (str(slim), 4)


def test_dialect_that_is_named_is_that_of_all(slim, others):
    assert len(verify([slim, others], dialect="slim").faults) == 4


@pytest.mark.parametrize("dialect", [None, "slim"])
def test_labels_are_those_of_the_manifest_beside_each_file(tmp_path, dialect):
    folders = [tmp_path / "few", tmp_path / "many"]
    for folder, classes in zip(folders, (2, 3), strict=True):
        for number in range(classes):
            (folder / "in" / f"class-{number}").mkdir(parents=True)
            (folder / "in" / f"class-{number}" / "a.jpeg").write_bytes(pictures.jpeg(number))
        filmroll.pack(folder / "in", folder / "roll")
    found = verify([folder / "roll-*.tfrecord" for folder in folders], dialect=dialect)
    assert (found.pictures, found.faults) == (5, [])


def test_damaged_file_leaves_the_others_as_ever(tmp_path, slim, others):
    damaged = written(tmp_path / "damaged.tfrecord", SLIM, range(3), index=False)
    data = bytearray(damaged.read_bytes())
    data[3] ^= 0xFF
    damaged.write_bytes(data)
    found = verify([damaged, others, slim])
    assert {fault.path for fault in found.faults} == {str(damaged)}
    assert found.pictures == 4 + 5 + 3


def test_file_without_records_is_sound(tmp_path, slim):
    empty = written(tmp_path / "empty.tfrecord", SLIM, [])
    assert not verify([empty, slim]).faults
