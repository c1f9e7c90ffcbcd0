"""Patterns of shards are written out as bash, WebDataset, TensorFlow and ArrayRecord mean them."""

import subprocess

import pytest

import filmroll
from filmroll.errors import SourceError
from filmroll.records import patterns, storage

RANGES = ["{00..07}", "a{1,2}b", "{8..11}", "{08..11}", "{3..1}", "x{a,b}{0..1}y", "{000..002}.tar"]


@pytest.mark.parametrize("pattern", RANGES)
def test_braces_stand_for_what_bash_makes_of_them(pattern):
    done = subprocess.run(["bash", "-c", f"echo {pattern}"], capture_output=True, text=True, check=True)
    assert patterns.written_out(pattern) == done.stdout.split()


@pytest.mark.parametrize("name", ["plain.tfrecord", "{abc}", "{}", "a{b", "me@home", "x@", "@8", "train-*", "{1..}"])
def test_name_without_a_meaning_stays_as_it_is(name):
    assert patterns.written_out(name) == [name]
    assert patterns.is_pattern(name) == ("*" in name)


def test_list_behind_braces_that_mean_nothing_is_written_out():
    assert patterns.written_out("{a}{b,c}") == ["{a}b", "{a}c"]


def test_number_of_shards_is_written_out_with_and_without_suffix():
    assert patterns.written_out("d/train@2.tfrecord") == [
        "d/train-00000-of-00002.tfrecord",
        "d/train-00001-of-00002.tfrecord",
    ]
    assert patterns.written_out("train.tfrecord@1") == ["train.tfrecord-00000-of-00001*"]
    assert patterns.written_out("train@*.array_record") == ["train-?????-of-?????.array_record"]
    assert patterns.is_pattern("train@8")


@pytest.mark.parametrize(
    "pattern", ["{0..100000}", "{0..999999999999}", "{0..999}{0..999}", "{0..9999}{a,b,c,d,e,f,g,h,i,j,k}", "t@0"]
)
def test_pattern_for_too_many_names_or_none_is_refused_at_once(pattern):
    with pytest.raises(SourceError, match=r"100,000"):
        patterns.written_out(pattern)


@pytest.fixture
def shards(tmp_path):
    """Ten shards of one record each, with their indexes."""
    for number in range(10):
        with filmroll.Writer(tmp_path / f"train-{number:05d}-of-00010.tfrecord", index=True) as writer:
            writer.write(b"%d" % number)
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "numbers"),
    [
        ("train-?????-of-*", range(10)),
        ("train-000{00..03}-of-00010.tfrecord", range(4)),
        ("train-0000{3..1}-of-00010.tfrecord", [3, 2, 1]),
        ("train-0000{7,2}-*", [7, 2]),
        ("train@10", range(10)),
        ("train@10.tfrecord", range(10)),
        ("train@*.tfrecord", range(10)),
    ],
)
def test_open_finds_the_shards_of_a_pattern_in_its_order(shards, pattern, numbers):
    with filmroll.open(shards / pattern) as roll:
        assert [bytes(record) for _, record in roll.records()] == [b"%d" % number for number in numbers]


def test_command_line_takes_the_same_patterns(shards, run):
    code, out, _ = run("verify", shards / "train-000{00..03}-of-00010.tfrecord", shards / "train@10")
    assert code == 0
    assert out.startswith("14 records")


def test_shard_that_a_pattern_counts_must_be_there(shards):
    with pytest.raises(FileNotFoundError, match=r"train-00010-of-00010"):
        storage.expand(shards / "train-000{08..10}-of-00010.tfrecord")
    with pytest.raises(SourceError, match=r"train-00000-of-00011\*: no file fits this pattern"):
        storage.expand(shards / "train@11")


def test_file_whose_name_looks_like_a_pattern_is_itself(tmp_path):
    path = tmp_path / "odd{1,2}@8.tfrecord"
    with filmroll.Writer(path) as writer:
        writer.write(b"x")
    assert storage.expand(path) == [path]
