"""MNIST is read as it is published, in all the ways people keep it."""

import gzip
import shutil

import numpy as np
import pytest

from filmroll.errors import ParseError, SourceError
from filmroll.sources import mnist
from sources.idx_files import serialize

PUBLISHED_COUNTS = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def write(folder, prefix, count, *, dot="-", zipped=False, labels=None, shape=(3, 4)):
    """Write pictures and labels as MNIST names them."""
    images = np.arange(count * np.prod(shape), dtype=np.uint8).reshape(count, *shape)
    found = np.arange(count, dtype=np.uint8) % 10 if labels is None else np.array(labels)
    for name, array in ((f"{prefix}-images{dot}idx3-ubyte", images), (f"{prefix}-labels{dot}idx1-ubyte", found)):
        data = serialize(array)
        (folder / (name + ".gz" * zipped)).write_bytes(gzip.compress(data) if zipped else data)
    return images


def test_real_test_set_has_the_published_counts_and_first_labels(data):
    listing = mnist.read(data / "mnist")
    rows = listing.items
    assert len(rows) == 10_000
    assert rows.images.shape == (10_000, 28, 28, 1)
    assert np.bincount(rows.labels).tolist() == PUBLISHED_COUNTS
    assert [row.label for row in rows[:5]] == [7, 2, 1, 0, 4]
    assert listing.label_names == [str(digit) for digit in range(10)]
    assert listing.parts == {"label"}


def test_row_is_a_sample_with_key_label_and_text(data):
    sample = mnist.read(data / "mnist").items[4].read()
    assert (sample.key, sample.label, sample.text) == ("00000004", 4, "4")
    assert (sample.array.shape, sample.array.dtype) == ((28, 28, 1), np.uint8)


@pytest.mark.parametrize("dot", ["-", "."])
@pytest.mark.parametrize("zipped", [False, True])
def test_names_with_a_dot_and_without_gzip_are_known(tmp_path, dot, zipped):
    images = write(tmp_path, "train", 5, dot=dot, zipped=zipped)
    np.testing.assert_array_equal(mnist.read(tmp_path).items.images[..., 0], images)


def test_file_alone_finds_its_labels_beside_it(tmp_path):
    write(tmp_path, "train", 3)
    write(tmp_path, "t10k", 2, labels=np.uint8([5, 6]))
    assert [row.label for row in mnist.read(tmp_path / "t10k-images-idx3-ubyte").items] == [5, 6]


def test_labels_are_found_though_they_are_kept_otherwise(tmp_path):
    write(tmp_path, "train", 3)
    labels = tmp_path / "train-labels-idx1-ubyte"
    (tmp_path / "train-labels.idx1-ubyte.gz").write_bytes(gzip.compress(labels.read_bytes()))
    labels.unlink()
    assert [row.label for row in mnist.read(tmp_path).items] == [0, 1, 2]


def test_file_without_its_labels_is_an_error_that_names_them(tmp_path):
    write(tmp_path, "train", 3)
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    with pytest.raises(SourceError, match="no labels beside it, such as train-labels-idx1-ubyte.gz"):
        mnist.read(tmp_path)


def test_file_of_another_name_has_no_labels(tmp_path):
    write(tmp_path, "train", 3)
    listing = mnist.read(shutil.copy(tmp_path / "train-images-idx3-ubyte", tmp_path / "digits.idx"))
    assert [row.label for row in listing.items] == [None] * 3
    assert listing.label_names == []
    assert listing.parts == frozenset()


def test_two_splits_are_never_mixed_unasked(tmp_path):
    write(tmp_path, "train", 3)
    write(tmp_path, "t10k", 2)
    with pytest.raises(SourceError, match="several splits: train, test; choose one"):
        mnist.read(tmp_path)
    assert [len(mnist.read(tmp_path, split=name).items) for name in ("train", "test", "all")] == [3, 2, 5]
    assert mnist.read(tmp_path, split="all").items.keys == [f"0000000{number}" for number in range(5)]


def test_split_that_is_not_there_is_an_error_that_names_those_there_are(tmp_path):
    write(tmp_path, "train", 3)
    with pytest.raises(SourceError, match="no split 'test'; there are: train"):
        mnist.read(tmp_path, split="test")


def test_file_and_its_gzipped_twin_are_one(tmp_path):
    write(tmp_path, "train", 3)
    write(tmp_path, "train", 3, zipped=True)
    assert len(mnist.read(tmp_path).items) == 3


def test_pictures_and_labels_that_differ_in_number_are_refused(tmp_path):
    write(tmp_path, "train", 3, labels=np.uint8([1, 2]))
    with pytest.raises(ParseError, match="3 pictures, and 2 labels beside them"):
        mnist.read(tmp_path)


@pytest.mark.parametrize("labels", [np.float32([1, 2, 3]), np.uint8([[1], [2], [3]])])
def test_labels_that_are_no_list_of_whole_numbers_are_refused(tmp_path, labels):
    write(tmp_path, "train", 3, labels=labels)
    with pytest.raises(ParseError, match="labels are \\(n,\\) integers"):
        mnist.read(tmp_path)


def test_label_without_a_name_is_refused(tmp_path):
    write(tmp_path, "train", 3, labels=np.uint8([0, 1, 2]))
    with pytest.raises(ParseError, match="label 2; expected 0 to 1") as caught:
        mnist.read(tmp_path, label_names=["a", "b"])
    assert caught.value.record == 2
    assert mnist.read(tmp_path, label_names=["a", "b", "c"]).items[2].text == "c"


def test_label_below_0_is_refused(tmp_path):
    write(tmp_path, "train", 2, labels=np.int8([0, -1]))
    with pytest.raises(ParseError, match="label -1; expected 0"):
        mnist.read(tmp_path)


@pytest.mark.parametrize(("most", "names"), [(3, 10), (46, 47), (10**6, 0)])
def test_classes_are_named_as_far_as_labels_reach(tmp_path, most, names):
    write(tmp_path, "emnist-balanced-train", 2, labels=np.int32([0, most]))
    listing = mnist.read(tmp_path)
    assert len(listing.label_names) == names
    assert listing.items[1].label == most


def test_pictures_with_channels_keep_them(tmp_path):
    write(tmp_path, "train", 2, shape=(3, 4, 3))
    assert mnist.read(tmp_path).items.images.shape == (2, 3, 4, 3)


@pytest.mark.parametrize("shape", [(), (4,), (1, 2, 3, 4)])
def test_array_that_is_no_pictures_is_refused(tmp_path, shape):
    write(tmp_path, "train", 2, shape=shape)
    with pytest.raises(ParseError, match="pictures are"):
        mnist.read(tmp_path)


def test_splits_of_different_sizes_do_not_go_together(tmp_path):
    write(tmp_path, "train", 2)
    write(tmp_path, "t10k", 2, shape=(5, 5))
    with pytest.raises(SourceError, match="different sizes"):
        mnist.read(tmp_path, split="all")


@pytest.mark.parametrize(("count", "shape"), [(0, (3, 4)), (2, (0, 4))])
def test_no_picture_is_nothing_to_pack(tmp_path, count, shape):
    write(tmp_path, "train", count, shape=shape)
    with pytest.raises((SourceError, ParseError)):
        mnist.read(tmp_path)
