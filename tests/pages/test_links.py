"""Every link leads somewhere, and every page is found."""

import re
from functools import cache
from pathlib import Path

import pytest
from markdown.extensions.toc import slugify

from realdata import CHECKOUT

DOCS = CHECKOUT / "docs"
PAGES = [*sorted(DOCS.rglob("*.md")), *sorted(CHECKOUT.glob("*.md"))]
NAV = re.findall(r"^ +- (?:[^:]+: )?(\S+\.md)$", (CHECKOUT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE)
LINK = re.compile(r"\]\((?P<markdown>[^)\s]+)\)|(?:src|srcset|href)=\"(?P<html>[^\"]+)\"")
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


@cache
def prose(path: Path) -> str:
    return FENCE.sub("", path.read_text("utf-8"))


def links(path: Path) -> list[str]:
    return [match["markdown"] or match["html"] for match in LINK.finditer(prose(path))]


@cache
def anchors(path: Path) -> set[str]:
    """Name the headings of a page as GitHub and the site both do; those that differ are not to be linked to."""
    titles = [re.sub(r"[`*]", "", title) for title in re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)]
    github = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
    return github & {slugify(title, "-") for title in titles}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_links_of_a_page_lead_to_files_and_headings_that_are_there(path):
    for link in links(path):
        if re.match(r"(https?|mailto):", link):
            continue
        target, _, anchor = link.partition("#")
        file = (path.parent / target).resolve() if target else path
        assert file.is_relative_to(CHECKOUT), link
        assert file.exists(), link
        assert not anchor or anchor in anchors(file), link


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.md")), ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_page_of_the_site_links_to_nothing_outside_of_it(path):
    for link in links(path):
        assert re.match(r"(https?|mailto):", link) or (path.parent / link.partition("#")[0]).resolve().is_relative_to(
            DOCS
        )


def test_every_page_is_in_the_navigation_once():
    assert sorted(NAV) == sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))


def test_every_page_is_said_on_the_first_one_to_be_for_something():
    said = {link.partition("#")[0] for link in links(DOCS / "index.md")}
    assert said >= set(NAV) - {"index.md"}


def test_every_picture_is_on_a_page():
    used = {(path.parent / link).resolve() for path in PAGES for link in links(path)}
    for picture in (DOCS / "pictures").iterdir():
        assert picture in used or picture.name == "icon.svg", picture.name


def test_every_page_has_one_title_and_it_comes_first():
    for path in DOCS.rglob("*.md"):
        titles = re.findall(r"^# (.+)$", prose(path), re.MULTILINE)
        assert len(titles) == 1, path
        assert path.read_text("utf-8").startswith(f"# {titles[0]}\n"), path
