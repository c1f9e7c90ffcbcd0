"""filmroll view: look at the pictures."""

from pathlib import Path

import click

from filmroll.cli import console, options
from filmroll.cli.verb import verb
from filmroll.errors import MissingDependencyError
from filmroll.records.kinds import Choice


@verb("view")
@options.records()
@options.dialect()
@options.compression()
@click.option("--port", type=click.IntRange(0, 65535), help="Port. [default: 8000, or the next that is free]")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--no-browser", is_flag=True, help="Only print the address.")
@click.option("--export", "dest", type=click.Path(path_type=Path), help="Write pages of a sample as files instead.")
@click.option("--limit", type=click.IntRange(1), default=200, show_default=True, help="Records in that sample.")
def view_command(
    records: tuple[str, ...],
    *,
    dialect: str | None,
    compression: Choice,
    port: int | None,
    host: str,
    no_browser: bool,
    dest: Path | None,
    limit: int,
) -> None:
    """Look at records in the browser: a contact sheet, each record with all its features, a summary.

    RECORDS are files, patterns or folders of records, or one folder of pictures. Nothing is changed, and nothing is
    asked of any other host.

    \b
    Example:
      filmroll view out/flowers-*.tfrecord
      filmroll view --export look/ out/flowers-*.tfrecord
    """
    try:
        from filmroll.view import export, server
    except ImportError as exc:
        raise MissingDependencyError(f"the page in the browser needs {exc.name}: pip install 'filmroll[view]'") from exc
    if dest is None:
        server.serve(
            records,
            host=host,
            port=port,
            dialect=dialect,
            compression=compression,
            browser=not no_browser,
            say=console.note,
        )
        return
    with console.progress("writing") as progress:
        done = export.export(records, dest, limit=limit, dialect=dialect, compression=compression, progress=progress)
    console.say(f"{console.counted(done.records, 'record')}, {console.human(done.nbytes)}: {done.index}")
