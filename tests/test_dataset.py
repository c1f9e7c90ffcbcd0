"""Records of any origin are a sequence of samples."""

import pickle

import numpy as np
import pytest

import filmroll
import pictures
from filmroll.errors import ChecksumError, FormatError, ParseError, SourceError
from filmroll.messages import example
from filmroll.records.shards import Shards


@pytest.fixture
def shards(tmp_path):
    flowers = pictures.folder_of_classes(tmp_path / "flowers")
    return filmroll.pack(flowers, tmp_path / "out" / "roll", shards=3, seed=None).shards


def test_length_is_that_of_all_shards(shards):
    with filmroll.open(shards) as roll:
        assert len(roll) == 12


def test_numbers_run_over_the_shards_in_order(shards):
    with filmroll.open(shards) as roll:
        keys = [sample.key for sample in roll]
        assert [roll[number].key for number in range(12)] == keys == sorted(keys)
        assert roll[-1].key == keys[-1]
        assert [sample.key for sample in roll[3:9:2]] == keys[3:9:2]


@pytest.mark.parametrize("number", [12, -13])
def test_number_out_of_range_is_an_index_error(shards, number):
    with filmroll.open(shards) as roll, pytest.raises(IndexError, match=f"record {number} of 12"):
        roll[number]


def test_pattern_folder_path_and_list_open_the_same_records(shards):
    folder = shards[0].parent
    for paths in (str(folder / "roll-*.tfrecord"), folder, shards, [str(path) for path in shards]):
        with filmroll.open(paths) as roll:
            assert len(roll) == 12


def test_files_come_in_the_order_given_as_often_as_given(shards):
    with filmroll.open([shards[2], shards[0], shards[0]]) as roll:
        keys = [sample.key for sample in roll]
    assert keys[4:8] == keys[8:]
    assert keys[0] > keys[4]


def test_image_is_decoded_when_asked_for_and_kept(shards):
    with filmroll.open(shards) as roll:
        sample = roll[0]
    assert sample.image.shape == (20, 32, 3)
    assert sample.image is sample.image


def test_samples_stay_valid_after_close_and_do_not_share_a_buffer(shards):
    with filmroll.open(shards) as roll:
        samples = list(roll)
    assert len({bytes(sample.encoded) for sample in samples}) == 12


def test_damaged_record_says_file_record_and_offset(shards):
    data = bytearray(shards[1].read_bytes())
    data[-10] ^= 1
    shards[1].write_bytes(data)
    with filmroll.open(shards) as roll:
        assert roll[4].key  # the records before it are read
        with pytest.raises(ChecksumError) as caught:
            roll[7]
    assert (caught.value.path, caught.value.record) == (str(shards[1]), 3)
    assert caught.value.offset > 0


def test_record_that_is_no_example_says_which(tmp_path):
    with filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        writer.write(example.serialize({"a": 1}))
        writer.write(b"\xff\xff\xff")
    with filmroll.open(tmp_path / "r.tfrecord") as roll, pytest.raises(FormatError, match="record 1"):
        roll[1]


def test_records_of_no_known_message_are_read_as_bytes(tmp_path):
    with filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        writer.write(b"hello")
    with filmroll.open(tmp_path / "r.tfrecord") as roll:
        assert [bytes(record) for _, record in roll.records()] == [b"hello"]
        with pytest.raises(ParseError, match="no message that is known"):
            roll[0]


@pytest.mark.parametrize("compression", ["gzip", "zlib"])
def test_compressed_files_have_length_and_numbers_too(tmp_path, compression):
    flowers = pictures.folder_of_classes(tmp_path / "flowers")
    shards = filmroll.pack(flowers, tmp_path / "roll", shards=2, compression=compression, seed=None).shards
    with filmroll.open(shards) as roll:
        assert len(roll) == 12
        assert roll[8].key == list(roll)[8].key


def test_more_shards_than_files_may_be_open_are_read_in_any_order(tmp_path, monkeypatch):
    monkeypatch.setattr(Shards, "MAX_OPEN", 3)
    flowers = pictures.folder_of_classes(tmp_path / "flowers")
    with filmroll.open(filmroll.pack(flowers, tmp_path / "roll", shards=12, seed=None).shards) as roll:
        keys = [sample.key for sample in roll]
        assert [roll[number].key for number in (11, 0, 7, 3, 11, 1, 0)] == [keys[n] for n in (11, 0, 7, 3, 11, 1, 0)]
        assert len(roll.shards._readers) == 3


def test_missing_file_is_file_not_found(tmp_path):
    with pytest.raises(FileNotFoundError):
        filmroll.open(tmp_path / "absent.tfrecord")


def test_pattern_that_fits_nothing_says_so(tmp_path):
    with pytest.raises(SourceError, match="no file fits this pattern"):
        filmroll.open(str(tmp_path / "*.tfrecord"))


def test_folder_without_record_files_says_so(tmp_path):
    (tmp_path / "notes.txt").write_text("n")
    with pytest.raises(SourceError, match="a folder without record files"):
        filmroll.open(tmp_path)


def test_errors_cross_process_boundaries_with_their_place():
    error = ChecksumError("bad", path="a.tfrecord", record=3, offset=40)
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error) == "a.tfrecord: record 3 at offset 40: bad"
    assert (again.path, again.record, again.offset) == ("a.tfrecord", 3, 40)


def test_every_array_dtype_of_a_feature_is_numpy(shards):
    with filmroll.open(shards) as roll:
        assert all(isinstance(value, np.ndarray | list) for value in roll.features(0).values())


@pytest.mark.parametrize("dialect", ["slim", "imagenet", "tfod", "tfds", "flowers"])
def test_picture_is_that_of_the_sample_with_its_label(tmp_path, dialect):
    filmroll.pack(pictures.folder_of_classes(tmp_path / "in"), tmp_path / "roll", dialect=dialect)
    with filmroll.open(tmp_path / "roll-*.tfrecord*") as roll:
        for number in (*range(len(roll)), -1):
            sample, picture = roll[number], roll.picture(number)
            assert (picture.encoded, picture.label) == (sample.encoded, sample.label)
        with pytest.raises(IndexError, match="record 12 of 12"):
            roll.picture(12)


def test_picture_of_a_record_without_one_is_the_error_that_its_sample_is(tmp_path):
    with filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        for number in range(70):
            picture = {"image/encoded": pictures.jpeg()} if number < 65 else {"image": b"?"}
            writer.write(example.serialize({"image/class/label": 1, "image/format": b"jpeg", **picture}))
    with filmroll.open(tmp_path / "r.tfrecord", dialect="slim") as roll:
        messages = []
        for read in (roll.__getitem__, roll.picture):
            with pytest.raises(ParseError) as caught:
                read(66)
            messages.append(str(caught.value))
    assert messages[0] == messages[1]
    assert "there are: image, image/class/label, image/format" in messages[0]


@pytest.mark.parametrize("number", ["a", 1.5, None, True, np.True_, np.float64(2), [1, 2], np.arange(2), ...])
def test_what_is_no_number_of_a_record_is_an_error_that_says_what_is(shards, number):
    with filmroll.open(shards) as roll:
        for ask in (roll.__getitem__, roll.features, roll.picture, lambda one: roll.__getitems__([0, one])):
            with pytest.raises(TypeError) as caught:
                ask(number)
            assert str(caught.value) == (
                f"{shards[0]}: {number!r:.40} ({type(number).__name__}) is no number of a record: give a whole one,"
                " or a slice such as [:10]"
            )


@pytest.mark.parametrize("number", [np.int64(3), np.uint8(3), np.array(3), -9])
def test_any_whole_number_is_one(shards, number):
    with filmroll.open(shards) as roll:
        assert roll[number].key == roll[3].key


def test_reader_takes_whole_numbers_alone(shards):
    with filmroll.Reader(shards[0]) as reader:
        for number in ("a", True, slice(2)):
            with pytest.raises(TypeError, match=r"is no number of a record: give a whole one$"):
                reader[number]
