"""What was converted, read again and held against its source, record by record."""

from collections.abc import Collection, Sequence
from pathlib import Path

from filmroll import dataset
from filmroll.converting.difference import difference
from filmroll.dataset import Dataset
from filmroll.errors import FormatError
from filmroll.packing import loss
from filmroll.sample import Sample, class_name


def check(
    roll: Dataset, paths: Sequence[Path], *, dialect: str | None, drop: Collection[str], names: Sequence[str]
) -> None:
    """Read what was written, and compare it with the source, record by record.

    Raises:
        FormatError: A record differs; says in what.
    """
    with dataset.open(paths, dialect=dialect) as made:
        for count, number in enumerate(number for number in range(len(roll)) if number not in roll.skipped):
            found = _differences((roll, number), (made, count), drop=drop, names=names)
            if found:
                place = made.shards.locate(count)
                raise FormatError(
                    f"what was written differs from the source in {', '.join(found)}; nothing is kept",
                    path=made.paths[place.shard],
                    record=place.number,
                )


def _differences(
    source: tuple[Dataset, int], made: tuple[Dataset, int], *, drop: Collection[str], names: Sequence[str]
) -> list[str]:
    if source[0].message_kind is None:
        one, other = (roll.shards.record(roll.shards.locate(number)) for roll, number in (source, made))
        return [] if one == other else ["bytes"]
    one, other = (loss.without(_named(roll[number], names), drop) for roll, number in (source, made))
    if not one.key:
        other.key = ""  # some containers number what has no name
    return difference(one, other)


def _named(sample: Sample, names: Sequence[str]) -> Sample:
    """Give a sample the name of its class, which is kept beside the records."""
    if sample.text is None:
        sample.text = class_name(sample.label, names)
    return sample
