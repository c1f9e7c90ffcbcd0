"""filmroll demo: the main job, on pictures that filmroll draws itself."""

from pathlib import Path

import click

import filmroll
from filmroll.cli import console, inspect, sizes
from filmroll.cli.verb import verb


@verb("demo")
@click.argument("folder", required=False, type=click.Path(path_type=Path))
def demo_command(folder: Path | None) -> int:
    """Draw a folder of pictures, pack it, look into the records, check them, read them back.

    Everything is done in FOLDER, or in a new temporary folder; it stays for you to look at.

    \b
    Example:
      filmroll demo
    """
    done = filmroll.demo(folder)
    packed = done.packed
    _step(f"filmroll pack {done.pictures} {done.folder / 'records' / 'demo'} --shards {len(packed.shards)}")
    console.say(f"{packed.written} of {packed.read} pictures in {len(packed.shards)} shards, {packed.nbytes:,} bytes")
    _step(f"filmroll inspect {packed.shards[0].parent}")
    inspect.print_inspection(done.inspected)
    _step(f"filmroll verify --decode {packed.shards[0].parent}")
    faults = done.verified.faults
    console.say(f"{done.verified.records} records: {f'{len(faults)} faults' if faults else 'all sound'}")
    _step(f"filmroll unpack {packed.shards[0].parent} {done.folder / 'unpacked'}")
    console.say(f"{done.identical} of {packed.read} files are the same, byte for byte")
    _step(f"filmroll sizes {done.sizes.path}")
    sizes.print_sizes(done.sizes)
    console.say()
    console.say(f"contact sheet: {done.contact_sheet}")
    return 0 if packed.read == packed.written == done.identical and not faults else 1


def _step(command: str) -> None:
    console.say()
    click.secho(f"$ {command}", bold=True)
