"""Times of packets in a file, which is in no hurry: what its container left out is filled in, durations are exact.

Times of live streams live in `core.stream_times`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import av

from doorstep.core.errors import MediaInvalid, SourceError
from doorstep.core.media import AudioPacket, Packet, StreamItem
from doorstep.core.stream_times import LONGEST_JUMP_SECONDS, Times

_MOST_WITHOUT_TIMES = 16  # what H.264 and HEVC may reorder


@dataclass(slots=True)
class FileTimes:
    """The times of one connection to a file: believed as long as decode times rise strictly, without a leap."""

    timescale: int
    usual_duration: int
    last: int | None = None
    count: int = 0

    def place(self, pts: int | None, dts: int | None) -> Times | None:
        """As `StreamTimes.place`, for a packet that has a decode time."""
        if dts is None:
            return None
        if self.last is not None and not 0 < dts - self.last <= LONGEST_JUMP_SECONDS * self.timescale:
            return None
        self.last = dts
        self.count += 1
        return Times(pts if pts is not None else dts, dts, self.usual_duration)


def with_decode_times(packets: "Iterator[av.Packet[Any]]", index: int, usual: int) -> "Iterator[av.Packet[Any]]":
    """Fills in decode times that are missing in one stream, evenly before the next one that is known.

    Matroska keeps presentation times only, and FFmpeg cannot tell the first decode times of a reordered stream.
    Raises MediaInvalid where none is known for long.
    """
    held: list[av.Packet[Any]] = []
    last: int | None = None
    for packet in packets:
        if packet.stream_index != index:
            yield packet
            continue
        held.append(packet)
        if packet.dts is not None:
            begin = last if last is not None else packet.dts - len(held) * usual
            for place, each in enumerate(held, start=1):
                each.dts = begin + (packet.dts - begin) * place // len(held)
            yield from held
            held.clear()
            last = packet.dts
        elif len(held) > _MOST_WITHOUT_TIMES:
            msg = "its packets carry no times; put it into an MP4 file"
            raise MediaInvalid(msg)
    for place, each in enumerate(held if last is not None else (), start=1):
        each.dts = (last or 0) + place * usual
        yield each


def with_exact_durations(items: Iterator[StreamItem]) -> Iterator[StreamItem]:
    """Holds each packet back until the next one's decode time is known; the last one keeps its own duration."""
    held: Packet | None = None
    try:
        for item in items:
            if held is not None and not isinstance(item, AudioPacket):
                yield _lasting(held, item.dts - held.dts) if isinstance(item, Packet) else held
                held = None
            if isinstance(item, Packet):
                held = item
            else:
                yield item
    except SourceError:
        if held is not None:
            yield held
        raise
    if held is not None:
        yield held


def _lasting(packet: Packet, duration: int) -> Packet:
    return packet if packet.duration == duration else replace(packet, duration=duration)
