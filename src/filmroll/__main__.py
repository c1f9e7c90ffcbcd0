"""Where the command `filmroll` and `python -m filmroll` begin: an interruption while it starts is one line as well."""

import os
import sys

INTERRUPTED = 130  # 128 and SIGINT's number, as shells count


def main() -> None:
    """Run the command line and exit."""
    try:
        from filmroll import cli

        cli.main()
    except KeyboardInterrupt:
        os.write(2, b"filmroll: interrupted; nothing was begun\n")
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    main()
