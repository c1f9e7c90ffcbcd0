"""Many arrays written at once are the records that they are one by one, byte for byte."""

from pathlib import Path

import numpy as np
import pytest

from filmroll.dialects import array, datum, mnist, slim
from filmroll.errors import EncodeError
from filmroll.packing import row_columns
from filmroll.packing.sink import Sink
from filmroll.records import lmdb
from filmroll.sources.rows import Rows, running_keys

RNG = np.random.default_rng(0)


def rows(count=7, *, dtype="u1", **parts):
    images = RNG.integers(0, 100, (count, 4, 5, 3)).astype(dtype)
    parts = {"labels": RNG.integers(0, 3, count), "label_names": ["a", "bcd", "é"], **parts}
    return Rows(Path("x"), images, parts.pop("keys", running_keys(count)), **parts)


PLAIN = {"labels": None, "label_names": ()}
CASES = {
    "labels with names of all lengths": rows,
    "names of one length": lambda: rows(label_names=list("abc")),
    "labels without names": lambda: rows(label_names=()),
    "no labels": lambda: rows(**PLAIN),
    "one": lambda: rows(1),
    "keys of all lengths": lambda: rows(keys=["b", "a", "ä.png", "c/d", "e" * 200, "f\udcff", "g"]),
    "another feature": lambda: rows(features={"coarse_label": np.arange(7) * 1000}),
    "a transposed view": lambda: Rows(Path("x"), rows().images.transpose(0, 2, 3, 1), running_keys(7)),
    "large labels": lambda: rows(labels=np.arange(7) * 10**12, label_names=()),
}


@pytest.mark.parametrize("dialect", [array, mnist], ids=lambda module: module.NAME)
@pytest.mark.parametrize("case", CASES)
def test_records_are_those_written_one_by_one(tmp_path, dialect, case):
    many = CASES[case]()
    with Sink(tmp_path / "many", dialect=dialect) as sink:
        assert sink.takes_rows
        first = sink.write_rows(many)
    with Sink(tmp_path / "one", dialect=dialect) as sink:
        features = [sink.write(row.read()) for row in many]
    assert (tmp_path / "many").read_bytes() == (tmp_path / "one").read_bytes()
    assert list(first) == list(features[0])


@pytest.mark.parametrize("dtype", ["i1", "<u2", ">u2", "<f4", "f8", "?"])
def test_arrays_of_every_dtype_are_the_same(tmp_path, dtype):
    many = rows(dtype=dtype)
    with Sink(tmp_path / "many", dialect=array) as sink:
        sink.write_rows(many)
    with Sink(tmp_path / "one", dialect=array) as sink:
        for row in many:
            sink.write(row.read())
    assert (tmp_path / "many").read_bytes() == (tmp_path / "one").read_bytes()


def test_what_the_dialect_cannot_hold_is_refused_before_anything_is_written(tmp_path):
    with Sink(tmp_path / "x", dialect=mnist) as sink, pytest.raises(EncodeError):
        sink.write_rows(rows(dtype="f4"))
    assert (tmp_path / "x").read_bytes() == b""


def test_dialect_that_encodes_pictures_takes_them_one_by_one(tmp_path):
    assert not row_columns.are_known(slim)
    with Sink(tmp_path / "x", dialect=slim) as sink:
        assert not sink.takes_rows


@pytest.mark.parametrize("case", ["labels without names", "no labels", "keys of all lengths", "a transposed view"])
@pytest.mark.parametrize("dtype", ["u1", "<f4"])
def test_datums_are_those_written_one_by_one(tmp_path, case, dtype):
    many = CASES[case]()
    many = Rows(many.path, many.images.astype(dtype), many.keys, labels=many.labels)
    with Sink(tmp_path / "many", kind="lmdb", dialect=datum) as sink:
        assert sink.takes_rows
        sink.write_rows(many)
    with Sink(tmp_path / "one", kind="lmdb", dialect=datum) as sink:
        for row in many:
            sink.write(row.read())
    with lmdb.Reader(tmp_path / "many") as found, lmdb.Reader(tmp_path / "one") as wanted:
        assert [bytes(record) for record in found] == [bytes(record) for record in wanted]
        assert [found.key(n) for n in range(len(many))] == [wanted.key(n) for n in range(len(many))]
