"""Which samples of a damaged tar are still there, and what was lost: tar_pieces.py finds the members, here are samples.

    1.jpg 1.cls  x x x  2.cls  3.jpg 3.cls      sample 2 lost its jpg: what is left of it is no sample

A sample beside a gap is whole if it has the fields of samples that are beside none, or none of these has more. Where
no sample is beside none, those with the most fields are.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from filmroll.errors import Error, FormatError
from filmroll.records import tar_members, tar_pieces
from filmroll.records.tar_members import KEY, Group
from filmroll.records.tar_pieces import Gap, Piece


class Loss(NamedTuple):
    """Bytes that are in no sample kept.

    Attributes:
        offset, nbytes: Where they are.
        record: Number of samples that were kept before them.
        keys: Of the samples that lost something there, as far as anything tells.
        is_sound: Whether they are a sound member: of a sample that lost others, or that no tar of samples can have.
        error: What is wrong.
    """

    offset: int
    nbytes: int
    record: int
    keys: tuple[str, ...]
    is_sound: bool
    error: Error


class Found(NamedTuple):
    """What is left of a tar.

    Attributes:
        groups: The samples, in order; of each field where its data starts, and its bytes.
        kept: What a clean copy is made of: where the members of the samples are, and those of none, such as folders.
        losses: Everything else, in order, but the zeros that end it all.
    """

    groups: list[Group]
    kept: list[Piece]
    losses: list[Loss]


@dataclass(slots=True)
class Sample:
    """Members with one key that follow each other.

    Attributes:
        key: The key.
        pieces: The members.
        gaps: Those in front of it, inside and behind.
        error: Why it is left out, if it is.
    """

    key: str
    pieces: list[Piece]
    gaps: list[Gap] = field(default_factory=list)
    error: Error | None = None

    @property
    def fields(self) -> tuple[str, ...]:
        """What the members are of the sample, in their order."""
        return tuple(one.member.field for one in self.pieces if one.member)

    def to_group(self) -> Group:
        """Return the sample as it is read."""
        places = {one.member.field: (one.start, one.nbytes) for one in self.pieces if one.member}
        return Group(self.key, self.pieces[0].offset, places)


def find(view: memoryview) -> Found:
    """Find all samples of a tar, one pass over its headers where it is whole.

    Args:
        view: The whole tar, decompressed.
    """
    parts = list(_together(tar_pieces.find(view)))
    samples = [part for part in parts if isinstance(part, Sample)]
    _judge(samples)
    groups = [one.to_group() for one in samples if one.error is None]
    kept: list[Piece] = []
    losses: list[Loss] = []
    for part in parts:
        pieces = part.pieces if isinstance(part, Sample) else [part] if isinstance(part, Piece) else []
        if part.error is None:
            kept += pieces
        elif isinstance(part, Gap):
            losses.append(Loss(part.offset, part.stop - part.offset, 0, _keys(part), False, part.error))
        else:
            keys = (part.key,) if isinstance(part, Sample) else ()
            losses += [Loss(*span, 0, keys, True, part.error) for span in _spans(pieces)]
    begins = [group.offset for group in groups]
    losses = [loss._replace(record=bisect_left(begins, loss.offset)) for loss in losses]
    return Found(groups, sorted(kept, key=_offset), sorted(losses, key=_offset))


def _offset(part: Piece | Loss) -> int:
    return part.offset


def _spans(pieces: Iterable[Piece]) -> list[tuple[int, int]]:
    """Return offset and number of bytes of those that follow each other without anything in between."""
    spans: list[tuple[int, int]] = []
    for one in pieces:
        if spans and sum(spans[-1]) == one.offset:
            spans[-1] = spans[-1][0], one.stop - spans[-1][0]
        else:
            spans.append((one.offset, one.stop - one.offset))
    return spans


def _keys(gap: Gap) -> tuple[str, ...]:
    return tuple(sorted({found[0] for name in gap.names if (found := tar_members.split(name))}))


def _together(parts: Iterable[Piece | Gap]) -> Iterator[Sample | Piece | Gap]:
    """Put the members of each sample together, across gaps too."""
    sample: Sample | None = None
    gaps: list[Gap] = []  # since its last member
    for part in parts:
        if isinstance(part, Gap):
            gaps.append(part)
        if isinstance(part, Gap) or part.member is None:
            yield part
        elif sample is not None and part.member.key == sample.key:
            sample.pieces.append(part)
            sample.gaps += gaps
            gaps = []
        else:
            if sample is not None:
                sample.gaps += gaps
                yield sample
            sample = Sample(part.member.key, [part], gaps)
            gaps = []
    if sample is not None:
        sample.gaps += gaps
        yield sample


def _judge(samples: Sequence[Sample]) -> None:
    """Note of each sample that is to be left out why it is."""
    keys: set[str] = set()
    usual = {one.fields for one in samples if not one.gaps}
    known = usual or {one.fields for one in samples}
    for sample in samples:
        members = [one.member for one in sample.pieces if one.member]
        fields = [KEY, *sample.fields]
        twice = next((one for number, one in enumerate(members) if one.field in fields[: number + 1]), None)
        if sample.key in keys:
            sample.error = tar_members.split_sample(members[0])
        elif twice is not None:
            sample.error = tar_members.field_twice(twice)
        elif sample.gaps and _lost_some(sample, usual, known):
            left = ", ".join(sample.fields)
            sample.error = FormatError(f"sample {sample.key!r} lost members where the damage is; {left} is left of it")
        keys.add(sample.key)


def _lost_some(sample: Sample, usual: Collection[tuple[str, ...]], known: Collection[tuple[str, ...]]) -> bool:
    """Tell whether a sample lost members in the gaps beside it."""
    if any(sample.key in _keys(gap) for gap in sample.gaps):
        return True
    return sample.fields not in usual and any(_is_part(sample.fields, one) for one in known)


def _is_part(fields: tuple[str, ...], more: tuple[str, ...]) -> bool:
    """Tell whether all of some fields, and not only these, are among others, in the same order."""
    rest = iter(more)
    return len(fields) < len(more) and all(one in rest for one in fields)
