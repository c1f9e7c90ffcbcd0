"""filmroll sizes: what the same picture costs in each form."""

from pathlib import Path

import click

import filmroll
from filmroll.cli import console, options, stdin
from filmroll.cli.verb import verb
from filmroll.sizing import Mode, Sizes


def _file(ctx: click.Context, param: click.Parameter, value: Path) -> Path:
    return stdin.kept(ctx) if str(value) == stdin.DASH else value


@verb("sizes")
@click.argument("file", type=click.Path(path_type=Path), callback=_file)
@click.option("--mode", type=click.Choice(["L", "LA", "RGB", "RGBA"]), help="Channels. [default: L or RGB]")
@click.option("--size", type=options.Extent(), help="Height x width at which an SVG is drawn, such as 600x400.")
@options.as_json()
def sizes_command(file: Path, *, mode: Mode | None, size: tuple[int, int] | None, as_json: bool) -> None:
    """Print what the same picture costs as array, NPY, JPEG, PNG and WebP, and whether it comes back identical.

    \b
    Example:
      filmroll sizes poster.png
    """
    found = filmroll.sizes(file, mode=mode, size=size)
    if as_json:
        console.print_json(found.to_json())
    else:
        print_sizes(found)


def print_sizes(found: Sizes) -> None:
    """Print the table of sizes."""
    shape = " x ".join(str(n) for n in found.shape)
    console.say(f"{found.path}: {shape} {found.dtype}")
    table = console.table(("", "left"), ("bytes", "right"), ("of the array", "right"), ("comes back", "left"))
    for one in found.candidates:
        back = "[green]identical[/]" if one.identical else "[yellow]changed[/]"
        table.add_row(one.name, console.nbytes(one.nbytes), f"{one.share:.1%}", back)
    console.show(table)
    for note in found.notes:
        console.note(f"note: {note}")
