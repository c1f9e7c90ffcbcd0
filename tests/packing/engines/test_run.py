"""Tasks are done in order, counted, done again where a worker was lost, and stopped together, whoever does them."""

import os
import threading
import time
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import pytest

import engine_work as work
from filmroll.packing.engines import choice
from filmroll.packing.engines.counter import Counter, Part, StoppedError
from filmroll.packing.engines.run import run

KINDS = ("threads", "processes", "given threads", "given processes")


@pytest.fixture(scope="module")
def engines():
    """Two workers of each kind, begun once."""
    with (
        choice.opened("threads", workers=2) as threads,
        choice.opened("processes", workers=2) as processes,
        ThreadPoolExecutor(2) as some_threads,
        choice.opened(some_threads, workers=2) as given_threads,
        ProcessPoolExecutor(2, mp_context=get_context("spawn")) as some_processes,
        choice.opened(some_processes, workers=2) as given_processes,
    ):
        yield dict(zip(KINDS, (threads, processes, given_threads, given_processes), strict=True))


@pytest.fixture(params=KINDS)
def engine(request, engines):
    return engines[request.param]


def test_results_come_in_the_order_of_the_tasks(engine):
    finished = []
    wanted = [task * 10 for task in range(9)]
    assert run(work.tenfold, range(9), engine=engine, counter=Counter(9), finished=finished.append) == wanted
    assert sorted(finished) == wanted


def test_progress_grows_and_ends_at_the_total(engine):
    seen = []
    counter = Counter(5, lambda done, total: seen.append((done, total)))
    assert run(work.count_slowly, [2, 3], engine=engine, counter=counter, size=lambda task: task) == [2, 3]
    assert seen[-1] == (5, 5)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})


def test_task_that_is_known_is_not_done_and_counts(engine):
    seen = []
    counter = Counter(4, lambda done, total: seen.append(done))
    results = run(
        work.tenfold, [0, 1, 2], engine=engine, counter=counter, size=lambda _: 1, known=[None, 7, None].__getitem__
    )
    assert results == [0, 7, 20]
    assert max(seen) == 3


def test_tasks_are_made_when_their_turn_comes(engine):
    made, ahead = [], []

    def tasks():
        for number in range(40):
            made.append(number)
            yield number

    def finished(result):
        ahead.append(len(made) - len(ahead))

    run(work.tenfold, tasks(), engine=engine, counter=Counter(40), finished=finished)
    assert max(ahead) <= engine.window


def test_no_tasks_have_no_results(engine):
    assert run(work.tenfold, [], engine=engine, counter=Counter(0)) == []


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_error_of_one_task_stops_the_others_and_is_the_one_raised_as_it_was(kind):
    with choice.opened(kind, workers=2) as engine, pytest.raises(OSError, match="disk full") as caught:
        run(work.fail_at_one, range(30), engine=engine, counter=Counter(30))
    assert (caught.value.errno, caught.value.filename) == (28, "shard")


def test_error_in_an_executor_of_the_callers_is_raised_and_others_are_not_begun(engines):
    for kind in ("given threads", "given processes"):
        finished = []
        with pytest.raises(ValueError, match=r"task [01]$"):
            run(work.fail_badly, range(30), engine=engines[kind], counter=Counter(30), finished=finished.append)
        assert finished == []


def test_what_an_executor_has_not_begun_is_not_waited_for():
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool, choice.opened(pool, workers=None) as engine:
        begin = time.monotonic()
        with pytest.raises(OSError, match="disk full"):
            run(work.sleep_or_fail, [0.0, *[2.0] * 50], engine=engine, counter=Counter(51))
        assert time.monotonic() - begin < 50


@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_ctrl_c_stops_all_and_what_is_done_is_told(kind):
    finished = []

    def progress(done, total):
        if done == 2:
            raise KeyboardInterrupt

    with choice.opened(kind, workers=2) as engine, pytest.raises(KeyboardInterrupt):
        counter = Counter(100, progress)
        run(work.count_slowly, [1] * 100, engine=engine, counter=counter, size=lambda _: 1, finished=finished.append)
    assert len(finished) < 8


def test_result_that_cannot_be_noted_is_an_error_and_the_others_are_noted():
    noted = []

    def finished(result):
        if not noted:
            noted.append(None)
            raise OSError("journal")
        noted.append(result)

    with choice.opened("threads", workers=3) as engine, pytest.raises(OSError, match="journal"):
        run(work.tenfold, range(3), engine=engine, counter=Counter(3), finished=finished)
    assert len(noted) >= 1


def test_stopped_counter_lets_nobody_go_on():
    counter = Counter(1)
    counter.stop()
    with pytest.raises(StoppedError):
        Part(counter, size=1)()


def test_part_that_is_counted_again_counts_nothing_twice():
    seen = []
    part = Part(Counter(7, lambda done, total: seen.append((done, total))), size=7)
    for done in (2, 5, 1, 4, 6, 7):
        part.tell(done)
    assert seen == [(2, 7), (5, 7), (6, 7), (7, 7)]


def test_threads_have_the_name_given():
    with choice.opened("threads", workers=1, name="convert") as engine:
        [name] = run(work.thread_name, [0], engine=engine, counter=Counter(1))
    assert name.startswith("convert")


# Lost workers


class Broken(choice.Executor):
    """An executor whose workers have all ended."""

    def submit(self, function, /, *args):
        future = Future()
        future.set_exception(BrokenExecutor("gone"))
        return future


def test_executor_that_has_lost_its_workers_is_an_error_that_says_so():
    with choice.opened(Broken(), workers=1) as engine, pytest.raises(ChildProcessError, match="make a new one"):
        run(work.tenfold, [1], engine=engine, counter=Counter(1))


def test_executor_that_refuses_is_an_error_that_says_so():
    class Refusing(choice.Executor):
        def submit(self, function, /, *args):
            raise BrokenExecutor("gone")

    with choice.opened(Refusing(), workers=1) as engine, pytest.raises(ChildProcessError, match="make a new one"):
        run(work.tenfold, [1], engine=engine, counter=Counter(1))


def test_threads_and_callers_executors_are_where_they_were(engines):
    assert run(work.process, [0], engine=engines["threads"], counter=Counter(1)) == [os.getpid()]
    assert run(work.process, [0], engine=engines["processes"], counter=Counter(1)) != [os.getpid()]
    assert threading.current_thread() is threading.main_thread()
