"""Parts cut out at restart markers are those of the whole picture, and the rest is left out."""

import io
import time

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from PIL import Image

import filmroll
import jpegs
import pictures
import realdata
from filmroll.codecs import jpeg_restarts, jpeg_scan, jpeg_window
from filmroll.codecs.jpeg_scan import Area
from filmroll.errors import EncodeError
from jpegs import KINDS, MARKER_ROWS, encode, noise

PHOTOS = realdata.params("photos/*.jpeg")


def area(data, top: int, bottom: int, left: int = 0, right: int | None = None) -> Area:
    return Area(top, left, bottom, filmroll.read_header(data).width if right is None else right)


def cut(data, *edges: int) -> jpeg_restarts.Part | None:
    return jpegs.cut(data, area(data, *edges))


def rows(data, top: int, bottom: int, **options) -> tuple[np.ndarray, int]:
    image, first_row, first_column = jpeg_window.decode(data, area(data, top, bottom), **options)
    assert first_column == 0
    return image, first_row


def assert_window_is_the_whole_ones(data, *edges: int, eighths: int = 8, channels: int = 3) -> tuple[int, int]:
    """Compare; return how many rows and columns were decoded."""
    window = area(data, *edges)
    if eighths == 8:
        whole = filmroll.decode(data, channels=channels)
    else:
        header = filmroll.read_header(data)
        everything = Area(0, 0, header.height, header.width)
        whole, _, _ = jpeg_window.decode(data, everything, eighths=eighths, channels=channels)
    image, first_row, first_column = jpeg_window.decode(data, window, eighths=eighths, channels=channels)
    height, width = image.shape[:2]
    assert first_row <= window.top * eighths / 8
    assert first_row + height >= min(window.bottom * eighths / 8, whole.shape[0])
    assert first_column <= window.left * eighths / 8
    assert first_column + width >= min(window.right * eighths / 8, whole.shape[1])
    assert np.array_equal(image, whole[first_row : first_row + height, first_column : first_column + width])
    return height, width


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150, deadline=None)
@given(
    size=st.tuples(st.integers(1, 140), st.integers(1, 70)),
    across=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    down=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    markers=st.sampled_from([MARKER_ROWS, {"restart_marker_rows": 2}, {"restart_marker_rows": 3}])
    | st.integers(1, 40).map(lambda count: {"restart_marker_blocks": count}),
    eighths=st.sampled_from([8, 8, 4, 2, 1]),
    channels=st.sampled_from([1, 3]),
)
@example(size=(1, 18), down=(0, 0), across=(0, 0), markers={"restart_marker_blocks": 1}, eighths=2, channels=3)
@example(size=(33, 17), down=(0.5, 1.0), across=(0, 1), markers={"restart_marker_blocks": 2}, eighths=8, channels=1)
@example(size=(10, 1), down=(0.9, 1.0), across=(0, 1), markers=MARKER_ROWS, eighths=2, channels=1)  # eighths of 1 are 1
def test_window_is_that_of_the_whole_picture(kind, size, down, across, markers, eighths, channels):
    top, left = int(min(down) * size[0]), int(min(across) * size[1])
    bottom = max(top + 1, int(np.ceil(max(down) * size[0])))
    right = max(left + 1, int(np.ceil(max(across) * size[1])))
    assume(bottom <= size[0] and right <= size[1])
    data = encode(noise(*size), kind, **markers)
    assert_window_is_the_whole_ones(data, top, bottom, left, right, eighths=eighths, channels=channels)


@pytest.mark.parametrize("kind", KINDS)
def test_every_edge_against_every_row_of_blocks(kind):
    data = encode(noise(70, 40), kind, **MARKER_ROWS)
    for edge in range(1, 70):
        assert_window_is_the_whole_ones(data, edge, edge + 1)
        assert_window_is_the_whole_ones(data, edge, 70)
        assert_window_is_the_whole_ones(data, 0, edge)


@pytest.mark.parametrize("width", [97, 98, 100, 101, 104, 105, 112])  # what is left of the last block is narrow, or not
@pytest.mark.parametrize("kind", KINDS)
def test_every_edge_against_every_column_of_blocks(kind, width):
    data = encode(noise(40, width), kind, restart_marker_blocks=1)
    for edge in range(1, width):
        assert_window_is_the_whole_ones(data, 17, 40, edge, edge + 1)
        assert_window_is_the_whole_ones(data, 17, 30, edge, width)
        assert_window_is_the_whole_ones(data, 0, 15, 0, edge)


@pytest.mark.parametrize("eighths", [4, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_every_narrow_window_of_less_detail(kind, eighths):
    data = encode(noise(40, 40), kind, restart_marker_blocks=1)
    for left in range(0, 36, 3):
        assert_window_is_the_whole_ones(data, 17, 30, left, left + 1, eighths=eighths)
        assert_window_is_the_whole_ones(data, 17, 30, left, left + 5, eighths=eighths)


@pytest.mark.parametrize("eighths", [4, 2, 1])
@pytest.mark.parametrize("width", [1, 3, 4, 5, 7, 8, 9])
def test_first_rows_of_a_narrow_picture_have_the_detail_of_the_whole(width, eighths):
    for kind in ("4:4:4", "4:2:0"):
        data = encode(noise(40, width), kind, **MARKER_ROWS)
        for bottom in range(1, 10):
            assert_window_is_the_whole_ones(data, 0, bottom, eighths=eighths)


@pytest.mark.parametrize("path", PHOTOS)
def test_rows_of_real_photos(path):
    image = filmroll.imread(path, mode="RGB")
    data = filmroll.encode(image, "jpeg", quality=90, restart_rows=1)
    height = len(image)
    assert np.array_equal(filmroll.decode(data), filmroll.decode(filmroll.encode(image, "jpeg", quality=90)))
    for top, bottom in ((height // 3, height // 2), (height // 4 + 1, height)):
        for eighths in (8, 4):
            count, _ = assert_window_is_the_whole_ones(data, top, bottom, eighths=eighths)
            assert count <= (bottom - top + 2 * 16 + 2) * eighths // 8 + 1


@pytest.mark.parametrize(
    ("kind", "step"), [("4:4:4", 8), ("4:2:2", 8), ("4:2:0", 16), ("4:4:0", 16), ("gray", 8), ("gray of 2 x 2", 8)]
)
def test_no_more_rows_are_cut_out_than_hold_those_needed(kind, step):
    data = encode(noise(200, 48), kind, **MARKER_ROWS)
    assert cut(data, 5 * step, 7 * step).area == (5 * step, 0, 7 * step, 48)
    assert cut(data, 5 * step - 1, 7 * step + 1).area == (4 * step, 0, 7 * step + 1, 48)
    assert cut(data, 199, 200).area.bottom == 200


@pytest.mark.parametrize(
    ("kind", "step"), [("4:4:4", 8), ("4:2:2", 16), ("4:2:0", 16), ("4:4:0", 8), ("gray", 8), ("gray of 2 x 2", 8)]
)
def test_no_more_columns_are_cut_out_than_hold_those_needed(kind, step):
    data = encode(noise(48, 200), kind, restart_marker_blocks=1)
    assert cut(data, 0, 48, 5 * step, 7 * step).area == (0, 5 * step, 48, 7 * step)
    assert cut(data, 0, 48, 5 * step - 1, 7 * step + 1).area == (0, 4 * step, 48, 7 * step + 1)
    assert cut(data, 0, 48, 199, 200).area == (0, 192, 48, 200)


@pytest.mark.parametrize("markers", [MARKER_ROWS, {"restart_marker_blocks": 1}, {"restart_marker_blocks": 2}], ids=str)
@pytest.mark.parametrize(("height", "width"), [(64, 64), (70, 50), (16, 50), (1, 33)])
def test_nothing_is_cut_out_where_the_whole_is_needed(height, width, markers):
    data = encode(noise(height, width), "4:2:0", **markers)
    assert jpeg_restarts.reachable(jpeg_scan.read_scan(data), Area(0, 0, height, width)) is None


def test_columns_are_cut_out_of_a_single_row_of_blocks():
    data = encode(noise(9, 200), "4:2:0", restart_marker_blocks=1)
    assert cut(data, 0, 9, 50, 60).area == (0, 48, 9, 60)
    assert assert_window_is_the_whole_ones(data, 0, 9, 50, 60) == (9, 11)


def test_row_at_the_edge_of_its_blocks_brings_the_next_ones_only_where_chroma_is_mixed():
    """At the edge of a row of blocks smooth upsampling looks over it; one pixel further in it does not."""
    data = encode(noise(160, 32), "4:2:0", **MARKER_ROWS)
    assert assert_window_is_the_whole_ones(data, 49, 63) == (14, 32)
    assert assert_window_is_the_whole_ones(data, 48, 64) == (31, 32)
    assert assert_window_is_the_whole_ones(encode(noise(160, 32), "4:4:4", **MARKER_ROWS), 48, 64) == (16, 32)


def test_rows_near_the_top_are_not_worth_a_cut():
    data = encode(noise(640, 32), "4:2:0", **MARKER_ROWS)
    assert rows(data, 40, 60)[1] == 0
    assert rows(data, 50, 60)[1] == 49


def test_columns_are_worth_a_cut_where_they_are_a_sixteenth_of_the_picture():
    data = encode(noise(160, 320), "4:2:0", restart_marker_blocks=1)
    assert assert_window_is_the_whole_ones(data, 0, 160, 0, 302) == (160, 320)
    assert assert_window_is_the_whole_ones(data, 0, 160, 0, 287) == (160, 287)


def test_part_is_a_jpeg_of_its_own_with_markers_counted_from_0():
    data = encode(noise(320, 32), "4:2:0", **MARKER_ROWS)
    part = cut(data, 16 * 5, 16 * 15)
    header = filmroll.read_header(part.encoded)
    assert (header.height, header.width) == (160, 32)
    assert_markers_are_counted_from_0(part, 9)
    assert np.asarray(Image.open(io.BytesIO(part.encoded))).shape == (160, 32, 3)


def test_part_of_some_columns_is_a_jpeg_of_its_own_as_well():
    data = encode(noise(320, 160), "4:2:0", restart_marker_blocks=2)
    part = cut(data, 16 * 5, 16 * 8, 33, 97)
    header = filmroll.read_header(part.encoded)
    assert (header.height, header.width) == (48, 81)
    assert_markers_are_counted_from_0(part, 3 * 3 - 1)
    assert np.asarray(Image.open(io.BytesIO(part.encoded))).shape == (48, 81, 3)


def assert_markers_are_counted_from_0(part: jpeg_restarts.Part, count: int) -> None:
    at = jpeg_scan.read_scan(part.encoded).offset
    scan = bytes(part.encoded[at:])
    numbers = [scan[i + 1] - 0xD0 for i in range(len(scan) - 1) if scan[i] == 0xFF and 0xD0 <= scan[i + 1] <= 0xD7]
    assert numbers == [number % 8 for number in range(count)]
    assert scan.endswith(b"\xff\xd9")


def test_what_is_cut_out_is_in_proportion_to_the_rows_and_columns():
    data = encode(noise(320, 64), "4:2:0", **MARKER_ROWS)
    assert len(cut(data, 160, 192).encoded) < len(data) / 10 + jpeg_scan.read_scan(data).offset
    data = encode(noise(320, 160), "4:2:0", restart_marker_blocks=2)
    assert len(cut(data, 160, 192, 64, 96).encoded) < len(data) / 10 / 4 + jpeg_scan.read_scan(data).offset


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_buffer_is_taken_and_left_as_it_is(kind):
    data = encode(noise(100, 40), "4:2:0", **MARKER_ROWS)
    given_ = kind(data)
    assert_window_is_the_whole_ones(given_, 30, 50)
    assert bytes(given_) == data


def test_several_markers_a_row_and_markers_every_few_rows():
    """A part has all MCUs of its intervals, of the last of them a row and a column at least."""
    image = noise(160, 96)  # six MCUs a row
    for blocks, top, bottom in (
        (1, 80, 95),
        (2, 80, 95),
        (3, 80, 95),
        (12, 64, 95),
        (4, 64, 95),
        (9, 48, 95),
        (5, 80, 145),
    ):
        data = encode(image, "4:2:0", restart_marker_blocks=blocks)
        left, right = {1: (32, 41), 2: (32, 49), 3: (0, 41)}.get(blocks, (0, 81))
        assert cut(data, 81, 95, 40, 41).area == (top, left, bottom, right)
        assert_window_is_the_whole_ones(data, 81, 95, 40, 41)


def test_rgb_jpeg_is_cut_as_well():
    out = io.BytesIO()
    Image.fromarray(noise(100, 40)).save(out, "JPEG", keep_rgb=True, restart_marker_rows=1)
    assert filmroll.read_header(out.getvalue()).color == "rgb"
    assert cut(out.getvalue(), 30, 50) is not None
    assert_window_is_the_whole_ones(out.getvalue(), 30, 50)


# Files that cannot be cut


def not_cut() -> dict[str, bytes]:
    data = encode(noise(160, 40), "4:2:0", **MARKER_ROWS)
    at = data.index(b"\xff\xd3")
    return {
        "no markers": encode(noise(160, 40), "4:2:0"),
        "an interval that never begins a row": encode(noise(160, 40), "4:2:0", restart_marker_blocks=29),
        "a marker lost": data[:at] + data[at + 2 :],
        "a marker too many": data[:at] + b"\xff\xd3" + data[at:],
        "a marker of another number": data[:at] + b"\xff\xd5" + data[at + 2 :],
        "an interval announced and not kept": data.replace(b"\xff\xdd\x00\x04\x00\x03", b"\xff\xdd\x00\x04\x00\x06"),
    }


@pytest.mark.parametrize("name", not_cut())
def test_file_without_its_markers_is_decoded_from_the_top(name):
    data = not_cut()[name]
    assert cut(data, 100, 120) is None
    assert not jpeg_restarts.is_seekable(data)
    image, first_row = rows(data, 100, 120)
    assert first_row == 0
    assert 120 <= len(image) < 160


def test_progressive_file_with_markers_is_decoded_whole():
    data = filmroll.encode(noise(160, 40), "jpeg", progressive=True, restart_rows=1)
    assert b"\xff\xdd\x00\x04" in data
    assert jpeg_scan.read_scan(data) is None
    assert assert_window_is_the_whole_ones(data, 100, 120, 0, 10) == (160, 40)


def test_damage_in_other_rows_is_not_noticed():
    data = encode(noise(320, 64), "4:2:0", **MARKER_ROWS)
    at = data.index(b"\xff\xd1")
    damaged = data[: at - 60] + bytes(50) + data[at - 10 :]
    assert not np.array_equal(filmroll.decode(damaged), filmroll.decode(data))
    image, first_row = rows(damaged, 200, 220)
    assert np.array_equal(image, filmroll.decode(data)[first_row : first_row + len(image)])


# What is written


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_encode_writes_a_marker_after_so_many_rows_of_blocks(rows):
    data = filmroll.encode(pictures.image(1, height=160, width=50), "jpeg", restart_rows=rows)
    assert jpeg_scan.read_scan(data).interval == 4 * rows
    assert np.array_equal(
        filmroll.decode(data), filmroll.decode(filmroll.encode(pictures.image(1, height=160, width=50), "jpeg"))
    )


@pytest.mark.parametrize("blocks", [1, 2, 5])
def test_encode_writes_a_marker_after_so_many_blocks(blocks):
    data = filmroll.encode(pictures.image(1, height=160, width=50), "jpeg", restart_blocks=blocks)
    assert jpeg_scan.read_scan(data).interval == blocks


@pytest.mark.parametrize("option", ["restart_rows", "restart_blocks"])
@pytest.mark.parametrize("count", [0, -1, 10**6, 1.5])
def test_impossible_restarts_are_refused(option, count):
    with pytest.raises(EncodeError, match=f"{option} is 1 or more"):
        filmroll.encode(pictures.image(1), "jpeg", **{option: count})


def test_markers_are_after_rows_or_after_blocks():
    with pytest.raises(EncodeError, match="restart_rows=1 and restart_blocks=2: give one of them"):
        filmroll.encode(pictures.image(1), "jpeg", restart_rows=1, restart_blocks=2)


def test_cut_takes_less_time_than_the_rows_it_saves():
    data = encode(noise(640, 640), "4:2:0", **MARKER_ROWS)

    def seconds(top: int, bottom: int) -> float:
        times = []
        for _ in range(9):
            begun = time.perf_counter()
            rows(data, top, bottom)
            times.append(time.perf_counter() - begun)
        return min(times)

    assert seconds(600, 640) < seconds(0, 640) / 4
