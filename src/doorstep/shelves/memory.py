"""A shelf in this process's own memory: for tests and small things; nothing of it outlives the process."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from doorstep.core.camera import CameraId
from doorstep.core.errors import BlobMissing, StoreUnavailable
from doorstep.core.media import VideoFormat
from doorstep.core.segment import ConnectionId, Segment
from doorstep.ports import ShelvedConnection


@dataclass(slots=True)
class _Row:
    """The fragments of one connection, by sequence."""

    format: VideoFormat
    fragments: dict[int, tuple[Segment, bytes]] = field(default_factory=dict)


class MemoryShelf:
    """Implements `ports.SegmentShelf` with a dictionary."""

    def __init__(self) -> None:
        self._rows: dict[tuple[CameraId, ConnectionId], _Row] = {}

    def open(self, camera: CameraId, connection: ConnectionId, fmt: VideoFormat) -> None:
        """Begin a connection."""
        self._rows[camera, connection] = _Row(fmt)

    def put(self, segment: Segment, fragment: bytes) -> None:
        """Keep one fragment.  Raises StoreUnavailable where its connection was not opened."""
        row = self._rows.get((segment.camera, segment.connection))
        if row is None:
            msg = f"nothing can be kept of the connection {segment.connection!r}: it was not opened"
            raise StoreUnavailable(msg)
        row.fragments[segment.sequence] = (segment, fragment)

    def read(self, segment: Segment, offset: int, length: int) -> bytes:
        """Bytes of the fragment.  Raises BlobMissing when it is gone or shorter."""
        row = self._rows.get((segment.camera, segment.connection))
        _, fragment = row.fragments.get(segment.sequence, (segment, b"")) if row else (segment, b"")
        if not 0 <= offset <= offset + length <= len(fragment):
            msg = "this part of the buffer was overwritten by newer video"
            raise BlobMissing(msg)
        return fragment[offset : offset + length]

    def remove(self, segment: Segment) -> None:
        """Forget one fragment."""
        row = self._rows.get((segment.camera, segment.connection))
        if row is not None:
            row.fragments.pop(segment.sequence, None)

    def close(self, camera: CameraId, connection: ConnectionId) -> None:
        """Forget a connection of which no segment is left."""
        row = self._rows.get((camera, connection))
        if row is not None and not row.fragments:
            del self._rows[camera, connection]

    def reindex(self) -> Sequence[ShelvedConnection]:
        """What is there; a connection without a segment is removed."""
        self._rows = {key: row for key, row in self._rows.items() if row.fragments}
        found = [
            ShelvedConnection(
                camera, connection, row.format, tuple(row.fragments[key][0] for key in sorted(row.fragments))
            )
            for (camera, connection), row in self._rows.items()
        ]
        return sorted(found, key=lambda shelved: shelved.segments[0].starts_at)
