"""From an open container to a format and packets whose times can be trusted.  Decoding them lives in `decode`."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from doorstep.core.errors import MediaInvalid, SourceError, SourceLost, SourceRefused
from doorstep.core.media import Codec, Packet, VideoFormat
from doorstep.media.container import open_file, video_stream
from doorstep.media.packetize import Packetizer
from doorstep.ports import Clock

_LONGEST_JUMP_SECONDS = 10.0
_LONGEST_WAIT_FOR_KEY = 1500  # packets: a minute at 25 a second
_SHORTEST_CONNECTION = 10  # packets; a stream whose times break more often than that has none
_FINEST_TIMESCALE = 10_000_000
_USUAL_TIMESCALE = 90_000  # where a container's own ticks do not fit (RTP's and MPEG-TS's)
_MOST_WITHOUT_TIMES = 16  # what H.264 and HEVC may reorder
_ASSUMED_RATE = Fraction(25)


def read_file(path: Path, clock: Clock) -> Iterator[VideoFormat | Packet]:
    """Open a video file and read it to its end, as fast as it is asked for.  Raises SourceRefused, SourceLost."""
    try:
        container = open_file(path)
    except (av.FFmpegError, OSError) as error:
        raise SourceRefused(_why_not_opened(path, error)) from error
    with container:
        yield from demux(container, clock, what=path.name)


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


def demux(container: InputContainer, clock: Clock, *, what: str, live: bool = False) -> Iterator[VideoFormat | Packet]:
    """First the format, then packets from a key frame on; a new format where parameters change or times break.

    A packet's duration reaches to the next packet's decode time; with `live` nothing waits for that next packet, and
    the container's own duration or rate serves.  `what` names the stream in errors.  Raises SourceRefused for what
    Doorstep cannot record, SourceLost where reading breaks off.
    """
    stream = video_stream(container)
    if stream is None:
        found = ", ".join(sorted({each.type for each in container.streams})) or "nothing"
        msg = f"{what} holds no video (found: {found}). Choose a stream with a picture."
        raise SourceRefused(msg)
    packets = _Reading(stream, _codec_of(stream, what), clock).packets(container, what)
    yield from packets if live else _with_exact_durations(packets)


def _codec_of(stream: VideoStream, what: str) -> Codec:
    context: VideoCodecContext | None = stream.codec_context  # None where FFmpeg has no decoder, whatever its stub says
    name = context.name if context is not None else "unknown"
    try:
        return Codec(name)
    except ValueError:
        msg = f"{what} holds no video that Doorstep can record (found: {name}). Set the camera to H.264."
        raise SourceRefused(msg) from None


@dataclass(slots=True)
class _Timeline:
    """The decode times of one connection: strictly rising, without a leap."""

    longest_jump: int
    last: int | None = None
    count: int = 0

    def breaks(self, dts: int) -> bool:
        """Whether this packet can no longer belong to the connection; else it is counted in."""
        if self.last is not None and not 0 < dts - self.last <= self.longest_jump:
            return True
        self.last = dts
        self.count += 1
        return False


class _Reading:
    """One pass over one stream."""

    def __init__(self, stream: VideoStream, codec: Codec, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock
        base = stream.time_base or Fraction(1, _USUAL_TIMESCALE)
        own = base.denominator
        self._timescale = own if own <= _FINEST_TIMESCALE else _USUAL_TIMESCALE
        self._ticks = base * self._timescale
        self._same_ticks = self._ticks == 1
        self._usual_duration = max(1, round(self._timescale / (stream.average_rate or _ASSUMED_RATE)))
        self._packetizer = Packetizer(codec, self._timescale, stream.codec_context.extradata or b"")
        self._timeline = self._new_timeline()
        self._format: VideoFormat | None = None
        self._unusable = 0

    def packets(self, container: InputContainer, what: str) -> Iterator[VideoFormat | Packet]:
        try:
            whole = (raw for raw in container.demux(self._stream) if raw.size)
            for raw in _with_decode_times(whole, max(1, round(self._usual_duration / self._ticks))):
                yield from self._take(raw)
        except (av.FFmpegError, OSError) as error:
            msg = f"{what} broke off while it was read; it will be opened again."
            raise SourceLost(msg) from error
        except MediaInvalid as error:
            msg = f"{what} holds video that cannot be understood: {error}."
            raise SourceLost(msg) from error
        if self._format is None:
            msg = f"{what} holds no whole picture; use a longer recording."
            raise SourceRefused(msg)

    def _take(self, raw: "av.Packet[Any]") -> Iterator[VideoFormat | Packet]:
        arrived = self._clock.monotonic()
        if raw.has_sidedata("new_extradata"):
            self._packetizer.reconfigure(bytes(raw.get_sidedata("new_extradata")))
        packet = self._packet(raw, arrived)
        if packet is None:
            return
        fmt = self._packetizer.format
        if self._timeline.breaks(packet.dts) or fmt != self._format:
            self._end_connection()
            if not packet.key or fmt is None:
                self._skip()
                return
            self._format = fmt
            self._timeline.breaks(packet.dts)
            yield fmt
        self._unusable = 0
        yield packet

    def _packet(self, raw: "av.Packet[Any]", arrived: float) -> Packet | None:
        """A packet in our ticks, None where it comes before the first key frame."""
        key = raw.is_keyframe
        data = self._packetizer.packet(bytes(raw), key=key)
        if not data or (self._format is None and not key):
            self._skip()
            return None
        pts = raw.pts if raw.pts is not None else raw.dts
        duration = self._in_ticks(raw.duration) if raw.duration else self._usual_duration
        return Packet(data, self._in_ticks(pts), self._in_ticks(raw.dts), max(1, duration), key, arrived)

    def _in_ticks(self, time: int | None) -> int:
        # Nearly every stream's ticks are ours: then a number need not go through a fraction.
        return (time or 0) if self._same_ticks else round((time or 0) * self._ticks)

    def _skip(self) -> None:
        self._unusable += 1
        if self._unusable > _LONGEST_WAIT_FOR_KEY:
            msg = "no key frame came; set the camera's key frame interval to a second or two"
            raise MediaInvalid(msg)

    def _end_connection(self) -> None:
        if self._format is not None and self._timeline.count < _SHORTEST_CONNECTION:
            msg = "its times do not rise; restart the camera"
            raise MediaInvalid(msg)
        self._format = None
        self._timeline = self._new_timeline()

    def _new_timeline(self) -> _Timeline:
        return _Timeline(longest_jump=round(_LONGEST_JUMP_SECONDS * self._timescale))


def _with_decode_times(packets: "Iterator[av.Packet[Any]]", usual: int) -> "Iterator[av.Packet[Any]]":
    """Fills in decode times that are missing, evenly before the next one that is known.

    Matroska keeps presentation times only, and FFmpeg cannot tell the first decode times of a reordered stream.
    Raises MediaInvalid where none is known for long.
    """
    held: list[av.Packet[Any]] = []
    last: int | None = None
    for packet in packets:
        held.append(packet)
        if packet.dts is not None:
            begin = last if last is not None else packet.dts - len(held) * usual
            for place, each in enumerate(held, start=1):
                each.dts = begin + (packet.dts - begin) * place // len(held)
            yield from held
            held.clear()
            last = packet.dts
        elif len(held) > _MOST_WITHOUT_TIMES:
            msg = "its packets carry no times; put it into an MP4 file"
            raise MediaInvalid(msg)
    for place, each in enumerate(held if last is not None else (), start=1):
        each.dts = (last or 0) + place * usual
        yield each


def _lasting(packet: Packet, duration: int) -> Packet:
    return packet if packet.duration == duration else replace(packet, duration=duration)


def _with_exact_durations(items: Iterator[VideoFormat | Packet]) -> Iterator[VideoFormat | Packet]:
    """Holds each packet back until the next one's decode time is known; the last one keeps its own duration."""
    held: Packet | None = None
    try:
        for item in items:
            if held is not None:
                yield _lasting(held, item.dts - held.dts) if isinstance(item, Packet) else held
                held = None
            if isinstance(item, Packet):
                held = item
            else:
                yield item
    except SourceError:
        if held is not None:
            yield held
        raise
    if held is not None:
        yield held
