"""The recommendation in words, to the letter: what to do, what it costs, why, and what would change it."""

import pytest

from filmroll.advising.recommendation import Facts, Recommendation
from filmroll.advising.sentence import otherwise, sentence
from measured import measured

RAW = measured("raw array", 100_000, read_per_s=3210.0)
NPY = measured("NPY", 100_128)
PNG = measured("PNG", 60_000, read_per_s=870.0)
WEBP = measured("WebP, lossless", 45_000, read_per_s=400.0)
JPEG = measured("JPEG, quality 90", 12_000, ssim=0.975, read_per_s=2345.0)
JPEGLI = measured("jpegli, quality 85", 9_000, ssim=0.975, equal_share=0.8)
GUETZLI = measured("Guetzli, quality 95", 9_000, ssim=0.975, equal_share=0.9)
AVIF = measured("AVIF, quality 80", 8_000, ssim=0.98)
KEPT = measured("the files as they are (JPEG)", 15_000)
ROWS = [RAW, NPY, PNG, WEBP, JPEG, JPEGLI, GUETZLI, AVIF]


def facts(**known) -> Facts:
    usual = {"goal": "balanced", "count": 200, "pixels": 3e5, "shorter": 480, "is_lossy": False, "is_drawn": False}
    return Facts(**usual | known)


def said(one, rows=ROWS, **known) -> str:
    return sentence(Recommendation(one, "why"), rows, facts(**known))


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (
            JPEG,
            "Store JPEG, quality 90: 12.0 kB a picture (12 % of the array), 2.4 MB for all 200, read at 2,300 a second"
            " (raw array: 3,200); why.",
        ),
        (
            RAW,
            "Store raw arrays: 100 kB a picture (100 % of the array), 20.0 MB for all 200, read at 3,200 a second"
            " (PNG: 870); why.",
        ),
        (NPY, "Store NPY: 100 kB a picture (100 % of the array), 20.0 MB for all 200; why."),
        (AVIF, "Store AVIF, quality 80: 8.0 kB a picture (8.0 % of the array), 1.6 MB for all 200; why."),
        (
            KEPT,
            "Keep the bytes as they are (JPEG): 15.0 kB a picture (15 % of the array), 3.0 MB for all 200; why.",
        ),
    ],
)
def test_sentence_says_what_to_do_what_it_costs_and_why(one, text):
    assert said(one) == text


def test_array_in_a_file_with_gzip_is_said_so():
    gzip = measured("raw array, GZIP", 50_000)
    assert said(gzip).startswith("Store raw arrays in a file with GZIP: 50.0 kB a picture (50 % of the array), ")


def test_one_picture_is_not_all_of_them():
    assert said(AVIF, count=1) == "Store AVIF, quality 80: 8.0 kB a picture (8.0 % of the array); why."


def test_speed_is_compared_with_nothing_where_nothing_else_was_read():
    alone = "Store JPEG, quality 90: 12.0 kB a picture (12 % of the array), 2.4 MB for all 200, read at 2,300 a second"
    assert said(JPEG, [JPEG]) == said(JPEG, [JPEG, NPY, measured("raw array", 100_000)]) == f"{alone}; why."


def test_second_loss_is_said_at_the_end():
    again = measured("AVIF, quality 80", 8_000, ssim=0.98, second_loss=True)
    assert said(again).endswith("; why; a second loss, since most of the pictures have lost once already.")


def lines(one, rows=ROWS, **known) -> list[str]:
    return [
        line
        for line in otherwise(Recommendation(one, "why"), rows, facts(**known))
        if not line.startswith("with --goal")
    ]


DRAWING_WOULD = "if PNG or WebP without loss took at most 1.5 times these bytes, it would be that"
PHOTO_WOULD = "if JPEG took less than 1/1.5 of these bytes, as with photos, it would be JPEG"
ENCODER = "jpegli, quality 85 takes 20 % less than the usual JPEG encoder at the same quality"


@pytest.mark.parametrize(
    ("one", "known", "found"),
    [
        (JPEG, {}, [DRAWING_WOULD, ENCODER]),
        (JPEG, {"goal": "smallest"}, []),
        (PNG, {}, [PHOTO_WOULD]),
        (WEBP, {}, [PHOTO_WOULD]),
        (RAW, {}, []),
        (RAW, {"pixels": 4096}, ["pictures of more than 4,096 pixels (64 x 64) would be encoded"]),
        (RAW, {"pixels": 4097}, []),
        (KEPT, {}, []),
        (
            KEPT,
            {"is_lossy": True},
            ["the originals, from before they lost anything, may deserve another answer: ask again with them"],
        ),
    ],
)
def test_facts_that_would_change_the_answer_are_named(one, known, found):
    assert lines(one, **known) == found


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([RAW, JPEG, GUETZLI, JPEGLI], [DRAWING_WOULD, ENCODER]),
        ([RAW, JPEG, measured("jpegli, quality 85", 9_000, ssim=0.9, equal_share=1.0)], [DRAWING_WOULD]),
        ([RAW, JPEG, measured("jpegli, quality 85", 9_000, ssim=0.9, equal_share=0.9, edge=256)], [DRAWING_WOULD]),
        ([RAW, JPEG], [DRAWING_WOULD]),
    ],
)
def test_other_encoder_is_named_where_it_saves_something_at_the_size_of_the_pictures(rows, found):
    assert lines(JPEG, rows) == found


def test_other_goals_are_named_where_they_have_another_answer():
    found = otherwise(Recommendation(JPEG, "why"), [RAW, PNG, JPEG, AVIF], facts())
    assert [line for line in found if line.startswith("with --goal")] == [
        "with --goal smallest: AVIF, quality 80, 8.0 kB a picture (8.0 % of the array); the fewest bytes,"
        " at SSIM 0.980",
        "with --goal lossless: PNG, 60.0 kB a picture (60 % of the array), read at 870 a second; the fewest bytes from"
        " which every value comes back",
    ]
    again = measured("AVIF, quality 80", 8_000, ssim=0.98, second_loss=True)
    found = otherwise(Recommendation(JPEG, "why"), [RAW, PNG, JPEG, again], facts())
    assert any(line.endswith("; the fewest bytes, at SSIM 0.980, a second loss") for line in found)
