"""A server of pages in a thread, for tests."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from filmroll.view import server
from filmroll.view.app import make_app
from filmroll.view.catalogue import Catalogue
from filmroll.view.cataloguing import Cataloguing
from filmroll.view.entries import Entries, open_entries
from filmroll.view.links import LiveLinks


@dataclass
class Served:
    """What a test may look into."""

    address: str
    entries: Entries
    catalogue: Catalogue


@contextmanager
def serving(path: Path, *, fill: bool = True) -> Iterator[Served]:
    """Serve records at a free port of this machine; the catalogue is full at the beginning, or stays empty."""
    entries = open_entries(path)
    catalogue = Catalogue(len(entries), entries.label_names)
    if fill:
        Cataloguing(entries, catalogue).run()
    app = make_app(entries, catalogue, links=LiveLinks(server.version_of(entries)))
    with server.listening("127.0.0.1", 0) as listener:
        running = server.server_of(app)
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}", entries, catalogue)
        finally:
            running.should_exit = True
            thread.join()
            entries.close()


def ask(address: str, path: str, *, method: str = "GET", **headers: str):
    """Ask without a client that would tidy up the path; return status, headers and body."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=20)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()
