"""An index of restart markers saves the search for them, changes no pixel, and is not followed where it is wrong."""

import io
import struct
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import filmroll
import realdata
from filmroll.codecs import jpeg_index, jpeg_restarts, jpeg_scan
from filmroll.codecs.jpeg_scan import Area
from jpegs import KINDS, cut, encode, noise

COLUMNS = {"restart_marker_blocks": 2}
NAME = b"restarts\0"


def lengths_at(data: bytes) -> tuple[int, int]:
    """Where the lengths begin in an index, and how many they are."""
    at = data.index(NAME)
    return at + len(NAME), (struct.unpack_from(">H", data, at - 2)[0] - 2 - len(NAME)) // 2


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(
    size=st.tuples(st.integers(1, 140), st.integers(1, 70)),
    blocks=st.integers(1, 8),
    across=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    down=st.tuples(st.floats(0, 1), st.floats(0, 1)),
)
def test_part_is_byte_for_byte_the_one_that_is_searched_for(kind, size, blocks, across, down):
    data = encode(noise(*size), kind, restart_marker_blocks=blocks)
    top, left = (min(int(min(one) * side), side - 1) for one, side in zip((down, across), size, strict=True))
    bottom, right = (max(int(max(one) * side), 1) for one, side in zip((down, across), size, strict=True))
    area = Area(top, left, max(bottom, top + 1), max(right, left + 1))
    indexed = jpeg_restarts.indexed(data)
    assert cut(indexed, area) == cut(data, area)


def test_lengths_are_those_of_the_intervals_with_the_markers_behind_them():
    data = encode(noise(64, 96), "4:2:0", **COLUMNS)
    indexed = jpeg_restarts.indexed(data)
    start, count = lengths_at(indexed)
    position = jpeg_scan.read_scan(indexed).offset
    for number, length in enumerate(struct.unpack_from(f">{count}H", indexed, start)):
        position += length
        wanted = 0xD9 if number == count - 1 else 0xD0 + number % 8
        assert indexed[position - 2 : position] == bytes([0xFF, wanted])
    assert (count, position) == (4 * 3, len(indexed))


@pytest.mark.parametrize("path", realdata.params("photos/*.jpeg"))
def test_other_decoders_see_the_same_picture(path):
    image = filmroll.imread(path, mode="RGB")
    data = filmroll.encode(image, "jpeg", quality=90, restart_rows=1)
    indexed = jpeg_restarts.indexed(data)
    assert len(indexed) > len(data)
    assert np.array_equal(filmroll.decode(indexed), filmroll.decode(data))
    assert np.array_equal(Image.open(io.BytesIO(indexed)), Image.open(io.BytesIO(data)))


def test_tensorflow_passes_over_the_index(tf):
    data = encode(noise(64, 96), "4:2:0", **COLUMNS)
    indexed = jpeg_restarts.indexed(data)
    assert np.array_equal(tf.io.decode_jpeg(indexed), tf.io.decode_jpeg(data))


def test_index_is_written_once():
    indexed = jpeg_restarts.indexed(encode(noise(64, 96), "4:2:0", **COLUMNS))
    assert jpeg_restarts.indexed(indexed) == indexed
    assert indexed.count(NAME) == 1


def test_part_holds_no_index():
    indexed = jpeg_restarts.indexed(encode(noise(64, 96), "4:2:0", **COLUMNS))
    part = cut(indexed, Area(20, 40, 30, 50))
    assert NAME not in part.encoded
    assert jpeg_scan.read_scan(part.encoded).index_offset == 0


def test_bytes_of_the_index_are_counted_with_the_markers():
    data = encode(noise(64, 96), "4:2:0", **COLUMNS)
    indexed = jpeg_restarts.indexed(data)
    assert jpeg_restarts.marker_nbytes(indexed) - jpeg_restarts.marker_nbytes(data) == len(indexed) - len(data)
    assert len(indexed) - len(data) == 2 + 2 + len(NAME) + 2 * 12


# Files without one


def without_index() -> dict[str, bytes]:
    data = encode(noise(64, 96), "4:2:0", **COLUMNS)
    at = data.index(b"\xff\xd3")
    return {
        "no markers": encode(noise(64, 96), "4:2:0"),
        "markers that do not stand below each other": encode(noise(64, 96), "4:2:0", restart_marker_blocks=4),
        "a marker lost": data[:at] + data[at + 2 :],
        "too many markers": encode(np.zeros((2048, 1032, 3), np.uint8), "gray", restart_marker_blocks=1),
        "too many bytes between them": encode(noise(16, 40000), "4:4:4", restart_marker_rows=1),
        "progressive": filmroll.encode(noise(64, 96), "jpeg", progressive=True, restart_blocks=2),
        "no JPEG": b"RIFF",
    }


@pytest.mark.parametrize("name", without_index())
def test_file_that_has_no_place_for_an_index_stays_as_it_is(name):
    data = without_index()[name]
    assert jpeg_restarts.indexed(data) == data


@pytest.mark.parametrize(
    ("intervals", "is_added"), [([65_533], True), ([65_534], False), ([9] * 32_762, True), ([9] * 32_763, False)]
)
def test_index_holds_what_its_numbers_and_its_length_can_say(intervals, is_added):
    data = encode(noise(16, 16), "4:2:0")
    assert (jpeg_index.add(data, jpeg_scan.read_scan(data), intervals) != data) == is_added


# Wrong ones


def changed(change) -> bytes:
    indexed = bytearray(jpeg_restarts.indexed(encode(noise(64, 96), "4:2:0", **COLUMNS)))
    change(indexed, *lengths_at(bytes(indexed)))
    return bytes(indexed)


def longer_by_one(data: bytearray, start: int, count: int) -> None:
    data[start + 1] += 1


def one_byte_from_the_next(data: bytearray, start: int, count: int) -> None:
    first, second = struct.unpack_from(">HH", data, start)
    data[start : start + 4] = struct.pack(">HH", first + 1, second - 1)


def one_too_few(data: bytearray, start: int, count: int) -> None:
    del data[start + 2 * count - 2 : start + 2 * count]
    data[start - len(NAME) - 2 : start - len(NAME)] = struct.pack(">H", 2 + len(NAME) + 2 * count - 2)


def two_exchanged(data: bytearray, start: int, count: int) -> None:
    data[start : start + 4] = data[start + 2 : start + 4] + data[start : start + 2]


def all_in_one(data: bytearray, start: int, count: int) -> None:
    lengths = struct.unpack_from(f">{count}H", data, start)
    moved = [sum(lengths) - count + 1] + [1] * (count - 1)
    data[start : start + 2 * count] = struct.pack(f">{count}H", *moved)


def last_one_shorter(data: bytearray, start: int, count: int) -> None:
    data[start + 2 * count - 1] -= 1


CHANGES = [longer_by_one, one_byte_from_the_next, one_too_few, two_exchanged, all_in_one, last_one_shorter]


@pytest.mark.parametrize("change", CHANGES)
def test_index_that_does_not_fit_is_not_followed(change):
    plain = encode(noise(64, 96), "4:2:0", **COLUMNS)
    data = changed(change)
    for area in (Area(0, 0, 16, 32), Area(20, 40, 30, 50), Area(48, 64, 64, 96)):
        assert cut(data, area) == cut(plain, area)


def test_marker_of_another_number_in_the_part_is_noticed():
    data = jpeg_restarts.indexed(encode(noise(64, 96), "4:2:0", **COLUMNS))
    at = data.index(b"\xff\xd4", jpeg_scan.read_scan(data).offset)
    assert cut(data[:at] + b"\xff\xd5" + data[at + 2 :], Area(16, 32, 30, 60)) is None


def test_index_is_not_read_beyond_a_file_that_is_too_short_for_it():
    data = jpeg_restarts.indexed(encode(np.zeros((8, 2048, 3), np.uint8), "gray", restart_marker_blocks=1))
    start, count = lengths_at(data)
    header = data[: jpeg_scan.read_scan(data).offset]
    one = header[: start + 2] + header[start + 2 * count :]
    one = one.replace(struct.pack(">H", 2 + len(NAME) + 2 * count) + NAME, struct.pack(">H", 2 + len(NAME) + 2) + NAME)
    assert len(one) < start + 2 * count
    assert cut(one + b"\x00\xff\xd9", Area(0, 1024, 8, 2048)) is None


@pytest.mark.parametrize("area", [Area(16, 32, 40, 64), Area(40, 70, 64, 96), Area(0, 0, 64, 32)], ids=str)
def test_index_that_fits_is_followed_everywhere(monkeypatch, area):
    data = jpeg_restarts.indexed(encode(noise(64, 96), "4:2:0", **COLUMNS))
    monkeypatch.setattr(jpeg_restarts, "_gather", lambda *args, **kwargs: pytest.fail("searched"))
    assert cut(data, area).area.bottom >= area.bottom


def test_cut_does_not_look_for_markers():
    indexed = jpeg_restarts.indexed(encode(noise(640, 640), "4:4:4", restart_marker_blocks=4))
    plain = encode(noise(640, 640), "4:4:4", restart_marker_blocks=4)

    def seconds(data: bytes) -> float:
        scan, times = jpeg_scan.read_scan(data), []
        for _ in range(9):
            begun = time.perf_counter()
            jpeg_restarts.cut(data, scan, Area(320, 320, 336, 352))
            times.append(time.perf_counter() - begun)
        return min(times)

    assert seconds(indexed) < seconds(plain) / 3
    assert jpeg_index.nbytes(indexed, jpeg_scan.read_scan(indexed)) > 0
