"""CIFAR is read in every form it is published in, and a malicious pickle is refused unread."""

import os
import pickle

import numpy as np
import pytest

import filmroll
from filmroll.errors import FormatError, LimitError, ParseError, SourceError, UnsupportedError
from filmroll.sources import cifar

RNG = np.random.default_rng(0)


def rows(count: int) -> np.ndarray:
    """Pictures as CIFAR stores them: red, green and blue planes, one row each."""
    return RNG.integers(0, 256, (count, 3072), dtype=np.uint8)


def pixels(row: np.ndarray) -> np.ndarray:
    """The slow obvious way to (32, 32, 3)."""
    image = np.zeros((32, 32, 3), np.uint8)
    for channel in range(3):
        for y in range(32):
            image[y, :, channel] = row[1024 * channel + 32 * y :][:32]
    return image


def pickled(path, document, *, protocol=2):
    path.write_bytes(pickle.dumps(document, protocol))
    return path


def ten(folder, *, protocol=2, count=3):
    """Write CIFAR-10 as pickled batches."""
    data = {name: rows(count) for name in ("data_batch_1", "data_batch_2", "test_batch")}
    for place, (name, pictures) in enumerate(data.items()):
        names = [f"{name}_{number}.png" for number in range(count)]
        labels = [(place + number) % 3 for number in range(count)]
        document = {"batch_label": name, "labels": labels, "data": pictures, "filenames": names}
        pickled(folder / name, document, protocol=protocol)
    pickled(folder / "batches.meta", {"label_names": ["cat", "dog", "frog"], "num_vis": 3072}, protocol=protocol)
    return data


@pytest.mark.parametrize("protocol", [2, 3, 4])
def test_pickled_batches_give_pictures_labels_names_and_keys(tmp_path, protocol):
    data = ten(tmp_path, protocol=protocol)
    listing = cifar.read(tmp_path, split="train")
    assert listing.label_names == ["cat", "dog", "frog"]
    assert listing.parts == {"label"}
    assert listing.items.labels.tolist() == [0, 1, 2, 1, 2, 0]
    row = listing.items[4]
    assert (row.key, row.label, row.text) == ("data_batch_2_1.png", 2, "frog")
    np.testing.assert_array_equal(row.read().array, pixels(data["data_batch_2"][1]))


def test_two_splits_are_never_mixed_unasked(tmp_path):
    ten(tmp_path)
    with pytest.raises(SourceError, match="several splits: train, test"):
        cifar.read(tmp_path)
    assert [len(cifar.read(tmp_path, split=name).items) for name in ("train", "test", "all")] == [6, 3, 9]


def test_one_batch_alone_finds_the_names_beside_it(tmp_path):
    ten(tmp_path)
    assert [row.text for row in cifar.read(tmp_path / "test_batch").items] == ["frog", "cat", "dog"]


@pytest.mark.parametrize("second", ["a.png", ""])
def test_names_that_tell_nothing_apart_are_no_keys(tmp_path, second):
    document = {"labels": [0, 1], "data": rows(2), "filenames": ["a.png", second]}
    assert cifar.read(pickled(tmp_path / "data_batch_1", document)).items.keys == ["00000000", "00000001"]


def test_keys_of_python_3_that_are_bytes_are_the_same(tmp_path):
    document = {b"labels": [0, 1], b"data": rows(2), b"filenames": [b"a.png", b"b.png"]}
    assert cifar.read(pickled(tmp_path / "data_batch_1", document, protocol=3)).items.keys == ["a.png", "b.png"]


@pytest.mark.parametrize("protocol", [2, 4])
def test_cifar_100_has_fine_labels_and_coarse_ones(tmp_path, protocol):
    document = {"fine_labels": [7, 1], "coarse_labels": [3, 0], "data": rows(2), "filenames": ["a.png", "b.png"]}
    pickled(tmp_path / "train", document, protocol=protocol)
    pickled(tmp_path / "meta", {"fine_label_names": list("abcdefgh"), "coarse_label_names": list("wxyz")})
    listing = cifar.read(tmp_path)
    sample = listing.items[0].read()
    assert (sample.label, sample.text, sample.features) == (7, "h", {"coarse_label": 3})
    assert listing.parts == {"label", "features"}


def test_binary_batches_of_cifar_10(tmp_path):
    pictures = rows(4)
    labels = np.array([[1], [0], [2], [2]], np.uint8)
    (tmp_path / "data_batch_1.bin").write_bytes(np.hstack((labels, pictures))[:3].tobytes())
    (tmp_path / "data_batch_2.bin").write_bytes(np.hstack((labels, pictures))[3:].tobytes())
    (tmp_path / "batches.meta.txt").write_text("cat\ndog\nfrog\n\n")
    listing = cifar.read(tmp_path)
    assert [row.text for row in listing.items] == ["dog", "cat", "frog", "frog"]
    assert listing.items.keys[3] == "00000003"
    np.testing.assert_array_equal(listing.items[3].array, pixels(pictures[3]))


def test_binary_files_of_cifar_100(tmp_path):
    labels, pictures = np.array([[19, 99], [0, 5]], np.uint8), rows(2)
    (tmp_path / "test.bin").write_bytes(np.hstack((labels, pictures)).tobytes())
    (tmp_path / "fine_label_names.txt").write_text("\n".join(f"c{number}" for number in range(100)))
    listing = cifar.read(tmp_path)
    assert [(row.label, row.text, row.read().features["coarse_label"]) for row in listing.items] == [
        (99, "c99", 19),
        (5, "c5", 0),
    ]
    np.testing.assert_array_equal(listing.items[1].array, pixels(pictures[1]))


def test_binary_file_of_another_name_is_told_by_its_length(tmp_path):
    (tmp_path / "data_batch_9.bin").write_bytes(bytes(3074 * 2))
    assert cifar.read(tmp_path / "data_batch_9.bin").parts == {"label", "features"}


@pytest.mark.parametrize("nbytes", [1, 3072, 3073 * 2 - 1, 3073 * 2 + 1])
def test_binary_batch_that_ends_inside_a_row_says_where_the_row_begins(tmp_path, nbytes):
    path = tmp_path / "data_batch_1.bin"
    path.write_bytes(bytes(nbytes))
    with pytest.raises(FormatError, match="rows of CIFAR-10 have 3073 bytes") as caught:
        cifar.read(path)
    assert (caught.value.path, caught.value.offset) == (str(path), nbytes // 3073 * 3073)


def test_label_without_a_name_is_refused_with_its_picture(tmp_path):
    data = np.hstack((np.array([[0], [2]], np.uint8), rows(2)))
    (tmp_path / "test_batch.bin").write_bytes(data.tobytes())
    with pytest.raises(ParseError, match="label 2 in picture 1; there are 2 classes") as caught:
        cifar.read(tmp_path, label_names=["cat", "dog"])
    assert caught.value.record == 1


def test_pickled_batches_are_taken_where_there_are_binary_ones_too(tmp_path):
    ten(tmp_path)
    (tmp_path / "test_batch.bin").write_bytes(bytes(3073 * 7))
    assert len(cifar.read(tmp_path, split="test").items) == 3


def test_batch_without_names_of_classes_has_labels_alone(tmp_path):
    pickled(tmp_path / "data_batch_1", {"labels": [5], "data": rows(1)})
    listing = cifar.read(tmp_path)
    assert (listing.label_names, listing.items[0].label, listing.items[0].text) == ([], 5, None)


# Real files: a program of today wrote them, with arrays of objects


def test_real_batches_of_objects_are_read(data):
    listing = cifar.read(data / "cifar", split="all")
    samples = [item.read() for item in listing.items]
    assert listing.label_names == ["airplane", "automobile", "bird", "cat"]
    assert [(sample.key, sample.text) for sample in samples] == [
        ("image_1.png", "airplane"),
        ("image_2.png", "automobile"),
        ("image_3.png", "cat"),
        ("image_4.png", "bird"),
        ("image_5.png", "cat"),
    ]
    assert [sample.array.shape for sample in samples] == [(32, 32, 3)] * 4 + [(2, 2, 3)]
    assert samples[0].array.dtype == np.uint8
    assert samples[4].array.tolist() == [[[1, 2, 3], [4, 5, 6]], [[1, 2, 3], [4, 5, 6]]]


def test_real_batch_says_what_pickle_load_says(data):
    for name in ("data_batch_1", "test_batch"):
        with open(data / "cifar" / name, "rb") as file:
            wanted = pickle.load(file, encoding="latin1")
        items = cifar.read(data / "cifar" / name).items
        assert [item.label for item in items] == wanted["labels"]
        for item, row in zip(items, wanted["data"], strict=True):
            np.testing.assert_array_equal(item.array.transpose(2, 0, 1).reshape(-1), row.astype(np.uint8))


def test_pictures_of_one_size_in_a_list_become_one_array(tmp_path):
    data = np.empty(2, object)
    data[:] = list(rows(2))
    listing = cifar.read(pickled(tmp_path / "test_batch", {"labels": [0, 1], "data": data}))
    assert listing.items.images.shape == (2, 32, 32, 3)


# Malice and damage


class Runs:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("name", ["data_batch_1", "batches.meta"])
def test_malicious_batch_is_refused_by_name_and_nothing_ran(tmp_path, name):
    ten(tmp_path)
    pickled(tmp_path / name, {"labels": [0], "data": Runs(tmp_path / "ran"), "label_names": ["a"]})
    with pytest.raises(UnsupportedError, match=r"asks for '\w+\.system'.*refused") as caught:
        cifar.read(tmp_path, split="train")
    assert caught.value.path == str(tmp_path / name)
    assert not (tmp_path / "ran").exists()


def test_packing_a_malicious_batch_runs_and_writes_nothing(tmp_path):
    pickled(tmp_path / "data_batch_1", {"labels": [0], "data": Runs(tmp_path / "ran")})
    with pytest.raises(UnsupportedError, match="refused"):
        filmroll.pack(tmp_path / "data_batch_1", tmp_path / "out" / "roll")
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ([1, 2], "a pickled list"),
        ({"x": 1}, "expected 'data', an array, and 'labels', a list; found x"),
        ({"labels": [0], "data": [1, 2]}, "expected 'data', an array"),
        ({"labels": [0], "data": np.zeros((1, 10), np.uint8)}, "rows of 10 bytes"),
        ({"labels": [0], "data": np.zeros((1, 3072), np.int32)}, "expected uint8"),
        ({"labels": [0], "data": np.zeros(3072, np.uint8)}, "expected uint8"),
        ({"labels": [0, 1], "data": np.zeros((1, 3072), np.uint8)}, "2 labels for 1 pictures"),
        ({"labels": ["a"], "data": np.zeros((1, 3072), np.uint8)}, "'labels' holds something else than whole numbers"),
        ({"labels": [-1], "data": np.zeros((1, 3072), np.uint8)}, "'labels' holds something else"),
        ({"labels": [True], "data": np.zeros((1, 3072), np.uint8)}, "'labels' holds something else"),
        ({"labels": [0], "data": np.zeros((1, 3072), np.uint8), "filenames": [3]}, "a name that is a int"),
        ({"labels": [0], "data": np.zeros((1, 3072), np.uint8), "coarse_labels": 3}, "'coarse_labels' is no list"),
        ({"labels": [0], "data": np.full((1, 3072), 256, object)}, "'data' holds something else"),
        ({"labels": [0], "data": np.full((1, 3072), "x", object)}, "'data' holds something else"),
        ({"labels": [0], "data": np.full(1, "x", object)}, "a picture that is no array of uint8"),
    ],
)
def test_pickle_that_is_no_batch_says_what_it_lacks(tmp_path, document, sentence):
    path = pickled(tmp_path / "data_batch_1", document)
    with pytest.raises(ParseError, match=sentence) as caught:
        cifar.read(path)
    assert caught.value.path == str(path)


@pytest.mark.parametrize("size", [(31, 32), (0, 0), (10**9, 10**9), None, "x"])
def test_picture_that_does_not_fit_its_size_is_refused_with_its_number(tmp_path, size):
    data = np.empty(2, object)
    data[:] = [np.zeros(3072, np.uint8), np.zeros(3071, np.uint8)]
    document = {"labels": [0, 0], "data": data, "image_sizes": [(32, 32), size]}
    with pytest.raises(ParseError, match="3071 values for a picture of") as caught:
        cifar.read(pickled(tmp_path / "data_batch_1", document))
    assert caught.value.record == 1


def test_meta_without_names_is_refused(tmp_path):
    ten(tmp_path)
    pickled(tmp_path / "batches.meta", {"num_vis": 3072})
    with pytest.raises(ParseError, match="no label_names"):
        cifar.read(tmp_path, split="test")


def test_file_larger_than_any_of_cifars_is_not_read(tmp_path, monkeypatch):
    ten(tmp_path)
    monkeypatch.setattr(cifar, "MAX_NBYTES", 1000)
    with pytest.raises(LimitError, match="more than any file of CIFAR"):
        cifar.read(tmp_path / "test_batch", label_names=["cat", "dog", "frog"])


def test_batch_without_a_picture_is_nothing_to_pack(tmp_path):
    (tmp_path / "test_batch.bin").write_bytes(b"")
    with pytest.raises(SourceError, match="nothing to pack"):
        cifar.read(tmp_path)


def test_file_named_train_that_is_no_pickle_is_no_batch(tmp_path):
    (tmp_path / "train").write_text("hello")
    assert cifar.find(tmp_path) == {}
    assert not cifar.is_batch(tmp_path / "train")


def test_name_of_a_class_is_a_line_of_text_and_may_hold_blanks(tmp_path):
    (tmp_path / "batches.meta.txt").write_bytes("\ufeffred panda\r\n grüner Frosch \n\n".encode())
    assert cifar.read_names(tmp_path) == ["red panda", "grüner Frosch"]
    (tmp_path / "batches.meta.txt").write_bytes("cat\ngrün".encode("latin1"))
    with pytest.raises(FormatError, match=r"batches.meta.txt: at offset 6: not UTF-8: byte 0xfc") as caught:
        cifar.read_names(tmp_path)
    assert caught.value.offset == 6
