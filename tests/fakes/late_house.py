"""A recording house on a machine whose clock is set late."""

from doorstep.core.clock_state import ClockReading
from doorstep.pipeline.clock_watch import ClockWatch
from doorstep.pipeline.event_rows import EventRows
from doorstep.pipeline.recorder import Recorder
from fakes.recording_house import RecordingHouse


class LateHouse(RecordingHouse):
    """A machine whose clock is not set yet."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.is_set = False
        self.watch = ClockWatch(self.read, self.health, self.clock, "this boot")
        self.rows = EventRows(self.catalog, self.health, self.clock, self.watch)
        parts = self.camera, self.store, self.rows, self.health, self.clock
        self.recorder = Recorder(*parts, durability=self.durability)
        self.camera.on_segment = self.recorder.segment_added
        self.watch.on_dated += [self.camera.redate, self.recorder.redate]

    def read(self) -> ClockReading:
        return ClockReading(self.clock.now(), self.clock.monotonic(), self.is_set)

    def set_clock(self, by: float) -> None:
        self.clock.set_wall(by)
        self.is_set = True
        self.watch.look()
