"""PNG: equal to libpng as TensorFlow calls it; every damage is refused."""

import io
import re
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

import realdata
from filmroll import codecs
from filmroll.codecs import png_chunks
from filmroll.errors import DecodeError, EncodeError
from pngs import IEND, chunk, idat, ihdr, png

REAL = realdata.params("images/**/*.png", "blog/*.png")
SUITE = realdata.params("images/pngsuite/*.png")


def kinds(data: bytes) -> list[bytes]:
    return re.findall(rb"IHDR|tRNS|iCCP", data)


def tensorflow_decode(tf, data: bytes, channels: int, dtype: str) -> np.ndarray | None:
    try:
        return tf.io.decode_png(data, channels=channels, dtype=dtype).numpy()
    except tf.errors.InvalidArgumentError:
        return None


@pytest.mark.parametrize("path", REAL)
@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_pixels_equal_tensorflow(path, dtype, tf):
    data = path.read_bytes()
    if codecs.identify(data) != "png":
        return
    for channels in (0, 1, 3, 4):
        expected = tensorflow_decode(tf, data, channels, dtype)
        if expected is None:
            with pytest.raises(DecodeError):
                codecs.decode(data, channels=channels or None, dtype=dtype)
            continue
        ours = codecs.decode(data, channels=channels or None, dtype=dtype)
        if channels == 4 and data[24] < 8 and b"tRNS" not in kinds(data):  # TensorFlow's alpha is 2**bits - 1
            assert (ours[..., 3] == np.iinfo(dtype).max).all()
            ours, expected = ours[..., :3], expected[..., :3]
        if channels == 1 and b"iCCP" in kinds(data):  # libpng knows sRGB profiles and takes their gamma
            continue
        np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("path", [each for each in SUITE if each.values[0] and each.values[0].name[0] == "x"])
def test_broken_files_of_pngsuite_fail(path):
    with pytest.raises(DecodeError):
        codecs.decode(path.read_bytes())


def test_pngsuite_has_fourteen_broken_files(data):
    assert len(list((data / "images/pngsuite").glob("x*.png"))) == 14


def test_pngsuite_pixels_have_the_checksums_that_image_png_computed(data):
    """results_identity.txt: CRC-32 of the samples as stored; ours are comparable where each has 8 or 16 bits."""
    lines = (data / "images/pngsuite/results_identity.txt").read_text().splitlines()
    checked = 0
    for name, crc in (line.split(": ") for line in lines):
        path = data / "images/pngsuite" / name.rpartition("/")[2]
        if not path.exists() or path.name.startswith("x"):  # the list is older, and lenient
            continue
        encoded = path.read_bytes()
        header = codecs.read_header(encoded)
        if header.color == "palette" or encoded[24] < 8:
            continue
        samples = codecs.decode(encoded, dtype=header.dtype)
        assert zlib.crc32(samples.astype(samples.dtype.newbyteorder(">")).tobytes()) == int(crc), name
        checked += 1
    assert checked > 60


def test_images_of_tensorflow_have_the_shapes_its_tests_state(data):
    shapes = {"lena_gray": 1, "lena_rgba": 4, "lena_palette": 3, "lena_palette_trns": 4}
    for name, channels in shapes.items():
        encoded = (data / f"images/tensorflow/png/{name}.png").read_bytes()
        image = codecs.decode(encoded)
        assert image.shape == (26, 51, channels)
        np.testing.assert_array_equal(codecs.decode(codecs.encode(image, "png")), image)
    assert codecs.decode((data / "images/tensorflow/png/palette_only.png").read_bytes()).shape[-1] == 3


def test_sixteen_bit_gray_is_exact():
    """The picture that Go's encoder wrote in TensorFlow's decode_png_op_test.py."""
    values = np.array([[0, 255], [1024, 1279]], np.uint16)
    encoded = png(
        ihdr(2, 2, 16, 0),
        idat(b"\0" + values[0].astype(">u2").tobytes() + b"\0" + values[1].astype(">u2").tobytes()),
        IEND,
    )
    np.testing.assert_array_equal(codecs.decode(encoded, dtype="uint16")[..., 0], values)
    np.testing.assert_array_equal(codecs.decode(encoded)[..., 0], values >> 8)
    np.testing.assert_array_equal(codecs.decode(encoded, dtype="float32")[..., 0], values / np.float32(65535))


def ramp() -> np.ndarray:
    down, across = np.arange(200)[:, None], np.arange(256)
    return np.stack(np.broadcast_arrays(down, across, (down + across) >> 1), axis=-1).astype(np.uint8)


def test_colour_ramp_takes_the_sizes_that_tensorflow_states():
    small = codecs.encode(ramp(), "png", compression=7)
    assert 400 <= len(small) <= 750
    np.testing.assert_array_equal(codecs.decode(small), ramp())
    wide = ramp().astype(np.uint16) * 257
    large = codecs.encode(wide, "png", compression=7)
    assert 800 <= len(large) <= 1500
    np.testing.assert_array_equal(codecs.decode(large, dtype="uint16"), wide)


@pytest.mark.parametrize("filter", ["adaptive", "none", "sub", "up", "average", "paeth"])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_round_trips_are_exact_for_every_filter_and_read_by_pillow(filter, data):
    dtype = data.draw(st.sampled_from([np.uint8, np.uint16]))
    channels = data.draw(st.integers(1, 4))
    height, width = data.draw(st.integers(1, 9)), data.draw(st.integers(1, 9))
    image = data.draw(hnp.arrays(dtype, (height, width, channels)))
    level = data.draw(st.integers(0, 9))
    encoded = codecs.encode(image, "png", filter=filter, compression=level)
    np.testing.assert_array_equal(codecs.decode(encoded, dtype=image.dtype.name), image)
    header = codecs.read_header(encoded)
    assert (header.shape, header.dtype) == (image.shape, image.dtype.name)
    if dtype is np.uint8:
        with Image.open(io.BytesIO(encoded)) as picture:
            np.testing.assert_array_equal(np.array(picture).reshape(image.shape), image)


@pytest.mark.parametrize("filter", ["none", "sub", "up", "average", "paeth"])
def test_an_explicit_filter_is_on_every_row(filter):
    image = np.random.default_rng(2).integers(0, 256, (33, 20, 3), dtype=np.uint8)
    encoded = codecs.encode(image, "png", filter=filter)
    raw = zlib.decompress(b"".join(data for kind, data in png_chunks.walk(encoded) if kind == b"IDAT"))
    rows = np.frombuffer(raw, np.uint8).reshape(33, 1 + 20 * 3)
    assert set(rows[:, 0]) == {["none", "sub", "up", "average", "paeth"].index(filter)}


def test_adaptive_chooses_the_filter_of_least_differences():
    across = np.tile((np.arange(64) * 900).astype(np.uint16), (16, 1))
    encoded = codecs.encode(across[..., None], "png")
    raw = zlib.decompress(b"".join(data for kind, data in png_chunks.walk(encoded) if kind == b"IDAT"))
    rows = np.frombuffer(raw, np.uint8).reshape(16, -1)
    assert set(rows[1:, 0]) == {2}  # every row is the one above


def test_blocks_of_rows_are_filtered_as_one_image(monkeypatch):
    image = np.random.default_rng(3).integers(0, 256, (40, 10, 3), dtype=np.uint8)
    whole = codecs.encode(image, "png", filter="paeth")
    monkeypatch.setattr("filmroll.codecs.png_filters.BLOCK_NBYTES", 70)
    assert codecs.encode(image, "png", filter="paeth") == whole


@pytest.mark.parametrize("options", [{"compression": 10}, {"compression": -1}, {"filter": "median"}])
def test_options_out_of_range_are_refused(options):
    with pytest.raises(EncodeError):
        codecs.encode(ramp(), "png", **options)


@pytest.mark.parametrize(
    ("depth", "color", "key", "pixels"),
    [(8, 0, (7,), bytes([0, 7, 8])), (8, 2, (1, 2, 3), bytes([0, 1, 2, 3, 1, 2, 4])), (4, 0, (5,), bytes([0, 0x56]))],
)
def test_the_transparent_colour_is_alpha_only_where_alpha_is_asked_for(depth, color, key, pixels):
    encoded = png(
        ihdr(2, 1, depth, color), (b"tRNS", struct.pack(f">{len(key)}H", *key)), (b"IDAT", zlib.compress(pixels)), IEND
    )
    assert codecs.decode(encoded).shape == (1, 2, len(key))
    with_alpha = codecs.decode(encoded, channels=4)
    assert with_alpha[0, :, 3].tolist() == [0, 255]
    assert codecs.decode(encoded, channels=2)[0, :, 1].tolist() == [0, 255]


@pytest.mark.parametrize(("depth", "color"), [(8, 2), (16, 2), (8, 0)])
def test_a_transparent_colour_that_is_cut_short_is_refused(depth, color):
    rows = bytes(1 + (3 if color == 2 else 1) * depth // 8)
    encoded = png(ihdr(1, 1, depth, color), (b"tRNS", b"\0"), idat(rows), IEND)
    with pytest.raises(DecodeError, match="not a readable PNG: .*(tRNS chunk|2 bytes)"):
        codecs.decode(encoded, channels=4)


def test_a_transparent_colour_of_sixteen_bits_is_compared_exactly():
    rows = b"\0" + struct.pack(">HH", 0x1234, 0x1235)
    encoded = png(ihdr(2, 1, 16, 0), (b"tRNS", b"\x12\x34"), idat(rows), IEND)
    assert codecs.decode(encoded, channels=2)[0].tolist() == [[0x12, 0], [0x12, 255]]
    assert codecs.decode(encoded, channels=2, dtype="uint16")[0].tolist() == [[0x1234, 0], [0x1235, 65535]]


def test_dropping_alpha_keeps_the_colour_beneath():
    image = np.array([[[10, 20, 30, 0], [40, 50, 60, 128]]], np.uint8)
    np.testing.assert_array_equal(codecs.decode(codecs.encode(image, "png"), channels=3), image[..., :3])


def test_gray_from_colour_leaves_gray_pixels_alone():
    image = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=-1)
    np.testing.assert_array_equal(codecs.decode(codecs.encode(image, "png"), channels=1), image[..., :1])


def test_an_animation_gives_its_default_image():
    still = np.full((4, 4, 3), 9, np.uint8)
    out = io.BytesIO()
    frames = [Image.fromarray(still), Image.fromarray(still * 2)]
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    assert b"acTL" in out.getvalue()
    np.testing.assert_array_equal(codecs.decode(out.getvalue()), still)


def test_orientation_is_read_from_exif_and_applied():
    image = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    encoded = codecs.encode(image, "png")
    encoded = encoded[:33] + chunk(b"eXIf", tiff) + encoded[33:]
    assert codecs.read_header(encoded).orientation == 6
    np.testing.assert_array_equal(codecs.decode(encoded, orientation="apply"), np.rot90(image, -1))


def test_freedom_drops_its_alpha(data):
    image = codecs.decode((data / "blog/freedom.png").read_bytes(), channels=3)
    with Image.open(data / "blog/freedom.png") as picture:
        assert picture.mode == "RGBA"
        np.testing.assert_array_equal(image, np.array(picture)[..., :3])
