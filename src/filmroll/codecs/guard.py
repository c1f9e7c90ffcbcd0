"""Turn whatever a decoder of someone else raises on bad bytes into the one error that filmroll promises."""

from collections.abc import Iterator
from contextlib import contextmanager

from filmroll.errors import DecodeError, EncodeError, Error, LimitError


@contextmanager
def decoding(name: str) -> Iterator[None]:
    """Run a foreign decoder: errors of filmroll pass, everything else becomes a DecodeError.

    Raises:
        LimitError: Pillow refused the size.
        DecodeError: The decoder raised anything at all: Pillow alone is known to raise OSError, SyntaxError,
            struct.error, EOFError, KeyError, IndexError, TypeError, OverflowError and MemoryError on damaged
            files.
    """
    try:
        yield
    except Error:
        raise
    except Exception as exc:
        if type(exc).__name__ == "DecompressionBombError":
            raise LimitError(f"{name} above Pillow's own limit, which Image.MAX_IMAGE_PIXELS sets: {exc}") from exc
        raise DecodeError(f"not a readable {name}: {exc or type(exc).__name__}") from exc


@contextmanager
def encoding(name: str) -> Iterator[None]:
    """Run a foreign encoder: errors of filmroll pass, everything else becomes an EncodeError.

    Raises:
        EncodeError: The encoder refused the picture or an option.
    """
    try:
        yield
    except Error:
        raise
    except Exception as exc:
        raise EncodeError(f"the {name} encoder refused the picture: {exc or type(exc).__name__}") from exc
