"""How people name features: a dialect turns a Sample into features and back, and knows its own when it sees them.

Every dialect is a module with the same few names:

    NAME         what it is called            LABEL_BASE   number of the first class, where it is not 0
    MESSAGE      what its features are serialized as: "example" where it does not say, "datum", "tensor_protos",
                 "members" (of a tar file), "columns" (of a table)
    HOLDS        parts of a Sample that come back from it, besides picture and key: out of "label", "text", "boxes",
                 "box_masks", "mask" and "features", which are any others under their own names
    to_features(sample)     to_sample(features)     sniff(features): a sentence that says why they are its own, or None

Each looks for what only it writes, so that seldom two fit: tfod wants more than slim beside image/encoded, and slim
does not take what has more.
"""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any, NamedTuple, Protocol

from filmroll.errors import UnsupportedError
from filmroll.messages import Features
from filmroll.sample import Sample

__all__ = ["DIALECTS", "Match", "Reading", "fitting", "get", "message_of", "sniff"]

EXAMPLE, GENERIC = "example", "generic"
MIXED = "mixed"  # what several dialects together are called
OF_EXAMPLES = ("slim", "imagenet", "tfod", "tfds", "array", "mnist", "stylegan", "flowers", "img2dataset")
MESSAGES = {
    **dict.fromkeys(OF_EXAMPLES, EXAMPLE),
    "datum": "datum",
    "tensor_protos": "tensor_protos",
    "webdataset": "members",
    "huggingface": "columns",
}
"""What the features of each dialect are serialized as: only those that may fit are imported and asked."""


class Modules(Mapping[str, ModuleType]):
    """The dialects by name, each imported when it is first asked for."""

    def __getitem__(self, name: str) -> ModuleType:
        """Import the module of a dialect."""
        if name not in MESSAGES:
            raise KeyError(name)
        return import_module(f"{__name__}.{name}")

    def __contains__(self, name: object) -> bool:
        """Tell whether there is a dialect of that name."""
        return name in MESSAGES

    def __iter__(self) -> Iterator[str]:
        """Go through the names."""
        return iter(MESSAGES)

    def __len__(self) -> int:
        """Count the dialects."""
        return len(MESSAGES)


DIALECTS = Modules()


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


def message_of(dialect: Any) -> str:
    """Say what the features of a dialect are serialized as."""
    return str(getattr(dialect, "MESSAGE", EXAMPLE))


def fitting(records: Sequence[Features], *, message: str = EXAMPLE) -> dict[str, str]:
    """Tell which dialects fit all of some records.

    Args:
        records: Features of a few records.
        message: What they were serialized as; other dialects are not asked.

    Returns:
        Name of each dialect that fits -> what makes it fit; none where there are no records.
    """
    asked = [name for name, serialized in MESSAGES.items() if serialized == message]
    return {name: why for name in asked if (why := _fits_all(DIALECTS[name], records))}


def sniff(records: Sequence[Features], message: str = EXAMPLE) -> Match:
    """Tell which dialect some records are in.

    Args:
        records: Features of a few records, tens are enough.
        message: What they were serialized as: only dialects of that are considered.

    Returns:
        The one dialect that fits all of them; "generic", with what was found in them, where none or several do.
    """
    found = fitting(records, message=message)
    if len(found) == 1:
        [(name, why)] = found.items()
        return Match(name, DIALECTS[name], [why])
    from filmroll.dialects import generic

    layout = generic.discover(records)
    doubt = [f"{' and '.join(found)} both fit; name one with --dialect"] if found else []
    return Match(GENERIC, layout, doubt + layout.why)


def _fits_all(module: ModuleType, records: Sequence[Features]) -> str | None:
    reasons = [module.sniff(features) for features in records]
    return reasons[0] if reasons and all(reasons) else None
