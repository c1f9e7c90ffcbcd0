"""Smaller PNG files of the same pixels: Zopfli searches among filters, colour types and ways to deflate.

Source: google/zopfli (zopflipng) through zopfli.
"""

from filmroll.codecs import guard
from filmroll.errors import EncodeError, MissingDependencyError


def optimize(encoded: bytes, *, optimizer: str) -> bytes:
    """Search for a smaller PNG; no pixel changes, the hidden colour of transparent ones included.

    Args:
        encoded: One whole PNG file.
        optimizer: "zopfli".

    Returns:
        The smallest PNG found, which may have another colour type; never one larger than `encoded`.

    Raises:
        EncodeError: There is no such optimizer.
        MissingDependencyError: It is not installed.
    """
    if optimizer != "zopfli":
        raise EncodeError(f"PNG optimizer is zopfli or None, not {optimizer!r}")
    try:
        from zopfli import png
    except ImportError as exc:
        raise MissingDependencyError("optimizing PNG needs zopfli: pip install 'filmroll[optimize]'") from exc
    with guard.encoding("PNG (zopfli)"):
        return min(bytes(png.optimize(encoded)), encoded, key=len)
