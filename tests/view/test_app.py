"""The answers of the server, address by address."""

import re
from urllib.parse import unquote

import pytest

import filmroll
import pictures
from filmroll.messages import example
from filmroll.view import pages
from view import rolls
from view.serving import ask, serving


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(rolls.flowers(tmp_path_factory.mktemp("view"), count=300)) as found:
        yield found


def text(served, path: str) -> str:
    status, _, body = ask(served.address, path)
    assert status == 200
    return body.decode()


def positions(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'data-position="(\d+)"', page)]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/mask/0", "no mask"),
        ("/mask/0/0", "no such mask"),
        ("/mask/7/2", "no such mask"),
        ("/feature/0?name=absent", "no such feature"),
        ("/feature/0?name=image/encoded&value=1", "no such value"),
        ("/static/absent.css", "no such file"),
        ("/record/300", "There are 300 records, numbered from 0."),
        ("/record/x", "no record of such a number"),
        (f"/record/{'9' * 5000}", "no record of such a number"),
        (f"/mask/7/{'9' * 5000}", "no record of such a number"),
    ],
)
def test_what_there_is_not_is_not_found_and_said(served, path, words):
    status, _, body = ask(served.address, path)
    assert status == 404
    assert words in body.decode()


def test_masks_are_there_where_the_record_has_them(served):
    for path in ("/mask/7", "/mask/7/0", "/mask/7/1"):
        status, headers, body = ask(served.address, path)
        assert (status, headers["Content-Type"], filmroll.read_header(body).channels) == (200, "image/png", 4)


def test_page_of_cells_begins_with_a_whole_page_and_counts_all_that_were_chosen(served):
    for at, first in ((0, 0), (pages.PAGE - 1, 0), (pages.PAGE, pages.PAGE), (299, 2 * pages.PAGE)):
        status, headers, body = ask(served.address, f"/cells?at={at}")
        assert (status, headers["X-Total"], unquote(headers["X-Count"])) == (200, "300", "300 records")
        assert positions(body.decode()) == list(range(first, min(300, first + pages.PAGE)))


def test_page_of_cells_behind_the_last_that_was_chosen_is_empty(served):
    status, headers, body = ask(served.address, "/cells?q=rose&at=250")
    assert (status, headers["X-Total"], positions(body.decode())) == (200, "100", [])


def test_sheet_from_behind_the_last_that_was_chosen_shows_the_last(served):
    assert positions(text(served, "/?q=rose&at=250")) == list(range(100))
    assert positions(text(served, "/?at=299")) == list(range(2 * pages.PAGE, 300))


def test_record_leads_on_among_those_chosen(served):
    def leads(path: str) -> list[tuple[str, str]]:
        return re.findall(r'rel="(prev|next)"[^>]* href="/record/(\d+)', text(served, path))

    assert leads("/record/4?q=rose") == [("prev", "1"), ("next", "7")]
    assert leads("/record/1?q=rose") == [("next", "4")]
    assert leads("/record/298?q=rose") == [("prev", "295")]
    assert leads("/record/5?desc=1") == [("prev", "6"), ("next", "4")]
    assert leads("/record/0") == [("next", "1")]
    assert leads("/record/0?q=rose") == []
    assert "not among the 100 chosen" in text(served, "/record/0?q=rose")


def test_picture_that_is_cut_is_called_damaged_on_its_page_alone(tmp_path):
    with filmroll.Writer(tmp_path / "a.tfrecord") as writer:
        whole = filmroll.encode(pictures.image(1, height=90, width=120), "jpeg")
        for data in (whole, whole[: len(whole) // 2], b"\xff\xd8\xff\xe0junk"):
            writer.write(example.serialize({"image/encoded": data}))
        writer.write(example.serialize({"image/class/label": 1}))
    with serving(tmp_path / "a.tfrecord") as found:
        damage = ["Damaged" in text(found, f"/record/{number}") for number in range(4)]
        faults = [text(found, f"/fault/{number}") for number in range(2)]
    assert damage == [False, True, True, False]
    assert faults[0] == ""
    assert "JPEG" in faults[1]


def test_progress_says_how_far_the_catalogue_is(tmp_path):
    with serving(rolls.flowers(tmp_path, count=8), fill=False) as found:
        assert '"done":0,"count":8' in text(found, "/progress")
        assert "looking through them: 0%" in text(found, "/progress")
