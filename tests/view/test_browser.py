"""What people do with the pages, in a real browser."""

import re

import pytest

from filmroll.view.cataloguing import Cataloguing
from view import rolls
from view.serving import serving

FIRST = "[data-position='0'] a"


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(rolls.flowers(tmp_path_factory.mktemp("view"))) as found:
        yield found


def until(page, expression: str) -> None:
    """Wait until an expression is true in the page, which allows no scripts but its own to be waited with."""
    for _ in range(100):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never true: {expression}")


def counts(page, text: str) -> None:
    """Wait until the sheet says how many there are."""
    until(page, f"document.querySelector('[data-count]').textContent == '{text}'")


def shown(page) -> list[int]:
    """Positions of the cells that are in the page."""
    return page.eval_on_selector_all("[data-position]", "cells => cells.map(cell => Number(cell.dataset.position))")


def test_sheet_shows_pictures_with_class_and_key(served, new_page, screenshot):
    page = new_page(served.address)
    assert page.text_content("[data-count]") == "400 records"
    assert page.text_content(f"{FIRST} .label") == "daisy"
    assert page.text_content(f"{FIRST} .key") == "daisy/0000.jpg"
    assert page.eval_on_selector(f"{FIRST} img", "image => image.naturalWidth") == 32
    screenshot(page, "sheet")


def test_sheet_holds_only_what_is_in_sight_and_fetches_the_rest_when_scrolled_to(served, new_page):
    page = new_page(served.address)
    assert len(shown(page)) < 120
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.wait_for_selector("[data-position='399']")
    assert min(shown(page)) > 300
    until(page, "new URL(location).searchParams.get('at') > 300")
    page.reload()
    page.wait_for_selector("[data-position='399']")


def test_class_filter_has_an_address_and_the_back_button_leaves_it(served, new_page, screenshot):
    page = new_page(served.address)
    page.select_option("[name=label]", label="rose (133)")
    counts(page, "133 of 400")
    assert set(page.eval_on_selector_all(".cell .label", "all => all.map(one => one.textContent)")) == {"rose"}
    assert page.url == f"{served.address}/?label=1"
    screenshot(page, "filter")
    page.go_back()
    counts(page, "400 records")
    assert page.input_value("[name=label]") == ""


def test_search_finds_by_key_text_and_class(served, new_page, screenshot):
    page = new_page(served.address)
    page.keyboard.press("/")
    page.keyboard.type("TULIP 0302")
    counts(page, "1 of 400")
    assert page.text_content(".cell .key") == "tulip/0302.jpg"
    screenshot(page, "search")
    page.fill("[name=q]", "nothing has this")
    counts(page, "0 of 400")
    assert page.is_visible("[data-nothing]")


def test_sort_by_size_puts_the_largest_first_when_reversed(served, new_page):
    page = new_page(served.address)
    page.select_option("[name=sort]", label="by size")
    page.check("[name=desc]")
    page.wait_for_selector("[data-position='0'] img[alt*='300 by 200']")
    assert page.url == f"{served.address}/?sort=pixels&desc=1"


def test_record_page_shows_the_picture_and_every_feature(served, new_page, screenshot):
    page = new_page(f"{served.address}/record/7")
    assert page.text_content("h1") == "rose/0007.jpg"
    features = page.eval_on_selector_all(".features tbody th", "all => all.map(one => one.textContent.trim())")
    assert "image/encoded" in features
    assert "image/object/bbox/xmax" in features
    row = page.locator(".features tr", has_text="image/object/bbox/xmax")
    assert [cell.strip() for cell in row.locator("td").all_text_contents()[:3]] == ["float32", "(2)", "0.5, 1"]
    screenshot(page, "record")


def test_raw_bytes_of_a_feature_are_downloaded(served, new_page):
    page = new_page(f"{served.address}/record/7")
    with page.expect_download() as download:
        page.click("[aria-label='Download image/encoded']")
    assert download.value.suggested_filename == "7-image-encoded.jpg"
    with open(download.value.path(), "rb") as file:
        assert file.read() == bytes(served.entries[7].sample.encoded)


def test_boxes_are_drawn_and_toggled_and_the_address_says_so(served, new_page, screenshot):
    page = new_page(f"{served.address}/record/7")
    assert page.locator(".box").count() == 2
    assert page.locator(".tag").all_text_contents() == ["petal", "stem"]
    frame, box = page.locator(".picture").bounding_box(), page.locator(".box rect").nth(1).bounding_box()
    assert box["x"] == pytest.approx(frame["x"] + frame["width"] / 2, abs=3)
    assert box["y"] == pytest.approx(frame["y"] + frame["height"] / 2, abs=3)
    page.keyboard.press("m")
    screenshot(page, "boxes")
    page.keyboard.press("b")
    assert not page.is_visible(".boxes")
    assert page.url.endswith("/record/7?masks=off&boxes=off")
    page.reload()
    assert not page.is_visible(".boxes")
    page.click("[data-layer=boxes]")
    assert page.is_visible(".boxes")


def test_masks_lie_over_the_picture_and_are_toggled(served, new_page, screenshot):
    page = new_page(f"{served.address}/record/7?boxes=off")
    masks = page.locator(".mask")
    assert masks.count() == 3
    assert masks.first.bounding_box() == page.locator(".picture").bounding_box()
    assert masks.first.evaluate("image => image.naturalWidth") == 400
    screenshot(page, "mask")
    page.click("[data-layer=masks]")
    assert not masks.first.is_visible()


def test_zoom_is_pixel_for_pixel_and_larger(served, new_page):
    page = new_page(f"{served.address}/record/7")
    page.keyboard.press("1")
    assert page.locator(".picture").bounding_box()["width"] == 400
    assert page.url.endswith("zoom=1")
    page.keyboard.press("z")
    assert page.locator(".picture").bounding_box()["width"] == 800
    page.reload()
    assert page.locator(".picture").bounding_box()["width"] == 800


def test_keys_lead_through_the_sheet_and_the_records(served, new_page, screenshot):
    page = new_page(served.address)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    position = int(page.evaluate("document.activeElement.closest('[data-position]').dataset.position"))
    assert position > 4
    screenshot(page, "keyboard")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(f"/record/{position}$"))
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile(f"/record/{position + 1}$"))
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(re.compile(f"/record/{position}$"))
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile(f"/\\?at={position}$"))


def test_focus_goes_beyond_what_is_in_sight(served, new_page):
    page = new_page(served.address)
    page.keyboard.press("ArrowRight")
    for _ in range(40):
        page.keyboard.press("ArrowDown")
        until(page, "!!document.activeElement.closest('[data-position]')")
    position = int(page.evaluate("document.activeElement.closest('[data-position]').dataset.position"))
    assert position > 200
    assert position in shown(page)


def test_next_record_is_the_next_one_of_the_search(served, new_page):
    page = new_page(f"{served.address}/record/2?label=2")
    assert "1 of 133" in page.text_content("[data-up]")
    page.click("[data-next]")
    page.wait_for_url(re.compile(r"/record/5\?label=2$"))
    page.go_back()
    page.wait_for_url(re.compile(r"/record/2\?label=2$"))


def test_summary_shows_counts_classes_sizes_and_formats_and_leads_to_them(served, new_page, screenshot):
    page = new_page(served.address)
    page.keyboard.press("s")
    page.wait_for_url(f"{served.address}/summary")
    figures = dict(
        zip(
            page.locator(".figures dt").all_text_contents(),
            page.locator(".figures dd").all_text_contents(),
            strict=True,
        )
    )
    assert figures["records"] == "400"
    assert figures["damaged"].strip() == "0"
    assert page.locator(".scatter circle").count() == 4
    screenshot(page, "summary")
    page.click("text=rose")
    page.wait_for_url(f"{served.address}/?label=1")
    page.go_back()
    page.click("text=png")
    page.wait_for_url(f"{served.address}/?format=png")
    counts(page, "80 of 400")


def test_damaged_records_show_the_reason_on_the_sheet_the_page_and_the_summary(tmp_path, new_page, screenshot):
    with serving(rolls.damaged(tmp_path)) as served:
        page = new_page(served.address)
        assert "checksum" in page.text_content("[data-position='2'] .fault")
        screenshot(page, "damaged-sheet")
        page.check("[name=faults]")
        counts(page, "1 of 6")
        page.click(".cell a")
        assert "checksum" in page.text_content("[role=alert]")
        screenshot(page, "damaged-record")
        page.goto(f"{served.address}/summary")
        assert "checksum" in page.text_content("#faults ~ .tall")
        page.click("#faults ~ .tall a")
        page.wait_for_url(f"{served.address}/record/2")


def test_picture_that_cannot_be_decoded_says_why_when_it_comes_into_sight(tmp_path, new_page):
    with serving(rolls.hostile(tmp_path)) as served:
        page = new_page(served.address)
        page.wait_for_selector("[data-position='3'] .fault")
        assert "damaged" in page.text_content("[data-position='3'] .fault")
        page.goto(f"{served.address}/record/3")
        assert "Damaged" in page.text_content(".fault-of")


def test_sheet_is_there_before_the_records_are_looked_through_and_says_how_far_it_is(tmp_path, new_page):
    with serving(rolls.flowers(tmp_path, count=200), fill=False) as served:
        page = new_page(served.address)
        assert page.text_content("[data-count]") == "200 records · looking through them: 0%"
        page.fill("[name=q]", "rose")
        counts(page, "0 of 200 · looking through them: 0%")
        Cataloguing(served.entries, served.catalogue).run()
        counts(page, "67 of 200")
        until(page, "document.querySelectorAll('[name=label] option').length > 3")
        page.wait_for_load_state("networkidle")  # the server goes first
        page.close()


def test_help_lists_the_keys(served, new_page):
    page = new_page(served.address)
    page.keyboard.press("?")
    assert page.is_visible("dialog[open]")
    page.keyboard.press("Escape")
    assert not page.is_visible(".help")


def test_thumbnails_become_larger_and_smaller_and_stay_so(served, new_page):
    page = new_page(served.address)
    before = page.locator(FIRST).bounding_box()["width"]
    page.keyboard.press("+")
    assert page.locator(FIRST).bounding_box()["width"] > before * 1.2
    page.reload()
    assert page.locator(FIRST).bounding_box()["width"] > before * 1.2


def test_phone_has_three_columns_and_nothing_wider_than_the_screen(served, new_page, screenshot):
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}
    page = new_page(served.address, **phone)
    tops = page.eval_on_selector_all(".cell", "all => all.map(one => one.getBoundingClientRect().top)")
    assert tops.count(tops[0]) == 3
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    screenshot(page, "phone-sheet")
    page.goto(f"{served.address}/record/7")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    screenshot(page, "phone-record")


def test_dark_screens_get_dark_paper(served, new_page, screenshot):
    page = new_page(served.address, color_scheme="dark")
    assert page.eval_on_selector("body", "body => getComputedStyle(body).backgroundColor") == "rgb(21, 22, 24)"
    screenshot(page, "dark-sheet")
    page.goto(f"{served.address}/record/7")
    screenshot(page, "dark-record")


def test_pages_work_without_script(served, chromium):
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(served.address)
    page.click("text=More")
    assert page.url == f"{served.address}/?at=120"
    assert page.get_attribute("li.cell", "data-position") == "120"
    page.fill("[name=q]", "rose")
    page.click("text=Show")
    assert "133 of 400" in page.text_content("[data-count]")
    context.close()
