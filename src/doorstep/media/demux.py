"""From an open container to a format and packets whose times can be trusted.  Decoding them lives in `decode`."""

import math
from collections.abc import Iterator
from dataclasses import replace
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from doorstep.core.errors import MediaInvalid, SourceLost, SourceRefused
from doorstep.core.media import Codec, Packet, StreamItem, VideoFormat
from doorstep.core.stream_times import StreamTimes, Times
from doorstep.media.container import open_file, video_stream
from doorstep.media.file_times import FileTimes, with_decode_times, with_exact_durations
from doorstep.media.first_time import Arrival, with_first_time
from doorstep.media.packetize import Packetizer
from doorstep.media.slice_type import is_b_picture
from doorstep.media.sound import OpenAudio, Sound, sound_of
from doorstep.ports import Clock

_LONGEST_WAIT_FOR_KEY = 1500  # packets: a minute at 25 a second
_SHORTEST_CONNECTION = 10  # packets; a stream whose times break more often than that has none
_FINEST_TIMESCALE = 10_000_000
_USUAL_TIMESCALE = 90_000  # where a container's own ticks do not fit (RTP's and MPEG-TS's)
_LARGEST_PACKET = 16 * 2**20
_MOST_PIXELS = 2**26  # 8192 x 8192
_DEPTH_OF_B_FRAMES = 2  # where FFmpeg knows that there are some; a deeper pyramid is learnt
_ASSUMED_RATE = Fraction(25)


class Live(Enum):
    """How a live stream tells its times."""

    WITH_DECODE_TIMES = "FLV: each packet's own can be believed"
    SHOWN_ONLY = "RTP: only when pictures are shown; what FFmpeg says of decoding is a guess"


def read_file(path: Path, clock: Clock, *, open_audio: OpenAudio | None = None) -> Iterator[StreamItem]:
    """Open a video file and read it to its end, as fast as it is asked for.  Raises SourceRefused, SourceLost."""
    try:
        container = open_file(path)
    except (av.FFmpegError, OSError) as error:
        raise SourceRefused(_why_not_opened(path, error)) from error
    with container:
        yield from demux(container, clock, what=path.name, open_audio=open_audio)


def _why_not_opened(path: Path, error: Exception) -> str:
    match error:
        case FileNotFoundError():
            return f"There is no file {path}; mend the camera's address."
        case PermissionError():
            return f"Doorstep may not read {path}; change the file's permissions."
        case _ if path.is_dir():
            return f"{path} is a folder; name a video file in it."
        case _:
            return f"{path} is no video that can be read; use an MP4, MKV or MPEG-TS file."


def demux(
    container: InputContainer,
    clock: Clock,
    *,
    what: str,
    live: Live | None = None,
    open_audio: OpenAudio | None = None,
) -> Iterator[StreamItem]:
    """First the format, then packets from a key frame on; a new format where parameters change or times break.

    A packet's duration reaches to the next packet's decode time; of a `live` stream nothing waits for that next packet:
    the usual distance serves, and small faults of the times are repaired (`core.stream_times`).  Sound comes where
    `open_audio` is given and the container has one.  `what` names the stream in errors.  Raises SourceRefused for
    what Doorstep cannot record, SourceLost where reading breaks off.
    """
    stream = video_stream(container)
    if stream is None:
        found = ", ".join(sorted({each.type for each in container.streams})) or "nothing"
        msg = f"{what} holds no video (found: {found}). Choose a stream with a picture."
        raise SourceRefused(msg)
    sound = sound_of(container, open_audio)
    codec = _codec_of(stream, what)
    try:
        reading = _Reading(stream, codec, clock, live=live, sound=sound)
    except MediaInvalid as error:
        msg = f"{what} holds video that cannot be understood: {error}."
        raise SourceLost(msg) from None
    packets = reading.packets(container, what)
    yield from packets if live is not None else with_exact_durations(packets)


def _codec_of(stream: VideoStream, what: str) -> Codec:
    context: VideoCodecContext | None = stream.codec_context  # None where FFmpeg has no decoder, whatever its stub says
    name = context.name if context is not None else "unknown"
    try:
        return Codec(name)
    except ValueError:
        msg = f"{what} holds no video that Doorstep can record (found: {name}). Set the camera to H.264."
        raise SourceRefused(msg) from None


class _Reading:
    """One pass over one stream, and the sound beside it."""

    def __init__(
        self, stream: VideoStream, codec: Codec, clock: Clock, *, live: Live | None, sound: Sound | None
    ) -> None:
        self._stream = stream
        self._codec = codec
        self._clock = clock
        self._live = live
        self._sound = sound
        base = stream.time_base or Fraction(1, _USUAL_TIMESCALE)
        own = base.denominator
        self._timescale = own if own <= _FINEST_TIMESCALE else _USUAL_TIMESCALE
        self._ticks = base * self._timescale
        self._same_ticks = self._ticks == 1
        self._usual_duration = max(1, round(self._timescale / (stream.average_rate or _ASSUMED_RATE)))
        self._packetizer = Packetizer(codec, self._timescale, stream.codec_context.extradata or b"")
        self._has_b_frames = bool(stream.codec_context.has_b_frames)
        self._depth = _DEPTH_OF_B_FRAMES if self._has_b_frames else 0
        self._times = self._new_times()
        self._seen: VideoFormat | None = None
        self._format: VideoFormat | None = None
        self._unusable = 0
        self._began: float | None = None

    def packets(self, container: InputContainer, what: str) -> Iterator[StreamItem]:
        try:
            for raw, arrived in self._timed(container):
                if self._sound is not None and raw.stream_index == self._sound.stream.index:
                    if self._format is not None:
                        yield from self._sound.take(raw, arrived)
                else:
                    yield from self._take(raw, arrived)
        except av.ExitError:  # FFmpeg's word for a read that took too long
            msg = f"{what} sends nothing any more; it will be opened again."
            raise SourceLost(msg) from None
        except (av.FFmpegError, OSError):
            msg = f"{what} broke off while it was read; it will be opened again."
            raise SourceLost(msg) from None
        except MediaInvalid as error:
            msg = f"{what} holds video that cannot be understood: {error}."
            raise SourceLost(msg) from None
        if self._format is None:
            msg = f"{what} holds no whole picture; use a longer recording."
            raise SourceRefused(msg)

    def _timed(self, container: InputContainer) -> Iterator[Arrival]:
        arrivals = self._arriving(container)
        if self._live is not Live.SHOWN_ONLY:
            return arrivals
        return with_first_time(arrivals, self._stream.index, round(self._usual_duration / self._ticks), self._depth)

    def _arriving(self, container: InputContainer) -> Iterator[Arrival]:
        """Each packet and when it came.

        Of a picture by RTP, FFmpeg's parser sees the end only when the next one begins: it came when the one before it
        was given out.  For the same reason the last one before a silence is given out when the read times out; another
        read would wait as long again.
        """
        packets = self._raw(container)
        begun = self._clock.monotonic()
        while (raw := next(packets, None)) is not None:
            now = self._clock.monotonic()
            held = self._live is Live.SHOWN_ONLY and raw.stream_index == self._stream.index
            came = self._began if held and self._began is not None else now
            if held:
                self._began = now
            yield raw, came
            if self._live is Live.SHOWN_ONLY and now - begun >= float(container.read_timeout or math.inf):
                raise av.ExitError(0, "silence")
            begun = self._clock.monotonic()

    def _raw(self, container: InputContainer) -> "Iterator[av.Packet[Any]]":
        streams = (self._stream,) if self._sound is None else (self._stream, self._sound.stream)
        whole = (raw for raw in container.demux(*streams) if raw.size)
        return (
            whole
            if self._live
            else with_decode_times(whole, self._stream.index, round(self._usual_duration / self._ticks))
        )

    def _take(self, raw: "av.Packet[Any]", arrived: float) -> Iterator[StreamItem]:
        data = self._data(raw)
        key = raw.is_keyframe
        if not data or (self._format is None and not key):
            self._skip()
            return
        fmt = self._packetizer.format
        same = fmt is not None and fmt == self._seen
        times = self._place(raw, data) if same else None
        if times is None:
            self._end_connection("its times do not rise" if same else "its format changes all the time")
            times = self._place(raw, data)
            if not key or fmt is None or times is None:
                self._skip()
                return
            self._seen = fmt
            self._format = self._with_sound(fmt)
            yield self._format
        self._unusable = 0
        yield Packet(data, times.pts, times.dts, times.duration, key, arrived)

    def _data(self, raw: "av.Packet[Any]") -> bytes:
        if raw.size > _LARGEST_PACKET:
            msg = f"one picture of {raw.size >> 20} MiB is too large; lower its bit rate"
            raise MediaInvalid(msg)
        if raw.has_sidedata("new_extradata"):
            self._packetizer.reconfigure(bytes(raw.get_sidedata("new_extradata")))
        return self._packetizer.packet(bytes(raw), key=raw.is_keyframe)

    def _place(self, raw: "av.Packet[Any]", data: bytes) -> Times | None:
        pts, dts = self._in_ticks(raw.pts), self._in_ticks(raw.dts)
        match self._times:
            case FileTimes():
                return self._times.place(pts, dts)
            case StreamTimes():
                backward = is_b_picture(data) if self._codec is Codec.H264 else self._has_b_frames
                return self._times.place(pts, dts if self._live is Live.WITH_DECODE_TIMES else None, backward=backward)

    def _in_ticks(self, time: int | None) -> int | None:
        # Nearly every stream's ticks are ours: then a number need not go through a fraction.
        return time if self._same_ticks or time is None else round(time * self._ticks)

    def _with_sound(self, fmt: VideoFormat) -> VideoFormat:
        if fmt.width * fmt.height > _MOST_PIXELS:
            msg = f"a picture of {fmt.width}x{fmt.height} is too large; lower the camera's resolution"
            raise MediaInvalid(msg)
        if self._sound is None:
            return fmt
        self._sound.begin_connection()
        return replace(fmt, audio=self._sound.format)

    def _skip(self) -> None:
        self._unusable += 1
        if self._unusable > _LONGEST_WAIT_FOR_KEY:
            msg = "no key frame came; set the camera's key frame interval to a second or two"
            raise MediaInvalid(msg)

    def _end_connection(self, why: str) -> None:
        if self._format is not None and self._times.count < _SHORTEST_CONNECTION:
            msg = f"{why}; restart the camera"
            raise MediaInvalid(msg)
        self._format = self._seen = None
        self._depth = self._times.depth if isinstance(self._times, StreamTimes) else 0
        self._times = self._new_times()

    def _new_times(self) -> StreamTimes | FileTimes:
        if not self._live:
            return FileTimes(self._timescale, self._usual_duration)
        return StreamTimes(self._timescale, self._usual_duration, self._depth)
