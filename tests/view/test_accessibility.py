"""No violations found by axe-core, on every page, in light and dark, on a screen and on a phone.

axe-core comes from npm: `npm install --prefix tests/view`, or FILMROLL_AXE names its axe.min.js.
"""

import os
from pathlib import Path

import pytest

from realdata import CHECKOUT
from view import rolls
from view.serving import serving

BESIDE = CHECKOUT / "tests" / "view" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGES = {
    "sheet": "/",
    "filtered": "/?label=1&sort=pixels&desc=1",
    "nothing": "/?q=nothing+has+this",
    "record": "/record/7",
    "zoomed": "/record/7?zoom=8",
    "damaged": "/record/2",
    "summary": "/summary",
    "absent": "/record/999999",
}


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core; absent means skipped at a desk and failed in CI."""
    path = Path(os.environ.get("FILMROLL_AXE", BESIDE))
    if not path.is_file():
        why = f"no axe-core at {path}: npm install --prefix tests/view, or set FILMROLL_AXE"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    return path.read_text("utf-8")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    folder = tmp_path_factory.mktemp("view")
    rolls.damaged(folder)
    rolls.flowers(folder, count=120)
    with serving(folder) as found:
        yield found


def violations(page, axe: str) -> list[str]:
    """What axe-core finds, a line for each place."""
    page.evaluate(axe)
    found = page.evaluate("rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES)
    assert found["passes"], "it has to have looked at something"
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_page_has_no_violations(served, axe, chromium, name, scheme):
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    page.goto(served.address + PAGES[name].replace("/record/7", "/record/13"))
    found = violations(page, axe)
    context.close()
    assert found == []


@pytest.mark.parametrize("name", ["sheet", "record", "summary"])
def test_page_on_a_phone_has_no_violations(served, axe, chromium, name):
    context = chromium.new_context(viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True)
    page = context.new_page()
    page.goto(served.address + PAGES[name].replace("/record/7", "/record/13"))
    found = violations(page, axe)
    context.close()
    assert found == []


def test_open_help_has_no_violations(served, axe, chromium):
    context = chromium.new_context()
    page = context.new_page()
    page.goto(served.address)
    page.keyboard.press("?")
    found = violations(page, axe)
    context.close()
    assert found == []


def test_the_checker_finds_what_is_wrong(served, axe, chromium):
    context = chromium.new_context()
    page = context.new_page()
    page.goto(served.address)
    page.evaluate("document.querySelector('.cell img').removeAttribute('alt')")
    found = violations(page, axe)
    context.close()
    assert any(one.startswith("image-alt") for one in found)


def test_every_control_is_reached_by_tab_in_reading_order(served, chromium):
    context = chromium.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(served.address)
    reached = []
    for _ in range(11):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("(document.activeElement.name || document.activeElement.textContent).trim().split('\\n')[0]")
        )
    assert reached[:6] == ["Skip to the content", "filmroll", "Sheet", "Summary", "?", "q"]
    assert reached[6:10] == ["label", "sort", "desc", "faults"]
    assert page.evaluate("!!document.activeElement.closest('[data-position=\"0\"]')")
    context.close()
