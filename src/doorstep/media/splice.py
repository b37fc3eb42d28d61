"""A key frame behind which another stream may stand: how a connection begins.  When it does is the pipeline's."""

from doorstep.core.errors import MediaInvalid
from doorstep.core.media import Codec
from doorstep.media.nal import join_length_prefixed, split_length_prefixed

_CRA, _BLA_N_LP = 21, 18
"""Types of ITU-T H.265, table 7-1: clean random access; broken link access without leading pictures."""

_TYPE_BITS = 0x7E


def as_beginning(codec: Codec, data: bytes) -> bytes:
    """The access unit (lengths of four bytes) of a connection's first key frame, whose leading pictures are left out.

    H.265's CRA resets nothing when it is decoded behind other pictures: those of two connections would be shown
    mixed.  As a BLA it does, which is the standard's way to splice (H.265, 3.11 and 8.1.3): only the type in the
    header differs.  Everything else, and what is damaged, comes back as it is.
    """
    if codec is not Codec.HEVC:
        return data
    try:
        units = split_length_prefixed(data, 4)
    except MediaInvalid:
        return data
    return join_length_prefixed(_broken_link(unit) for unit in units)


def _broken_link(unit: bytes) -> bytes:
    if (unit[0] & _TYPE_BITS) >> 1 != _CRA:
        return unit
    return bytes([unit[0] & ~_TYPE_BITS | _BLA_N_LP << 1]) + unit[1:]
