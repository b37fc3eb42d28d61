"""When the first picture of an RTP stream is shown: FFmpeg's parser loses its time, the ones behind it tell it."""

from collections.abc import Iterable, Iterator
from typing import Any

import av

Arrival = tuple["av.Packet[Any]", float]
"""A packet and when it came."""

_MOST_HELD = 200  # packets, sound included: a stream without times is not held for ever


def with_first_time(
    arrivals: Iterable[Arrival], stream_index: int, usual_duration: int, depth: int
) -> Iterator[Arrival]:
    """The same packets, the first picture's missing time put in: a `usual_duration` before the `depth` + 1 behind it.

    It is mostly 0, but not always: RTP's times count from the sender report where that overtakes the first picture
    (RFC 3550, 6.4.1), which is then shown before 0.  Until it is known, packets are held back: `depth` + 1 pictures.
    """
    coming = iter(arrivals)
    held: list[Arrival] = []
    try:
        for arrival in coming:
            held.append(arrival)
            pictures = [raw for raw, _ in held if raw.stream_index == stream_index]
            if len(held) > _MOST_HELD or (pictures and _is_timed(pictures, usual_duration, depth)):
                break
    except av.FFmpegError:  # the connection is lost: what came is still given out
        yield from held
        raise
    yield from held
    yield from coming


def _is_timed(pictures: "list[av.Packet[Any]]", usual_duration: int, depth: int) -> bool:
    """Whether the first picture has a time, which it is given once enough of the others are there."""
    times = [raw.pts for raw in pictures[1:] if raw.pts is not None]
    if pictures[0].pts is None and len(times) > depth:
        pictures[0].pts = min(times) - usual_duration
    return pictures[0].pts is not None
