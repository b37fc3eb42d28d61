"""Packets in, segments on the shelf and in the rolling buffer.  The format of a fragment lives in `mp4`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from doorstep.core.camera import CameraId
from doorstep.core.errors import BlobMissing, MediaInvalid, StoreFull, StoreUnavailable
from doorstep.core.media import Packet, VideoFormat
from doorstep.core.rolling_buffer import RollingBuffer
from doorstep.core.segment import ConnectionId, Segment, SegmentCutter
from doorstep.core.wall_time import WallTime
from doorstep.mp4.fragment import fragment
from doorstep.ports import Clock, Frame, SegmentShelf, ShelvedConnection

FARTHEST_FROM_ARRIVAL = timedelta(seconds=2)


@dataclass(slots=True)
class OpenConnection:
    """What is known of the connection that is read now.

    `origin` is the first packet's decode time: files count from there, for a stream may begin at any time, and one
    with B-frames before zero.
    """

    id: ConnectionId
    format: VideoFormat
    cutter: SegmentCutter
    wall_time: WallTime
    on_shelf: bool = False
    sequence: int = 1
    origin: int | None = None
    starts_at: datetime | None = None


class BufferedCamera:
    """The last minutes of one camera: its rolling buffer, the bytes behind it, and the second that is still open."""

    def __init__(self, camera: CameraId, buffer: RollingBuffer, shelf: SegmentShelf, clock: Clock) -> None:
        self.camera = camera
        self.buffer = buffer
        self._shelf = shelf
        self._clock = clock
        self.on_segment: Callable[[], None] = _nobody
        self._formats: dict[ConnectionId, VideoFormat] = {}
        self._open: OpenConnection | None = None
        self.format: VideoFormat | None = None
        self.lost_segments = 0
        self.store_fault: str | None = None

    # ------------------------------------------------------------------------------------------------ coming in

    def restore(self, connections: Sequence[ShelvedConnection]) -> None:
        """Take over what survived a restart."""
        self._formats.update({shelved.connection: shelved.format for shelved in connections})
        segments = [segment for shelved in connections for segment in shelved.segments]
        self._forget(self.buffer.restore(sorted(segments, key=lambda segment: segment.starts_at)))

    def begin(self, fmt: VideoFormat) -> None:
        """A new connection, or a new format within one: what was open is closed first."""
        self.end()
        connection = ConnectionId(f"{self._clock.now():%Y%m%dT%H%M%S%f}")
        self._formats[connection] = self.format = fmt
        self._open = OpenConnection(connection, fmt, SegmentCutter(fmt.timescale), WallTime())

    def take(self, packet: Packet) -> None:
        """One packet of the open connection.  Raises MediaInvalid where its times cannot be those of a video."""
        connection = self._connection()
        if connection.origin is None:
            connection.origin = packet.dts
        finished = connection.cutter.add(packet)
        if finished:
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
            if rest:
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
        if connection is None or connection.starts_at is None or not connection.cutter.pending:
            return arrived
        since = frame.at - connection.cutter.pending[0].dts / connection.format.timescale
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
        arrived = self._clock.now() - timedelta(seconds=self._clock.monotonic() - packet.arrived)
        return connection.wall_time.observe(packet.dts / connection.format.timescale, arrived)

    def _shelve(self, connection: OpenConnection, packets: tuple[Packet, ...]) -> None:
        segment, data = self._segment_of(connection, packets)
        connection.sequence += 1
        connection.starts_at = None
        try:
            self._put(connection, segment, data)
        except StoreUnavailable as error:
            self.lost_segments += 1
            self.store_fault = str(error)
            return
        self.store_fault = None
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

    def _segment_of(self, connection: OpenConnection, packets: tuple[Packet, ...]) -> tuple[Segment, bytes]:
        if connection.starts_at is None:
            connection.starts_at = self._anchor(connection, packets[0])
        first_dts = packets[0].dts - (connection.origin or 0)
        piece = fragment(connection.sequence, first_dts, packets)
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
        if connection is None or not connection.cutter.pending:
            return None
        return self._segment_of(connection, connection.cutter.pending)


def _nobody() -> None:
    """Who listens before somebody does."""
