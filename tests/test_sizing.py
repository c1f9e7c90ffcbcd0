"""The size table: the published figures of the article, and honest columns."""

import numpy as np
import pytest

import filmroll
import pictures
from filmroll.codecs import webp
from filmroll.errors import DecodeError


def rows(path, **options) -> dict:
    return {one.name: one for one in filmroll.sizes(path, **options).candidates}


def test_poster_of_the_article_costs_what_the_article_says(data):
    table = rows(data / "blog" / "freedom.png")
    assert table["raw array"].nbytes == 720_000
    assert table["NPY"].nbytes == 720_128  # 720,080 then: NumPy now pads the header to 128 bytes
    assert table["JPEG, quality 75"].nbytes == pytest.approx(25_030, abs=10)  # 25,136 then
    assert table["JPEG, quality 95"].nbytes == 46_567
    assert table["the file as it is (PNG)"].nbytes == 33_192
    assert table["WebP, lossless"].nbytes == 9_330


def test_svg_of_the_poster_costs_its_source(data):
    table = rows(data / "blog" / "freedom.svg")
    assert table["the file as it is (SVG)"].nbytes == 42_710
    assert table["raw array"].nbytes == 720_000


def test_svg_is_drawn_at_the_size_stated(data):
    assert filmroll.sizes(data / "blog" / "freedom.svg", size=(300, 200)).shape == (300, 200, 3)


def test_array_of_the_article_keeps_its_own_shape_and_dtype(data):
    found = filmroll.sizes(data / "blog" / "freedom.npy")
    assert found.candidates[0].nbytes == 720_080
    assert (found.shape, found.dtype) == ((600, 400, 3), "uint8")


def test_identical_is_told_by_comparing_every_value(tmp_path):
    filmroll.imwrite(tmp_path / "a.png", pictures.image(1, height=64, width=64))
    table = rows(tmp_path / "a.png")
    assert {name for name, one in table.items() if not one.identical} == {
        "JPEG, quality 75",
        "JPEG, quality 95",
        "WebP, quality 80",
    }


def test_share_is_of_the_raw_array(tmp_path):
    filmroll.imwrite(tmp_path / "a.png", pictures.image(1))
    for one in rows(tmp_path / "a.png").values():
        assert one.share == pytest.approx(one.nbytes / (24 * 32 * 3))


def test_grey_picture_stays_grey(tmp_path):
    filmroll.imwrite(tmp_path / "a.png", pictures.image(1, channels=1))
    found = filmroll.sizes(tmp_path / "a.png")
    assert found.shape == (24, 32, 1)
    assert "JPEG, quality 95" in {one.name for one in found.candidates}


def test_alpha_is_left_out_by_default_and_that_is_said(data):
    found = filmroll.sizes(data / "blog" / "freedom.png")
    assert found.notes == ["alpha left out of the array: --mode RGBA keeps it"]
    kept = filmroll.sizes(data / "blog" / "freedom.png", mode="RGBA")
    assert kept.shape == (600, 400, 4)
    assert kept.notes == []
    assert {one.name: one.identical for one in kept.candidates}["WebP, lossless"]


def test_16_bits_that_became_8_are_said(data):
    deep = data / "images" / "pngsuite" / "basn2c16.png"
    assert filmroll.sizes(deep).notes == ["16 bits of each value became 8 in the array"]


def test_picture_larger_than_a_format_is_decoded_by_default_is_compared_all_the_same(tmp_path, monkeypatch):
    filmroll.imwrite(tmp_path / "a.png", pictures.image(1, height=30, width=40))
    monkeypatch.setattr(webp, "MAX_FRAME_PIXELS", 1199)
    assert rows(tmp_path / "a.png")["WebP, lossless"].identical


def test_array_of_floats_has_the_forms_that_can_hold_it(tmp_path):
    np.save(tmp_path / "a.npy", np.linspace(0, 1, 12, dtype=np.float32).reshape(2, 6))
    assert list(rows(tmp_path / "a.npy")) == ["the file as it is (NPY)", "raw array", "NPY"]


def test_jpeg_is_said_to_lose_once_more(tmp_path):
    (tmp_path / "a.jpg").write_bytes(pictures.jpeg())
    assert any("loses once more" in note for note in filmroll.sizes(tmp_path / "a.jpg").notes)


def test_file_that_is_no_picture_is_an_error_that_names_it(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no picture")
    with pytest.raises(DecodeError) as caught:
        filmroll.sizes(tmp_path / "a.png")
    assert caught.value.path == str(tmp_path / "a.png")


def test_json_has_the_keys_that_scripts_rely_on(tmp_path):
    filmroll.imwrite(tmp_path / "a.png", pictures.image(1))
    for row in filmroll.sizes(tmp_path / "a.png").to_json()["candidates"]:
        assert set(row) == {"name", "nbytes", "share", "identical"}
