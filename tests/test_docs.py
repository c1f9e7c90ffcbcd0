"""The pages on errors and guarantees keep their word: every error is explained, every promise has its tests."""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import filmroll
from filmroll import errors
from filmroll.errors import MissingDependencyError, UnsupportedError
from filmroll.loading import processes
from filmroll.records import arrow, parquet
from realdata import CHECKOUT

ERRORS = (CHECKOUT / "docs" / "errors.md").read_text("utf-8")
GUARANTEES = (CHECKOUT / "docs" / "guarantees.md").read_text("utf-8")
CLASSES = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.Error)]
EXPLAINED = [each for each in CLASSES if each is not errors.Error]
TESTS = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", GUARANTEES)))
BLACK = np.zeros((9, 9, 4), np.uint8)


@pytest.fixture
def damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the damaged files that the page speaks of, as the current one."""
    with filmroll.Writer(tmp_path / "train.tfrecord") as writer:
        for number in range(3):
            writer.write(bytes([number]) * 40)
    sound = (tmp_path / "train.tfrecord").read_bytes()
    for name, place, change in (("flipped", 76, 1), ("header", 58, 4)):
        data = bytearray(sound)
        data[place] ^= change
        (tmp_path / f"{name}.tfrecord").write_bytes(data)
    (tmp_path / "cut.tfrecord").write_bytes(sound[:-7])
    (tmp_path / "huge.tfrecord").write_bytes(b"\xff" * 7 + b"\x7f" + b"\xfa\x7f\x02\x84" + sound)
    (tmp_path / "train.tfrecord.idx").write_bytes(b"0 56\nabc\n")
    (tmp_path / "text.parquet").write_bytes(b"hello, this is no table")
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(path: str) -> list:
    with filmroll.Reader(path) as reader:
        return list(reader)


def makers() -> Iterator[tuple[type[errors.Error], Callable[[], object]]]:
    yield errors.FormatError, lambda: parquet.Reader("text.parquet")
    yield errors.TruncatedError, lambda: read("cut.tfrecord")
    yield errors.ChecksumError, lambda: read("flipped.tfrecord")
    yield errors.ChecksumError, lambda: read("header.tfrecord")
    yield errors.ParseError, lambda: len(filmroll.Reader("train.tfrecord"))
    yield errors.DecodeError, lambda: filmroll.decode(b"hello")
    yield errors.EncodeError, lambda: filmroll.encode(BLACK, "jpeg")
    yield errors.LimitError, lambda: filmroll.decode(filmroll.encode(BLACK, "png"), max_pixels=80)
    yield errors.LimitError, lambda: read("huge.tfrecord")
    yield errors.SourceError, lambda: filmroll.open("nothing-*.tfrecord")
    yield errors.SourceError, lambda: filmroll.pack("empty", "out/empty")
    yield errors.UnsupportedError, lambda: filmroll.encode(BLACK, "jp2")
    yield errors.LostProcessError, load_with_a_process_that_is_killed
    yield errors.MissingDependencyError, require_pyarrow_where_it_is_not


def load_with_a_process_that_is_killed() -> None:
    with filmroll.Writer("three.tfrecord") as writer:
        for _ in range(3):
            writer.write(b"no matter what")
    begun = "import os, pickle, sys; sys.path[:] = {path!r}; [pickle.load(sys.stdin.buffer) for _ in range(2)]; "
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processes, "PROGRAM", begun + "os.kill(os.getpid(), 9)")
        list(filmroll.open("three.tfrecord", dialect="slim").batches(3, size=8, processes=1))


def require_pyarrow_where_it_is_not() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "pyarrow", None)
        arrow.require()


MADE = list(makers())


def section(name: str) -> str:
    """Return what the page on errors says below the heading of a class."""
    return ERRORS.partition(f"\n## {name}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("each", EXPLAINED, ids=lambda each: each.__name__)
def test_every_error_has_a_row_a_meaning_a_sentence_and_what_to_do(each):
    assert f"| `{each.__name__}` |" in ERRORS
    text = section(each.__name__)
    assert re.search(r"^    \S", text, re.MULTILINE), "no sentence as an example"
    assert "*What to do:*" in text


def test_rows_say_what_each_error_is_also_and_its_exit_code():
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \|.*\| (\d) \|$", ERRORS, re.MULTILINE)
    assert len(rows) == len(EXPLAINED)
    for name, base, code in rows:
        each = getattr(errors, name)
        assert base in {parent.__name__ for parent in each.__mro__[1:]}, name
        assert code == ("2" if issubclass(each, UnsupportedError | MissingDependencyError) else "1"), name


@pytest.mark.parametrize("number", range(len(MADE)))
def test_sentences_on_the_page_are_those_of_today(number, damaged):
    expected, make = MADE[number]
    with pytest.raises(expected) as caught:
        make()
    assert type(caught.value) is expected
    assert f"\n    {caught.value}\n" in section(expected.__name__)


def test_every_sentence_on_the_page_is_made_by_a_test(damaged):
    made = set()
    for expected, make in MADE:
        with pytest.raises(expected) as caught:
            make()
        made.add(str(caught.value))
    for each in EXPLAINED:
        assert set(re.findall(r"^    (\S.*)$", section(each.__name__), re.MULTILINE)) <= made


def test_promises_are_many_and_each_row_names_its_tests():
    tables = re.findall(r"(?<=^\| promise \| held by \|\n\|---\|---\|\n)(?:\|.*\n)+", GUARANTEES, re.MULTILINE)
    rows = "".join(tables).splitlines()
    assert len(rows) > 30
    assert all("`tests/" in row for row in rows)


def test_limits_on_the_page_are_those_of_the_code():
    from filmroll.codecs import header, npy, svg, svg_document, svg_render
    from filmroll.dialects import label_map
    from filmroll.messages import wire
    from filmroll.records import compression, framing, inflated, lmdb_pages, parquet, tar_members
    from filmroll.sources import idx, pickled

    rows = dict(re.findall(r"^\| ([^|]*) \| ([^|]*) \| [^|]*\|$", GUARANTEES, re.MULTILINE))
    said = {
        "pixels of a picture, all frames together": f"{header.MAX_PIXELS:,} (12288 x 16384)",
        "pixels of a frame of GIF, WebP, AVIF, or of a PNG of 16 bits": f"{header.MAX_FRAME_PIXELS:,}",
        "pixels of an SVG that states its own size": f"{svg.MAX_OWN_PIXELS:,}",
        "seconds and memory of an SVG that is drawn apart": f"{svg_render.CPU_S} s and"
        f" {svg_render.MEMORY_NBYTES >> 30} GiB, and {svg_render.CPU_S_PER_PIXEL * 2**20:.2f} s and"
        f" {svg_render.MEMORY_NBYTES_PER_PIXEL} MiB for a million pixels",
        "elements of an SVG, repeated by references; depth": f"{svg_document.MAX_REPEATED:,} more than it has;"
        f" {svg_document.MAX_DEPTH}",
        "a record of a plain file": "2 GiB - 1" if framing.MAX_RECORD_NBYTES == 2**31 - 1 else "",
        "a record of a compressed file": f"{compression.MAX_HELD_NBYTES >> 20} MiB",
        "what a compressed TFRecord file holds, to verify, repair or salvage it": f"{inflated.MAX_NBYTES >> 30} GiB, or"
        f" {inflated.MAX_RATIO} times the file",
        "a sample of a compressed tar; a name in any tar": f"{compression.MAX_HELD_NBYTES >> 20} MiB;"
        f" {tar_members.MAX_HEADER_NBYTES >> 20} MiB",
        "a row group of Parquet, to read rows by number": f"{parquet.MAX_GROUP_NBYTES >> 30} GiB, or"
        f" {parquet.MAX_GROUP_RATIO} times the file",
        "depth of an LMDB tree; of groups in a message": f"{lmdb_pages.MAX_DEPTH}; {wire.MAX_GROUP_DEPTH}",
        "values of an IDX file; a pickle of CIFAR": f"{idx.MAX_NBYTES >> 30} GiB; {pickled.MAX_NBYTES >> 20} MiB and"
        f" {pickled.MAX_OPCODES:,} instructions",
        "an NPY header; a label map": f"{npy.MAX_HEADER_NBYTES:,} bytes; {label_map.MAX_NBYTES >> 20} MiB",
    }
    for what, most in said.items():
        assert rows[what] == most, what


@pytest.mark.parametrize(("path", "name"), TESTS)
def test_tests_that_hold_a_promise_exist(path, name):
    assert re.search(rf"^def {name}\(", (CHECKOUT / path).read_text("utf-8"), re.MULTILINE)
