"""Rows cut out at restart markers are those of the whole picture, and the rest is left out."""

import io
import struct
import time

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from PIL import Image

import filmroll
import pictures
import realdata
from filmroll.codecs import jpeg_restarts, jpeg_rows
from filmroll.errors import DecodeError, EncodeError, LimitError

KINDS = ("4:4:4", "4:2:2", "4:2:0", "4:4:0", "gray", "gray of 2 x 2")
PHOTOS = realdata.params("photos/*.jpeg")
MARKER_ROWS = {"restart_marker_rows": 1}


def noise(height: int, width: int, *, seed: int = 0) -> np.ndarray:
    """A picture whose neighbouring pixels differ much: nothing that upsampling mixes in goes unseen."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def encode(image: np.ndarray, kind: str, **markers: int) -> bytes:
    """Encode with the subsampling named, also with those that Pillow has no word for."""
    height, width = image.shape[:2]
    if kind == "4:4:0":  # the blocks of a 4:2:2 picture half as high and twice as wide, in the same order
        image = np.resize(image, (-(-height // 16) * 8, -(-width // 8) * 16, 3))
    out, subsampling = io.BytesIO(), {"4:4:0": "4:2:2", "gray": None, "gray of 2 x 2": None}.get(kind, kind)
    options = {} if subsampling is None else {"subsampling": subsampling}
    Image.fromarray(image[..., 0] if subsampling is None else image).save(out, "JPEG", quality=90, **options, **markers)
    data = bytearray(out.getvalue())
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", height, width)
    if kind in ("4:4:0", "gray of 2 x 2"):  # blocks of one component come one by one, whatever its factors
        data[frame + 11] = {"4:4:0": 0x12, "gray of 2 x 2": 0x22}[kind]
    return bytes(data)


def cut(data, top: int, bottom: int) -> jpeg_restarts.Part | None:
    return jpeg_restarts.cut(data, jpeg_restarts.read_scan(data), top=top, bottom=bottom)


def assert_rows_are_the_whole_ones(data, top: int, bottom: int, *, eighths: int = 8, channels: int = 3) -> int:
    """Compare; return how many rows were decoded."""
    if eighths == 8:
        whole = filmroll.decode(data, channels=channels)
    else:
        header = filmroll.read_header(data)
        whole, _ = jpeg_rows.decode(data, top=0, bottom=header.height, eighths=eighths, channels=channels)
    image, first_row = jpeg_rows.decode(data, top=top, bottom=bottom, eighths=eighths, channels=channels)
    assert first_row <= top * eighths / 8
    assert first_row + len(image) >= min(bottom * eighths / 8, len(whole))
    assert np.array_equal(image, whole[first_row : first_row + len(image)])
    return len(image)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=150, deadline=None)
@given(
    size=st.tuples(st.integers(1, 140), st.integers(1, 70)),
    window=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    markers=st.sampled_from([MARKER_ROWS, {"restart_marker_rows": 2}, {"restart_marker_rows": 3}])
    | st.integers(1, 40).map(lambda count: {"restart_marker_blocks": count}),
    eighths=st.sampled_from([8, 8, 4, 2, 1]),
    channels=st.sampled_from([1, 3]),
)
@example(size=(10, 1), window=(0.9, 1.0), markers=MARKER_ROWS, eighths=2, channels=1)  # eighths of 1 are 1
def test_rows_are_those_of_the_whole_picture(kind, size, window, markers, eighths, channels):
    top = int(min(window) * size[0])
    bottom = max(top + 1, int(np.ceil(max(window) * size[0])))
    assume(bottom <= size[0])
    data = encode(noise(*size), kind, **markers)
    assert_rows_are_the_whole_ones(data, top, bottom, eighths=eighths, channels=channels)


@pytest.mark.parametrize("kind", KINDS)
def test_every_edge_against_every_row_of_blocks(kind):
    data = encode(noise(70, 40), kind, **MARKER_ROWS)
    for edge in range(1, 70):
        assert_rows_are_the_whole_ones(data, edge, edge + 1)
        assert_rows_are_the_whole_ones(data, edge, 70)
        assert_rows_are_the_whole_ones(data, 0, edge)


@pytest.mark.parametrize("path", PHOTOS)
def test_rows_of_real_photos(path):
    image = filmroll.imread(path, mode="RGB")
    data = filmroll.encode(image, "jpeg", quality=90, restart_rows=1)
    height = len(image)
    assert np.array_equal(filmroll.decode(data), filmroll.decode(filmroll.encode(image, "jpeg", quality=90)))
    for top, bottom in ((height // 3, height // 2), (height // 4 + 1, height)):
        for eighths in (8, 4):
            count = assert_rows_are_the_whole_ones(data, top, bottom, eighths=eighths)
            assert count <= (bottom - top + 2 * 16 + 2) * eighths // 8 + 1


@pytest.mark.parametrize(
    ("kind", "step"), [("4:4:4", 8), ("4:2:2", 8), ("4:2:0", 16), ("4:4:0", 16), ("gray", 8), ("gray of 2 x 2", 8)]
)
def test_no_more_rows_are_cut_out_than_hold_those_needed(kind, step):
    data = encode(noise(200, 48), kind, **MARKER_ROWS)
    part = cut(data, 5 * step, 7 * step)
    assert (part.top, part.bottom) == (5 * step, 7 * step)
    part = cut(data, 5 * step - 1, 7 * step + 1)
    assert (part.top, part.bottom) == (4 * step, 8 * step)
    assert cut(data, 199, 200).bottom == 200


def test_row_at_the_edge_of_its_blocks_brings_the_next_ones_only_where_chroma_is_mixed():
    """At the edge of a row of blocks smooth upsampling looks over it; one pixel further in it does not."""
    data = encode(noise(160, 32), "4:2:0", **MARKER_ROWS)
    assert assert_rows_are_the_whole_ones(data, 49, 63) == 14
    assert assert_rows_are_the_whole_ones(data, 48, 64) == 46
    assert assert_rows_are_the_whole_ones(encode(noise(160, 32), "4:4:4", **MARKER_ROWS), 48, 64) == 16


def test_rows_near_the_top_are_not_worth_a_cut():
    data = encode(noise(640, 32), "4:2:0", **MARKER_ROWS)
    assert jpeg_rows.decode(data, top=40, bottom=60)[1] == 0
    assert jpeg_rows.decode(data, top=42, bottom=60)[1] == 33


def test_part_is_a_jpeg_of_its_own_with_markers_counted_from_0():
    data = encode(noise(320, 32), "4:2:0", **MARKER_ROWS)
    part = cut(data, 16 * 5, 16 * 15)
    header = filmroll.read_header(part.encoded)
    assert (header.height, header.width) == (160, 32)
    at = jpeg_restarts.read_scan(part.encoded).offset
    scan = bytes(part.encoded[at:])
    numbers = [scan[i + 1] - 0xD0 for i in range(len(scan) - 1) if scan[i] == 0xFF and 0xD0 <= scan[i + 1] <= 0xD7]
    assert numbers == [0, 1, 2, 3, 4, 5, 6, 7, 0]
    assert scan.endswith(b"\xff\xd9")
    picture = Image.open(io.BytesIO(part.encoded))
    assert np.asarray(picture).shape == (160, 32, 3)


def test_what_is_cut_out_is_in_proportion_to_the_rows():
    data = encode(noise(320, 64), "4:2:0", **MARKER_ROWS)
    assert len(cut(data, 160, 192).encoded) < len(data) / 10 + jpeg_restarts.read_scan(data).offset


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_buffer_is_taken_and_left_as_it_is(kind):
    data = encode(noise(100, 40), "4:2:0", **MARKER_ROWS)
    given_ = kind(data)
    assert_rows_are_the_whole_ones(given_, 30, 50)
    assert bytes(given_) == data


def test_several_markers_a_row_and_markers_every_few_rows():
    image = noise(160, 96)  # six MCUs a row
    for blocks, unit in ((1, 16), (2, 16), (3, 16), (12, 32), (4, 32), (9, 48), (5, 80)):
        data = encode(image, "4:2:0", restart_marker_blocks=blocks)
        part = cut(data, 81, 95)
        assert (part.top, part.bottom) == (81 // unit * unit, min(160, -(-95 // unit) * unit))
        assert_rows_are_the_whole_ones(data, 81, 95)


def test_rgb_jpeg_is_cut_as_well():
    out = io.BytesIO()
    Image.fromarray(noise(100, 40)).save(out, "JPEG", keep_rgb=True, restart_marker_rows=1)
    assert filmroll.read_header(out.getvalue()).color == "rgb"
    assert cut(out.getvalue(), 30, 50) is not None
    assert_rows_are_the_whole_ones(out.getvalue(), 30, 50)


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
    image, first_row = jpeg_rows.decode(data, top=100, bottom=120)
    assert first_row == 0
    assert 120 <= len(image) < 160


def test_progressive_file_with_markers_is_decoded_whole():
    data = filmroll.encode(noise(160, 40), "jpeg", progressive=True, restart_rows=1)
    assert b"\xff\xdd\x00\x04" in data
    assert jpeg_restarts.read_scan(data) is None
    assert assert_rows_are_the_whole_ones(data, 100, 120) == 160


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda data: data[:-2], id="no end"),
        pytest.param(lambda data: data[:300] + b"\xff\xd9", id="no scan"),
        pytest.param(lambda data: data[:2] + b"\xff\xd0" + data[2:], id="a restart marker in the header"),
        pytest.param(lambda data: data[: data.index(b"\xff\xda")] + data[data.index(b"\xff\xc0") :], id="two frames"),
        pytest.param(lambda data: data.replace(b"\xff\xda\x00\x0c\x03", b"\xff\xda\xff\x0c\x03"), id="scan's length"),
        pytest.param(lambda data: data.replace(b"\xff\xda\x00\x0c\x03", b"\xff\xda\x00\x0c\x01"), id="one of three"),
        pytest.param(lambda data: data.replace(b"\xff\xc0", b"\xff\xc9"), id="arithmetic coding"),
        pytest.param(lambda data: b"\xff\xd8\xff\xd9", id="nothing"),
        pytest.param(lambda data: b"", id="empty"),
    ],
)
def test_scan_that_is_not_plain_is_left_to_the_decoder(change):
    data = encode(noise(60, 40), "4:2:0", **MARKER_ROWS)
    assert jpeg_restarts.read_scan(data) is not None
    assert jpeg_restarts.read_scan(change(data)) is None


def test_factors_of_0_are_a_decode_error():
    data = bytearray(encode(noise(60, 40), "4:2:0", **MARKER_ROWS))
    frame = data.index(b"\xff\xc0")
    for offset in (11, 14, 17):
        data[frame + offset] = 0
    with pytest.raises(DecodeError):
        jpeg_rows.decode(data, top=20, bottom=30)


@pytest.mark.parametrize(("size", "error"), [((65500, 65500), LimitError), ((14000, 14000), DecodeError)])
def test_size_that_the_bytes_cannot_hold_is_refused_before_anything_is_allocated(size, error):
    data = bytearray(encode(noise(60, 40), "4:2:0", **MARKER_ROWS))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", *size)
    with pytest.raises(error):
        jpeg_rows.decode(data, top=0, bottom=60000)


def test_damage_in_other_rows_is_not_noticed():
    data = encode(noise(320, 64), "4:2:0", **MARKER_ROWS)
    at = data.index(b"\xff\xd1")
    damaged = data[: at - 60] + bytes(50) + data[at - 10 :]
    assert not np.array_equal(filmroll.decode(damaged), filmroll.decode(data))
    image, first_row = jpeg_rows.decode(damaged, top=200, bottom=220)
    assert np.array_equal(image, filmroll.decode(data)[first_row : first_row + len(image)])


SMALL = {kind: encode(noise(70, 40), kind, **MARKER_ROWS) for kind in ("4:2:0", "4:4:4", "gray")}


def rows_or_error(data: bytes, **options) -> None:
    try:
        image, first_row = jpeg_rows.decode(data, **options)
    except (DecodeError, LimitError):
        return
    assert image.ndim == 3
    assert first_row <= options["top"]


@pytest.mark.parametrize("kind", SMALL)
@settings(max_examples=200, deadline=None)
@given(
    changes=st.lists(st.tuples(st.integers(0, 2**12), st.integers(0, 255)), min_size=1, max_size=5),
    rows=st.sampled_from([(0, 9), (17, 30), (33, 70), (69, 70)]),
    eighths=st.sampled_from([8, 2]),
)
def test_changed_bytes_give_pixels_or_a_decode_error(kind, changes, rows, eighths):
    damaged = bytearray(SMALL[kind])
    for position, value in changes:
        damaged[position % len(damaged)] = value
    rows_or_error(bytes(damaged), top=rows[0], bottom=rows[1], eighths=eighths)


@settings(max_examples=200, deadline=None)
@given(
    changes=st.lists(
        st.tuples(st.integers(0, 400), st.sampled_from([0, 1, 2, 127, 0xC0, 0xC2, 0xD0, 0xD9, 0xDA, 0xDD, 0xFF])),
        min_size=1,
        max_size=4,
    ),
    channels=st.sampled_from([1, 3]),
)
def test_changed_headers_give_pixels_or_a_decode_error(changes, channels):
    data = SMALL["4:2:0"]
    header = jpeg_restarts.read_scan(data).offset
    damaged = bytearray(data)
    for position, value in changes:
        damaged[-1 - position if position > header else position] = value
    rows_or_error(bytes(damaged), top=33, bottom=50, channels=channels)


@pytest.mark.parametrize("removed", [0, 3])
def test_every_truncation_gives_pixels_or_a_decode_error(removed):
    data = SMALL["4:2:0"]
    for nbytes in range(0, len(data), 7):
        rows_or_error(data[:nbytes] + data[nbytes + removed :] if removed else data[:nbytes], top=33, bottom=50)
        rows_or_error(data[:nbytes] + b"\xff\xd9", top=33, bottom=50)


@pytest.mark.parametrize("path", realdata.params("hostile/jpeg/**/*", "hostile/dali/jpeg/*"))
def test_hostile_file_gives_rows_or_a_decode_error(path):
    rows_or_error(path.read_bytes(), top=9, bottom=20)


# What is written


@pytest.mark.parametrize("rows", [1, 2, 5])
def test_encode_writes_a_marker_after_so_many_rows_of_blocks(rows):
    data = filmroll.encode(pictures.image(1, height=160, width=50), "jpeg", restart_rows=rows)
    assert jpeg_restarts.read_scan(data).interval == 4 * rows
    assert np.array_equal(
        filmroll.decode(data), filmroll.decode(filmroll.encode(pictures.image(1, height=160, width=50), "jpeg"))
    )


@pytest.mark.parametrize("rows", [0, -1, 10**6, 1.5])
def test_impossible_restart_rows_are_refused(rows):
    with pytest.raises(EncodeError, match="restart_rows is 1 or more"):
        filmroll.encode(pictures.image(1), "jpeg", restart_rows=rows)


def test_cut_takes_less_time_than_the_rows_it_saves():
    data = encode(noise(640, 640), "4:2:0", **MARKER_ROWS)

    def seconds(top: int, bottom: int) -> float:
        times = []
        for _ in range(9):
            begun = time.perf_counter()
            jpeg_rows.decode(data, top=top, bottom=bottom)
            times.append(time.perf_counter() - begun)
        return min(times)

    assert seconds(600, 640) < seconds(0, 640) / 4
