"""The batches in tf.data, and the spec with which TensorFlow parses records itself."""

import importlib
import json
import sys

import numpy as np
import pytest

import filmroll
import pictures
import realdata
from filmroll import manifest
from filmroll.errors import (
    ChecksumError,
    DecodeError,
    MissingDependencyError,
    SourceError,
    UnsupportedError,
)
from filmroll.messages import example, sequence_example

RANDOM = {"size": (16, 12), "crop": "random", "flip": True, "shuffle": True, "resampler": "pillow"}
EXAMPLES = ("cow/*", "datumaro/**/*.tfrecord", "models/*", "plain/**/*", "tensorflow/*", "tfrecorder/**/*.gz")
MORE_EXAMPLES = ("tfx/tfrecord/*.gz", "torchdata/example.tfrecord", "typescript/*", "yggdrasil/*")


@pytest.fixture(scope="module")
def adapter(tf):
    from filmroll.loading import tensorflow

    return tensorflow


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    root = tmp_path_factory.mktemp("tf")
    return filmroll.pack(pictures.folder_of_classes(root / "in", each=5), root / "out", shards=3, seed=None).shards


def write(path, records):
    with filmroll.Writer(path) as writer:
        for features in records:
            writer.write(example.serialize(features))
    return path


def contents(batches) -> list:
    return [{name: np.asarray(values).tolist() for name, values in batch.items()} for batch in batches]


def test_tensors_of_processes_that_are_kept_do_not_change(adapter, roll):
    of_processes = adapter.batches(roll, 4, **RANDOM, processes=1)
    kept = [batch for _ in range(4) for batch in of_processes]
    of_threads = roll.batches(4, **RANDOM)
    wanted = [batch for _ in range(4) for batch in of_threads]
    assert all(np.array_equal(one["image"], two["image"]) for one, two in zip(kept, wanted, strict=True))


def test_dataset_is_the_numpy_batches_epoch_after_epoch(adapter, roll):
    dataset = adapter.batches(roll, 4, **RANDOM)
    for epoch in range(2):
        assert contents(dataset) == contents(roll.batches(4, epoch=epoch, **RANDOM))


def test_shapes_and_dtypes_are_known_beforehand(adapter, tf, roll):
    assert adapter.batches(roll, 4, size=(16, 12), channels=1).element_spec == {
        "image": tf.TensorSpec((None, 16, 12, 1), tf.uint8),
        "label": tf.TensorSpec((None,), tf.int64),
        "record": tf.TensorSpec((None,), tf.int64),
    }


def test_arrays_keep_their_shape_and_dtype(adapter, tf, tmp_path):
    arrays = np.random.default_rng(1).random((6, 4, 5, 2), np.float32)
    from filmroll.dialects import array

    path = write(tmp_path / "r.tfrecord", [array.to_features(filmroll.Sample(array=one, label=7)) for one in arrays])
    with filmroll.open(path) as roll:
        dataset = adapter.batches(roll, 3)
        assert dataset.element_spec["image"] == tf.TensorSpec((None, 4, 5, 2), tf.float32)
        assert np.array_equal(np.concatenate([batch["image"] for batch in dataset]), arrays)


def test_keras_trains_on_the_batches(adapter, tf, roll):
    dataset = adapter.batches(roll, 5, size=8).map(lambda batch: (batch["image"], batch["label"]))
    model = tf.keras.Sequential([tf.keras.layers.Flatten(), tf.keras.layers.Dense(3)])
    model.compile(loss=tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    history = model.fit(dataset.repeat(2), steps_per_epoch=3, epochs=2, shuffle=False, verbose=0)
    assert len(history.history["loss"]) == 2


def test_loader_given_goes_on_where_it_stands(adapter, roll):
    whole = contents(roll.batches(4, **RANDOM))
    loader = roll.batches(4, **RANDOM)
    loader.load_state_dict({"epoch": 0, "position": 8})
    dataset = adapter.batches(loader)
    assert loader.state_dict() == {"epoch": 0, "position": 8}
    assert contents(dataset) == whole[2:]
    assert loader.state_dict() == {"epoch": 1, "position": 0}


def test_loader_at_the_end_of_its_epoch_still_tells_the_shape(adapter, roll):
    loader = roll.batches(4, size=8)
    loader.load_state_dict({"epoch": 0, "position": 15})
    assert adapter.batches(loader).element_spec["image"].shape == (None, 8, 8, 3)


def test_pictures_of_different_sizes_need_a_size(adapter, roll):
    with pytest.raises(UnsupportedError, match="say which with size="):
        adapter.batches(roll, 15)


def test_no_batch_at_all_is_an_error(adapter, roll):
    with pytest.raises(SourceError, match="there is no batch"):
        adapter.batches(roll, 16, size=8, drop_last=True)


def damaged(tmp_path, *, broken):
    """Eight records, some of which are no pictures."""
    records = [
        {"image/encoded": pictures.jpeg(number)[: -300 if number in broken else None], "image/class/label": number}
        for number in range(8)
    ]
    return filmroll.open(write(tmp_path / "damaged.tfrecord", records))


def test_broken_picture_in_the_first_batch_is_an_error_at_once(adapter, tmp_path):
    with damaged(tmp_path, broken={1}) as roll, pytest.raises(DecodeError) as caught:
        adapter.batches(roll, 2, size=8)
    assert caught.value.record == 1


def test_broken_picture_later_on_is_tensorflows_error_that_says_which(adapter, tf, tmp_path):
    with damaged(tmp_path, broken={4}) as roll:
        running = iter(adapter.batches(roll, 2, size=8))
        assert [next(running)["record"].numpy().tolist() for _ in range(2)] == [[0, 1], [2, 3]]
        with pytest.raises(tf.errors.InvalidArgumentError, match=r"damaged.tfrecord: record 4: "):
            next(running)


def test_batches_of_nothing_but_skipped_records_are_left_out(adapter, tmp_path):
    with damaged(tmp_path, broken={0, 1, 4}) as roll, pytest.warns(filmroll.DamageWarning):
        dataset = adapter.batches(roll, 2, size=8, on_error="skip")
        assert [batch["record"].numpy().tolist() for batch in dataset] == [[2, 3], [5], [6, 7]]


def test_options_of_a_loader_are_its_own(adapter, roll):
    with pytest.raises(TypeError, match="its own batch_size, size"):
        adapter.batches(roll.batches(4), 4, size=8)
    with pytest.raises(TypeError, match="batch_size"):
        adapter.batches(roll)
    with pytest.raises(TypeError, match="not from str"):
        adapter.batches("roll.tfrecord", 4)


def test_without_tensorflow_the_error_says_what_to_install(adapter, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    monkeypatch.delitem(sys.modules, adapter.__name__)
    with pytest.raises(MissingDependencyError, match="pip install tensorflow"):
        importlib.import_module(adapter.__name__)


@pytest.mark.parametrize("path", realdata.params(*(f"records/{one}" for one in (*EXAMPLES, *MORE_EXAMPLES))))
def test_tensorflow_parses_real_files_with_the_spec(adapter, tf, path):
    spec = adapter.feature_spec(path)
    with filmroll.open(path) as roll:
        records = [(roll.parse(*place), bytes(place[1])) for place in roll.records()]
    parsed = tf.io.parse_example([record for _, record in records], spec)
    for name, column in parsed.items():
        rows = dense_rows(tf, column, len(records))
        for (features, _), row in zip(records, rows, strict=True):
            value = features.get(name)
            wanted = [] if value is None else [bytes(one) for one in value] if isinstance(value, list) else value
            assert np.array_equal(row, wanted), name
    assert parsed.keys() == {name for features, _ in records for name, value in features.items() if value is not None}


def dense_rows(tf, column, count) -> list:
    if not isinstance(column, tf.SparseTensor):
        return [np.atleast_1d(row).tolist() for row in column.numpy()]
    ragged = tf.RaggedTensor.from_sparse(column).to_list()
    return [list(row) for row in ragged] + [[]] * (count - len(ragged))


def test_spec_of_packed_shards_comes_from_the_manifest(adapter, tf, shards, monkeypatch):
    seen = adapter._seen(filmroll.open(shards))
    monkeypatch.setattr(adapter, "_seen", None)  # not asked
    spec = adapter.feature_spec(shards)
    assert spec == {name: adapter._spec(name, **found) for name, found in seen.items()}
    assert spec["image/encoded"] == tf.io.FixedLenFeature([], tf.string)
    assert adapter.feature_spec(filmroll.open(shards[:1])) == spec


def test_records_are_read_where_the_manifest_does_not_list_all_files(adapter, tf, shards, tmp_path):
    for path in (*shards, manifest.path_of(shards[0])):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    listed = json.loads((tmp_path / manifest.NAME).read_bytes())
    [split] = listed["splits"].values()
    split["shards"].pop()
    split["features"] = {}
    (tmp_path / manifest.NAME).write_text(json.dumps(listed))
    assert adapter.feature_spec([tmp_path / path.name for path in shards]) == adapter.feature_spec(shards)


def test_kinds_of_features_in_the_spec(adapter, tf, tmp_path):
    path = write(
        tmp_path / "r.tfrecord",
        [
            {"one": 1, "two": [1.5, 2.5], "many": [b"a"], "some": 3, "none": None, "empty": np.zeros(0, np.int64)},
            {"one": 2, "two": [3.5, 4.5], "many": [b"b", b"c"], "none": None, "empty": np.zeros(0, np.int64)},
        ],
    )
    assert adapter.feature_spec(path) == {
        "one": tf.io.FixedLenFeature([], tf.int64),
        "two": tf.io.FixedLenFeature([2], tf.float32),
        "many": tf.io.VarLenFeature(tf.string),
        "some": tf.io.VarLenFeature(tf.int64),
        "empty": tf.io.VarLenFeature(tf.int64),
    }


def test_feature_of_two_types_has_no_spec(adapter, tmp_path):
    path = write(tmp_path / "r.tfrecord", [{"label": 1}, {"label": b"rose"}])
    with pytest.raises(UnsupportedError, match="'label' has another type in some records"):
        adapter.feature_spec(path)


def test_records_that_are_no_examples_have_no_spec(adapter, tmp_path):
    sequence = sequence_example.SequenceExample({}, {"frames": [[1], [2]]})
    for name, record in (("sequence", sequence_example.serialize(sequence)), ("text", b"no message")):
        with filmroll.Writer(tmp_path / name) as writer:
            writer.write(record)
    with pytest.raises(UnsupportedError, match="sequence: .* tf.io.parse_sequence_example"):
        adapter.feature_spec(tmp_path / "sequence")
    with pytest.raises(UnsupportedError, match="text: .* no messages"):
        adapter.feature_spec(tmp_path / "text")


def test_one_file_of_another_kind_among_examples_has_no_spec(adapter, shards, tmp_path):
    filmroll.convert(shards[0], tmp_path / "datums.lmdb", drop=["text"])
    with pytest.raises(UnsupportedError, match="no tf.train.Example: TensorFlow parses no others") as caught:
        adapter.feature_spec([shards[0], tmp_path / "datums.lmdb"])
    assert caught.value.path == str(tmp_path / "datums.lmdb")


def test_damaged_record_has_no_spec(adapter, tmp_path):
    path = write(tmp_path / "r.tfrecord", [{"one": number} for number in range(100)])
    data = bytearray(path.read_bytes())
    data[-6] ^= 1
    path.write_bytes(data)
    with pytest.raises(ChecksumError, match="record 99"):
        adapter.feature_spec(path)


def test_pictures_of_different_sizes_come_padded_with_their_sizes(adapter, roll):
    dataset = adapter.batches(roll, 4, pad=True)
    assert dataset.element_spec["image"].shape.as_list() == [None, None, None, 3]
    assert contents(dataset) == contents(roll.batches(4, pad=True))
