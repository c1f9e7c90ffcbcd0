"""Shards of an earlier pack among those that are read are told, once, and nothing else is."""

import json
import shutil
import warnings

import pytest

import filmroll
import pictures
from filmroll import stale
from filmroll.cli import console
from filmroll.errors import StaleWarning


@pytest.fixture
def out(tmp_path):
    """Four shards of one set and two of another, in one folder, with a manifest."""
    flowers = pictures.folder_of_classes(tmp_path / "flowers")
    filmroll.pack(flowers, tmp_path / "out" / "train", shards=4)
    filmroll.pack(flowers, tmp_path / "out" / "validation", shards=2)
    return tmp_path / "out"


@pytest.fixture
def old(out):
    """A shard that an earlier pack left there."""
    path = out / "train-00001-of-00008.tfrecord"
    shutil.copy(out / "train-00001-of-00004.tfrecord", path)
    return path


def warned(call, *arguments, **options) -> list[str]:
    with warnings.catch_warnings(record=True) as given:
        warnings.simplefilter("always")
        call(*arguments, **options)
    assert {one.category for one in given} <= {StaleWarning}
    assert {one.filename for one in given} <= {__file__}  # the caller is told, not filmroll
    return [str(one.message) for one in given]


@pytest.mark.parametrize("pattern", ["train-*.tfrecord", "*", "**/train-*", ""])
def test_pattern_or_folder_that_meets_a_shard_of_an_earlier_pack_says_so_once(out, old, pattern):
    (said,) = warned(filmroll.open, out / pattern)
    assert said == (
        f"{old}: filmroll.json does not list it, though others of its name: it is of an earlier pack, and is read all"
        f" the same; delete it, or name those to read: {out / 'train@4.tfrecord'}"
    )


def test_what_the_warning_says_to_do_helps(out, old):
    assert warned(filmroll.open, out / "train@4.tfrecord") == []
    old.unlink()
    assert warned(filmroll.open, out) == []


@pytest.mark.parametrize("pattern", ["train-*", "validation-*", "*", "", "train-0000[02]-*"])
def test_sets_beside_each_other_and_parts_of_one_are_no_reason(out, pattern):
    assert warned(filmroll.open, out / pattern) == []
    assert warned(filmroll.inspect, out / pattern) == []


def test_files_that_were_named_one_by_one_are_what_was_wanted(out, old):
    files = sorted(out.glob("train-*.tfrecord"))
    assert len(files) == 5
    assert warned(filmroll.open, files) == []
    assert warned(filmroll.open, map(str, files)) == []  # once only
    assert warned(filmroll.open, old) == []
    assert len(warned(filmroll.open, [out / "train-*.tfrecord", out / "validation@2.tfrecord"])) == 1


def test_pattern_of_old_shards_alone_is_what_was_wanted(out, old):
    assert warned(filmroll.open, out / "train-*-of-00008.tfrecord") == []
    found = filmroll.verify(old)
    assert found.faults == []


def test_inspect_and_verify_look_at_files_that_a_shell_named_too(out, old):
    files = sorted(out.glob("train-*.tfrecord"))
    assert len(warned(filmroll.inspect, files)) == len(warned(filmroll.inspect, out / "train-*")) == 1
    found = filmroll.verify(files)
    assert [(fault.path, fault.record, fault.offset) for fault in found.faults] == [(str(old), None, None)]
    assert found.faults[0].error.startswith("filmroll.json does not list it, though others of its name")
    assert filmroll.verify(out / "train-*").to_json() == found.to_json()


def test_without_a_manifest_the_pack_that_is_whole_is_taken_for_the_new_one(out, old):
    (out / "filmroll.json").unlink()
    (said,) = warned(filmroll.verify, out)
    assert said == (
        f"{old}: it is of another pack than the 4 that are -of-00004, and is read all the same; delete those that are"
        f" old, or name those to read: {out / 'train@4.tfrecord'}"
    )
    assert warned(filmroll.open, out) == [said]


def test_many_old_shards_are_one_warning_that_names_three(out):
    (out / "filmroll.json").unlink()
    for number in range(5):
        (out / f"train-{number:05d}-of-00008.tfrecord").touch()
    (said,) = warned(filmroll.open, out)
    assert said.startswith(f"{out / 'train-00000-of-00008.tfrecord'}: ")
    assert "(so are train-00001-of-00008.tfrecord, train-00002-of-00008.tfrecord and 2 more)" in said


def test_of_two_packs_that_are_not_whole_the_one_with_fewer_files_is_named(tmp_path):
    for name in ("a-00000-of-00009", "a-00001-of-00009", "a-00000-of-00007"):
        (tmp_path / name).touch()
    (found,) = stale.find(sorted(tmp_path.iterdir()))
    assert [path.name for path in found.paths] == ["a-00000-of-00007"]
    assert not found.is_certain
    assert str(found).endswith(f"name those to read: {tmp_path / 'a@9'}")


def test_tar_that_the_manifest_does_not_list_is_told(tmp_path):
    flowers = pictures.folder_of_classes(tmp_path / "flowers")
    filmroll.pack(flowers, tmp_path / "out" / "roll", shards=2, to="tar")
    assert warned(filmroll.open, tmp_path / "out") == []
    for number in (2, 3):
        shutil.copy(tmp_path / "out" / "roll-000000.tar", tmp_path / "out" / f"roll-00000{number}.tar")
    (said,) = warned(filmroll.open, tmp_path / "out")
    assert "roll-000002.tar: filmroll.json does not list it" in said
    assert "(so is roll-000003.tar)" in said
    assert said.endswith("; delete it")
    (tmp_path / "out" / "filmroll.json").unlink()
    assert warned(filmroll.open, tmp_path / "out") == []  # nothing tells


@pytest.mark.parametrize("manifest", [b"{", b"[]", b'{"splits": 3}', b'{"splits": {"train": 1}}', b'{"splits": {}}'])
def test_manifest_that_is_none_leaves_the_names(out, old, manifest):
    (out / "filmroll.json").write_bytes(manifest)
    (said,) = warned(filmroll.open, out / "train-*")
    assert "it is of another pack than the 4" in said


def test_two_packs_that_are_both_listed_are_meant(out, old):
    document = json.loads((out / "filmroll.json").read_text())
    shard = document["splits"]["train"]["shards"][0] | {"path": old.name}
    document["splits"]["other"] = document["splits"]["train"] | {"shards": [shard]}
    (out / "filmroll.json").write_text(json.dumps(document))
    assert warned(filmroll.open, out) == []


def test_folders_are_told_apart(tmp_path):
    for name in ("a/train-00000-of-00001", "b/train-00000-of-00002"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    assert list(stale.find(sorted(tmp_path.glob("*/*")))) == []


@pytest.mark.filterwarnings("always")
def test_commands_say_it_in_a_line(out, old, run):
    code, _, said = run("inspect", out)
    assert (code, said.count("\n")) == (0, 1)
    assert said.startswith(f"filmroll: {old}: filmroll.json does not list it")
    code, told, said = run("verify", out)
    assert code == 1
    assert "filmroll.json" not in said
    assert f"{old}: filmroll.json does not list it" in told
    assert "1 fault" in told
    assert run("inspect", "-q", out)[2] == ""


@pytest.mark.filterwarnings("error")
def test_warning_can_be_an_error(out, old):
    with pytest.raises(StaleWarning):
        filmroll.open(out)


@pytest.mark.filterwarnings("always")
def test_other_warnings_stay_as_they_are(capsys, monkeypatch):
    monkeypatch.setattr(console, "verbosity", 0)
    with pytest.warns(UserWarning, match="of another kind") as given, console.warnings_in_a_line():
        warnings.warn("of another kind", stacklevel=1)
        warnings.warn("of ours", filmroll.DamageWarning, stacklevel=1)
    assert len(given) == 1
    assert capsys.readouterr().err == "filmroll: of ours\n"


def test_set_of_a_bucket_is_looked_at_without_another_request_where_its_names_agree(out, bucket):
    bucket.take(out, "out/")
    bucket.proxy.clear()
    assert warned(filmroll.open, f"{bucket.url}/out") == []
    assert not any("filmroll.json" in one.path for one in bucket.proxy.requests)
    bucket.write("out/train-00007-of-00008.tfrecord", b"")
    (said,) = warned(filmroll.open, f"{bucket.url}/out")
    assert said.startswith(f"{bucket.url}/out/train-00007-of-00008.tfrecord: filmroll.json does not list it")
