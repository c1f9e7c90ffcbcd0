"""Batches have pictures, labels and numbers; what cannot be loaded is an error that says which."""

import numpy as np
import pytest

import filmroll
import pictures
from filmroll.errors import ChecksumError, DecodeError, UnsupportedError
from filmroll.loading.threads import Pending, Running
from filmroll.messages import example
from filmroll.records.shards import Shards
from loading.flowers import COUNT, damaged, packed


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    return packed(tmp_path_factory.mktemp("loader"))


def test_batch_has_images_labels_and_record_numbers(roll):
    batches = list(roll.batches(8, size=(24, 16), resampler="pillow"))
    assert [len(batch["label"]) for batch in batches] == [8, 8, 8, 6]
    assert batches[0]["image"].shape == (8, 24, 16, 3)
    assert batches[0]["image"].dtype == np.uint8
    assert np.concatenate([batch["record"] for batch in batches]).tolist() == list(range(COUNT))
    assert np.concatenate([batch["label"] for batch in batches]).tolist() == [sample.label for sample in roll]


def test_broken_picture_is_an_error_that_says_which(tmp_path):
    path = damaged(tmp_path)
    with pytest.raises(DecodeError) as caught:
        list(filmroll.open(path).batches(2, size=8))
    assert (caught.value.path, caught.value.record) == (str(path), 4)


def test_broken_picture_can_be_skipped_and_is_counted(tmp_path):
    loader = filmroll.open(damaged(tmp_path)).batches(2, size=8, on_error="skip")
    with pytest.warns(filmroll.DamageWarning, match="record 4: .*left out"):
        assert [batch["record"].tolist() for batch in loader] == [[0, 1], [2, 3], [5]]
    assert list(loader.skipped) == [4]


@pytest.mark.parametrize(
    "options", [{}, {"pad": True}, {"size": 8}, {"size": 8, "crop": "random", "flip": True}], ids=str
)
def test_pictures_and_labels_beside_one_that_is_skipped_are_their_own(tmp_path, options):
    with filmroll.open(damaged(tmp_path), on_error="skip") as roll, pytest.warns(filmroll.DamageWarning):
        batches = list(roll.batches(3, **options))
        alone = list(roll.batches(1, **options))
    assert [batch["record"].tolist() for batch in batches] == [[0, 1, 2], [3, 5]]
    for batch in batches:
        assert batch["label"].tolist() == batch["record"].tolist()
        wanted = [alone[number]["image"][0] for number in batch["record"].tolist()]
        assert np.array_equal(batch["image"], wanted)


@pytest.mark.parametrize(
    ("options", "shape"), [({}, (0,)), ({"pad": True}, (0, 0, 0, 0)), ({"size": (8, 6)}, (0, 8, 6, 3))], ids=str
)
def test_batch_of_which_nothing_is_left_is_empty(tmp_path, options, shape):
    with filmroll.open(damaged(tmp_path), on_error="skip") as roll, pytest.warns(filmroll.DamageWarning):
        empty = list(roll.batches(1, **options))[4]
    assert empty["record"].tolist() == empty["label"].tolist() == []
    assert np.shape(empty["image"]) == shape
    assert "size" not in empty or empty["size"].shape == (0, 2)


def test_damaged_record_is_a_checksum_error_that_says_which(tmp_path):
    path = damaged(tmp_path)
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    with pytest.raises(ChecksumError) as caught:
        list(filmroll.open(path, dialect="slim").batches(4, size=8))
    assert (caught.value.path, caught.value.record) == (str(path), 0)


def test_loop_that_is_left_early_ends_its_threads(roll):
    import threading

    for _ in roll.batches(2, size=8, threads=3):
        break
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("load")]


def test_two_batches_are_decoded_beyond_the_one_in_use(roll, monkeypatch):
    begun, begin = [], Running.begin

    def counted(self, numbers, epoch):
        begun.append(len(numbers))
        return begin(self, numbers, epoch)

    monkeypatch.setattr(Running, "begin", counted)
    for taken, _ in enumerate(roll.batches(4, size=8), 1):
        assert len(begun) == min(taken + 2, 8)


def test_loop_that_is_left_early_leaves_out_the_batches_that_wait(roll, monkeypatch):
    left_out, cancel = [], Pending.cancel

    def noted(self):
        left_out.append(self)
        cancel(self)

    monkeypatch.setattr(Pending, "cancel", noted)
    for _ in roll.batches(4, size=8):
        break
    assert len(left_out) == 2


def test_threads_share_a_compressed_file(tmp_path):
    with filmroll.Writer(tmp_path / "r.gz", compression="gzip") as writer:
        for number in range(60):
            writer.write(example.serialize({"image/encoded": pictures.jpeg(number), "image/class/label": number}))
    with filmroll.open(tmp_path / "r.gz") as roll:
        for _ in range(3):
            batches = list(roll.batches(7, size=8, shuffle=True, threads=6))
            labels = np.concatenate([batch["label"] for batch in batches])
            assert np.array_equal(labels, np.concatenate([batch["record"] for batch in batches]))
            assert sorted(labels.tolist()) == list(range(60))


def test_threads_share_more_files_than_may_be_open(shards, monkeypatch):
    monkeypatch.setattr(Shards, "MAX_OPEN", 1)
    with filmroll.open(shards) as roll:
        batches = list(roll.batches(7, size=8, shuffle=True, threads=6))
        assert sorted(np.concatenate([batch["record"] for batch in batches]).tolist()) == list(range(COUNT))


def test_unlabelled_records_have_label_minus_one(tmp_path):
    with filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        writer.write(example.serialize({"image/encoded": pictures.jpeg()}))
    [batch] = filmroll.open(tmp_path / "r.tfrecord").batches(4)
    assert batch["label"].tolist() == [-1]


@pytest.mark.parametrize("options", [{"batch_size": 0}, {"batch_size": 2, "rank": 2}])
def test_impossible_numbers_are_refused(roll, options):
    with pytest.raises(ValueError):
        roll.batches(**options)


@pytest.mark.parametrize("batch_size", [2.5, "4", None])
def test_number_of_pictures_that_is_no_whole_number_is_refused_at_once(roll, batch_size):
    with pytest.raises(TypeError, match=f"batch_size={batch_size!r}: give a whole number"):
        roll.batches(batch_size)


@pytest.mark.parametrize(
    ("option", "number"),
    [
        ("seed", None),
        ("seed", "a"),
        ("seed", 1.5),
        ("epoch", "1"),
        ("rank", 0.0),
        ("world_size", 1.5),
        ("worker", 0.5),
        ("workers", "2"),
        ("threads", 1.5),
        ("processes", "2"),
    ],
)
def test_option_that_is_no_whole_number_is_refused_by_its_name_at_once(roll, option, number):
    with pytest.raises(TypeError, match=f"^{option}={number!r}: give a whole number$"):
        roll.batches(2, **{option: number})


@pytest.mark.parametrize(
    "options", [{"area": 0.5}, {"area": (0.1, "1")}, {"aspect": (1,)}, {"shorter": "small"}, {"aspect": "34"}]
)
def test_shares_and_sizes_of_another_kind_are_refused_at_once(roll, options):
    [name] = options
    with pytest.raises(ValueError, match=f"^{name}="):
        roll.batches(2, size=8, crop="random", **options)


@pytest.mark.parametrize("seed", [3, -1, 2**70 + 3])
def test_seed_of_numpy_is_the_same_as_of_python(roll, seed):
    options = {"size": 4, "crop": "random", "shuffle": True}
    for kind in (np.int64, np.uint64, np.int32):
        if np.iinfo(kind).min <= seed <= np.iinfo(kind).max:
            one, other = (next(iter(roll.batches(5, seed=number, **options))) for number in (seed, kind(seed)))
            assert all(np.array_equal(one[name], other[name]) for name in one)
    assert len(next(iter(roll.batches(5, seed=seed, **options)))["record"]) == 5


def test_batch_that_is_asked_for_by_its_number_is_an_error_that_says_how_they_are_had(roll):
    with pytest.raises(TypeError, match=r"iterate over the loader.*filmroll\.loading\.torch\.batches"):
        roll.batches(4)[0]


def test_unknown_resampler_is_refused(roll):
    with pytest.raises(UnsupportedError, match="there are 'auto' and 'simd' and 'pillow'"):
        roll.batches(2, resampler="magic")


def test_records_that_only_name_their_picture_are_errors_by_number_and_the_rest_still_loads(data):
    folder = data / "records" / "datumaro"
    paths = [
        folder / "roboflow_dataset/tfrecord/train/train.tfrecord",
        folder / "tf_detection_api_dataset/train.tfrecord",
        folder / "roboflow_dataset/tfrecord/val/val.tfrecord",
    ]
    with filmroll.open(paths) as roll:
        loader = roll.batches(4, size=8, on_error="skip")
        with pytest.warns(filmroll.DamageWarning):
            assert [batch["record"].tolist() for batch in loader] == [[2]]
        assert {number: (error.path, error.record) for number, error in loader.skipped.items()} == {
            0: (str(paths[0]), 0),
            1: (str(paths[0]), 1),
            3: (str(paths[2]), 0),
        }
        with pytest.raises(DecodeError, match=r"train.tfrecord: record 0: sample 'train_001.jpg' holds no picture"):
            list(roll.batches(4, size=8))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "PictureLoader: 6 batches of 5, pictures, each of its own size, epoch 0"),
        ({"size": (8, 9)}, "PictureLoader: 6 batches of 5, pictures (8, 9, 3) uint8, epoch 0"),
        ({"size": 8, "channels": 1, "epoch": 2}, "PictureLoader: 6 batches of 5, pictures (8, 8, 1) uint8, epoch 2"),
        (
            {"pad": True, "workers": 6},
            "PictureLoader: 1 batch of 5, pictures padded to the largest, epoch 0, worker 0 of 6",
        ),
        (
            {"size": 8, "shuffle": "window", "seed": 3, "rank": 1, "world_size": 2},
            "PictureLoader: 3 batches of 5, pictures (8, 8, 3) uint8, shuffled (window, seed 3), epoch 0, rank 1 of 2",
        ),
    ],
)
def test_repr_says_what_comes(roll, options, said):
    assert repr(roll.batches(5, **options)) == f"<filmroll.{said}>"


def test_repr_says_how_far_the_epoch_is(roll):
    loader = roll.batches(4, size=8)
    batches = iter(loader)
    next(batches)
    assert repr(loader).endswith(f"epoch 0, 4 of {COUNT} records used>")
    list(batches)
    assert repr(loader).endswith("uint8, epoch 1>")
