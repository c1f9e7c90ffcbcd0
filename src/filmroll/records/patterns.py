"""Patterns of shards that a shell may not know, written out as names or as patterns that it does know.

{00..07}  {a,b}      as of bash and WebDataset: one name for each
name@8   name@*      as of TensorFlow and ArrayRecord: name-00000-of-00008 and so on, a suffix may follow
"""

import glob
import re
from collections.abc import Iterator

from filmroll.errors import SourceError

BRACES = r"\{([^{}]*)\}"
RANGE = r"(\d+)\.\.(\d+)"
SHARDED = r"(.+)@(\d{1,5}|\*)(\.[\w.]+)?"
MAX_NAMES = 100_000  # TFRecord shards have five digits


def written_out(pattern: str) -> list[str]:
    """Write out braces and numbers of shards; anything else stays as it is.

    Returns:
        Names, or patterns of `glob`, in the order of the numbers.

    Raises:
        SourceError: The pattern stands for more than 100,000 names, or for none.
    """
    names = [name for one in _braces(pattern, MAX_NAMES) for name in _sharded(one)]
    if not 0 < len(names) <= MAX_NAMES:
        raise SourceError(f"a pattern for {len(names) or 'no'} names; it may stand for {MAX_NAMES:,}", path=pattern)
    return names


def _braces(pattern: str, most: int) -> Iterator[str]:
    """Write out the first braces that hold a list or a range, then those behind them."""
    for found in re.finditer(BRACES, pattern):
        values = _values(found[1])
        if values:
            behind = list(_braces(pattern[found.end() :], most))
            if len(values) * len(behind) > most:
                raise SourceError(f"a pattern for more than {most:,} names", path=pattern)
            yield from (pattern[: found.start()] + value + rest for value in values for rest in behind)
            return
    yield pattern


def _values(inside: str) -> list[str]:
    if "," in inside:
        return inside.split(",")
    if (found := re.fullmatch(RANGE, inside)) is None:
        return []
    first, last = int(found[1]), int(found[2])
    if abs(last - first) >= MAX_NAMES:
        raise SourceError(f"{{{inside}}} stands for more than {MAX_NAMES:,} names")
    digits = max(map(len, found.groups())) if "0" in (found[1][0], found[2][0]) else 1
    step = 1 if last >= first else -1
    return [f"{number:0{digits}d}" for number in range(first, last + step, step)]


def _sharded(name: str) -> Iterator[str]:
    found = re.fullmatch(SHARDED, name)
    if found is None:
        yield name
        return
    stem, count, suffix = found[1], found[2], found[3] or "*"
    if count == "*":
        yield f"{stem}-?????-of-?????{suffix}"
        return
    yield from (f"{stem}-{number:05d}-of-{int(count):05d}{suffix}" for number in range(int(count)))


def is_pattern(name: str) -> bool:
    """Tell whether a name stands for others."""
    return (
        glob.has_magic(name) or re.fullmatch(SHARDED, name) is not None or any(map(_values, re.findall(BRACES, name)))
    )
