"""In which order files, their names and the journal reach the disk: a power cut finds no name without its bytes."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import filmroll
import pictures

KINDS = ("tfrecord", "lmdb", "tar", "parquet", "array_record")


def traced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Note what is synced, renamed and written into the journal, in order."""
    events: list[tuple[str, str]] = []
    sync, write = os.fsync, os.write

    def noting(rename: Callable) -> Callable:
        def renamed(source, dest):
            bytes_of = Path(source) / "data.mdb" if Path(source).is_dir() else Path(source)
            events.append(("named", f"{bytes_of.stat().st_ino} {dest}"))
            rename(source, dest)

        return renamed

    def synced(handle):
        sync(handle)
        events.append(("synced", str(os.fstat(handle).st_ino)))

    def written(handle, data):
        events.append(("noted", bytes(data).decode()))
        return write(handle, data)

    for name in ("rename", "replace"):
        monkeypatch.setattr(os, name, noting(getattr(os, name)))
    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "write", written)
    return events


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "lmdb"])
def test_each_file_is_on_disk_before_it_has_its_name_and_its_name_before_it_is_noted(tmp_path, monkeypatch, kind):
    source = pictures.folder_of_classes(tmp_path / "flowers")
    out = tmp_path / "out"
    events = traced(monkeypatch)
    filmroll.pack(source, out / "roll", to=kind, shards=3, threads=1)
    folder = str(out.stat().st_ino)
    first_name = next(at for at, (what, _) in enumerate(events) if what == "named")
    assert any(what == "noted" and '"plan"' in text for what, text in events[:first_name])
    assert ("synced", folder) in events[:first_name]  # the journal has its name
    named = [(at, *text.split(" ", 1)) for at, (what, text) in enumerate(events) if what == "named"]
    assert len(named) == (7 if kind == "tfrecord" else 4)  # shards, their indexes, and filmroll.json
    for at, number, dest in named:
        assert ("synced", number) in events[:at], dest
        assert ("synced", folder) in events[at:], dest
    for at, (what, text) in enumerate(events):
        if what == "noted" and '"shard"' in text:
            last_name = max(position for position, *_ in named if position < at)
            assert ("synced", folder) in events[last_name:at]


def test_shard_and_its_index_wait_for_their_names_together(tmp_path, monkeypatch):
    source = pictures.folder_of_classes(tmp_path / "flowers")
    (tmp_path / "out").mkdir()
    events = traced(monkeypatch)
    filmroll.pack(source, tmp_path / "out" / "roll", shards=3, threads=1)
    folder = str((tmp_path / "out").stat().st_ino)
    assert events.count(("synced", folder)) == 1 + 3 + 1  # of the journal, the shards, and filmroll.json


def test_environment_of_lmdb_is_on_disk_before_it_has_its_name(tmp_path, monkeypatch):
    source = pictures.folder_of_classes(tmp_path / "flowers")
    events = traced(monkeypatch)
    filmroll.pack(source, tmp_path / "out" / "roll.lmdb")
    [at] = [at for at, (what, text) in enumerate(events) if what == "named" and text.endswith("roll.lmdb")]
    folder = str((tmp_path / "out").stat().st_ino)
    assert ("synced", str((tmp_path / "out" / "roll.lmdb").stat().st_ino)) in events[:at]  # the folder and its names
    assert ("synced", folder) in events[at:]
