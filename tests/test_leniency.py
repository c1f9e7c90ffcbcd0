"""Damage that is to be left out: numbers stay, what is left out is counted, and one warning is given."""

import pickle
import warnings

import numpy as np
import pytest

import filmroll
import pictures
from filmroll.errors import ChecksumError, DamageWarning, Error
from filmroll.messages import example
from filmroll.records import index

COUNT = 12


@pytest.fixture
def shards(tmp_path):
    """Two shards of six pictures, the labels in order."""
    return [write(tmp_path / f"r-{part}.tfrecord", range(6 * part, 6 * part + 6)) for part in range(2)]


def write(path, numbers, **options):
    with filmroll.Writer(path, **options) as writer:
        for number in numbers:
            picture = pictures.jpeg(number)
            writer.write(example.serialize({"image/encoded": picture, "image/class/label": number}))
    return path


def harm(path, number: int, within: int, new: bytes):
    offset = int(index.read(index.path_of(path))[number, 0]) + within
    data = bytearray(path.read_bytes())
    data[offset : offset + len(new)] = new
    path.write_bytes(data)


def labels(samples) -> list[int]:
    return [sample.label for sample in samples]


def test_bad_record_is_skipped_counted_and_warned_of_once(shards):
    harm(shards[0], 2, 40, b"???")
    harm(shards[1], 1, 40, b"???")
    with filmroll.open(shards, on_error="skip") as roll, pytest.warns(DamageWarning) as given:
        assert labels(roll) == [0, 1, 3, 4, 5, 6, 8, 9, 10, 11]
        assert labels(roll) == [0, 1, 3, 4, 5, 6, 8, 9, 10, 11]
        assert len(roll) == COUNT
    [warning] = given
    assert "r-0.tfrecord: record 2 at offset" in str(warning.message)
    assert sorted(roll.skipped) == [2, 7]
    assert isinstance(roll.skipped[7], ChecksumError)
    assert (roll.skipped[7].path, roll.skipped[7].record) == (str(shards[1]), 1)


@pytest.mark.parametrize(
    "read",
    [
        labels,
        lambda roll: list(roll.batches(4, threads=2)),
        lambda roll: list(roll.batches(4, size=8)),
    ],
    ids=["samples", "batches", "batches of one size"],
)
def test_warning_shows_the_line_that_reads_and_none_of_filmroll(shards, read):
    harm(shards[0], 2, 40, b"???")
    with filmroll.open(shards, on_error="skip") as roll, pytest.warns(DamageWarning) as given:
        read(roll)
    assert [warning.filename for warning in given] == [__file__]


def test_record_that_is_no_message_is_skipped(tmp_path):
    path = write(tmp_path / "r.tfrecord", range(3))
    records = [bytes(record) for record in filmroll.Reader(path)]
    with filmroll.Writer(path) as writer:
        for record in (records[0], b"\xff" * 30, records[2]):
            writer.write(record)
    with filmroll.open(path, on_error="skip") as roll, pytest.warns(DamageWarning):
        assert labels(roll) == [0, 2]
    assert list(roll.skipped) == [1]


def test_asking_for_a_damaged_record_is_an_error_all_the_same(shards):
    harm(shards[0], 2, 40, b"???")
    with filmroll.open(shards, on_error="skip") as roll:
        with pytest.raises(ChecksumError):
            roll[2]
        assert roll[3].label == 3


def test_first_record_damaged_does_not_hide_what_the_records_are(shards):
    harm(shards[0], 0, 40, b"???")
    with filmroll.open(shards, on_error="skip") as roll:
        assert (roll.dialect, roll[1].label) == ("slim", 1)


def test_broken_framing_is_an_error_unless_it_is_to_be_salvaged(shards):
    harm(shards[0], 2, 0, bytes(30))
    for on_error in ("raise", "skip"):
        with filmroll.open(shards, on_error=on_error) as roll, pytest.raises(ChecksumError):
            list(roll)
    with (
        filmroll.open(shards, on_error="salvage") as roll,
        pytest.warns(DamageWarning, match="r-0.tfrecord: at offset"),
    ):
        assert labels(roll) == [0, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11]
        assert len(roll) == COUNT - 1
        assert [sample.label for sample in (roll[2], roll[-1])] == [3, 11]
        [(path, gap)] = roll.gaps
        assert (path, gap.record) == (shards[0], 2)


def test_header_that_was_overwritten_costs_nothing(shards):
    harm(shards[0], 2, 0, bytes(12))
    with filmroll.open(shards, on_error="salvage") as roll:
        assert labels(roll) == list(range(COUNT))
        assert [label for batch in roll.batches(5, size=8) for label in batch["label"]] == list(range(COUNT))
        assert roll.gaps == []


def test_bad_data_keeps_its_number_when_salvaged(shards):
    harm(shards[0], 1, 40, b"???")
    harm(shards[0], 3, 0, bytes(30))
    with filmroll.open(shards, on_error="salvage") as roll, pytest.warns(DamageWarning) as given:
        assert labels(roll) == [0, 2, 4, 5, 6, 7, 8, 9, 10, 11]
        assert len(roll) == COUNT - 1
        assert list(roll.skipped) == [1]
        assert roll[3].label == 4
    assert len(given) == 1


@pytest.mark.parametrize("compression", ["gzip", "zlib"])
def test_cut_compressed_file_is_salvaged(tmp_path, compression):
    path = write(tmp_path / "r.tfrecord", range(6), compression=compression)
    path.write_bytes(path.read_bytes()[:-300])
    with filmroll.open(path, on_error="salvage") as roll, pytest.warns(DamageWarning):
        found = labels(roll)
        assert found == list(range(len(found)))
        assert len(found) == len(roll) == 5
        assert labels(roll[2:4]) == [2, 3]


def test_whole_files_are_read_as_ever(shards):
    with filmroll.open(shards, on_error="salvage") as roll:
        assert labels(roll) == list(range(COUNT))
        assert (roll.skipped, roll.gaps) == ({}, [])


@pytest.mark.parametrize("on_error", ["skip", "salvage"])
@pytest.mark.parametrize("options", [{"shuffle": True, "seed": 5}, {"shuffle": False}])
def test_batches_leave_out_damage_and_change_no_order(shards, on_error, options):
    with filmroll.open(shards) as roll:
        whole = [batch["record"].tolist() for batch in roll.batches(4, size=8, **options)]
    harm(shards[0], 2, 40, b"???")
    with filmroll.open(shards) as roll:
        loader = roll.batches(4, size=8, on_error=on_error, **options)
        with pytest.warns(DamageWarning) as given:
            found = [batch["record"].tolist() for batch in loader]
            list(loader)
    assert found == [[number for number in batch if number != 2] for batch in whole]
    assert list(loader.skipped) == [2]
    assert len(given) == 1


def test_batches_go_by_what_the_dataset_was_opened_with(shards):
    harm(shards[0], 2, 40, b"???")
    with filmroll.open(shards, on_error="skip") as roll:
        with pytest.warns(DamageWarning):
            assert sum(len(batch["record"]) for batch in roll.batches(4, size=8)) == COUNT - 1
        with pytest.raises(ChecksumError):
            list(roll.batches(4, size=8, on_error="raise"))


def test_salvaged_batches_are_split_over_ranks_and_resumed_exactly(shards):
    harm(shards[0], 2, 0, bytes(30))
    harm(shards[1], 4, 40, b"???")
    options = {"size": 8, "shuffle": True, "seed": 3, "on_error": "salvage"}
    with filmroll.open(shards) as roll, warnings.catch_warnings():
        warnings.simplefilter("ignore", DamageWarning)
        ranks = [
            [batch["label"].tolist() for batch in roll.batches(2, rank=rank, world_size=3, **options)]
            for rank in range(3)
        ]
        everything = [label for rank in ranks for batch in rank for label in batch]
        assert sorted(everything) == [0, 1, 3, 4, 5, 6, 7, 8, 9, 11]
        loader = roll.batches(2, **options)
        running = iter(loader)
        first = [next(running)["label"].tolist() for _ in range(2)]
        again = roll.batches(2, **options)
        again.load_state_dict(loader.state_dict())
        rest = [batch["label"].tolist() for batch in again]
        assert first + rest == [batch["label"].tolist() for batch in roll.batches(2, **options)]


def test_raw_arrays_are_salvaged_too(tmp_path):
    path = tmp_path / "arrays.tfrecord"
    with filmroll.Writer(path) as writer:
        for number in range(40):
            array = np.full((4, 4, 1), number, np.uint8)
            writer.write(example.serialize({"image": array.tobytes(), "shape": [4, 4, 1], "label": number}))
    harm(path, 7, 0, bytes(20))
    harm(path, 20, 0, bytes(12))
    with filmroll.open(path, on_error="salvage") as roll, pytest.warns(DamageWarning):
        found = np.concatenate([batch["image"][:, 0, 0, 0] for batch in roll.batches(9)])
    assert found.tolist() == [number for number in range(40) if number != 7]


def test_another_process_does_the_same_about_damage(shards):
    harm(shards[0], 2, 0, bytes(30))
    with filmroll.open(shards, on_error="salvage") as roll:
        other = pickle.loads(pickle.dumps(roll))
        with pytest.warns(DamageWarning):
            assert len(other) == COUNT - 1


def test_dataset_opened_anew_keeps_dialect_and_compression(tmp_path):
    path = write(tmp_path / "r.tfrecord", range(6), compression="zlib")
    with filmroll.open(path, dialect="imagenet", compression="zlib") as roll:
        again = roll._reopened("skip")
        assert (again.dialect, again.on_error) == ("imagenet", "skip")
        assert again.shards._compression == "zlib"
        again.close()


def test_other_kinds_skip_what_cannot_be_read(tmp_path):
    folder = pictures.folder_of_classes(tmp_path / "flowers")
    [path] = filmroll.pack(folder, tmp_path / "roll.parquet", to="parquet").shards
    with filmroll.open(path, on_error="salvage") as roll:
        assert len(list(roll)) == 12


def test_unknown_word_for_it_is_refused(shards):
    with pytest.raises(ValueError, match="on_error='ignore'"):
        filmroll.open(shards, on_error="ignore")
    with filmroll.open(shards) as roll, pytest.raises(ValueError, match="on_error='ignore'"):
        roll.batches(2, on_error="ignore")


def test_warning_can_be_an_error(shards):
    harm(shards[0], 2, 40, b"???")
    with filmroll.open(shards, on_error="skip") as roll, warnings.catch_warnings():
        warnings.simplefilter("error", DamageWarning)
        with pytest.raises(DamageWarning):
            list(roll)


def test_every_error_says_which_file(shards):
    harm(shards[1], 0, 0, bytes(30))
    with filmroll.open(shards, on_error="salvage") as roll, pytest.warns(DamageWarning):
        len(roll)
        assert all(isinstance(gap.error, Error) and gap.error.path == str(path) for path, gap in roll.gaps)
