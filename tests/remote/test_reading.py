"""Records in a bucket are read as those on the disk are: opened, one by one, in batches, verified."""

import pickle
import time

import pytest

import filmroll
import pictures
from buckets import Server
from filmroll.dialects import array, slim
from filmroll.errors import ChecksumError, SourceError, UnsupportedError
from filmroll.messages import example
from filmroll.records import framing, tfrecord
from filmroll.records import index as indexes

KINDS = {"tar": "roll.tar", "lmdb": "roll.lmdb", "parquet": "roll.parquet", "gzip": "roll.tfrecord"}


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """Three shards with index and manifest, which no test changes."""
    root = tmp_path_factory.mktemp("packed")
    filmroll.pack(pictures.folder_of_classes(root / "flowers"), root / "out" / "flowers", shards=3, seed=1)
    return root / "out"


@pytest.fixture
def folder(packed, bucket):
    """The shards on the disk, and in the bucket as well."""
    bucket.take(packed, "out/")
    bucket.proxy.clear()
    return packed


def same_batches(one, other) -> bool:
    pairs = zip(one, other, strict=True)
    return all((a["image"] == b["image"]).all() and a["label"].tolist() == b["label"].tolist() for a, b in pairs)


@pytest.mark.parametrize("name", ["out/flowers-*.tfrecord", "out", "out/", "**/flowers-0000[0-2]*.tfrecord"])
def test_pattern_and_folder_open_the_records_of_a_bucket(folder, bucket, name):
    with filmroll.open(f"{bucket.url}/{name}") as roll, filmroll.open(folder) as local:
        assert [sample.key for sample in roll] == [sample.key for sample in local]
        assert roll.label_names == local.label_names
        assert roll[-1].image.tolist() == local[-1].image.tolist()


def test_batches_and_resume_are_those_of_the_disk(folder, bucket):
    with filmroll.open(f"{bucket.url}/out") as roll, filmroll.open(folder) as local:
        options = {"size": 16, "crop": "random", "shuffle": True, "seed": 3}
        assert same_batches(roll.batches(5, **options), local.batches(5, **options))
        loader = roll.batches(4, **options)
        next(iter(loader))
        again = local.batches(4, **options)
        again.load_state_dict(loader.state_dict())
        rest = roll.batches(4, **options)
        rest.load_state_dict(loader.state_dict())
        assert same_batches(rest, again)


def test_raw_arrays_of_a_bucket_come_in_batches(tmp_path, bucket):
    with filmroll.Writer(tmp_path / "a.tfrecord") as writer:
        for number in range(50):
            sample = filmroll.Sample(str(number), array=pictures.image(number), label=number)
            writer.write(example.serialize(array.to_features(sample)))
    bucket.take(tmp_path)
    with filmroll.open(f"{bucket.url}/a.tfrecord") as roll, filmroll.open(tmp_path / "a.tfrecord") as local:
        assert same_batches(roll.batches(8, shuffle=True), local.batches(8, shuffle=True))


def test_verify_and_inspect_tell_the_same_of_a_bucket(folder, bucket, run):
    url = f"{bucket.url}/out/flowers-*.tfrecord"
    found = filmroll.verify(url)
    assert (found.records, found.pictures, found.faults) == (12, 12, [])
    assert filmroll.inspect(url).records == 12
    code, out, _ = run("inspect", url, "--json")
    assert code == 0
    assert '"records": 12' in out
    assert run("verify", url)[0] == 0


def test_damage_in_a_bucket_is_found_where_it_is(folder, bucket):
    key = "out/flowers-00001-of-00003.tfrecord"
    data = bytearray(bucket.read(key))
    data[-10] ^= 1
    bucket.write(key, bytes(data))
    with filmroll.open(f"{bucket.url}/out") as roll:
        with pytest.raises(ChecksumError) as caught:
            roll[7]
        assert (caught.value.path, caught.value.record) == (f"{bucket.url}/{key}", 3)
        with pytest.raises(ChecksumError):
            list(roll)
    fault = filmroll.verify(f"{bucket.url}/out").faults[0]
    assert (fault.path, fault.record) == (f"{bucket.url}/{key}", 3)
    with pytest.warns(filmroll.DamageWarning), filmroll.open(f"{bucket.url}/out", on_error="skip") as roll:
        assert len(list(roll)) == 11
        assert sum(len(batch["label"]) for batch in roll.batches(4, size=8)) == 11


@pytest.mark.parametrize("kind", KINDS)
def test_other_kinds_of_files_are_copied_first(tmp_path, bucket, kind):
    flowers = pictures.folder_of_classes(tmp_path / "flowers")
    options = {"compression": "gzip"} if kind == "gzip" else {}
    filmroll.pack(flowers, tmp_path / "out" / KINDS[kind], shards=1, **options)
    if kind == "lmdb":
        bucket.take(tmp_path / "out" / "roll.lmdb", "out/roll.lmdb/")
    else:
        bucket.take(tmp_path / "out", "out/")
    with filmroll.open(f"{bucket.url}/out") as roll, filmroll.open(tmp_path / "out" / KINDS[kind]) as local:
        assert [sample.key for sample in roll] == [sample.key for sample in local]
        assert roll[3].image.tolist() == local[3].image.tolist()
    assert list((tmp_path / "cache" / "files").glob("*/*"))
    assert filmroll.verify(f"{bucket.url}/out").records == 12


def test_only_what_is_needed_is_read(folder, bucket):
    with filmroll.open(f"{bucket.url}/out/flowers-*.tfrecord") as roll:
        assert len(roll) == 12
        assert [one.path.partition("?")[0] for one in bucket.proxy.requests] == ["/roll", "/roll/out/filmroll.json"]
        bucket.proxy.requests.clear()
        assert roll[0].key
    asked = [one.path.rpartition("/")[2] for one in bucket.proxy.requests]
    first = "flowers-00000-of-00003.tfrecord"
    assert asked == [first, f"{first}.idx", first]  # what it is, where its records are, one record


def test_counts_of_a_manifest_that_is_out_of_date_are_not_believed(folder, bucket, tmp_path):
    key = "out/flowers-00000-of-00003.tfrecord"
    path = tmp_path / "other.tfrecord"
    with filmroll.Writer(path) as writer, tfrecord.Reader(folder / "flowers-00001-of-00003.tfrecord") as reader:
        writer.write(bytes(reader[0]))
    bucket.write(key, path.read_bytes())
    bucket.write(f"{key}.idx", indexes.path_of(path).read_bytes())
    with filmroll.open(f"{bucket.url}/out/flowers-*.tfrecord") as roll:
        assert len(roll) == 9


def test_file_without_an_index_is_gone_through(folder, bucket):
    key = "out/flowers-00000-of-00003.tfrecord"
    bucket.client().delete_object(Bucket="roll", Key=f"{key}.idx")
    with filmroll.Reader(f"{bucket.url}/{key}") as reader, filmroll.Reader(folder / key.partition("/")[2]) as local:
        assert [bytes(record) for record in reader] == [bytes(record) for record in local]
        assert reader.offsets.tolist() == local.offsets.tolist()
        assert reader.read_at(0)[1] == local.read_at(0)[1]
        with pytest.raises(IndexError):
            reader.read_at(10**9)


def test_index_of_a_store_is_used_when_it_covers_the_file(tmp_path, bucket):
    with filmroll.Writer(tmp_path / "a.tfrecord", index=False) as writer:
        writer.write(b"hello")
        writer.write(b"world!")
    bucket.write("a.tfrecord", (tmp_path / "a.tfrecord").read_bytes())
    indexes.write(tmp_path / "a.idx", [[0, 21], [21, 22]])
    bucket.write("a.tfrecord.idx", (tmp_path / "a.idx").read_bytes())
    bucket.proxy.clear()
    with tfrecord.Reader(f"{bucket.url}/a.tfrecord") as reader:
        assert bytes(reader[1]) == b"world!"
    indexes.write(tmp_path / "a.idx", [[0, 21]])
    bucket.write("a.tfrecord.idx", (tmp_path / "a.idx").read_bytes())
    with tfrecord.Reader(f"{bucket.url}/a.tfrecord") as reader:
        assert len(reader) == 2


def test_dataset_of_a_bucket_goes_to_another_process_by_its_names(folder, bucket, tmp_path):
    with filmroll.open(f"{bucket.url}/out", cache=tmp_path / "c") as roll:
        again = pickle.loads(pickle.dumps(roll))
    assert [sample.key for sample in again] == [sample.key for sample in roll]
    assert again.paths[0].cache == roll.paths[0].cache


# What goes wrong


def test_what_is_not_there_is_one_line(folder, bucket, run):
    for name, line in {
        f"{bucket.url}/none.tfrecord": "there is no such file in the store",
        "s3://nobody-has-this/x.tfrecord": "there is no such bucket; look at its name",
        "s3://nobody-has-this/x-*.tfrecord": "there is no such bucket; look at its name",
        f"{bucket.url}/out/none-*.tfrecord": "no file fits this pattern",
        "ftp://server/x.tfrecord": "no store is known as ftp://",
    }.items():
        code, out, err = run("inspect", name)
        assert code in (1, 2)
        assert out == ""
        assert line in err
        assert err.count("\n") == 1


def test_wrong_credentials_are_one_line_without_them(folder, bucket, run):
    with bucket.guarded():
        code, _, err = run("inspect", f"{bucket.url}/out")
    assert code == 1
    assert "the store refuses (403 Forbidden); set AWS_ACCESS_KEY_ID" in err
    assert "not-a-real-secret" not in err
    assert err.count("\n") == 1


def test_shard_that_disappears_is_named(folder, bucket):
    with filmroll.open(f"{bucket.url}/out/flowers-*.tfrecord") as roll:
        assert roll[0].key
        bucket.client().delete_object(Bucket="roll", Key="out/flowers-00000-of-00003.tfrecord")
        with pytest.raises(FileNotFoundError, match="no such file in the store.*flowers-00000"):
            roll[1]
        bucket.client().delete_object(Bucket="roll", Key="out/flowers-00002-of-00003.tfrecord")
        with pytest.raises(FileNotFoundError, match="flowers-00002"):
            roll[11]
        with pytest.raises(FileNotFoundError, match="flowers-0000"):
            list(roll.batches(4, size=8))


def test_one_request_in_five_may_fail(folder, bucket):
    bucket.proxy.fail_every = 5
    with filmroll.open(f"{bucket.url}/out") as roll, filmroll.open(folder) as local:
        assert [sample.key for sample in roll] == [sample.key for sample in local]
        assert same_batches(roll.batches(4, size=8, shuffle=True), local.batches(4, size=8, shuffle=True))
    assert filmroll.verify(f"{bucket.url}/out").faults == []
    failed = [one for one in bucket.proxy.requests if one.status >= 500]
    assert len(failed) >= len(bucket.proxy.requests) // 6 > 0


def test_store_that_fails_always_is_one_line(folder, bucket, environment, run):
    environment.setenv("FILMROLL_RETRY_S", "1")
    bucket.proxy.fail_every = 1
    started = time.monotonic()
    code, _, err = run("inspect", f"{bucket.url}/out")
    assert code == 1
    assert "the store fails (50" in err
    assert "tried again for up to 1 s" in err
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("inside", [False, True])
def test_request_that_stalls_is_made_again(folder, bucket, inside):
    bucket.proxy.stalls, bucket.proxy.stall_s, bucket.proxy.stall_inside = 2, 5, inside
    bucket.proxy.only = ".tfrecord"
    started = time.monotonic()
    with filmroll.open(f"{bucket.url}/out/flowers-*.tfrecord") as roll:
        assert len([sample.key for sample in roll]) == 12
    assert bucket.proxy.stalls == 0
    assert 1 < time.monotonic() - started < 8


def test_store_that_stalls_always_is_one_line(folder, bucket, environment, run):
    environment.setenv("FILMROLL_RETRY_S", "1")
    environment.setenv("FILMROLL_STALL_S", "0.3")
    bucket.proxy.stalls, bucket.proxy.stall_s = 1000, 4
    started = time.monotonic()
    code, _, err = run("inspect", f"{bucket.url}/out")
    assert code == 1
    assert "the store does not answer within 0.3 s (FILMROLL_STALL_S), tried again for up to 1 s" in err
    assert time.monotonic() - started < 10


def test_store_that_is_not_there_is_one_line(bucket, environment, run):
    environment.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    environment.setenv("FILMROLL_RETRY_S", "0.5")
    code, _, err = run("inspect", f"{bucket.url}/out")
    assert code == 1
    assert "the store cannot be reached" in err


def test_settings_that_are_no_numbers_are_told(bucket, environment):
    environment.setenv("FILMROLL_STALL_S", "soon")
    with pytest.raises(UnsupportedError, match="FILMROLL_STALL_S=soon is no number of seconds"):
        filmroll.open(f"{bucket.url}/x")


def test_folder_without_records_says_so(bucket):
    bucket.write("notes/a.txt", b"")
    with pytest.raises(SourceError, match="a folder without record files"):
        filmroll.open(f"{bucket.url}/notes")


# One record of many


@pytest.fixture
def giant(environment, tmp_path):
    """A store with a shard of a gigabyte, made while it is read: ten thousand records, all alike."""
    source = tmp_path / "one.tfrecord"
    with filmroll.Writer(source) as writer:
        jpeg = filmroll.encode(pictures.image(1, height=400, width=500), "jpeg", quality=90)
        padded = jpeg[:2] + (b"\xff\xfe\xff\xff" + bytes(65533)) + jpeg[2:]  # a comment, to be of a photo's size
        writer.write(example.serialize(slim.to_features(filmroll.Sample("a", padded, label=1))))
    frame = source.read_bytes()
    count = 2**30 // len(frame) + 1
    index = b"".join(b"%d %d\n" % (number * len(frame), len(frame)) for number in range(count))
    asked: dict[str, int] = {}

    def answer(handler, _):
        name = handler.path.rpartition("/")[2].partition("?")[0]
        total = {"giant.tfrecord": count * len(frame), "giant.tfrecord.idx": len(index)}.get(name)
        if total is None:
            handler.reply(404, {}, b"<Error><Code>NoSuchKey</Code></Error>")
            return
        start, stop = 0, total
        if handler.headers.get("Range"):
            first, last = handler.headers["Range"].removeprefix("bytes=").split("-")
            start, stop = int(first), min(int(last) + 1, total)
        if handler.command == "HEAD":
            body = b""
        elif name.endswith(".idx"):
            body = index[start:stop]
        else:
            begin = start % len(frame)
            body = (frame * (-(-(begin + stop - start) // len(frame))))[begin : begin + stop - start]
        asked[name] = asked.get(name, 0) + len(body)
        headers = {
            "Content-Length": str(stop - start),
            "Content-Range": f"bytes {start}-{stop - 1}/{total}",
            "Last-Modified": "Wed, 25 Nov 2026 10:00:00 GMT",
            "ETag": '"g"',
        }
        handler.reply(206 if handler.headers.get("Range") else 200, headers, body)

    server = Server(answer)
    environment.setenv("AWS_ENDPOINT_URL", server.url)
    yield "s3://roll/giant.tfrecord", server.url, len(frame), count, asked
    server.close()


@pytest.mark.parametrize("scheme", ["s3", "http"])
def test_one_record_of_a_gigabyte_costs_less_than_two_of_its_bytes(giant, scheme):
    url, server, frame_nbytes, count, asked = giant
    with filmroll.Reader(url if scheme == "s3" else f"{server}/giant.tfrecord") as reader:
        assert len(reader) == count
        record = reader[7 * count // 9]
        assert len(record) == frame_nbytes - framing.OVERHEAD_NBYTES
    assert frame_nbytes <= asked["giant.tfrecord"] <= frame_nbytes + 4096 < 2 * frame_nbytes
    assert asked["giant.tfrecord.idx"] < 20 * count  # once, for all records


def test_pictures_of_a_bucket_are_shown_and_unpacked(folder, bucket, run, tmp_path):
    url = f"{bucket.url}/out/flowers-*.tfrecord"
    assert run("contact-sheet", url, tmp_path / "sheet.png")[0] == 0
    assert len(filmroll.advise(url, sample=3, budget_s=1).candidates) > 3
    assert run("view", url, "--export", tmp_path / "pages")[0] == 0
    assert "rose" in (tmp_path / "pages" / "index.html").read_text("utf-8")
    assert run("unpack", url, tmp_path / "pictures")[0] == 0
    assert len(list((tmp_path / "pictures").rglob("*.*g"))) == 12
