"""CRC-32 without the bytes: of what is put together from parts whose CRC-32 is known (as zlib's crc32_combine does).

A CRC is a remainder of polynomials over GF(2) (ISO/IEC 3309; PKWARE APPNOTE 4.4.7), so that the one of a whole follows
from those of its parts.  Polynomials stand with the highest power in the lowest bit, as in zlib.
"""

from functools import cache

_POLYNOMIAL = 0xEDB88320
_ONE = 1 << 31
_X = 1 << 30


def combined(first: int, second: int, second_size: int) -> int:
    """The CRC-32 of bytes with `first`, followed by `second_size` bytes with `second`."""
    return shifted(first, second_size) ^ second


def shifted(crc: int, size: int) -> int:
    """A CRC-32 moved in front of `size` bytes: times x to the power of 8 * size."""
    for position in range(size.bit_length()):
        if size >> position & 1:
            one, two, three, four = _tables(position)
            crc = one[crc & 255] ^ two[crc >> 8 & 255] ^ three[crc >> 16 & 255] ^ four[crc >> 24]
    return crc


def exchanged(whole: int, old_head: int, new_head: int, rest_size: int) -> int:
    """The CRC-32 of a whole after its head was exchanged for one of the same size, in front of `rest_size` bytes."""
    return whole ^ shifted(old_head ^ new_head, rest_size)


def _product(one: int, other: int) -> int:
    product, bit = 0, _ONE
    while True:
        if one & bit:
            product ^= other
            if not one & (bit - 1):
                return product
        bit >>= 1
        if not bit:
            return product
        other = other >> 1 ^ _POLYNOMIAL if other & 1 else other >> 1


@cache
def _tables(position: int) -> tuple[list[int], ...]:
    """What each byte of a CRC becomes when it is moved in front of 2 ** position bytes; made when first wanted."""
    power = _X
    for _ in range(position + 3):
        power = _product(power, power)
    return tuple(_table([_product(power, 1 << bit) for bit in range(first, first + 8)]) for first in (0, 8, 16, 24))


def _table(bits: list[int]) -> list[int]:
    found = [0] * 256
    for number in range(1, 256):
        lowest = number & -number
        found[number] = found[number ^ lowest] ^ bits[lowest.bit_length() - 1]
    return found
