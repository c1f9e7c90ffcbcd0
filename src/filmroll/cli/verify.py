"""filmroll verify: are these records whole."""

import click

import filmroll
from filmroll.cli import console, options
from filmroll.records.kinds import Choice


@click.command("verify", short_help="Check every record of record files.")
@options.records()
@options.dialect()
@options.compression()
@click.option("--decode", is_flag=True, help="Decode each picture whole, not only its header.")
@options.as_json()
def verify_command(
    records: tuple[str, ...], *, dialect: str | None, compression: Choice, decode: bool, as_json: bool
) -> int:
    """Check every record: both checksums, the message, the header of its picture.

    Exits with 1 when anything is wrong.

    \b
    Example:
      filmroll verify out/flowers-*.tfrecord
    """
    found = filmroll.verify(records, dialect=dialect, compression=compression, decode=decode)
    if as_json:
        console.print_json(found.to_json())
        return 1 if found.faults else 0
    for fault in found.faults:
        place = "" if fault.record is None else f" record {fault.record}"
        place += "" if fault.offset is None else f" at offset {fault.offset}"
        click.echo(f"{fault.path}:{place}{':' if place else ''} {fault.error}")
    counts = f"{console.counted(found.records, 'record')}, {console.counted(found.pictures, 'picture')}"
    faults = console.counted(len(found.faults), "fault") if found.faults else "all sound"
    click.echo(f"{counts}, {console.human(found.nbytes)}: {faults}")
    return 1 if found.faults else 0
