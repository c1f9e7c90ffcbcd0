"""filmroll verify: are these records whole."""

import click

import filmroll
from filmroll.cli import console, options
from filmroll.cli.verb import verb
from filmroll.packing.engines import choice
from filmroll.records.kinds import Choice
from filmroll.verification.report import Duplicate

SHOWN_FAULTS, SHOWN_DUPLICATES = 50, 5


@verb("verify")
@options.records()
@options.dialect()
@options.compression()
@click.option("--decode", is_flag=True, help="Decode each picture whole, not only its header.")
@click.option("--threads", type=click.IntRange(1), help="Threads that check pictures. [default: processors]")
@options.engine()
@options.as_json()
def verify_command(
    records: tuple[str, ...],
    *,
    dialect: str | None,
    compression: Choice,
    decode: bool,
    threads: int | None,
    engine: choice.Name,
    address: str | None,
    as_json: bool,
) -> int:
    """Check every record: both checksums, the message, the label, the header of its picture.

    RECORDS are files of any kind, patterns or folders, or - for standard input. Index and filmroll.json are compared
    with the records. Behind damage the next record is looked for. Records with the same key or picture are named, and
    are no fault.

    Exits with 1 when anything is wrong.

    \b
    Example:
      filmroll verify out/flowers-*.tfrecord
      filmroll verify --decode --json downloaded/
    """
    with console.progress("verifying, MB") as progress:
        found = filmroll.verify(
            records,
            dialect=dialect,
            compression=compression,
            decode=decode,
            threads=threads,
            engine=engine,
            address=address,
            progress=progress,
        )
    if as_json:
        console.print_json(found.to_json())
        return 1 if found.faults else 0
    for fault in console.first(found.faults, SHOWN_FAULTS, what=" faults"):
        place = "" if fault.record is None else f" record {fault.record}"
        place += "" if fault.offset is None else f" at offset {fault.offset}"
        place += "" if fault.offset is None or fault.nbytes is None else f", {fault.nbytes:,} bytes"
        console.say(f"{fault.path}:{place}{':' * bool(place)} {fault.error}")
    for what in ("key", "picture"):
        _show_duplicates(what, [one for one in found.duplicates if one.what == what])
    verdict = console.counted(len(found.faults), "fault") if found.faults else "all sound"
    counts = console.counted(found.records, "record"), console.counted(found.pictures, "picture")
    console.say(f"{', '.join(counts)}, {console.human(found.nbytes)}: {verdict}")
    console.note_unchecked(found.without_checksums)
    return 1 if found.faults else 0


def _show_duplicates(what: str, duplicates: list[Duplicate]) -> None:
    for one in console.first(duplicates, SHOWN_DUPLICATES, what=f" with the {what} of an earlier one"):
        console.note(f"{one.path}: record {one.record} has the {what} of {one.first_path}: record {one.first_record}")
