"""An S3-compatible server on loopback, and a proxy before it that counts, fails, stalls and forbids."""

import http.client
import logging
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import pytest

BUCKET = "roll"
KEYS = {"AWS_ACCESS_KEY_ID": "filmroll-tests", "AWS_SECRET_ACCESS_KEY": "not-a-real-secret", "AWS_REGION": "us-east-1"}


class Request(NamedTuple):
    """What was asked of the proxy, and how many bytes it gave."""

    method: str
    path: str
    nbytes: int
    status: int
    is_whole: bool


class Answering(BaseHTTPRequestHandler):
    """Answers what its server says."""

    protocol_version = "HTTP/1.1"

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self.server.proxy.answer(self, body)
        except ConnectionError:
            self.close_connection = True  # the client had no patience

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = answer

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def reply(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


class Server:
    """A server of one's own on loopback.

    Attributes:
        url: Its address.
    """

    def __init__(self, answer: Callable[[Answering, bytes], None] | None = None) -> None:
        if answer is not None:
            self.answer = answer
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self._server.daemon_threads = True
        self._server.proxy = self
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Proxy(Server):
    """A proxy before a store.

    Attributes:
        requests: What was asked for since the last `clear`.
        fail_every: Each so-many-th request fails with 503, or with 500, in turn.
        stall_s: How long to say nothing, for the first `stalls` requests.
        stalls: How many requests are to stall yet.
        authorization: What the last request was signed with.
        stall_inside: Stall in the middle of the answer, not before it.
    """

    def __init__(self, upstream: str) -> None:
        self._upstream = upstream.removeprefix("http://")
        self._lock = threading.Lock()
        self.clear()
        super().__init__()

    def clear(self) -> None:
        self.requests: list[Request] = []
        self.fail_every, self.stalls, self.stall_s, self.stall_inside = 0, 0, 0.0, False
        self.only = self.authorization = ""
        self._count = 0

    def nbytes(self, suffix: str = "") -> int:
        return sum(one.nbytes for one in self.requests if one.path.partition("?")[0].endswith(suffix))

    def answer(self, handler: Answering, body: bytes) -> None:
        with self._lock:
            self.authorization = handler.headers.get("Authorization") or ""
            is_meant = self.only in handler.path
            self._count += is_meant
            fails = is_meant and self.fail_every and self._count % self.fail_every == 0
            stalls = is_meant and self.stalls > 0
            self.stalls -= stalls
        if fails:
            self._note(handler, 503 if self._count % 2 else 500, 0)
            handler.reply(503 if self._count % 2 else 500, {}, b"<Error><Code>SlowDown</Code></Error>")
            return
        if stalls and not self.stall_inside:
            time.sleep(self.stall_s)
            handler.close_connection = True
            return
        self._forward(handler, body, stalls=stalls)

    def _forward(self, handler: Answering, body: bytes, *, stalls: bool) -> None:
        connection = http.client.HTTPConnection(self._upstream, timeout=30)
        skipped = ("host", "connection", "content-length", "transfer-encoding")
        headers = {name: value for name, value in handler.headers.items() if name.lower() not in skipped}
        try:
            connection.request(handler.command, handler.path, body or None, headers)
            response = connection.getresponse()
            data = response.read()
            kept = {n: v for n, v in response.getheaders() if n.lower() not in ("connection", "transfer-encoding")}
            if "Content-Length" not in kept and handler.command != "HEAD":
                kept = {n: v for n, v in kept.items() if n.lower() != "content-length"} | {
                    "Content-Length": str(len(data))
                }
        finally:
            connection.close()
        self._note(handler, response.status, len(data))
        if stalls:
            handler.reply(response.status, kept, data[: len(data) // 2])
            time.sleep(self.stall_s)
            handler.close_connection = True
            return
        handler.reply(response.status, kept, data)

    def _note(self, handler: Answering, status: int, nbytes: int) -> None:
        with self._lock:
            self.requests.append(
                Request(handler.command, handler.path, nbytes, status, handler.headers.get("Range") is None)
            )


class Bucket:
    """A bucket behind a proxy.

    Attributes:
        url: Where it begins: "s3://roll".
        endpoint: The store itself, without the proxy.
        proxy: The proxy that filmroll talks to.
    """

    url = f"s3://{BUCKET}"

    def __init__(self, endpoint: str, proxy: Proxy) -> None:
        self.endpoint, self.proxy = endpoint, proxy

    def client(self):
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id="k",
            aws_secret_access_key="s",
            region_name="us-east-1",
        )

    def names(self) -> list[str]:
        found = self.client().list_objects_v2(Bucket=BUCKET)
        return sorted(one["Key"] for one in found.get("Contents", ()))

    def uploads(self) -> int:
        """Count the uploads in parts that were neither finished nor given up."""
        return len(self.client().list_multipart_uploads(Bucket=BUCKET).get("Uploads", ()))

    def read(self, key: str) -> bytes:
        return self.client().get_object(Bucket=BUCKET, Key=key)["Body"].read()

    def write(self, key: str, content: bytes) -> None:
        self.client().put_object(Bucket=BUCKET, Key=key, Body=content)

    def take(self, folder: Path, under: str = "") -> None:
        """Copy all files of a folder."""
        for path in sorted(one for one in folder.iterdir() if one.is_file()):
            self.write(under + path.name, path.read_bytes())

    def empty(self) -> None:
        client = self.client()
        for name in self.names():
            client.delete_object(Bucket=BUCKET, Key=name)

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Let the store ask for credentials that it knows; it knows none."""
        self._ask_for_credentials("0")
        try:
            yield
        finally:
            self._ask_for_credentials("inf")

    def _ask_for_credentials(self, after: str) -> None:
        request = urllib.request.Request(
            f"{self.endpoint}/moto-api/reset-auth", after.encode(), {"Content-Type": "text/plain"}, method="POST"
        )
        urllib.request.urlopen(request).read()


@pytest.fixture(scope="session")
def store():
    """A store on loopback, for all tests of a process."""
    server = pytest.importorskip("moto.server")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    moto = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    proxy = Proxy(f"http://{host}:{port}")
    made = Bucket(f"http://{host}:{port}", proxy)
    made.client().create_bucket(Bucket=BUCKET)
    yield made
    proxy.close()
    moto.stop()


@pytest.fixture
def environment(monkeypatch, tmp_path):
    """The settings of stores, and nothing of the user's."""
    import os

    for name in os.environ:
        if name.startswith(("AWS_", "FILMROLL_CACHE")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("FILMROLL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("FILMROLL_STALL_S", "1")
    monkeypatch.setenv("FILMROLL_RETRY_S", "20")
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture
def bucket(store, environment):
    """An empty bucket, which filmroll is told of."""
    environment.setenv("AWS_ENDPOINT_URL", store.proxy.url)
    store.empty()
    store.proxy.clear()
    return store
