"""One camera's buffer, store and rows over memory adapters, with a store and a catalog that can be told to fail."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from doorstep.catalog.memory import MemoryCatalog
from doorstep.core.cause import Cause
from doorstep.core.delivery import Delivery
from doorstep.core.errors import CatalogUnavailable, StoreFull
from doorstep.core.event import Event, EventId
from doorstep.core.media import Packet, VideoFormat
from doorstep.core.rolling_buffer import RollingBuffer
from doorstep.mp4.recording import RecordingIndex, read_recording
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.health import HealthBoard
from doorstep.pipeline.recorder import Recorder
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.shelves.memory import MemoryShelf
from doorstep.stores.memory import MemoryBlob, MemoryStore
from fakes.footage import CAMERA, FORMAT, seconds
from fakes.instant_loop import LoopClock

EVENT = EventId("front-door-1")


def never() -> bool:
    """Fails at nothing."""
    return False


class FailingBlob(MemoryBlob):
    """A growing blob that fails before it does anything when its store does."""

    def __init__(self, store: "FailingStore", blob: bytearray) -> None:
        super().__init__(store, blob)
        self._failing = store

    def append(self, data: bytes) -> None:
        self._failing.check("append")
        super().append(data)

    def sync(self) -> None:
        self._failing.check("sync")
        super().sync()

    def close(self) -> None:
        self._failing.check("close")
        super().close()


class FailingStore(MemoryStore):
    """A memory store that refuses whenever `fails` says so; `calls` tells what was asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self.fails: Callable[[], bool] = never
        self.calls: list[str] = []

    def check(self, call: str) -> None:
        self.calls.append(call)
        if self.fails():
            msg = "There is no space left for recordings."
            raise StoreFull(msg)

    def create(self, key: str) -> "FailingBlob":
        self.check("create")
        return FailingBlob(self, super().create(key)._blob)

    def resume(self, key: str, size: int) -> "FailingBlob":
        self.check("resume")
        return FailingBlob(self, super().resume(key, size)._blob)

    def put(self, key: str, data: bytes) -> None:
        self.check(f"put {key}")
        super().put(key, data)

    def delete(self, key: str) -> None:
        self.check(f"delete {key}")
        super().delete(key)


class FailingCatalog(MemoryCatalog):
    """A `ports.Catalog` that refuses to be written whenever `fails` says so."""

    def __init__(self) -> None:
        super().__init__()
        self.fails: Callable[[], bool] = never
        self.saved: list[Event] = []

    def save_event(self, event: Event, deliveries: Sequence[Delivery] = ()) -> None:
        if self.fails():
            msg = "The disk is full."
            raise CatalogUnavailable(msg)
        self.saved.append(event)
        super().save_event(event, deliveries)


@dataclass
class RecordingHouse:
    """Everything between a camera's packets and the store; made on the loop."""

    clock: LoopClock
    shelf: MemoryShelf = field(default_factory=MemoryShelf)
    store: FailingStore = field(default_factory=FailingStore)
    catalog: FailingCatalog = field(default_factory=FailingCatalog)
    buffer: RollingBuffer = field(default_factory=lambda: RollingBuffer(120.0, 10_000_000))
    durability: float = 1.0

    def __post_init__(self) -> None:
        self.health = HealthBoard(self.clock)
        self.rows = EventRows(self.catalog, self.health, self.clock)
        self.camera = BufferedCamera(CAMERA, self.buffer, self.shelf, self.clock)
        self.recorder = Recorder(
            self.camera, self.store, self.rows, self.health, self.clock, durability=self.durability
        )
        self.camera.on_segment = self.recorder.segment_added
        self._dts = 0

    def connect(self, fmt: VideoFormat = FORMAT) -> None:
        """A connection begins; media times begin again."""
        self.clock.advance(0.001)  # no two connections begin in one instant
        self.camera.begin(fmt)
        self._dts = 0

    async def film(self, count: int, *, key_every: int = 4, fps: int = 4) -> None:
        """So many pictures of the open connection, in real time."""
        step = FORMAT.timescale // fps
        for _ in range(count):
            picture = Packet(
                data=f"picture {self._dts}".encode(),
                pts=self._dts,
                dts=self._dts,
                duration=step,
                key=self._dts // step % key_every == 0,
                arrived=self.clock.monotonic(),
            )
            self.camera.take(picture)
            self._dts += step
            await self.clock.sleep(step / FORMAT.timescale)

    def open_event(self, event_id: EventId = EVENT, pre_roll: float = 2.0) -> Event:
        """Somebody is seen now; the recording is wanted from `pre_roll` seconds ago on."""
        now = self.clock.now()
        event = Event(event_id, CAMERA, now, now, causes=(Cause.PERSON,))
        self.rows.decided(event)
        self.recorder.begin(event, now - seconds(pre_roll), now)
        return event

    def close_event(self, event: Event, ended_at: datetime | None = None) -> None:
        """It is over, now or at the time given."""
        latest = self.rows.latest(event.id) or event
        ended_at = ended_at or self.clock.now()
        closed = Event(event.id, event.camera, latest.started_at, latest.last_seen_at, ended_at, causes=event.causes)
        self.rows.decided(closed)
        self.recorder.finish(event.id, ended_at)

    def keys(self) -> list[str]:
        """Of every blob."""
        return sorted(self.store.keys())

    def read_back(self, key: str) -> RecordingIndex:
        """What the file alone tells, checked to the last byte."""
        return read_recording(
            lambda offset, length: self.store.read(key, offset, length), self.store.size(key), CAMERA, verify=True
        )
