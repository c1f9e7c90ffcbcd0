"""The account of a repair is even: every byte of the damaged file is in a record kept, or in a loss with its place."""

import gzip
import json
import random
import zlib
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import filmroll
import reference

RECORDS = [bytes([65 + number]) * (7 * number % 50) for number in range(12)]
FRAMES = [reference.frame(record) for record in RECORDS]
WHOLE = b"".join(FRAMES)
NOISE = [random.Random(number).randbytes(1000) for number in range(5)]
EDGES = [len(b"".join(FRAMES[:number])) for number in range(13)]


@st.composite
def harms(draw) -> tuple[bytes, set[int]]:
    """A damaged file, and the records in it that nothing has touched."""
    data, touched = bytearray(WHOLE), set()
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(WHOLE) - 1))
        new = draw(st.binary(min_size=1, max_size=30))[: len(WHOLE) - at]
        data[at : at + len(new)] = new
        touched |= {
            number for number, (start, stop) in enumerate(pairwise(EDGES)) if start < at + len(new) and at < stop
        }
    return bytes(data), set(range(12)) - touched


def repaired(folder, data: bytes, **options):
    (folder / "damaged").write_bytes(data)
    report = filmroll.repair(folder / "damaged", folder / "copy", overwrite=True, **options)
    with filmroll.Reader(folder / "copy") as reader:
        return report, [bytes(record) for record in reader]


@settings(max_examples=60)
@given(harms())
def test_every_byte_is_kept_or_lost_and_what_nothing_touched_is_kept(tmp_path_factory, harm):
    data, untouched = harm
    folder = tmp_path_factory.mktemp("accounts")
    if not untouched:
        return
    report, kept = repaired(folder, data)
    assert report.kept == len(kept)
    assert report.lost_nbytes + sum(len(record) + 16 for record in kept) == len(data)
    assert report.lost_nbytes == sum(loss.nbytes for loss in report.losses)
    assert all(one.offset + one.nbytes <= other.offset for one, other in pairwise(report.losses))
    places = iter(kept)
    assert all(any(record == RECORDS[number] for record in places) for number in sorted(untouched))
    again = filmroll.repair(folder / "copy", folder / "twice", overwrite=True)
    assert (again.kept, again.losses) == (report.kept, [])
    assert (folder / "twice").read_bytes() == (folder / "copy").read_bytes()


@pytest.mark.parametrize("end", range(1, EDGES[3]))
def test_cut_file_keeps_the_records_before_the_cut_and_the_cut_one_is_one_loss(tmp_path, end):
    whole = sum(edge <= end for edge in EDGES[1:])
    if not whole:
        with pytest.raises(filmroll.Error, match="no record"):
            repaired(tmp_path, WHOLE[:end])
        return
    report, kept = repaired(tmp_path, WHOLE[:end])
    assert kept == RECORDS[:whole]
    left = end - EDGES[whole]
    assert [
        (loss.kind, loss.record, loss.offset, loss.nbytes, loss.records, loss.doubtful) for loss in report.losses
    ] == ([("gap", whole, EDGES[whole], left, None, 0)] if left else [])
    assert (report.lost, report.lost_is_exact) == (int(left > 0), left == 0)


@pytest.mark.parametrize("compression", [gzip, zlib])
def test_record_cut_by_the_end_of_a_compressed_file_is_lost_once(tmp_path, compression):
    packed = compression.compress(b"".join(map(reference.frame, NOISE)), 0)
    report, kept = repaired(tmp_path, packed[: 3 * len(packed) // 4])
    assert kept == NOISE[: len(kept)]
    gap, stream = report.losses
    assert (gap.kind, gap.record, gap.offset, gap.records) == ("gap", len(kept), 1016 * len(kept), None)
    assert (stream.kind, stream.record, stream.offset) == ("stream", len(kept), gap.offset + gap.nbytes)
    assert (stream.nbytes, stream.records) == (0, 0)
    assert (report.lost, report.lost_is_exact) == (1, False)


def test_compressed_file_that_ends_early_between_two_records_lost_nobody_knows_how_many(tmp_path):
    stream = zlib.compressobj(wbits=31)
    report, kept = repaired(tmp_path, stream.compress(WHOLE[: EDGES[5]]) + stream.flush(zlib.Z_SYNC_FLUSH))
    assert kept == RECORDS[:5]
    (loss,) = report.losses
    assert (loss.kind, loss.record, loss.offset, loss.nbytes, loss.records) == ("stream", 5, EDGES[5], 0, None)
    assert (report.lost, report.lost_is_exact) == (1, False)


def test_empty_file_is_repaired_into_an_empty_one(tmp_path):
    report, kept = repaired(tmp_path, b"")
    assert (kept, report.kept, report.lost, report.lost_is_exact, report.losses) == ([], 0, 0, True, [])


@pytest.mark.parametrize("number", range(12))
def test_wrong_data_of_any_record_is_one_loss_of_one_record(tmp_path, number):
    at = EDGES[number + 1] - 1
    report, kept = repaired(tmp_path, WHOLE[:at] + bytes([WHOLE[at] ^ 1]) + WHOLE[at + 1 :])
    assert kept == RECORDS[:number] + RECORDS[number + 1 :]
    (loss,) = report.losses
    assert (loss.kind, loss.record, loss.offset, loss.nbytes, loss.records) == (
        "bad data",
        number,
        EDGES[number],
        EDGES[number + 1] - EDGES[number],
        1,
    )
    assert (report.lost, report.lost_is_exact) == (1, True)
    assert loss.error.startswith("data checksum 0x")
    assert "repair" not in loss.error


def test_losses_of_several_files_are_added_up(tmp_path):
    paths = []
    bad = WHOLE[: EDGES[3] + 13] + b"?" + WHOLE[EDGES[3] + 14 :]
    for name, data in {"one": bad, "two": WHOLE[: EDGES[5] + 3], "three": b"\xee" * 12 + WHOLE[12:]}.items():
        paths.append(tmp_path / "in" / name)
        paths[-1].parent.mkdir(exist_ok=True)
        paths[-1].write_bytes(data)
    (tmp_path / "in" / "three.idx").write_text("nonsense\n")
    report = filmroll.repair(paths, tmp_path / "out", keep_bad_data=True)
    nbytes = EDGES[4] - EDGES[3]
    assert (report.kept, report.headless, report.lost, report.lost_nbytes) == (28, 1, 2, nbytes + 3)
    assert not report.lost_is_exact
    assert [path.name for path in report.shards] == ["one", "two", "three"]
    assert [(loss.path, loss.offset) for loss in report.losses] == [
        (str(tmp_path / "in" / "one"), EDGES[3]),
        (str(tmp_path / "in" / "two"), EDGES[5]),
    ]
    document = report.to_json()
    assert json.loads(json.dumps(document)) == document
    assert [loss.pop("error") != "" for loss in document["losses"]] == [True, True]
    assert document == {
        "shards": [str(tmp_path / "out" / name) for name in ("one", "two", "three")],
        "kept": 28,
        "headless": 1,
        "lost": 2,
        "lost_is_exact": False,
        "lost_nbytes": nbytes + 3,
        "losses": [
            {"path": str(paths[0]), "kind": "bad data", "record": 3, "offset": EDGES[3], "nbytes": nbytes}
            | {"records": 1, "doubtful": 0, "keys": []},
            {"path": str(paths[1]), "kind": "gap", "record": 5, "offset": EDGES[5], "nbytes": 3}
            | {"records": None, "doubtful": 0, "keys": []},
        ],
        "bad_data": [str(tmp_path / "out" / "one.bad-data")],
        "bad_indexes": [str(tmp_path / "in" / "three.idx")],
        "without_checksums": [],
    }


def test_bad_data_of_several_records_is_kept_in_the_order_of_the_file(tmp_path):
    data = bytearray(WHOLE)
    for number in (3, 7, 9):
        data[EDGES[number] + 13] ^= 0x20
    report, kept = repaired(tmp_path, bytes(data), keep_bad_data=True)
    assert kept == [record for number, record in enumerate(RECORDS) if number not in (3, 7, 9)]
    assert report.bad_data == [tmp_path / "copy.bad-data"]
    with filmroll.Reader(report.bad_data[0]) as reader:
        found = [bytes(record) for record in reader]
    assert found == [bytes([record[0], record[1] ^ 0x20]) + record[2:] for record in (RECORDS[n] for n in (3, 7, 9))]
    assert not (tmp_path / "copy.bad-data.idx").exists()


def test_file_of_bad_data_replaces_neither_the_damaged_file_nor_what_stands_there(tmp_path):
    data = WHOLE[: EDGES[3] + 13] + b"?" + WHOLE[EDGES[3] + 14 :]
    damaged = tmp_path / "copy.bad-data"
    damaged.write_bytes(data)
    for overwrite in (False, True):
        with pytest.raises(FileExistsError, match="this is the damaged file itself; choose another name"):
            filmroll.repair(damaged, tmp_path / "copy", keep_bad_data=True, overwrite=overwrite)
    assert [path.name for path in tmp_path.iterdir()] == ["copy.bad-data"]
    assert damaged.read_bytes() == data
    (tmp_path / "other.bad-data").write_bytes(b"of an earlier repair")
    with pytest.raises(FileExistsError, match="there already; choose another name, or say --overwrite"):
        filmroll.repair(damaged, tmp_path / "other", keep_bad_data=True)
    assert (tmp_path / "other.bad-data").read_bytes() == b"of an earlier repair"
    assert filmroll.repair(damaged, tmp_path / "other").kept == 11
    assert filmroll.repair(damaged, tmp_path / "other", keep_bad_data=True, overwrite=True).bad_data == [
        tmp_path / "other.bad-data"
    ]


@pytest.mark.parametrize("name", ["gzip", "zlib"])
def test_bad_data_of_a_compressed_file_is_kept_compressed_in_the_same_way(tmp_path, name):
    data = WHOLE[: EDGES[3] + 13] + b"?" + WHOLE[EDGES[3] + 14 :]
    packed = gzip.compress(data) if name == "gzip" else zlib.compress(data)
    report, kept = repaired(tmp_path, packed, keep_bad_data=True)
    assert kept == RECORDS[:3] + RECORDS[4:]
    for path in (*report.shards, *report.bad_data):
        with filmroll.Reader(path) as reader:
            assert reader.compression == name


def test_damaged_file_is_not_replaced_by_another_name_of_it(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "damaged").write_bytes(WHOLE[:-1])
    (tmp_path / "link").symlink_to(tmp_path / "in", target_is_directory=True)
    with pytest.raises(FileExistsError, match="this is the damaged file itself"):
        filmroll.repair(tmp_path / "in" / "damaged", f"{tmp_path}/link/damaged", overwrite=True)
    assert (tmp_path / "in" / "damaged").read_bytes() == WHOLE[:-1]


def test_folder_in_place_of_the_copy_is_never_replaced(tmp_path):
    (tmp_path / "damaged").write_bytes(WHOLE)
    (tmp_path / "out" / "damaged").mkdir(parents=True)
    with pytest.raises(FileExistsError, match="a folder; choose another name"):
        filmroll.repair(tmp_path / "damaged", tmp_path / "out", overwrite=True)


def test_frames_that_seem_to_be_parts_of_a_damaged_record_are_kept_beside_in_order(tmp_path):
    inner = [reference.frame(bytes([number]) * 30) for number in range(3)]
    outer = b"\x0a" + bytes([len(b"".join(inner)) & 0x7F | 0x80, len(b"".join(inner)) >> 7]) + b"".join(inner)
    frames = [reference.frame(record) for record in (b"first" * 9, outer, b"bad" * 9, b"last" * 9)]
    data = bytearray(b"".join(frames).replace(b"bad", b"BAD"))
    del data[len(frames[0]) : len(frames[0]) + 10]
    report, kept = repaired(tmp_path, bytes(data), keep_bad_data=True)
    assert kept == [b"first" * 9, b"last" * 9]
    assert [(loss.kind, loss.doubtful, loss.nbytes) for loss in report.losses] == [
        ("gap", 3, len(frames[1]) - 10),
        ("bad data", 0, len(frames[2])),
    ]
    with filmroll.Reader(report.bad_data[0]) as reader:
        found = [bytes(record) for record in reader]
    assert found == [*(bytes([number]) * 30 for number in range(3)), b"BAD" * 9]


def test_index_that_knows_of_fewer_records_than_there_are_says_nothing_of_those_lost(tmp_path):
    damaged = tmp_path / "damaged"
    damaged.write_bytes(WHOLE[: EDGES[4] + 3])
    damaged.with_name("damaged.idx").write_text("".join(f"{EDGES[n]} {EDGES[n + 1] - EDGES[n]}\n" for n in range(3)))
    report = filmroll.repair(damaged, tmp_path / "copy")
    assert (report.kept, report.lost, report.lost_is_exact) == (4, 1, False)


@pytest.mark.parametrize("lines", ["", "0 16\n17 30\n", "16 30\n46 40\n", "0 16\nsixteen\n"])
def test_index_that_cannot_be_of_a_whole_file_is_named_and_tells_nothing(tmp_path, lines):
    damaged, beside = tmp_path / "damaged", tmp_path / "damaged.idx"
    damaged.write_bytes(FRAMES[0] + b"\xee" * 30)
    beside.write_text(lines)
    report = filmroll.repair(damaged, tmp_path / "copy")
    assert (report.kept, report.lost, report.lost_is_exact, report.bad_indexes) == (1, 1, False, [beside])


def test_index_tells_that_bytes_between_records_were_none(tmp_path):
    damaged = tmp_path / "damaged"
    damaged.write_bytes(WHOLE[: EDGES[4]] + bytes(50) + WHOLE[EDGES[4] :])
    damaged.with_name("damaged.idx").write_text("".join(f"{EDGES[n]} {EDGES[n + 1] - EDGES[n]}\n" for n in range(12)))
    report = filmroll.repair(damaged, tmp_path / "copy")
    assert (report.kept, report.lost, report.lost_nbytes, report.lost_is_exact) == (12, 0, 50, True)


def test_copy_goes_into_folders_that_are_made_for_it(tmp_path):
    damaged = tmp_path / "damaged"
    damaged.write_bytes(WHOLE)
    assert filmroll.repair(damaged, tmp_path / "a" / "b" / "c").shards == [tmp_path / "a" / "b" / "c"]
    assert filmroll.repair([damaged], f"{tmp_path}/d/e/").shards == [tmp_path / "d" / "e" / "damaged"]


def test_file_without_any_record_is_named(tmp_path):
    (tmp_path / "damaged").write_bytes(b"\xee" * 500)
    with pytest.raises(filmroll.SourceError) as caught:
        filmroll.repair(tmp_path / "damaged", tmp_path / "copy")
    assert str(caught.value) == f"{tmp_path / 'damaged'}: no record was found in it: it may be no TFRecord file"
