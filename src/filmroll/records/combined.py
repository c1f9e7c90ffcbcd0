"""The checksum of many records in a row, told by their own checksums: one pass over the bytes then checks them all.

    crc(A B) = shift(crc(A), len(B)) ^ crc(B)        shift(c, n): what n more zero bytes make of c, linear over bits

A run of records is header, data, footer, header, ...: the checksums of headers and footers follow from their few
bytes, those of the data are stored. Joined in pairs, pairs of pairs, and so on, they give the checksum that the
run as a whole must have. A call of the checksum for each small record would cost more than the bytes themselves.

Source: zlib's crc32_combine, by Mark Adler, for the polynomial of RFC 3720.
"""

from functools import cache, lru_cache

import numpy as np
import numpy.typing as npt

from filmroll.records import checksum

Int64Array = npt.NDArray[np.int64]
FOOTER_NBYTES = 4  # the checksum behind the length, and the one behind the data
OVERHEAD_NBYTES = 8 + FOOTER_NBYTES + FOOTER_NBYTES
DIGITS = (0, 8, 16, 24)


def crc32c_of_run(lengths: Int64Array, *, length_crcs: Int64Array, data_crcs: Int64Array) -> int:
    """Return the CRC-32C that a run of records has if each one's data has the checksum stored behind it.

    Args:
        lengths: Bytes of data in each record, shape (n,), one at least.
        length_crcs: CRC of each length as 8 bytes, unmasked.
        data_crcs: CRC of each record's data as stored, unmasked.
    """
    if (lengths == lengths[0]).all():
        data = _before_data(lengths[:1], length_crcs[:1]) ^ data_crcs
    else:  # what is in front of the data depends on its length alone
        unique, first, which = np.unique(lengths, return_index=True, return_inverse=True)
        data = _before_data(unique, length_crcs[first])[which] ^ data_crcs
    crcs = shift(data, FOOTER_NBYTES) ^ _of_four_bytes(checksum.mask(data_crcs))
    sizes = lengths + OVERHEAD_NBYTES
    while len(crcs) > 1:
        if len(crcs) % 2:  # nothing, in front, changes nothing; of the usual size, so that equal ones stay equal
            crcs, sizes = np.concatenate(([0], crcs)), np.concatenate((sizes[-1:], sizes))
        crcs = shift(crcs[0::2], sizes[1::2]) ^ crcs[1::2]
        sizes = sizes[0::2] + sizes[1::2]
    return int(crcs[0])


def _before_data(lengths: Int64Array, length_crcs: Int64Array) -> Int64Array:
    """Return what headers of these lengths add to the CRC of a header and its data."""
    header = shift(length_crcs, FOOTER_NBYTES) ^ _of_four_bytes(checksum.mask(length_crcs))
    return shift(header, lengths)


def shift(crcs: Int64Array, nbytes: Int64Array | int) -> Int64Array:
    """Return what the CRCs become when zero bytes follow, apart from the CRC of these zeros themselves.

    Args:
        crcs: Shape (n,).
        nbytes: How many zero bytes, for each or for all.
    """
    amounts = np.asarray(nbytes)
    if not amounts.ndim or (amounts == amounts.flat[0]).all():
        return _through(_table(int(amounts.flat[0])), crcs)
    for position in range(-(-int(amounts.max()).bit_length() // 8)):
        digits = amounts >> (8 * position) & 0xFF
        if digits.any():
            crcs = _shift_by_digits(position, digits, crcs)
    return crcs


def _shift_by_digits(position: int, digits: Int64Array, crcs: Int64Array) -> Int64Array:
    tables, rows = _tables(position), digits << 10
    shifted = np.zeros(len(crcs), np.int64)
    for number, digit in enumerate(DIGITS):
        shifted ^= tables[rows + (number << 8) + (crcs >> digit & 0xFF)]
    return shifted


@lru_cache(maxsize=1024)
def _table(nbytes: int) -> Int64Array:
    """Return what so many zero bytes make of each byte of a CRC: one table for all digits, of shape (4, 256)."""
    table = np.array([np.arange(256) << digit for digit in DIGITS])
    for position in range(-(-nbytes.bit_length() // 8)):
        table = _through(_tables(position).reshape(256, 4, 256)[nbytes >> (8 * position) & 0xFF], table)
    return table


@cache
def _tables(position: int) -> Int64Array:
    """Return what digit * 256**position zero bytes make of each byte of a CRC: of shape (256 * 4 * 256,)."""
    once = _one_byte() if position == 0 else _after(_tables(position - 1).reshape(256, 4, 256)[255], position - 1)
    rows = [np.array([np.arange(256) << digit for digit in DIGITS])]
    for _ in range(255):
        rows.append(_through(once, rows[-1]))
    return np.stack(rows).ravel()


def _after(last: Int64Array, position: int) -> Int64Array:
    """Return the table of one step more than the last digit: that is one step of the next digit."""
    return _through(_tables(position).reshape(256, 4, 256)[1], last)


def _through(table: Int64Array, crcs: Int64Array) -> Int64Array:
    """Send CRCs through one table of shape (4, 256)."""
    shifted: Int64Array = table[0].take(crcs & 0xFF)
    for row, digit in zip(table[1:], DIGITS[1:], strict=True):
        shifted ^= row.take(crcs >> digit & 0xFF)
    return shifted


def _one_byte() -> Int64Array:
    zero = checksum.crc32c(b"\0")
    return np.array([[checksum.crc32c(b"\0", byte << digit) ^ zero for byte in range(256)] for digit in DIGITS])


@cache
def _four_byte_tables() -> Int64Array:
    zero = checksum.crc32c(bytes(FOOTER_NBYTES))
    return np.array(
        [[checksum.crc32c((byte << digit).to_bytes(4, "little")) ^ zero for byte in range(256)] for digit in DIGITS]
    )


def _of_four_bytes(values: Int64Array) -> Int64Array:
    """Return the CRC of each number as four bytes, little-endian."""
    return _through(_four_byte_tables(), values) ^ checksum.crc32c(bytes(FOOTER_NBYTES))
