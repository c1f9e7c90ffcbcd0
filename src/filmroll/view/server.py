"""filmroll view: a page on this machine to look at records, until it is interrupted."""

import hashlib
import socket
import webbrowser
from collections.abc import Callable, Iterable
from contextlib import closing
from threading import Timer

import uvicorn
from starlette.applications import Starlette

from filmroll.errors import SourceError
from filmroll.records import storage
from filmroll.records.kinds import Choice
from filmroll.view import shelf
from filmroll.view.app import make_app
from filmroll.view.catalogue import Catalogue
from filmroll.view.cataloguing import Cataloguing
from filmroll.view.entries import Entries, open_entries
from filmroll.view.links import LiveLinks
from filmroll.view.security import LOOPBACK

PORT = 8000
TRIED_PORTS = 20
Say = Callable[[str], None]


def serve(
    paths: storage.Paths,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    dialect: str | None = None,
    compression: Choice = "auto",
    browser: bool = True,
    say: Say = print,
) -> None:
    """Show records in the browser until interrupted.

    Args:
        paths: Record files, patterns or folders as for `filmroll.open`, or a folder of pictures.
        host: Address to listen at; any other than that of this machine alone is warned of.
        port: Port; None is 8000, or the next one that is free. 0 is any that is free.
        dialect: How the features are named; None finds out.
        compression: "gzip", "zlib", None, or "auto".
        browser: Open a browser.
        say: Takes the address and warnings, a line each.

    Raises:
        FileNotFoundError, SourceError: There is nothing to look at.
        OSError: The port is in use.
    """
    with closing(open_entries(paths, dialect=dialect, compression=compression)) as entries:
        if not len(entries):
            raise SourceError("no records: there is nothing to look at", path=entries.paths[0])
        version = version_of(entries, f"{dialect} {compression}")
        kept = shelf.find(version, count=len(entries))
        catalogue = kept or Catalogue(len(entries), entries.label_names)
        app = make_app(entries, catalogue, links=LiveLinks(version), hosts=hosts_of(host))
        with listening(host, port) as listener:
            address = f"http://{_named(host)}:{listener.getsockname()[1]}/"
            if not is_loopback(host):
                say(f"warning: {host} is in reach of other machines; everyone who finds this port sees these records")
            say(f"{entries.name}: {len(entries):,} records at {address} (Ctrl+C ends)")
            filling = Cataloguing(entries, catalogue, version=None if kept else version)
            filling.start()
            if browser:
                Timer(0.3, webbrowser.open, [address]).start()
            try:
                server_of(app).run(sockets=[listener])
            finally:
                filling.stop()


def server_of(app: Starlette) -> uvicorn.Server:
    """Return what runs an application, and says nothing of itself."""
    return uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", server_header=False, ws="none"))


def version_of(entries: Entries, how: str = "") -> str:
    """Return a word that changes when a file does, or how it is read."""
    digest = hashlib.sha256(f"{shelf.FORMAT} {how}\n".encode())
    for path in (one.absolute() for one in entries.paths):
        try:
            status = path.stat()
            digest.update(f"{path}\0{status.st_size}\0{status.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
        except OSError:  # gone: its records say so
            digest.update(f"{path}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:12]


def is_loopback(host: str) -> bool:
    """Tell whether only this machine reaches an address."""
    return host in ("localhost", "::1") or host.startswith("127.")


def hosts_of(host: str) -> tuple[str, ...]:
    """Return the names under which a server that listens at an address may be asked."""
    own: Iterable[str] = () if host in ("0.0.0.0", "::") else (f"[{host}]" if ":" in host else host,)
    names = (socket.gethostname(), *_addresses()) if host in ("0.0.0.0", "::") else ()
    return tuple(dict.fromkeys((*LOOPBACK, *own, *names)))


def _addresses() -> list[str]:
    try:
        found = socket.getaddrinfo(socket.gethostname(), None, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return [f"[{one[4][0]}]" if one[0] == socket.AF_INET6 else str(one[4][0]) for one in found]


def _named(host: str) -> str:
    return "127.0.0.1" if host == "0.0.0.0" else "[::1]" if host == "::" else f"[{host}]" if ":" in host else host


def listening(host: str, port: int | None) -> socket.socket:
    """Listen at the port, or at the first free one from the usual one on.

    Raises:
        OSError: The port is in use, or none of those tried is free.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    tried = range(PORT, PORT + TRIED_PORTS) if port is None else (port,)
    for one in tried:
        try:
            listener = socket.create_server((host, one), family=family, backlog=512)
        except OSError as exc:
            if one == tried[-1]:
                raise OSError(exc.errno, f"port {one} of {host} cannot be listened at: {exc.strerror}") from exc
        else:
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio leaves it out for a socket given
            return listener
    raise AssertionError("a port is tried")
