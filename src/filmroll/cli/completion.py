"""filmroll completion: what a shell runs to complete verbs, options and names."""

import os
from pathlib import PurePath
from typing import Literal

import click
from click.shell_completion import BashComplete, FishComplete, ZshComplete

from filmroll.cli.verb import verb

Shell = Literal["bash", "zsh", "fish"]
COMPLETIONS = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}
VARIABLE = "_FILMROLL_COMPLETE"  # that click looks at in every run


@verb("completion")
@click.argument("shell", type=click.Choice(COMPLETIONS), required=False)
def completion_command(shell: Shell | None) -> None:
    """Print what lets a shell complete verbs, options and names with the Tab key.

    SHELL is bash, zsh or fish; without it, the one that runs. Put the example's line for yours into ~/.bashrc or
    ~/.zshrc; of fish, into ~/.config/fish/config.fish.

    \b
    Example:
      eval "$(filmroll completion bash)"
      eval "$(filmroll completion zsh)"
      filmroll completion fish | source
    """
    from filmroll import cli

    completion = COMPLETIONS[shell or _running()](cli.verbs, {}, "filmroll", VARIABLE)
    click.echo(completion.source())


def _running() -> str:
    """Name the shell of the user.

    Raises:
        UsageError: It is none of those that are known.
    """
    name = PurePath(os.environ.get("SHELL", "")).name
    if name not in COMPLETIONS:
        raise click.UsageError(f"which shell? name one: {', '.join(COMPLETIONS)}")
    return name
