"""Write docs/cli.md from the help texts: `python tests/render_help.py > docs/cli.md`, or `make docs`."""

from click import Context

from filmroll.cli import VERBS, verbs
from filmroll.cli.verb import EVERYTHING

OPTIONS: dict = {"terminal_width": 96, "max_content_width": 96, "help_option_names": ["-h", "--help"]}
HEAD = """# The command line

Made from the help texts by `make docs`; a test holds that both are the same.

Data goes to standard output, everything else to standard error. Exit codes: 0 fine, 1 the data is bad, 2 the command is
wrong, 130 interrupted. An error is one line.
"""


def render() -> str:
    """Return the page: the program's help, then that of every verb."""
    context = Context(verbs, info_name="filmroll", **OPTIONS)
    parts = [HEAD, _block(verbs.get_help(context))]
    for verb in VERBS:
        command = verbs.get_command(context, verb)
        inner = Context(command, info_name=verb, parent=context, **OPTIONS)
        inner.meta[EVERYTHING] = True
        parts += [f"## filmroll {verb}\n", _block(command.get_help(inner))]
    return "\n".join(parts)


def _block(text: str) -> str:
    lines = [line.rstrip() for line in text.splitlines()]
    return "```text\n" + "\n".join(lines) + "\n```\n"


if __name__ == "__main__":
    print(render(), end="")
