"""GIF: frames by the standard, equal to TensorFlow where it follows it."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

import realdata
from filmroll import codecs
from filmroll.codecs import gif_blocks
from filmroll.errors import DecodeError, EncodeError, LimitError, TruncatedError

REAL = realdata.params("images/**/*.gif")
# TensorFlow ignores what frames ask for when their time is over; the rest is the standard's.
DISPOSED = {"dispose_bgnd.gif", "dispose_prev.gif", "dispose_prev_first_frame.gif", "missing_background.gif"}
# TensorFlow makes the canvas as large as the frame, not as the screen.
SMALLER_THAN_SCREEN = {"first_frame_transparency.gif"}

BLACK, RED, GREEN, BLUE = (0, 0, 0), (255, 0, 0), (0, 255, 0), (0, 0, 255)
COLORS = bytes(BLACK + RED + GREEN + BLUE)


def lzw(indices: list[int], bits: int = 2) -> bytes:
    """LZW without compression: a clear code before every pair of pixels keeps the codes at their first width."""
    clear, end = 1 << bits, (1 << bits) + 1
    codes = [each for number, index in enumerate(indices) for each in ([clear] * (number % 2 == 0) + [index])]
    value = sum(code << (bits + 1) * place for place, code in enumerate([*codes, end]))
    data = value.to_bytes(((bits + 1) * (len(codes) + 1) + 7) // 8, "little")
    blocks = b"".join(bytes([len(data[i : i + 255])]) + data[i : i + 255] for i in range(0, len(data), 255))
    return bytes([bits]) + blocks + b"\0"


def frame(
    indices: list[list[int]],
    *,
    left: int = 0,
    top: int = 0,
    disposal: int = 0,
    transparent: int | None = None,
    palette: bytes = b"",
) -> bytes:
    flags = disposal << 2 | (transparent is not None)
    control = struct.pack("<BBBBHBB", 0x21, 0xF9, 4, flags, 0, transparent or 0, 0)
    local = 0x80 | (len(palette) // 6).bit_length() - 1 if palette else 0
    image = struct.pack("<BHHHHB", 0x2C, left, top, len(indices[0]), len(indices), local)
    return control + image + palette + lzw([each for row in indices for each in row])


def build(*frames: bytes, height: int = 2, width: int = 2, palette: bytes = COLORS, background: int = 0) -> bytes:
    flags = 0x80 | (len(palette) // 6).bit_length() - 1 if palette else 0
    screen = struct.pack("<HHBBB", width, height, flags, background, 0)
    return b"GIF89a" + screen + palette + b"".join(frames) + b";"


@pytest.mark.parametrize("path", REAL)
def test_pixels_equal_tensorflow_unless_disposal_or_a_small_frame_is_met(path, tf):
    data = path.read_bytes()
    try:
        expected = tf.io.decode_gif(data).numpy()
    except tf.errors.InvalidArgumentError:
        with pytest.raises(DecodeError):
            codecs.decode(data)
        return
    ours = codecs.decode(data)
    if path.name in SMALLER_THAN_SCREEN:
        assert ours.shape[1:3] == struct.unpack_from("<HH", data, 6)[::-1] != expected.shape[1:3]
    elif path.name in DISPOSED:
        assert any(each.disposal >= 2 for each in gif_blocks.frames(memoryview(data)))
        assert ours.shape == expected.shape
        np.testing.assert_array_equal(ours[0], expected[0])
        assert (ours != expected).any()
    else:
        np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("lena", (1, 26, 51, 3)),
        ("red_black", (1, 16, 16, 3)),
        ("squares", (2, 16, 16, 3)),
        ("scan", (12, 40, 20, 3)),
        ("optimized", (12, 40, 20, 3)),
    ],
)
def test_frames_of_tensorflows_files(data, name, shape):
    encoded = (data / f"images/tensorflow/gif/{name}.gif").read_bytes()
    assert codecs.decode(encoded).shape == shape == codecs.read_header(encoded).shape


@pytest.mark.parametrize("name", ["scan", "optimized"])
def test_a_white_bar_moves_through_the_frames(data, name):
    frames = codecs.decode((data / f"images/tensorflow/gif/{name}.gif").read_bytes())
    expected = np.zeros_like(frames)
    for number in range(12):  # image_ops_test.py: four across, then eight down
        if number < 4:
            expected[number, :, number * 5 : number * 5 + 5] = 255
        else:
            expected[number, (number - 4) * 5 : (number - 4) * 5 + 5] = 255
    np.testing.assert_array_equal(frames, expected)


def test_transparent_pixels_keep_those_of_the_frame_before(data):
    folder = data / "images/tensorflow/gif"
    frames = codecs.decode((folder / "pendulum_sm.gif").read_bytes())
    for number in range(3):
        still = codecs.decode((folder / f"pendulum_sm_frame{number}.png").read_bytes(), channels=3)
        np.testing.assert_array_equal(frames[number], still)


def test_what_no_frame_covers_is_zero(data):
    folder = data / "images/tensorflow/gif"
    squares, red_black = (codecs.decode((folder / name).read_bytes()) for name in ("squares.gif", "red_black.gif"))
    np.testing.assert_array_equal(squares[0], red_black[0])


def test_only_the_first_frame_has_three_axes(data):
    encoded = (data / "images/tensorflow/gif/scan.gif").read_bytes()
    first = codecs.decode(encoded, frames="first")
    assert first.shape == (40, 20, 3)
    np.testing.assert_array_equal(first, codecs.decode(encoded)[0])


def test_channels_one_two_and_four_are_converted(data):
    encoded = (data / "images/tensorflow/gif/scan.gif").read_bytes()
    for channels in (1, 2, 3, 4):
        assert codecs.decode(encoded, channels=channels).shape == (12, 40, 20, channels)


def test_disposal_to_background_clears_only_the_frames_own_area_to_transparent():
    data = build(frame([[1, 1], [1, 1]], disposal=1), frame([[2]], left=1, disposal=2), frame([[3]], top=1))
    third = codecs.decode(data, channels=4)[2]
    assert third[0].tolist() == [[*RED, 255], [0, 0, 0, 0]]
    assert third[1].tolist() == [[*BLUE, 255], [*RED, 255]]


def test_disposal_to_previous_restores_what_was_there():
    data = build(frame([[1, 1], [1, 1]]), frame([[2, 2], [2, 2]], disposal=3), frame([[3]]))
    second, third = codecs.decode(data)[1:]
    assert (second == GREEN).all()
    assert third.tolist() == [[list(BLUE), list(RED)], [list(RED), list(RED)]]


@pytest.mark.parametrize("disposal", [0, 1])
def test_disposal_none_and_keep_leave_the_frame(disposal):
    data = build(frame([[1, 2], [2, 1]], disposal=disposal), frame([[3]], left=1, top=1))
    assert codecs.decode(data)[1].tolist() == [[list(RED), list(GREEN)], [list(GREEN), list(BLUE)]]


def test_the_background_colour_is_not_drawn():
    data = build(frame([[1]]), background=2)
    assert codecs.decode(data, channels=4)[0].tolist() == [[[*RED, 255], [0] * 4], [[0] * 4, [0] * 4]]


def test_transparent_pixels_of_the_first_frame_are_zero():
    data = build(frame([[1, 3], [3, 1]], transparent=3))
    assert codecs.decode(data)[0].tolist() == [[list(RED), [0] * 3], [[0] * 3, list(RED)]]
    assert codecs.decode(data, channels=4)[0, :, :, 3].tolist() == [[255, 0], [0, 255]]


def test_a_frame_larger_than_the_screen_is_cut():
    data = build(frame([[1, 2, 3], [2, 2, 2], [3, 3, 3]], left=1, top=0))
    assert codecs.decode(data)[0].tolist() == [[[0] * 3, list(RED)], [[0] * 3, list(GREEN)]]


def test_a_frame_beside_the_screen_draws_nothing():
    assert not codecs.decode(build(frame([[1]], left=9, top=9))).any()


def test_a_local_palette_is_used_before_the_global_one():
    data = build(frame([[0, 1], [1, 0]], palette=bytes(BLUE + GREEN)), frame([[1]]))
    assert codecs.decode(data)[0, 0].tolist() == [list(BLUE), list(GREEN)]
    assert codecs.decode(data)[1, 0, 0].tolist() == list(RED)


def test_interlaced_rows_are_sorted():
    rows = [[each % 4, each % 4] for each in [0, 8, 4, 2, 6, 10, 1, 3, 5, 7, 9]]
    data = bytearray(build(frame(rows), height=11))
    data[data.index(b"\x2c") + 9] |= 0x40
    palette = np.frombuffer(COLORS, np.uint8).reshape(-1, 3)
    np.testing.assert_array_equal(codecs.decode(bytes(data))[0, :, 0], palette[np.arange(11) % 4])


@pytest.mark.parametrize("indices", [255, 4094, 4095, 4096, 9000])
def test_lzw_tables_of_every_fullness_are_read(indices):
    noise = np.random.default_rng(indices).integers(0, 200, (1, indices), dtype=np.uint8)
    image = np.repeat(noise[..., None], 3, axis=-1)
    np.testing.assert_array_equal(codecs.decode(codecs.encode(image, "gif"))[0], image)


def with_data(lzw_data: bytes) -> bytes:
    whole = build(frame([[1, 1], [1, 1]]))
    start = whole.index(b"\x2c") + 10
    return whole[:start] + lzw_data + b";"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (build(), "does not contain any image"),
        (build(frame([[3, 3]]), palette=COLORS[:6]), "colour index 3, its palette only 2"),
        (build(frame([[0, 0]]), palette=b""), "palette only 0"),
        (build(b"\x99"), "unknown GIF block 0x99"),
        (build(frame([[1]]), width=0), "2 x 0"),
        (with_data(b"\x02\0"), "truncated"),
        (with_data(b"\x02\x02\xfc\x0f\0"), "broken data stream"),
        (with_data(b"\x0d\x01\0\0"), "GIF"),
        (build(frame([[1, 1], [1, 1]]))[:-1], "before the trailer"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(data, words):
    with pytest.raises(DecodeError, match=words):
        codecs.decode(data)


def test_a_frame_without_area_is_refused():
    data = bytearray(build(frame([[1, 1], [1, 1]])))
    data[data.index(b"\x2c") + 5 : data.index(b"\x2c") + 7] = b"\0\0"
    with pytest.raises(DecodeError, match="2 x 0"):
        codecs.decode(bytes(data))


def test_a_file_cut_anywhere_is_refused():
    data = build(frame([[1, 2], [3, 0]]), frame([[1]]))
    for nbytes in range(len(data)):
        with pytest.raises(DecodeError):
            codecs.decode(data[:nbytes])


def test_the_header_of_a_cut_file_is_truncated():
    with pytest.raises(TruncatedError):
        codecs.read_header(build(frame([[1]]))[:-1])
    with pytest.raises(DecodeError, match="does not contain any image"):
        codecs.read_header(build())


def test_frames_count_towards_the_limit():
    data = build(frame([[1]]), frame([[2]]))
    assert codecs.decode(data, max_pixels=8).shape == (2, 2, 2, 3)
    with pytest.raises(LimitError, match="2 frames"):
        codecs.decode(data, max_pixels=7)
    assert codecs.decode(data, max_pixels=4, frames="first").shape == (2, 2, 3)


def test_frames_larger_than_the_screen_count_towards_the_limit_as_large_as_they_are():
    data = build(frame([[1] * 5] * 4), frame([[1] * 5] * 5))
    assert codecs.decode(data, max_pixels=45).shape == (2, 2, 2, 3)
    with pytest.raises(LimitError, match="45"):
        codecs.decode(data, max_pixels=44)
    with pytest.raises(LimitError, match="4 x 5"):
        codecs.decode(data, max_pixels=19)
    assert codecs.decode(data, max_pixels=20, frames="first").shape == (2, 2, 3)


def test_huge_frame_on_a_small_screen_is_refused_by_the_usual_limit():
    data = bytearray(build(frame([[1]])))
    data[data.index(b"\x2c") + 5 : data.index(b"\x2c") + 9] = b"\xff\xff\xff\xff"
    with pytest.raises(LimitError, match="65535 x 65535"):
        codecs.decode(bytes(data))


def test_a_frame_that_its_bytes_cannot_hold_is_refused_before_allocating():
    data = bytearray(build(frame([[1]])))
    data[data.index(b"\x2c") + 5 : data.index(b"\x2c") + 9] = b"\x00\x20\x00\x20"
    with pytest.raises(DecodeError, match="cannot hold"):
        codecs.decode(bytes(data))


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_frames_of_few_colours_come_back_exactly(data):
    shape = tuple(data.draw(st.integers(1, 6)) for _ in range(3))
    channels = data.draw(st.sampled_from([1, 2, 3, 4]))
    values = st.sampled_from([0, 100, 255])
    frames = data.draw(hnp.arrays(np.uint8, (*shape, channels), elements=values))
    if channels % 2 == 0:
        frames[..., -1] = frames[..., -1] // 128 * 255
    again = codecs.decode(codecs.encode(frames, "gif"), channels=channels)
    expected = frames.copy()
    if channels % 2 == 0:
        expected[frames[..., -1] == 0] = 0
    np.testing.assert_array_equal(again, expected)


def test_identical_frames_are_not_merged():
    assert codecs.decode(codecs.encode(np.zeros((5, 4, 4, 3), np.uint8), "gif")).shape == (5, 4, 4, 3)


def test_many_colours_are_reduced_to_near_ones():
    down, across = np.mgrid[0:64, 0:64].astype(np.uint8)
    image = np.stack([down * 4, across * 4, (down + across) * 2], axis=-1)
    again = codecs.decode(codecs.encode(image, "gif"), frames="first")
    assert len(np.unique(again.reshape(-1, 3), axis=0)) <= 256
    assert np.abs(again.astype(int) - image).mean() < 8


def test_many_colours_leave_room_for_transparency():
    image = np.random.default_rng(0).integers(0, 256, (40, 40, 4), dtype=np.uint8)
    again = codecs.decode(codecs.encode(image, "gif"), channels=4, frames="first")
    np.testing.assert_array_equal(again[..., 3], np.where(image[..., 3] < 128, 0, 255))


def test_transparent_colour_has_its_place_in_the_palette():
    image = np.array([[[*color, 255] for color in (BLACK, RED, GREEN, BLUE)] + [[9, 9, 9, 0]]], np.uint8)
    [written] = gif_blocks.frames(memoryview(codecs.encode(image, "gif")))
    assert written.transparent == 4
    assert len(written.palette) // 3 > 4


def test_picture_that_does_not_move_has_no_count_of_its_runs():
    assert b"NETSCAPE" not in codecs.encode(np.zeros((2, 2), np.uint8), "gif", loop=7)


def test_duration_and_loop_are_what_pillow_reads(tmp_path):
    frames = np.zeros((3, 4, 4, 3), np.uint8)
    frames[1], frames[2] = 50, 90
    path = tmp_path / "x.gif"
    path.write_bytes(codecs.encode(frames, "gif", duration_ms=250, loop=7))
    with Image.open(path) as picture:
        assert (picture.n_frames, picture.info["duration"], picture.info["loop"]) == (3, 250, 7)
    path.write_bytes(codecs.encode(frames, "gif", loop=None))
    with Image.open(path) as picture:
        assert "loop" not in picture.info


@pytest.mark.parametrize(
    "options", [{"duration_ms": -1}, {"duration_ms": 700_000}, {"loop": 70_000}, {"loop": -1}, {"loop": 1.5}]
)
def test_options_out_of_range_are_refused(options):
    with pytest.raises(EncodeError):
        codecs.encode(np.zeros((2, 2), np.uint8), "gif", **options)


def test_a_side_above_sixteen_bits_is_refused():
    with pytest.raises(EncodeError, match="at most 65535"):
        codecs.encode(np.zeros((1, 65536), np.uint8), "gif")
