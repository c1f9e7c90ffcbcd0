"""The catalogue is filled in the background, kept where that took long, and ends when asked to."""

import pytest

from filmroll.view import cataloguing, shelf
from filmroll.view.catalogue import Catalogue
from filmroll.view.cataloguing import Cataloguing
from filmroll.view.entries import open_entries
from view import rolls


@pytest.fixture
def entries(tmp_path):
    opened = open_entries(rolls.flowers(tmp_path, count=300))
    yield opened
    opened.close()


def empty(entries) -> Catalogue:
    return Catalogue(len(entries), entries.label_names)


def test_catalogue_that_took_long_is_kept_and_found_again(entries, monkeypatch, tmp_path):
    kept = []
    monkeypatch.setattr(cataloguing, "WORTH_KEEPING_S", -1.0)
    monkeypatch.setattr(shelf, "keep", lambda catalogue, version: kept.append((catalogue.done, version)))
    Cataloguing(entries, empty(entries), version="word").run()
    assert kept == [(300, "word")]
    Cataloguing(entries, empty(entries)).run()
    assert len(kept) == 1


def test_memory_of_mapped_files_is_given_back_on_the_way(entries, monkeypatch):
    monkeypatch.setattr(cataloguing, "MAPPED_NBYTES", 1)
    monkeypatch.setattr(cataloguing, "ROWS", 50)
    for can_be_reopened, closed in ((True, 7), (False, 1)):  # after each 50 of 300, and at the end
        catalogue = empty(entries)
        entries.can_be_reopened = can_be_reopened
        filling = Cataloguing(entries, catalogue)
        calls = []
        monkeypatch.setattr(filling._entries, "close", lambda calls=calls: calls.append("closed"))
        filling.run()
        assert catalogue.is_full
        assert len(calls) == closed


def test_cataloguing_that_is_ended_stops_in_the_middle(entries):
    catalogue = empty(entries)
    filling = Cataloguing(entries, catalogue)
    filling._ending.set()
    filling.run()
    filling._add_some()
    assert not catalogue.is_full
    filling.stop()  # it never began
