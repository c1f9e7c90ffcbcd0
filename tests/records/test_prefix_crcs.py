"""The checksum of any part is the one that going through it gives."""

import numpy as np
import pytest

from filmroll.records import checksum, prefix_crcs
from filmroll.records.prefix_crcs import PrefixCrcs


def test_every_part_has_its_own_checksum(monkeypatch):
    monkeypatch.setattr(prefix_crcs, "BLOCK_NBYTES", 64)
    data = np.random.default_rng(2).integers(0, 256, 3000, np.uint8)
    crcs, rng = PrefixCrcs(data), np.random.default_rng(3)
    for _ in range(1500):
        start, stop = np.sort(rng.integers(0, len(data) + 1, 2)).tolist()
        assert crcs.crc(start, stop) == checksum.crc32c(data[start:stop])


@pytest.mark.parametrize("first", [0, 63, 64, 65, 640])
def test_parts_on_and_beside_the_edges_of_blocks_have_their_own_checksum(monkeypatch, first):
    monkeypatch.setattr(prefix_crcs, "BLOCK_NBYTES", 64)
    data = np.random.default_rng(4).integers(0, 256, 1280, np.uint8)
    crcs = PrefixCrcs(data)
    edges = [first, 0, 1, 63, 64, 65, 255, 256, 257, 319, 320, 321, 640, 1279, 1280]
    for start in edges:
        for stop in (stop for stop in edges if stop >= start):
            assert crcs.crc(start, stop) == checksum.crc32c(data[start:stop]), (start, stop)


def test_what_comes_before_the_first_part_asked_for_is_not_gone_through():
    class Watched(np.ndarray):
        lowest = 1 << 40

        def __getitem__(self, part):
            Watched.lowest = min(Watched.lowest, part.start)
            return np.asarray(self)[part]

    data = np.zeros(1 << 22, np.uint8)
    PrefixCrcs(data.view(Watched)).crc(3 << 20, 4 << 20)
    assert Watched.lowest == 3 << 20


def test_long_parts_asked_for_again_and_again_are_gone_through_once():
    data = np.zeros(1 << 24, np.uint8)
    crcs = PrefixCrcs(data)
    first = crcs.crc(1, len(data))
    assert all(crcs.crc(1, len(data)) == first for _ in range(2000))  # 32 GiB, if each one were
