"""Damaged tars: each sample that nothing touched is found again, and every byte is kept or told."""

import gzip
import io
import random
import tarfile
from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filmroll.errors import Error, LimitError
from filmroll.records import kinds, tar_salvage, tar_salvaged
from records.tar_files import made, plain, special, written

NUMBERS = random.Random(5)


def sample(number, *, nbytes=None, key=None):
    """The members of one sample: a picture and its class."""
    nbytes = NUMBERS.choice([0, 1, 511, 512, 513, 1400]) if nbytes is None else nbytes
    key = key or f"{number:03d}"
    return [(f"{key}.jpg", bytes([number % 200 + 1]) * nbytes), (f"{key}.cls", b"%d" % number)]


class Shard(NamedTuple):
    """A tar, where its members are, and its samples as they are read."""

    data: bytes
    infos: list[tarfile.TarInfo]
    samples: list[dict[str, bytes]]

    def span(self, number):
        """Where the members of a sample are."""
        first, last = self.infos[2 * number : 2 * number + 2]
        return first.offset, last.offset_data + -(-last.size // 512) * 512


def shard(members, *, format=tarfile.USTAR_FORMAT):
    data = made(members, format=format)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        infos = archive.getmembers()
    samples = {}
    for name, content in members:
        key, _, field = name.rpartition("/")[2].partition(".")
        whole = name.rpartition("/")[0] + "/" + key if "/" in name else key
        samples.setdefault(whole, {"__key__": whole.encode()})[field] = content
    return Shard(data, infos, list(samples.values()))


SHARD = shard([member for number in range(9) for member in sample(number)])


def found(data):
    """What is left of a tar: samples with their data, and what is told of the rest; every byte is in either."""
    view = memoryview(bytes(data))
    left = tar_salvage.find(view)
    spans = sorted([(one.offset, one.stop) for one in left.kept] + [(o, o + n) for o, n, *_ in left.losses])
    assert all(one[1] == other[0] for one, other in pairwise(spans))
    if spans:
        assert spans[0][0] == 0
        assert not any(view[spans[-1][1] :])
    samples = [
        {"__key__": group.key.encode()} | {name: bytes(view[at : at + n]) for name, (at, n) in group.fields.items()}
        for group in left.groups
    ]
    return samples, left.losses


def test_whole_tar_is_found_as_it_is_read():
    assert found(SHARD.data) == (SHARD.samples, [])


@pytest.mark.parametrize("cut", [*range(0, len(SHARD.data), 131), *(info.offset for info in SHARD.infos)])
def test_tar_cut_anywhere_keeps_the_samples_before_the_cut(cut):
    samples, losses = found(SHARD.data[:cut])
    whole = sum(info.offset_data + info.size <= cut for info in SHARD.infos[1::2])
    # of the only sample nobody knows that it had another member
    assert samples[:whole] == SHARD.samples[:whole]
    assert len(samples) <= max(whole, 1)
    assert bool(losses) == (cut < SHARD.span(8)[1] + 512 or cut % 512 > 0)


@pytest.mark.parametrize("number", range(9))
@pytest.mark.parametrize("which", [0, 1])
@pytest.mark.parametrize("new", [b"?", bytes(512), b"\xff" * 512])
def test_damaged_header_costs_its_sample_alone(number, which, new):
    damaged = bytearray(SHARD.data)
    at = SHARD.infos[2 * number + which].offset
    damaged[at + 3 * (len(new) == 1) : at + 3 * (len(new) == 1) + len(new)] = new
    samples, losses = found(damaged)
    assert samples == SHARD.samples[:number] + SHARD.samples[number + 1 :]
    assert f"{number:03d}" in {key for loss in losses for key in loss.keys}
    assert [loss.is_sound for loss in losses] == ([False, True] if which == 0 else [True, False])


def touched(whole, way, at, nbytes):
    """The numbers of the samples that are touched by bytes that are added, taken away or overwritten."""
    spans = [(info.offset, info.offset_data + -(-info.size // 512) * 512) for info in whole.infos]
    if way != "insert":
        return {n // 2 for n, (start, stop) in enumerate(spans) if start < at + nbytes and at < stop}
    full = [info.size % 512 == 0 for info in whole.infos]  # what is added right behind such a one may be a part of it
    return {n // 2 for n, (start, stop) in enumerate(spans) if start < at < stop or (at == stop and full[n])}


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.integers(1, 1500), min_size=3, max_size=7),
    st.sampled_from(["overwrite", "delete", "insert"]),
    st.floats(0, 1, exclude_max=True),
    st.integers(1, 2000),
)
def test_every_sample_that_nothing_touched_is_saved_and_none_is_made_up(sizes, way, where, nbytes):
    whole = shard([one for number, size in enumerate(sizes) for one in sample(number, nbytes=size)])
    end = whole.span(len(sizes) - 1)[1]
    at = int(where * end)
    nbytes += nbytes % 512 == 0  # whole blocks that are added to a member, or missing, may leave no trace
    noise = random.Random(at).randbytes(nbytes)[: end - at if way == "overwrite" else nbytes]
    gone = {"overwrite": len(noise), "delete": min(nbytes, end - at), "insert": 0}[way]
    gone -= way == "delete" and gone % 512 == 0
    data = whole.data[:at] + (b"" if way == "delete" else noise) + whole.data[at + gone :]
    samples, losses = found(data)
    hit = touched(whole, way, at, gone)
    untouched = [one for number, one in enumerate(whole.samples) if number not in hit]
    assert [one for one in samples if one in untouched] == untouched
    assert [one["__key__"] for one in samples] == sorted({one["__key__"] for one in samples})
    for one in samples:
        original = next(other for other in whole.samples if other["__key__"] == one["__key__"])
        assert [(name, len(value)) for name, value in one.items()] == [(k, len(v)) for k, v in original.items()]
        assert one == original or way == "overwrite"  # of whose data nothing is known
    assert losses or len(samples) == len(whole.samples)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SHARD.data)), st.binary(max_size=40), st.integers(0, 600)), max_size=5))
def test_any_damage_is_told_and_nothing_but_an_error_of_filmroll_is_raised(tmp_path_factory, harms):
    data = SHARD.data
    for at, new, gone in harms:
        data = data[:at] + new + data[at + gone :]
    samples, _ = found(data)
    path = written(tmp_path_factory.mktemp("any"), data)
    try:
        with tar_salvaged.Reader(path) as reader:
            assert [plain(one) for one in reader] == samples == [plain(reader[n]) for n in range(len(reader))]
    except Error as error:
        assert error.path == str(path)  # noqa: PT017


def test_sample_beside_damage_is_whole_if_it_has_the_fields_of_others():
    members = [*sample(0), *sample(1), ("only.jpg", b"a picture without a class"), *sample(3), *sample(4)]
    whole = shard(members)
    info = next(one for one in whole.infos if one.name == "003.jpg")
    damaged = whole.data[: info.offset] + bytes(512) + whole.data[info.offset + 512 :]
    samples, losses = found(damaged)  # a sample that has less than others, beside damage, may have had more
    assert [one["__key__"] for one in samples] == [b"000", b"001", b"004"]
    assert [(loss.keys, loss.is_sound) for loss in losses] == [(("only",), True), ((), False), (("003",), True)]
    named = bytearray(whole.data)
    named[info.offset + 120] ^= 1  # but here the damaged header tells whose it is: of 003, not of the one before
    assert [one["__key__"] for one in found(named)[0]] == [b"000", b"001", b"004"]


def test_junk_between_the_members_of_a_sample_costs_nothing():
    at = SHARD.infos[5].offset
    samples, [loss] = found(SHARD.data[:at] + b"junk" * 200 + SHARD.data[at:])
    assert samples == SHARD.samples
    assert (loss.offset, loss.nbytes, loss.is_sound, loss.keys) == (at, 800, False, ())


def test_tar_in_a_tar_gives_none_of_its_members_to_the_outer_one():
    inner = made([("x.jpg", b"inner" * 300), ("x.cls", b"1")])
    members = [(f"{n}.{field}", data) for n in range(4) for field, data in (("tar", inner), ("cls", b"%d" % n))]
    whole = shard(members)
    keys = [b"0", b"1", b"2", b"3"]
    for info in whole.infos:
        for cut in (info.offset, info.offset + 512, info.offset + 1024):
            assert {one["__key__"] for one in found(whole.data[:cut])[0]} <= set(keys)
        damaged = bytearray(whole.data)
        damaged[info.offset] ^= 0x20
        left = [key for key in keys if key != info.name[:1].encode()]
        assert [one["__key__"] for one in found(damaged)[0]] == left


@pytest.mark.parametrize("format", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
@pytest.mark.parametrize("folder", ["f" * 60 + "/" + "g" * 90, "größe"])
def test_name_whose_longer_form_is_lost_makes_no_sample_of_another_key(format, folder):
    members = [one for number in range(3) for one in sample(number, key=f"{folder}/{number}")]
    whole = shard(members, format=format)
    assert found(whole.data) == (whole.samples, [])
    info = whole.infos[2]
    for nbytes in (1, 512, 1024):
        damaged = bytearray(whole.data)
        damaged[info.offset : info.offset + nbytes] = bytes(byte ^ 0x15 for byte in damaged[info.offset :][:nbytes])
        samples, losses = found(damaged)
        assert samples == [whole.samples[0], whole.samples[2]]
        assert losses


@pytest.mark.parametrize("number", range(4))
def test_tar_without_the_word_of_a_header_is_salvaged_block_by_block(number):
    old = bytearray(SHARD.data)
    for info in SHARD.infos:
        old[info.offset + 257 : info.offset + 265] = bytes(8)
        old[info.offset + 148 : info.offset + 156] = b" " * 8
        old[info.offset + 148 : info.offset + 156] = b"%06o\0 " % sum(old[info.offset : info.offset + 512])
    assert found(old) == (SHARD.samples, [])
    old[SHARD.infos[2 * number].offset] ^= 1
    assert found(old)[0] == SHARD.samples[:number] + SHARD.samples[number + 1 :]


def test_joined_tars_give_the_samples_of_both_but_those_of_the_same_key_once():
    other = shard([one for number in range(7, 11) for one in sample(number)])
    samples, losses = found(SHARD.data + other.data)
    assert samples == SHARD.samples + other.samples[2:]
    assert [loss.keys for loss in losses] == [(), ("007",), ("008",)]
    assert "tar --concatenate" in losses[0].error.message
    assert "a split sample" in losses[1].error.message


def test_what_no_tar_of_samples_can_have_is_left_out_and_the_rest_kept():
    members = [
        *sample(0),
        special("001.jpg", tarfile.SYMTYPE),
        *sample(2),
        ("2.jpg", b"1"),
        ("2.JPG", b"2"),
        *sample(3),
    ]
    samples, losses = found(made(members))
    assert [one["__key__"] for one in samples] == [b"000", b"002", b"003"]
    assert [loss.is_sound for loss in losses] == [True, True]
    assert "is a link" in losses[0].error.message
    assert "a second time" in losses[1].error.message


def test_folders_and_notes_are_kept_though_they_are_no_samples():
    members = [
        special("a", tarfile.DIRTYPE),
        ("__notes__/x.json", b"{}"),
        *sample(0),
        ("README", b"read me"),
        *sample(1),
    ]
    data = bytearray(made(members))
    left = tar_salvage.find(memoryview(bytes(data)))
    assert [one.name for one in left.kept] == [
        "a",
        "__notes__/x.json",
        "000.jpg",
        "000.cls",
        "README",
        "001.jpg",
        "001.cls",
    ]
    assert not left.losses


def test_hostile_headers_that_lead_nowhere_take_no_time_each(monkeypatch):
    block = made([("a.jpg", b"x" * 400_000)])[:512]
    calls = []
    real = tar_salvage.tar_pieces.tar_members.entries
    monkeypatch.setattr(tar_salvage.tar_pieces.tar_members, "entries", lambda source: calls.append(1) or real(source))
    samples, losses = found(block + b"y" * 512 + block * 500)
    assert not samples
    assert sum(loss.nbytes for loss in losses) == 502 * 512
    assert len(calls) < 1100


@pytest.mark.parametrize("packed", [False, True])
def test_reader_gives_what_is_left_in_order_and_by_number_and_tells_the_gaps(tmp_path, packed):
    damaged = bytearray(SHARD.data)
    damaged[SHARD.infos[6].offset] ^= 1
    data = gzip.compress(damaged) if packed else bytes(damaged)
    wanted = SHARD.samples[:3] + SHARD.samples[4:]
    path = written(tmp_path, data)
    for first in (list, len, lambda reader: reader[7], lambda reader: reader.gaps):
        with tar_salvaged.Reader(path) as reader:
            first(reader)
            assert [plain(one) for one in reader] == wanted
            assert [plain(reader[number]) for number in range(-8, 0)] == wanted
            assert [gap.record for gap in reader.gaps] == [3, 3]
            assert reader.stream_error is None
    with pytest.raises(ValueError, match="the reader is closed"):
        iter(reader)


@pytest.mark.parametrize("packed", [False, True])
def test_reader_of_a_whole_tar_goes_through_it_as_any_other(tmp_path, packed, monkeypatch):
    monkeypatch.setattr(tar_salvage, "find", None)
    with tar_salvaged.Reader(written(tmp_path, gzip.compress(SHARD.data) if packed else SHARD.data)) as reader:
        assert [plain(one) for one in reader] == SHARD.samples
        assert reader.gaps == []
        assert plain(reader[-1]) == SHARD.samples[-1]


def test_gzipped_tar_that_is_cut_gives_the_samples_before_the_cut(tmp_path):
    packed = gzip.compress(SHARD.data, 0)
    with tar_salvaged.Reader(written(tmp_path, packed[: SHARD.infos[9].offset])) as reader:
        assert [plain(one) for one in reader] == SHARD.samples[:4]
        assert "cut short" in str(reader.stream_error)


def test_gzipped_tar_that_holds_too_much_is_refused_when_it_is_to_be_salvaged(tmp_path, monkeypatch):
    monkeypatch.setenv("FILMROLL_INFLATED_NBYTES", "2000")
    packed = gzip.compress(SHARD.data)
    with (
        tar_salvaged.Reader(written(tmp_path, packed[:-20])) as reader,
        pytest.raises(LimitError, match="more than 2000 bytes are packed in it"),
    ):
        reader.gaps  # noqa: B018


def test_tar_is_known_by_what_is_left_of_its_first_header(tmp_path):
    damaged = bytearray(SHARD.data)
    damaged[0] ^= 1
    path = written(tmp_path, bytes(damaged))
    assert kinds.kind_of(path) == "tar"
    with kinds.open_reader(path, kind="tar", salvage=True) as reader:
        assert [plain(one) for one in reader] == SHARD.samples[1:]
