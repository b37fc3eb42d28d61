"""What an RTMP publisher sends -> items with times that can be trusted.  Its connection lives in `rtmp_link`."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from doorstep.core.errors import MediaInvalid
from doorstep.core.media import AudioFormat, AudioPacket, Codec, Packet, StreamItem, VideoFormat
from doorstep.media.packetize import Packetizer
from doorstep.rtmp.aac import read_aac_config
from doorstep.rtmp.events import AudioConfig, AudioFrame, Media, VideoConfig, VideoFrame

TIMESCALE: Final = 1000  # RTMP counts milliseconds; finer ticks would only pretend
LONGEST_JUMP: Final = 10_000
_MOST_BACKWARDS: Final = 1_000  # what a step back may be and still be a repeat, not a new time line
_USUAL_DURATION: Final = 40
_SHORTEST_CONNECTION: Final = 10  # packets
_MOST_SHORT_CONNECTIONS: Final = 5
_MOST_UNITS: Final = 1_000  # NAL units in a picture
_MOST_DAMAGED: Final = 100  # pictures in a row
_AAC_SAMPLES: Final = 1024
_SOUND_SLACK_SECONDS: Final = 0.03  # milliseconds, and cameras, are coarser than samples
_MOST_WAIT_FOR_KEY: Final = 1_500  # packets: a minute at 25 a second
_NO_FORMAT: Final = "its H.264 parameter sets make no sense"


class RtmpItems:
    """One publisher's media, in order.  Repeated times are moved on, a leap begins a new connection at a key frame."""

    def __init__(self, *, audio: bool) -> None:
        self._keeps_audio = audio
        self._packetizer: Packetizer | None = None
        self._length_size = 4
        self._audio: AudioFormat | None = None
        self._format: VideoFormat | None = None  # of the connection that runs
        self._clock = _Unwrapped()
        self._last_dts: int | None = None
        self._duration = _USUAL_DURATION
        self._sound_ends: int | None = None
        self._count = 0
        self._short = 0
        self._damaged = 0
        self._skipped = 0

    def take(self, event: Media, arrived: float) -> Iterator[StreamItem]:
        """The items of one event.  Raises MediaInvalid where the publisher's stream cannot be used."""
        match event:
            case VideoFrame():
                yield from self._picture(event, arrived)
            case AudioFrame():
                yield from self._sound(event, arrived)
            case VideoConfig():
                self._configure(event.record)
            case AudioConfig() if self._keeps_audio:
                aac = read_aac_config(event.config)
                self._audio = AudioFormat(aac.sample_rate, aac.channels, event.config)
            case _:
                pass

    def _configure(self, record: bytes) -> None:
        if len(record) < 7 or record[0] != 1:
            msg = "its H.264 configuration is cut off"
            raise MediaInvalid(msg)
        self._length_size = (record[4] & 3) + 1
        try:
            if self._packetizer is None:
                self._packetizer = Packetizer(Codec.H264, TIMESCALE, record)
            else:
                self._packetizer.reconfigure(record)
        except ValueError as error:  # a parameter set with numbers that no record can repeat
            raise MediaInvalid(_NO_FORMAT) from error

    # ----------------------------------------------------------------------------------------------- pictures

    def _picture(self, event: VideoFrame, arrived: float) -> Iterator[StreamItem]:
        dts = self._clock.whole(event.timestamp)
        if self._packetizer is None or not self._is_whole(event.payload):
            self._skip()
            return
        try:
            payload = self._packetizer.packet(event.payload, key=event.key)
        except ValueError as error:
            raise MediaInvalid(_NO_FORMAT) from error
        if not self._goes_on(dts):
            self._end_connection()
        if event.key:
            fmt = self._current_format()
            if fmt != self._format:
                self._end_connection()
                self._format = fmt
                yield fmt
        if self._format is None or not payload:
            self._skip()
            return
        self._skipped = 0
        yield self._packet(payload, dts, event, arrived)

    def _packet(self, payload: bytes, dts: int, event: VideoFrame, arrived: float) -> Packet:
        if abs(event.composition) > LONGEST_JUMP:
            msg = "its pictures are shown at impossible times"
            raise MediaInvalid(msg)
        last, self._last_dts = self._last_dts, dts if self._last_dts is None else max(dts, self._last_dts + 1)
        if last is not None:
            self._duration = self._last_dts - last
        self._count += 1
        pts = self._last_dts + event.composition
        return Packet(payload, pts, self._last_dts, self._duration, event.key, arrived)

    def _goes_on(self, dts: int) -> bool:
        return self._last_dts is None or -_MOST_BACKWARDS <= dts - self._last_dts <= LONGEST_JUMP

    def _current_format(self) -> VideoFormat:
        fmt = self._packetizer.format if self._packetizer is not None else None
        if fmt is None:
            msg = "its H.264 configuration holds no parameter sets"
            raise MediaInvalid(msg)
        return fmt if self._audio is None else replace(fmt, audio=self._audio)

    def _is_whole(self, payload: bytes) -> bool:
        """Whether the lengths in it end where it ends (ISO/IEC 14496-15, 5.3.4.2)."""
        at, size, length_size = 0, len(payload), self._length_size
        for _ in range(_MOST_UNITS):
            if at + length_size >= size:
                break
            at += length_size + int.from_bytes(payload[at : at + length_size])
        whole = size > 0 and at == size
        self._damaged = 0 if whole else self._damaged + 1
        if self._damaged > _MOST_DAMAGED:
            msg = "its pictures are damaged"
            raise MediaInvalid(msg)
        return whole

    def _skip(self) -> None:
        self._skipped += 1
        if self._skipped > _MOST_WAIT_FOR_KEY:
            msg = "no key frame came; set the camera's key frame interval to a second or two"
            raise MediaInvalid(msg)

    def _end_connection(self) -> None:
        if self._format is not None:
            self._short = self._short + 1 if self._count < _SHORTEST_CONNECTION else 0
        if self._short >= _MOST_SHORT_CONNECTIONS:
            msg = "its times or its format change all the time; restart the camera"
            raise MediaInvalid(msg)
        self._format = None
        self._last_dts = None
        self._sound_ends = None
        self._count = 0

    # -------------------------------------------------------------------------------------------------- sound

    def _sound(self, event: AudioFrame, arrived: float) -> Iterator[StreamItem]:
        at = self._clock.whole(event.timestamp)
        audio = self._format.audio if self._format is not None else None
        if audio is None or not event.payload or self._last_dts is None:
            return
        if abs(at - self._last_dts) > LONGEST_JUMP:
            return  # a slip of the camera: behind it all true sound would come too late
        told = round(at * audio.sample_rate / TIMESCALE)
        expected = self._sound_ends if self._sound_ends is not None else told
        slack = round(_SOUND_SLACK_SECONDS * audio.sample_rate)
        if told < expected - slack:
            return  # a repeat, or another time line: the next picture tells
        pts = expected if told <= expected + slack else told
        self._sound_ends = pts + _AAC_SAMPLES
        yield AudioPacket(event.payload, pts, _AAC_SAMPLES, arrived)


class _Unwrapped:
    """Times modulo 2**32 (RTMP, 3) made whole: each is the nearest one to its predecessor."""

    def __init__(self) -> None:
        self._last: int | None = None

    def whole(self, timestamp: int) -> int:
        if self._last is None:
            self._last = timestamp
        else:
            self._last += ((timestamp - self._last + 2**31) & 0xFFFFFFFF) - 2**31
        return self._last
