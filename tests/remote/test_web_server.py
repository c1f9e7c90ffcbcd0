"""Records on a web server, which may give files whole alone."""

import pytest

import filmroll
import pictures
from buckets import Server
from filmroll.remote import store
from filmroll.remote.failures import RangesError
from filmroll.remote.path import path_of


@pytest.fixture
def packed(tmp_path):
    filmroll.pack(pictures.folder_of_classes(tmp_path / "flowers"), tmp_path / "out" / "roll", shards=2, seed=1)
    return tmp_path / "out"


class Plain(Server):
    """A server as Python's own: each file whole, without a mark of its content."""

    def __init__(self, folder) -> None:
        self.folder, self.asked = folder, []
        super().__init__()

    def answer(self, handler, _body) -> None:
        path = self.folder / handler.path.lstrip("/")
        self.asked.append((handler.command, path.name))
        if not path.is_file():
            handler.reply(404, {})
            return
        content = path.read_bytes()
        headers = {"Content-Length": str(len(content)), "Last-Modified": "Wed, 25 Nov 2026 10:00:00 GMT"}
        handler.reply(200, headers, content)


@pytest.fixture
def server(packed, environment):
    made = Plain(packed)
    yield made
    made.close()


NAME = "roll-00000-of-00002.tfrecord"


def test_records_are_read_from_a_copy_that_is_made_once(packed, server, tmp_path):
    urls = [f"{server.url}/{path.name}" for path in sorted(packed.glob("*.tfrecord"))]
    with filmroll.open(urls) as roll, filmroll.open(packed) as local:
        assert [sample.key for sample in roll] == [sample.key for sample in local]
        assert roll[7].image.tolist() == local[7].image.tolist()
        assert [batch["label"].tolist() for batch in roll.batches(5, size=8)] == [
            batch["label"].tolist() for batch in local.batches(5, size=8)
        ]
    assert [copy.name for copy in sorted((tmp_path / "cache").glob("files/*/*"), key=lambda one: one.name)] == [
        path.name for path in sorted(packed.glob("*.tfrecord"))
    ]
    whole = [name for command, name in server.asked if command == "GET" and name == NAME]
    with filmroll.open(urls) as roll:
        assert roll[0].key
    again = [name for command, name in server.asked if command == "GET" and name == NAME]
    assert len(again) - len(whole) == 2  # with a range, and without; then the copy that is there


@pytest.mark.parametrize("index", [True, False])
def test_reader_finds_records_with_and_without_an_index(packed, server, index):
    if not index:
        (packed / f"{NAME}.idx").unlink()
    with filmroll.Reader(f"{server.url}/{NAME}") as reader, filmroll.Reader(packed / NAME) as local:
        assert [bytes(one) for one in reader] == [bytes(one) for one in local]
        assert bytes(reader[3]) == bytes(local[3])
        assert reader.offsets.tolist() == local.offsets.tolist()


def test_commands_take_it(server, run):
    for command in (("verify",), ("inspect", "--json")):
        code, out, err = run(*command, f"{server.url}/{NAME}")
        assert (code, err) == (0, "")
        assert "6" in out


def test_file_that_is_larger_than_the_budget_is_one_line(server, environment, run):
    environment.setenv("FILMROLL_CACHE_NBYTES", "1000")
    code, out, err = run("inspect", f"{server.url}/{NAME}")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "bytes do not go into a cache of 1000; give it more" in err


def test_first_bytes_are_had_and_other_parts_are_refused_by_name(packed, server):
    path = path_of(f"{server.url}/{NAME}")
    assert path.has_ranges
    assert path.head() == (packed / NAME).read_bytes()[:4096]
    assert not path.has_ranges
    with pytest.raises(RangesError, match="the server does not know ranges"):
        store.read_ranges(path.url, [0], [10])
    (packed / "empty").touch()
    assert path_of(f"{server.url}/empty").head() == b""
    with pytest.raises(FileNotFoundError):
        path_of(f"{server.url}/absent").head()
    with pytest.raises(FileNotFoundError):
        store.begin(f"{server.url}/absent", 10)
