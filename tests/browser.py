"""A browser for the tests of pages: Chromium, started once, whose console is watched."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from realdata import CHECKOUT

SCREENSHOTS = CHECKOUT / "build" / "screenshots"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium() -> Iterator:
    """A headless Chromium; absent means skipped at a desk and failed in CI."""
    from playwright.sync_api import sync_playwright

    path = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if path is None:
        why = f"no {', '.join(CHROMIUM)} on the path; on Debian: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def new_page(chromium) -> Iterator:
    """Open pages; at the end none of them may have said anything on its console, or asked another host."""
    contexts, said = [], []

    def open_page(address: str = "", **options):
        context = chromium.new_context(**({"viewport": {"width": 1280, "height": 800}} | options))
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        page.on("request", lambda request: "//127.0.0.1:" in request.url or said.append(f"asked {request.url}"))
        if address:
            page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    if said:
        pytest.fail(f"the browser's console: {said}")


@pytest.fixture(scope="session")
def screenshot():
    """Keep a picture of a page, for people to look at."""

    def keep(page, name: str) -> Path:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        page.screenshot(path=path)
        return path

    return keep
