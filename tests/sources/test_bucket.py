"""A folder of pictures in a bucket is packed as its copy on the disk is."""

import json

import numpy as np
import pytest

import filmroll
import pictures
from filmroll.errors import SourceError
from filmroll.remote import store as stores
from filmroll.sources import bucket as module
from filmroll.sources import folder, kinds

PICTURES = {
    "rose/a.jpg": pictures.jpeg(1),
    "rose/wild/b.jpg": pictures.jpeg(2),
    "rose-hip/c.jpg": pictures.jpeg(3),
    "rose/d": pictures.jpeg(4),  # no picture's name
    "tulip/50% off, #1 (neu)?.png": filmroll.encode(pictures.image(5), "png"),
    "tulip/\u00fcber \u82b1.webp": filmroll.encode(pictures.image(6), "webp"),
    "tulip/wrong.png": pictures.jpeg(7),
    "loose.jpg": pictures.jpeg(8),
}
OTHERS = {
    "rose/notes.txt": b"no picture",
    "tulip/empty.bin": b"",
    "tulip/.hidden.jpg": b"x",
    ".git/a.jpg": b"x",
    "Thumbs.db": b"x",
}


@pytest.fixture
def garden(tmp_path, bucket):
    """The same pictures in a folder, which is returned, and in the bucket, below garden/."""
    for key, content in (PICTURES | OTHERS).items():
        path = tmp_path / "garden" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        bucket.write(f"garden/{key}", content)
    bucket.write("garden-party/other.jpg", pictures.jpeg(9))  # of another folder
    bucket.proxy.clear()
    return tmp_path / "garden"


def shards(folder) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def findings(report):
    return [(one.path.rpartition("garden/")[2], one.kind, one.action, one.detail) for one in report.findings]


@pytest.mark.parametrize("engine", ["threads", "processes"])
@pytest.mark.parametrize("dest", ["roll", "roll.tar"])
def test_what_is_packed_is_what_its_copy_gives(garden, bucket, tmp_path, dest, engine):
    options = {"shards": 3, "seed": 1, "threads": 2, "engine": engine}
    found = filmroll.pack(f"{bucket.url}/garden/", tmp_path / "a" / dest, **options)
    expected = filmroll.pack(garden, tmp_path / "b" / dest, **options)
    assert shards(tmp_path / "a") == shards(tmp_path / "b")
    assert found.ignored == expected.ignored == ["rose/notes.txt", "tulip/empty.bin"]
    assert findings(found) == findings(expected) != []
    assert (found.read, found.written) == (len(PICTURES), len(PICTURES))


@pytest.mark.parametrize("label_names", [None, ["tulip", "rose-hip", "rose"]])
def test_listing_is_that_of_the_copy(garden, bucket, label_names):
    found = kinds.read(f"{bucket.url}/garden", label_names=label_names)
    local = folder.read(garden, label_names=label_names)
    assert found.label_names == local.label_names
    assert [(one.key, one.nbytes, one.label, one.text) for one in found.items] == [
        (one.key, one.nbytes, one.label, one.text) for one in local.items
    ]
    assert found.ignored == local.ignored
    assert found.parts == local.parts
    for one in found.items:
        assert one.read().encoded == PICTURES[one.key]
        assert one.changed_ns > 0
    assert str(found.items[-1].path).startswith(f"{bucket.url}/garden/tulip/")


def test_class_that_label_names_lack_is_named_with_the_file(garden, bucket):
    with pytest.raises(SourceError, match="s3://roll/garden/rose-hip/c.jpg: class 'rose-hip' is not among"):
        kinds.read(f"{bucket.url}/garden", label_names=["rose", "tulip"])


def test_folders_that_a_console_has_made_are_no_files(bucket):
    for name in ("made/", "made/empty/", "made/rose/"):
        bucket.write(name, b"")
    bucket.write("made/rose/1.jpg", pictures.jpeg())
    found = kinds.read(f"{bucket.url}/made")
    assert [one.key for one in found.items] == ["rose/1.jpg"]
    assert (found.label_names, found.ignored) == (["rose"], [])


def test_whole_bucket_is_a_folder_too(bucket):
    for name in ("b/2.jpg", "a/1.jpg"):
        bucket.write(name, pictures.jpeg())
    found = kinds.read(bucket.url)
    assert [one.key for one in found.items] == ["a/1.jpg", "b/2.jpg"]
    assert found.label_names == ["a", "b"]


def test_command_packs_from_a_bucket_to_a_bucket(garden, bucket, tmp_path, run):
    code, out, err = run("pack", f"{bucket.url}/garden", f"{bucket.url}/out/roll", "--shards", 2, "--json")
    assert code == 0, err
    assert json.loads(out)["written"] == len(PICTURES)
    filmroll.pack(garden, tmp_path / "out" / "roll", shards=2)
    assert {name: bucket.read(f"out/{name}") for name in shards(tmp_path / "out")} == shards(tmp_path / "out")


def test_folder_of_several_pages_is_listed_whole_and_in_order(bucket, monkeypatch):
    monkeypatch.setattr(stores.require(), "list", _in_small_pages(stores.require().list))
    for number in range(25):
        bucket.write(f"many/{number * 7 % 25:02d}.jpg", b"x")
    assert [one.key for one in kinds.read(f"{bucket.url}/many").items] == [f"{number:02d}.jpg" for number in range(25)]


def _in_small_pages(listing):
    return lambda *arguments, **options: listing(*arguments, chunk_size=4, **options)


def test_picture_that_is_gone_since_is_left_out_and_listed(garden, bucket, tmp_path, monkeypatch):
    listed = kinds.read(f"{bucket.url}/garden")
    bucket.client().delete_object(Bucket="roll", Key="garden/loose.jpg")
    monkeypatch.setattr(kinds, "read", lambda *_, **__: listed)
    report = filmroll.pack(f"{bucket.url}/garden", tmp_path / "roll", shards=1)
    assert (report.written, report.skipped) == (len(PICTURES) - 1, 1)
    (gone,) = [one for one in report.findings if one.kind == "unreadable"]
    assert (gone.path, gone.detail) == (f"{bucket.url}/garden/loose.jpg", "there is no such file in the store")


def test_store_that_refuses_or_fails_stops_and_the_same_call_goes_on(garden, bucket, tmp_path, environment, run):
    filmroll.pack(garden, tmp_path / "whole" / "roll", shards=4, seed=None)
    environment.setenv("FILMROLL_RETRY_S", "1")
    last = "garden/tulip/wrong.png"
    bucket.proxy.only, bucket.proxy.fail_every = last, 1
    command = ("pack", f"{bucket.url}/garden", tmp_path / "out" / "roll", "--shards", 4, "--threads", 1, "--no-shuffle")
    code, out, err = run(*command)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert f"{bucket.url}/{last}: the store fails (50" in err
    assert "3 of 4 shards are finished; the same command goes on" in err
    bucket.proxy.clear()
    code, _, err = run(*command)
    assert code == 0
    assert "3 of 4 shards were finished by an earlier run" in err
    read = {one.path for one in bucket.proxy.requests}
    assert {key for key in PICTURES if f"/roll/garden/{key}" in read} == {
        "rose/d",
        "tulip/wrong.png",
    }  # a look, a shard
    assert shards(tmp_path / "out") == shards(tmp_path / "whole")


def test_picture_that_has_changed_in_the_store_is_packed_again(garden, bucket, tmp_path, monkeypatch):
    from filmroll.packing import pack as packing

    write = packing.write_shard

    def interrupted(task, count):
        if "00002" in task.path.name:
            raise OSError("the power went")
        return write(task, count)

    monkeypatch.setattr(packing, "write_shard", interrupted)
    options = {"shards": 3, "threads": 1, "seed": None}
    with pytest.raises(OSError, match="the power went"):
        filmroll.pack(f"{bucket.url}/garden", tmp_path / "roll", **options)
    monkeypatch.setattr(packing, "write_shard", write)
    new = pictures.jpeg(77, quality=33)
    bucket.write("garden/rose/a.jpg", new)
    report = filmroll.pack(f"{bucket.url}/garden", tmp_path / "roll", **options)
    assert report.resumed == 1
    with filmroll.open(report.shards) as roll:
        assert {one.key: bytes(one.encoded) for one in roll} == {**PICTURES, "rose/a.jpg": new}


def test_one_request_in_five_may_fail(garden, bucket, tmp_path):
    filmroll.pack(garden, tmp_path / "a" / "roll", shards=2)
    bucket.proxy.fail_every = 5
    filmroll.pack(f"{bucket.url}/garden", tmp_path / "b" / "roll", shards=2)
    assert any(one.status >= 500 for one in bucket.proxy.requests)
    assert shards(tmp_path / "a") == shards(tmp_path / "b")


def test_picture_out_of_the_ordinary_is_mended_as_on_the_disk(tmp_path, bucket):
    (tmp_path / "odd").mkdir()
    for name, content in {"turned.jpg": pictures.rotated_jpeg(6), "cmyk.jpg": pictures.cmyk_jpeg()}.items():
        (tmp_path / "odd" / name).write_bytes(content)
        bucket.write(f"odd/{name}", content)
    options = {"shards": 1, "policies": filmroll.Policies(rotated="convert", cmyk="convert")}
    filmroll.pack(f"{bucket.url}/odd", tmp_path / "a" / "roll", **options)
    filmroll.pack(tmp_path / "odd", tmp_path / "b" / "roll", **options)
    assert shards(tmp_path / "a") == shards(tmp_path / "b")


@pytest.mark.parametrize(
    ("source", "options", "code", "said"),
    [
        ("s3://roll/absent", (), 2, "s3://roll/absent: there is no such file in the store"),
        ("s3://nowhere/garden", (), 2, "s3://nowhere/garden: there is no such bucket"),
        ("s3://roll/text", (), 1, "s3://roll/text: no picture among its 1 files"),
        ("s3://roll/text/a.txt", (), 2, "s3://roll/text/a.txt: one file in a store; name the folder"),
        ("s3://roll/table", (), 2, "s3://roll/table: table: only folders of pictures are read from a store"),
        ("s3://roll/text", ("--source-kind", "mnist"), 2, "mnist: only folders of pictures are read from a store"),
        ("s3://roll/hidden", (), 1, "s3://roll/hidden: an empty folder"),
        ("http://127.0.0.1:9/photos", (), 2, "a web server does not list its files; copy the pictures here"),
    ],
)
def test_what_cannot_be_packed_is_one_line(bucket, tmp_path, run, source, options, code, said):
    for name in ("text/a.txt", "table/metadata.csv", "table/a.jpg", "hidden/.a.jpg"):
        bucket.write(name, b"file_name")
    found, out, err = run("pack", source, tmp_path / "out" / "roll", *options)
    assert (found, out, err.count("\n")) == (code, "", 1)
    assert said in err
    assert not (tmp_path / "out").exists() or not list((tmp_path / "out").iterdir())


def test_folder_with_a_table_is_packed_as_a_folder_where_that_is_said(bucket, tmp_path):
    bucket.write("table/metadata.csv", b"file_name")
    bucket.write("table/a.jpg", pictures.jpeg())
    report = filmroll.pack(f"{bucket.url}/table", tmp_path / "roll", shards=1, source_kind="folder")
    assert (report.written, report.ignored) == (1, ["metadata.csv"])


def test_wrong_credentials_stop_with_one_line(garden, bucket, tmp_path, run):
    with bucket.guarded():
        code, out, err = run("pack", f"{bucket.url}/garden", tmp_path / "roll")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert "the store refuses (403" in err


def test_listing_of_many_files_takes_the_memory_of_few(monkeypatch):
    from filmroll.remote.path import path_of
    from filmroll.remote.store import Status

    names = (f"s3://b/f/{number:07d}.jpg" for number in range(300_000))
    monkeypatch.setattr(stores, "listing", lambda *_, **__: ((name, Status(7, 5)) for name in names))
    monkeypatch.setattr(stores, "status", lambda _: Status(None))
    found = module.read(path_of("s3://b/f"))
    assert len(found.items) == 300_000
    assert found.items._rows._on_disk > 0
    assert found.items[299_999].key == "0299999.jpg"
    assert np.all([one.nbytes == 7 for one in found.items[:10]])
