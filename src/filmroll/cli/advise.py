"""filmroll advise: what should you use?"""

from collections import defaultdict
from pathlib import Path

import click

import filmroll
from filmroll.advising import page, plot, table
from filmroll.advising.advice import Advice
from filmroll.advising.advise import BUDGET_S
from filmroll.advising.recommendation import GOALS, Goal
from filmroll.cli import console, options
from filmroll.cli.verb import verb
from filmroll.packing.engines import choice

FATES = {"identical": "green", "changed": "yellow", "changed again": "red", "smaller": "yellow"}
WRITABLE = click.Path(dir_okay=False, writable=True, path_type=Path)


@verb("advise")
@click.argument("source", nargs=-1, required=True, type=click.Path())
@click.option(
    "--goal",
    type=click.Choice(GOALS),
    metavar="GOAL",
    default="balanced",
    show_default=True,
    help=f"{', '.join(GOALS)}.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the choice of pictures.")
@click.option("--sample", type=click.IntRange(1), default=256, show_default=True, help="Pictures measured, at most.")
@click.option("--budget", type=click.FloatRange(0, min_open=True), default=BUDGET_S, show_default=True, help="Seconds.")
@click.option("--edge", type=click.IntRange(1), help="Compare also copies with so short a shorter side.")
@click.option("--size", type=click.IntRange(1), help="Side of what is trained on. [default: 224, or as they are]")
@click.option("--without", multiple=True, metavar="NAME", help="Leave out what begins so, such as Guetzli.")
@click.option("--threads", type=click.IntRange(1), help="Slow encoders side by side. [default: 1, of others all]")
@options.engine()
@click.option("--plot", "plot_file", type=WRITABLE, help="Draw size against loss and speed: .png, .svg or .pdf.")
@click.option("--html", "html_file", type=WRITABLE, help="Write a page of its own with everything.")
@options.as_json()
def advise_command(
    source: tuple[str, ...],
    *,
    goal: Goal,
    seed: int,
    sample: int,
    budget: float,
    edge: int | None,
    size: int | None,
    without: tuple[str, ...],
    threads: int | None,
    engine: choice.Name,
    address: str | None,
    plot_file: Path | None,
    html_file: Path | None,
    as_json: bool,
) -> None:
    """Say how to store pictures: as arrays or encoded, how, and in which record files, by measuring them.

    SOURCE is a picture, several, a folder of them, MNIST's or CIFAR's files, a table or a list, or record files. Some
    pictures of it, chosen by --seed, are stored in every way there is, on this machine: bytes, speed, what is lost.
    docs/advice.md states the rule by which one is recommended.

    \b
    Example:
      filmroll advise photos/
      filmroll advise photos/ --plot advice.png --html advice.html
      filmroll advise photos/ --goal smallest --edge 256
    """
    if plot_file is not None or html_file is not None:
        plot.check(plot_file)  # before anything is measured
    with console.progress("measuring") as progress:
        found = filmroll.advise(
            source,
            goal=goal,
            seed=seed,
            sample=sample,
            budget_s=budget,
            edge=edge,
            size=size,
            without=without,
            threads=threads,
            engine=engine,
            address=address,
            progress=progress,
        )
    if as_json:
        console.print_json(found.to_json())
    else:
        print_advice(found)
    for path, writer in ((plot_file, plot), (html_file, page)):
        if path is not None:
            writer.write(path, found)
            console.note(f"written: {path}")


def print_advice(found: Advice) -> None:
    """Print the table, the containers and the sentence."""
    _print_candidates(found)
    if found.containers:
        console.say()
        _print_containers(found)
    console.say()
    click.echo(console.wrapped(found.why))
    for line in found.otherwise:
        click.echo(console.wrapped(f"  {line}", indent=4))
    _print_notes(found)


def _print_candidates(found: Advice) -> None:
    from rich.markup import escape

    pictures = (
        "1 picture" if found.count == 1 else f"{len(found.sample)} of {found.count:,} pictures, seed {found.seed}"
    )
    reading = "as they are" if found.size is None else f"as crops of {found.size} x {found.size}"
    columns = table.columns(found.candidates, width=console.width())
    console.say(f"{found.source}: {pictures}, read {reading}")
    shown = console.table(("", "left"), *((one.heading, "right") for one in columns), ("comes back", "left"))
    for one in found.candidates:
        fate = table.fate(one)
        is_chosen = one.name == found.recommended
        mark, style = ("▸ ", "bold") if is_chosen else ("  ", "")
        cells = (column.cell(one) for column in columns)
        shown.add_row(mark + escape(one.name), *cells, f"[{FATES[fate]}]{fate}[/]", style=style)
    console.show(shown)


def _print_containers(found: Advice) -> None:
    shown = console.table(("", "left"), ("bytes", "right"), ("read/s", "right"), ("", "left"))
    for one in found.containers:
        access = "any record at once" if one.is_random else "one after the other only"
        shown.add_row(f"  in {one.name}", console.nbytes(one.nbytes), table.rate(one.read_per_s), access)
    console.show(shown)


def _print_notes(found: Advice) -> None:
    reasons: dict[str, list[str]] = defaultdict(list)
    for name, why in found.left_out.items():
        reasons[why].append(name)
    for why, names in reasons.items():
        console.note(f"left out: {', '.join(names)}: {why}")
    for where, why in console.first(found.unreadable, 3, what=" that cannot be read"):
        console.note(f"unreadable: {where}: {why}")
    for note in found.notes:
        console.note(f"note: {note}")
