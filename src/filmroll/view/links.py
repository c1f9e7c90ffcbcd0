"""Where the pages and pictures are: addresses of a server, or of files beside each other."""

from typing import Protocol
from urllib.parse import urlencode

from filmroll.view.query import Query


class Links(Protocol):
    """Addresses, as a page has them."""

    is_live: bool
    """Whether a server answers, so that pages may ask for more."""

    def has(self, number: int) -> bool:
        """Whether a record has a page."""

    def sheet(self, query: Query, *, at: int | None = None) -> str:
        """Address of the sheet."""

    def summary(self) -> str:
        """Address of the summary."""

    def record(self, number: int, query: Query, **look: str) -> str:
        """Address of a record's page."""

    def thumbnail(self, number: int) -> str:
        """Address of a small picture."""

    def picture(self, number: int) -> str:
        """Address of the picture itself."""

    def mask(self, number: int, index: int | None = None) -> str:
        """Address of the mask of classes, or of the mask of one object, as an overlay."""

    def feature(self, number: int, name: str, index: int | None) -> str:
        """Address of the bytes of a feature."""

    def static(self, name: str) -> str:
        """Address of the style sheet or the script."""


class LiveLinks:
    """Addresses of the server.

    Attributes:
        version: Changes when the files do, so that a browser may keep what it has as long as they do not.
    """

    is_live = True

    def __init__(self, version: str) -> None:
        self.version = version

    def has(self, number: int) -> bool:
        """Whether a record has a page: each one does."""
        return True

    def sheet(self, query: Query, *, at: int | None = None) -> str:
        """Address of the sheet."""
        return f"/{query.address(at=at or None)}"

    def summary(self) -> str:
        """Address of the summary."""
        return "/summary"

    def record(self, number: int, query: Query, **look: str) -> str:
        """Address of a record's page."""
        return f"/record/{number}{query.address(**look)}"

    def thumbnail(self, number: int) -> str:
        """Address of a small picture."""
        return f"/thumbnail/{number}?v={self.version}"

    def picture(self, number: int) -> str:
        """Address of the picture itself."""
        return f"/picture/{number}?v={self.version}"

    def mask(self, number: int, index: int | None = None) -> str:
        """Address of the mask of classes, or of the mask of one object, as an overlay."""
        return f"/mask/{number}{'' if index is None else f'/{index}'}?v={self.version}"

    def feature(self, number: int, name: str, index: int | None) -> str:
        """Address of the bytes of a feature."""
        which = {"name": name} | ({} if index is None else {"value": str(index)})
        return f"/feature/{number}?{urlencode(which, errors='surrogateescape')}"

    def static(self, name: str) -> str:
        """Address of the style sheet or the script."""
        return f"/static/{name}"
