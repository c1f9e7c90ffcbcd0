"""What goes wrong in a process is told as threads tell it; what cannot be asked for is refused."""

import sys
import warnings

import pytest

import filmroll
from filmroll.errors import ChecksumError, DecodeError, UnsupportedError
from loading.flowers import contents, damaged

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at processes as Linux shows them")


def test_broken_picture_is_an_error_that_says_which_after_the_batches_before_it(tmp_path):
    path = damaged(tmp_path)
    loader = filmroll.open(path).batches(2, size=8, processes=1)
    found = []
    with pytest.raises(DecodeError) as caught:
        for batch in loader:
            found += batch["record"].tolist()
    assert found == [0, 1, 2, 3]
    assert (caught.value.path, caught.value.record) == (str(path), 4)
    with pytest.raises(DecodeError):
        next(iter(loader))


@pytest.mark.parametrize("options", [{"size": 8}, {}], ids=["of one size", "as they are"])
def test_broken_pictures_are_skipped_counted_and_warned_of_once_as_by_threads(tmp_path, options):
    path = damaged(tmp_path)
    found = {}
    for name, engine in (("threads", {}), ("processes", {"processes": 2})):
        loader = filmroll.open(path).batches(2, **options, on_error="skip", **engine)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            batches = [one for _ in range(2) for one in contents(loader)]
        told = [str(one.message) for one in caught]
        found[name] = batches, {number: str(error) for number, error in loader.skipped.items()}, told
    assert found["processes"] == found["threads"]
    assert [numbers for numbers, _, _ in found["processes"][0][:3]] == [[0, 1], [2, 3], [5]]
    assert len(found["processes"][2]) == 1


def test_damaged_record_is_an_error_and_what_is_left_of_the_file_is_salvaged(tmp_path):
    path = damaged(tmp_path)
    data = bytearray(path.read_bytes())
    data[5] ^= 1  # of the first length
    path.write_bytes(data)
    with filmroll.open(path, dialect="slim", on_error="salvage") as roll, warnings.catch_warnings():
        warnings.simplefilter("ignore", filmroll.DamageWarning)
        of_threads = contents(roll.batches(2, size=8, threads=1))
        assert contents(roll.batches(2, size=8, processes=1)) == of_threads
        assert [numbers for numbers, _, _ in of_threads] == [[0, 1], [2, 3], [5]]
    data[5] ^= 1
    data[100] ^= 1
    path.write_bytes(data)
    with pytest.raises(ChecksumError) as caught:
        list(filmroll.open(path, dialect="slim").batches(4, size=8, processes=1))
    assert (caught.value.path, caught.value.record) == (str(path), 0)


def test_what_a_process_raises_is_raised_with_where_it_came_from(roll, shards, tmp_path):
    copy = tmp_path / "copy.tfrecord"
    copy.write_bytes(shards[0].read_bytes())
    with filmroll.open(copy) as roll:
        loader = roll.batches(4, size=8, processes=1)
        copy.unlink()
        for _ in range(2):  # it stays so
            with pytest.raises(FileNotFoundError, match="copy.tfrecord") as caught:
                list(loader)
            assert any("worker.py" in note for note in caught.value.__notes__)


def test_threads_and_processes_at_once_and_no_processes_are_refused(roll):
    with pytest.raises(UnsupportedError, match="threads=2 and processes=4: pictures are decoded by one of them"):
        roll.batches(4, threads=2, processes=4)
    with pytest.raises(ValueError, match="0 processes: give a number above 0, or None for threads"):
        roll.batches(4, processes=0)


def test_python_without_a_program_of_its_own_is_told_to_use_threads(roll, monkeypatch):
    loader = roll.batches(4, processes=1)
    monkeypatch.setattr(sys, "executable", None)
    with pytest.raises(UnsupportedError, match="use threads"):
        next(iter(loader))
