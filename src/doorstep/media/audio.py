"""The sound of an open stream as AAC packets: AAC as it is, G.711 encoded.  Pictures live in `demux`."""

from fractions import Fraction
from typing import Any, cast

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream
from av.codec.context import Flags

from doorstep.core.errors import MediaInvalid
from doorstep.core.media import AudioFormat, AudioPacket
from doorstep.media.audio_config import adts_frame, audio_format, config_of, frame_length
from doorstep.media.audio_times import AudioTimes

ENCODED_RATE = 16_000
"""Hertz of what is encoded here, though G.711 has 8000.

A frame of AAC is 1024 samples: 64 ms instead of 128, and every browser and phone decodes this rate.
"""

ENCODED_BITS = 32_000
"""A second: as transparent as AAC gets for what telephones transmit, and half of what G.711 takes."""

_G711 = frozenset({"pcm_mulaw", "pcm_alaw"})
_LONGEST_FILLED_SECONDS = 1.0
_JITTER_SECONDS = 0.02
_FRAME = 1024


def open_audio(stream: AudioStream) -> "AacReader | G711Reader | None":
    """A reader for the sound of one container; None where it is none that Doorstep keeps, which is logged."""
    context: AudioCodecContext | None = stream.codec_context  # None where FFmpeg has no decoder, whatever its stub says
    name = context.name if context is not None else "unknown"
    try:
        if context is not None and name in {"aac", "aac_fixed"}:
            return AacReader(context, stream.time_base)
        if context is not None and name in _G711:
            return G711Reader(name, context.sample_rate, context.channels, stream.time_base)
    except MediaInvalid as error:
        _tell_unkept(str(error))
        return None
    _tell_unkept(f"it is {name}; set the camera to AAC or G.711")
    return None


def _tell_unkept(reason: str) -> None:
    import structlog  # noqa: PLC0415 - with its colours 6 MiB of each process that reads a camera

    structlog.get_logger().warning("the camera's sound is not kept", reason=reason)


class AacReader:
    """AAC as it comes, without ADTS headers.  One thread; damaged packets are left out."""

    def __init__(self, context: AudioCodecContext, time_base: Fraction | None) -> None:
        """Raises MediaInvalid for AAC that is not kept."""
        config = context.extradata or b""
        self._with_headers = not config
        self._format = audio_format(config or _config_without_record(context))
        self._frame = frame_length(self._format.decoder_config)
        self._ticks = (time_base or Fraction(1, self._format.sample_rate)) * self._format.sample_rate
        self._times = AudioTimes(self._format.sample_rate, self._frame)

    @property
    def format(self) -> AudioFormat:
        """Of every packet that comes out."""
        return self._format

    def take(self, raw: "av.Packet[Any]", arrived: float) -> list[AudioPacket]:
        """The access units of one packet, times mapped from the stream's time base; `arrived` is monotonic."""
        pts = _in_ticks(raw.pts, self._ticks)
        units = self._units(bytes(raw)) if self._with_headers else [bytes(raw)]
        packets = []
        for number, unit in enumerate(units):
            placed = self._times.place(pts + number * self._frame if pts is not None else None)
            if unit and placed is not None:
                packets.append(AudioPacket(unit, placed, self._frame, arrived))
        return packets

    def _units(self, data: bytes) -> list[bytes]:
        """Those between headers up to the first damage or change; their format cannot change within a connection."""
        units, offset = [], 0
        while offset < len(data):
            try:
                frame = adts_frame(data, offset)
            except MediaInvalid:
                break
            if frame.config != self._format.decoder_config:
                break
            units.append(data[frame.begin : frame.end])
            offset = frame.end
        return units


def _config_without_record(context: AudioCodecContext) -> bytes:
    """What the headers in the stream will say: HE-AAC's tell the core's rate, which is half of what is heard."""
    profile = context.profile or ""
    he = profile.startswith("HE-AAC")
    channels = 1 if profile == "HE-AACv2" else context.channels
    return config_of(context.sample_rate // 2 if he else context.sample_rate, channels)


class G711Reader:
    """G.711 (ITU-T G.711) decoded, and encoded to AAC-LC at 16 kHz, one channel.

    Short holes become silence, so that the encoder's frames stay where they belong; after a long one, or where times
    jump back, it begins anew.  One thread; damaged packets are left out.
    """

    def __init__(self, name: str, sample_rate: int, channels: int, time_base: Fraction | None) -> None:
        """Raises MediaInvalid for rates and channels that make no sense."""
        if not 0 < sample_rate <= 96_000 or channels not in {1, 2}:
            msg = f"its G.711 has {channels} channels at {sample_rate} Hz; set the camera to AAC"
            raise MediaInvalid(msg)
        self._name = name
        self._rate = sample_rate
        self._channels = channels
        self._ticks = (time_base or Fraction(1, sample_rate)) * sample_rate
        self._times = AudioTimes(ENCODED_RATE, _FRAME)
        self._next: int | None = None
        self._silence = b"\xff" if name == "pcm_mulaw" else b"\xd5"
        self._begin()

    @property
    def format(self) -> AudioFormat:
        """Of every packet that comes out."""
        return AudioFormat(ENCODED_RATE, 1, self._encoder.extradata or config_of(ENCODED_RATE, 1))

    def take(self, raw: "av.Packet[Any]", arrived: float) -> list[AudioPacket]:
        """What is complete with this packet, times mapped from the stream's time base; `arrived` is monotonic."""
        data = self._joined(bytes(raw), _in_ticks(raw.pts, self._ticks))
        if not data or self._next is None:
            return []
        try:
            encoded = self._encoded(data, self._next)
        except (av.FFmpegError, ValueError):
            self._begin()
            return []
        self._next += len(data) // self._channels
        return [
            AudioPacket(bytes(one), placed, _FRAME, arrived)
            for one in encoded
            if one.pts is not None and (placed := self._times.place(one.pts)) is not None
        ]

    def _joined(self, data: bytes, pts: int | None) -> bytes:
        """The packet with what is missing before it, without what was there already; b"" where nothing is left."""
        data = data[: len(data) // self._channels * self._channels]
        if self._next is None or pts is None:
            self._next = pts if self._next is None else self._next
            return data
        missing = pts - self._next
        if abs(missing) > _LONGEST_FILLED_SECONDS * self._rate:
            self._begin()
            self._next = pts
        elif missing > _JITTER_SECONDS * self._rate:
            return self._silence * (missing * self._channels) + data
        elif missing < -_JITTER_SECONDS * self._rate:
            return data[-missing * self._channels :]
        return data

    def _encoded(self, data: bytes, pts: int) -> "list[av.Packet[Any]]":
        packets = []
        for frame in self._decoder.decode(av.Packet(data)):
            frame.pts, frame.time_base = pts, Fraction(1, self._rate)
            packets += self._encoder.encode(frame)
        return packets

    def _begin(self) -> None:
        self._next = None
        decoder = cast("AudioCodecContext", AudioCodecContext.create(self._name, "r"))
        decoder.sample_rate = self._rate
        decoder.layout = "mono" if self._channels == 1 else "stereo"
        encoder = AudioCodecContext.create("aac", "w")
        encoder.sample_rate, encoder.layout, encoder.format = ENCODED_RATE, "mono", "fltp"
        encoder.bit_rate, encoder.time_base = ENCODED_BITS, Fraction(1, ENCODED_RATE)
        encoder.flags |= Flags.global_header
        encoder.open()
        self._decoder, self._encoder = decoder, encoder


def _in_ticks(pts: int | None, ticks: Fraction) -> int | None:
    return None if pts is None else (2 * pts * ticks.numerator + ticks.denominator) // (2 * ticks.denominator)
