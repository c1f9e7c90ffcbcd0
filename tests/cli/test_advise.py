"""filmroll advise: the table, the sentence, JSON, and one clear line for what cannot be."""

import json

import pytest

import filmroll
import pictures
from filmroll.advising import reading, survey

QUICK = ("--budget", 600, "--without", "Guetzli", "--without", "PNG by Zopfli", "--without", "AVIF")


@pytest.fixture(autouse=True)
def _briefly(monkeypatch):
    monkeypatch.setattr(reading, "MEASURED_S", 0.01)
    monkeypatch.setattr(reading, "RECORDS", (4, 16))
    monkeypatch.setattr(survey, "SEEN_PIXELS", 32 * 32)


@pytest.fixture
def folder(tmp_path):
    for number in range(3):
        filmroll.imwrite(tmp_path / f"{number}.jpg", pictures.image(number, height=80, width=90))
    return tmp_path


def test_table_names_every_candidate_and_marks_the_one_to_use(run, folder):
    code, out, err = run("advise", folder, *QUICK)
    assert code == 0
    assert "3 of 3 pictures, seed 0" in out
    (marked,) = [line for line in out.splitlines() if line.startswith("▸")]
    assert marked.split("  ")[0] == "▸ the files as they are (JPEG)"
    for name in ("raw array", "NPY", "JPEG, quality 75, 4:4:4", "PNG, level 9", "WebP, lossless", "jpegli, quality 90"):
        assert f"  {name} " in out
    assert "changed again" in out
    assert "Keep the bytes as they are (JPEG): " in out
    assert "with --goal smallest" in out
    for container in ("TFRecord with GZIP", "LMDB", "tar"):
        assert f"in {container} " in out
    assert "loses once more" in err


def test_json_is_one_document_with_the_keys_that_scripts_rely_on(run, folder):
    code, out, _ = run("advise", folder, "--json", "--goal", "smallest", "--edge", 40, *QUICK)
    found = json.loads(out)
    assert code == 0
    assert {"candidates", "recommended", "why"} <= found.keys()
    assert {"name", "nbytes", "share", "identical"} <= found["candidates"][0].keys()
    assert any(row["edge"] == 40 for row in found["candidates"])


def test_unreadable_pictures_and_what_was_left_out_are_named(run, folder):
    for number in range(5):
        (folder / f"broken {number}.jpg").write_bytes(b"\xff\xd8\xffnothing")
    code, _, err = run("advise", folder, "--budget", 0.5)
    assert code == 0
    assert "unreadable: " in err
    assert "left out: Guetzli, quality 95: " in err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["absent"], 2, "absent"),
        (["."], 1, "empty folder"),
        ([".", "--goal", "best"], 2, "best"),
        (["photo.jpg", "--without", "GIF"], 2, "no candidate's name begins with 'GIF'"),
    ],
)
def test_what_cannot_be_is_one_clear_line(run, tmp_path, monkeypatch, arguments, code, words):
    monkeypatch.chdir(tmp_path)
    if "photo.jpg" in arguments:
        (tmp_path / "photo.jpg").write_bytes(pictures.jpeg())
    found, out, err = run("advise", *arguments)
    assert (found, out) == (code, "")
    assert words in err
    assert "Traceback" not in err


def test_plot_and_page_are_written_beside_the_table(run, folder, tmp_path):
    code, out, err = run("advise", folder, *QUICK, "--plot", tmp_path / "a.svg", "--html", tmp_path / "a.html")
    assert code == 0
    assert "Keep the bytes" in out
    assert (tmp_path / "a.svg").read_bytes().startswith(b"<?xml")
    assert "Keep the bytes" in (tmp_path / "a.html").read_text("utf-8")
    assert "a.svg" in err
    assert "a.html" in err


def test_plot_that_cannot_be_drawn_is_refused_before_anything_is_measured(run, folder):
    code, out, err = run("advise", folder, "--plot", folder / "a.gif")
    assert (code, out) == (2, "")
    assert ".png, .svg, .pdf" in err
