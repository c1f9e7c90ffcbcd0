"""filmroll contact-sheet: pictures of records as one picture."""

import tempfile
from pathlib import Path

import click

from filmroll.cli import console, options, stdin
from filmroll.cli.verb import verb
from filmroll.records.kinds import Choice
from filmroll.view.contact_sheet import write_contact_sheet


@verb("contact-sheet")
@options.records()
@click.argument("dest", type=click.Path(dir_okay=False, path_type=Path))
@options.dialect()
@options.compression()
@click.option("--count", type=click.IntRange(1), default=64, show_default=True, help="Pictures at most.")
@click.option("--first", type=click.IntRange(0), default=0, show_default=True, help="Record to begin with.")
@click.option("--spread", is_flag=True, help="Evenly spaced over all records, not in a row.")
@click.option("--columns", type=click.IntRange(1), default=8, show_default=True, help="Pictures a row.")
@click.option("--thumbnail", type=click.IntRange(8, 1024), default=128, show_default=True, help="Pixels a side.")
@click.pass_context
def contact_sheet_command(
    ctx: click.Context,
    records: tuple[str, ...],
    dest: Path,
    *,
    dialect: str | None,
    compression: Choice,
    count: int,
    first: int,
    spread: bool,
    columns: int,
    thumbnail: int,
) -> None:
    """Draw pictures of records as a grid, each with its class or its key under it, and write it to DEST.

    RECORDS are files, patterns or folders of records, or one folder of pictures. The suffix of DEST tells the
    format; - is PNG on standard output.

    \b
    Example:
      filmroll contact-sheet out/flowers-*.tfrecord flowers.png
      filmroll contact-sheet --spread --count 200 --columns 20 train-* look.jpg
    """
    to_stdout = str(dest) == stdin.DASH
    path = Path(ctx.with_resource(tempfile.TemporaryDirectory(prefix="filmroll-"))) / "sheet.png" if to_stdout else dest
    drawn = write_contact_sheet(
        records,
        path,
        count=count,
        first=first,
        spread=spread,
        columns=columns,
        thumbnail=thumbnail,
        dialect=dialect,
        compression=compression,
    )
    if to_stdout:
        console.print_bytes(path.read_bytes())
    else:
        empty = f", and {console.counted(drawn.empty, 'empty frame')}" if drawn.empty else ""
        console.say(f"{console.counted(drawn.pictures, 'picture')}{empty} in {dest}")
