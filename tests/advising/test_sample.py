"""Which pictures are chosen: by a seed, from any source, within a number of pixels."""

from contextlib import nullcontext

import numpy as np
import pytest

import filmroll
import pictures
from filmroll.advising import sample
from filmroll.advising.picture import read
from filmroll.dataset import Dataset
from filmroll.dialects import array
from filmroll.errors import DecodeError, SourceError
from filmroll.messages import example
from filmroll.sample import Sample


@pytest.fixture
def folder(tmp_path):
    return pictures.folder_of_classes(tmp_path / "flowers", each=6)


def names(chosen) -> list[str]:
    return [one.name for one in chosen.pictures]


def test_same_seed_chooses_the_same_pictures_and_another_seed_others(folder):
    first, again, other = (sample.choose(folder, seed=seed, most=5) for seed in (1, 1, 2))
    assert names(first) == names(again)
    assert names(first) != names(other)
    assert (len(first.pictures), first.count) == (5, 18)


def test_records_folders_patterns_and_lists_hold_the_same_pictures(folder, tmp_path, monkeypatch):
    filmroll.pack(folder, tmp_path / "roll.tfrecord", shards=1)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    monkeypatch.chdir(folder)
    of_records, of_folder, of_files, of_pattern = (
        sample.choose(source) for source in (tmp_path / "roll.tfrecord", folder, files, "**/*.*g")
    )
    expected = sorted(one.encoded for one in of_folder.pictures)
    for chosen in (of_records, of_files, of_pattern):
        assert chosen.count == 18
        assert sorted(one.encoded for one in chosen.pictures) == expected


@pytest.mark.parametrize("count", [3, 0])
def test_records_are_closed(tmp_path, monkeypatch, count):
    closed, close, path = [], Dataset.close, tmp_path / "roll.tfrecord"
    monkeypatch.setattr(Dataset, "close", lambda roll: (closed.append(roll.paths), close(roll)))
    with filmroll.Writer(path) as writer:
        for number in range(count):
            picture = Sample(f"{number}", array=np.full((4, 4, 3), number, np.uint8))
            writer.write(example.serialize(array.to_features(picture)))
    with nullcontext() if count else pytest.raises(SourceError, match="no records, and no picture either"):
        assert len(sample.choose(path).pictures) == count
    assert closed == [[path]]


def test_folder_of_records_is_found_to_hold_records(folder, tmp_path):
    (tmp_path / "out").mkdir()
    filmroll.pack(folder, tmp_path / "out" / "roll", shards=2)
    assert sample.choose(tmp_path / "out").count == 18


def test_lmdb_environment_is_records(folder, tmp_path):
    filmroll.pack(folder, tmp_path / "roll.lmdb")
    assert sample.choose(tmp_path / "roll.lmdb").count == 18


def test_table_names_its_pictures(folder, tmp_path):
    (tmp_path / "list.csv").write_text("path\nflowers/rose/rose 0.jpg\nflowers/rose/rose 1.png\n")
    assert sample.choose(tmp_path / "list.csv").count == 2


def test_mnist_is_arrays_of_one_channel(data):
    chosen = sample.choose(data / "mnist", most=7)
    assert (chosen.count, len(chosen.pictures)) == (10_000, 7)
    assert {one.image.shape for one in chosen.pictures} == {(28, 28, 1)}
    assert {one.format for one in chosen.pictures} == {"array"}


def test_number_of_pixels_is_kept_and_the_first_picture_is_always_there(tmp_path):
    for number in range(6):
        filmroll.imwrite(tmp_path / f"{number}.png", pictures.image(number, height=30, width=30))
    assert len(sample.choose(tmp_path, pixels=3 * 900).pictures) == 3
    assert len(sample.choose(tmp_path, pixels=10).pictures) == 1


def test_huge_picture_is_measured_in_its_middle(tmp_path, monkeypatch):
    monkeypatch.setattr(sample, "WHOLE_PIXELS", 50 * 100)
    image = pictures.image(1, height=100, width=200)
    filmroll.imwrite(tmp_path / "a.png", image)
    (one,) = sample.choose(tmp_path).pictures
    assert one.is_part
    assert one.whole.shape == (100, 200, 3)
    np.testing.assert_array_equal(one.image, image[25:75, 50:150])
    assert 2 < one.stretch < 6  # its file is four times as large as that of the middle, about


def test_unreadable_pictures_are_named_and_passed_over(folder):
    (folder / "rose" / "rose 0.jpg").write_bytes(b"\xff\xd8\xffnothing")
    chosen = sample.choose(folder)
    assert (len(chosen.pictures), chosen.count) == (17, 18)
    ((where, why),) = chosen.unreadable
    assert where.endswith("rose 0.jpg")
    assert "frame header" in why


def test_damaged_record_is_passed_over_too(folder, tmp_path):
    filmroll.pack(folder, tmp_path / "roll.tfrecord", shards=1)
    damaged = bytearray((tmp_path / "roll.tfrecord").read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (tmp_path / "roll.tfrecord").write_bytes(damaged)
    chosen = sample.choose(tmp_path / "roll.tfrecord")
    assert len(chosen.pictures) == 17
    assert "checksum" in chosen.unreadable[0][1]


def test_only_broken_pictures_are_an_error_with_the_first_reason(tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    with pytest.raises(
        SourceError, match=r"none of 3 pictures chosen can be decoded; the first: .*\.png: the bytes end at 15"
    ):
        sample.choose(tmp_path)


@pytest.mark.parametrize("content", [{}, {"notes.md": b"no picture"}])
def test_folder_without_pictures_is_an_error_that_names_it(tmp_path, content):
    for name, text in content.items():
        (tmp_path / name).write_bytes(text)
    with pytest.raises(SourceError) as caught:
        sample.choose(tmp_path)
    assert caught.value.path == str(tmp_path)


def test_nothing_named_and_nothing_there_are_errors(tmp_path):
    with pytest.raises(SourceError, match="nothing was named"):
        sample.choose([])
    with pytest.raises(FileNotFoundError):
        sample.choose(tmp_path / "absent")
    with filmroll.Writer(tmp_path / "empty.tfrecord"):
        pass
    with pytest.raises(SourceError, match="no records"):
        sample.choose(tmp_path / "empty.tfrecord")


def test_file_that_is_no_picture_says_where(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(DecodeError) as caught:
        read(tmp_path / "a.png")
    assert caught.value.path == str(tmp_path / "a.png")


def test_array_without_values_is_no_picture_and_the_others_are_measured(tmp_path):
    shapes = [(5, 5, 0), (0, 4, 3), (4, 4, 3)]
    with filmroll.Writer(tmp_path / "a.tfrecord") as writer:
        for shape in shapes:
            writer.write(example.serialize(array.to_features(Sample("a", array=np.zeros(shape, np.uint8)))))
    chosen = sample.choose(tmp_path / "a.tfrecord")
    assert [one.whole.shape for one in chosen.pictures] == [(4, 4, 3)]
    assert sorted(why for _, why in chosen.unreadable) == [
        "an array of shape (0, 4, 3) holds no picture",
        "an array of shape (5, 5, 0) holds no picture",
    ]
