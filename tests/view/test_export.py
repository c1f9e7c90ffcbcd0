"""Pages as files."""

import re
from html.parser import HTMLParser
from urllib.parse import unquote

import numpy as np
import pytest

import filmroll
import pictures
from filmroll.errors import SourceError
from filmroll.messages import example
from filmroll.view.export import LARGE_FEATURE_NBYTES, export
from filmroll.view.values import SHOWN_VALUES
from view import rolls


class Addresses(HTMLParser):
    """Collects where a page leads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.found |= {value for name, value in attrs if name in ("href", "src")}


def test_every_address_in_every_page_is_a_file(tmp_path):
    done = export(rolls.flowers(tmp_path, count=30), tmp_path / "out")
    assert done.records == 30
    pages = list((tmp_path / "out").glob("*.html"))
    assert len(pages) == 32
    for page in pages:
        addresses = Addresses()
        addresses.feed(page.read_text("utf-8"))
        for address in addresses.found:
            name = unquote(address).partition("?")[0].partition("#")[0]
            assert name or address.startswith("#"), (page, address)
            assert not name or (tmp_path / "out" / name).is_file(), (page, address)


def test_sample_is_evenly_spaced_and_the_summary_is_of_all(tmp_path):
    progress = []
    done = export(
        rolls.flowers(tmp_path, count=100), tmp_path / "out", limit=10, progress=lambda *step: progress.append(step)
    )
    assert done.records == 10
    names = {path.name for path in (tmp_path / "out").glob("record-*.html")}
    assert names == {f"record-{number}.html" for number in range(0, 100, 10)}
    assert "<dd>100</dd>" in (tmp_path / "out" / "summary.html").read_text("utf-8")
    assert "10 of 100, evenly spaced" in (tmp_path / "out" / "index.html").read_text("utf-8")
    assert progress[-1] == (10, 10)


def test_pictures_are_the_records_own_bytes_and_masks_are_there(tmp_path):
    from filmroll.view.entries import open_entries

    path = rolls.flowers(tmp_path, count=9)
    export(path, tmp_path / "out")
    entry = open_entries(path)[7]
    out = tmp_path / "out"
    assert (out / "pictures" / "7.jpg").read_bytes() == bytes(entry.sample.encoded)
    assert (out / "features" / "7-image-encoded.jpg").read_bytes() == bytes(entry.sample.encoded)
    assert {path.name for path in (out / "masks").iterdir()} == {"7.png", "7-0.png", "7-1.png"}


def test_no_script_of_a_record_is_in_any_file_that_a_browser_runs(tmp_path):
    out = tmp_path / "out"
    export(rolls.hostile(tmp_path), out)
    assert not [path for path in out.rglob("*.svg") if path.name != "icon.svg"]
    for page in out.glob("*.html"):
        text = page.read_text("utf-8")
        assert re.findall("<script[^>]*>", text) == ['<script src="view.js" defer>']
        assert "Content-Security-Policy" in text
    assert {path.name for path in tmp_path.iterdir()} >= {"out"}


def test_damaged_records_have_pages_that_say_so(tmp_path):
    export(rolls.damaged(tmp_path), tmp_path / "out")
    assert "checksum" in (tmp_path / "out" / "record-2.html").read_text("utf-8")
    assert 'href="record-2.html"' in (tmp_path / "out" / "summary.html").read_text("utf-8")


def test_exported_pages_work_in_a_browser(tmp_path, chromium):
    export(rolls.flowers(tmp_path, count=20), tmp_path / "out")
    context = chromium.new_context()
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto((tmp_path / "out" / "index.html").as_uri())
    assert page.eval_on_selector(".cell img", "image => image.naturalWidth") > 1
    page.click("[data-position='7'] a")
    assert page.eval_on_selector(".picture", "image => image.naturalWidth") == 400
    assert page.eval_on_selector("body", "body => getComputedStyle(body).margin") == "0px"
    page.keyboard.press("b")
    assert not page.is_visible(".boxes")
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**/record-8.html")
    page.keyboard.press("Escape")
    page.wait_for_url("**/index.html")
    page.keyboard.press("s")
    page.wait_for_url("**/summary.html")
    context.close()
    assert said == []


def test_folder_with_something_in_it_is_left_alone(tmp_path):
    path = rolls.flowers(tmp_path, count=8)
    with pytest.raises(FileExistsError):
        export(path, tmp_path)
    with pytest.raises(FileExistsError):
        export(path, path)


def test_no_records_are_an_error(tmp_path):
    path = rolls.write(tmp_path / "a.tfrecord", [])
    with pytest.raises(SourceError, match="no records"):
        export(path, tmp_path / "out")


def test_features_whose_names_look_alike_as_files_keep_their_own_bytes(tmp_path):
    features = {"größe": b"one", "gräße": b"two", "a/b": b"three", "A-b": b"four", "c": [b"", b"five"], "c-1": b"six"}
    path = tmp_path / "a.tfrecord"
    with filmroll.Writer(path) as writer:
        writer.write(example.serialize(features))
    export(path, tmp_path / "out")
    page = (tmp_path / "out" / "record-0.html").read_text("utf-8")
    links = re.findall('href="(features/[^"]+)" download aria-label="Download ([^"]+)"', page)
    assert {name: (tmp_path / "out" / file).read_bytes() for file, name in links} == {
        **{name: data for name, data in features.items() if name != "c"},
        "c 1": b"five",
    }
    assert len({file.casefold() for file, _ in links}) == 6


def test_of_a_long_list_of_bytes_the_values_that_the_page_shows_are_written(tmp_path):
    path = tmp_path / "a.tfrecord"
    with filmroll.Writer(path) as writer:
        writer.write(example.serialize({"words": [b"x"] * 500}))
    export(path, tmp_path / "out")
    assert len(list((tmp_path / "out" / "features").iterdir())) == SHOWN_VALUES


def test_large_feature_stays_behind_unless_it_is_the_picture(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (700, 700, 3), np.uint8)
    picture = filmroll.encode(noise, "png")
    path = tmp_path / "a.tfrecord"
    with filmroll.Writer(path) as writer:
        features = {
            "image/encoded": picture,
            "most": b"x" * LARGE_FEATURE_NBYTES,
            "more": b"x" * (LARGE_FEATURE_NBYTES + 1),
        }
        writer.write(example.serialize(features))
    assert len(picture) > LARGE_FEATURE_NBYTES
    export(path, tmp_path / "out")
    assert {one.name for one in (tmp_path / "out" / "features").iterdir()} == {"0-image-encoded.png", "0-most.bin"}


def test_records_without_pictures_without_values_and_with_damaged_ones_have_pages_that_say_so(tmp_path):
    path = tmp_path / "a.tfrecord"
    whole = filmroll.encode(pictures.image(1, height=90, width=120), "jpeg")
    with filmroll.Writer(path) as writer:
        for data in (None, b"", whole[: len(whole) // 2], whole):
            writer.write(example.serialize({"image/encoded": data, "n": [1, 2]}))
    export(path, tmp_path / "out")
    page = [(tmp_path / "out" / f"record-{number}.html").read_text("utf-8") for number in range(4)]
    assert ["without a value of any type" in one for one in page] == [True, False, False, False]
    assert ["holds no picture" in one for one in page] == [False, True, False, False]
    assert ["Damaged:" in one for one in page] == [False, False, True, False]
    assert {one.name for one in (tmp_path / "out" / "pictures").iterdir()} == {"2.jpg", "3.jpg"}
    assert filmroll.decode((tmp_path / "out" / "features" / "0-n.npy").read_bytes()).tolist() == [1, 2]


def test_neighbours_on_exported_pages_are_those_of_the_sample(tmp_path):
    export(rolls.flowers(tmp_path, count=9), tmp_path / "out", limit=3)
    for number, leads in ((0, ["record-3.html"]), (3, ["record-0.html", "record-6.html"]), (6, ["record-3.html"])):
        page = (tmp_path / "out" / f"record-{number}.html").read_text("utf-8")
        assert re.findall(r'rel="(?:prev|next)"[^>]* href="([^"]+)"', page) == leads
