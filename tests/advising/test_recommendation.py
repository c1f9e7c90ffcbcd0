"""The rule of docs/advice.md, on measurements made up for it; and the sentence that says it."""

import pytest

from filmroll.advising import recommendation, sentence
from filmroll.advising.recommendation import GOALS, Facts, recommend
from measured import measured
from realdata import CHECKOUT

RAW = measured("raw array", 100_000)
PHOTO = [
    RAW,
    measured("PNG", 60_000),
    measured("WebP, lossless", 45_000),
    measured("JPEG, quality 75", 7_000, ssim=0.94),
    measured("JPEG, quality 90", 12_000, ssim=0.975),
    measured("JPEG, quality 95", 20_000, ssim=0.99),
    measured("jpegli, quality 85", 9_000, ssim=0.975, equal_share=0.8),
    measured("AVIF, quality 80", 8_000, ssim=0.98),
]
DRAWING = [
    RAW,
    measured("PNG", 3_000),
    measured("PNG by Zopfli", 2_000),
    measured("WebP, lossless", 1_000),
    measured("JPEG, quality 90", 12_000, ssim=0.98),
]
KEPT_JPEG = measured("the files as they are (JPEG)", 15_000)
KEPT_PNG = measured("the files as they are (PNG)", 60_000)


def facts(**known) -> Facts:
    usual = {"goal": "balanced", "count": 200, "pixels": 3e5, "shorter": 480, "is_lossy": False, "is_drawn": False}
    return Facts(**{**usual, **known})


def answer(measurements, **known) -> str:
    return recommend(measurements, facts(**known)).measurement.name


def test_photos_are_jpeg_of_the_lowest_quality_that_is_good():
    assert answer(PHOTO) == "JPEG, quality 90"


def test_encoders_that_need_an_extra_do_not_change_the_balanced_answer():
    assert answer([one for one in PHOTO if "jpegli" not in one.name]) == answer(PHOTO)


def test_photos_of_which_no_jpeg_is_good_enough_are_the_best_jpeg():
    rows = [
        RAW,
        measured("PNG", 90_000),
        *(measured(f"JPEG, quality {q}", q * 100, ssim=q / 100 - 0.05) for q in (75, 90)),
    ]
    assert answer(rows) == "JPEG, quality 90"


def test_drawings_are_without_loss():
    assert answer(DRAWING) == "WebP, lossless"


def test_png_is_preferred_unless_webp_saves_a_good_deal():
    close = [
        RAW,
        measured("PNG", 1_100),
        measured("WebP, lossless", 1_000),
        measured("JPEG, quality 90", 5_000, ssim=0.98),
    ]
    assert answer(close) == "PNG"


def test_files_that_have_lost_already_are_kept():
    assert answer([KEPT_JPEG, *PHOTO], is_lossy=True) == KEPT_JPEG.name
    assert answer([KEPT_JPEG, *DRAWING], is_lossy=True) == KEPT_JPEG.name


def test_png_files_of_photos_become_jpeg():
    assert answer([KEPT_PNG, *PHOTO]) == "JPEG, quality 90"


def test_png_files_of_drawings_are_kept_unless_another_form_saves_a_good_deal():
    near, far = (measured("the files as they are (PNG)", nbytes) for nbytes in (1_200, 1_300))
    assert answer([near, *DRAWING]) == near.name
    assert answer([far, *DRAWING]) == "WebP, lossless"


def test_svg_is_not_kept_for_it_would_be_drawn_each_time():
    kept = measured("the files as they are (SVG)", 500)
    assert answer([kept, *DRAWING], is_drawn=True) == "WebP, lossless"
    assert answer([kept, *DRAWING], is_drawn=True, goal="lossless") == "WebP, lossless"


def test_tiny_pictures_are_arrays():
    assert answer(PHOTO, pixels=28 * 28) == "raw array"
    assert answer(PHOTO, pixels=64 * 64) == "raw array"
    assert answer(PHOTO, pixels=64 * 65) != "raw array"


def test_copies_are_the_answer_where_the_pictures_are_much_larger_than_the_edge():
    copies = [
        measured("JPEG, quality 90, side 256", 3_000, ssim=0.98),
        measured("PNG, side 256", 9_000),
    ]
    assert answer([KEPT_JPEG, *PHOTO, *copies], is_lossy=True, shorter=512) == "JPEG, quality 90, side 256"
    assert answer([KEPT_JPEG, *PHOTO, *copies], is_lossy=True, shorter=500) == KEPT_JPEG.name


def test_smallest_takes_whatever_is_fair():
    assert answer(PHOTO, goal="smallest") == "AVIF, quality 80"
    assert answer(DRAWING, goal="smallest") == "WebP, lossless"


def test_lossless_is_the_smallest_from_which_every_value_comes_back():
    assert answer(PHOTO, goal="lossless") == "WebP, lossless"
    assert answer([KEPT_JPEG, *PHOTO], goal="lossless", is_lossy=True) == KEPT_JPEG.name
    assert answer([KEPT_PNG, *PHOTO], goal="lossless") == "WebP, lossless"


def test_fastest_is_the_smallest_of_those_that_are_fast():
    rows = [
        measured("raw array", 100_000, read_per_s=1000.0),
        measured("JPEG, quality 90", 12_000, ssim=0.98, read_per_s=520.0),
        measured("JPEG, quality 75", 7_000, ssim=0.9, read_per_s=900.0),
        measured("AVIF, quality 80", 8_000, ssim=0.98, read_per_s=100.0),
        measured("raw array, GZIP", 5_000),
    ]
    assert answer(rows, goal="fastest") == "JPEG, quality 90"
    slower = [
        measured("JPEG, quality 90", 12_000, ssim=0.98, read_per_s=480.0) if one is rows[1] else one for one in rows
    ]
    assert answer(slower, goal="fastest") == "raw array"


def test_fastest_goes_by_decoding_where_there_was_no_time_for_reading():
    rows = [measured("raw array", 100_000, decode_per_s=900.0), measured("PNG", 50_000, decode_per_s=100.0)]
    assert answer(rows, goal="fastest") == "raw array"


@pytest.mark.parametrize("rows", [[KEPT_JPEG, *PHOTO], DRAWING, [RAW, measured("NPY", 100_128)]])
@pytest.mark.parametrize("goal", [goal for goal in GOALS if goal != "fastest"])
def test_speeds_decide_nothing_but_the_fastest(rows, goal):
    other = [measured(one.name, one.nbytes, ssim=one.ssim, read_per_s=1000.0 / n) for n, one in enumerate(rows, 1)]
    assert answer(rows, goal=goal) == answer(other, goal=goal)


def test_arrays_that_no_picture_format_holds_stay_arrays():
    assert answer([RAW, measured("NPY", 100_128), measured("raw array, GZIP", 50_000)]) == "raw array"


def test_arrays_that_jpeg_does_not_hold_are_png_unless_they_take_less_as_they_are():
    wide = [RAW, measured("NPY", 100_128), measured("raw array, GZIP", 500), measured("WebP, lossless", 2_900)]
    rows = [*wide, measured("PNG", 3_000, ssim=None, identical=True)]
    assert answer(rows) == "PNG"
    assert recommend(rows, facts()).reason == "the fewest bytes from which every value comes back"
    assert not any("JPEG" in line for line in words(rows)[1])
    assert answer([RAW, measured("PNG", 100_001, ssim=None, identical=True)]) == "raw array"


# the sentence


def words(measurements, **known) -> tuple[str, list[str]]:
    best = recommend(measurements, facts(**known))
    return sentence.sentence(best, measurements, facts(**known)), sentence.otherwise(best, measurements, facts(**known))


def test_sentence_has_the_numbers_and_the_reason():
    why, _ = words([KEPT_JPEG, *PHOTO], is_lossy=True)
    assert why.startswith(
        "Keep the bytes as they are (JPEG): 15.0 kB a picture (15 % of the array), 3.0 MB for all 200"
    )
    assert why.endswith("encoding them again would lose a second time.")


def test_sentence_says_that_a_second_loss_is_one():
    rows = [KEPT_JPEG, RAW, measured("AVIF, quality 80", 8_000, ssim=0.98, second_loss=True)]
    assert "a second loss" in words(rows, is_lossy=True, goal="smallest")[0]


def test_sentence_says_how_fast_it_is_read_and_how_fast_arrays_are():
    rows = [measured("raw array", 100_000, read_per_s=1000.0), measured("PNG", 3_000, read_per_s=455.0)]
    assert "read at 460 a second (raw array: 1,000)" in words(rows)[0]


def test_what_would_change_the_answer_is_named():
    _, otherwise = words(PHOTO)
    assert any("at most 1.5 times" in line for line in otherwise)
    assert any(line.startswith("jpegli, quality 85 takes 20 % less") for line in otherwise)
    assert any(line.startswith("with --goal smallest: AVIF, quality 80, 8.0 kB") for line in otherwise)
    assert not any("--goal balanced" in line for line in otherwise)
    assert any("64 x 64" in line for line in words(PHOTO, pixels=100)[1])
    assert any("originals" in line for line in words([KEPT_JPEG, *PHOTO], is_lossy=True)[1])
    assert any("as with photos" in line for line in words(DRAWING)[1])


def test_page_on_advice_states_the_numbers_of_the_rule():
    page = " ".join((CHECKOUT / "docs" / "advice.md").read_text("utf-8").split())
    assert recommendation.TINY_PIXELS == 64 * 64
    assert "at most 64 x 64 pixels: **raw arrays**" in page
    assert f"at least {'twice' if recommendation.REDUCED == 2 else '?'} as large" in page
    assert f"JPEG of SSIM {recommendation.GOOD_SSIM}" in page
    assert f"at most {recommendation.DRAWING} times the bytes" in page
    assert f"SSIM {recommendation.FAIR_SSIM} or more, whatever the encoder" in page
    assert recommendation.FAST == 0.5
    assert "at least half as fast as the fastest" in page
    assert pytest.approx(1 / 6) == 1 - 1 / recommendation.COMMON
    assert "unless WebP saves more than a sixth" in page
    assert pytest.approx(1 / 5) == 1 - 1 / recommendation.KEPT_LOSSLESS
    assert page.count("saves more than a fifth of them") == 2
