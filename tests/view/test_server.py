"""The server as a command."""

import re
import signal
import socket
import subprocess
import sys
import urllib.request
from types import SimpleNamespace

import pytest

from filmroll.errors import SourceError
from filmroll.view import server
from view import rolls

COMMAND = (sys.executable, "-c", "import sys; from filmroll.cli import run; sys.exit(run(sys.argv[1:]))", "view")


def start(*arguments) -> tuple[subprocess.Popen, str]:
    """Start the command, and return it with all that it says until it gives its address."""
    process = subprocess.Popen(
        [*COMMAND, "--no-browser", *map(str, arguments)], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    said = ""
    while "http://" not in said and (line := process.stderr.readline()):
        said += line
    return process, said


def stop(process: subprocess.Popen) -> int:
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    return process.returncode


def test_command_says_where_it_is_answers_and_ends_when_interrupted(tmp_path):
    process, said = start("--port", 0, rolls.flowers(tmp_path, count=10))
    try:
        address = re.search(r"http://127\.0\.0\.1:\d+/", said)[0]
        assert "flowers.tfrecord: 10 records" in said
        assert "warning" not in said
        with urllib.request.urlopen(address) as answer:
            assert b"daisy/0000.jpg" in answer.read()
    finally:
        code = stop(process)
    assert code in (0, 130)


def test_address_in_reach_of_others_is_warned_of(tmp_path):
    process, said = start("--port", 0, "--host", "0.0.0.0", rolls.flowers(tmp_path, count=8))
    stop(process)
    assert said.startswith("warning: 0.0.0.0 is in reach of other machines")


def test_port_in_use_is_an_error_when_asked_for_and_passed_by_when_not(tmp_path, monkeypatch):
    path = rolls.flowers(tmp_path, count=8)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"port {port}"):
            server.serve(path, port=port, browser=False)
        monkeypatch.setattr(server, "PORT", port)
        with server.listening("127.0.0.1", None) as found:
            assert port < found.getsockname()[1] < port + server.TRIED_PORTS


def test_records_are_let_go_of_where_the_port_is_in_use(tmp_path, monkeypatch):
    opened, closed = server.open_entries(rolls.flowers(tmp_path, count=8)), []
    monkeypatch.setattr(server, "open_entries", lambda *paths, **options: opened)
    monkeypatch.setattr(opened, "close", lambda: closed.append(True))
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="port"):
        server.serve("", port=taken.getsockname()[1], browser=False)
    assert closed == [True]


def test_no_records_are_an_error(tmp_path):
    with pytest.raises(SourceError, match="no records"):
        server.serve(rolls.write(tmp_path / "a.tfrecord", []), browser=False)


@pytest.mark.parametrize(
    ("host", "local"),
    [("127.0.0.1", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("192.168.1.5", False)],
)
def test_loopback_is_told_from_the_rest(host, local):
    assert server.is_loopback(host) is local


def test_own_names_are_loopback_and_the_address_given():
    assert server.hosts_of("127.0.0.1") == ("127.0.0.1", "localhost", "[::1]")
    assert "192.168.1.5" in server.hosts_of("192.168.1.5")
    assert "[fe80::1]" in server.hosts_of("fe80::1")
    assert socket.gethostname() in server.hosts_of("0.0.0.0")


def test_answers_do_not_wait_for_the_other_side_to_say_that_it_has_their_headers():
    with server.listening("127.0.0.1", 0) as listener, socket.create_connection(listener.getsockname()) as client:
        with listener.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert client


def test_machine_whose_own_name_is_unknown_is_asked_by_its_other_names(monkeypatch):
    def unknown(*arguments, **options):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert server.hosts_of("0.0.0.0") == ("127.0.0.1", "localhost", "[::1]", socket.gethostname())


def test_version_of_files_that_are_gone_is_another_one(tmp_path):
    path = rolls.flowers(tmp_path, count=8)
    entries = SimpleNamespace(paths=[path])
    before = server.version_of(entries)
    path.unlink()
    assert server.version_of(entries) != before
