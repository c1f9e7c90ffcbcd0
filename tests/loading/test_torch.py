"""Tensors that are the NumPy batches, and the dataset as torch's own DataLoader takes it."""

import importlib
import multiprocessing
import sys
import threading

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

import filmroll
import pictures
from filmroll.errors import ChecksumError, MissingDependencyError, UnsupportedError
from filmroll.loading import torch as adapter
from filmroll.loading.loader import Loader
from filmroll.messages import example

RANDOM = {"size": 16, "crop": "random", "flip": True, "shuffle": True, "resampler": "pillow"}
WORKERS = [
    pytest.param(0, None, id="same process"),
    pytest.param(
        2,
        "fork",
        id="2 forked",
        marks=[
            pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork on this system"),
            pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning", "ignore:os.fork:RuntimeWarning"),
        ],
    ),
    pytest.param(2, "spawn", id="2 spawned"),
]


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    root = tmp_path_factory.mktemp("torch")
    return filmroll.pack(pictures.folder_of_classes(root / "in", each=5), root / "out", shards=3, seed=None).shards


@pytest.fixture
def arrays(monkeypatch):
    """Collect the batches that the adapter is given."""
    seen = []
    original = Loader.__iter__

    def recording(loader):
        for batch in original(loader):
            seen.append(batch)
            yield batch

    monkeypatch.setattr(Loader, "__iter__", recording)
    return seen


def given(monkeypatch, roll, image) -> adapter.Batches:
    """Batches of a loader that loads just this."""
    numbers = np.arange(len(image), dtype=np.int64)
    monkeypatch.setattr(Loader, "__iter__", lambda _: iter([{"image": image, "label": numbers, "record": numbers}]))
    return adapter.batches(roll, 2)


def contents(batches) -> list:
    return [{name: values.tolist() for name, values in batch.items()} for batch in batches]


def test_batches_are_the_numpy_batches(roll):
    for tensors, arrays in zip(adapter.batches(roll, 4, **RANDOM), roll.batches(4, **RANDOM), strict=True):
        assert tensors.keys() == arrays.keys()
        for name, tensor in tensors.items():
            assert np.array_equal(tensor.numpy(), arrays[name])
        assert (tensors["image"].dtype, tensors["label"].dtype) == (torch.uint8, torch.int64)


def test_loader_can_be_given_instead_of_a_dataset(roll):
    assert contents(adapter.batches(roll.batches(4, **RANDOM))) == contents(adapter.batches(roll, 4, **RANDOM))


def test_tensors_of_processes_that_are_kept_do_not_change(roll):
    of_processes, of_threads = adapter.batches(roll, 4, **RANDOM, processes=1), adapter.batches(roll, 4, **RANDOM)
    kept = [batch for _ in range(4) for batch in of_processes]
    assert contents(kept) == [batch for _ in range(4) for batch in contents(of_threads)]


@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
def test_tensors_share_the_memory_of_the_arrays(roll, arrays, layout):
    for number, batch in enumerate(adapter.batches(roll, 4, size=16, layout=layout)):
        for name, tensor in batch.items():
            assert tensor.data_ptr() == arrays[number][name].ctypes.data
    assert number == 3


def test_nchw_is_channels_last_in_memory(roll):
    for batch, array in zip(adapter.batches(roll, 4, size=(16, 8), layout="NCHW"), roll.batches(4, size=(16, 8))):  # noqa: B905
        assert batch["image"].shape[1:] == (3, 16, 8)
        assert batch["image"].is_contiguous(memory_format=torch.channels_last)
        assert np.array_equal(batch["image"].numpy(), array["image"].transpose(0, 3, 1, 2))


def test_padded_pictures_come_with_their_sizes(roll):
    assert contents(adapter.batches(roll, 4, layout="NHWC", pad=True)) == contents(roll.batches(4, pad=True))


@pytest.mark.parametrize(("layout", "axes"), [("NHWC", (0, 1, 2)), ("NCHW", (2, 0, 1))])
def test_pictures_of_different_sizes_are_a_list_of_tensors(roll, layout, axes):
    options = {"flip": True, "seed": 3}
    batches = list(adapter.batches(roll, 15, layout=layout, **options))
    [arrays] = roll.batches(15, **options)
    [plain] = roll.batches(15, seed=3)
    pairs = zip(arrays["image"], plain["image"], strict=True)
    assert any(np.array_equal(one, other[:, ::-1]) for one, other in pairs), "no mirrored picture among them"
    for tensor, array in zip(batches[0]["image"], arrays["image"], strict=True):
        assert np.array_equal(tensor.numpy(), array.transpose(axes))


def test_read_only_arrays_and_those_of_the_other_byte_order_are_copied(roll, monkeypatch):
    frozen = np.arange(24, dtype=np.uint8).reshape(2, 2, 2, 3)
    frozen.setflags(write=False)
    swapped = np.arange(24).reshape(2, 2, 2, 3).astype(">f4")
    for image in (frozen, swapped):
        [batch] = given(monkeypatch, roll, image)
        assert np.array_equal(batch["image"].numpy(), image)
        batch["image"].zero_()
        assert image.any()


def test_arrays_that_torch_has_no_tensors_of_are_refused(roll, monkeypatch):
    with pytest.raises(UnsupportedError, match="torch has no tensors of <U1"):
        list(given(monkeypatch, roll, np.array([["a"], ["b"]])))


def test_arrays_without_channels_have_no_nchw(roll, monkeypatch):
    rows = np.zeros((2, 5), np.float32)
    [batch] = given(monkeypatch, roll, rows)
    assert batch["image"].shape == (2, 5)
    batches = adapter.batches(roll, 2, layout="NCHW")
    with pytest.raises(UnsupportedError, match=r"shape \(2, 5\) have no channels"):
        list(batches)


def test_device_is_where_the_tensors_are(roll):
    for batch in adapter.batches(roll, 8, size=8, device="meta"):
        assert {tensor.device.type for tensor in batch.values()} == {"meta"}


def test_memory_is_pinned_before_it_is_sent(roll, monkeypatch):
    """There is no accelerator to pin for where the tests run: what is asked of torch is what can be seen."""
    calls = []
    to = torch.Tensor.to
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor: calls.append("pin") or tensor)
    monkeypatch.setattr(
        torch.Tensor, "to", lambda tensor, *place, **how: calls.append(how["non_blocking"]) or to(tensor, *place)
    )
    assert len(list(adapter.batches(roll, 15, size=8, pin_memory=True, device="cpu"))) == 1
    assert calls == ["pin", True] * 3


@pytest.mark.skipif(torch.accelerator.is_available(), reason="there is an accelerator")
def test_memory_is_not_pinned_for_no_accelerator(roll):
    with pytest.raises(UnsupportedError, match="torch finds none"):
        adapter.batches(roll, 4, pin_memory=True)


@pytest.mark.parametrize("device", ["nonsense", "cuda:99"])
def test_device_that_is_not_there_is_refused(roll, device):
    with pytest.raises(UnsupportedError, match=f"device '{device}'"):
        adapter.batches(roll, 4, device=device)


def test_unknown_layout_is_refused(roll):
    with pytest.raises(UnsupportedError, match="'NHWC' and 'NCHW'"):
        adapter.batches(roll, 4, layout="CHW")


def test_options_of_a_loader_are_its_own(roll):
    with pytest.raises(TypeError, match="its own batch_size, size"):
        adapter.batches(roll.batches(4), 4, size=8)
    with pytest.raises(TypeError, match="batch_size"):
        adapter.batches(roll)
    with pytest.raises(TypeError, match="not from str"):
        adapter.batches("roll.tfrecord", 4)


@pytest.mark.parametrize("taken", [0, 1, 3])
def test_resume_goes_on_exactly_where_it_was(roll, taken):
    batches = adapter.batches(roll, 4, **RANDOM)
    running = iter(batches)
    for _ in range(taken):
        next(running)
    state = batches.state_dict()
    assert state["position"] == 4 * taken
    rest = contents(running)
    resumed = adapter.batches(roll, 4, **RANDOM)
    resumed.load_state_dict(state)
    assert contents(resumed) == rest
    assert len(rest) == len(resumed) - taken


def test_state_that_cannot_be_is_refused(roll):
    with pytest.raises(ValueError, match="not of a loader of 15 records"):
        adapter.batches(roll, 4).load_state_dict({"epoch": 0, "position": 16})


def test_loop_that_is_left_early_ends_its_threads(roll):
    for _ in adapter.batches(roll, 2, size=8, threads=3):
        break
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("load")]


def test_without_torch_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    monkeypatch.delitem(sys.modules, adapter.__name__)
    with pytest.raises(MissingDependencyError, match="pip install torch"):
        importlib.import_module(adapter.__name__)


@pytest.mark.parametrize(("workers", "method"), WORKERS)
def test_data_loader_takes_each_record_once_in_the_order_given(roll, workers, method):
    order = np.random.default_rng(1).permutation(len(roll)).tolist()
    wanted = [(sample.key, bytes(sample.encoded), sample.label) for sample in roll]
    loader = DataLoader(
        roll, batch_size=4, sampler=order, collate_fn=list, num_workers=workers, multiprocessing_context=method
    )
    found = [(sample.key, bytes(sample.encoded), sample.label) for batch in loader for sample in batch]
    assert found == [wanted[number] for number in order]


@pytest.mark.parametrize(
    "workers", [0, pytest.param(2, marks=WORKERS[1].marks), pytest.param(8, marks=WORKERS[1].marks)]
)
@pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning")  # that 8 are more than processors
def test_data_loader_gives_2000_records_of_several_files_once_each_whatever_the_workers(tmp_path, workers):
    for shard in range(4):
        with filmroll.Writer(tmp_path / f"{shard}.tfrecord") as writer:
            for number in range(500 * shard, 500 * shard + 500):
                writer.write(example.serialize({"image": b"\xff\xd8\xff", "label": number}))
    with filmroll.open(tmp_path / "*.tfrecord") as roll:
        loader = DataLoader(
            roll,
            batch_size=50,
            shuffle=True,
            collate_fn=lambda samples: [sample.label for sample in samples],
            num_workers=workers,
            multiprocessing_context="fork" if workers else None,
        )
        labels = [label for batch in loader for label in batch]
    assert labels != sorted(labels)
    assert sorted(labels) == list(range(2000))


@pytest.mark.parametrize(("workers", "method"), WORKERS[:2])
def test_data_loader_with_a_transform_in_its_collation(tmp_path, workers, method):
    """How it is used; of a compressed file, each worker reading at its own place."""
    with filmroll.Writer(tmp_path / "roll.tfrecord.gz", compression="gzip") as writer:
        for number in range(12):
            picture = filmroll.encode(pictures.image(number), "png")
            writer.write(example.serialize({"image/encoded": picture, "image/class/label": number}))

    def collate(samples):
        images = torch.stack([torch.from_numpy(sample.image) for sample in samples])
        return images, torch.tensor([sample.label for sample in samples])

    with filmroll.open(tmp_path / "roll.tfrecord.gz") as roll:
        loader = DataLoader(
            roll, batch_size=4, shuffle=True, collate_fn=collate, num_workers=workers, multiprocessing_context=method
        )
        seen = []
        for images, labels in loader:
            for image, label in zip(images, labels.tolist(), strict=True):
                assert np.array_equal(image.numpy(), pictures.image(label))
                seen.append(label)
    assert sorted(seen) == list(range(12))


@pytest.mark.parametrize(("workers", "method"), WORKERS[:2])
def test_error_in_a_worker_says_which_record(shards, tmp_path, workers, method):
    damaged = tmp_path / "damaged.tfrecord"
    data = bytearray(shards[1].read_bytes())
    data[-5] ^= 1
    damaged.write_bytes(data)
    with filmroll.open(damaged, dialect="slim") as roll:
        loader = DataLoader(roll, batch_size=5, collate_fn=list, num_workers=workers, multiprocessing_context=method)
        with pytest.raises(ChecksumError, match="damaged.tfrecord: record 4"):
            list(loader)


@pytest.mark.parametrize(("workers", "method"), WORKERS[1:2])
def test_workers_of_a_data_loader_load_each_batch_once_in_the_order_of_one(shards, workers, method):
    with filmroll.open(shards) as roll:
        options = {"size": 8, "shuffle": "blocks", "lanes": 2, "seed": 4}
        alone = [batch["record"].tolist() for batch in adapter.batches(roll, 2, **options)]
        batches = adapter.batches(roll, 2, **options)
        loader = DataLoader(batches, batch_size=None, num_workers=workers, multiprocessing_context=method)
        assert [batch["record"].tolist() for batch in loader] == alone


def test_workers_that_are_spawned_read_from_a_bucket(shards, bucket):
    bucket.take(shards[0].parent, "out/")
    with filmroll.open(f"{bucket.url}/out/out-*.tfrecord") as roll:
        batches = adapter.batches(roll, 4, size=8, shuffle=True)
        loader = DataLoader(batches, batch_size=None, num_workers=2, multiprocessing_context="spawn")
        assert sorted(sum((batch["record"].tolist() for batch in loader), [])) == list(range(15))


@pytest.mark.parametrize(
    ("options", "said"),
    [({"layout": "NCHW"}, "NCHW tensors in memory"), ({"device": "cpu"}, "NHWC tensors on cpu")],
)
def test_repr_says_what_comes_and_where_it_is(roll, options, said):
    batches = adapter.batches(roll, 4, size=8, **options)
    assert repr(batches) == f"<filmroll torch.Batches: {batches.loader.description}; {said}>"
    assert "pictures (8, 8, 3) uint8" in repr(batches)


def test_path_instead_of_a_dataset_is_an_error_that_says_what_opens_it(shards):
    with pytest.raises(TypeError, match=r"a Dataset, which filmroll\.open gives, or a Loader, not from PosixPath"):
        adapter.batches(shards[0], 4)


def test_loader_in_a_data_loader_is_an_error_that_says_what_belongs_there(roll):
    with pytest.raises(TypeError, match=r"what a DataLoader takes is filmroll\.loading\.torch\.batches\(loader\)"):
        next(iter(DataLoader(roll.batches(4, size=8), batch_size=None)))
