"""The page: one file with everything in it, that fits a phone and a desk, in Chromium."""

import re

import numpy as np
import pytest

from filmroll.advising import crop, page, table


@pytest.fixture(scope="session")
def written(advice, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "advice.html"
    page.write(path, advice)
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(360, 740), (1280, 800)])
def test_page_fits_loads_all_its_pictures_and_asks_nobody(written, advice, chromium, width, height, scheme):
    context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    tab, asked, said = context.new_page(), [], []
    tab.on("request", lambda request: asked.append(request.url))
    tab.on("console", lambda message: said.append(message.text))
    tab.goto(written.as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    too_wide = """[...document.querySelectorAll('main *')].filter(one =>
        !one.closest('.wide') && one.getBoundingClientRect().right > innerWidth + 0.5).map(one => one.outerHTML)"""
    assert tab.evaluate(too_wide) == []
    assert tab.evaluate("[...document.images].every(one => one.complete && one.naturalWidth > 0)")
    assert tab.evaluate("document.images.length") == 1 + 2 * len(crop.crops(advice))
    assert {url.partition(":")[0] for url in asked} <= {"file", "data"}
    assert [url for url in asked if url.startswith("file:")] == [written.as_uri()]
    assert said == []
    assert tab.inner_text("h1") == "Keep the bytes as they are (JPEG)"
    assert tab.locator("tr.chosen th").inner_text() == advice.recommended
    context.close()


def test_page_holds_the_sentence_the_whole_table_and_the_notes(written, advice):
    text = written.read_text("utf-8")
    for one in advice.candidates:
        assert f'<th scope="row">{one.name}</th>' in text
    assert f"{advice.chosen.nbytes:,}" in text
    for words in (
        "What would change the answer",
        "with --goal smallest",
        "TFRecord with GZIP",
        "Unreadable: ",
        "seed 0",
    ):
        assert words in text
    assert not re.search(r"""(src|href|srcset)=["'](?!data:)""", text)
    assert "<script" not in text


def test_names_of_files_cannot_become_markup(written):
    text = written.read_text("utf-8")
    assert "a &lt;b&gt; &amp; c" in text
    assert "<b> &" not in text


def test_crops_show_the_same_part_and_the_source_once(advice):
    found = crop.crops(advice)
    assert {one.image.shape for one in found} == {(72, 72, 3)}
    assert [one.is_same for one in found].count(True) == 1
    source = found[0].image
    assert all(not np.array_equal(one.image, source) for one in found[1:])
    whole = advice.pictures[0].image
    places = np.lib.stride_tricks.sliding_window_view(whole, source.shape)[:, :, 0]
    assert (places == source).all(axis=(2, 3, 4)).any()


def test_crop_is_where_a_jpeg_errs_most():
    image = np.full((200, 300, 3), 128, np.uint8)
    image[120:160, 220:260] = np.random.default_rng(0).integers(0, 256, (40, 40, 3))
    rows, columns = crop._part(image)
    assert rows.start <= 120
    assert rows.stop >= 160
    assert columns.start <= 220
    assert columns.stop >= 260


# the table


def test_narrow_tables_have_fewer_columns_and_keep_those_that_decide(advice):
    narrow, wide = ([one.heading for one in table.columns(advice.candidates, width=width)] for width in (84, 200))
    assert set(narrow) < set(wide)
    assert {"bytes", "of the\narray", "read\n/s", "SSIM"} <= set(narrow)


def test_columns_without_a_figure_are_left_out(advice):
    jpegs = [one for one in advice.candidates if one.identical]
    assert "PSNR\ndB" not in [one.heading for one in table.columns(jpegs)]


def test_fate_of_values_is_said(advice):
    fates = {one.name: table.fate(one) for one in advice.candidates}
    assert fates["PNG"] == "identical"
    assert fates["JPEG, quality 75"] == "changed again"
    assert fates["PNG, side 80"] == "smaller"
