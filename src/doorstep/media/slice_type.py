"""Whether a picture may be shown before one that was decoded earlier: its first slice says so.

Only H.264: an HEVC stream's parameter sets say it once for all.
"""

_SLICES = frozenset({1, 2, 5})
_B = frozenset({1, 6})
_LONGEST_HEAD = 16  # first_mb_in_slice and slice_type take at most a few bytes


def is_b_picture(data: bytes) -> bool:
    """Whether the first slice of an access unit with 4-byte lengths is a B slice (H.264, 7.3.3 and table 7-6).

    False for what cannot be read: a decoder will conceal it.
    """
    position = 0
    while position + 5 <= len(data):
        if data[position + 4] & 0x1F in _SLICES:
            head = data[position + 5 : position + 5 + _LONGEST_HEAD]
            return _second_number(int.from_bytes(head), 8 * len(head)) in _B
        position += 4 + int.from_bytes(data[position : position + 4])
    return False


def _second_number(bits: int, length: int) -> int:
    """The second `ue(v)` (H.264, 9.1), -1 where there is none."""
    number = -1
    for _ in range(2):
        zeros = length - bits.bit_length()
        length -= 2 * zeros + 1
        if length < 0:
            return -1
        number = (bits >> length) - 1
        bits &= (1 << length) - 1
    return number
