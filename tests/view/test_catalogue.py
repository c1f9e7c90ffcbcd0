"""Searching, filtering and sorting, against plain loops over the same entries."""

import random

import numpy as np
import pytest

from filmroll.sample import Sample
from filmroll.view import catalogue as catalogues
from filmroll.view.catalogue import Catalogue
from filmroll.view.cataloguing import Cataloguing
from filmroll.view.entries import open_entries
from filmroll.view.entry import Entry
from filmroll.view.query import NONE, Query
from view import rolls

WORDS = ("rose", "Tulip", "ÅNGSTRÖM", "straße", "a.b*c", "x")


def entry(number: int, rng: random.Random) -> Entry:
    array = np.zeros((rng.choice((1, 5, 9)), rng.choice((2, 5)), 3), np.uint8)
    sample = Sample(f"{rng.choice(WORDS)}/{number}", array=array if rng.random() < 0.9 else None)
    if rng.random() < 0.8:
        sample.label = rng.randrange(4)
        sample.text = WORDS[sample.label]
    return Entry(number, "", sample=sample, fault="bad" if rng.random() < 0.1 else None)


@pytest.fixture
def entries(monkeypatch) -> list[Entry]:
    monkeypatch.setattr(catalogues, "ROWS", 16)  # several strings of texts
    rng = random.Random(7)
    return [entry(number, rng) for number in range(100)]


@pytest.fixture
def full(entries) -> Catalogue:
    made = Catalogue(len(entries))
    for first in range(0, len(entries), 16):
        made.add(entries[first : first + 16])
    return made


def plain(entries: list[Entry], query: Query) -> list[int]:
    """The same by a loop."""
    found = []
    for one in entries:
        text = f"{one.sample.key} {one.sample.text or ''}".casefold()
        label = NONE if one.sample.label is None else one.sample.label
        fits = all(word in text for word in query.words)
        fits &= (
            query.label in (None, label) and query.format in ("", one.format) and (not query.faults or bool(one.fault))
        )
        if fits:
            found.append(one)
    keys = {
        "order": lambda one: one.number,
        "pixels": lambda one: (one.size or (0, 0))[0] * (one.size or (0, 0))[1],
        "aspect": lambda one: (one.size or (0, 0))[1] / max(1, (one.size or (0, 0))[0]),
        "nbytes": lambda one: one.nbytes,
        "label": lambda one: NONE if one.sample.label is None else one.sample.label,
    }
    key = keys[query.sort]
    ordered = sorted(found, key=lambda one: -key(one) if query.descending else key(one))
    return [one.number for one in ordered]


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("sort", ["order", "pixels", "aspect", "nbytes", "label"])
@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"text": "ROSE"},
        {"text": "rose 1"},
        {"text": "ångström"},
        {"text": "STRASSE"},
        {"text": "a.b*c"},
        {"text": "/99"},
        {"text": "nowhere"},
        {"label": 2},
        {"label": NONE},
        {"format": "array uint8"},
        {"format": "gif"},
        {"faults": True},
        {"text": "tulip", "label": 1, "faults": False},
    ],
)
def test_selection_is_that_of_a_plain_loop(entries, full, wanted, sort, descending):
    query = Query(**wanted, sort=sort, descending=descending)
    assert list(full.select(query)) == plain(entries, query)


def test_incomplete_catalogue_finds_what_is_filled_in_and_shows_all_in_order(entries):
    made = Catalogue(len(entries))
    made.add(entries[:16])
    assert not made.is_full
    assert list(made.select(Query())) == list(range(100))
    assert list(made.select(Query(text="rose"))) == plain(entries[:16], Query(text="rose"))
    made.add(entries[16:32])
    assert list(made.select(Query(text="rose"))) == plain(entries[:32], Query(text="rose"))


def test_labels_come_by_frequency_with_their_names(entries, full):
    counted = full.labels()
    assert sum(count for _, _, count in counted) == 100
    assert [count for _, _, count in counted] == sorted((count for _, _, count in counted), reverse=True)
    assert {(label, name) for label, name, _ in counted} == {*enumerate(WORDS[:4]), (NONE, "no label")}


def test_names_of_classes_are_searched_where_records_have_numbers_only():
    made = Catalogue(1, ["daisy"])
    made.add([Entry(0, "", sample=Sample("a", label=0))])
    assert list(made.select(Query(text="Daisy"))) == [0]


def test_text_with_line_feeds_and_bytes_that_are_no_unicode_stays_one_line():
    made = Catalogue(3)
    made.add([Entry(n, "", sample=Sample(key)) for n, key in enumerate(["a\nb\n", "\udcff\udcfe", "c"])])
    assert list(made.select(Query(text="b"))) == [0]
    assert list(made.select(Query(text="c"))) == [2]


def test_filling_in_the_background_finds_every_record_and_the_damaged_one(tmp_path):
    entries = open_entries(rolls.damaged(tmp_path))
    made = Catalogue(len(entries))
    filling = Cataloguing(entries, made)
    filling.start()
    filling.join()
    assert made.is_full
    assert list(made.reasons) == [2]
    assert made.column("faulty").tolist() == [False, False, True, False, False, False]


def test_filling_stops_when_asked_to(tmp_path):
    entries = open_entries(rolls.flowers(tmp_path, count=50))
    made = Catalogue(len(entries))
    filling = Cataloguing(entries, made)
    filling.stop()
    filling.run()
    assert made.done == 0


def test_reasons_are_kept_of_the_first_faults_and_all_are_counted(monkeypatch):
    monkeypatch.setattr(catalogues, "KEPT_REASONS", 2)
    made = Catalogue(4)
    made.add([Entry(n, "", fault=None if n == 1 else f"bad {n}") for n in range(4)])
    assert made.reasons == {0: "bad 0", 2: "bad 2"}
    assert list(made.select(Query(faults=True))) == [0, 2, 3]


def test_formats_beyond_the_first_many_count_as_none(monkeypatch):
    monkeypatch.setattr(catalogues, "FEW_FORMATS", 3)
    made = Catalogue(4)
    made.add([Entry(n, "", sample=Sample("a", array=np.zeros((1, 1), f"u{1 << n}"))) for n in range(4)])
    assert made.formats == ["", "array uint8", "array uint16"]
    assert made.column("format").tolist() == [1, 2, 0, 0]


def test_label_beyond_32_bits_is_none_and_the_largest_is_found():
    labels = [2**31 - 1, 2**31, -(2**31), 1 - 2**31, 2**40]
    made = Catalogue(len(labels))
    made.add([Entry(n, "", sample=Sample("a", label=label)) for n, label in enumerate(labels)])
    assert list(made.select(Query(label=NONE))) == [1, 2, 4]
    assert [list(made.select(Query(label=label))) for label in (2**31 - 1, 1 - 2**31)] == [[0], [3]]


def test_name_of_a_class_is_the_first_that_a_record_gives_where_no_file_does():
    made = Catalogue(4, ["daisy"])
    texts = [(0, "other"), (1, ""), (1, "rose"), (1, "tulip")]
    made.add([Entry(n, "", sample=Sample("a", label=label, text=text)) for n, (label, text) in enumerate(texts)])
    assert made.label_names == {0: "daisy", 1: "rose"}


def test_selections_made_last_are_kept_and_the_oldest_give_way(full, monkeypatch):
    monkeypatch.setattr(catalogues, "KEPT_SELECTIONS", 2)
    made = []
    chosen = full._chosen
    monkeypatch.setattr(full, "_chosen", lambda query, done: made.append(query.text) or chosen(query, done))
    for text in ("a", "b", "a", "c", "a", "b"):
        full.select(Query(text=text))
    assert made == ["a", "b", "c", "b"]
