"""JPEG by other encoders than the usual one: jpegli and Guetzli, which spend the bytes where the eye looks.

Source: google/jpegli through pyjpegli; google/guetzli through pyguetzli.
"""

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from filmroll.codecs import guard
from filmroll.codecs.pixels import Pixels, check_encodable
from filmroll.errors import EncodeError, MissingDependencyError

GUETZLI_QUALITIES = range(84, 101)  # below 84 its own command refuses: it is not made for that


def encode(image: Pixels, *, encoder: str, quality: int, given: Sequence[str]) -> bytes:
    """Encode an RGB picture.

    Args:
        image: uint8 (height, width, 3).
        encoder: "jpegli" or "guetzli".
        quality: 1 to 100; Guetzli has 84 to 100.
        given: Names of options that only the usual encoder has.

    Returns:
        A baseline JPEG.

    Raises:
        EncodeError: There is no such encoder, the picture is gray, or an option is not the encoder's.
        MissingDependencyError: It is not installed.
    """
    if encoder not in ENCODERS:
        raise EncodeError(f"JPEG encoder is libjpeg-turbo, {', '.join(ENCODERS)}, not {encoder!r}")
    if given:
        raise EncodeError(f"the JPEG encoder {encoder} has no {' and no '.join(given)}; give it quality alone")
    if image.shape[-1] == 1:
        raise EncodeError(f"the JPEG encoder {encoder} takes RGB, the picture is gray; leave gray to the usual encoder")
    image = check_encodable(image, name=f"JPEG by {encoder}", channels=(3,))
    with guard.encoding(f"JPEG ({encoder})"):
        return ENCODERS[encoder](image, quality)


def _by_jpegli(image: Pixels, quality: int) -> bytes:
    pyjpegli: Any = _import("pyjpegli", "jpegli")
    height, width, _ = image.shape
    return bytes(pyjpegli.encode(image.data, width, height, quality=quality))


def _by_guetzli(image: Pixels, quality: int) -> bytes:
    if quality not in GUETZLI_QUALITIES:
        raise EncodeError(f"Guetzli has quality 84 to 100, not {quality}")
    pyguetzli: Any = _import("pyguetzli", "guetzli")
    height, width, _ = image.shape
    return bytes(pyguetzli.process_rgb_bytes(image.tobytes(), width, height, quality=quality))


def _import(package: str, encoder: str) -> Any:
    try:
        return import_module(package)
    except ImportError as exc:
        raise MissingDependencyError(
            f"the JPEG encoder {encoder} needs {package}: pip install 'filmroll[optimize]'"
        ) from exc


ENCODERS: dict[str, Callable[[Pixels, int], bytes]] = {"jpegli": _by_jpegli, "guetzli": _by_guetzli}
