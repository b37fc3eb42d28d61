"""Profiles of H.264: which stream a decoder that promised another can show.  Bytes of a stream: `media`."""

from dataclasses import dataclass
from enum import Enum

from doorstep.core.errors import MediaInvalid

_IDS = 3
_HEX_DIGITS = 6


class H264Profile(Enum):
    """Profiles that browsers decode (ITU-T H.264, A.2), by what a person would call them."""

    CONSTRAINED_BASELINE = "Constrained Baseline"
    BASELINE = "Baseline"
    MAIN = "Main"
    CONSTRAINED_HIGH = "Constrained High"
    HIGH = "High"
    HIGH_444 = "High 4:4:4"
    OTHER = "another profile"


_P = H264Profile
_LESS = (_P.MAIN, _P.CONSTRAINED_BASELINE, _P.BASELINE)
_DECODERS = {
    _P.CONSTRAINED_BASELINE: (_P.CONSTRAINED_BASELINE, _P.BASELINE, _P.MAIN, _P.CONSTRAINED_HIGH, _P.HIGH),
    _P.BASELINE: (_P.BASELINE, _P.CONSTRAINED_BASELINE, _P.MAIN),
    _P.MAIN: (_P.MAIN, _P.HIGH, _P.CONSTRAINED_HIGH, _P.CONSTRAINED_BASELINE, _P.BASELINE),
    _P.CONSTRAINED_HIGH: (_P.CONSTRAINED_HIGH, _P.HIGH, *_LESS),
    _P.HIGH: (_P.HIGH, _P.CONSTRAINED_HIGH, *_LESS),
}


@dataclass(frozen=True, slots=True)
class ProfileLevel:
    """The `profile-level-id` of RFC 6184, 8.1: profile_idc, constraint flags, level_idc."""

    profile_idc: int
    constraints: int
    level_idc: int

    @property
    def profile(self) -> H264Profile:
        """By RFC 6184, table 5, as far as browsers know them."""
        first, second = bool(self.constraints & 0x80), bool(self.constraints & 0x40)
        low, high = bool(self.constraints & 0x08), bool(self.constraints & 0x04)
        match self.profile_idc:
            case 66:
                return _P.CONSTRAINED_BASELINE if second else _P.BASELINE
            case 77:
                return _P.CONSTRAINED_BASELINE if first else _P.MAIN
            case 88 if first and second:
                return _P.CONSTRAINED_BASELINE
            case 100:
                return _P.CONSTRAINED_HIGH if low and high else _P.HIGH
            case 244 if not self.constraints & 0x10:
                return _P.HIGH_444
            case _:
                return _P.OTHER


def profile_level(record: bytes) -> ProfileLevel:
    """Of an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.3.3.1).  Raises MediaInvalid."""
    if len(record) <= _IDS:
        msg = "the camera's description of its stream is cut off"
        raise MediaInvalid(msg)
    return ProfileLevel(*record[1 : 1 + _IDS])


def parsed_profile_level(text: str) -> ProfileLevel:
    """Six hexadecimal digits.  Raises MediaInvalid."""
    try:
        return ProfileLevel(*bytes.fromhex(text if len(text) == _HEX_DIGITS else ""))
    except (ValueError, TypeError):
        msg = "the offer names a profile of H.264 that cannot be read"
        raise MediaInvalid(msg) from None


def decoders_of(stream: ProfileLevel) -> tuple[H264Profile, ...]:
    """What a browser may have offered for this stream to be sent to it, the best first; none for odd profiles.

    What the stream is, and what is more, comes before what is less.  That is sent too: the decoders behind these
    offers (FFmpeg's, OpenH264, those of Apple) show pictures of 8 bits, 4:2:0 and in order in all of these profiles,
    while chromium offers no High at all, which most cameras send.  The level is left out for the same reason: all
    browsers write 3.1, and decode what their machine can.
    """
    return _DECODERS.get(stream.profile, ())
