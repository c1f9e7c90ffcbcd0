"""The verb on real pictures: three sets with three answers, the article's poster, and input that is bad or too much."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

import filmroll
import pictures
from filmroll.advising import candidate, reading, sample, survey
from filmroll.errors import LimitError, SourceError, UnsupportedError

QUICK = {"budget_s": 600, "without": ("Guetzli", "PNG by Zopfli", "AVIF", "PNG, level")}


@pytest.fixture(autouse=True)
def _briefly(monkeypatch):
    monkeypatch.setattr(reading, "MEASURED_S", 0.01)
    monkeypatch.setattr(reading, "RECORDS", (4, 64))
    monkeypatch.setattr(survey, "SEEN_PIXELS", 64 * 64)
    monkeypatch.setattr(survey, "REPEATS", 1)


@pytest.fixture(scope="session")
def drawings(tmp_path_factory, data):
    """Fifty real drawings, as somebody's folder of PNG files."""
    folder = tmp_path_factory.mktemp("drawings")
    for number, path in enumerate(sorted((data / "images" / "svg").rglob("*.svg"))[:50]):
        filmroll.imwrite(folder / f"{number:02d}.png", filmroll.imread(path, mode="RGB", size=(120, 160)))
    return folder


def named(found) -> dict:
    return {one.name: one for one in found.candidates}


def test_photos_keep_their_bytes_drawings_lose_nothing_and_tiny_pictures_are_arrays(data, drawings):
    answers = {}
    for name, folder, most in (
        ("photos", data / "photos", 3),
        ("drawings", drawings, 6),
        ("mnist", data / "mnist", 40),
    ):
        first, again = (filmroll.advise(folder, sample=most, seed=3, **QUICK) for _ in range(2))
        assert (first.recommended, first.sample) == (again.recommended, again.sample)
        assert [one.nbytes for one in first.candidates] == [one.nbytes for one in again.candidates]
        answers[name] = first
    assert answers["photos"].recommended == "the files as they are (JPEG)"
    assert answers["drawings"].recommended == "WebP, lossless"
    assert answers["mnist"].recommended == "raw array"
    assert " MB for all 64" in answers["photos"].why
    assert answers["photos"].count == 64
    assert answers["mnist"].why.startswith("Store raw arrays: 784 bytes a picture (100 % of the array), 7.8 MB for all")
    assert named(answers["drawings"])["WebP, lossless"].nbytes < named(answers["drawings"])["JPEG, quality 75"].nbytes
    assert all(one.second_loss for one in answers["photos"].candidates if not one.identical)


def test_photos_that_lost_nothing_yet_are_recommended_as_jpeg(data, tmp_path):
    image = filmroll.imread(data / "images" / "tensorflow" / "grace_hopper.bmp", mode="RGB")
    filmroll.imwrite(tmp_path / "a.png", image)
    found = filmroll.advise(tmp_path, **QUICK)
    assert found.recommended.startswith("JPEG, quality")
    assert not found.chosen.second_loss
    assert found.chosen.nbytes < named(found)["PNG"].nbytes / 2
    assert any("at the same quality" in line for line in found.otherwise)


def test_poster_of_the_article_gets_an_answer_that_the_article_did_not_have(data):
    found = filmroll.advise(data / "blog" / "freedom.png", budget_s=600, without=("Guetzli",))
    table = named(found)
    assert found.recommended == "WebP, lossless"
    assert table["the file as it is (PNG)"].nbytes == 33_192
    assert table["WebP, lossless"].nbytes == pytest.approx(9_330, abs=100)
    assert table["PNG by Zopfli"].nbytes == pytest.approx(11_118, abs=200)
    assert table["WebP, lossless"].identical
    assert table["PNG by Zopfli"].identical
    assert table["JPEG, quality 95"].nbytes == 46_567
    assert 0.7 < table["jpegli, quality 85"].equal_share < 1.1
    assert found.count == len(found.sample) == 1
    assert all(one.encode_per_s and one.decode_per_s for one in found.candidates if one.candidate.family != "kept")
    assert all(one.read_per_s for one in found.candidates if not one.candidate.is_slow and not one.candidate.gzip)
    assert [one.name for one in found.containers] == [name for name, *_ in reading.CONTAINERS]


def test_guetzli_is_measured_on_a_small_picture_and_named_as_left_out_on_one_too_large_for_the_budget(tmp_path):
    filmroll.imwrite(tmp_path / "small.png", pictures.image(1, height=32, width=32))
    assert "Guetzli, quality 95" in named(filmroll.advise(tmp_path / "small.png"))
    filmroll.imwrite(tmp_path / "large.png", pictures.image(1, height=400, width=600))
    left_out = filmroll.advise(tmp_path / "large.png", budget_s=20).left_out
    assert left_out["Guetzli, quality 95"] == "about 24 s a picture: --budget 45 has time for one"


def test_slow_encoder_that_fails_beside_others_is_left_out_with_its_reason(tmp_path, monkeypatch):
    for number in range(3):
        filmroll.imwrite(tmp_path / f"{number}.png", pictures.image(number))
    encode = survey.apart.encode
    calls = []

    def failing(image, format, options, *, timeout_s):
        calls.append(format)
        if len(calls) == 2:
            raise LimitError("it did not end in time")
        return encode(image, format, options, timeout_s=timeout_s)

    monkeypatch.setattr(survey.apart, "encode", failing)
    without = ("AVIF", "Guetzli", "JPEG", "jpegli", "WebP")
    found = filmroll.advise(tmp_path, budget_s=600, without=without, threads=2)
    assert named(found)["PNG by Zopfli"].pictures < 3


@pytest.mark.parametrize("engine", ["threads", "processes"])
def test_slow_encoders_side_by_side_measure_more_pictures_and_time_the_first_alone(tmp_path, engine, monkeypatch):
    for number in range(6):
        filmroll.imwrite(tmp_path / f"{number}.png", pictures.image(number, height=60 + number, width=90))
    options = {"without": ("AVIF", "Guetzli", "JPEG", "jpegli", "WebP"), "seed": 1}
    zopfli = next(one for one in candidate.every() if one.name == "PNG by Zopfli")
    few_s = 3.5 * zopfli.cost_s * 60 * 90 / 1e6 / zopfli.slow_share  # planned for three
    monkeypatch.setattr(survey.Survey, "_left_s", lambda self: 60.0)
    alone = filmroll.advise(tmp_path, budget_s=few_s, sample=6, **options)
    timed, judge = [], survey.measurement.judge

    def noted(*known, encode_s, **options):
        timed.append(encode_s is not None)
        return judge(*known, encode_s=encode_s, **options)

    monkeypatch.setattr(survey, "measurement", SimpleNamespace(**vars(survey.measurement) | {"judge": noted}))
    beside = filmroll.advise(tmp_path, budget_s=few_s, sample=6, threads=2, engine=engine, **options)
    assert named(alone)["PNG by Zopfli"].pictures == 3
    assert named(beside)["PNG by Zopfli"].pictures == 5  # the first, and two for each of two that were planned
    assert timed == [True, False, False, False, False]
    assert named(beside)["PNG by Zopfli"].encode_per_s > 0
    assert named(beside)["PNG, level 9"].nbytes == named(alone)["PNG, level 9"].nbytes


def test_slow_encoder_whose_sibling_is_left_out_is_left_out_too(tmp_path):
    filmroll.imwrite(tmp_path / "a.png", pictures.image(1))
    found = filmroll.advise(tmp_path, budget_s=600, without=("PNG, level 9", "Guetzli", "AVIF"))
    assert found.left_out == {"PNG by Zopfli": "it is compared with PNG, level 9, which is left out"}


@pytest.mark.parametrize("goal", ["smallest", "fastest", "lossless"])
def test_every_goal_has_an_answer_among_the_candidates(goal, tmp_path):
    filmroll.imwrite(tmp_path / "a.png", pictures.image(1, height=80, width=80))
    found = filmroll.advise(tmp_path, goal=goal, **QUICK)
    assert found.recommended in named(found)
    assert found.goal == goal


def test_copies_of_a_stated_edge_are_compared(tmp_path):
    filmroll.imwrite(tmp_path / "a.png", pictures.image(1, height=200, width=300))
    found = filmroll.advise(tmp_path, edge=50, **QUICK)
    row = named(found)["raw array, side 50"]
    assert row.nbytes == 50 * 75 * 3
    assert (row.edge, row.identical) == (50, False)
    assert found.chosen.edge == 50


def test_json_has_the_keys_that_scripts_rely_on_and_only_plain_values(tmp_path):
    filmroll.imwrite(tmp_path / "a.png", pictures.image(1))
    found = json.loads(json.dumps(filmroll.advise(tmp_path, **QUICK).to_json()))
    assert {"candidates", "recommended", "why", "otherwise", "containers", "left_out", "goal", "seed"} <= found.keys()
    for row in found["candidates"]:
        assert {"name", "nbytes", "share", "identical", "decode_per_s", "ssim", "second_loss"} <= row.keys()
    assert found["recommended"] in [row["name"] for row in found["candidates"]]


def test_progress_runs_to_its_end(tmp_path):
    filmroll.imwrite(tmp_path / "a.png", pictures.image(1))
    seen = []
    filmroll.advise(tmp_path, progress=lambda done, total: seen.append((done, total)), **QUICK)
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1]


# bad input, and too much of it


def test_one_picture_and_corrupt_ones_beside_it_are_measured_and_named(tmp_path):
    filmroll.imwrite(tmp_path / "a.png", pictures.image(1))
    (tmp_path / "b.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    found = filmroll.advise(tmp_path, **QUICK)
    assert found.sample == ["a.png"]
    assert [where for where, _ in found.unreadable] == [str(tmp_path / "b.png")]


def test_folder_without_pictures_is_one_clear_line(tmp_path):
    with pytest.raises(SourceError, match="empty folder"):
        filmroll.advise(tmp_path)


def test_huge_pictures_are_measured_in_part_and_that_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(sample, "WHOLE_PIXELS", 100 * 100)
    filmroll.imwrite(tmp_path / "a.png", pictures.image(1, height=300, width=300))
    found = filmroll.advise(tmp_path, **QUICK)
    assert any("middle" in note for note in found.notes)
    assert named(found)["raw array"].nbytes == 270_000
    assert named(found)["the file as it is (PNG)"].nbytes == (tmp_path / "a.png").stat().st_size


def test_budget_is_kept_on_many_pictures(tmp_path, monkeypatch):
    monkeypatch.setattr(survey, "MEASURING_UNTIL", 0.0)  # as if the machine were far too slow
    for number in range(4):
        filmroll.imwrite(tmp_path / f"{number}.png", pictures.image(number))
    found = filmroll.advise(tmp_path, **QUICK)
    assert len(found.sample) == 1
    assert "time was up after 1 of 4 pictures" in found.notes


def test_small_budget_means_few_pictures(data):
    found = filmroll.advise(data / "photos", budget_s=2)
    assert len(found.sample) == 1
    assert found.seconds < 30
    assert "Guetzli, quality 95" in found.left_out


def test_arrays_of_floats_stay_arrays(tmp_path):
    np.save(tmp_path / "a.npy", np.linspace(0, 1, 90 * 90 * 3, dtype=np.float32).reshape(90, 90, 3))
    found = filmroll.advise(tmp_path, **QUICK)
    assert found.recommended.startswith("the file as it is (NPY)")
    assert "float32" in found.left_out["PNG"]


@pytest.mark.parametrize(
    "options", [{"goal": "best"}, {"sample": 0}, {"budget_s": 0}, {"edge": 0}, {"size": 0}, {"budget_s": float("nan")}]
)
def test_numbers_and_goals_that_make_no_sense_are_refused(options, tmp_path):
    filmroll.imwrite(tmp_path / "a.png", pictures.image(1))
    with pytest.raises(UnsupportedError):
        filmroll.advise(tmp_path, **options)
