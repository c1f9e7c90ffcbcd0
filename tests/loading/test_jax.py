"""JAX arrays that are the NumPy batches, one batch ahead; and the dataset as grain takes it."""

import importlib
import sys
import threading

import grain
import jax
import numpy as np
import pytest
from jax.sharding import NamedSharding, PartitionSpec

import filmroll
import pictures
from filmroll.errors import DecodeError, MissingDependencyError, UnsupportedError
from filmroll.loading import jax as adapter
from filmroll.loading.loader import Loader
from filmroll.messages import example

RANDOM = {"size": 16, "crop": "random", "flip": True, "shuffle": True, "resampler": "pillow"}
jax.config.update("jax_num_cpu_devices", 2)


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    root = tmp_path_factory.mktemp("jax")
    return filmroll.pack(pictures.folder_of_classes(root / "in", each=5), root / "out", shards=3, seed=None).shards


@pytest.fixture(scope="module")
def halves():
    """A sharding of the first axis over two devices."""
    return NamedSharding(jax.make_mesh((2,), ("data",)), PartitionSpec("data"))


@pytest.fixture
def damaged(tmp_path):
    """Six records, of which number 4 is no picture."""
    with filmroll.Writer(tmp_path / "damaged.tfrecord") as writer:
        for number in range(6):
            data = pictures.jpeg(number)
            writer.write(
                example.serialize({"image/encoded": data[:-300] if number == 4 else data, "image/class/label": number})
            )
    with filmroll.open(tmp_path / "damaged.tfrecord") as roll:
        yield roll


def contents(batches) -> list:
    return [{name: values.tolist() for name, values in batch.items()} for batch in batches]


def test_batches_are_the_numpy_batches(roll):
    for found, arrays in zip(adapter.batches(roll, 4, **RANDOM), roll.batches(4, **RANDOM), strict=True):
        assert found.keys() == arrays.keys()
        for name, array in found.items():
            assert isinstance(array, jax.Array)
            assert np.array_equal(array, arrays[name])
        assert (found["image"].dtype, found["label"].dtype) == (np.uint8, np.int32)


@pytest.mark.parametrize("is_split", [False, True])
def test_arrays_of_processes_that_are_kept_do_not_change(roll, halves, is_split):
    options = RANDOM | {"drop_last": True, "sharding": halves if is_split else None}
    of_processes, of_threads = adapter.batches(roll, 4, **options, processes=1), adapter.batches(roll, 4, **options)
    kept = [batch for _ in range(4) for batch in of_processes]
    assert contents(kept) == [batch for _ in range(4) for batch in contents(of_threads)]


def test_labels_stay_int64_where_jax_has_it(roll):
    with jax.enable_x64(True):
        assert {batch["label"].dtype for batch in adapter.batches(roll, 4, size=8)} == {np.dtype(np.int64)}


def test_loader_can_be_given_instead_of_a_dataset(roll):
    assert contents(adapter.batches(roll.batches(4, **RANDOM))) == contents(adapter.batches(roll, 4, **RANDOM))


def test_sharding_splits_the_batch_over_devices(roll, halves):
    for batch, arrays in zip(
        adapter.batches(roll, 4, size=8, drop_last=True, sharding=halves),
        roll.batches(4, size=8, drop_last=True),
        strict=True,
    ):
        for name, array in batch.items():
            assert array.sharding == halves
            assert np.array_equal(array, arrays[name])
            parts = {shard.device: np.asarray(shard.data) for shard in array.addressable_shards}
            first, second = (parts[device] for device in jax.devices()[:2])
            assert np.array_equal(first, arrays[name][:2])
            assert np.array_equal(second, arrays[name][2:])


def test_one_device_can_be_named(roll):
    device = jax.devices()[1]
    for batch in adapter.batches(roll, 4, size=8, sharding=device):
        assert {one for array in batch.values() for one in array.devices()} == {device}


def test_batch_that_does_not_split_is_an_error_after_those_that_do(roll, halves):
    batches = adapter.batches(roll, 4, size=8, sharding=halves)
    seen = []
    with pytest.raises(UnsupportedError, match="drop_last leaves out"):
        seen.extend(batch["label"].shape for batch in batches)
    assert seen == [(4,)] * 3
    assert batches.state_dict() == {"epoch": 0, "position": 12}


def test_pictures_of_different_sizes_are_a_list_of_arrays(roll):
    [batch] = adapter.batches(roll, 15)
    assert all(isinstance(array, jax.Array) for array in batch["image"])
    for array, sample in zip(batch["image"], roll, strict=True):
        assert np.array_equal(array, sample.image)


def test_next_batch_is_sent_while_the_present_one_is_in_use(roll, monkeypatch):
    loaded = []
    original = Loader.__iter__

    def counting(loader):
        for batch in original(loader):
            loaded.append(len(batch["label"]))
            yield batch

    monkeypatch.setattr(Loader, "__iter__", counting)
    ahead = [len(loaded) - number for number, _ in enumerate(adapter.batches(roll, 4, size=8), start=1)]
    assert ahead == [1, 1, 1, 0]


@pytest.mark.parametrize("taken", [0, 1, 3, 4])
def test_resume_does_not_count_the_batch_that_is_ahead(roll, taken):
    batches = adapter.batches(roll, 4, **RANDOM)
    running = iter(batches)
    for _ in range(taken):
        next(running)
    state = batches.state_dict()
    assert state == {"epoch": 0, "position": min(15, 4 * taken)}
    rest = contents(running)
    assert len(rest) == len(batches) - taken
    resumed = adapter.batches(roll, 4, **RANDOM)
    resumed.load_state_dict(state)
    assert contents(resumed) == rest
    assert resumed.state_dict() == batches.state_dict() == {"epoch": 1, "position": 0}


def test_loop_that_is_left_early_goes_on_where_it_was_left(roll):
    whole = contents(adapter.batches(roll, 4, **RANDOM))
    batches = adapter.batches(roll, 4, threads=3, **RANDOM)
    for _ in batches:
        break
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("load")]
    assert batches.state_dict() == batches.loader.state_dict() == {"epoch": 0, "position": 4}
    assert contents(batches) == whole[1:]


def test_second_iteration_is_the_next_epoch(roll):
    batches = adapter.batches(roll, 4, **RANDOM)
    assert contents(batches) == contents(roll.batches(4, **RANDOM))
    assert contents(batches) == contents(roll.batches(4, epoch=1, **RANDOM))


def test_broken_picture_is_an_error_after_the_batches_before_it(damaged):
    batches = adapter.batches(damaged, 2, size=8)
    seen = []
    with pytest.raises(DecodeError) as caught:
        seen.extend(batch["record"].tolist() for batch in batches)
    assert caught.value.record == 4
    assert seen == [[0, 1], [2, 3]]
    assert batches.state_dict() == {"epoch": 0, "position": 4}


def test_broken_picture_can_be_skipped(damaged):
    batches = adapter.batches(damaged, 2, size=8, on_error="skip")
    with pytest.warns(filmroll.DamageWarning):
        assert [batch["record"].tolist() for batch in batches] == [[0, 1], [2, 3], [5]]
    assert list(batches.loader.skipped) == [4]


def test_options_of_a_loader_are_its_own(roll):
    with pytest.raises(TypeError, match="its own batch_size, size"):
        adapter.batches(roll.batches(4), 4, size=8)
    with pytest.raises(TypeError, match="batch_size"):
        adapter.batches(roll)
    with pytest.raises(TypeError, match="not from str"):
        adapter.batches("roll.tfrecord", 4)


def test_state_that_cannot_be_is_refused(roll):
    with pytest.raises(ValueError, match="not of a loader of 15 records"):
        adapter.batches(roll, 4).load_state_dict({"epoch": 0, "position": 16})


def test_without_jax_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "jax", None)
    monkeypatch.delitem(sys.modules, adapter.__name__)
    with pytest.raises(MissingDependencyError, match="pip install jax"):
        importlib.import_module(adapter.__name__)


class Corner(grain.transforms.Map):
    def map(self, sample):
        return {"image": sample.image[:8, :8], "label": sample.label}


@pytest.mark.parametrize("shuffled", [False, True])
def test_grain_takes_the_dataset_as_a_source(roll, shuffled):
    source = grain.MapDataset.source(roll)
    source = source.shuffle(seed=1) if shuffled else source
    found = list(source.map(lambda sample: (sample.key, bytes(sample.encoded), sample.label)))
    wanted = [(sample.key, bytes(sample.encoded), sample.label) for sample in roll]
    assert (found == wanted) is not shuffled
    assert sorted(found) == sorted(wanted)


def test_grain_loads_batches_of_the_dataset(roll):
    sampler = grain.samplers.IndexSampler(len(roll), shard_options=grain.sharding.NoSharding(), num_epochs=1, seed=1)
    operations = [Corner(), grain.transforms.Batch(batch_size=5)]
    batches = list(grain.DataLoader(data_source=roll, sampler=sampler, operations=operations, worker_count=0))
    assert [batch["image"].shape for batch in batches] == [(5, 8, 8, 3)] * 3
    labels = np.concatenate([batch["label"] for batch in batches])
    assert labels.tolist() == [sample.label for sample in roll]


def test_repr_says_what_comes_and_where_it_is(roll):
    batches = adapter.batches(roll, 4, size=8)
    assert repr(batches) == f"<filmroll jax.Batches: {batches.loader.description}; arrays on the default device>"
    assert repr(adapter.batches(roll, 4, sharding=jax.devices()[0])).endswith(f"; arrays on {jax.devices()[0]}>")


@pytest.mark.parametrize("sharding", ["data", 4, PartitionSpec("data")])
def test_what_is_no_sharding_is_refused_at_once(roll, sharding):
    with pytest.raises(UnsupportedError, match="give a jax.sharding.Sharding, such as NamedSharding"):
        adapter.batches(roll, 4, sharding=sharding)
