"""A store on loopback that counts what it is asked for: moto's, as in the tests."""

import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

BUCKET = "scaling"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
SETTINGS = {"AWS_ACCESS_KEY_ID": "counted", "AWS_SECRET_ACCESS_KEY": "counted", "AWS_REGION": "us-east-1"}


@dataclass
class Counted(logging.Handler):
    """Requests by their method.

    Attributes:
        requests: The method of each, in order; "LIST" of listings.
    """

    requests: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(logging.INFO)

    def emit(self, record: logging.LogRecord) -> None:
        """Count one line of the server's log."""
        line = COLOURS.sub("", record.getMessage())
        method = line.partition('"')[2].partition(" ")[0]
        self.requests.append("LIST" if "list-type" in line else method)

    def taken(self) -> dict[str, int]:
        """Return how many there were of each method since the last time."""
        found = {method: self.requests.count(method) for method in sorted(set(self.requests))}
        self.requests = []
        return found

    __hash__ = logging.Handler.__hash__


@contextmanager
def counted() -> Iterator[Counted]:
    """Run a store for a while, which this process finds by its environment."""
    from moto.server import ThreadedMotoServer

    log, counter = logging.getLogger("werkzeug"), Counted()
    log.addHandler(counter)
    log.setLevel(logging.INFO)
    log.propagate = False
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    before = dict(os.environ)
    os.environ.update(SETTINGS | {"AWS_ENDPOINT_URL": f"http://{host}:{port}"})
    try:
        import boto3

        boto3.client("s3").create_bucket(Bucket=BUCKET)
        counter.taken()
        yield counter
    finally:
        server.stop()
        log.removeHandler(counter)
        os.environ.clear()
        os.environ.update(before)
