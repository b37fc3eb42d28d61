"""Packets in, segments on the shelf and in the rolling buffer.  The format of a fragment lives in `mp4`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zlib import crc32

from doorstep.core.camera import CameraId
from doorstep.core.clock_state import Dating
from doorstep.core.errors import BlobMissing, MediaInvalid, StoreFull, StoreUnavailable
from doorstep.core.media import AudioPacket, Packet, VideoFormat
from doorstep.core.rolling_buffer import RollingBuffer
from doorstep.core.segment import ConnectionId, Cut, Segment, SegmentCutter
from doorstep.core.wall_time import WallTime
from doorstep.media.splice import as_beginning
from doorstep.mp4.fragment import fragment
from doorstep.ports import Clock, Frame, SegmentShelf, ShelvedConnection

FARTHEST_FROM_ARRIVAL = timedelta(seconds=2)


@dataclass(slots=True)
class OpenConnection:
    """What is known of the connection that is read now.

    `origin` is the first packet's decode time: files count from there, for a stream may begin at any time, and one
    with B-frames before zero.  `shown_from` is the presentation time of the first key frame.  `corrected` is by
    how much the clock was set since the connection began, while it was a guess; `booted_at` tells a step of another.
    """

    id: ConnectionId
    format: VideoFormat
    cutter: SegmentCutter
    wall_time: WallTime
    on_shelf: bool = False
    sequence: int = 1
    origin: int | None = None
    shown_from: int | None = None
    starts_at: datetime | None = None
    ended_at: datetime | None = None
    corrected: timedelta = timedelta(0)
    booted_at: datetime | None = None

    def stepped(self, booted_at: datetime) -> bool:
        """Whether the clock was set since it was asked last: then no packet from before vouches for those that come."""
        before, self.booted_at = self.booted_at, booted_at
        if before is None or abs(booted_at - before) <= FARTHEST_FROM_ARRIVAL:
            return False
        self.wall_time, self.corrected = WallTime(), timedelta(0)
        return True

    def begin_with(self, packet: Packet) -> Packet:
        """Take the first packet's times; the packet as it may stand behind another connection's."""
        self.origin = packet.dts
        if not packet.key:
            return packet
        self.shown_from = packet.pts
        return replace(packet, data=as_beginning(self.format.codec, packet.data))

    def redate(self, dating: Dating) -> None:
        """What is known of its times was told by a guess, by which the filter goes on."""
        self.corrected += dating.correction
        self.booted_at = None if self.booted_at is None else dating.dated(self.booted_at)
        self.starts_at = None if self.starts_at is None else dating.dated(self.starts_at)
        self.ended_at = None if self.ended_at is None else dating.dated(self.ended_at)

    def leads(self, packet: Packet) -> bool:
        """Whether a picture is shown before the key frame with which the connection begins.

        So are the leading pictures of an open GOP (H.265, 3.71: RASL), which need a GOP that nobody has: shown in the
        middle of a recording, behind another connection's pictures, they would be decoded from those.
        """
        return self.shown_from is not None and packet.pts < self.shown_from


class BufferedCamera:
    """The last minutes of one camera: its rolling buffer, the bytes behind it, and the second that is still open."""

    def __init__(self, camera: CameraId, buffer: RollingBuffer, shelf: SegmentShelf, clock: Clock) -> None:
        self.camera = camera
        self.buffer = buffer
        self._shelf = shelf
        self._clock = clock
        self.on_segment: Callable[[], None] = _nobody
        self.on_reanchor: Callable[[datetime, datetime], None] = _nobody
        """Told when wall time begins anew within a connection: when the last segment ended, and when the next begins.

        The second may be before the first: a clock was set back.
        """
        self.on_kept_again: Callable[[datetime, datetime, str], None] = _nobody
        """Told when a segment is kept after some were lost: since when, until when, and why."""
        self._formats: dict[ConnectionId, VideoFormat] = {}
        self._open: OpenConnection | None = None
        self.format: VideoFormat | None = None
        self.lost_segments = 0
        self.store_fault: str | None = None
        self._lost_since: datetime | None = None

    # ------------------------------------------------------------------------------------------------ coming in

    def restore(self, connections: Sequence[ShelvedConnection]) -> None:
        """Take over what survived a restart."""
        self._formats.update({shelved.connection: shelved.format for shelved in connections})
        self._forget(self.buffer.restore(segment for shelved in connections for segment in shelved.segments))

    def limit(self, max_bytes: int) -> None:
        """Hold at most so many bytes; what is too much goes at once, also of a camera that is off."""
        self.buffer.limit(max_bytes)
        self._forget(self.buffer.overflow())

    def redate(self, dating: Dating) -> None:
        """All that is kept was told by a guess; it gets its right time, here and in answers.

        The shelf's own records keep the guess: a restart of the program in this boot finds it there again.
        """
        self.buffer.redate(dating)
        if self._lost_since is not None:
            self._lost_since = dating.dated(self._lost_since)
        if self._open is not None:
            self._open.redate(dating)

    def begin(self, fmt: VideoFormat) -> None:
        """A new connection, or a new format within one: what was open is closed first."""
        self.end()
        self._lost_since = None  # what is missing before a connection is told with its first picture
        connection = ConnectionId(f"{self._clock.now():%Y%m%dT%H%M%S%f}")
        self._formats[connection] = self.format = fmt
        cutter = SegmentCutter(fmt.timescale, fmt.audio.sample_rate if fmt.audio else 0)
        self._open = OpenConnection(connection, fmt, cutter, WallTime())

    def take(self, packet: Packet | AudioPacket) -> None:
        """One packet of the open connection.  Raises MediaInvalid where its times cannot be those of a video.

        Sound never raises: what does not fit the picture is left out.
        """
        connection = self._connection()
        if isinstance(packet, AudioPacket):
            connection.cutter.add_audio(packet)
            return
        if connection.origin is None:
            packet = connection.begin_with(packet)
        elif connection.leads(packet):
            return
        finished = connection.cutter.add(packet)
        if finished is not None:
            self._shelve(connection, finished)
        if connection.starts_at is None:
            connection.starts_at = self._anchor(connection, packet)

    def end(self) -> None:
        """The connection is over; what is collected becomes a last, shorter segment."""
        connection = self._open
        if connection is None:
            return
        rest = connection.cutter.flush()
        try:
            if rest is not None:
                self._shelve(connection, rest)
        except MediaInvalid:
            self.lost_segments += 1  # it ends because of its times, and leaves no more
        finally:
            self._open = None

    def wall_of(self, frame: Frame) -> datetime:
        """When a frame was taken: by its place in the open connection.

        Where that is far from when it arrived, it is of another connection, and its arrival must serve.
        """
        arrived = self._clock.now() - timedelta(seconds=self._clock.monotonic() - frame.captured_at)
        connection = self._open
        first = connection.cutter.first if connection is not None else None
        if connection is None or connection.starts_at is None or first is None:
            return arrived
        since = frame.at - first.dts / connection.format.timescale
        taken = connection.starts_at + timedelta(seconds=since)
        return taken if abs(taken - arrived) <= FARTHEST_FROM_ARRIVAL else arrived

    @property
    def connected(self) -> bool:
        """Whether a connection is open."""
        return self._open is not None

    def _connection(self) -> OpenConnection:
        if self._open is None:
            msg = "a packet came before its format"
            raise RuntimeError(msg)
        return self._open

    def _anchor(self, connection: OpenConnection, packet: Packet) -> datetime:
        booted_at = self._clock.now() - timedelta(seconds=self._clock.monotonic())
        arrived = booted_at + timedelta(seconds=packet.arrived)
        stepped = connection.stepped(booted_at)
        at = packet.dts / connection.format.timescale
        begins = connection.wall_time.observe(at, arrived - connection.corrected) + connection.corrected
        if (stepped or connection.wall_time.reanchored) and connection.ended_at is not None:
            self.on_reanchor(connection.ended_at, begins)
        return begins

    def _shelve(self, connection: OpenConnection, cut: Cut) -> None:
        segment, data = self._segment_of(connection, cut)
        connection.sequence += 1
        connection.starts_at, connection.ended_at = None, segment.ends_at
        try:
            self._put(connection, segment, data)
        except StoreUnavailable as error:
            self.lost_segments += 1
            self.store_fault = str(error)
            self._lost_since = self._lost_since or segment.starts_at
            return
        if self._lost_since is not None and self.store_fault is not None:
            self.on_kept_again(self._lost_since, segment.starts_at, self.store_fault)
        self.store_fault = self._lost_since = None
        self._forget(self.buffer.append(segment))
        self.on_segment()

    def _put(self, connection: OpenConnection, segment: Segment, data: bytes) -> None:
        """Raises StoreUnavailable."""
        try:
            self._put_once(connection, segment, data)
        except StoreFull:
            # The shelf is full before the budget is: give up the oldest tenth, so that the newest seconds are kept.
            self._forget(self.buffer.drop_oldest(max(1, len(self.buffer) // 10)))
            self._put_once(connection, segment, data)

    def _put_once(self, connection: OpenConnection, segment: Segment, data: bytes) -> None:
        if not connection.on_shelf:
            self._shelf.open(self.camera, connection.id, connection.format)
            connection.on_shelf = True
        self._shelf.put(segment, data)

    def _segment_of(self, connection: OpenConnection, cut: Cut) -> tuple[Segment, bytes]:
        if connection.starts_at is None:
            connection.starts_at = self._anchor(connection, cut.packets[0])
        origin = connection.origin or 0
        first_dts = cut.packets[0].dts - origin
        sample_rate = connection.format.audio.sample_rate if connection.format.audio else 0
        began = origin * sample_rate // connection.format.timescale
        # What is heard before the connection's first picture is decoded has no place in a file that begins there.
        audio = [packet for packet in cut.audio if packet.pts >= began]
        first_pts = audio[0].pts - began if audio else 0
        piece = fragment(connection.sequence, first_dts, cut.packets, audio, first_pts)
        segment = Segment(
            camera=self.camera,
            connection=connection.id,
            sequence=connection.sequence,
            timescale=connection.format.timescale,
            first_dts=first_dts,
            starts_at=connection.starts_at,
            samples=piece.samples,
            data_offset=piece.data_offset,
            size=len(piece.data),
            sample_rate=sample_rate,
            audio=piece.audio,
            crc=crc32(piece.data),
        )
        return segment, piece.data

    def _forget(self, segments: tuple[Segment, ...]) -> None:
        kept = self.buffer.connections | ({self._open.id} if self._open else set())
        gone = self._formats.keys() - kept
        for connection in gone:
            del self._formats[connection]
        try:
            for segment in segments:
                self._shelf.remove(segment)
            for connection in gone:
                self._shelf.close(self.camera, connection)
        except StoreUnavailable as error:  # what is left on the shelf, the next start removes
            self.store_fault = str(error)

    # ------------------------------------------------------------------------------------------------ going out

    def format_of(self, segment: Segment) -> VideoFormat:
        """The format of the segment's connection.  Raises BlobMissing when it was forgotten."""
        try:
            return self._formats[segment.connection]
        except KeyError:
            msg = "this part of the buffer was overwritten by newer video"
            raise BlobMissing(msg) from None

    def read(self, segment: Segment, offset: int, length: int) -> bytes:
        """Bytes of a shelved fragment.  Raises BlobMissing."""
        return self._shelf.read(segment, offset, length)

    def open_second(self) -> tuple[Segment, bytes] | None:
        """The newest second as it stands now, whole as a fragment, though not on the shelf."""
        connection = self._open
        pending = connection.cutter.pending if connection is not None else None
        return self._segment_of(connection, pending) if connection is not None and pending is not None else None


def _nobody(*_told: object) -> None:
    """Who listens before somebody does."""
