"""A file read as a camera into a rolling buffer and a recording, and the clips that come out again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from doorstep.core.clip import ClipPlan, plan_clip
from doorstep.core.media import Packet, StreamItem, VideoFormat
from doorstep.core.rolling_buffer import RollingBuffer
from doorstep.core.segment import Segment
from doorstep.media.audio import open_audio
from doorstep.media.container import open_file
from doorstep.media.demux import demux
from doorstep.mp4.fragment import retime_fragment
from doorstep.mp4.movie import movie, pieces
from doorstep.mp4.recording import entry, header, read_recording
from doorstep.pipeline.recording_job import RecordingJob
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.shelves.memory import MemoryShelf
from fakes.footage import CAMERA, NOON, seconds
from fakes.instant_loop import LoopClock
from fakes.recording_house import EVENT


def items_of(path: Path) -> list[StreamItem]:
    """Everything that a file yields, its sound too."""
    with open_file(path) as container:
        return list(demux(container, LoopClock(), what=path.name, open_audio=open_audio))


@dataclass(frozen=True, slots=True)
class FoundClip:
    """A clip, its plan, and the connection's beginning to which its times relate."""

    plan: ClipPlan
    data: bytes


class KeptFilm:
    """One camera whose packets arrive when they are decoded."""

    def __init__(self) -> None:
        self.clock = LoopClock()
        self.camera = BufferedCamera(CAMERA, RollingBuffer(600.0, 1 << 30), MemoryShelf(), self.clock)
        self.began: datetime = NOON

    def take(self, items: Iterable[StreamItem]) -> None:
        """One connection, or several."""
        begun, first, timescale = self.clock.monotonic(), None, 1
        for item in items:
            if isinstance(item, VideoFormat):
                begun, first, timescale = self.clock.monotonic(), None, item.timescale
                self.began = self.clock.now()
                self.camera.begin(item)
                continue
            if isinstance(item, Packet):
                first = item.dts if first is None else first
                self.clock.advance(max(0.0, begun + (item.dts - first) / timescale - self.clock.monotonic()))
            self.camera.take(replace(item, arrived=self.clock.monotonic()))
        self.camera.end()

    def segments(self) -> Sequence[Segment]:
        """All that is kept."""
        return self.camera.buffer.between(self.clock.now() - seconds(10_000), self.clock.now() + seconds(10_000))

    def clip(self, start: float, end: float) -> FoundClip:
        """Out of the buffer, in seconds after the last connection began."""
        plan = plan_clip(self.segments(), self.began + seconds(start), self.began + seconds(end))
        assert plan is not None
        fmt = self.camera.format_of(plan.runs[0].segment)
        head = movie(fmt, plan, plan.ends_at)
        parts = pieces(head, 0, head.size)
        data = [
            one if isinstance(one, bytes) else self.camera.read(one.segment, one.offset, one.length) for one in parts
        ]
        return FoundClip(plan, b"".join(data))

    def recording(self) -> bytes:
        """Everything in one file, as the recorder lays it out."""
        segments = self.segments()
        fmt = self.camera.format_of(segments[0])
        job = RecordingJob(EVENT, NOON, NOON, b"", NOON, fmt)
        file = header(fmt, b"")
        for segment in segments:
            placed = job.placed(segment)
            first_pts = placed.audio.first_pts if placed.audio else 0
            data = self.camera.read(segment, 0, segment.size)
            file += entry(placed, retime_fragment(data, placed.first_dts, placed.sequence, first_pts))
            job.took(segment, placed)
        return file


def clip_of_recording(file: bytes, start: datetime, end: datetime) -> FoundClip:
    """A clip out of a recording's bytes alone."""
    index = read_recording(lambda at, count: file[at : at + count], len(file), CAMERA, verify=True)
    plan = plan_clip([one.segment for one in index.segments], start, end, bridge_gaps=True)
    assert plan is not None
    offsets = {one.segment.sequence: one.offset for one in index.segments}
    head = movie(index.format, plan, plan.ends_at)
    data = b""
    for piece in pieces(head, 0, head.size):
        if isinstance(piece, bytes):
            data += piece
        else:
            begin = offsets[piece.segment.sequence] + piece.offset
            data += file[begin : begin + piece.length]
    return FoundClip(plan, data)
