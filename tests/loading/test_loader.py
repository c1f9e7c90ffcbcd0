"""Batches: the right pixels in the right order, whatever the threads, ranks and interruptions."""

import numpy as np
import pytest
from PIL import Image

import filmroll
import pictures
from filmroll.codecs import jpeg_window
from filmroll.codecs.jpeg_scan import Area
from filmroll.errors import ChecksumError, DecodeError, UnsupportedError
from filmroll.loading import windows
from filmroll.messages import example
from filmroll.records.shards import Shards


@pytest.fixture(scope="module", params=[None, 1], ids=["photos", "photos with restart markers"])
def shards(tmp_path_factory, request):
    root = tmp_path_factory.mktemp("loader")
    for number in range(30):
        image = pictures.image(number, height=60 + 5 * number, width=200 - 4 * number)
        folder = root / "flowers" / pictures.CLASSES[number % 3]
        folder.mkdir(parents=True, exist_ok=True)
        if number % 5 == 0:
            filmroll.imwrite(folder / f"{number:02d}.png", image)
        else:
            filmroll.imwrite(folder / f"{number:02d}.jpg", image, restart_rows=request.param)
    return filmroll.pack(root / "flowers", root / "roll", shards=3, seed=None).shards


@pytest.fixture
def roll(shards):
    with filmroll.open(shards) as roll:
        yield roll


def contents(batches) -> list:
    return [
        (batch["record"].tolist(), batch["label"].tolist(), np.asarray(batch["image"]).tobytes()) for batch in batches
    ]


RANDOM = {"size": 32, "crop": "random", "flip": True, "shuffle": True, "resampler": "pillow"}


def test_batch_has_images_labels_and_record_numbers(roll):
    batches = list(roll.batches(8, size=(24, 16), resampler="pillow"))
    assert [len(batch["label"]) for batch in batches] == [8, 8, 8, 6]
    assert batches[0]["image"].shape == (8, 24, 16, 3)
    assert batches[0]["image"].dtype == np.uint8
    assert np.concatenate([batch["record"] for batch in batches]).tolist() == list(range(30))
    assert np.concatenate([batch["label"] for batch in batches]).tolist() == [sample.label for sample in roll]


def test_whole_picture_is_pillows_resize_of_it(roll):
    for batch in roll.batches(8, size=(24, 16), less_detail=False, resampler="pillow"):
        for image, number in zip(batch["image"], batch["record"], strict=True):
            wanted = Image.fromarray(roll[int(number)].image).resize((16, 24), Image.Resampling.BILINEAR)
            assert np.array_equal(image, np.asarray(wanted))


def test_center_is_resize_then_center_crop_as_torchvision_does_it(roll):
    """The two roundings of the resampler are all that may differ."""
    for batch in roll.batches(8, size=28, crop="center", shorter=32, less_detail=False, resampler="pillow"):
        for image, number in zip(batch["image"], batch["record"], strict=True):
            picture = Image.fromarray(roll[int(number)].image)
            width, height = picture.size
            wide, tall = (32, int(32 * height / width)) if width <= height else (int(32 * width / height), 32)
            resized = picture.resize((wide, tall), Image.Resampling.BILINEAR)
            left, top = round((wide - 28) / 2), round((tall - 28) / 2)
            wanted = np.asarray(resized.crop((left, top, left + 28, top + 28))).astype(int)
            assert np.abs(wanted - image).max() <= 1


@pytest.mark.parametrize(("size", "channels"), [(32, 3), (27, 3), (32, 1), (27, 1)])
def test_random_crops_are_decode_then_crop_then_resize(roll, monkeypatch, size, channels):
    seen = {}
    original = windows.random_window

    def spying(height, width, draws, **options):
        seen[(height, width)] = (original(height, width, draws, **options), draws)
        return seen[(height, width)][0]

    monkeypatch.setattr(windows, "random_window", spying)
    for batch in roll.batches(8, **RANDOM | {"size": size}, channels=channels, less_detail=False):
        for image, number in zip(batch["image"], batch["record"], strict=True):
            whole = roll[int(number)].decode(channels=channels)
            window, draws = seen[whole.shape[:2]]
            top, left, height, width = map(int, window)
            part = np.ascontiguousarray(whole[top : top + height, left : left + width])
            part = Image.fromarray(part[..., 0] if channels == 1 else part)
            wanted = np.asarray(part.resize((size, size), Image.Resampling.BILINEAR)).reshape(size, size, channels)
            assert np.array_equal(image, wanted[:, ::-1] if draws[-1] < 0.5 else wanted)


def test_less_detail_stays_near_the_pixels_of_all_detail(roll):
    near = list(roll.batches(30, size=12, crop="center", less_detail=True))[0]["image"].astype(int)
    exact = list(roll.batches(30, size=12, crop="center", less_detail=False))[0]["image"]
    assert not np.array_equal(near, exact)
    assert np.abs(near - exact).mean() < 4


@pytest.mark.parametrize("markers", [{}, {"restart_rows": 1}, {"restart_blocks": 1}], ids=str)
@pytest.mark.parametrize("crop", ["random", "center"])
def test_less_detail_of_a_part_is_that_of_the_whole(tmp_path, monkeypatch, crop, markers):
    """A picture much larger than the crop: the resampler looks at many rows beyond the window."""
    image = np.random.default_rng(1).integers(0, 256, (800, 300, 3), np.uint8)
    data = filmroll.encode(image, "jpeg", **markers)
    with filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        for _ in range(20):
            writer.write(example.serialize({"image/encoded": data}))
    options = {"size": 8, "crop": crop, "seed": 1, "area": (0.1, 0.3), "resampler": "pillow"}
    with filmroll.open(tmp_path / "r.tfrecord") as roll:
        [part] = roll.batches(20, **options)
        original = jpeg_window.decode
        monkeypatch.setattr(
            jpeg_window, "decode", lambda data, _, **options: original(data, Area(0, 0, 800, 300), **options)
        )
        [whole] = roll.batches(20, **options)
    assert np.abs(part["image"].astype(int) - whole["image"]).max() <= 1


def test_simd_and_pillow_differ_by_one_level_at_most(roll):
    for crop in (None, "random", "center"):
        options = {"size": 32, "crop": crop, "seed": 3}
        for one, two in zip(
            roll.batches(10, **options, resampler="simd"), roll.batches(10, **options, resampler="pillow"), strict=True
        ):
            assert np.abs(one["image"].astype(int) - two["image"]).max() <= 1


def test_grey_batches_have_one_channel(roll):
    batch = next(iter(roll.batches(4, size=16, channels=1)))
    assert batch["image"].shape == (4, 16, 16, 1)


def test_pictures_of_different_sizes_come_as_a_list(roll):
    batch = next(iter(roll.batches(4)))
    assert [image.shape for image in batch["image"]] == [roll[number].image.shape for number in range(4)]
    assert np.array_equal(batch["image"][2], roll[2].image)


def test_pictures_of_different_sizes_are_padded_below_and_to_the_right_if_asked_for(roll):
    for batch in roll.batches(8, pad=True):
        assert batch["size"].dtype == np.int64
        assert batch["image"].shape == (len(batch["record"]), *batch["size"].max(axis=0).tolist(), 3)
        for image, (height, width), number in zip(batch["image"], batch["size"].tolist(), batch["record"], strict=True):
            assert np.array_equal(image[:height, :width], roll[int(number)].image)
            assert not image[height:].any()
            assert not image[:, width:].any()


def test_padding_pictures_of_one_size_only_says_their_size(roll):
    batch = next(iter(roll.batches(4, size=(24, 16), pad=True)))
    assert batch["image"].shape == (4, 24, 16, 3)
    assert batch["size"].tolist() == [[24, 16]] * 4


def test_arrays_of_different_channels_are_not_padded(tmp_path):
    with filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        for channels in (1, 3):
            data = {"image_bytes": bytes(4 * channels), "image_shape": [2, 2, channels], "image_dtype": "uint8"}
            writer.write(example.serialize(data))
    with filmroll.open(tmp_path / "r.tfrecord") as roll, pytest.raises(UnsupportedError, match="channels"):
        list(roll.batches(2, pad=True))


@pytest.mark.parametrize("threads", [2, 7])
def test_number_of_threads_changes_nothing(roll, threads):
    assert contents(roll.batches(7, **RANDOM, threads=threads)) == contents(roll.batches(7, **RANDOM, threads=1))


def test_same_seed_repeats_and_another_seed_or_epoch_differs(roll):
    one = contents(roll.batches(7, **RANDOM, seed=1))
    assert one == contents(roll.batches(7, **RANDOM, seed=1))
    assert one != contents(roll.batches(7, **RANDOM, seed=2))
    loader = roll.batches(7, **RANDOM, seed=1)
    assert contents(loader) == one
    second = contents(loader)
    assert second != one
    assert second == contents(roll.batches(7, **RANDOM, seed=1, epoch=1))
    assert sorted(sum((numbers for numbers, _, _ in second), [])) == list(range(30))


def test_seed_changes_the_parts_without_a_shuffle_too(roll):
    def images(seed: int) -> bytes:
        return next(iter(roll.batches(8, size=16, crop="random", seed=seed)))["image"].tobytes()

    assert images(1) == images(1)
    assert images(1) != images(2)


@pytest.mark.parametrize("world_size", [2, 3, 4])
def test_ranks_are_disjoint_and_complete(roll, world_size):
    numbers = [
        batch["record"].tolist()
        for rank in range(world_size)
        for batch in roll.batches(4, **RANDOM, rank=rank, world_size=world_size)
    ]
    assert sorted(sum(numbers, [])) == list(range(30))


@pytest.mark.parametrize("taken", [0, 1, 3])
def test_resume_goes_on_exactly_where_it_was(roll, taken):
    loader = roll.batches(7, **RANDOM)
    running = iter(loader)
    for _ in range(taken):
        next(running)
    state = loader.state_dict()
    rest = contents(running)
    resumed = roll.batches(7, **RANDOM)
    resumed.load_state_dict(state)
    assert contents(resumed) == rest
    assert resumed.epoch == 1


def test_resume_with_another_number_of_ranks_loses_and_doubles_nothing(roll):
    before = [roll.batches(3, **RANDOM, rank=rank, world_size=2) for rank in range(2)]
    used = []
    for loader in before:
        running = iter(loader)
        used += [next(running)["record"].tolist() for _ in range(2)]
    states = [loader.state_dict() for loader in before]
    assert states[0] == states[1]
    for rank in range(3):
        loader = roll.batches(5, **RANDOM, rank=rank, world_size=3)
        loader.load_state_dict(states[0])
        used += [batch["record"].tolist() for batch in loader]
    assert sorted(sum(used, [])) == list(range(30))


def test_state_that_cannot_be_is_refused(roll):
    with pytest.raises(ValueError, match="not of a loader of 30 records"):
        roll.batches(4).load_state_dict({"epoch": 0, "position": 31})


def test_drop_last_leaves_out_the_batch_that_is_not_full(roll):
    loader = roll.batches(7, size=8, drop_last=True)
    assert [len(batch["label"]) for batch in loader] == [7] * 4
    assert len(loader) == 4
    assert len(roll.batches(7)) == 5


def test_number_of_batches_of_each_rank(roll):
    for world_size in (1, 2, 4):
        for rank in range(world_size):
            loader = roll.batches(4, size=8, rank=rank, world_size=world_size)
            assert len(loader) == len(list(loader))


def damaged(tmp_path):
    with filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        for number in range(6):
            data = pictures.jpeg(number)
            writer.write(
                example.serialize({"image/encoded": data[:-300] if number == 4 else data, "image/class/label": number})
            )
    return tmp_path / "r.tfrecord"


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
        assert sorted(np.concatenate([batch["record"] for batch in batches]).tolist()) == list(range(30))


def test_unlabelled_records_have_label_minus_one(tmp_path):
    with filmroll.Writer(tmp_path / "r.tfrecord") as writer:
        writer.write(example.serialize({"image/encoded": pictures.jpeg()}))
    [batch] = filmroll.open(tmp_path / "r.tfrecord").batches(4)
    assert batch["label"].tolist() == [-1]


@pytest.mark.parametrize("options", [{"batch_size": 0}, {"batch_size": 2, "rank": 2}])
def test_impossible_numbers_are_refused(roll, options):
    with pytest.raises(ValueError):
        roll.batches(**options)


def test_unknown_resampler_is_refused(roll):
    with pytest.raises(UnsupportedError, match="there are 'auto' and 'simd' and 'pillow'"):
        roll.batches(2, resampler="magic")


def test_ten_epochs_are_ten_times_every_record(roll):
    loader = roll.batches(8, size=8, shuffle=True)
    epochs = [np.concatenate([batch["record"] for batch in loader]).tolist() for _ in range(10)]
    assert [sorted(epoch) for epoch in epochs] == [list(range(30))] * 10
    assert len({tuple(epoch) for epoch in epochs}) == 10
    assert loader.epoch == 10


@pytest.mark.parametrize("shuffle", [False, True])
def test_size_of_batches_changes_neither_their_contents_nor_the_order(roll, shuffle):
    def images(batch_size: int) -> dict[int, bytes]:
        options = RANDOM | {"shuffle": shuffle}
        return {
            int(number): image.tobytes()
            for batch in roll.batches(batch_size, **options)
            for number, image in zip(batch["record"], batch["image"], strict=True)
        }

    one = images(1)
    for batch_size in (4, 7, 100):
        assert list(images(batch_size).items()) == list(one.items())


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
