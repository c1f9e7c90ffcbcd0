"""What a hostile page, record or client may try, and what it gets."""

import socket
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from filmroll.view.security import DATA_POLICY, PAGE_POLICY
from view import rolls
from view.serving import ask, serving

TRAVERSALS = (
    "/static/../app.py",
    "/static/..%2fapp.py",
    "/static/..%5capp.py",
    "/static/%2e%2e/%2e%2e/errors.py",
    "/static//etc/passwd",
    "/static/%2fetc%2fpasswd",
    "/static/view.css%00.png",
    "/../../../../etc/passwd",
    "/picture/../../etc/passwd",
    "/picture/..%2f..%2fetc%2fpasswd",
    "/record/0/../../etc/passwd",
    "/feature/0?name=../../../../etc/passwd",
    "/feature/0?name=%2fetc%2fpasswd",
)
NUMBERS = ("-1", "1e3", "0x1", "99999999999999999999", "1.5", "%30%30x", "")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(rolls.flowers(tmp_path_factory.mktemp("view"), count=20)) as found:
        yield found


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    with serving(rolls.hostile(tmp_path_factory.mktemp("view"))) as found:
        yield found


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_path_leads_to_a_file(served, path):
    status, _, body = ask(served.address, path)
    assert status == 404
    assert b"root:" not in body
    assert b"import" not in body


@pytest.mark.parametrize("kind", ["record", "thumbnail", "fault", "picture", "mask", "feature"])
@pytest.mark.parametrize("number", NUMBERS)
def test_what_is_no_number_of_a_record_is_not_found(served, kind, number):
    assert ask(served.address, f"/{kind}/{number}")[0] == 404


@pytest.mark.parametrize("kind", ["record", "thumbnail", "fault", "picture", "mask", "feature"])
def test_number_behind_the_last_record_is_not_found(served, kind):
    assert ask(served.address, f"/{kind}/20")[0] == 404


@pytest.mark.parametrize(
    "query", ["sort=size", "label=x", "label=1e3", "at=-1", "at=x", "at=400", "at=%F0%9F%98%80", f"at={10**30}"]
)
def test_query_that_is_none_says_so(served, query):
    status, _, body = ask(served.address, f"/?{query}")
    assert status == 400
    assert b"No such view" in body


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost@evil.example", "", "127.0.0.1:x"]
)
def test_foreign_host_header_is_refused(served, host):
    status, headers, body = ask(served.address, "/", Host=host)
    assert status == 421
    assert b"flowers" not in body
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1", "[::1]:80", "[::1]"])
def test_own_names_are_answered(served, host):
    assert ask(served.address, "/", Host=host)[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_nothing_can_be_changed(served, method):
    assert ask(served.address, "/", method=method)[0] == 405


@pytest.mark.parametrize(
    ("path", "policy"),
    [
        ("/", PAGE_POLICY),
        ("/cells", PAGE_POLICY),
        ("/record/0", PAGE_POLICY),
        ("/static/view.css", PAGE_POLICY),
        ("/nonsense", PAGE_POLICY),
        ("/thumbnail/0", DATA_POLICY),
        ("/picture/0", DATA_POLICY),
        ("/mask/7", DATA_POLICY),
        ("/mask/7/1", DATA_POLICY),
        ("/feature/0?name=image/encoded", DATA_POLICY),
    ],
)
def test_every_answer_has_the_headers_of_safety(served, path, policy):
    _, headers, _ = ask(served.address, path)
    assert headers["Content-Security-Policy"] == policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert "server" not in headers


def test_policies_allow_no_script_of_a_record_and_no_other_host():
    assert "unsafe" not in PAGE_POLICY
    assert "sandbox" in DATA_POLICY
    assert "script" not in DATA_POLICY
    assert "http" not in PAGE_POLICY + DATA_POLICY


@pytest.mark.parametrize("path", ["/", "/cells", "/record/1", "/?q=<script>alert(1)</script>"])
def test_script_in_label_key_feature_name_and_file_name_is_text(hostile, path):
    status, _, body = ask(hostile.address, path.replace("<", "%3C").replace(">", "%3E"))
    assert status == 200
    assert b"<script>document" not in body
    assert b"<script>alert" not in body
    assert b"<img src=x" not in body
    assert b"&lt;script&gt;" in body or path == "/cells"


def test_feature_named_like_a_header_ends_no_header(hostile):
    name = f"note{rolls.SCRIPT}"
    path = "/feature/1?name=" + "".join(f"%{byte:02x}" for byte in name.encode())
    status, headers, body = ask(hostile.address, path)
    assert status == 200
    assert body == rolls.SCRIPT.encode()
    assert headers["Content-Type"] == "application/octet-stream"
    assert set(headers["Content-Disposition"]) <= set(
        'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.;="  '
    )


def test_scripts_in_records_do_not_run_in_a_browser(hostile, new_page):
    page = new_page(hostile.address)
    page.hover("[data-position='1'] a")
    assert page.title().startswith("hostile")
    for number in range(3):
        page.goto(f"{hostile.address}/record/{number}")
        assert page.title() != "taken"
        assert page.locator("script").count() == 1


def test_script_in_an_svg_does_not_run_even_where_it_is_the_page(hostile, chromium):
    context = chromium.new_context()
    page, failed = context.new_page(), []
    page.on("requestfailed", lambda request: failed.append((request.url, request.failure)))
    page.goto(f"{hostile.address}/picture/2")
    assert page.evaluate("document.documentElement.tagName") == "svg"
    assert page.evaluate("document.title") != "taken"
    assert failed == [("http://example.invalid/x.png", "csp")]  # refused by the policy, never sent
    context.close()


def test_svg_is_served_as_it_is_and_its_thumbnail_is_drawn(hostile):
    assert ask(hostile.address, "/picture/2")[2] == rolls.EVIL_SVG
    assert ask(hostile.address, "/thumbnail/2")[1]["Content-Type"] == "image/png"


def test_two_hundred_requests_at_once_are_all_answered(served):
    paths = [f"/{kind}/{number}" for number in range(20) for kind in ("record", "thumbnail", "picture", "fault")]
    paths = (paths + ["/", "/cells", "/?q=rose", "/progress", "/?sort=pixels"] * 24)[:200]
    with ThreadPoolExecutor(200) as pool:
        statuses = list(pool.map(lambda path: ask(served.address, path)[0], paths))
    assert statuses == [200] * 200


def test_half_a_request_holds_nobody_up(served):
    place = urlsplit(served.address)
    halves = [socket.create_connection((place.hostname, place.port)) for _ in range(50)]
    try:
        for half in halves:
            half.sendall(b"GET / HTTP/1.1\r\nHost: 127")
        assert ask(served.address, "/")[0] == 200
    finally:
        for half in halves:
            half.close()


def test_shard_deleted_while_being_viewed_leaves_pages_that_say_so(tmp_path):
    first = rolls.write(tmp_path / "a-0.tfrecord", [rolls.sample(number) for number in range(3)])
    second = rolls.write(tmp_path / "a-1.tfrecord", [rolls.sample(number) for number in range(3, 6)])
    with serving(tmp_path) as served:
        shards = served.entries.roll.shards
        first.unlink()
        second.unlink()
        shards.close()  # as happens to files used long ago, where there are many
        for path in ("/", "/cells", "/record/4", "/thumbnail/4", "/fault/4", "/?q=rose"):
            assert ask(served.address, path)[0] == 200
        assert b"No such file" in ask(served.address, "/record/4")[2]
        assert b"No such file" in ask(served.address, "/fault/5")[2]
        assert ask(served.address, "/picture/4")[0] == 404


def test_shard_deleted_while_it_is_open_is_still_shown(tmp_path):
    path = rolls.write(tmp_path / "a.tfrecord", [rolls.sample(0)])
    with serving(path) as served:
        path.unlink()
        assert ask(served.address, "/picture/0")[0] == 200
