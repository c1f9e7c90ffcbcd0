"""filmroll unpack: records back into picture files."""

import click

import filmroll
from filmroll.cli import console, options
from filmroll.cli.verb import verb
from filmroll.records.kinds import Choice

SHOWN_SKIPPED = 5


@verb("unpack")
@options.records()
@click.argument("dest", type=click.Path())
@options.dialect()
@options.compression()
@click.option("--overwrite", is_flag=True, help="Replace files that are there already.")
@options.as_json()
def unpack_command(
    records: tuple[str, ...],
    dest: str,
    *,
    dialect: str | None,
    compression: Choice,
    overwrite: bool,
    as_json: bool,
) -> int:
    """Write the pictures of record files into the folder DEST.

    RECORDS are files, patterns or folders, or - for standard input. Encoded pictures come out byte for byte, under the
    names and in the class folders that the records tell; arrays become PNG, or NPY where PNG cannot hold them. Exits
    with 1 when a record gave no picture.

    \b
    Example:
      filmroll unpack out/flowers-*.tfrecord pictures/
    """
    with console.progress("unpacking") as progress:
        report = filmroll.unpack(
            records, dest, dialect=dialect, compression=compression, overwrite=overwrite, progress=progress
        )
    for number, why in console.first(list(report.skipped.items()), SHOWN_SKIPPED, what=" records without a picture"):
        console.note(f"record {number}: {why}")
    if as_json:
        console.print_json(report.to_json())
    else:
        written, read = console.counted(report.written, "picture"), console.counted(report.read, "record")
        console.say(f"{written} of {read} in {report.folder}")
    return 1 if report.skipped else 0
