"""What is packed to a bucket is what is packed to the disk: the same bytes, whole or not at all, resumed anywhere."""

import json

import pytest

import filmroll
import pictures
from filmroll.packing import pack as packing
from filmroll.remote import store as stores

SHARDS = 4


@pytest.fixture(scope="module")
def flowers(tmp_path_factory):
    return pictures.folder_of_classes(tmp_path_factory.mktemp("source") / "flowers")


def content(bucket, under="out/") -> dict[str, bytes]:
    return {name.removeprefix(under): bucket.read(name) for name in bucket.names()}


@pytest.mark.parametrize("name", ["roll", "roll.tar", "roll.parquet", "roll.lmdb", "roll.array_record", "gzip"])
def test_pack_to_a_bucket_makes_the_files_that_it_makes_on_the_disk(flowers, tmp_path, bucket, name):
    shards = 1 if name == "roll.lmdb" else 3
    options = {"compression": "gzip"} if name == "gzip" else {}
    report = filmroll.pack(flowers, f"{bucket.url}/out/{name}", shards=shards, seed=1, **options)
    filmroll.pack(flowers, tmp_path / "out" / name, shards=shards, seed=1, **options)
    assert content(bucket) == pictures.tree(tmp_path / "out")
    assert report.written == 12
    assert str(report.shards[0]).startswith(f"{bucket.url}/out/")
    with filmroll.open(report.shards) as roll:
        assert len({sample.key for sample in roll}) == 12


def test_command_packs_to_a_bucket_converts_there_and_verifies(flowers, bucket, run):
    code, out, err = run("pack", flowers, f"{bucket.url}/a/flowers", "--shards", 3, "--engine", "processes", "--json")
    assert code == 0, err
    assert json.loads(out)["written"] == 12
    code, out, err = run("convert", f"{bucket.url}/a", f"{bucket.url}/b/roll.tar", "--json")
    assert code == 0, err
    assert run("verify", f"{bucket.url}/b")[0] == 0
    with filmroll.open(f"{bucket.url}/a") as one, filmroll.open(f"{bucket.url}/b") as other:
        assert [bytes(sample.encoded) for sample in one] == [bytes(sample.encoded) for sample in other]
    assert not [name for name in bucket.names() if "journal" in name or "tmp" in name]


def test_shards_that_are_there_are_not_replaced_unasked(flowers, bucket):
    dest = f"{bucket.url}/out/flowers"
    filmroll.pack(flowers, dest, shards=SHARDS)
    before = content(bucket)
    with pytest.raises(FileExistsError, match="there already; choose another name, or say --overwrite"):
        filmroll.pack(flowers, dest, shards=2)
    assert content(bucket) == before
    filmroll.pack(flowers, dest, shards=2, overwrite=True)
    assert sorted(name for name in content(bucket) if name.endswith("tfrecord")) == [
        "flowers-00000-of-00002.tfrecord",
        "flowers-00001-of-00002.tfrecord",
    ]


def test_environment_of_a_bucket_is_replaced_when_asked(flowers, bucket):
    dest = f"{bucket.url}/out/flowers.lmdb"
    filmroll.pack(flowers, dest, seed=1)
    before = content(bucket)
    filmroll.pack(flowers, dest, seed=1, overwrite=True)
    assert content(bucket) == before
    filmroll.pack(flowers, dest, shards=2, seed=1, overwrite=True)
    assert "flowers.lmdb/data.mdb" not in content(bucket)


def interrupt(monkeypatch, after: int) -> list[str]:
    """Let the run be interrupted when it begins its shard number `after`; return the names of those begun."""
    begun: list[str] = []
    original = packing.write_shard

    def write(task, *rest):
        begun.append(task.path.name)
        if len(begun) > after:
            raise KeyboardInterrupt
        return original(task, *rest)

    monkeypatch.setattr(packing, "write_shard", write)
    return begun


def interrupted(flowers, bucket, monkeypatch) -> str:
    """Begin to pack to the bucket, stop after two shards of four, and return the destination."""
    dest = f"{bucket.url}/out/flowers"
    with monkeypatch.context() as patch:
        interrupt(patch, after=2)
        with pytest.raises(KeyboardInterrupt):
            filmroll.pack(flowers, dest, shards=SHARDS, seed=1, threads=1)
    return dest


def test_interrupted_pack_goes_on_from_another_machine(flowers, tmp_path, bucket, monkeypatch):
    dest = interrupted(flowers, bucket, monkeypatch)
    noted = [name for name in bucket.names() if "/.flowers.journal/" in name]
    assert [name.rpartition("/")[2] for name in noted] == [
        "flowers-00000-of-00004.tfrecord.json",
        "flowers-00001-of-00004.tfrecord.json",
        "plan-00000.json",
    ]
    begun = interrupt(monkeypatch, after=99)  # nothing of the first run is on this machine but the source
    filmroll.pack(flowers, dest, shards=SHARDS, seed=1, threads=1)
    assert begun == ["flowers-00002-of-00004.tfrecord", "flowers-00003-of-00004.tfrecord"]
    filmroll.pack(flowers, tmp_path / "out" / "flowers", shards=SHARDS, seed=1)
    assert content(bucket) == pictures.tree(tmp_path / "out")


def test_other_plan_than_the_interrupted_one_is_refused_or_replaces_it(flowers, bucket, monkeypatch):
    dest = interrupted(flowers, bucket, monkeypatch)
    with pytest.raises(FileExistsError, match="an interrupted run is to be finished here, and its seed is 1 and not 2"):
        filmroll.pack(flowers, dest, shards=SHARDS, seed=2)
    filmroll.pack(flowers, dest, shards=3, seed=2, overwrite=True)
    assert len([name for name in bucket.names() if name.endswith(".tfrecord")]) == 3
    assert not [name for name in bucket.names() if "journal" in name]


def test_shard_that_was_taken_away_is_written_again(flowers, bucket, monkeypatch):
    dest = interrupted(flowers, bucket, monkeypatch)
    bucket.client().delete_object(Bucket="roll", Key="out/flowers-00000-of-00004.tfrecord")
    begun = interrupt(monkeypatch, after=99)
    filmroll.pack(flowers, dest, shards=SHARDS, seed=1, threads=1)
    assert "flowers-00000-of-00004.tfrecord" in begun
    assert filmroll.verify(f"{bucket.url}/out").faults == []


# What goes wrong


def test_writer_that_fails_leaves_nothing(bucket):
    with pytest.raises(ZeroDivisionError), filmroll.Writer(f"{bucket.url}/r.tfrecord") as writer:
        writer.write(b"hello")
        1 / 0  # noqa: B018
    assert bucket.names() == []


def test_large_file_goes_up_in_parts(bucket, tmp_path, monkeypatch):
    monkeypatch.setattr(stores, "PART_NBYTES", 5 << 20)
    record = bytes(range(256)) * (12 << 12)  # 12 MiB
    with filmroll.Writer(f"{bucket.url}/r.tfrecord") as writer:
        writer.write(record)
    assert sum(one.method == "PUT" and "partNumber" in one.path for one in bucket.proxy.requests) == 3
    assert bucket.uploads() == 0
    with filmroll.Reader(f"{bucket.url}/r.tfrecord") as reader:
        assert [bytes(one) for one in reader] == [record]
        assert reader[0] == record


def test_upload_that_breaks_off_leaves_nothing_under_its_name(bucket, environment, monkeypatch):
    monkeypatch.setattr(stores, "PART_NBYTES", 5 << 20)
    environment.setenv("FILMROLL_RETRY_S", "0.5")
    bucket.proxy.fail_every, bucket.proxy.only = 1, "partNumber=2"
    with (
        pytest.raises(OSError, match="the store fails"),
        filmroll.Writer(f"{bucket.url}/r.tfrecord") as writer,
    ):
        writer.write(bytes(12 << 20))
    assert bucket.names() == []
    assert bucket.uploads() == 0  # what had gone up was given up


def test_one_request_in_five_may_fail_while_packing(flowers, tmp_path, bucket):
    bucket.proxy.fail_every = 5
    filmroll.pack(flowers, f"{bucket.url}/out/flowers", shards=SHARDS, seed=1)
    filmroll.pack(flowers, tmp_path / "out" / "flowers", shards=SHARDS, seed=1)
    assert content(bucket) == pictures.tree(tmp_path / "out")
    assert [one for one in bucket.proxy.requests if one.status >= 500]


def test_upload_that_stalls_is_made_again(bucket):
    bucket.proxy.stalls, bucket.proxy.stall_s, bucket.proxy.only = 1, 3, "r.tfrecord"
    with filmroll.Writer(f"{bucket.url}/r.tfrecord") as writer:
        writer.write(b"hello")
    assert bucket.names() == ["r.tfrecord", "r.tfrecord.idx"]


def test_bucket_that_is_not_there_is_one_line_before_anything_is_packed(flowers, bucket, run):
    code, _, err = run("pack", flowers, "s3://nobody-has-this/flowers")
    assert code == 2
    assert "there is no such bucket; look at its name" in err
    assert err.count("\n") == 1


def test_wrong_credentials_are_one_line_and_nothing_is_written(flowers, bucket, run):
    with bucket.guarded():
        code, _, err = run("pack", flowers, f"{bucket.url}/out/flowers")
    assert code == 1
    assert "the store refuses (403 Forbidden InvalidAccessKeyId); set AWS_ACCESS_KEY_ID" in err
    assert "not-a-real-secret" not in err
    assert err.count("\n") == 1
    assert bucket.names() == []


def test_store_that_fails_in_the_middle_leaves_whole_shards_and_a_run_to_go_on_with(
    flowers, tmp_path, bucket, environment
):
    environment.setenv("FILMROLL_RETRY_S", "0.5")
    dest = f"{bucket.url}/out/flowers"
    bucket.proxy.fail_every, bucket.proxy.only = 1, "flowers-00002"
    with pytest.raises(OSError, match="the store fails"):
        filmroll.pack(flowers, dest, shards=SHARDS, seed=1, threads=1)
    bucket.proxy.clear()
    assert "out/flowers-00001-of-00004.tfrecord" in bucket.names()
    assert "out/flowers-00002-of-00004.tfrecord" not in bucket.names()
    environment.setenv("FILMROLL_RETRY_S", "20")
    filmroll.pack(flowers, dest, shards=SHARDS, seed=1)
    filmroll.pack(flowers, tmp_path / "out" / "flowers", shards=SHARDS, seed=1)
    assert content(bucket) == pictures.tree(tmp_path / "out")


def test_repair_and_unpack_write_to_a_bucket(flowers, tmp_path, bucket):
    shard = filmroll.pack(flowers, tmp_path / "roll.tfrecord", shards=1).shards[0]
    data = bytearray(shard.read_bytes())
    data[-10] ^= 1
    bucket.write("broken.tfrecord", bytes(data))
    report = filmroll.repair(f"{bucket.url}/broken.tfrecord", f"{bucket.url}/fixed/roll.tfrecord")
    assert report.kept == 11
    assert filmroll.unpack(f"{bucket.url}/fixed/roll.tfrecord", f"{bucket.url}/pictures").written == 11
    assert len([name for name in bucket.names() if name.startswith("pictures/")]) == 11


def test_nothing_is_left_on_this_machine(flowers, tmp_path, bucket, monkeypatch):
    import tempfile

    from filmroll.remote import scratch

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    scratch._folder.cache_clear()
    filmroll.pack(flowers, f"{bucket.url}/out/flowers", shards=SHARDS)
    assert not [path for path in (tmp_path / "scratch").rglob("*") if path.is_file()]
    scratch._folder.cache_clear()
