"""A camera's sound as Opus, as WebRTC wants it: encoded once, off the loop, and only while somebody listens."""

import asyncio
from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

import av
import structlog
from av.audio.codeccontext import AudioCodecContext
from av.audio.resampler import AudioResampler

from doorstep.core.media import AudioFormat, AudioPacket

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame

log = structlog.get_logger()

OPUS_RATE: Final = 48_000
"""Ticks a second of what comes out (RFC 7587, 4.1)."""

_TICKS = Fraction(1, OPUS_RATE)
_FRAME = OPUS_RATE // 50
_BITS = 64_000
_MOST_WAITING = 100
_LONGEST_JITTER = 0.2


class SoundQueue:
    """What one listener has not taken yet; the oldest goes when it is too slow.  Lives on the event loop."""

    def __init__(self) -> None:
        self._waiting: deque[av.Packet[Any]] = deque(maxlen=_MOST_WAITING)
        self._gone = False
        self._awake = asyncio.Event()

    def put(self, packet: "av.Packet[Any]") -> None:
        """Never blocks."""
        self._waiting.append(packet)
        self._awake.set()

    def end(self) -> None:
        """Nothing comes any more."""
        self._gone = True
        self._awake.set()

    async def get(self) -> "av.Packet[Any] | None":
        """The next one, as soon as there is one; None at the end."""
        while not self._gone:
            if self._waiting:
                return self._waiting.popleft()
            self._awake.clear()
            await self._awake.wait()
        return None


class OpusSound:
    """Lives on the event loop; decoding and encoding are done in a thread of the loop's own, one batch at a time."""

    def __init__(self) -> None:
        self._listeners: set[SoundQueue] = set()
        self._format: AudioFormat | None = None
        self._encoder: OpusEncoder | None = None
        self._waiting: deque[AudioPacket] = deque(maxlen=_MOST_WAITING)
        self._running: asyncio.Future[list[av.Packet[Any]]] | None = None
        self._ticks = 0
        self._arrived: float | None = None
        self.encoded = 0

    def join(self) -> SoundQueue:
        """A listener more."""
        queue = SoundQueue()
        self._listeners.add(queue)
        return queue

    def leave(self, queue: SoundQueue) -> None:
        """No error if it is gone already; with the last one nothing is decoded any more."""
        self._listeners.discard(queue)
        queue.end()
        if not self._listeners:
            self._encoder = None
            self._waiting.clear()

    def begin(self, sound: AudioFormat | None) -> None:
        """A connection begins, with this sound or none."""
        self._format, self._encoder = sound, None
        self._waiting.clear()

    def take(self, packet: AudioPacket) -> None:
        """What the camera sent; nothing happens while nobody listens."""
        if self._format is not None and self._listeners:
            self._waiting.append(packet)
            self._go_on()

    def _go_on(self) -> None:
        if self._running is not None or not self._waiting or self._format is None:
            return
        batch = list(self._waiting)
        self._waiting.clear()
        if self._encoder is None:
            away = 0.0 if self._arrived is None else max(batch[0].arrived - self._arrived, 0.0)
            self._encoder = OpusEncoder(self._format, self._ticks + round(away * OPUS_RATE))
        self._arrived = batch[-1].arrived
        self._running = asyncio.get_running_loop().run_in_executor(None, self._encoder.take, batch)
        self._running.add_done_callback(self._came)

    def _came(self, running: "asyncio.Future[list[av.Packet[Any]]]") -> None:
        self._running = None
        if running.cancelled():
            return
        try:
            packets = running.result()
        except (av.FFmpegError, ValueError, OverflowError) as error:
            log.warning("the sound of a camera cannot be sent by WebRTC", reason=str(error))
            self._encoder = self._format = None  # silent until the next connection
            return
        for packet in packets:
            self._ticks = max(self._ticks, (packet.pts or 0) + _FRAME)
            for listener in self._listeners:
                listener.put(packet)
        self.encoded += len(packets)
        self._go_on()


class OpusEncoder:
    """From AAC; used by one thread at a time."""

    def __init__(self, sound: AudioFormat, begin_ticks: int) -> None:
        """Raises FFmpegError, ValueError when used with a format that is not what it says."""
        self._sound = sound
        self._ticks = begin_ticks
        self._next_pts: int | None = None
        self._decoder = AudioCodecContext.create("aac", "r")
        self._decoder.extradata = sound.decoder_config
        self._encoder = AudioCodecContext.create("libopus", "w")
        self._encoder.sample_rate, self._encoder.layout, self._encoder.format = OPUS_RATE, "stereo", "s16"
        self._encoder.bit_rate, self._encoder.time_base = _BITS, _TICKS
        self._resampler = AudioResampler(format="s16", layout="stereo", rate=OPUS_RATE, frame_size=_FRAME)

    def take(self, packets: "list[AudioPacket]") -> "list[av.Packet[Any]]":
        """What is complete with these; a damaged one is left out.  Raises FFmpegError, ValueError."""
        return [one for packet in packets for one in self._encoded(packet)]

    def _encoded(self, packet: AudioPacket) -> "Iterator[av.Packet[Any]]":
        missing = 0 if self._next_pts is None else packet.pts - self._next_pts
        if missing > _LONGEST_JITTER * self._sound.sample_rate:
            self._ticks += missing * OPUS_RATE // self._sound.sample_rate
        self._next_pts = packet.pts + packet.duration
        try:
            frames = self._decoder.decode(av.Packet(packet.data))
        except av.InvalidDataError:
            return
        for frame in frames:
            yield from self._of_frame(frame)

    def _of_frame(self, frame: "AudioFrame") -> "Iterator[av.Packet[Any]]":
        frame.pts = None
        for part in self._resampler.resample(frame):
            part.pts = None
            for encoded in self._encoder.encode(part):
                packet: av.Packet[Any] = av.Packet(bytes(encoded))
                packet.pts, packet.time_base = self._ticks, _TICKS
                self._ticks += _FRAME
                yield packet
