"""What all verbs have in common: help that fits a screen and ends with examples, and how much they say."""

import inspect
import time
from collections.abc import Callable
from typing import Any

import click

from filmroll.cli import console

EXAMPLES = "\b\nExample:\n"


class Rare(click.Option):
    """An option that few need: --help-all shows it."""


class Verb(click.Command):
    """A verb whose docstring ends with examples; what stands in it after a form feed is for --help-all."""

    def __init__(self, *arguments: Any, **attributes: Any) -> None:
        super().__init__(*arguments, **attributes)
        text, _, self.examples = inspect.cleandoc(self.help or "").partition(EXAMPLES)
        self.help, _, self.more = text.partition("\f")
        for one in self.params:
            if one.metavar is None and isinstance(one.type, click.types.IntParamType | click.types.FloatParamType):
                one.metavar = "N"
        if any(isinstance(option, Rare) for option in self.params):
            self.params.append(_help_all(self))
        self.params += VERBOSITY

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what the verb does."""
        super().format_help_text(ctx, formatter)
        if self.more and ctx.meta.get(EVERYTHING):
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(self.more.strip())

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a line for each option; of those that few need, when all are wanted."""
        options = [one for one in self.get_params(ctx) if isinstance(one, click.Option)]
        shown = [one for one in options if ctx.meta.get(EVERYTHING) or not isinstance(one, Rare)]
        with formatter.section("Options"):
            formatter.write_dl([line for one in shown if (line := one.get_help_record(ctx)) is not None])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples, as they are."""
        with formatter.section("Example"):
            formatter.write("".join(f"  {line.strip()}\n" for line in self.examples.splitlines()))

    def invoke(self, ctx: click.Context) -> Any:
        """Do it, and say how long it took where more is to be said."""
        began = time.perf_counter()
        try:
            return super().invoke(ctx)
        finally:
            console.detail(f"{ctx.info_name}: {time.perf_counter() - began:.2f} s")


def verb(name: str) -> Callable[[Callable[..., Any]], Verb]:
    """Make a verb of a function."""
    return click.command(name, cls=Verb)


def rare(*names: str, **attributes: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Take an option that few need, as `click.option` does."""
    return click.option(*names, cls=Rare, **attributes)


EVERYTHING = "filmroll.help_all"


def _help_all(command: Verb) -> click.Option:
    """Make the option that shows all options, and names those that are left out otherwise."""
    left_out = [max(one.opts, key=len).lstrip("-") for one in command.params if isinstance(one, Rare)]

    def show(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            ctx.meta[EVERYTHING] = True
            click.echo(ctx.get_help(), color=ctx.color)
            ctx.exit()

    return click.Option(
        ["--help-all"],
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=show,
        help=f"Show also: {', '.join(left_out)}.",
    )


def _set_verbosity(by: int) -> Callable[[click.Context, click.Parameter, bool], None]:
    def set_it(ctx: click.Context, param: click.Parameter, value: bool) -> None:
        if value and not ctx.resilient_parsing:
            console.verbosity = by

    return set_it


VERBOSITY = [
    click.Option(
        names,
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=_set_verbosity(by),
        help=what,
    )
    for names, by, what in (
        (["-v", "--verbose"], 1, "Say more: whole lists, times, tracebacks."),
        (["-q", "--quiet"], -1, "Say nothing but results and errors."),
    )
]
