"""A RecordingHouse whose camera is recorded round the clock, and what its minute files hold."""

from dataclasses import dataclass
from itertools import pairwise

from doorstep.core.recorded_span import RecordedSpan, camera_of_minute
from doorstep.core.segment import Segment
from doorstep.pipeline.continuous import ContinuousRecorder
from fakes.footage import CAMERA, NOON, seconds
from fakes.recording_house import RecordingHouse


@dataclass
class AlwaysHouse(RecordingHouse):
    """`record = "always"`."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.recorder: ContinuousRecorder = ContinuousRecorder(
            self.camera, self.store, self.rows, self.health, self.clock, durability=self.durability
        )
        self.camera.on_segment = self.recorder.segment_added

    def minutes(self) -> list[str]:
        """The keys of all minute files."""
        return [key for key in self.keys() if camera_of_minute(key)]

    def spans(self) -> list[RecordedSpan]:
        """Their rows."""
        return list(self.catalog.recorded(CAMERA, NOON - seconds(86_400), NOON + seconds(86_400 * 2)))

    def recorded_segments(self) -> list[Segment]:
        """Of all files, in the order of time."""
        return [one.segment for key in self.minutes() for one in self.read_back(key).segments]

    def holes(self) -> list[tuple[Segment, Segment]]:
        """Where one segment does not follow the other."""
        kept = self.recorded_segments()
        follows = [(one.connection, one.sequence + 1) == (two.connection, two.sequence) for one, two in pairwise(kept)]
        return [pair for pair, joined in zip(pairwise(kept), follows, strict=True) if not joined]
