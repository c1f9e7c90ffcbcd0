"""Raw arrays are loaded many at a time, and are what one at a time gives."""

import numpy as np
import pytest

import filmroll
import pictures
from filmroll import messages
from filmroll.dialects import datum
from filmroll.errors import ChecksumError, ParseError
from filmroll.loading import arrays
from filmroll.messages import example
from filmroll.packing.sink import Sink
from loading.raw_records import contents, mnist_like, one_by_one, outcome, raw, write


@pytest.fixture
def path(tmp_path):
    return write(tmp_path / "r.tfrecord", map(mnist_like, range(300)))


def test_old_mnist_files_come_as_height_width_and_one_channel(path):
    with filmroll.open(path) as roll:
        loader = roll.batches(64)
        assert isinstance(loader, arrays.ArrayLoader)
        batches = list(loader)
        assert [len(batch["label"]) for batch in batches] == [64, 64, 64, 64, 44]
        assert batches[0]["image"].shape == (64, 6, 6, 1)
        assert batches[0]["image"].dtype == np.uint8
        assert all(values.flags.writeable for batch in batches for values in batch.values())
        found = [
            (label, image.tobytes())
            for b in batches
            for label, image in zip(b["label"].tolist(), b["image"], strict=True)
        ]
        assert found == one_by_one(roll)


@pytest.mark.parametrize("options", [{}, {"shuffle": True, "seed": 4}, {"shuffle": True, "rank": 1, "world_size": 3}])
def test_many_at_a_time_is_what_one_at_a_time_is(path, options, monkeypatch):
    with filmroll.open(path) as roll:
        fast = roll.batches(7, **options)
        slow = fast._otherwise
        assert contents(fast) == contents(slow)
        monkeypatch.setattr(arrays, "MANY_RECORDS", 20)
        assert contents(roll.batches(7, **options)) == contents(
            slow.__class__.__iter__(roll.batches(7, **options)._otherwise)
        )


def test_several_files_are_joined_in_the_order_asked_for(tmp_path):
    for part in range(3):
        write(tmp_path / f"{part}.tfrecord", (mnist_like(100 * part + number) for number in range(50)))
    with filmroll.open(str(tmp_path / "*.tfrecord")) as roll:
        [batch] = roll.batches(150, shuffle=True, seed=2)
        for number, label, image in zip(batch["record"].tolist(), batch["label"], batch["image"], strict=True):
            assert (label, image.tobytes()) == (roll[number].label, roll[number].image.tobytes())


@pytest.mark.parametrize("dtype", ["uint8", ">u2", "float32", "<f8"])
def test_array_dialect_keeps_shape_and_dtype(tmp_path, dtype):
    images = [(pictures.image(number, height=4, width=5) / 3).astype(dtype) for number in range(9)]
    records = [
        {"image_bytes": one.tobytes(), "image_shape": one.shape, "image_dtype": dtype, "label": 3} for one in images
    ]
    with filmroll.open(write(tmp_path / "r.tfrecord", records)) as roll:
        batches = list(roll.batches(4))
        assert batches[0]["image"].dtype == np.dtype(dtype)
        assert np.array_equal(np.concatenate([batch["image"] for batch in batches]), images)


def test_channels_first_is_turned(tmp_path):
    images = [pictures.image(number, height=8, width=9) for number in range(5)]
    records = [{"shape": [3, 8, 9], "data": one.transpose(2, 0, 1).tobytes()} for one in images]
    with filmroll.open(write(tmp_path / "r.tfrecord", records)) as roll:
        [batch] = roll.batches(5)
        assert np.array_equal(batch["image"], images)
        assert batch["label"].tolist() == [-1] * 5


def test_arrays_of_different_shapes_come_as_lists(tmp_path):
    records = [mnist_like(number, side=5 + number % 2) for number in range(8)]
    with filmroll.open(write(tmp_path / "r.tfrecord", records)) as roll:
        batches = list(roll.batches(4))
        assert [image.shape for image in batches[0]["image"]] == [(5, 5, 1), (6, 6, 1)] * 2
        assert np.concatenate([batch["record"] for batch in batches]).tolist() == list(range(8))


@pytest.mark.parametrize("options", [{}, {"rank": 1, "world_size": 2}, {"worker": 1, "workers": 2}], ids=str)
def test_records_that_stop_being_alike_go_on_one_by_one_from_where_they_do(tmp_path, monkeypatch, options):
    monkeypatch.setattr(arrays, "MANY_RECORDS", 10)
    records = [mnist_like(number, side=6 if number < 43 else 7) for number in range(80)]
    with filmroll.open(write(tmp_path / "r.tfrecord", records)) as roll:
        loader, alone = roll.batches(5, **options), roll.batches(5, **options)._otherwise
        found, states = zip(*[(batch, loader.state_dict()) for batch in loader], strict=True)
        wanted, others = zip(*[(batch, alone.state_dict()) for batch in alone], strict=True)
    assert states == others
    assert isinstance(found[0]["image"], np.ndarray)
    assert found[-1]["image"].shape == (5, 7, 7, 1)
    for one, other in zip(found, wanted, strict=True):
        assert one["record"].tolist() == other["record"].tolist()
        assert one["label"].tolist() == other["label"].tolist()
        assert all(np.array_equal(*images) for images in zip(one["image"], other["image"], strict=True))


def test_batches_larger_than_what_is_parsed_at_a_time_are_whole(path, monkeypatch):
    monkeypatch.setattr(arrays, "MANY_RECORDS", 20)
    with filmroll.open(path) as roll:
        assert [len(batch["record"]) for batch in roll.batches(200)] == [200, 100]


def damage(path, number: int) -> None:
    with filmroll.Reader(path) as reader:
        offset = int(reader.offsets[number]) + 12 + 60
    data = bytearray(path.read_bytes())
    data[offset] ^= 1
    path.write_bytes(data)


def test_damaged_record_is_an_error_that_says_which(path):
    damage(path, 123)
    with filmroll.open(path) as roll, pytest.raises(ChecksumError) as caught:
        list(roll.batches(50))
    assert (caught.value.path, caught.value.record) == (str(path), 123)


def test_damaged_record_can_be_skipped(path):
    damage(path, 123)
    with filmroll.open(path) as roll:
        loader = roll.batches(50, on_error="skip")
        with pytest.warns(filmroll.DamageWarning, match="record 123 at offset"):
            numbers = np.concatenate([batch["record"] for batch in loader])
    assert sorted(numbers.tolist()) == [number for number in range(300) if number != 123]
    assert list(loader.skipped) == [123]


def test_record_whose_bytes_do_not_fit_is_an_error_that_says_which(tmp_path):
    records = [mnist_like(number) for number in range(100)]
    records[77]["height"] = 5
    path = write(tmp_path / "r.tfrecord", records)
    with filmroll.open(path) as roll, pytest.raises(ParseError) as caught:
        list(roll.batches(10))
    assert caught.value.record == 77


def test_resume_goes_on_exactly_where_it_was(path):
    with filmroll.open(path) as roll:
        loader = roll.batches(32, shuffle=True)
        running = iter(loader)
        for _ in range(4):
            next(running)
        state = loader.state_dict()
        rest = contents(running)
        resumed = roll.batches(32, shuffle=True)
        resumed.load_state_dict(state)
        assert contents(resumed) == rest


def test_compressed_files_are_loaded_one_by_one(tmp_path):
    with filmroll.Writer(tmp_path / "r.gz", compression="gzip") as writer:
        for number in range(20):
            writer.write(example.serialize(mnist_like(number)))
    with filmroll.open(tmp_path / "r.gz") as roll:
        assert np.concatenate([batch["label"] for batch in roll.batches(6)]).tolist() == [n % 10 for n in range(20)]


@pytest.mark.parametrize(
    "other",
    [
        {"image_bytes": np.arange(1000, 1016, dtype="<u2").tobytes(), "image_dtype": b"<u2"},
        {"image_bytes": bytes(range(4)), "image_shape": [4, 1, 1]},
        {"image_shape": [2, 8, 1]},
    ],
    ids=["another dtype", "a shape that would spread", "another shape"],
)
def test_files_that_are_not_alike_are_not_made_so(tmp_path, other):
    paths = [
        write(tmp_path / "0.tfrecord", map(raw, range(5))),
        write(tmp_path / "1.tfrecord", [raw(number, **other) for number in range(5)]),
    ]
    with filmroll.open(paths) as roll:
        [batch] = roll.batches(10, shuffle=True, seed=1)
        for number, image in zip(batch["record"].tolist(), batch["image"], strict=True):
            assert np.array_equal(image, roll[number].image)


PNG = filmroll.encode(np.zeros((2, 3, 3), np.uint8), "png")
DATUMS = {
    "floats": {"channels": 1, "height": 2, "width": 3, "float_data": np.arange(6, dtype=np.float32), "encoded": 0},
    "floats beside no bytes": {"channels": 1, "height": 2, "width": 3, "data": b"", "float_data": np.ones(6, "f4")},
    "as many encoded bytes as pixels": {"channels": 1, "height": 1, "width": len(PNG), "data": PNG, "encoded": 1},
    "no sizes": {"data": bytes(6), "label": 1, "encoded": 0},
    "one size too few": {"height": 2, "width": 3, "data": bytes(6), "encoded": 0},
    "sizes of something else": {"channels": -1, "height": -2, "width": 3, "data": bytes(6), "encoded": 0},
}


@pytest.mark.parametrize("kind", DATUMS)
def test_datums_that_hold_no_raw_pixels_are_the_same_many_at_a_time(tmp_path, kind):
    with filmroll.Writer(tmp_path / "r.lmdb") as writer:
        for _ in range(5):
            writer.write(messages.datum.serialize(DATUMS[kind]))
    with filmroll.open(tmp_path / "r.lmdb", dialect="datum") as roll:
        loader = roll.batches(2)
        assert isinstance(loader, arrays.ArrayLoader)
        assert outcome(loader) == outcome(loader._otherwise)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("labels", [True, False])
def test_datums_come_as_one_at_a_time_gives_them(channels, labels, tmp_path):
    rng = np.random.default_rng(channels)
    samples = [
        filmroll.Sample(array=rng.integers(0, 256, (4, 5, channels), np.uint8), label=number % 7 if labels else None)
        for number in range(300)
    ]
    with Sink(tmp_path / "r.lmdb", kind="lmdb", dialect=datum) as sink:
        for sample in samples:
            sink.write(sample)
    with filmroll.open(tmp_path / "r.lmdb") as roll:
        loader = roll.batches(64, shuffle=True, seed=1)
        assert isinstance(loader, arrays.ArrayLoader)
        loader._otherwise = None  # it must do without
        seen = [pair for batch in loader for pair in zip(batch["record"], batch["image"], batch["label"], strict=True)]
    assert sorted(int(record) for record, _, _ in seen) == list(range(300))
    for record, image, label in seen:
        assert image.flags.c_contiguous
        assert np.array_equal(image, samples[record].array)
        assert label == (record % 7 if labels else -1)


def test_datums_of_picture_files_are_loaded_one_by_one(tmp_path):
    image = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
    with Sink(tmp_path / "r.lmdb", kind="lmdb", dialect=datum) as sink:
        sink.write(filmroll.Sample(array=image, label=1))
        sink.write(filmroll.Sample(encoded=filmroll.encode(image, "png"), label=2))
    with filmroll.open(tmp_path / "r.lmdb") as roll:
        [batch] = roll.batches(2)
    assert np.array_equal(batch["image"], [image, image])
    assert batch["label"].tolist() == [1, 2]


def test_each_file_is_parsed_by_its_own_dialect(tmp_path):
    first = write(tmp_path / "a.tfrecord", [mnist_like(number) for number in range(5)])
    second = write(tmp_path / "b.tfrecord", [raw(number) for number in range(5)])
    third = write(tmp_path / "c.tfrecord", [{"image": pictures.jpeg(1), "label": 3}] * 5)
    for paths in ([first, second, third], [second, first, third], [third, first, second]):
        with filmroll.open(paths) as roll:
            loaded = list(roll.batches(5))
            for number, batch in enumerate(loaded):
                samples = roll[5 * number : 5 * number + 5]
                assert batch["label"].tolist() == [sample.label for sample in samples]
                for image, sample in zip(batch["image"], samples, strict=True):
                    assert np.array_equal(image, sample.decode() if sample.array is None else sample.array)


def test_repr_says_that_they_are_raw_arrays(path):
    with filmroll.open(path) as roll:
        assert repr(roll.batches(4)).startswith("<filmroll.ArrayLoader: ")
        assert " of 4, raw arrays, epoch 0>" in repr(roll.batches(4))
