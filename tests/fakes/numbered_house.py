"""A camera in memory whose pictures are numbered, with every kind of stream behind it, and a second source of truth.

What a clip of any span must show is worked out here from the list of pictures alone, without the planner.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import cast

import av
import numpy as np
from av.video.stream import VideoStream

from doorstep.core.event import Event, Recording
from doorstep.core.media import Packet, StreamItem, VideoFormat
from doorstep.core.rolling_buffer import RollingBuffer
from doorstep.core.segment import Segment
from doorstep.mp4.fragment import retime_fragment
from doorstep.mp4.recording import entry, header
from doorstep.pipeline.clip_builder import RecordedClips
from doorstep.pipeline.recording_job import RecordingJob
from doorstep.pipeline.segmenter import BufferedCamera
from doorstep.shelves.memory import MemoryShelf
from doorstep.stores.memory import MemoryStore
from fakes.clock import FakeClock
from fakes.footage import CAMERA, HEIGHT, NOON, WIDTH, numbered_picture, seconds
from fakes.kept_film import items_of
from fakes.recording_house import EVENT

SAMPLE_RATE = 16_000
TICKS = 90_000


@dataclass(frozen=True, slots=True)
class NumberedFilm:
    """At most 256 pictures; `paces` are the milliseconds that a picture may be shown, drawn for each."""

    codec: str = "libx264"
    pictures: int = 150
    gop: int = 25
    b_frames: int = 0
    paces: tuple[int, ...] = (40,)
    sound: bool = False
    height: int = HEIGHT


def made(path: Path, film: NumberedFilm) -> list[StreamItem]:
    """What a camera with this film sends."""
    chance = Random(7)
    quiet = "" if film.codec == "libx264" else ":log-level=none"
    params = f"keyint={film.gop}:min-keyint={film.gop}:scenecut=0:bframes={film.b_frames}:b-adapt=0:open-gop=0{quiet}"
    key = "x264-params" if film.codec == "libx264" else "x265-params"
    with av.open(str(path), "w", options={"video_track_timescale": str(TICKS)}) as output:
        video = cast(
            "VideoStream", output.add_stream(film.codec, rate=25, options={"preset": "ultrafast", key: params})
        )
        video.width, video.height, video.pix_fmt = WIDTH, film.height, "yuv420p"
        video.codec_context.time_base = Fraction(1, 1000)
        sound = output.add_stream("aac", rate=SAMPLE_RATE, layout="mono") if film.sound else None
        at = heard = 0
        for number in range(film.pictures):
            picture = np.resize(numbered_picture(number), (film.height, WIDTH))
            frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
            frame.pts, frame.time_base = at, Fraction(1, 1000)
            output.mux(video.encode(frame))
            at += chance.choice(film.paces)
            until = at * SAMPLE_RATE // 1000
            if sound is not None:
                output.mux(sound.encode(_tone(heard, until)))
            heard = until
        output.mux(video.encode(None))
        if sound is not None:
            output.mux(sound.encode(None))
    return items_of(path)


def _tone(begin: int, end: int) -> av.AudioFrame:
    wave = np.sin(np.arange(begin, end) * 0.17) * 6000
    frame = av.AudioFrame.from_ndarray(wave.astype(np.int16)[None], format="s16", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = SAMPLE_RATE, begin, Fraction(1, SAMPLE_RATE)
    return frame


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture: its number, when it is on, and the same in ticks of `timescale`."""

    number: int
    begins_at: datetime
    ends_at: datetime
    tick: int
    end_tick: int
    timescale: int


@dataclass(frozen=True, slots=True)
class Numbered:
    """A segment, and the numbers of its pictures in decode order."""

    segment: Segment
    numbers: tuple[int, ...]


class NumberedHouse:
    """Films one behind the other, with an outage of `pauses` seconds between them; the last second is still open."""

    def __init__(self, films: Sequence[Sequence[StreamItem]], pauses: Sequence[float]) -> None:
        self.clock = FakeClock(NOON)
        self.camera = BufferedCamera(CAMERA, RollingBuffer(3600.0, 1 << 30), MemoryShelf(), self.clock)
        self.store = MemoryStore()
        self._numbers: list[dict[int, int]] = []
        for place, items in enumerate(films):
            if place:
                self.camera.end()
                self.clock.advance(pauses[(place - 1) % len(pauses)])
            self._film(items)
        newest = self.camera.open_second()
        kept = self.camera.buffer.between(NOON - seconds(10_000), NOON + seconds(10_000))
        self.segments = [*kept, *([newest[0]] if newest else [])]
        self.clips = RecordedClips(self.store, {CAMERA: self.camera}, self.clock)
        self.connections = self._connections()

    def _film(self, items: Sequence[StreamItem]) -> None:
        begun, first, timescale = self.clock.monotonic(), None, 1
        packets = [item for item in items if isinstance(item, Packet)]
        order = {pts: number for number, pts in enumerate(sorted(packet.pts for packet in packets))}
        self._numbers.append({packet.pts - packets[0].dts: order[packet.pts] for packet in packets})
        for item in items:
            if isinstance(item, VideoFormat):
                timescale = item.timescale
                self.camera.begin(item)
                continue
            if isinstance(item, Packet):
                first = item.dts if first is None else first
                self.clock.advance(max(0.0, begun + (item.dts - first) / timescale - self.clock.monotonic()))
            self.camera.take(replace(item, arrived=self.clock.monotonic()))
        self.clock.advance(0.04)

    def _connections(self) -> list[list[Numbered]]:
        """The segments of each connection, numbered."""
        names = list(dict.fromkeys(segment.connection for segment in self.segments))
        assert len(names) == len(self._numbers)
        return [
            [
                Numbered(segment, tuple(numbers[pts] for pts in _pts_of(segment)))
                for segment in self.segments
                if segment.connection == name
            ]
            for name, numbers in zip(names, self._numbers, strict=True)
        ]

    def recorded(self, connections: Sequence[int]) -> tuple[Event, list[Shown]]:
        """A recording over some connections of one format, in the store; an event of it, and what it shows."""
        wanted = [numbered for place in connections for numbered in self.connections[place]]
        fmt = self.camera.format_of(wanted[0].segment)
        job = RecordingJob(EVENT, NOON, NOON, b"", NOON, fmt)
        file, placed_all = header(fmt, b""), []
        shelved = {(one.connection, one.sequence) for one in self.segments[:-1]}
        for numbered in wanted:
            segment = numbered.segment
            if (segment.connection, segment.sequence) not in shelved:
                continue
            placed = job.placed(segment)
            first_pts = placed.audio.first_pts if placed.audio else 0
            data = self.camera.read(segment, 0, segment.size)
            file += entry(placed, retime_fragment(data, placed.first_dts, placed.sequence, first_pts))
            job.took(segment, placed)
            placed_all.append(Numbered(placed, numbered.numbers))
        key = f"{CAMERA}/2026/11/21/{connections[0]}.mp4"
        self.store.put(key, file)
        shown = shown_of(placed_all)
        recording = Recording(key, shown[0].begins_at, shown[-1].ends_at, len(file))
        return Event(EVENT, CAMERA, NOON, NOON, ended_at=shown[-1].ends_at, recording=recording), shown


def shown_of(segments: Sequence[Numbered]) -> list[Shown]:
    """What a player of one run shows, picture by picture, from its first key frame on."""
    rows: list[tuple[int, int, int, Segment]] = []
    floor: int | None = None
    for numbered in segments:
        columns = zip(_pts_of(numbered.segment), numbered.numbers, numbered.segment.samples.durations, strict=True)
        for index, (pts, number, lasts) in enumerate(columns):
            if floor is None and numbered.segment.samples.keys[index]:
                floor = pts
            if floor is not None and pts >= floor:
                rows.append((pts, number, lasts, numbered.segment))
    rows.sort(key=lambda row: row[0])
    ends = [row[0] for row in rows[1:]] + [rows[-1][0] + rows[-1][2]]
    return [
        Shown(number, _wall(segment, pts), _wall(segment, end), pts, end, segment.timescale)
        for (pts, number, _, segment), end in zip(rows, ends, strict=True)
    ]


def expected(runs: Sequence[Sequence[Shown]], start: datetime, end: datetime) -> list[Shown]:
    """The pictures of [start, end) in the run that shows most of it; () where none does."""
    parts = [[one for one in run if one.begins_at < end and one.ends_at > start] for run in runs]
    return max(parts, key=lambda part: Fraction(part[-1].end_tick - part[0].tick, part[0].timescale) if part else 0)


def _pts_of(segment: Segment) -> list[int]:
    times = accumulate(segment.samples.durations[:-1], initial=segment.first_dts)
    return [dts + offset for dts, offset in zip(times, segment.samples.composition_offsets, strict=True)]


def _wall(segment: Segment, tick: int) -> datetime:
    return segment.starts_at + timedelta(microseconds=(tick - segment.first_dts) * 1_000_000 // segment.timescale)
