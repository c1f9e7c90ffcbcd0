"""Datasets and samples in other processes: pickled to new ones, inherited by forked ones."""

import multiprocessing
import operator
import pickle
from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

import filmroll
import pictures
from filmroll.errors import ChecksumError, FormatError
from filmroll.messages import example
from filmroll.sample import Sample

NOISE_NBYTES = 100_000  # incompressible, and more than one read of the file for every few records


@pytest.fixture
def shards(tmp_path):
    return filmroll.pack(pictures.folder_of_classes(tmp_path / "in"), tmp_path / "out", shards=3, seed=None).shards


@pytest.fixture
def compressed(tmp_path):
    rng = np.random.default_rng(7)
    with filmroll.Writer(tmp_path / "noise.tfrecord.gz", compression="gzip") as writer:
        for number in range(20):
            features = {"image/encoded": pictures.jpeg(number), "image/class/label": number}
            writer.write(example.serialize(features | {"noise": rng.bytes(NOISE_NBYTES)}))
    return tmp_path / "noise.tfrecord.gz"


def plain(sample: Sample) -> tuple:
    features = {
        name: [bytes(item) for item in value] if isinstance(value, list) else value.tolist()
        for name, value in sample.features.items()
    }
    return sample.key, bytes(sample.encoded), sample.label, sample.text, features


def test_dataset_is_the_same_after_pickling(shards):
    with filmroll.open(shards) as roll, pickle.loads(pickle.dumps(roll)) as copy:
        assert copy.paths == roll.paths
        assert [plain(sample) for sample in copy] == [plain(sample) for sample in roll]


def test_pickled_dataset_keeps_its_dialect(shards):
    with filmroll.open(shards, dialect="slim") as roll:
        assert pickle.loads(pickle.dumps(roll)).match.why == ["it was named"]


def test_pickled_dataset_keeps_its_compression(shards):
    with filmroll.open(shards, compression="gzip") as roll, pytest.raises(FormatError, match="no gzip data"):
        len(pickle.loads(pickle.dumps(roll)))


@pytest.mark.parametrize("verify", [False, True])
def test_pickled_dataset_verifies_as_it_did(shards, verify):
    data = bytearray(shards[0].read_bytes())
    data[-1] ^= 1  # of the checksum of the last record
    shards[0].write_bytes(data)
    with filmroll.open(shards, dialect="slim", verify=verify) as roll, pickle.loads(pickle.dumps(roll)) as copy:
        if verify:
            with pytest.raises(ChecksumError):
                list(copy)
        else:
            assert len(list(copy)) == 12


def test_nothing_that_was_read_is_pickled(compressed):
    with filmroll.open(compressed) as roll:
        before = len(pickle.dumps(roll))
        assert len(list(roll)) == 20
        assert roll[7].label == 7
        assert len(pickle.dumps(roll)) == before < 1000


def test_pickled_dataset_of_files_that_are_gone_is_an_error(compressed):
    with filmroll.open(compressed) as roll:
        pickled = pickle.dumps(roll)
    compressed.unlink()
    with pytest.raises(FileNotFoundError):
        pickle.loads(pickled)


def test_sample_is_the_same_after_pickling():
    sample = Sample(
        key="a/b.jpg",
        encoded=memoryview(pictures.jpeg()),
        label=3,
        text="rose",
        features={"many": [memoryview(b"one"), memoryview(b"two")], "box": np.array([0.5, 1.0], np.float32)},
    )
    copy = pickle.loads(pickle.dumps(sample))
    assert plain(copy) == plain(sample)
    assert type(copy.encoded) is bytes
    assert [type(item) for item in copy.features["many"]] == [bytes, bytes]
    assert isinstance(sample.encoded, memoryview)  # the original keeps its views


def test_decoded_picture_travels_with_its_sample():
    sample = Sample(encoded=memoryview(pictures.jpeg()))
    wanted = sample.image
    sample.encoded = b"no picture any more"
    assert np.array_equal(pickle.loads(pickle.dumps(sample)).image, wanted)


def test_sample_of_an_array_is_the_same_after_pickling():
    array = np.frombuffer(bytes(range(24)), np.uint8).reshape(2, 4, 3)
    copy = pickle.loads(pickle.dumps(Sample(array=array)))
    assert np.array_equal(copy.image, array)


def test_spawned_process_reads_and_sends_samples_back(shards):
    context = multiprocessing.get_context("spawn")
    with filmroll.open(shards) as roll, ProcessPoolExecutor(1, mp_context=context) as pool:
        samples = pool.submit(operator.getitem, roll, slice(None)).result()
        assert [plain(sample) for sample in samples] == [plain(sample) for sample in roll]


def test_error_of_another_process_keeps_its_place(shards):
    data = bytearray(shards[1].read_bytes())
    data[-5] ^= 1
    shards[1].write_bytes(data)
    context = multiprocessing.get_context("spawn")
    with (
        filmroll.open(shards, dialect="slim") as roll,
        ProcessPoolExecutor(1, mp_context=context) as pool,
        pytest.raises(ChecksumError) as caught,
    ):
        pool.submit(operator.getitem, roll, 7).result()
    assert (caught.value.path, caught.value.record) == (str(shards[1]), 3)


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning", "ignore:os.fork:RuntimeWarning")
def test_forked_processes_and_their_parent_do_not_move_each_others_files(compressed):
    with filmroll.open(compressed) as roll:
        wanted = [plain(sample) for sample in roll]
        assert plain(roll[3]) == wanted[3]  # leaves the file open in the middle
        pipes = [_forked(roll, range(start, 20, 2)) for start in (4, 5)]
        assert [plain(roll[number]) for number in range(4, 20)] == wanted[4:]
        for start, (process, pipe) in zip((4, 5), pipes, strict=True):
            assert pipe.recv() == wanted[start::2]
            process.join(30)
            assert process.exitcode == 0


def _forked(roll, numbers):
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=lambda: there.send([plain(roll[number]) for number in numbers]))
    process.start()
    there.close()
    return process, here


@pytest.mark.parametrize("numbers", [[], [0], [11, 0, 5, 5, 4, -1], list(range(12)), list(range(11, -1, -1))])
def test_samples_of_many_numbers_come_in_the_order_asked(shards, numbers):
    with filmroll.open(shards) as roll:
        every = [plain(sample) for sample in roll]
        assert [plain(sample) for sample in roll.__getitems__(numbers)] == [every[number] for number in numbers]


def test_samples_asked_for_twice_are_not_one_object(shards):
    with filmroll.open(shards) as roll:
        one, two = roll.__getitems__([3, 3])
    assert one is not two


def test_many_numbers_of_a_compressed_file_take_one_pass(compressed, monkeypatch):
    from filmroll.records.streamed import StreamedFile

    with filmroll.open(compressed) as roll:
        assert roll[0].label == 0
        opened = []
        original = StreamedFile._open
        monkeypatch.setattr(StreamedFile, "_open", lambda file: opened.append(file) or original(file))
        assert [sample.label for sample in roll.__getitems__(range(19, -1, -1))] == list(range(19, -1, -1))
    assert len(opened) <= 1


def test_many_numbers_with_one_too_large_are_an_index_error(shards):
    with filmroll.open(shards) as roll, pytest.raises(IndexError, match="record 12 of 12"):
        roll.__getitems__([0, 12])
