"""A data folder with recordings whose key frames carry numbers, and a detector that sees who the test says."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from doorstep.app.folders import catalog_url
from doorstep.catalog.engine import open_engine
from doorstep.catalog.sql import SqlCatalog
from doorstep.catalog.upgrade import upgrade
from doorstep.core.alert import Alert, AlertId
from doorstep.core.cause import Cause
from doorstep.core.delivery import Delivery, DeliveryState
from doorstep.core.detection import PERSON, Box, Detection, Thresholds
from doorstep.core.event import Event, EventId
from doorstep.core.explanation import Explanation, Verdict
from doorstep.core.media import Codec, VideoFormat
from doorstep.core.recorded_span import RecordedSpan
from doorstep.core.recording import Recording
from doorstep.core.segment import ConnectionId
from doorstep.mp4.recording import entry, header
from doorstep.ports import Frame
from doorstep.stores.local import LocalStore
from fakes.footage import BITS, CAMERA, NOON, WIDTH, real_stream, segment_of

TIMESCALE = 1000
THRESHOLDS = Thresholds(open=0.35, keep=0.22)
PLACE = Box(0.4, 0.2, 0.6, 0.8)


def stretched() -> tuple[VideoFormat, list[bytes]]:
    """The format, and the samples of 120 numbered pictures, each a key frame."""
    fmt, packets = real_stream(Codec.H264, 120, 1, 0)
    return replace(fmt, timescale=TIMESCALE), [packet.data for packet in packets]


def recording(numbers: Sequence[int], begin: datetime, *, every: float = 1.0, connection: str = "c1") -> bytes:
    """A file of these pictures, a segment each, the first at `begin` and one `every` so many seconds."""
    fmt, samples = stretched()
    packets = real_stream(Codec.H264, 120, 1, 0)[1]
    ticks = round(every * TIMESCALE)
    file = header(fmt, b"")
    for place, number in enumerate(numbers):
        packet = replace(packets[number], data=samples[number], pts=place * ticks, dts=place * ticks, duration=ticks)
        starts_at = begin + timedelta(seconds=place * every)
        name = ConnectionId(connection)
        segment, piece = segment_of([packet], sequence=place + 1, starts_at=starts_at, connection=name)
        file += entry(segment, piece)
    return file


def number_in(frame: Frame) -> int:
    """What the picture shows."""
    plane = frame.luma()
    rows = np.frombuffer(plane.pixels, np.uint8)[: plane.stride * plane.height].reshape(plane.height, plane.stride)
    bits = rows[plane.height // 2, WIDTH // BITS // 2 : WIDTH : WIDTH // BITS]
    return sum(1 << bit for bit in range(BITS) if bits[bit] > 127)


def somebody(score: float) -> Detection:
    """Who stands in the middle."""
    return Detection(PERSON, score, PLACE)


@dataclass
class NumberedDetector:
    """Implements `ports.Detector`: who is there is what the test says of the number in the picture."""

    scores: Callable[[int], float]
    looked: list[int] = field(default_factory=list)
    name: str = "numbered"
    thresholds: Thresholds = THRESHOLDS

    def detect(self, frame: Frame, least: float) -> Sequence[Detection]:
        number = number_in(frame)
        self.looked.append(number)
        score = self.scores(number)
        return [somebody(score)] if score >= least else []


@dataclass
class RestlessScorer:
    """Implements `ports.MotionScorer`: it always moves."""

    moves: float = 0.5

    def score(self, frame: Frame) -> float:
        del frame
        return self.moves


class TunedHouse:
    """A data folder that is filled by the test; nothing runs on it.  Events are dated in seconds after `noon`."""

    def __init__(self, data: Path, noon: datetime = NOON) -> None:
        self.data = data
        self.noon = noon
        self.store = LocalStore(data / "recordings")
        engine = open_engine(catalog_url(data))
        upgrade(engine)
        self.engine = engine
        self.catalog = SqlCatalog(engine)

    def minutes(self, numbers: Sequence[int], begin: datetime | None = None, *, every: float = 1.0) -> str:
        """A minute file of a camera that is always recorded, from noon on unless it is said; its key."""
        begin = begin or self.noon
        key = f"continuous/{CAMERA}/2026/11/21/{begin:%Y%m%d_%H%M%S}.mp4"
        content = recording(numbers, begin, every=every)
        self.file(key, content, begin, begin + timedelta(seconds=len(numbers) * every))
        return key

    def file(self, key: str, content: bytes, begin: datetime, end: datetime) -> None:
        """A whole minute file, however long it is."""
        self.catalog.save_span(RecordedSpan(key, CAMERA, begin, end, self._keep(key, content)))

    def event(
        self,
        begin: float,
        end: float,
        *,
        told: bool = True,
        nobody: bool = False,
        cause: Cause = Cause.PERSON,
        own_file: Sequence[int] | None = None,
    ) -> EventId:
        """One that was, in seconds after it; with `own_file` its recording holds these pictures."""
        started_at, ended_at = self.noon + timedelta(seconds=begin), self.noon + timedelta(seconds=end)
        event_id = EventId(f"{CAMERA}-{started_at:%Y%m%dT%H%M%S}000")
        kept = None
        if own_file is not None:
            key = f"{CAMERA}/2026/11/21/{started_at:%Y%m%d_%H%M%S}.mp4"
            size = self._keep(key, recording(own_file, started_at, connection=event_id))
            kept = Recording(key, started_at, started_at + timedelta(seconds=len(own_file)), size)
        event = Event(event_id, CAMERA, started_at, ended_at, ended_at, (cause,), score=0.7, recording=kept)
        self.catalog.save_event(event, [_delivery(event, cause)] if told else [])
        if nobody:
            self.catalog.save_explanation(Explanation(event_id, cause))
            assert self.catalog.judge(event_id, Verdict.NOT_A_PERSON)
        return event_id

    def close(self) -> None:
        """Nobody holds the catalog any more."""
        self.engine.dispose()

    def _keep(self, key: str, content: bytes) -> int:
        blob = self.store.create(key)
        blob.append(content)
        blob.close()
        return len(content)


def _delivery(event: Event, cause: Cause) -> Delivery:
    alert = Alert(AlertId(f"{event.id}:{cause}"), event.id, CAMERA, cause, event.started_at, "Person", "Seen.", "")
    return Delivery(alert, "email", DeliveryState.ACCEPTED, 1, event.started_at, "accepted")
