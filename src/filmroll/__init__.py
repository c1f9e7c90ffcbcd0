"""Image datasets in record files: pack them, look inside them, check them, train from them."""

__version__ = "0.1.0"

from filmroll.codecs import decode, encode, read_header
from filmroll.dataset import Dataset, open
from filmroll.demo import demo
from filmroll.errors import (
    ChecksumError,
    DecodeError,
    EncodeError,
    Error,
    FormatError,
    LimitError,
    MissingDependencyError,
    ParseError,
    SourceError,
    TruncatedError,
    UnsupportedError,
)
from filmroll.inspect import inspect
from filmroll.packing.pack import pack
from filmroll.packing.probe import Policies
from filmroll.records import Reader, Writer
from filmroll.sample import Sample
from filmroll.sizes import sizes
from filmroll.sources.file import imread, imwrite
from filmroll.unpack import unpack
from filmroll.verify import verify
from filmroll.view.contact_sheet import contact_sheet

__all__ = [
    "ChecksumError",
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
    "Sample",
    "SourceError",
    "TruncatedError",
    "UnsupportedError",
    "Writer",
    "contact_sheet",
    "decode",
    "demo",
    "encode",
    "imread",
    "imwrite",
    "inspect",
    "open",
    "pack",
    "read_header",
    "sizes",
    "unpack",
    "verify",
]
