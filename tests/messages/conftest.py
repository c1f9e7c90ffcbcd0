"""Columns with as much as possible parsed in step, or with no plain parser at all."""

import pytest

from filmroll.messages import example
from messages.agreement import always_in_step


@pytest.fixture(params=["as set", "one is enough"])
def few(request, monkeypatch):
    """Run with messages left to the plain parser as they usually are, and with as little as possible left to it."""
    if request.param == "one is enough":
        always_in_step(monkeypatch)


@pytest.fixture
def no_plain_parser(monkeypatch):
    def refuse(message):
        raise AssertionError(f"left to the plain parser: {bytes(message)!r}")

    monkeypatch.setattr(example, "parse", refuse)
