"""What AAC says of itself: AudioSpecificConfig and ADTS headers (ISO/IEC 14496-3).  No packet is opened here."""

from dataclasses import dataclass

from doorstep.core.errors import MediaInvalid
from doorstep.core.media import AudioFormat

_RATES = (96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350)
"""By samplingFrequencyIndex (table 1.18)."""

_CHANNELS = (0, 1, 2, 3, 4, 5, 6, 8)
"""By channelConfiguration (table 1.19); 0 says that they are told elsewhere."""

_ESCAPED_TYPE, _ESCAPED_RATE = 31, 15
_SPECTRAL_BAND_REPLICATION, _PARAMETRIC_STEREO = 5, 29
_KEPT_TYPES = frozenset({1, 2, 3, 4})
"""Main, LC, SSR and LTP (table 1.17): frames of 1024 samples or 960, and what ADTS can say."""

_LONGEST_CONFIG = 64
_ADTS_HEAD = 7
_ADTS_CHECK = 2


def audio_format(config: bytes) -> AudioFormat:
    """The format that an AudioSpecificConfig (1.6.2.1) describes; `sample_rate` is that of the core decoder.

    Raises MediaInvalid for anything but AAC Main, LC, SSR and LTP and their HE extensions, of 1 to 8 channels.
    """
    return _read(config)[0]


def frame_length(config: bytes) -> int:
    """Samples of the core decoder in one access unit: 1024, or 960 (4.4.1, frameLengthFlag).  Raises MediaInvalid."""
    return _read(config)[1]


@dataclass(frozen=True, slots=True)
class AdtsFrame:
    """One access unit in an ADTS stream: its config, and where its bytes lie."""

    config: bytes
    begin: int
    end: int


def adts_frame(data: bytes, offset: int) -> AdtsFrame:
    """The frame whose header (1.A.2.2) begins at `offset`.  Raises MediaInvalid where there is none or it is cut off.

    So it is for a frame of several access units, which nobody sends.
    """
    head = int.from_bytes(data[offset : offset + _ADTS_HEAD])
    size = head >> 13 & 0x1FFF
    begin = _ADTS_HEAD + (0 if head >> 40 & 1 else _ADTS_CHECK)
    cut_off = len(data) - offset < max(size, _ADTS_HEAD)
    if cut_off or head >> 44 != 0xFFF or head >> 41 & 3 or size < begin or head & 3:
        msg = "the camera's sound is no AAC that Doorstep can read"
        raise MediaInvalid(msg)
    kind, rate, channels = (head >> 38 & 3) + 1, head >> 34 & 0xF, head >> 30 & 7
    return AdtsFrame(_written(kind, rate, channels), offset + begin, offset + size)


def config_of(sample_rate: int, channels: int) -> bytes:
    """The AudioSpecificConfig of AAC-LC.  Raises MediaInvalid where the tables lack rate or channels."""
    if sample_rate not in _RATES or channels not in _CHANNELS[1:]:
        msg = f"the camera's sound has {channels} channels at {sample_rate} Hz, which AAC cannot say"
        raise MediaInvalid(msg)
    return _written(2, _RATES.index(sample_rate), _CHANNELS.index(channels))


def _written(kind: int, rate: int, channels: int) -> bytes:
    return (kind << 11 | rate << 7 | channels << 3).to_bytes(2)


def _read(config: bytes) -> tuple[AudioFormat, int]:
    bits = _Bits(config[:_LONGEST_CONFIG])
    kind, rate, channels = _object_type(bits), _rate(bits), bits.take(4)
    if kind in {_SPECTRAL_BAND_REPLICATION, _PARAMETRIC_STEREO}:
        _rate(bits)
        kind = _object_type(bits)
    short_frames = bits.take(1)
    if kind not in _KEPT_TYPES or not 0 < channels < len(_CHANNELS) or len(config) > _LONGEST_CONFIG:
        msg = f"the camera's sound is AAC of type {kind} and channels {channels}; set the camera to AAC-LC or G.711"
        raise MediaInvalid(msg)
    try:
        return AudioFormat(rate, _CHANNELS[channels], config), 960 if short_frames else 1024
    except ValueError as error:
        msg = f"the camera's sound makes no sense: {error}"
        raise MediaInvalid(msg) from error


def _object_type(bits: "_Bits") -> int:
    kind = bits.take(5)
    return 32 + bits.take(6) if kind == _ESCAPED_TYPE else kind


def _rate(bits: "_Bits") -> int:
    index = bits.take(4)
    if index == _ESCAPED_RATE:
        return bits.take(24)
    if index >= len(_RATES):
        msg = "the camera's sound has a sample rate that no table knows"
        raise MediaInvalid(msg)
    return _RATES[index]


class _Bits:
    """Reads numbers of any width, the highest bit first."""

    def __init__(self, data: bytes) -> None:
        self._number = int.from_bytes(data)
        self._left = 8 * len(data)

    def take(self, width: int) -> int:
        """The next bits.  Raises MediaInvalid behind the end."""
        if width > self._left:
            msg = "the description of the camera's sound is cut off"
            raise MediaInvalid(msg)
        self._left -= width
        return self._number >> self._left & (1 << width) - 1
