"""Slots of shared memory: two mappings see the same, and a slot is free again when nobody looks at it."""

import gc
import mmap
import os

import numpy as np
import pytest

from filmroll.loading import slots
from filmroll.loading.slots import Layout, Memory, Slots

pytestmark = pytest.mark.skipif(os.name != "posix", reason="file descriptors are a thing of POSIX")
LAYOUT = Layout(workers=2, slots=3, shape=(4, 5, 6, 3))


@pytest.fixture
def memory():
    memory = Memory(LAYOUT)
    yield memory
    memory.close()


def test_slots_begin_at_pages_behind_the_numbers_and_do_not_overlap():
    offsets = [LAYOUT.offset(slot) for slot in range(3)]
    assert offsets == [mmap.PAGESIZE, 2 * mmap.PAGESIZE, 3 * mmap.PAGESIZE]
    assert LAYOUT.nbytes == 4 * mmap.PAGESIZE
    assert Layout(workers=600, slots=3, shape=None).nbytes == 2 * mmap.PAGESIZE


def refuse(name):
    raise PermissionError(name)


@pytest.mark.parametrize("system", ["memory", "files", "refused memory"])
def test_both_sides_see_the_same_and_it_has_no_name(system, monkeypatch, tmp_path):
    if system == "files":
        monkeypatch.delattr(os, "memfd_create", raising=False)
    elif system == "refused memory":
        monkeypatch.setattr(os, "memfd_create", refuse, raising=False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    memory = Memory(LAYOUT)
    other = slots.of_key(LAYOUT, os.dup(memory.key))
    memory.close()
    memory.shared.images(1, 2)[...] = 7
    assert (other.images(1, 4)[:2] == 7).all()
    assert not other.images(1, 4)[2:].any()
    other.begun[1], other.wanted[2] = 40, 1
    assert memory.shared.begun.tolist() == [0, 40]
    assert memory.shared.wanted.tolist() == [0, 0, 1]
    assert list(tmp_path.iterdir()) == []


def test_name_of_another_systems_memory_is_refused():
    with pytest.raises(ValueError, match="'filmroll-1'"):
        slots.of_key(LAYOUT, "filmroll-1")


def test_slot_that_was_lent_is_free_when_the_array_and_all_views_are_gone(memory):
    room = Slots(memory.shared, 3)
    slot = room.take()
    images = room.lend(slot, 4)
    assert images.shape == (4, 5, 6, 3)
    assert images.flags.writeable
    view = memoryview(images[1:, ::2])
    del images
    assert {room.take(), room.take()} == {0, 1, 2} - {slot}
    assert room.take() is None
    view.release()
    del view
    gc.collect()
    assert room.take() == slot


def test_slot_used_last_is_used_next(memory):
    room = Slots(memory.shared, 3)
    slot = room.take()
    room.give_back(slot)
    assert room.take() == slot
    assert memory.shared.wanted[slot] == 1


def test_last_free_slot_is_kept_for_the_next_batch_and_the_user_gets_a_copy(memory):
    room = Slots(memory.shared, 3)
    kept = [room.lend(room.take(), 2) for _ in range(5)]
    for number, images in enumerate(kept):
        images[...] = number
    assert [int(images.max()) for images in kept] == list(range(5))
    assert [images.base is None or images.base.base is None for images in kept] == [False, False, True, True, True]
    assert room.take() is not None


def test_pictures_that_are_not_kept_in_slots_leave_them_free():
    memory = Memory(Layout(workers=1, slots=2, shape=None))
    memory.close()
    room = Slots(memory.shared, 2)
    assert [room.lend(room.take(), 4) for _ in range(5)] == [None] * 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning", "ignore:.*fork.*:RuntimeWarning")
def test_slot_that_a_forked_process_may_look_at_is_not_used_again(memory):
    room = Slots(memory.shared, 3)
    images, later = room.lend(room.take(), 4), None
    process = os.fork()
    if not process:
        os._exit(0)
    os.waitpid(process, 0)
    del images
    later = room.lend(room.take(), 4)
    del later
    assert {room.take(), room.take()} == {0, 1}
    assert room.take() is None


def test_memory_outlives_everything_but_its_last_array(memory):
    images = Slots(memory.shared, 3).lend(2, 4)
    images[...] = 9
    memory.close()
    del memory
    gc.collect()
    assert np.array_equal(images, np.full((4, 5, 6, 3), 9, np.uint8))
