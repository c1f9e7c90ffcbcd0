"""The parent of parameter types: `ParamType[int]`, which click itself understands of late alone."""

from typing import TYPE_CHECKING

import click

__all__ = ["ParamType"]

if TYPE_CHECKING:
    from click import ParamType
else:

    class ParamType(click.ParamType):
        """A parameter type; what it turns text into is not known while it runs."""

        def __class_getitem__(cls, _):
            """Take the type, and leave it."""
            return cls
