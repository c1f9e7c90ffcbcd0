"""JPEG: decoded by libjpeg-turbo through simplejpeg, encoded by Pillow; the markers are read here.

    SOI ff d8 | segments | SOS ff da, entropy-coded data | ... | EOI ff d9
    segment: ff marker | length uint16 big-endian, itself included | payload
    SOFn: precision uint8 | height, width uint16 | components uint8 | 3 bytes a component

Source: ITU-T T.81 annex B; Adobe's APP14 marker: Adobe Technical Note 5116.
"""

import io
import re
import struct
from typing import Literal, NamedTuple

import numpy as np
import simplejpeg

from filmroll.buffer import Buffer
from filmroll.codecs import guard, jpeg_encoders
from filmroll.codecs.exif import read_orientation
from filmroll.codecs.header import MAX_FRAME_PIXELS, MAX_PIXELS, Header, check_pixels, picture_header
from filmroll.codecs.pixels import Pixels, check_encodable, check_side, cmyk_to_rgb, to_channels
from filmroll.errors import DecodeError, EncodeError, FormatError, TruncatedError

MARKER = re.compile(rb"\xff+([^\x00\xff])", re.DOTALL)
ADOBE_NBYTES = 2 + 5 + 2 + 2 + 2 + 1  # length, "Adobe", version, two flags, colour transform
LENGTH_NBYTES = 2  # uint16, itself included
SEGMENT = struct.Struct(">BBH")  # ff, marker, length
FRAME = struct.Struct(">BHHB")  # precision, height, width, components
FRAME_MARKERS = frozenset({0xC0, 0xC1, 0xC2, 0xC3, 0xC9, 0xCA, 0xCB})
HUFFMAN_MARKERS = frozenset({0xC0, 0xC1, 0xC2})
ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # TEM, RST0 to RST7, SOI: markers without a length
APP0, APP1, APP14, SOS, EOI = 0xE0, 0xE1, 0xEE, 0xDA, 0xD9
ENDS = frozenset({SOS, EOI})
PASSED = frozenset(range(1, 0xFF)) - ENDS - ALONE - FRAME_MARKERS - {APP0, APP1, APP14}  # tables mostly
EXIF = b"Exif\0\0"
EOI_MARKER = bytes((0xFF, EOI))
COLORS = {1: "gray", 3: "ycbcr", 4: "cmyk"}
MAX_SIDE = 65500  # libjpeg's JPEG_MAX_DIMENSION, below the 65535 of the format

# In Huffman-coded files each 8x8 block of the finest component takes at least one bit in some scan.
MAX_PIXELS_PER_BYTE = 8 * 8 * 8

SUBSAMPLINGS = {"4:4:4": 0, "4:2:2": 1, "4:2:0": 2}


Dct = Literal["accurate", "fast"]


class _Frame(NamedTuple):
    """A frame header."""

    marker: int
    height: int
    width: int
    ids: bytes


def read_header(encoded: Buffer) -> Header:
    """Read size, colour and orientation of a JPEG from its markers, in microseconds.

    Args:
        encoded: A JPEG, or its beginning up to the frame header at least.

    Raises:
        TruncatedError: The bytes end before the frame header.
        DecodeError: The markers are broken, or announce a JPEG that libjpeg-turbo cannot decode to 8 bits.

    Source: ITU-T T.81 B.2.
    """
    frame, color, _, orientation = _scan(encoded)
    channels = 1 if color == "gray" else 3
    return picture_header("jpeg", frame.height, frame.width, channels, color, orientation=orientation)


def decode(
    encoded: Buffer,
    *,
    channels: int | None = None,
    dct: Dct = "accurate",
    lenient: bool = False,
    max_pixels: int | None = None,
) -> Pixels:
    """Decode a JPEG image.

    The pixels equal TensorFlow's decode_jpeg(dct_method="INTEGER_ACCURATE"): accurate integer DCT, smooth
    ("fancy") chroma upsampling. TensorFlow's default is the fast integer DCT, which differs by a few levels.
    CMYK and YCCK become RGB, without a colour profile.

    Args:
        encoded: One whole JPEG file, SOI to EOI marker; what follows is ignored.
        channels: 1 (the luma that the file holds), 3 (RGB), 2 and 4 (the same with opaque alpha); None keeps
            what the file has.
        dct: "accurate", or "fast": TensorFlow's default, done in a few hundredths less. Files that libjpeg-turbo warns
            of are decoded accurately.
        lenient: Take what there is of a file that is cut short; the rest is grey.
        max_pixels: Refuse larger images before allocating (height * width); None sets the usual limits.

    Returns:
        uint8 array (height, width, channels), C-contiguous, writable.

    Raises:
        DecodeError: The bytes are not a decodable JPEG; a truncated one is not, unless `lenient`.
        LimitError: The header announces more than `max_pixels` pixels.

    Source: ITU-T T.81; decoded by libjpeg-turbo through simplejpeg.
    """
    try:
        frame, color, adobe, _ = _scan(encoded)
    except FormatError as exc:
        raise DecodeError(f"not a readable JPEG: {exc.message}") from exc
    too_short = frame.marker in HUFFMAN_MARKERS and frame.height * frame.width > len(encoded) * MAX_PIXELS_PER_BYTE
    most = MAX_FRAME_PIXELS if too_short and lenient else MAX_PIXELS
    check_pixels(frame.height, frame.width, max_pixels=max_pixels, max_frame_pixels=most)
    if too_short and not lenient:
        raise DecodeError(
            f"not a readable JPEG: {len(encoded)} bytes cannot hold {frame.height} x {frame.width} pixels"
        )
    if color in ("cmyk", "ycck"):
        inks = _pixels(encoded, "CMYK", dct=dct, lenient=lenient)
        return to_channels(cmyk_to_rgb(inks, inverted=adobe), channels or 3)
    gray = color == "gray" if channels is None else channels <= 2
    return to_channels(_pixels(encoded, "GRAY" if gray else "RGB", dct=dct, lenient=lenient), channels)


def encode(
    image: Pixels,
    *,
    quality: int = 95,
    subsampling: Literal["4:4:4", "4:2:2", "4:2:0"] | None = None,
    progressive: bool = False,
    optimize: bool = False,
    restart_rows: int | None = None,
    restart_blocks: int | None = None,
    encoder: Literal["libjpeg-turbo", "jpegli", "guetzli"] = "libjpeg-turbo",
) -> bytes:
    """Encode a JPEG image, with libjpeg-turbo through Pillow unless another encoder is named.

    Args:
        image: uint8 (height, width), (height, width, 1) or (height, width, 3), RGB.
        quality: 1 to 100, libjpeg's scale of the quantization tables.
        subsampling: Resolution of the colour channels; None is 4:2:0.
        progressive: Write scans of growing detail: mostly smaller, slower to decode.
        optimize: Compute Huffman tables for this picture: smaller, slower to write.
        restart_rows: Write a restart marker after so many rows of blocks, where a decoder can begin (of 16 pixels
            each with 4:2:0, of 8 without and in gray): crops of a picture with one a row are decoded sooner.
        restart_blocks: Write a restart marker after so many blocks instead (of 16 x 16 or 8 x 8 pixels): where that
            divides a row of them, crops are decoded without the columns beside them, too.
        encoder: "jpegli" (4:2:0; mostly smaller than the default at the same quality to the eye, as fast) or
            "guetzli" (quality 84 to 100; a minute or two and 300 MB of memory for each million pixels). Both take RGB
            and `quality` alone; what they write is a JPEG like any other. They need the extra "optimize".

    Raises:
        EncodeError: The array has another dtype or shape, has alpha, or a side above 65500, or an option is
            out of range, or is none of the encoder's.
        MissingDependencyError: The encoder is not installed.

    Source: ITU-T T.81.
    """
    image = check_encodable(image, name="JPEG", channels=(1, 3))
    check_side(image, name="JPEG", limit=MAX_SIDE)
    if quality not in range(1, 101):
        raise EncodeError(f"JPEG quality is 1 to 100, not {quality!r}")
    if subsampling is not None and subsampling not in SUBSAMPLINGS:
        raise EncodeError(f"JPEG subsampling is {', '.join(SUBSAMPLINGS)} or None, not {subsampling!r}")
    restarts = {"restart_rows": restart_rows, "restart_blocks": restart_blocks}
    for name, count in restarts.items():
        if count is not None and count not in range(1, MAX_SIDE):
            raise EncodeError(f"JPEG {name} is 1 or more, or None, not {count!r}")
    if restart_rows and restart_blocks:
        raise EncodeError(f"JPEG restart_rows={restart_rows} and restart_blocks={restart_blocks}: give one of them")
    if encoder != "libjpeg-turbo":
        others = {"subsampling": subsampling, "progressive": progressive, "optimize": optimize}
        given = [name for name, value in {**others, **restarts}.items() if value]
        return jpeg_encoders.encode(image, encoder=encoder, quality=quality, given=given)
    options: dict[str, int] = {} if subsampling is None else {"subsampling": SUBSAMPLINGS[subsampling]}
    options |= {f"restart_marker_{name.removeprefix('restart_')}": count for name, count in restarts.items() if count}
    from PIL import Image  # not needed to read

    out = io.BytesIO()
    with guard.encoding("JPEG"):
        picture = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
        picture.save(out, "JPEG", quality=quality, progressive=progressive, optimize=optimize, **options)
    return out.getvalue()


def _scan(encoded: Buffer) -> tuple[_Frame, str, bool, int]:
    """Walk the markers up to SOS: frame header, colour space, whether Adobe's marker is there, orientation."""
    position, orientation, adobe, jfif, frame = 2, None, None, False, None
    unpack = SEGMENT.unpack_from
    last = len(encoded) - SEGMENT.size
    while True:
        fill, marker, nbytes = unpack(encoded, position) if position <= last else (0, 0, 0)
        if fill == 0xFF and marker in PASSED and nbytes >= LENGTH_NBYTES:
            position += 2 + nbytes
            continue
        if fill == 0xFF and 0 < marker < 0xFF:
            position += 2
        else:
            marker, position = next_marker(encoded, position) or (EOI, position)
            nbytes = int.from_bytes(encoded[position : position + LENGTH_NBYTES], "big")
        if marker in ENDS or position + LENGTH_NBYTES > len(encoded):
            break
        if marker in ALONE:
            continue
        if nbytes < LENGTH_NBYTES:
            raise DecodeError(
                f"segment ff{marker:02x} at byte {position - 2} announces {nbytes} bytes, 2 are the least"
            )
        if marker in FRAME_MARKERS and frame is None:
            frame = _frame(encoded, position + 2, marker)
        elif marker == APP1 and orientation is None and encoded[position + 2 : position + 8] == EXIF:
            orientation = read_orientation(encoded[position + 8 : position + nbytes])
        elif marker == APP14 and encoded[position + 2 : position + 7] == b"Adobe" and nbytes >= ADOBE_NBYTES:
            adobe = encoded[position + 13] if position + 13 < len(encoded) else 0
        elif marker == APP0 and encoded[position + 2 : position + 7] == b"JFIF\0":
            jfif = True
        position += nbytes
    if frame is None:
        raise _no_frame(encoded, position)
    return frame, _color(frame.ids, jfif=jfif, adobe=adobe), adobe is not None, orientation or 1


def next_marker(encoded: Buffer, position: int) -> tuple[int, int] | None:
    """Find the next marker; like libjpeg, pass over bytes between segments. Returns it and where it ends."""
    if position + 2 > len(encoded):
        return None
    if encoded[position] == 0xFF and 0 < encoded[position + 1] < 0xFF:
        return encoded[position + 1], position + 2
    found = MARKER.search(encoded, position)
    return None if found is None else (found[1][0], found.end())


def _frame(encoded: Buffer, position: int, marker: int) -> _Frame:
    if position + FRAME.size > len(encoded):
        raise TruncatedError("the bytes end inside the frame header")
    precision, height, width, components = FRAME.unpack_from(encoded, position)
    if precision != 8:
        raise DecodeError(f"JPEG with {precision} bits a sample; only 8 can be decoded")
    if not height or not width:
        raise DecodeError(f"the frame header announces {height} x {width} pixels")
    if components not in COLORS:
        raise DecodeError(f"JPEG with {components} components; 1, 3 and 4 can be decoded")
    ids = bytes(encoded[position + FRAME.size : position + FRAME.size + 3 * components : 3])
    if len(ids) < components:
        raise TruncatedError("the bytes end inside the frame header")
    return _Frame(marker, height, width, ids)


def _color(ids: bytes, *, jfif: bool, adobe: int | None) -> str:
    """Tell the colour space as libjpeg's default_decompress_parms does (jdapimin.c)."""
    if len(ids) == 4:
        return "ycck" if adobe == 2 else "cmyk"
    if len(ids) == 3 and not jfif and (adobe == 0 or (adobe is None and ids == b"RGB")):
        return "rgb"
    return COLORS[len(ids)]


def _no_frame(encoded: Buffer, position: int) -> FormatError | DecodeError:
    if position >= len(encoded) - 2:
        return TruncatedError(f"the bytes end after {len(encoded)}, before the frame header")
    return DecodeError("there is no frame header before the first scan")


def _pixels(encoded: Buffer, colorspace: Literal["RGB", "GRAY", "CMYK"], *, dct: Dct, lenient: bool) -> Pixels:
    try:
        pixels: Pixels = simplejpeg.decode_jpeg(encoded, colorspace, fastdct=dct == "fast")
    except (ValueError, MemoryError):
        # simplejpeg makes errors of libjpeg's warnings (bytes between markers, broken ICC profiles, unusual
        # subsampling) that other decoders pass over; Pillow fails only where pixels are missing.
        # After an end marker of our own, libjpeg takes what is missing for grey.
        return _pixels_by_pillow(bytes(encoded) + EOI_MARKER if lenient else encoded, colorspace)
    return pixels


def _pixels_by_pillow(encoded: Buffer, colorspace: Literal["RGB", "GRAY", "CMYK"]) -> Pixels:
    from PIL import JpegImagePlugin  # needed for few pictures

    with guard.decoding("JPEG"):
        picture = JpegImagePlugin.JpegImageFile(io.BytesIO(encoded))
        if colorspace == "GRAY":
            picture.draft("L", picture.size)
        pixels = np.array(picture)
    if colorspace == "CMYK":
        return 255 - pixels  # Pillow takes every CMYK JPEG for an inverted one
    return pixels if pixels.ndim == 3 else pixels[..., None]
