"""A URL is a path: it has a name, a folder, a size; and it prints nothing that is secret."""

import pickle
import stat
from pathlib import Path

import pytest

import filmroll
from filmroll.errors import MissingDependencyError, UnsupportedError
from filmroll.remote import store
from filmroll.remote.path import RemotePath, is_url, path_of
from filmroll.remote.store import Status

SIGNED = "https://me:word@host:8443/a/b.tfrecord?X-Amz-Signature=5ec7e7&b=//c"


@pytest.mark.parametrize("url", ["s3://bucket/a/b.tfrecord", "gs://bucket/b.tfrecord", "http://host:80/a%20b.tfrecord"])
def test_url_stays_what_it_is(url):
    path = path_of(url)
    assert isinstance(path, RemotePath)
    assert (path.url, str(path), path.__fspath__(), path.as_posix()) == (url, url, url, url)
    assert path_of(path) is path


def test_names_are_those_of_paths():
    path = path_of("s3://bucket/a/train-00000-of-00002.tfrecord")
    assert (path.name, path.suffix, path.parent.url) == ("train-00000-of-00002.tfrecord", ".tfrecord", "s3://bucket/a")
    assert path.with_name("x.idx").url == "s3://bucket/a/x.idx"
    assert (path.parent / "deep" / "y").url == "s3://bucket/a/deep/y"
    assert path.bucket.url == "s3://bucket"
    assert sorted([path.with_name("b"), path.with_name("a")])[0].name == "a"
    assert path == path_of(path.url)
    assert hash(path) == hash(path_of(path.url))
    assert path.resolve() is path.absolute() is path


def test_what_is_secret_is_not_printed():
    path = path_of(SIGNED)
    assert str(path) == "https://host:8443/a/b.tfrecord?..."
    assert "5ec7e7" not in repr(path)
    assert path.name == "b.tfrecord"
    assert "5ec7e7" in path.url


def test_path_goes_to_another_process_with_what_is_known_of_it():
    path = path_of("s3://bucket/b").known(store.Status(7, 10**18, "m"))
    again = pickle.loads(pickle.dumps(path))
    assert (again.url, again.stat().st_size, again.stat().st_mtime_ns) == (path.url, 7, 10**18)
    assert pickle.loads(pickle.dumps(path_of(SIGNED))).url == path_of(SIGNED).url


def test_keys_of_a_bucket_with_any_character_stay_apart():
    one, other = (path_of(f"s3://bucket/what?{end}.tar") for end in ("a/1#x", "a/1#y"))
    assert (one.url, str(one)) == ("s3://bucket/what?a/1#x.tar", "s3://bucket/what?a/1#x.tar")
    assert (one.name, one.parent.url, str(one) == str(other)) == ("1#x.tar", "s3://bucket/what?a", False)


def test_url_of_a_file_is_a_file():
    assert path_of("file:///a%20b/c.tfrecord") == Path("/a b/c.tfrecord")
    assert not is_url("file:///a")
    assert not is_url("a/b")
    assert is_url("s3://a/b")


def test_other_stores_are_named():
    with pytest.raises(UnsupportedError, match="no store is known as hdfs://; there are: s3, gs, az, http, https"):
        path_of("hdfs://x/y")


def test_path_is_not_opened_and_made_as_a_local_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = path_of("s3://bucket/a")
    with pytest.raises(OSError, match="not opened as a local one"):
        path.open("wb")
    path.mkdir(parents=True)
    assert list(tmp_path.iterdir()) == []


def test_what_a_listing_said_is_what_a_path_says_without_a_request(monkeypatch):
    for name in ("status", "read", "begin"):
        monkeypatch.setattr(store, name, lambda *_, name=name, **__: pytest.fail(f"{name} was asked"))
    file = path_of("s3://bucket/a/b.tar").known(Status(5, 3_500_000_000, "mark"))
    empty, folder = (path_of("s3://bucket/a").known(Status(nbytes)) for nbytes in (0, None))
    found = file.stat()
    assert (found.st_size, found.st_mtime, found.st_mtime_ns) == (5, 3, 3_500_000_000)
    assert [(one.is_file(), one.is_dir(), one.exists()) for one in (file, empty, folder)] == [
        (True, False, True),
        (True, False, True),
        (False, True, True),
    ]
    assert [stat.S_ISREG(one.stat().st_mode) for one in (file, empty, folder)] == [True, True, False]
    assert stat.S_ISDIR(folder.stat().st_mode)
    assert (folder.stat().st_size, empty.head(), folder.head()) == (0, b"", b"")


def test_first_bytes_are_read_once_and_tell_the_size_where_no_listing_did(monkeypatch):
    asked = []

    def read(url, *, stop):
        asked.append((url, stop))
        return memoryview(b"x" * 5000), Status(9000, 1, "later")

    monkeypatch.setattr(store, "read", read)
    listed, named = path_of("s3://bucket/a").known(Status(7, 0, "listed")), path_of("s3://bucket/b")
    for path in (listed, named, named):
        assert path.head() == b"x" * 4096
    assert asked == [("s3://bucket/a", 4096), ("s3://bucket/b", 4096)]
    assert (listed.status().mark, named.status().mark) == ("listed", "later")
    named.forget()
    named.head()
    assert len(asked) == 3


@pytest.mark.parametrize("url", ["s3://", "gs:///", "http://", "HTTPS:///"])
def test_url_of_nothing_is_refused(url):
    with pytest.raises(UnsupportedError, match="names no bucket and no server"):
        path_of(url)


def test_bucket_lists_measures_and_loses_its_files(bucket):
    bucket.write("a/b.txt", b"hello")
    bucket.write("a/c/d.txt", b"")
    folder = path_of(f"{bucket.url}/a")
    assert folder.is_dir()
    assert folder.exists()
    assert not folder.is_file()
    assert sorted((one.name, one.is_dir()) for one in folder.iterdir()) == [("b.txt", False), ("c", True)]
    assert sorted(one.name for one in folder.below()) == ["b.txt", "d.txt"]
    file = folder / "b.txt"
    assert (file.stat().st_size, file.read_bytes(), file.head()) == (5, b"hello", b"hello")
    assert (folder / "c" / "d.txt").head() == b""
    assert file.stat().st_mtime_ns > 10**18
    file.unlink()
    assert not file.exists()
    file.unlink(missing_ok=True)
    with pytest.raises(FileNotFoundError):
        file.unlink()


def test_missing_package_is_told_with_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "obstore", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'filmroll\[cloud\]'"):
        path_of("s3://bucket/a").stat()


def test_process_that_was_forked_is_told_to_be_spawned(monkeypatch, bucket):
    bucket.write("a", b"")
    assert path_of(f"{bucket.url}/a").exists()
    monkeypatch.setattr(store._Owner, "process", 1)
    with pytest.raises(UnsupportedError, match="start it with 'spawn'"):
        path_of(f"{bucket.url}/a").exists()


def test_web_server_has_no_listing():
    with pytest.raises(UnsupportedError, match="name them one by one"):
        list(path_of("http://127.0.0.1:9/a").iterdir())


def test_profile_needs_boto3(monkeypatch, environment):
    environment.delenv("AWS_ACCESS_KEY_ID")
    environment.setenv("AWS_PROFILE", "work")
    monkeypatch.setitem(__import__("sys").modules, "obstore.auth.boto3", None)
    with pytest.raises(MissingDependencyError, match="pip install boto3"):
        path_of("s3://bucket/a").stat()


def test_credentials_of_a_profile_are_used(tmp_path, bucket, environment):
    bucket.write("a", b"1")
    environment.delenv("AWS_ACCESS_KEY_ID")
    environment.delenv("AWS_SECRET_ACCESS_KEY")
    (tmp_path / "credentials").write_text("[work]\naws_access_key_id = of-a-profile\naws_secret_access_key = s\n")
    environment.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    environment.setenv("AWS_PROFILE", "work")
    bucket.proxy.clear()
    assert path_of(f"{bucket.url}/a").read_bytes() == b"1"
    assert "of-a-profile" in bucket.proxy.authorization


def test_keys_that_differ_behind_a_question_mark_or_a_number_sign_are_files_of_their_own(bucket, tmp_path):
    wanted = {"out/a?1.tfrecord": b"one", "out/a?2.tfrecord": b"two", "out/a#1.tfrecord": b"three"}
    for key, data in wanted.items():
        (tmp_path / key).parent.mkdir(exist_ok=True)
        with filmroll.Writer(tmp_path / key, index=False) as writer:
            writer.write(data)
    bucket.take(tmp_path / "out", "out/")
    with filmroll.Reader(f"{bucket.url}/out/a?2.tfrecord") as reader:
        assert [bytes(record) for record in reader] == [b"two"]
    with filmroll.open(f"{bucket.url}/out") as roll:
        assert [bytes(record) for _, record in roll.records()] == [b"three", b"one", b"two"]
        assert [str(path) for path in roll.paths] == [f"{bucket.url}/{key}" for key in sorted(wanted)]
