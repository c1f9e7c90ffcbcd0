"""The checksum of any part is the one that going through it gives."""

import numpy as np

from filmroll.records import checksum, prefix_crcs
from filmroll.records.prefix_crcs import PrefixCrcs


def test_every_part_has_its_own_checksum(monkeypatch):
    monkeypatch.setattr(prefix_crcs, "BLOCK_NBYTES", 64)
    data = np.random.default_rng(2).integers(0, 256, 3000, np.uint8)
    crcs, rng = PrefixCrcs(data), np.random.default_rng(3)
    for _ in range(1500):
        start, stop = np.sort(rng.integers(0, len(data) + 1, 2)).tolist()
        assert crcs.crc(start, stop) == checksum.crc32c(data[start:stop])


def test_long_parts_asked_for_again_and_again_are_gone_through_once():
    data = np.zeros(1 << 24, np.uint8)
    crcs = PrefixCrcs(data)
    first = crcs.crc(1, len(data))
    assert all(crcs.crc(1, len(data)) == first for _ in range(2000))  # 32 GiB, if each one were
