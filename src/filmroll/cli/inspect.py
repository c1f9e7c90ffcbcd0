"""filmroll inspect: what is in these records."""

from pathlib import Path
from typing import Any

import click
import numpy as np

import filmroll
from filmroll import atomic, sample
from filmroll.cli import console, options, stdin
from filmroll.cli.verb import verb
from filmroll.dialects import DIALECTS, generic
from filmroll.errors import SourceError, UnsupportedError
from filmroll.inspection import Inspection
from filmroll.records.kinds import Choice
from filmroll.schema import FeatureSpec

SHOWN_LABELS, SHOWN_CHARS = 12, 40


@verb("inspect")
@options.records()
@options.dialect()
@options.compression()
@click.option("--image", "number", type=int, metavar="N", help="Show picture N, from 0, in the terminal.")
@click.option("--out", type=click.Path(path_type=Path), help="Write that picture to a file, as it is stored.")
@options.as_json()
def inspect_command(
    records: tuple[str, ...],
    *,
    dialect: str | None,
    compression: Choice,
    number: int | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Say what is in record files: features, types, shapes, pictures, labels, and the first records.

    RECORDS are files, patterns or folders, or - for standard input, of any origin, compressed or not. All records are
    read and verified.

    \b
    Example:
      filmroll inspect mystery.tfrecords
      filmroll inspect mystery.tfrecords --image 0 --out picture.jpg
      curl -s https://example.org/train.tfrecord | filmroll inspect -
    """
    if number is not None or out is not None:
        with filmroll.open(records, dialect=dialect, compression=compression) as roll:
            number = number or 0
            if not 0 <= number < len(roll):
                raise UnsupportedError(f"--image {number}: there are {len(roll)} records, numbered from 0")
            _show(roll[number], number, out)
        return
    found = filmroll.inspect(records, dialect=dialect, compression=compression)
    if as_json:
        console.print_json(found.to_json())
    else:
        print_inspection(found)


def _show(one: sample.Sample, number: int, out: Path | None) -> None:
    if not one.has_image:
        raise SourceError(f"record {number} holds no picture")
    if out is None:
        from filmroll.cli.terminal import draw

        console.show(draw(one, colours=console.has_colours()))
        called = f"{one.key} {_label(one)}".strip()
        console.say(f"record {number}{': ' if called else ''}{called}")
    else:
        to_stdout = str(out) == stdin.DASH
        data = (
            one.encoded if one.encoded is not None else filmroll.encode(one.image, "png" if to_stdout else out.suffix)
        )
        if to_stdout:
            console.print_bytes(bytes(data))
            return
        with atomic.writing(out) as file:
            file.write(data)
        console.say(str(out))


def _label(one: sample.Sample) -> str:
    return "" if one.label is None else f"label {one.label}{f' ({one.text})' if one.text else ''}"


MESSAGES = {
    None: "none that is known: the records are read as bytes",
    "example": "tf.train.Example",
    "sequence_example": "tf.train.SequenceExample",
    "datum": "Datum of Caffe",
    "tensor_protos": "TensorProtos of Caffe2",
    "members": "the members of a WebDataset tar",
    "columns": "the columns of a Parquet table",
}


def print_inspection(found: Inspection) -> None:
    """Print what was found, for people."""
    files = found.paths[0] if len(found.paths) == 1 else f"{len(found.paths)} files, {found.paths[0]} ..."
    packed = ", ".join(name for name in found.compression if name != "none")
    records = console.counted(found.records, "record")
    console.say(f"{files}: {records}, {console.human(found.nbytes)}{f', {packed}' if packed else ''}")
    if found.parts:
        console.say(f"dialect    {found.dialect}: the files differ, and are told apart here")
        for reason in found.why:
            console.say(f"           {reason}")
        for part in found.parts:
            console.say()
            print_inspection(part)
        return
    if not found.records:
        return
    console.say(f"message    {MESSAGES[found.message_kind]}")
    if found.message_kind is not None:
        console.say(f"dialect    {found.dialect}: {found.why[0]}")
        for reason in found.why[1:]:
            console.say(f"           {reason}")
        _print_pictures(found)
        _print_labels(found)
        _print_features(found)
    _print_first(found.first)


def _print_pictures(found: Inspection) -> None:
    pictures = found.pictures
    if pictures.count == 0:
        are_expected = found.dialect != generic.NAME
        console.say(f"pictures   none{': no record holds the bytes of one' if are_expected else ''}")
        return
    formats = ", ".join(f"{count:,} {format}" for format, count in sorted(pictures.formats.items(), key=_most))
    sizes = "" if not pictures.heights or not pictures.widths else (
        f"; height {_extent(pictures.heights)}, width {_extent(pictures.widths)},"
        f" channels {', '.join(str(n) for n in sorted(pictures.channels))}"
    )  # fmt: skip
    without = found.records - pictures.count - (len(pictures.unreadable) - pictures.formats["unreadable"])
    none = f"; none in {console.counted(without, 'record')}" if without else ""
    console.say(f"pictures   {formats}{sizes}; {console.human(pictures.nbytes)}{none}")
    for number, why in console.first(list(pictures.unreadable.items()), 3, what=" unreadable", indent=" " * 11):
        console.say(f"           record {number}: {why}")


def _most(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]


def _print_labels(found: Inspection) -> None:
    if not found.labels:
        return
    names = dict(enumerate(found.label_names))
    shown = [f"{names.get(label, label)}: {count:,}" for label, count in sorted(found.labels.items())[:SHOWN_LABELS]]
    more = f", ... {len(found.labels)} in all" if len(found.labels) > SHOWN_LABELS else ""
    first = getattr(DIALECTS.get(found.dialect or ""), "LABEL_BASE", 0)
    base = f" (stored from {first}, shown from 0)" if first else ""
    console.say(f"labels     {', '.join(shown)}{more}{base}")


def _print_features(found: Inspection) -> None:
    from rich.markup import escape

    table = console.table(
        ("feature", "left"), ("type", "left"), ("values", "left"), ("in records", "right"), ("", "left")
    )
    for name, spec in sorted(found.features.items()):
        table.add_row(escape(console.plain(name)), spec.type, _count(spec), f"{spec.records:,}", escape(_range(spec)))
    console.say()
    console.show(table)


def _count(spec: FeatureSpec) -> str:
    return str(spec.most) if spec.least == spec.most else f"{spec.least} to {spec.most}"


def _range(spec: FeatureSpec) -> str:
    """Say between which numbers the values lie, or show the one text."""
    if spec.low is None or spec.high is None:
        return ""
    if spec.type == "bytes":
        text = _text(spec.example) if spec.high else ""
        sizes = f"{_extent((int(spec.low), int(spec.high)))} byte{'' if spec.low == spec.high == 1 else 's'}"
        return f"{sizes}, such as {text}" if text else sizes
    return _number(spec.low) if spec.low == spec.high else f"{_number(spec.low)} to {_number(spec.high)}"


def _print_first(first: dict[int, Any]) -> None:
    if not first:
        return
    console.say()
    console.say("first records")
    for number, record in first.items():
        if isinstance(record, bytes):
            console.say(f"  {number}  {record!r}")
            continue
        parts = (f"{name}={_value(value)}" for name, value in sorted(record.items()))
        console.say(console.cut(f"  {number}  " + "  ".join(parts)))


def _value(value: Any) -> str:
    if value is None:
        return "(no kind)"
    if isinstance(value, np.ndarray):
        shown = ", ".join(_number(number) for number in value[:4].tolist())
    else:
        shown = ", ".join(_text(bytes(one[:64])) or f"<{len(one):,} bytes>" for one in value[:4])
    return shown if len(value) == 1 else f"[{shown}{', ...' if len(value) > 4 else ''}]"


def _text(data: bytes) -> str:
    """Return bytes as text where they are printable, cut to fit; else an empty string."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    if not text.isprintable():
        return ""
    return repr(text) if len(text) <= SHOWN_CHARS else repr(text[: SHOWN_CHARS - 1] + "…")


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) and abs(value) >= 10_000 else f"{value:.6g}"


def _extent(extent: tuple[int, int]) -> str:
    return f"{extent[0]:,}" if extent[0] == extent[1] else f"{extent[0]:,} to {extent[1]:,}"
