"""What a sample has and a dialect does not hold: refused, unless it is named as what may be left out."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from types import ModuleType

from filmroll.errors import UnsupportedError
from filmroll.sample import Sample, class_name

PARTS = ("label", "text", "boxes", "box_masks", "mask", "features")


def require_known(drop: Collection[str], *, features: Iterable[Collection[str]] = ()) -> None:
    """Check that what may be left out is there to be left out: a name mistyped would leave nothing out.

    Args:
        drop: Names of parts, or of single features.
        features: Names of the other features of each sample, looked through only for names that are no part.

    Raises:
        UnsupportedError: A name is neither a part nor a feature of any sample; says which are near.
    """
    missing = set(drop).difference(PARTS)
    seen: set[str] = set()
    for names in features if missing else ():
        seen.update(names)
        missing.difference_update(names)
        if not missing:
            return
    if missing:
        import difflib  # needed where something was mistyped

        name = min(missing)
        near = difflib.get_close_matches(name, (*PARTS, *seen), n=1)
        meant = f", perhaps {near[0]!r} was meant" if near else ""
        raise UnsupportedError(
            f"--drop {name}: no sample has such a part{meant}; there are: {', '.join((*PARTS, *sorted(seen)))}"
        )


def without(sample: Sample, drop: Collection[str]) -> Sample:
    """Return the sample without some of its parts.

    Args:
        sample: It stays as it is.
        drop: Out of "label", "text", "boxes", "box_masks", "mask" and "features", which are all other features, or
            the names of single features.
    """
    if not drop:
        return sample
    kept = {} if "features" in drop else {name: value for name, value in sample.features.items() if name not in drop}
    boxes = sample.boxes
    if boxes is not None and "box_masks" in drop:
        boxes = replace(boxes, masks=None)
    return replace(
        sample,
        label=None if "label" in drop else sample.label,
        text=None if "text" in drop else sample.text,
        boxes=None if "boxes" in drop else boxes,
        mask=None if "mask" in drop else sample.mask,
        features=kept,
    )


def parts_of(sample: Sample, *, label_names: Sequence[str] = ()) -> Iterator[str]:
    """Name the parts that a sample has, besides its picture and key.

    Args:
        sample: What is looked at.
        label_names: Names of the classes that are kept beside the records: a text that is the label's own name is
            no part of the sample then.
    """
    if sample.label is not None:
        yield "label"
    if sample.text is not None and sample.text != class_name(sample.label, label_names):
        yield "text"
    if sample.boxes is not None:
        yield "boxes"
        if sample.boxes.masks is not None:
            yield "box_masks"
    if sample.mask is not None:
        yield "mask"
    if sample.features:
        yield "features"


def check(sample: Sample, *, dialect: ModuleType, label_names: Sequence[str] = ()) -> None:
    """Check that a dialect holds all that a sample has.

    Raises:
        UnsupportedError: It does not; says what.
    """
    lost = [part for part in parts_of(sample, label_names=label_names) if part not in dialect.HOLDS]
    if lost:
        shown = [f"features {', '.join(sorted(sample.features))}" if part == "features" else part for part in lost]
        raise UnsupportedError(
            f"the {dialect.NAME} dialect does not hold its {' and '.join(shown)}; choose another dialect, or leave"
            f" {'it' if len(lost) == 1 else 'them'} out with --drop {','.join(lost)}"
        )
