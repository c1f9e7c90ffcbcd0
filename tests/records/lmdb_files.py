"""LMDB environments as LMDB's own library writes and reads them."""

import random

import lmdb

PAGE = 4096
SIZES = (0, 5, 100, 800, 2000, 2037, 2038, 3000, 4080, 4081, 9000)  # 4080 bytes fill an overflow page


def write(folder, items, *, map_size=1 << 26, **options):
    """Let LMDB write; return the file."""
    with (
        lmdb.open(str(folder), map_size=map_size, lock=False, **options) as environment,
        environment.begin(write=True) as transaction,
    ):
        for key, value in items.items():
            transaction.put(key, value)
    return folder / "data.mdb"


def read(folder) -> list[tuple[bytes, bytes]]:
    """Let LMDB read."""
    with lmdb.open(str(folder), readonly=True, lock=False) as environment, environment.begin() as transaction:
        return list(transaction.cursor())


def items_of(count: int, *, sizes=SIZES, seed: int = 1) -> dict[bytes, bytes]:
    generator = random.Random(seed)
    return {b"%08d_%d" % (number, number % 7): generator.randbytes(generator.choice(sizes)) for number in range(count)}
