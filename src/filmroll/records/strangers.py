"""What a file is that holds no records, told by its first bytes: so that nobody looks for damage in a picture.

A file begins like a TFRecord file if its first length has the right checksum. One that does not may be damaged, or
something else altogether, that was named by mistake or downloaded in place of the records.
"""

import re

PACK = "; 'filmroll pack' makes records of pictures"
KINDS = {
    rb"\xff\xd8\xff": "a JPEG picture" + PACK,
    rb"\x89PNG\r\n\x1a\n": "a PNG picture" + PACK,
    rb"GIF8[79]a": "a GIF picture" + PACK,
    rb"RIFF.{4}WEBP": "a WebP picture" + PACK,
    rb"\x93NUMPY": "an array of NumPy" + PACK,
    rb"\x00\x00\x08[\x01\x03]\x00": "an IDX file of MNIST" + PACK,
    rb"\x80(?:\x02[\]}\(]|[\x04\x05]\x95.{8}[\]}\(])": "a pickle of Python, such as CIFAR's" + PACK,
    rb"PK\x03\x04": "a ZIP archive; unpack it first",
    rb"BZh[1-9]1AY": "bzip2 data; decompress it first",
    rb"\xfd7zXZ\x00": "xz data; decompress it first",
    rb"\x28\xb5\x2f\xfd": "Zstandard data; decompress it first",
    rb"7z\xbc\xaf\x27\x1c": "a 7-Zip archive; unpack it first",
    rb"\x89HDF\r\n\x1a\n": "an HDF5 file, which filmroll does not read",
    rb"ARROW1\x00\x00": "an Arrow file; save it as Parquet to have it read",
    rb"SQLite format 3\x00": "a database of SQLite, which filmroll does not read",
    rb"%PDF-": "a PDF document",
    rb"version https://git-lfs": "a pointer of Git LFS in place of the file; 'git lfs pull' fetches the file",
    rb"/annex/objects/": "a pointer of git-annex in place of the file; 'git annex get' fetches the file",
    rb"\s*<(?:!doctype\s+html|html)": "a web page; a download went wrong, perhaps",
}
TEXT = r"[^\x00-\x08\x0e-\x1f\x7f]+"
TEXT_NBYTES = 12  # the header of a record: fewer bytes are a record cut short rather than a text


def describe(head: bytes) -> str | None:
    """Say what a file is, and what to do, by its first bytes; None where nothing tells."""
    known = next(
        (what for signature, what in KINDS.items() if re.match(signature, head, re.DOTALL | re.IGNORECASE)), None
    )
    return known or ("a text" if _is_text(head) else None)


def _is_text(head: bytes) -> bool:
    if len(head) < TEXT_NBYTES:
        return False
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as exc:
        if exc.start < len(head) - 3:  # more than a letter that is cut off at the end
            return False
        text = head[: exc.start].decode("utf-8")
    return re.fullmatch(TEXT, text) is not None
