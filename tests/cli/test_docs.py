"""docs/cli.md says what the help says."""

from realdata import CHECKOUT
from render_help import render


def test_cli_page_is_the_help_of_today():
    assert (CHECKOUT / "docs" / "cli.md").read_text("utf-8") == render(), "run 'make docs' and read what changed"
