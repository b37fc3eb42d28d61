"""A video file as a camera, at the speed at which it was filmed.  Containers are read in `media`."""

import threading
from collections.abc import AsyncGenerator, Generator, Iterator
from dataclasses import replace
from pathlib import Path

from doorstep.core.errors import SourceEnded
from doorstep.core.media import Packet, VideoFormat
from doorstep.media.decode import looking
from doorstep.media.demux import read_file
from doorstep.ports import Clock, FrameTap
from doorstep.sources.pacing import Pacer
from doorstep.sources.threaded import Item, threaded


class FileSource:
    """A `ports.Source` over a file.  With `loop` its times go on over the seam: one connection, for ever."""

    def __init__(self, path: Path, *, loop: bool, clock: Clock) -> None:
        self._path = path
        self._loop = loop
        self._clock = clock

    def stream(self, tap: FrameTap) -> AsyncGenerator[Item]:
        """As the port says; SourceEnded at the end of a file that is not looped."""
        return threaded(lambda stop: self._read(tap, stop), f"file {self._path.name}")

    def _read(self, tap: FrameTap, stop: threading.Event) -> Generator[Item]:
        yield from looking(_paced(self._laps(), self._clock, stop), tap)

    def _laps(self) -> Iterator[Item]:
        seam = _Seam()
        while True:
            for item in read_file(self._path, self._clock):
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
        self._lap_begins = True

    def next_lap(self) -> None:
        self._lap_begins = True

    def join(self, item: Item) -> Iterator[Item]:
        """The item with its times moved behind the last lap's; a format only if it is a new one."""
        if isinstance(item, VideoFormat):
            if item != self._format or not self._lap_begins:
                self._format = item
                self._offset = 0
                self._lap_begins = False
                yield item
            return
        if self._lap_begins:
            self._offset = self._end - item.dts
            self._lap_begins = False
        moved = replace(item, pts=item.pts + self._offset, dts=item.dts + self._offset)
        self._end = moved.dts + moved.duration
        yield moved


def _paced(items: Iterator[Item], clock: Clock, stop: threading.Event) -> Iterator[Item]:
    """Each packet when its decode time has come; ends early when told to stop."""
    pacer = Pacer(clock)
    timescale = 1
    for item in items:
        if isinstance(item, Packet):
            if stop.wait(pacer.delay(item.dts / timescale)):
                return
            yield replace(item, arrived=clock.monotonic())
        else:
            pacer, timescale = Pacer(clock), item.timescale
            yield item
