"""NAL units: between start codes (Annex B) and behind lengths (AVCC).  What is in one is for `parameter_sets`."""

from collections.abc import Iterable
from enum import IntEnum

from doorstep.core.errors import MediaInvalid
from doorstep.core.media import Codec

_START_CODE = b"\x00\x00\x01"


class H264(IntEnum):
    """Types of ITU-T H.264, table 7-1, that are looked at."""

    SPS = 7
    PPS = 8
    DELIMITER = 9


class Hevc(IntEnum):
    """Types of ITU-T H.265, table 7-1, that are looked at."""

    VPS = 32
    SPS = 33
    PPS = 34
    DELIMITER = 35


def nal_type(codec: Codec, unit: bytes) -> int:
    """The type in a NAL unit's header (H.264, 7.3.1; H.265, 7.3.1.2)."""
    return unit[0] & 0x1F if codec is Codec.H264 else unit[0] >> 1 & 0x3F


def is_annex_b(data: bytes) -> bool:
    """Whether bytes begin with a start code; a record or a length never does."""
    return data.startswith((_START_CODE, b"\x00" + _START_CODE))


def split_annex_b(data: bytes) -> list[bytes]:
    """The NAL units between start codes (H.264, annex B); zeros behind a unit belong to no unit."""
    units = []
    start = data.find(_START_CODE)
    while start >= 0:
        start += len(_START_CODE)
        end = data.find(_START_CODE, start)
        unit = data[start : end if end >= 0 else len(data)].rstrip(b"\x00")
        if unit:
            units.append(unit)
        start = end
    return units


def split_length_prefixed(data: bytes, length_size: int) -> list[bytes]:
    """The NAL units behind big-endian lengths of 1, 2 or 4 bytes.  Raises MediaInvalid where a length lies."""
    units = []
    position = 0
    while position < len(data):
        body = position + length_size
        end = body + int.from_bytes(data[position:body])
        if body > len(data) or end > len(data):
            msg = "a video packet is shorter than it says"
            raise MediaInvalid(msg)
        if end > body:
            units.append(data[body:end])
        position = end
    return units


def join_length_prefixed(units: Iterable[bytes]) -> bytes:
    """Each unit behind its length in four bytes (ISO/IEC 14496-15, 5.3.4.2)."""
    return b"".join(part for unit in units for part in (len(unit).to_bytes(4), unit))


def join_annex_b(units: Iterable[bytes]) -> bytes:
    """Each unit behind a start code of four bytes."""
    return b"".join(part for unit in units for part in (b"\x00\x00\x00\x01", unit))
