"""The site is built without a warning, asks no other host, and fits a phone."""

import contextlib
import functools
import http.server
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from realdata import CHECKOUT

sys.path.append(str(CHECKOUT))

from pages import site


@pytest.fixture(scope="session")
def copy(tmp_path_factory) -> Path:
    """A checkout of what the site is made from, where building is in nobody's way."""
    root = tmp_path_factory.mktemp("checkout")
    shutil.copy(CHECKOUT / "mkdocs.yml", root)
    for folder in ("docs", "src"):
        shutil.copytree(CHECKOUT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return root


@pytest.fixture(scope="session")
def built(copy) -> Path:
    return site.build(copy)


@pytest.fixture(scope="session")
def address(built) -> Iterator[str]:
    """The site, served as any host would serve it."""
    handler = functools.partial(QuietHandler, directory=str(built))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def test_every_page_is_built(built):
    pages = {path.relative_to(CHECKOUT / "docs").with_suffix(".html") for path in (CHECKOUT / "docs").rglob("*.md")}
    assert pages <= {path.relative_to(built) for path in built.rglob("*.html")}


def test_no_page_names_a_file_of_another_host(built):
    for path in built.rglob("*.html"):
        text = path.read_text("utf-8")
        assert '<script src="http' not in text, path
        assert '<link rel="stylesheet" href="http' not in text, path
        assert '<img src="http' not in text, path


def look(page, address, *, path) -> None:
    """Open a page of the site; it must fit the screen, and show all its pictures."""
    page.goto(f"{address}/{path}")
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0, f"{path} is {wider} pixels wider than the screen"
    broken = page.evaluate("[...document.images].filter(one => one.complete && !one.naturalWidth).map(one => one.src)")
    assert not broken, path


def test_no_page_is_wider_than_a_phone_or_asks_another_host(built, address, new_page, screenshot):
    page = new_page(viewport={"width": 360, "height": 740})
    for path in sorted(built.rglob("*.html")):
        look(page, address, path=path.relative_to(built).as_posix())
        screenshot(page, f"site-{path.stem}-360")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["index", "tutorial", "api", "benchmarks"])
def test_pages_fit_a_screen_in_both_colour_schemes(name, scheme, address, new_page, screenshot):
    page = new_page(color_scheme=scheme)
    look(page, address, path=f"{name}.html")
    screenshot(page, f"site-{name}-{scheme}")


def test_search_finds_a_recipe(address, new_page):
    from playwright.sync_api import TimeoutError as NotThere

    page = new_page(f"{address}/index.html")
    words = page.get_by_role("combobox", name="Search")
    end = time.monotonic() + 60
    while not words.count():  # the page hears no key before its script has started
        assert time.monotonic() < end
        page.keyboard.press("Control+k")
        with contextlib.suppress(NotThere):
            words.wait_for(timeout=2_000)
    words.fill("corrupt record")
    page.wait_for_selector("text=Find the corrupt record", timeout=60_000)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (
            {"docs/index.md": {"(tutorial.md)": "(tutorials.md)", "(cookbook.md)": "(cookbook.md#nowhere)"}},
            ["page does not exist", "anchor does not exist"],
        ),
        ({"src/filmroll/unpacking.py": {"        overwrite: ": "        overwritten: "}}, ["'overwritten'"]),
    ],
)
def test_what_is_wrong_with_a_page_or_a_docstring_is_an_error(changes, said, copy, tmp_path):
    root = Path(shutil.copytree(copy, tmp_path / "root", ignore=shutil.ignore_patterns("build", ".cache")))
    for file, replacements in changes.items():
        text = (root / file).read_text("utf-8")
        for old, new in replacements.items():
            assert old in text
            text = text.replace(old, new, 1)
        (root / file).write_text(text, "utf-8")
    with pytest.raises(RuntimeError, match="the site was not built") as caught:
        site.build(root)
    assert all(each in str(caught.value) for each in said)
