"""One recording on its way to the store: which segments it still wants, and where they stand in its file.  No I/O."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from doorstep.core.clip import plan_clip
from doorstep.core.clock_state import Dating
from doorstep.core.event import Event, EventId, Recording
from doorstep.core.media import VideoFormat
from doorstep.core.redating import redated, redated_segment
from doorstep.core.rolling_buffer import RollingBuffer
from doorstep.core.segment import FARTHEST_FROM_PICTURE, Segment
from doorstep.mp4.recording import RecordingIndex, retimed
from doorstep.pipeline.recording_file import redated_label
from doorstep.ports import BlobWriter

LONG_AGO = datetime.min.replace(tzinfo=UTC)
JITTER = timedelta(seconds=0.01)
"""Less than a frame, and more than what the clock filter moves between two segments."""

SAME_FLOW_SECONDS = 0.5


@dataclass(slots=True)
class RecordingJob:
    """What is wanted of one recording, and how far it is.

    `seen` is the newest segment of the buffer that was taken or passed over, `tail` the newest in the file, as it
    stands there.  `head` holds the file's segments until `shown_from` is known.  `taken_up` says that `seen` comes from
    a former run's file, which counts its segments anew: such a one is found by its time.
    """

    event: EventId
    wanted_from: datetime
    first_sighting: datetime
    label: bytes
    until: datetime
    format: VideoFormat | None
    finished_at: float | None = None
    key: str = ""
    writer: BlobWriter | None = None
    seen: Segment | None = None
    tail: Segment | None = None
    head: list[Segment] = field(default_factory=list)
    shown_from: datetime | None = None
    unsynced: bool = False
    synced_at: float | None = None
    taken_up: bool = False
    waits: tuple[datetime, str] | None = None
    """Since when nothing could be written, and why."""

    @classmethod
    def of_former_run(
        cls, event: Event, index: RecordingIndex, writer: BlobWriter, until: datetime, now: float
    ) -> "RecordingJob":
        """The recording of an event that is over, and of which the buffer may hold the end; `now` is monotonic."""
        tail, recording = index.segments[-1].segment, event.recording
        return cls(
            event=event.id,
            wanted_from=recording.starts_at if recording is not None else tail.starts_at,
            first_sighting=event.started_at,
            label=index.label,
            until=until,
            format=index.format,
            finished_at=now,
            key=recording.key if recording is not None else "",
            writer=writer,
            seen=tail,
            tail=tail,
            shown_from=recording.starts_at if recording is not None else None,
            taken_up=True,
        )

    def redate_wish(self, dating: Dating) -> None:
        """The clock was set.  From when until when: at once, before anybody extends it by the clock as it is now."""
        self.wanted_from, self.until = dating.dated(self.wanted_from), dating.dated(self.until)
        self.first_sighting = dating.dated(self.first_sighting)

    def redate_kept(self, dating: Dating) -> None:
        """The same.  What is in the file and what was seen of the buffer; while no thread writes it."""
        self.seen, self.tail = redated_segment(self.seen, dating), redated_segment(self.tail, dating)
        self.head = [replace(one, starts_at=dating.dated(one.starts_at)) for one in self.head]
        self.shown_from = redated(self.shown_from, dating)
        if self.writer is None:  # the label stands before segments that are told as it is
            self.label = redated_label(self.label, dating)
        if self.waits is not None:
            self.waits = dating.dated(self.waits[0]), self.waits[1]

    def wanted(self, buffer: RollingBuffer) -> tuple[Segment, ...]:
        """What the buffer holds that is not in the file yet, in the buffer's order.

        Found by the place in the buffer, not by time: a clock that is set in mid-event neither repeats nor skips.
        """
        seen = self.seen
        if seen is None:
            return self._first_of(buffer)
        held = buffer.between(LONG_AGO, self.until)
        for place in range(len(held) - 1, -1, -1):
            if self._is(held[place], seen):
                return held[place + 1 :]
        return tuple(segment for segment in held if segment.starts_at >= seen.ends_at - JITTER)

    def _is(self, held: Segment, seen: Segment) -> bool:
        if self.taken_up:
            return (held.connection, held.starts_at) == (seen.connection, seen.starts_at)
        return (held.connection, held.sequence) == (seen.connection, seen.sequence)

    def _first_of(self, buffer: RollingBuffer) -> tuple[Segment, ...]:
        """From the key frame before the wanted start on; () until the buffer reaches that start.

        What a camera showed before it was gone is no lead-in to what it shows after that.
        """
        held = [one for one in buffer.since_key_frame_before(self.wanted_from) if one.starts_at < self.until]
        begin = next((place for place, one in enumerate(held) if one.ends_at > self.wanted_from), None)
        if begin is None:
            return ()
        if held[0].connection == held[begin].connection:
            return tuple(held)
        keyed = (place for place in range(begin, len(held)) if 1 in held[place].samples.keys)
        return tuple(held[next(keyed, len(held)) :])

    def placed(self, segment: Segment) -> Segment:
        """The segment on the file's own time line, which only rises, over connections too.

        It starts at 0, or where there may be sound as much later as sound may lie before the pictures it comes among.
        Wall time only rises too, whoever sets a clock back meanwhile: clips are cut by it.
        """
        return placed_behind(self.tail, segment)

    def passed(self, segment: Segment) -> None:
        """The segment is not for this file."""
        self.seen, self.taken_up = segment, False

    def took(self, segment: Segment, placed: Segment) -> None:
        """The segment is in the file, as `placed`."""
        self.passed(segment)
        self.tail, self.unsynced = placed, True
        if self.shown_from is None:
            self.head.append(placed)

    def recording(self) -> Recording:
        """The row of what is in the file; there is a writer, and at least one segment."""
        if self.writer is None or self.tail is None:
            msg = "a recording is described before it was begun"
            raise RuntimeError(msg)
        shown_from = self._first_shown(self.tail)
        return Recording(self.key, shown_from, max(min(self.until, self.tail.ends_at), shown_from), self.writer.size)

    @property
    def pre_roll(self) -> float:
        """Seconds from the first picture that the clip shows to the first sighting."""
        return max(0.0, (self.first_sighting - (self.shown_from or self.first_sighting)).total_seconds())

    def _first_shown(self, tail: Segment) -> datetime:
        if self.shown_from is None:
            self.shown_from = first_shown(self.head or [tail], self.wanted_from, max(self.until, tail.ends_at))
            self.head.clear()
        return self.shown_from


def placed_behind(tail: Segment | None, segment: Segment) -> Segment:
    """The segment on the time line of a file that ends with `tail`, or begins with it: see `RecordingJob.placed`."""
    if tail is None:
        return retimed(segment, FARTHEST_FROM_PICTURE * segment.timescale if segment.sample_rate else 0, 1)
    end = tail.first_dts + tail.duration
    apart = (segment.starts_at - tail.ends_at).total_seconds()
    if apart < -SAME_FLOW_SECONDS:
        segment = replace(segment, starts_at=tail.ends_at)
    continues = segment.connection == tail.connection and abs(apart) < SAME_FLOW_SECONDS
    first_dts = end if continues or apart <= 0 else end + round(apart * segment.timescale)
    return retimed(segment, first_dts, tail.sequence + 1)


def first_shown(segments: list[Segment], start: datetime, end: datetime) -> datetime:
    """When the first picture was taken that a clip of these segments of one file shows if it is to begin at `start`."""
    plan = plan_clip(segments, start, end, bridge_gaps=True)
    return plan.starts_at if plan is not None else segments[0].starts_at
