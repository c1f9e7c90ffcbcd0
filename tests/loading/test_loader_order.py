"""The same batches in the same order, whatever the threads, ranks and interruptions: each record once an epoch."""

import numpy as np
import pytest

import filmroll
from filmroll.messages import example
from loading.flowers import COUNT, RANDOM, contents


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
    assert sorted(sum((numbers for numbers, _, _ in second), [])) == list(range(COUNT))


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
    assert sorted(sum(numbers, [])) == list(range(COUNT))


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
    assert sorted(sum(used, [])) == list(range(COUNT))


def test_resume_goes_on_in_the_epoch_in_which_it_was(roll):
    loader = roll.batches(7, **RANDOM)
    first = contents(loader)
    running = iter(loader)
    next(running)
    resumed = roll.batches(7, **RANDOM)
    resumed.load_state_dict(loader.state_dict())
    assert resumed.epoch == 1
    assert contents(resumed) == contents(running) != first[1:]


@pytest.mark.parametrize("state", [(0, 31), (0, -1), (-1, 0), (-1, 7)])
def test_state_that_cannot_be_is_refused(roll, state):
    loader = roll.batches(4, epoch=2)
    with pytest.raises(ValueError, match="not of a loader of 30 records"):
        loader.load_state_dict(dict(zip(("epoch", "position"), state, strict=True)))
    with pytest.raises(ValueError, match="state {'step': 3} is not of a loader"):
        loader.load_state_dict({"step": 3})
    assert loader.state_dict() == {"epoch": 2, "position": 0}


@pytest.mark.parametrize(("position", "left"), [(0, [7, 7, 7, 7, 2]), (29, [1]), (30, [])])
def test_state_of_either_end_of_an_epoch_is_taken(roll, position, left):
    loader = roll.batches(7, size=8)
    loader.load_state_dict({"epoch": 3, "position": position})
    assert [len(batch["record"]) for batch in loader] == left
    assert loader.state_dict() == {"epoch": 4, "position": 0}


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


def test_ten_epochs_are_ten_times_every_record(roll):
    loader = roll.batches(8, size=8, shuffle=True)
    epochs = [np.concatenate([batch["record"] for batch in loader]).tolist() for _ in range(10)]
    assert [sorted(epoch) for epoch in epochs] == [list(range(COUNT))] * 10
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


@pytest.fixture(scope="module")
def single(tmp_path_factory):
    """Eleven files of one raw array each."""
    folder = tmp_path_factory.mktemp("single")
    for number in range(11):
        array = np.full((2, 3, 1), number, np.uint8)
        features = {"image_bytes": array.tobytes(), "image_shape": [2, 3, 1], "image_dtype": b"uint8", "label": number}
        with filmroll.Writer(folder / f"{number:02d}.tfrecord") as writer:
            writer.write(example.serialize(features))
    return sorted(folder.glob("*.tfrecord"))


@pytest.mark.parametrize("options", [{}, {"size": 2, "channels": 1}], ids=["arrays", "pictures"])
@pytest.mark.parametrize("drop_last", [False, True])
@pytest.mark.parametrize("count", [1, 5, 6, 9, 11])
def test_every_rank_of_every_loader_has_as_many_batches_as_it_says(single, options, drop_last, count):
    with filmroll.open(single[:count]) as roll:
        for world_size, size in ((1, 2), (2, 1), (2, 5), (3, 2), (4, 3), (7, 1)):
            loaders = [
                roll.batches(size, **options, threads=1, rank=rank, world_size=world_size, drop_last=drop_last)
                for rank in range(world_size)
            ]
            loaded = [[batch["label"].tolist() for batch in loader] for loader in loaders]
            assert {len(batches) for batches in loaded} == {len(loader) for loader in loaders}
            assert len({len(loader) for loader in loaders}) == 1
            labels = [label for batches in loaded for batch in batches for label in batch]
            assert set(labels) == set(range(count)) or drop_last
            assert len(labels) - len(set(labels)) < world_size


@pytest.mark.parametrize(
    "state",
    [
        None,
        3,
        {},
        {"epoch": 0},
        {"epoch": "0", "position": 0},
        {"epoch": 0, "position": 1.0},
        [0, 0],
        {"epoch": 0, "position": COUNT + 1},
        {"epoch": -1, "position": 0},
    ],
)
def test_state_of_something_else_is_refused(roll, state):
    loader = roll.batches(4)
    with pytest.raises(ValueError, match=f"is not of a loader of {COUNT} records"):
        loader.load_state_dict(state)
    assert loader.state_dict() == {"epoch": 0, "position": 0}


def test_state_out_of_a_checkpoint_may_be_numbers_of_numpy(roll):
    loader = roll.batches(4)
    loader.load_state_dict({"epoch": np.int64(2), "position": np.array(8)})
    assert loader.state_dict() == {"epoch": 2, "position": 8}
    assert {type(number) for number in loader.state_dict().values()} == {int}
