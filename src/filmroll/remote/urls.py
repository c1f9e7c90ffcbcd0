"""What a URL says: which store, which file in it; and how it is printed."""

from urllib.parse import unquote, urlsplit

from filmroll.errors import UnsupportedError

SCHEMES = ("s3", "gs", "az", "http", "https")


def check_scheme(scheme: str) -> None:
    """Check that there are stores of that kind.

    Raises:
        UnsupportedError: There are none.
    """
    if scheme not in SCHEMES:
        raise UnsupportedError(f"no store is known as {scheme}://; there are: {', '.join(SCHEMES)} and file")


def split(url: str) -> tuple[str, str]:
    """Return the URL of the store, and the key of the file in it; of a web address the query belongs to the store."""
    parts = urlsplit(url, allow_fragments=False)
    base, query = f"{parts.scheme}://{parts.netloc}", f"?{parts.query}" if parts.query else ""
    if parts.scheme in ("http", "https"):
        return f"{base}/{query}" if query else base, unquote(parts.path).strip("/")
    return base, (parts.path + query).strip("/")


def redacted(url: str) -> str:
    """Return a URL without what may be secret in it: a password, and what a web address has behind a question mark."""
    scheme, _, rest = url.partition("://")
    shown, mark, _ = rest.partition("?") if scheme in ("http", "https") else (rest, "", "")
    place, slash, path = shown.partition("/")
    return f"{scheme}://{place.rpartition('@')[2]}{slash}{path}{mark and '?...'}"
