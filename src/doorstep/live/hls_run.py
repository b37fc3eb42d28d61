"""One camera's HLS while somebody watches it: takes packets as they come, keeps the window, and wakes who waits."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from doorstep.core.errors import MediaInvalid
from doorstep.core.media import AudioPacket, Packet, StreamItem, VideoFormat
from doorstep.live.hls_cutter import LONGEST_TARGET, Cut, CutPart, HlsCutter, is_whole, targets_of
from doorstep.live.hls_playlist import HlsTargets
from doorstep.live.hls_window import HlsPart, HlsSegment, HlsWindow
from doorstep.mp4.codec_string import codecs
from doorstep.mp4.fragment import fragment
from doorstep.mp4.init_segment import init_segment
from doorstep.ports import Clock


@dataclass(slots=True)
class HlsNumbers:
    """The next number of a segment, of a discontinuity and of an init segment; none is ever used again."""

    segment: int
    discontinuity: int
    init: int


@dataclass(slots=True)
class _Connection:
    """What is known of the connection that is read now; `lead` is by how much our time is ahead of the camera's."""

    format: VideoFormat
    init: int = -1
    cutter: HlsCutter | None = None
    first: list[Packet | AudioPacket] = field(default_factory=list)
    origin: int | None = None
    sequence: int = 1
    lead: float = float("inf")
    last_lead: float = float("inf")


class HlsRun:
    """A `PacketSink`, on the event loop alone.  The bounds are those of the first segment that was whole."""

    def __init__(self, clock: Clock, numbers: HlsNumbers) -> None:
        """`numbers` goes on counting when the next run begins."""
        self._clock = clock
        self._numbers = numbers
        self._connection: _Connection | None = None
        self._begins_anew = False
        self._changed = asyncio.Event()
        self.window: HlsWindow | None = None
        self.gone = False
        self.asked_at = clock.monotonic()

    # ------------------------------------------------------------------------------------------ from the pipeline

    def take(self, item: StreamItem) -> None:
        """As the port says."""
        if isinstance(item, VideoFormat):
            self.disconnected()
            self._connection = _Connection(item) if _is_tellable(item) else None
            return
        connection = self._connection
        if connection is None:
            return
        if connection.cutter is None:
            self._collect(connection, item)
        elif isinstance(item, AudioPacket):
            connection.cutter.add_sound(item)
        elif connection.cutter.is_stall(item):
            self.disconnected()
            self._connection = _Connection(connection.format)
            self.take(item)
        else:
            self._keep(connection, connection.cutter.add(item))

    def disconnected(self) -> None:
        """As the port says: what is cut so far stays, and what comes next begins anew."""
        connection, self._connection = self._connection, None
        if connection is not None and connection.cutter is not None:
            self._keep(connection, connection.cutter.finish())
            self._begins_anew = True

    def removed(self) -> None:
        """As the port says."""
        self.gone = True
        self._wake()

    # ------------------------------------------------------------------------------------------------ for viewers

    async def until(self, is_there: Callable[[], bool], seconds: float) -> bool:
        """Wait until that holds, so long at most, or until the camera is gone; whether it holds."""
        try:
            async with asyncio.timeout(seconds):
                while not (is_there() or self.gone):
                    await self._changed.wait()
        except TimeoutError:
            return False
        return is_there()

    def hint(self) -> tuple[int, int] | None:
        """The part that comes next, by segment and part; None while the camera is away."""
        window, connection = self.window, self._connection
        if window is None or connection is None or connection.cutter is None:
            return None
        growing = window.open
        return (growing.number, len(growing.parts)) if growing is not None else (self._numbers.segment, 0)

    # ------------------------------------------------------------------------------------------------------------

    def _collect(self, connection: _Connection, item: Packet | AudioPacket) -> None:
        """Before the first picture of a connection; and of the first connection until the bounds are known."""
        timescale = connection.format.timescale
        targets = self.window.targets if self.window is not None else None
        pictures = [packet for packet in connection.first if isinstance(packet, Packet)]
        if isinstance(item, Packet) and pictures and item.dts - pictures[-1].dts > LONGEST_TARGET * timescale:
            connection.first.clear()
        if not connection.first and not (isinstance(item, Packet) and item.key):
            return
        may_be_whole = targets is None and bool(connection.first)
        if may_be_whole and isinstance(item, Packet) and is_whole(pictures, item, timescale):
            targets = targets_of(pictures, item, timescale)
            self.window = HlsWindow(targets)
        connection.first.append(item)
        if targets is not None:
            self._begin(connection, targets)

    def _begin(self, connection: _Connection, targets: HlsTargets) -> None:
        connection.cutter = HlsCutter(targets, connection.format.timescale)
        first, connection.first = connection.first, []
        for item in first:
            self.take(item)

    def _keep(self, connection: _Connection, cuts: Sequence[Cut]) -> None:
        for cut in cuts:
            if isinstance(cut, CutPart):
                self._keep_part(connection, cut)
            else:
                self._end_segment(connection)
        if cuts:
            self._wake()

    def _keep_part(self, connection: _Connection, cut: CutPart) -> None:
        window = self.window
        if window is None:
            return
        try:
            data = self._fragment_of(connection, cut)
        except MediaInvalid:  # times that no file can hold: the picture jumps, and goes on
            return
        segment = window.open or self._open_segment(window, connection, cut)
        seconds = cut.ticks / connection.format.timescale
        segment.add(HlsPart(data, seconds, cut.packets[0].key))

    def _fragment_of(self, connection: _Connection, cut: CutPart) -> bytes:
        """What is heard before the first picture is decoded has no place in the file."""
        if connection.origin is None:
            connection.origin = cut.packets[0].dts
        sound = connection.format.audio
        began = connection.origin * sound.sample_rate // connection.format.timescale if sound else 0
        audio = [packet for packet in cut.audio if packet.pts >= began] if sound else []
        first_pts = audio[0].pts - began if audio else 0
        first_dts = cut.packets[0].dts - connection.origin
        piece = fragment(connection.sequence, first_dts, cut.packets, audio, first_pts)
        connection.sequence += 1
        timescale = connection.format.timescale
        connection.lead = min(connection.lead, *(one.arrived - one.dts / timescale for one in cut.packets))
        return piece.data

    def _open_segment(self, window: HlsWindow, connection: _Connection, cut: CutPart) -> HlsSegment:
        numbers = self._numbers
        if connection.init < 0:
            connection.init, numbers.init = numbers.init, numbers.init + 1
            window.inits[connection.init] = connection.format, init_segment(connection.format)
            numbers.discontinuity += self._begins_anew
        begins_anew, self._begins_anew = self._begins_anew, False
        segment = HlsSegment(
            number=numbers.segment,
            init=connection.init,
            discontinuity=numbers.discontinuity,
            begins_anew=begins_anew,
            starts_at=self._taken_at(connection, cut.packets[0]),
        )
        numbers.segment += 1
        window.listed.append(segment)
        return segment

    def _taken_at(self, connection: _Connection, packet: Packet) -> datetime:
        """The wall time of a picture: by those of this segment and the one before that came with the least delay."""
        arrived = min(connection.lead, connection.last_lead) + packet.dts / connection.format.timescale
        return self._clock.now() - timedelta(seconds=self._clock.monotonic() - arrived)

    def _end_segment(self, connection: _Connection) -> None:
        connection.last_lead, connection.lead = connection.lead, float("inf")
        if self.window is not None and self.window.open is not None:
            self.window.open.whole = True
            self.window.trim()

    def _wake(self) -> None:
        awake, self._changed = self._changed, asyncio.Event()
        awake.set()


def _is_tellable(fmt: VideoFormat) -> bool:
    """Whether a playlist can say what must be decoded: not where the camera's record is cut off."""
    try:
        return bool(codecs(fmt))
    except MediaInvalid:
        return False
