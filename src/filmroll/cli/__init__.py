"""The command line: `filmroll VERB SOURCE [DEST] [--options]`, each verb one public function.

Data goes to standard output, everything else to standard error. Exit 0: fine; 1: the data is bad; 2: the command
is wrong.
"""

import difflib
import errno
import io
import os
import sys
import traceback
from contextlib import suppress
from importlib import import_module
from typing import TextIO

import click
from click.shell_completion import CompletionItem

import filmroll
from filmroll.cli import console
from filmroll.errors import Error, MissingDependencyError, UnsupportedError

VERBS = {
    "advise": "Say how to store your pictures, by measuring them.",
    "completion": "Print what lets a shell complete verbs, options and names.",
    "contact-sheet": "Draw records as a grid, in one picture file.",
    "convert": "Convert records into another kind of file or dialect.",
    "demo": "See the main job done, on pictures that filmroll draws itself.",
    "doctor": "Say what is installed and whether it works, for a report of a fault.",
    "inspect": "Say what is in record files: features, pictures, labels.",
    "pack": "Pack pictures into record files.",
    "repair": "Write clean copies of damaged TFRecord files.",
    "sizes": "Say what the same picture costs in each form.",
    "unpack": "Write the pictures of record files into a folder.",
    "verify": "Check every record of record files.",
    "view": "Look at records in the browser.",
}
"""Every verb, and what it does in a line: the help of the program imports none of them."""

EXAMPLES = ("filmroll pack flowers/ out/flowers --shards 8", "filmroll inspect out/flowers-*", "filmroll pack --help")


class Verbs(click.Group):
    """The verbs, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the verbs."""
        return list(VERBS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a line for each verb."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write examples."""
        with formatter.section("Example"):
            formatter.write("".join(f"  {line}\n" for line in EXAMPLES))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Offer the verbs that begin so, and the options of the program."""
        verbs = [CompletionItem(name, help=what) for name, what in VERBS.items() if name.startswith(incomplete)]
        return [*verbs, *click.Command.shell_complete(self, ctx, incomplete)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb, or say which one may have been meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as exc:
            near = difflib.get_close_matches(args[0], VERBS, n=1)
            ctx.fail(f"{exc.message} Did you mean {near[0]!r}?" if near else exc.message)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a verb and return its command."""
        if cmd_name not in VERBS:
            return None
        module = cmd_name.replace("-", "_")
        command: click.Command = getattr(import_module(f"filmroll.cli.{module}"), f"{module}_command")
        return command


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(filmroll.__version__, "--version", prog_name="filmroll")
def verbs() -> None:
    """Image datasets in record files: pack them, look inside them, check them."""


def main() -> None:
    """Run the command line and exit: an error is one line, never a traceback."""
    sys.stdout, sys.stderr = sys.stdout or _nowhere(), sys.stderr or _nowhere()  # None where they were closed
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":  # "▸" in a pipe on Windows
        sys.stdout.reconfigure(errors="backslashreplace")
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code.

    Args:
        arguments: What follows `filmroll`.

    Returns:
        0: fine. 1: the data is bad. 2: the command is wrong. 130: interrupted.
    """
    console.verbosity = 0
    console.called.clear()
    color = False if os.environ.get("NO_COLOR") else None  # https://no-color.org; None goes by the terminal
    try:
        with console.warnings_in_a_line():
            result = verbs.main(arguments, prog_name="filmroll", standalone_mode=False, color=color)
        sys.stdout.flush()
    except click.ClickException as exc:
        exc.show()
        return exc.exit_code
    except (click.Abort, KeyboardInterrupt) as exc:
        sentence = "interrupted; what was finished is whole, nothing half-written is left"
        return _say(_with_notes(sentence, exc.__cause__ or exc), 130)
    except (BrokenPipeError, SystemExit):  # click exits so where a pipe is broken, and only there
        return _leave_pipe()
    except (UnsupportedError, MissingDependencyError) as exc:
        return _say(str(exc), 2)
    except Error as exc:
        console.detail("".join(traceback.format_exception(exc)).rstrip())
        return _say(_with_notes(str(exc), exc), 1)
    except (FileNotFoundError, FileExistsError, IsADirectoryError, NotADirectoryError) as exc:
        return _say(_with_notes(_os_sentence(exc), exc), 2)
    except OSError as exc:
        return _say(_with_notes(_os_sentence(exc), exc), 1)
    return result if isinstance(result, int) else 0


def _nowhere() -> TextIO:
    return os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")


def _leave_pipe() -> int:
    """End in peace: a reader such as `head` had enough."""
    with suppress(io.UnsupportedOperation):  # in a notebook there is no pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _say(sentence: str, code: int) -> int:
    click.echo(console.plain(f"filmroll: {sentence}"), err=True)
    return code


def _with_notes(sentence: str, exc: BaseException) -> str:
    return "; ".join((sentence, *getattr(exc, "__notes__", ())))


def _os_sentence(exc: OSError) -> str:
    what = "a folder; name one file in it" if exc.errno == errno.EISDIR else exc.strerror
    return f"{os.fsdecode(exc.filename)}: {what}" if exc.filename else str(exc.strerror or exc)
