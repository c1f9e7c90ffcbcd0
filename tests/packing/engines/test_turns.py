"""Threads take turns where pictures are quick, go on side by side where they are not, and nobody waits for long."""

import itertools
import threading
import time
from contextlib import nullcontext
from types import SimpleNamespace

import pytest

import filmroll
from filmroll.packing.engines import threads, turns
from filmroll.packing.engines.counter import Counter, Part, StoppedError
from filmroll.packing.engines.run import run
from filmroll.packing.engines.turns import Line, Turn
from filmroll.records import tfrecord_writer, write_behind


class Clock:
    """A clock that goes on when it is told to."""

    now = 100.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(turns, "time", SimpleNamespace(perf_counter=made.perf_counter))
    return made


@pytest.fixture
def line() -> Line:
    return Line()


def begun(line: Line, *, counter: Counter | None = None) -> Turn:
    turn = Turn(Part(counter or Counter(9999), size=9999), line)
    turn.begin()
    return turn


def waiting(line: Line, turn: Turn) -> threading.Thread:
    """Let another thread wait for the turn; return when it does."""
    before = len(line._waiting)
    thread = threading.Thread(target=turn.begin)
    thread.start()
    while len(line._waiting) == before:
        time.sleep(0.001)
    return thread


def test_turn_goes_to_who_waits_longest(line, monkeypatch):
    monkeypatch.setattr(turns, "PATIENCE_S", 60)
    first = begun(line)
    others = [Turn(Part(Counter(9), size=9), line) for _ in range(3)]
    waiters = [waiting(line, other) for other in others]
    for last, other, waiter in zip([first, *others], others, waiters, strict=False):
        assert line._owner is last
        last.end()
        waiter.join(10)
        assert line._owner is other
    others[-1].end()
    assert line._owner is None


def test_who_has_the_turn_need_not_wait_and_who_has_it_not_cannot_give_it(line):
    first, other = begun(line), Turn(Part(Counter(9), size=9), line)
    other.end()
    first.begin()
    assert line._owner is first


def test_nobody_waits_long_for_a_thread_that_is_at_the_disk(line, monkeypatch):
    monkeypatch.setattr(turns, "PATIENCE_S", 0.01)
    stuck, other = begun(line), Turn(Part(Counter(9), size=9), line)
    other.begin()
    assert line._owner is other
    assert not line._waiting
    stuck.end()
    assert line._owner is other


def test_whose_patience_ends_as_it_is_called_goes_on(line, monkeypatch):
    monkeypatch.setattr(turns, "PATIENCE_S", 0.2)
    first, other, third = begun(line), Turn(Part(Counter(9), size=9), line), Turn(Part(Counter(9), size=9), line)
    waiter = waiting(line, other)
    with line._lock:  # until its patience has ended
        time.sleep(0.4)
        line._waiting.popleft()  # it is called ...
        line._owner = third  # ... and who was impatient too has the turn already
    waiter.join(10)
    assert not waiter.is_alive()
    assert line._owner is third
    first.end()
    other.end()
    assert line._owner is third


def test_quick_pictures_keep_the_turn_for_a_slice_and_stand_in_line_again(line, clock):
    turn = begun(line)
    given = []
    line.give = lambda turn: given.append(clock.now)  # type: ignore[method-assign]
    for _ in range(250):
        clock.now += turns.QUICK_S / 2
        turn()
    assert len(given) == int(250 * turns.QUICK_S / 2 / turns.SLICE_S)
    assert line._owner is turn


def test_slow_pictures_go_on_without_a_turn_and_try_again_ever_later(line, clock):
    turn, tried = begun(line), []
    take = line.take
    line.take = lambda turn: (tried.append(clock.now), take(turn))  # type: ignore[method-assign]
    for _ in range(4000):
        clock.now += 0.01
        turn()
        assert line._owner is (turn if tried and tried[-1] == clock.now else None)
    waits = [round(after - before, 1) for before, after in itertools.pairwise(tried)]
    assert waits == sorted(waits)
    assert waits[-1] == pytest.approx(turns.MOST_FREE_S, abs=0.05)
    assert len(tried) < 20


def test_task_whose_pictures_are_done_waits_for_the_disk_without_the_turn(line, clock):
    turn = Turn(Part(Counter(9), size=2), line)
    turn.begin()
    turn()
    assert line._owner is turn
    turn()
    assert line._owner is None


def test_others_go_on_while_the_system_works_for_who_has_the_turn(line, clock, monkeypatch):
    monkeypatch.setattr(turns, "PATIENCE_S", 60)
    turn, other = begun(line), Turn(Part(Counter(9), size=9), line)
    waiter = waiting(line, other)
    with turn.aside():
        waiter.join(10)
        assert line._owner is other
        other.end()
    assert line._owner is turn


def test_time_that_the_system_takes_is_not_that_of_the_pictures(line, clock):
    turn, others = begun(line), []
    give = line.give
    line.give = lambda turn: (others.append(clock.now), give(turn))  # type: ignore[method-assign]
    for _ in range(2 * int(turns.SLICE_S / turns.QUICK_S)):  # twice as many as fill a slice: half of its time each
        with turn.aside():
            clock.now += 1.0
        clock.now += turns.QUICK_S / 2.01
        turn()
    assert line._owner is turn  # else they had been slow, and it went on without
    assert len(others) == 2 * int(turns.SLICE_S / turns.QUICK_S)  # each time aside, and no slice was over


@pytest.mark.parametrize("is_done", [False, True])
def test_who_has_no_turn_waits_for_none_after_the_system_was_at_work(line, clock, is_done):
    turn = Turn(Part(Counter(9), size=1 if is_done else 9), line)
    turn.begin()
    clock.now += 1
    turn()  # it was the last, or so slow that the turn is of no use
    other = begun(line)
    with turn.aside():
        pass
    assert line._owner is other


def test_error_of_the_system_is_passed_on_and_the_turn_is_there_to_be_ended(line):
    turn = begun(line)
    with pytest.raises(OSError, match="full"), turn.aside():
        raise OSError("full")
    assert line._owner is turn
    turn.end()
    assert line._owner is None


def test_shards_are_written_while_others_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(turns, "PATIENCE_S", 60)
    monkeypatch.setattr(write_behind, "STEP_NBYTES", 1000)
    real, writing, read = write_behind._write, [], threading.Event()

    def write(handle, buffers) -> None:
        if not writing:
            writing.append(handle)
            assert read.wait(30)  # for the pictures of the other shard
        real(handle, buffers)

    def work(name, count) -> None:
        with filmroll.Writer(tmp_path / name) as writer:
            if writing:
                read.set()
            for number in range(20):
                writer.write(bytes([number]) * 500)
                count()

    monkeypatch.setattr(write_behind, "_write", write)
    monkeypatch.setattr(tfrecord_writer, "PENDING_NBYTES", 1)
    engine = threads.start(workers=2, name="t")
    run(work, ["a.tfrecord", "b.tfrecord"], engine=engine, counter=Counter(40), size=lambda _: 20)
    engine.close()
    for name in ("a.tfrecord", "b.tfrecord"):
        with filmroll.Reader(tmp_path / name) as reader:
            assert list(reader) == [bytes([number]) * 500 for number in range(20)]


def test_thread_forgets_the_turn_of_a_task_that_is_done():
    asides = []

    def work(task, count) -> None:
        asides.append(write_behind.ASIDE.get())

    def after() -> object:
        return write_behind.ASIDE.get()

    engine = threads.start(workers=2, name="t")
    run(work, range(4), engine=engine, counter=Counter(4))
    assert {engine._pool.submit(after).result() for _ in range(8)} == {nullcontext}
    engine.close()
    assert len({*asides, nullcontext}) == 5


def test_pictures_are_counted_and_the_word_to_stop_is_heard(line):
    seen: list[tuple[int, int]] = []
    counter = Counter(9, lambda done, total: seen.append((done, total)))
    turn = begun(line, counter=counter)
    turn()
    turn(3)
    assert seen == [(1, 9), (4, 9)]
    turn.stop()
    for hear in (turn, turn.check):
        with pytest.raises(StoppedError):
            hear()


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_threads_with_quick_pictures_do_all_of_them(workers):
    done, counter = [], Counter(5000)

    def work(task, count) -> int:
        for _ in range(500):
            done.append(task)
            count()
        return task

    engine = threads.start(workers=workers, name="t")
    assert run(work, range(10), engine=engine, counter=counter) == [*range(10)]
    engine.close()
    assert sorted(done) == [task for task in range(10) for _ in range(500)]


def test_task_that_fails_lets_the_others_have_the_turn():
    def work(task, count) -> None:
        count()
        raise ZeroDivisionError

    engine = threads.start(workers=2, name="t")
    with pytest.raises(ZeroDivisionError):
        run(work, range(4), engine=engine, counter=Counter(4))
    engine.close()
    assert engine._line._owner is None
    assert not engine._line._waiting
