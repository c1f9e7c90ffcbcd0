"""The table of measurements: a figure in each cell or a dash, and as many columns as there is room for."""

import pytest

from filmroll.advising import table
from measured import measured

HEADINGS = [" ".join(one.heading.split()).replace("- ", "") for one in table.COLUMNS]
FULL = {
    "set_nbytes": 12_345_678,
    "encode_per_s": 123.4,
    "decode_per_s": 12_345.0,
    "read_per_s": 9.87,
    "psnr": 41.26,
    "ssim": 0.98765,
    "ssimulacra2": 84.6,
    "equal_share": 0.784,
}

NEVER = {"encode_per_s": None, "decode_per_s": None}


def headings(*rows, **options) -> list[str]:
    return [" ".join(one.heading.split()).replace("- ", "") for one in table.columns(rows, **options)]


def test_every_figure_is_written_with_the_digits_that_mean_something():
    one = measured("JPEG, quality 90", 25_600, **FULL)
    assert dict(zip(HEADINGS, (column.cell(one) for column in table.COLUMNS), strict=True)) == {
        "bytes": "25,600",
        "of the array": "26 %",
        "all of them": "12.3 MB",
        "encode /s": "120",
        "decode /s": "12,000",
        "read /s": "9.9",
        "PSNR dB": "41.3",
        "SSIM": "0.9877",
        "SSIMULACRA2": "85",
        "of JPEG as good": "78 %",
    }


def test_what_was_not_measured_is_a_dash():
    one = measured("raw array", 100, ssim=None, psnr=None, **NEVER)
    cells = {name: column.cell(one) for name, column in zip(HEADINGS, table.COLUMNS, strict=True)}
    assert [name for name, cell in cells.items() if cell == "-"] == [
        *("encode /s", "decode /s", "read /s", "PSNR dB", "SSIM", "SSIMULACRA2", "of JPEG as good")
    ]
    assert table.rate(None) == "-"
    assert table.rate(0.5) == "0.5"


def test_column_without_a_figure_in_any_line_is_left_out():
    raw, jpeg = measured("raw array", 100, **NEVER), measured("JPEG, quality 90", 9, psnr=40.0, **NEVER)
    assert headings(raw, jpeg) == ["bytes", "of the array", "all of them", "PSNR dB", "SSIM"]
    assert headings(raw) == ["bytes", "of the array", "all of them", "SSIM"]


def test_sum_of_one_picture_is_no_column_of_its_own():
    one = measured("raw array", 100, set_nbytes=100)
    assert headings(one) == ["bytes", "of the array", "encode /s", "decode /s", "SSIM"]
    assert "all of them" in headings(one, measured("PNG", 50, set_nbytes=51))


def test_columns_are_left_out_one_by_one_where_there_is_no_room_and_those_of_rank_0_stay():
    row = measured("JPEG, quality 90", 25_600, **FULL)
    whole = headings(row)
    assert whole == HEADINGS
    least = ["bytes", "of the array", "read /s", "SSIM"]
    order = ["of JPEG as good", "PSNR dB", "all of them", "SSIMULACRA2", "encode /s", "decode /s"]
    seen, before = [], whole
    for width in range(200, 0, -1):
        now = headings(row, width=width)
        if now != before:
            seen += [name for name in before if name not in now]
            before = now
    assert seen == order
    assert before == least


@pytest.mark.parametrize("width", range(40, 130))
def test_table_is_no_wider_than_it_may_be(width):
    rows = [measured("JPEG, quality 90", 25_600, **FULL), measured("raw array", 100_000, set_nbytes=1)]
    found = table.columns(rows, width=width)
    needed = 2 + len("JPEG, quality 90") + 3 + len("identical") + 3 + sum(one.width(rows) + 3 for one in found)
    assert needed <= width or all(one.rank == 0 for one in found)
    assert table.columns(rows, width=needed) == found  # and none is left out for which there is room


def test_width_of_a_column_is_that_of_its_widest_line():
    column = next(one for one in table.COLUMNS if one.heading == "of the\narray")
    assert column.width([measured("raw array", 100_000)]) == len("of the")
    assert table.COLUMNS[0].width([measured("PNG", 1), measured("raw array", 1_234_567)]) == len("1,234,567")


@pytest.mark.parametrize(
    ("known", "fate"),
    [
        ({"identical": True}, "identical"),
        ({"identical": True, "second_loss": True}, "identical"),
        ({"identical": False, "ssim": 0.9}, "changed"),
        ({"identical": False, "ssim": 0.9, "second_loss": True}, "changed again"),
        ({"identical": False, "ssim": 1.0, "edge": 256}, "smaller"),
        ({"identical": False, "ssim": 0.99, "edge": 256}, "changed"),
        ({"identical": False, "ssim": 1.0, "edge": None}, "changed"),
    ],
)
def test_what_comes_back_is_said_in_a_word(known, fate):
    assert table.fate(measured("PNG", 100, **known)) == fate
