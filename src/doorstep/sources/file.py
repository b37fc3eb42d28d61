"""A video file as a camera, at the speed at which it was filmed.  Containers are read in `media`."""

import threading
from collections.abc import AsyncGenerator, Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import assert_never

from doorstep.core.errors import SourceEnded
from doorstep.core.media import AudioPacket, Packet, StreamItem, VideoFormat
from doorstep.media.audio import open_audio
from doorstep.media.decode import looking
from doorstep.media.demux import read_file
from doorstep.ports import Clock, FrameTap
from doorstep.sources.pacing import Pacer
from doorstep.sources.threaded import threaded


class FileSource:
    """A `ports.Source` over a file.  With `loop` its times go on over the seam: one connection, for ever.

    Its sound comes only with `audio`.
    """

    def __init__(self, path: Path, *, loop: bool, clock: Clock, audio: bool = False) -> None:
        self._path = path
        self._loop = loop
        self._clock = clock
        self._open_audio = open_audio if audio else None

    def stream(self, tap: FrameTap) -> AsyncGenerator[StreamItem]:
        """As the port says; SourceEnded at the end of a file that is not looped."""
        return threaded(lambda stop: self.read(tap, stop), f"file {self._path.name}")

    def read(self, tap: FrameTap, stop: threading.Event) -> Generator[StreamItem]:
        """The same for a thread that may block; it ends soon after `stop` is set."""
        yield from looking(_paced(self._laps(), self._clock, stop), tap)

    def _laps(self) -> Iterator[StreamItem]:
        seam = _Seam()
        while True:
            for item in read_file(self._path, self._clock, open_audio=self._open_audio):
                yield from seam.join(item)
            if not self._loop:
                msg = "end of file"
                raise SourceEnded(msg)
            seam.next_lap()


class _Seam:
    """Lays the laps of a looped file end to end."""

    def __init__(self) -> None:
        self._format: VideoFormat | None = None
        self._offset = 0
        self._end = 0
        self._heard_until: int | None = None
        self._lap_begins = True

    def next_lap(self) -> None:
        self._lap_begins = True

    def join(self, item: StreamItem) -> Iterator[StreamItem]:
        """The item with its times moved behind the last lap's; a format only if it is a new one."""
        match item:
            case VideoFormat():
                if item != self._format or not self._lap_begins:
                    self._format = item
                    self._offset = 0
                    self._heard_until = None
                    self._lap_begins = False
                    yield item
            case Packet():
                yield self._moved(item)
            case AudioPacket():
                yield from self._moved_audio(item)
            case _:
                assert_never(item)

    def _moved(self, packet: Packet) -> Packet:
        if self._lap_begins:
            self._offset = self._end - packet.dts
            self._lap_begins = False
        moved = replace(packet, pts=packet.pts + self._offset, dts=packet.dts + self._offset)
        self._end = moved.dts + moved.duration
        return moved

    def _moved_audio(self, packet: AudioPacket) -> Iterator[AudioPacket]:
        """The sound moves with the picture; where it is the longer one, the next lap cuts it short."""
        fmt = self._format
        if self._lap_begins or fmt is None or fmt.audio is None:
            return
        pts = packet.pts + self._offset * fmt.audio.sample_rate // fmt.timescale
        if self._heard_until is None or pts > self._heard_until:
            self._heard_until = pts
            yield replace(packet, pts=pts)


def _paced(items: Iterator[StreamItem], clock: Clock, stop: threading.Event) -> Iterator[StreamItem]:
    """Each packet when its decode time has come, sound as it stands among the pictures; ends early when told to."""
    pacer = Pacer(clock)
    timescale = 1
    for item in items:
        match item:
            case Packet():
                if stop.wait(pacer.delay(item.dts / timescale)):
                    return
                yield replace(item, arrived=clock.monotonic())
            case AudioPacket():
                yield replace(item, arrived=clock.monotonic())
            case VideoFormat():
                pacer, timescale = Pacer(clock), item.timescale
                yield item
            case _:
                assert_never(item)
