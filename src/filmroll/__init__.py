"""Image datasets in record files: pack them, look inside them, check them, train from them.

A name is imported from its home when it is first used: `import filmroll` alone costs a millisecond.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from filmroll.advising.advise import advise
    from filmroll.codecs import decode, encode, read_header
    from filmroll.converting.convert import convert
    from filmroll.dataset import Dataset, open
    from filmroll.demonstration import demo
    from filmroll.diagnosis import doctor
    from filmroll.errors import (
        ChecksumError,
        DamageWarning,
        DecodeError,
        EncodeError,
        Error,
        FormatError,
        LimitError,
        MissingDependencyError,
        ParseError,
        SourceError,
        StaleWarning,
        TruncatedError,
        UnsupportedError,
    )
    from filmroll.inspection import inspect
    from filmroll.packing.copies import Resize
    from filmroll.packing.pack import pack
    from filmroll.packing.probe import Policies
    from filmroll.records import Reader, Writer
    from filmroll.repairing.repair import repair
    from filmroll.sample import Sample
    from filmroll.sizing import sizes
    from filmroll.sources.file import imread, imwrite
    from filmroll.unpacking import unpack
    from filmroll.verification.verify import verify
    from filmroll.view.contact_sheet import contact_sheet

__all__ = [
    "ChecksumError",
    "DamageWarning",
    "Dataset",
    "DecodeError",
    "EncodeError",
    "Error",
    "FormatError",
    "LimitError",
    "MissingDependencyError",
    "ParseError",
    "Policies",
    "Reader",
    "Resize",
    "Sample",
    "SourceError",
    "StaleWarning",
    "TruncatedError",
    "UnsupportedError",
    "Writer",
    "advise",
    "contact_sheet",
    "convert",
    "decode",
    "demo",
    "doctor",
    "encode",
    "imread",
    "imwrite",
    "inspect",
    "open",
    "pack",
    "read_header",
    "repair",
    "sizes",
    "unpack",
    "verify",
]

HOMES = {
    "ChecksumError": "filmroll.errors",
    "DamageWarning": "filmroll.errors",
    "Dataset": "filmroll.dataset",
    "DecodeError": "filmroll.errors",
    "EncodeError": "filmroll.errors",
    "Error": "filmroll.errors",
    "FormatError": "filmroll.errors",
    "LimitError": "filmroll.errors",
    "MissingDependencyError": "filmroll.errors",
    "ParseError": "filmroll.errors",
    "Policies": "filmroll.packing.probe",
    "Reader": "filmroll.records",
    "Resize": "filmroll.packing.copies",
    "Sample": "filmroll.sample",
    "SourceError": "filmroll.errors",
    "StaleWarning": "filmroll.errors",
    "TruncatedError": "filmroll.errors",
    "UnsupportedError": "filmroll.errors",
    "Writer": "filmroll.records",
    "advise": "filmroll.advising.advise",
    "contact_sheet": "filmroll.view.contact_sheet",
    "convert": "filmroll.converting.convert",
    "decode": "filmroll.codecs",
    "demo": "filmroll.demonstration",
    "doctor": "filmroll.diagnosis",
    "encode": "filmroll.codecs",
    "imread": "filmroll.sources.file",
    "imwrite": "filmroll.sources.file",
    "inspect": "filmroll.inspection",
    "open": "filmroll.dataset",
    "pack": "filmroll.packing.pack",
    "read_header": "filmroll.codecs",
    "repair": "filmroll.repairing.repair",
    "sizes": "filmroll.sizing",
    "unpack": "filmroll.unpacking",
    "verify": "filmroll.verification.verify",
}


def __getattr__(name: str) -> Any:
    """Import a public name from its home, once."""
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(HOMES[name]), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *HOMES})
