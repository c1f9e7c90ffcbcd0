"""How people name features: a dialect turns a Sample into features and back, and knows its own when it sees them."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any, NamedTuple, Protocol

from filmroll.dialects import array, generic, imagenet, slim
from filmroll.errors import UnsupportedError
from filmroll.messages import Features
from filmroll.sample import Sample

__all__ = ["DIALECTS", "Match", "Reading", "get", "raw_layout", "sniff"]

DIALECTS: dict[str, ModuleType] = {module.NAME: module for module in (imagenet, slim, array)}


class Reading(Protocol):
    """What turns features into samples: a dialect's module, or a Layout that was discovered."""

    def to_sample(self, features: Features) -> Sample:
        """Find the parts of a sample."""
        ...


class Match(NamedTuple):
    """A dialect that fits some records.

    Attributes:
        name: Its name, "generic" for records that no dialect fits.
        reading: What turns their features into samples.
        why: What makes it fit, a sentence each.
    """

    name: str
    reading: Reading
    why: list[str]


def get(name: str) -> Any:
    """Return the module of a dialect by its name.

    Raises:
        UnsupportedError: There is none of that name.
    """
    if name not in DIALECTS:
        raise UnsupportedError(f"no dialect {name!r}; there are: {', '.join(sorted(DIALECTS))}")
    return DIALECTS[name]


def sniff(records: Sequence[Features]) -> Match:
    """Tell which dialect some records are in.

    Args:
        records: Features of a few records, tens are enough.

    Returns:
        The one dialect that fits all of them; "generic", with what was found in them, where none or several do.
    """
    fitting = {name: why for name, module in DIALECTS.items() if (why := _fits_all(module, records))}
    if len(fitting) == 1:
        [(name, why)] = fitting.items()
        return Match(name, DIALECTS[name], [why])
    layout = generic.discover(records)
    doubt = [f"{' and '.join(fitting)} both fit; name one with --dialect"] if fitting else []
    return Match(generic.NAME, layout, doubt + layout.why)


def raw_layout(match: Match) -> generic.Layout | None:
    """Return where the records of a match hold raw arrays and their shape; None where they hold anything else."""
    if match.reading is array:
        return generic.Layout("image_bytes", "raw", ("image_shape",), label="label", dtype="image_dtype")
    if isinstance(match.reading, generic.Layout) and match.reading.storage == "raw":
        return match.reading
    return None


def _fits_all(module: ModuleType, records: Sequence[Features]) -> str | None:
    reasons = [module.sniff(features) for features in records]
    return reasons[0] if reasons and all(reasons) else None
