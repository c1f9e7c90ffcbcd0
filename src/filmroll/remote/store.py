"""Requests to buckets and servers, through obstore: ranges, listings, whole files up and down.

    s3://bucket/key   gs://bucket/key   az://container/key   http(s)://host/path

Credentials are found by the stores' own rules (AWS_*, GOOGLE_*, AZURE_* in the environment, the machine's own role,
a profile of AWS through boto3), and never stand in an error. A request that fails or stalls is made again, later and
later, until `FILMROLL_RETRY_S` seconds (120) have passed; it stalls when nothing comes for `FILMROLL_STALL_S` (20).
"""

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, TypeVar
from urllib.parse import urlsplit

from filmroll.errors import MissingDependencyError, UnsupportedError
from filmroll.remote import failures, urls
from filmroll.remote.patience import patience_s

PART_NBYTES = 8 << 20  # of a file that goes up in parts, all at once or not at all; S3 takes 10,000 of them
PARTS_AT_ONCE = 4
NEAR_NBYTES = 1 << 16  # ranges as near as that are asked for together: a request costs more than the bytes between
MAX_PARTS = 9_000
PROFILE = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE")

Result = TypeVar("Result")


class Status(NamedTuple):
    """What a store says of a file: its bytes, when it was written (nanoseconds since 1970), and what marks its content.

    `nbytes` is None of a folder.
    """

    nbytes: int | None
    changed_ns: int = 0
    mark: str = ""


class _Owner:
    """The process that has made requests: obstore's threads do not live on in one that is forked from it."""

    process: int | None = None


def require() -> Any:
    """Return obstore.

    Raises:
        MissingDependencyError: It is not installed.
        UnsupportedError: This process was forked from one that had used it.
    """
    try:
        import obstore
    except ImportError as exc:
        raise MissingDependencyError("buckets and URLs need obstore: pip install 'filmroll[cloud]'") from exc
    if _Owner.process not in (None, os.getpid()):
        raise UnsupportedError(
            "this process was forked from one that had read from a store; start it with 'spawn', as in"
            " DataLoader(..., multiprocessing_context='spawn')"
        )
    _Owner.process = os.getpid()
    return obstore


def status(url: str) -> Status:
    """Ask for a file's size and age; of a folder that there is one.

    Raises:
        FileNotFoundError: There is neither.
        OSError: The store refuses, fails or does not answer.
        MissingDependencyError, UnsupportedError: The extra `cloud` is absent, or the store is none that is known.
    """
    obstore = require()
    store, key = _locate(url)
    if not key:
        _ = url.startswith("http") or holds_any(url)
        return Status(None)
    try:
        return _status(_told(url, lambda: obstore.head(store, key)))
    except FileNotFoundError:
        if url.startswith("http") or not holds_any(url):
            raise
        return Status(None)


def read(url: str, *, stop: int | None = None) -> tuple[memoryview, Status]:
    """Read a file, or so many of its first bytes.

    Raises:
        FileNotFoundError: There is no such file.
        RangesError: The first bytes are not to be had alone.
        OSError: The store refuses, fails or does not answer.
        MissingDependencyError, UnsupportedError: The extra `cloud` is absent, or the store is none that is known.
    """
    obstore = require()
    store, key = _locate(url)
    options = None if stop is None else {"range": (0, stop)}

    def ask() -> tuple[memoryview, Status]:
        found = obstore.get(store, key, options=options)
        return memoryview(found.bytes()), _status(found.meta)

    return _told(url, ask)


def begin(url: str, nbytes: int) -> tuple[bytes, Status]:
    """Read so many of the first bytes of a file, of a server that does not know ranges: the rest is left on the way.

    Raises:
        FileNotFoundError: There is no such file.
        OSError: The store refuses, fails or does not answer.
        MissingDependencyError, UnsupportedError: The extra `cloud` is absent, or the store is none that is known.
    """
    obstore = require()
    store, key = _locate(url)

    def ask() -> tuple[bytes, Status]:
        found = obstore.get(store, key)
        return bytes(next(iter(found.stream(min_chunk_size=nbytes)), b""))[:nbytes], _status(found.meta)

    return _told(url, ask)


def read_ranges(url: str, starts: Sequence[int], stops: Sequence[int], *, near_nbytes: int = NEAR_NBYTES) -> list[Any]:
    """Read parts of a file side by side; near ones with one request.

    Returns:
        A buffer for each part, shorter where the file ends.

    Raises:
        FileNotFoundError: There is no such file.
        RangesError: Parts are not to be had.
        OSError: The store refuses, fails or does not answer.
        MissingDependencyError, UnsupportedError: The extra `cloud` is absent, or the store is none that is known.
    """
    obstore = require()
    store, key = _locate(url)
    if not starts:
        return []
    parts: list[Any] = _told(
        url, lambda: obstore.get_ranges(store, key, starts=starts, ends=stops, coalesce=near_nbytes)
    )
    return parts


def download(url: str, file: BinaryIO) -> Status:
    """Copy a whole file into one that is open, and return what the store said of it then.

    Raises:
        FileNotFoundError: There is no such file.
        OSError: The store refuses, fails or does not answer, or the disk is full.
        MissingDependencyError, UnsupportedError: The extra `cloud` is absent, or the store is none that is known.
    """
    obstore = require()
    store, key = _locate(url)
    first = file.tell()

    def copy() -> Status:
        file.seek(first)
        file.truncate()
        found = obstore.get(store, key)
        for chunk in found.stream(min_chunk_size=1 << 20):
            file.write(chunk)
        return _status(found.meta)

    return _told(url, copy)


def upload(url: str, content: bytes | Path) -> None:
    """Write a file, which appears whole or not at all; one that was there is replaced then.

    Raises:
        OSError: The store refuses, fails or does not answer.
        MissingDependencyError, UnsupportedError: The extra `cloud` is absent, or the store is none that is known.
    """
    obstore = require()
    store, key = _locate(url)
    nbytes = len(content) if isinstance(content, bytes) else content.stat().st_size
    part = max(PART_NBYTES, -(-nbytes // MAX_PARTS))
    _told(
        url,
        lambda: obstore.put(
            store, key, content, use_multipart=nbytes > part, chunk_size=part, max_concurrency=PARTS_AT_ONCE
        ),
    )


def delete(url: str) -> None:
    """Remove a file; one that is not there is gone already.

    Raises:
        OSError: The store refuses, fails or does not answer.
        MissingDependencyError, UnsupportedError: The extra `cloud` is absent, or the store is none that is known.
    """
    obstore = require()
    store, key = _locate(url)
    try:
        _told(url, lambda: obstore.delete(store, key))
    except FileNotFoundError:
        holds_any(url)  # or there is no bucket


def holds_any(url: str) -> bool:
    """Tell whether there is a file in a folder, with one request.

    Raises:
        FileNotFoundError: There is no such bucket.
        OSError: The store refuses, fails or does not answer.
        MissingDependencyError, UnsupportedError: The extra `cloud` is absent, or the store is none that is known.
    """
    obstore = require()
    store, key = _locate(url)
    return bool(_told(url, lambda: next(iter(obstore.list(store, prefix=key or None)), None)))


def listing(url: str, *, deep: bool = False) -> Iterator[tuple[str, Status]]:
    """Yield the URL and the status of each file in a folder, and of each folder; `deep` of all files below it.

    Raises:
        FileNotFoundError: There is no such bucket.
        UnsupportedError: A web server has no listing.
        OSError: The store refuses, fails or does not answer.
        MissingDependencyError: The extra `cloud` is not installed.
    """
    obstore = require()
    store, key = _locate(url)
    root = url[: len(url.rstrip("/")) - len(key)].rstrip("/") if key else url.rstrip("/")
    if url.startswith("http"):
        raise UnsupportedError("a web server does not list its files; name them one by one", path=urls.redacted(url))
    if not deep:
        found = _told(url, lambda: obstore.list_with_delimiter(store, prefix=key or None))
        yield from ((f"{root}/{name}", Status(None)) for name in found["common_prefixes"])
        yield from ((f"{root}/{one['path']}", _status(one)) for one in found["objects"])
        return
    pages = iter(obstore.list(store, prefix=key or None))
    while page := _told(url, lambda: next(pages, None)):
        yield from ((f"{root}/{one['path']}", _status(one)) for one in page)


def _status(meta: Any) -> Status:
    changed = meta["last_modified"]
    return Status(int(meta["size"]), int(changed.timestamp()) * 10**9, str(meta["e_tag"] or meta["version"] or ""))


def _locate(url: str) -> tuple[Any, str]:
    """Return the store of a URL and the key in it."""
    base, key = urls.split(url)
    return _store(base, os.getpid(), _environment()), key


def _environment() -> tuple[tuple[str, str], ...]:
    """Return what of the environment a store is made by: it may change while a process runs."""
    prefixes = ("AWS_", "GOOGLE_", "AZURE_", "FILMROLL_STALL_S", "FILMROLL_RETRY_S")
    return tuple(sorted((name, value) for name, value in os.environ.items() if name.startswith(prefixes)))


@lru_cache(maxsize=64)
def _store(base: str, _process: int, _environment: object) -> Any:
    import obstore.store

    stores: Any = obstore.store

    stall_s, retry_s = patience_s()
    options: dict[str, Any] = {
        "connect_timeout": timedelta(seconds=min(stall_s, 5)),
        "read_timeout": timedelta(seconds=stall_s),
        "timeout": timedelta(seconds=max(30 * stall_s, 300)),  # of a part on a slow line
    }
    retries = {
        "max_retries": 12,
        "retry_timeout": timedelta(seconds=retry_s),
        "backoff": {
            "init_backoff": timedelta(milliseconds=100),
            "max_backoff": timedelta(seconds=min(10, retry_s / 4)),
            "base": 2,
        },
    }
    if base.startswith("http"):
        options["allow_http"] = base.startswith("http:")
        return stores.HTTPStore.from_url(base, client_options=options, retry_config=retries)
    if base.startswith("s3:"):
        if _is_near(os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")):
            options["allow_http"] = True
        return stores.from_url(base, client_options=options, retry_config=retries, **_s3_credentials())
    return stores.from_url(base, client_options=options, retry_config=retries)


def _is_near(endpoint: str | None) -> bool:
    """Tell whether an endpoint is this very machine, where nobody listens to what is not encrypted."""
    return endpoint is not None and urlsplit(endpoint).hostname in ("127.0.0.1", "localhost", "::1")


def _s3_credentials() -> dict[str, Any]:
    """Let boto3 find the credentials of a profile: obstore knows those of the environment and of the machine."""
    has_profile = any(os.environ.get(name) for name in PROFILE)
    if os.environ.get("AWS_ACCESS_KEY_ID") or not has_profile:
        return {}
    try:
        from obstore.auth.boto3 import Boto3CredentialProvider
    except ImportError as exc:
        raise MissingDependencyError("a profile of AWS needs boto3: pip install boto3") from exc
    return {"credential_provider": Boto3CredentialProvider()}


def _told(url: str, ask: Callable[[], Result]) -> Result:
    """Make a request; what goes wrong is told in one line, without the URLs that obstore's has, which may be signed."""
    from obstore.exceptions import BaseError

    try:
        return ask()
    except (BaseError, FileNotFoundError, PermissionError, TimeoutError) as exc:
        if isinstance(exc, OSError) and exc.filename is not None:  # of the local disk
            raise
        raise failures.error(url, str(exc)) from None
