"""What an AudioSpecificConfig says (ISO/IEC 14496-3, 1.6.2.1): how many samples a second, a frame, and channels."""

from dataclasses import dataclass
from typing import Final

from doorstep.rtmp.errors import RtmpInvalid

_RATES: Final = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)
_CHANNELS: Final = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 6, 7: 8}
_ESCAPE_TYPE, _ESCAPE_RATE = 31, 15
_LONGEST: Final = 64  # bytes; what AAC needs is two to a dozen


@dataclass(frozen=True, slots=True)
class AacConfig:
    """Of the core coder: what SBR adds on top is the decoder's own matter."""

    sample_rate: int
    channels: int


def read_aac_config(config: bytes) -> AacConfig:
    """Raises RtmpInvalid for what is cut off, reserved, or leaves its channels to a program config element."""
    bits = int.from_bytes(config[:_LONGEST])
    left = 8 * min(len(config), _LONGEST)

    def take(count: int) -> int:
        nonlocal left
        left -= count
        if left < 0:
            msg = "the sound's configuration is cut off"
            raise RtmpInvalid(msg)
        return bits >> left & ((1 << count) - 1)

    if take(5) == _ESCAPE_TYPE:
        take(6)
    index = take(4)
    rate = take(24) if index == _ESCAPE_RATE else _RATES[index] if index < len(_RATES) else 0
    channels = _CHANNELS.get(take(4), 0)
    if not (0 < rate <= _RATES[0] and channels):
        msg = "the sound's configuration names no rate or no channels that there are"
        raise RtmpInvalid(msg)
    return AacConfig(rate, channels)
