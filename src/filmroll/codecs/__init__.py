"""Pictures in memory: bytes to array and back, one file per format.

`decode`, `encode`, `read_header` and `identify` work on any format in `FORMATS`; the modules named after the
formats hold the same verbs for one format each.
"""

from filmroll.codecs.dispatch import decode, encode, read_header
from filmroll.codecs.formats import FORMATS, format_of, identify
from filmroll.codecs.header import Header

__all__ = ["FORMATS", "Header", "decode", "encode", "format_of", "identify", "read_header"]
