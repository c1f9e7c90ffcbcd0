"""The page of the Python names has every one of them."""

import re

import filmroll
from realdata import CHECKOUT

NAMES = re.findall(r"^::: (\S+)$", (CHECKOUT / "docs" / "api.md").read_text("utf-8"), re.MULTILINE)


def test_every_public_name_is_on_the_page_once():
    errors = {f"filmroll.{name}" for name in filmroll.__all__ if filmroll.HOMES[name] == "filmroll.errors"}
    assert len(NAMES) == len(set(NAMES))
    assert {f"filmroll.{name}" for name in filmroll.__all__} - errors <= set(NAMES)
    assert "filmroll.errors" in NAMES
