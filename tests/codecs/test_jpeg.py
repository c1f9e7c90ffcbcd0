"""JPEG: equal to libjpeg-turbo as TensorFlow calls it, and the markers."""

import io

import numpy as np
import pytest
import simplejpeg
from PIL import Image, ImageOps

import pictures
import realdata
from filmroll import codecs
from filmroll.codecs import jpeg
from filmroll.errors import DecodeError, EncodeError, LimitError, TruncatedError, UnsupportedError

BROKEN = {"corrupt.jpg", "corrupt34_2.jpg", "corrupt34_3.jpg", "corrupt34_4.jpg", "truncated_jpeg.jpg"}
REAL = realdata.params("images/**/*.jpg", "photos/*.jpeg", "blog/*.jpg")
CMYK = realdata.params(
    "images/pillow/pil_sample_cmyk.jpg",
    "images/jpeg-decoder/mozilla/jpg-cmyk-?.jpg",
    "images/tensorflow/jpeg/jpeg_merge_test1_cmyk.jpg",
    "images/jpeg-decoder/ycck.jpg",
)


def ramp() -> np.ndarray:
    """The colour ramp of TensorFlow's image_ops_test.py."""
    down, across = np.arange(200)[:, None], np.arange(256)
    return np.stack(np.broadcast_arrays(down, across, (down + across) >> 1), axis=-1).astype(np.uint8)


def tensorflow_decode(tf, data: bytes, channels: int, dct: str = "INTEGER_ACCURATE") -> np.ndarray | None:
    try:
        return tf.io.decode_jpeg(data, channels=channels, dct_method=dct).numpy()
    except tf.errors.InvalidArgumentError:
        return None


@pytest.mark.parametrize("path", REAL)
def test_pixels_equal_tensorflow_with_accurate_dct(path, tf):
    data = path.read_bytes()
    if codecs.identify(data) != "jpeg":
        return
    for channels in (0, 1, 3):
        expected = tensorflow_decode(tf, data, channels)
        cmyk_to_gray = channels == 1 and path in [each.values[0] for each in CMYK]  # TensorFlow has none
        if expected is None and not cmyk_to_gray:
            with pytest.raises(DecodeError):
                codecs.decode(data, channels=channels or None)
        elif expected is not None:
            np.testing.assert_array_equal(codecs.decode(data, channels=channels or None), expected)


@pytest.mark.parametrize("path", REAL)
def test_fast_pixels_equal_tensorflows_default(path, tf):
    """Files that libjpeg warns of are read in another way, which knows the accurate DCT alone."""
    data = path.read_bytes()
    if codecs.identify(data) != "jpeg" or (expected := tensorflow_decode(tf, data, 3, "")) is None:
        return
    pixels = codecs.decode(data, channels=3, dct="fast")
    if np.array_equal(pixels, expected):
        return
    with pytest.raises(ValueError, match=r".+"):
        simplejpeg.decode_jpeg(data)
    assert np.array_equal(pixels, codecs.decode(data, channels=3))


def test_fast_pixels_are_others_by_a_few_levels():
    data = pictures.jpeg(3)
    fast, accurate = (codecs.decode(data, dct=dct).astype(int) for dct in ("fast", "accurate"))
    assert 0 < np.abs(fast - accurate).mean() < 5


def test_dct_that_is_none_is_refused():
    with pytest.raises(UnsupportedError, match="dct='float'; 'accurate' and 'fast' are possible"):
        codecs.decode(pictures.jpeg(), dct="float")


@pytest.mark.parametrize("path", [each for each in REAL if each.values[0] and each.values[0].name in BROKEN])
def test_broken_files_fail(path):
    with pytest.raises(DecodeError):
        codecs.decode(path.read_bytes())


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("tensorflow/jpeg/bad_huffman.jpg", (768, 1024, 3)),
        ("tensorflow/jpeg/jpeg_merge_test1.jpg", (256, 128, 3)),
        ("caffe/cat.jpg", (360, 480, 3)),
        ("jpeg-decoder/mjpeg.jpg", None),
        ("jpeg-decoder/extraneous-data.jpg", None),
        ("jpeg-decoder/progressive-missing-dc.jpg", None),
        ("pillow/icc-after-SOF.jpg", None),
        ("pillow/hopper_bad_exif.jpg", (500, 500, 1)),
    ],
)
def test_files_that_only_make_libjpeg_warn_decode(data, name, shape):
    image = codecs.decode((data / "images" / name).read_bytes())
    assert image.ndim == 3
    assert shape in (None, image.shape)


@pytest.mark.parametrize("path", REAL)
def test_the_fallback_decoder_gives_the_same_pixels(path):
    data = path.read_bytes()
    try:
        frame, color, *_ = jpeg._scan(data)
    except (DecodeError, TruncatedError):
        return
    del frame
    wanted = "CMYK" if color in ("cmyk", "ycck") else "GRAY" if color == "gray" else "RGB"
    for colorspace in {wanted, "GRAY"} if wanted != "CMYK" else {wanted}:
        try:
            expected = jpeg._pixels(data, colorspace, dct="accurate", lenient=False)
        except DecodeError:
            continue
        np.testing.assert_array_equal(jpeg._pixels_by_pillow(data, colorspace), expected)


@pytest.mark.parametrize("path", CMYK)
def test_cmyk_becomes_rgb_and_says_so_in_the_header(path):
    data = path.read_bytes()
    header = codecs.read_header(data)
    assert header.color in ("cmyk", "ycck")
    assert header.channels == 3
    assert codecs.decode(data).shape == header.shape
    assert codecs.decode(data, channels=1).shape == (*header.shape[:2], 1)


def test_inverted_cmyk_is_close_to_its_rgb_twin(data):
    folder = data / "images/tensorflow/jpeg"
    twin, cmyk = (codecs.decode((folder / f"jpeg_merge_test1{end}.jpg").read_bytes()) for end in ("", "_cmyk"))
    assert twin.shape == cmyk.shape == (256, 128, 3)
    assert np.abs(twin.astype(int) - cmyk).mean() < 4


@pytest.mark.parametrize("number", [2, 3, 4])
def test_cut_file_of_tensorflow_gives_its_whole_size_when_lenient(data, number):
    encoded = (data / f"images/tensorflow/jpeg/corrupt34_{number}.jpg").read_bytes()
    with pytest.raises(DecodeError):
        codecs.decode(encoded)
    assert codecs.decode(encoded, lenient=True).shape == (3300, 2544, 3)


@pytest.mark.parametrize("name", ["jpeg_merge_test1.jpg", "jpeg_merge_test1_cmyk.jpg"])
def test_half_a_jpeg_fails_each_time_and_when_lenient_has_its_upper_rows_and_grey(data, name):
    encoded = (data / "images/tensorflow/jpeg" / name).read_bytes()
    half = encoded[: len(encoded) // 2]
    for _ in range(2):
        with pytest.raises(DecodeError):
            codecs.decode(half)
    whole, part = codecs.decode(encoded), codecs.decode(half, lenient=True)
    assert part.shape == whole.shape
    np.testing.assert_array_equal(part[:32], whole[:32])
    assert part[-16:].std() < 1
    assert codecs.decode(half, lenient=True, channels=1).shape == (256, 128, 1)


def test_few_bytes_of_a_monstrous_picture_are_refused_when_lenient_too(data):
    encoded = bytearray((data / "images/tensorflow/jpeg/jpeg_merge_test1.jpg").read_bytes())
    start = encoded.index(b"\xff\xc0") + 5
    encoded[start : start + 4] = (12_000).to_bytes(2, "big") * 2
    with pytest.raises(DecodeError, match="cannot hold 12000 x 12000 pixels"):
        codecs.decode(encoded)
    with pytest.raises(LimitError, match="12000 x 12000"):
        codecs.decode(encoded, lenient=True)


def test_lenient_changes_nothing_about_a_sound_file_and_refuses_what_has_no_size(data):
    encoded = (data / "images/tensorflow/jpeg/jpeg_merge_test1.jpg").read_bytes()
    np.testing.assert_array_equal(codecs.decode(encoded, lenient=True), codecs.decode(encoded))
    for nbytes in (0, 3, 100):
        with pytest.raises(DecodeError):
            codecs.decode(encoded[:nbytes], lenient=True)


def test_encoding_what_was_decoded_changes_little(data):
    image = codecs.decode((data / "images/tensorflow/jpeg/jpeg_merge_test1.jpg").read_bytes())
    again = codecs.decode(codecs.encode(image, "jpeg"))
    assert np.abs(image.astype(int) - again).mean() < 1.4


@pytest.mark.parametrize(("quality", "nbytes"), [(95, 46567), (75, 25031)])
def test_freedom_has_the_sizes_that_its_article_states(data, quality, nbytes):
    image = codecs.decode((data / "blog/freedom.png").read_bytes(), channels=3)
    assert len(codecs.encode(image, "jpeg", quality=quality)) == nbytes


def test_colour_ramp_takes_five_to_six_thousand_bytes_and_changes_little():
    encoded = codecs.encode(ramp(), "jpeg")
    assert 5000 <= len(encoded) <= 6000
    assert np.abs(codecs.decode(encoded).astype(int) - ramp()).mean() < 0.6


def test_output_is_independent_of_row_stride():
    wide = np.zeros((200, 400, 3), np.uint8)
    wide[:, 100:356] = ramp()
    assert codecs.encode(wide[:, 100:356], "jpeg") == codecs.encode(ramp(), "jpeg")


def test_subsampling_can_be_turned_off():
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    sizes = [len(codecs.encode(noise, "jpeg", subsampling=each)) for each in ("4:2:0", "4:2:2", "4:4:4")]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[1] < sizes[2]
    assert codecs.encode(noise, "jpeg", subsampling="4:2:0") == codecs.encode(noise, "jpeg")


def test_progressive_and_optimized_hold_the_same_pixels(data):
    image = codecs.decode((data / "photos/0.jpeg").read_bytes())
    plain, progressive, optimized = (
        codecs.encode(image, "jpeg", **options) for options in ({}, {"progressive": True}, {"optimize": True})
    )
    assert b"\xff\xc2" in progressive
    assert len(optimized) < len(plain)
    for other in (progressive, optimized):
        np.testing.assert_array_equal(codecs.decode(other), codecs.decode(plain))


def test_gray_stays_gray():
    encoded = codecs.encode(ramp()[..., :1], "jpeg")
    assert codecs.read_header(encoded).color == "gray"
    assert codecs.decode(encoded).shape == (200, 256, 1)


def test_alpha_is_refused_with_the_way_to_drop_it():
    with pytest.raises(EncodeError, match=r"drop alpha with image\[..., :3\]"):
        codecs.encode(np.zeros((4, 4, 4), np.uint8), "jpeg")


def test_sixteen_bits_are_refused_with_the_way_to_convert():
    with pytest.raises(EncodeError, match=r"image >> 8"):
        codecs.encode(np.zeros((4, 4, 3), np.uint16), "jpeg")


def test_a_side_above_the_limit_of_libjpeg_is_refused():
    with pytest.raises(EncodeError, match="at most 65500"):
        codecs.encode(np.zeros((1, 65501), np.uint8), "jpeg")
    assert codecs.decode(codecs.encode(np.zeros((1, 65500), np.uint8), "jpeg")).shape == (1, 65500, 1)


@pytest.mark.parametrize("options", [{"quality": 0}, {"quality": 101}, {"quality": 9.5}, {"subsampling": "4:1:1"}])
def test_options_out_of_range_are_refused(options):
    with pytest.raises(EncodeError):
        codecs.encode(ramp(), "jpeg", **options)


@pytest.mark.parametrize("path", REAL)
def test_the_header_equals_what_pillow_reads(path):
    data = path.read_bytes()
    if codecs.identify(data) != "jpeg":
        return
    header = codecs.read_header(data)
    with Image.open(io.BytesIO(data)) as picture:
        assert (header.width, header.height) == picture.size
        assert {"L": 1}.get(picture.mode, 3) == header.channels


@pytest.mark.parametrize("path", realdata.params("images/exif/*.jpg", "photos/1*.jpeg"))
def test_the_beginning_of_a_file_is_enough_for_the_header_or_says_that_it_is_not(path):
    data = path.read_bytes()
    whole = codecs.read_header(data)
    frame = next(data.index(bytes([0xFF, each])) for each in (0xC0, 0xC2) if bytes([0xFF, each, 0, 17, 8]) in data)
    answered = False
    for nbytes in [*range(3, 300), *range(300, frame + 400, 37)]:
        try:
            assert codecs.read_header(data[:nbytes]) == whole
        except TruncatedError:
            assert not answered
        else:
            answered = True
    assert answered


def with_segment(marker: int, payload: bytes) -> bytes:
    encoded = codecs.encode(ramp(), "jpeg")
    return encoded[:2] + bytes([0xFF, marker]) + (len(payload) + 2).to_bytes(2, "big") + payload + encoded[2:]


def change_frame(offset: int, value: bytes) -> bytes:
    encoded = bytearray(codecs.encode(ramp(), "jpeg"))
    start = encoded.index(b"\xff\xc0") + 4 + offset
    encoded[start : start + len(value)] = value
    return bytes(encoded)


@pytest.mark.parametrize(
    ("encoded", "words"),
    [
        (change_frame(0, b"\x0c"), "12 bits"),
        (change_frame(1, b"\0\0"), "0 x 256"),
        (change_frame(3, b"\0\0"), "200 x 0"),
        (change_frame(5, b"\2"), "2 components"),
        (b"\xff\xd8\xff\xe0\0\1", "announces 1 bytes"),
        (b"\xff\xd8\xff\xd9" + bytes(9), "no frame header"),
        (change_frame(1, b"\x37\x00\x37\x00"), "cannot hold 14080 x 14080"),
        (b"\xff\xd8\xff\xe0", "bytes end"),
    ],
)
def test_broken_markers_are_named(encoded, words):
    with pytest.raises(DecodeError, match=words):
        codecs.decode(encoded)


@pytest.mark.parametrize("nbytes", [0, 1, 5, 7])
def test_bytes_between_segments_are_passed_over(nbytes):
    encoded = with_segment(0xFE, b"comment")
    end = 2 + 4 + len("comment")
    noisy = encoded[:end] + b"\x12" * nbytes + encoded[end:]
    np.testing.assert_array_equal(codecs.decode(noisy), codecs.decode(encoded))


@pytest.mark.parametrize("path", realdata.params("images/exif/Landscape_?.jpg", "images/pillow/*orientation*.jpg"))
def test_orientation_turns_pixels_as_pillow_does(path):
    data = path.read_bytes()
    stored, turned = codecs.decode(data), codecs.decode(data, orientation="apply")
    with Image.open(io.BytesIO(data)) as picture:
        orientation = picture.getexif().get(0x0112, 1)
    assert codecs.read_header(data).orientation == (orientation or 1)
    again = Image.fromarray(stored)
    again.getexif()[0x0112] = orientation
    np.testing.assert_array_equal(turned, np.array(ImageOps.exif_transpose(again)))


def test_the_default_keeps_pixels_as_stored_like_tensorflow(data):
    encoded = (data / "images/exif/Landscape_6.jpg").read_bytes()
    assert codecs.read_header(encoded).height > codecs.read_header(encoded).width
    assert codecs.decode(encoded).shape == codecs.read_header(encoded).shape
    assert codecs.decode(encoded, orientation="apply").shape[0] < codecs.decode(encoded).shape[0]


def test_the_eight_orientations_of_one_photo_look_alike_when_upright(data):
    upright = codecs.decode((data / "images/exif/Landscape_1.jpg").read_bytes()).astype(int)
    for number in range(2, 9):
        encoded = (data / f"images/exif/Landscape_{number}.jpg").read_bytes()
        assert codecs.read_header(encoded).orientation == number
        turned = codecs.decode(encoded, orientation="apply")
        assert turned.shape == upright.shape
        assert np.abs(turned - upright).mean() < 8
