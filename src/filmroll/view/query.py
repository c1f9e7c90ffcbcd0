"""Which entries are wanted, and in which order: what an address says after its question mark."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from filmroll.errors import UnsupportedError

SORTS = {"order": "order", "pixels": "size", "aspect": "aspect", "nbytes": "bytes", "label": "label"}
"""What can be sorted by, and what a page calls it."""

NONE = -(2**31)  # the label of entries that have none
MAX_CHARS = 200


@dataclass(frozen=True, slots=True)
class Query:
    """A choice of entries.

    Attributes:
        text: Words that key, text or class name must hold, in any case; empty for all.
        label: Number of the class, `NONE` for entries without one; None for all.
        format: Name of the picture's format; empty for all.
        faults: Only entries that something is wrong with.
        sort: A key of `SORTS`.
        descending: From the last to the first, the largest to the smallest.
    """

    text: str = ""
    label: int | None = None
    format: str = ""
    faults: bool = False
    sort: str = "order"
    descending: bool = False

    @property
    def words(self) -> list[str]:
        """The words of the text, as they are compared."""
        return self.text.casefold().split()

    @property
    def is_filter(self) -> bool:
        """Whether it leaves entries out."""
        return bool(self.words or self.label is not None or self.format or self.faults)

    def of(self, **changes: Any) -> "Query":
        """Return the query with something else asked for."""
        return replace(self, **changes)

    def parameters(self) -> dict[str, str]:
        """Return it as the parameters of an address; what is not asked for is left out."""
        label = "none" if self.label == NONE else self.label
        found = {
            "q": self.text,
            "label": label,
            "format": self.format,
            "faults": "1" if self.faults else "",
            "sort": "" if self.sort == "order" else self.sort,
            "desc": "1" if self.descending else "",
        }
        return {name: str(value) for name, value in found.items() if value not in ("", None)}

    def address(self, **more: object) -> str:
        """Return it as the part of an address that begins with "?"; empty where nothing is asked for."""
        given = self.parameters() | {name: str(value) for name, value in more.items() if value not in ("", None)}
        return f"?{urlencode(given)}" if given else ""


def read(parameters: Mapping[str, str]) -> Query:
    """Read a query from the parameters of an address.

    Raises:
        UnsupportedError: A value is none that there is.
    """
    sort = parameters.get("sort", "order") or "order"
    if sort not in SORTS:
        raise UnsupportedError(f"sort={sort!r}; {', '.join(SORTS)} are possible")
    return Query(
        text=parameters.get("q", "")[:MAX_CHARS].strip(),
        label=_label(parameters.get("label", "")),
        format=parameters.get("format", "")[:MAX_CHARS],
        faults=parameters.get("faults") == "1",
        sort=sort,
        descending=parameters.get("desc") == "1",
    )


def number(parameters: Mapping[str, str], name: str, *, default: int, limit: int) -> int:
    """Read a number from the parameters of an address.

    Raises:
        UnsupportedError: It is none, or not in range(limit).
    """
    given = parameters.get(name, "")
    if not given:
        return default
    if not (given.isascii() and given.isdigit() and len(given) < 19 and int(given) < max(1, limit)):
        raise UnsupportedError(f"{name}={given[:30]!r} is no number below {limit}")
    return int(given)


def _label(given: str) -> int | None:
    if given in ("", "none"):
        return NONE if given else None
    digits = given.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 11 and NONE < int(given) < -NONE):
        raise UnsupportedError(f"label={given[:30]!r} is no number of a class")
    return int(given)
