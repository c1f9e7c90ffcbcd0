"""An engine is chosen by its name; what cannot be had is said at once, in one line."""

import socket
import sys
import threading
import time
from contextlib import contextmanager

import pytest

import filmroll
import pictures
from filmroll.errors import MissingDependencyError, UnsupportedError
from filmroll.packing.engines import choice


def begin(engine="ray", *, address=None):
    with choice.opened(engine, workers=1, address=address):
        pytest.fail("it was opened")


def test_unknown_engine_names_those_there_are():
    with pytest.raises(UnsupportedError, match="'dask'; there are threads, processes, ray, and any concurrent"):
        begin("dask")


@pytest.mark.parametrize("engine", ["threads", "processes"])
def test_address_without_a_cluster_is_refused(engine):
    with pytest.raises(UnsupportedError, match="give it with engine ray, or leave out '10.0.0.7:6379'"):
        begin(engine, address="10.0.0.7:6379")


@pytest.mark.parametrize("workers", [None, 0, -3])
def test_no_number_of_workers_is_the_number_of_processors(workers):
    with choice.opened("threads", workers=workers) as engine:
        assert engine.window >= 1


def test_ray_that_is_not_installed_is_named_with_what_installs_it(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "filmroll.packing.engines.ray", raising=False)
    with pytest.raises(MissingDependencyError, match=r"pip install 'filmroll\[ray\]'"):
        begin()
    flowers = pictures.folder_of_classes(tmp_path / "flowers")
    with pytest.raises(MissingDependencyError):
        filmroll.pack(flowers, tmp_path / "out" / "roll", engine="ray")
    assert not (tmp_path / "out").exists()


# Addresses


@pytest.fixture(scope="module")
def ray_engine():
    """The module that needs Ray, which warns about itself where it is imported first."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from importlib import import_module

        return import_module("filmroll.packing.engines.ray")


@contextmanager
def server(answer: bytes | None):
    """Serve one connection on this machine: with an answer, or with silence."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            link, _ = listening.accept()
            with link:
                link.recv(100)
                if answer is None:
                    ended.wait(20)
                else:
                    link.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"127.0.0.1:{listening.getsockname()[1]}"
        finally:
            ended.set()
            thread.join()


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "127.0.0.1:x", "127.0.0.1:99999", "nowhere"])
def test_address_without_a_cluster_is_an_error_at_once(ray_engine, monkeypatch, address):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    began = time.monotonic()
    with pytest.raises(ConnectionError, match=rf"{address}: no Ray cluster answers \(.+\); start one with"):
        begin(address=address)
    assert time.monotonic() - began < 5


def test_address_of_the_environment_is_taken_too(ray_engine, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:1")
    with pytest.raises(ConnectionError, match="127.0.0.1:1: no Ray cluster"):
        begin()


def test_server_of_something_else_is_an_error_that_says_so(ray_engine):
    other = b"HTTP/1.1 400 Bad Request\r\n\r\n"
    with server(other) as address, pytest.raises(ConnectionError, match="what is there is something else"):
        begin(address=address)


def test_server_that_says_nothing_is_not_waited_for(ray_engine, monkeypatch):
    monkeypatch.setattr(ray_engine, "ANSWER_S", 0.2)
    with server(None) as address, pytest.raises(ConnectionError, match="timed out"):
        begin(address=address)


@pytest.mark.parametrize("error", [SystemExit(15), RuntimeError("Version mismatch:\nmore"), ConnectionError()])
def test_cluster_that_ray_cannot_join_is_one_line_and_not_the_end_of_the_process(ray_engine, monkeypatch, error):
    def init(**options):
        raise error

    monkeypatch.setattr(ray_engine.ray, "init", init)
    first = str(error).split("\n")[0] or "ConnectionError"
    with server(bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))) as address, pytest.raises(ConnectionError) as caught:
        begin(address=address)
    assert f"{address}: no Ray cluster answers ({first}); " in str(caught.value)


def test_errors_of_lost_nodes_name_the_shard(ray_engine):
    lost = ray_engine.exceptions.WorkerCrashedError()
    error = ray_engine._translated(lost, "roll-3")
    assert isinstance(error, ChildProcessError)
    assert "lost 4 times at roll-3: The worker died" in str(error)


def test_nodes_without_filmroll_are_told_from_other_errors(ray_engine):
    error = ray_engine._translated(ray_engine.exceptions.RaySystemError("No module named 'filmroll'"), "roll-3")
    assert isinstance(error, MissingDependencyError)
    assert "every node of the cluster needs filmroll" in str(error)
