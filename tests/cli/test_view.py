"""`view` says what is missing, and writes pages as files."""

import re
import sys

import pytest

import filmroll
import pictures
from filmroll.view import server


@pytest.fixture
def records(tmp_path):
    return filmroll.pack(pictures.folder_of_classes(tmp_path / "flowers"), tmp_path / "roll", shards=1).shards[0]


def test_pages_are_written_as_files(run, records, tmp_path):
    code, out, _ = run("view", records, "--export", tmp_path / "look", "--limit", 5)
    assert code == 0
    assert out.startswith("5 records, ")
    assert out.strip().endswith("index.html")
    assert (tmp_path / "look" / "index.html").is_file()


def test_extra_that_is_not_installed_is_named(run, records, monkeypatch):
    for module in ("filmroll.view.server", "filmroll.view.export"):
        monkeypatch.delitem(sys.modules, module, raising=False)
        monkeypatch.delattr(f"filmroll.view.{module.rpartition('.')[2]}", raising=False)
    for module in ("starlette", "starlette.applications", "uvicorn", "jinja2"):
        monkeypatch.setitem(sys.modules, module, None)
    code, out, err = run("view", records, "--no-browser")
    assert (code, out) == (2, "")
    assert re.search(r"the page in the browser needs \w+: pip install 'filmroll\[view\]'\n", err)


def test_options_reach_the_server(run, records, monkeypatch):
    asked = {}
    monkeypatch.setattr(server, "serve", lambda paths, **options: asked.update(options, paths=paths))
    assert run("view", records, "--port", 0, "--no-browser", "--dialect", "slim")[0] == 0
    assert (asked["port"], asked["browser"], asked["dialect"]) == (0, False, "slim")
    assert asked["paths"] == (str(records),)
