"""The last minutes of one camera as an index of segments: what is held, what falls out.  Bytes lie on a shelf."""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from doorstep.core.clock_state import Dating
from doorstep.core.segment import ConnectionId, Segment

LEAST_SECONDS_FOR_RATE = 5.0
"""A key frame is many times as large as what follows: less video says little of the bit rate."""

LARGEST_SEAM = timedelta(seconds=2)
"""What lies farther apart by wall time does not join: pictures are missing, or the clock was set."""

WAITING_PART = 7
"""One byte waits for readers for so many that are held: an eighth of both (`core/buffer_budget`)."""


@dataclass(frozen=True, slots=True)
class _Held:
    """One segment, how long it is, and from when until when it decodes or shows anything."""

    segment: Segment
    seconds: float
    begins_at: datetime
    ends_at: datetime


class RollingBuffer:
    """The newest segments of one camera, of one or several connections, in the order in which they were appended.

    Holds at least `seconds` of video once that much was appended and less than one segment more, and never more than
    `max_bytes`; only the newest segment always stays.  Seconds are counted as video, not as wall time, so a clock that
    is set does not empty the buffer.  What falls out while somebody reads it waits, and no more than a seventh of
    `max_bytes` waits: of more the oldest is returned all the same, and its slow reader finds it gone.  So all bytes
    together are at most 8/7 of `max_bytes`.  Lives on one thread.
    """

    def __init__(self, seconds: float, max_bytes: int) -> None:
        self._most_seconds = seconds
        self._max_bytes = max_bytes
        self._held: deque[_Held] = deque()
        self._size = 0
        self._seconds = 0.0
        self._pins: Counter[tuple[ConnectionId, int]] = Counter()
        self._waiting: dict[tuple[ConnectionId, int], Segment] = {}
        self._waiting_size = 0
        self._is_full = False  # for want of bytes something fell out
        self._released: list[Segment] = []

    def __len__(self) -> int:
        return len(self._held)

    @property
    def size(self) -> int:
        """Bytes of all segments of the index; pinned ones that left it are counted in `waiting_size`."""
        return self._size

    @property
    def waiting_size(self) -> int:
        """Bytes of the segments that fell out but are pinned, so that their bytes are still on the shelf."""
        return self._waiting_size

    @property
    def bytes_per_second(self) -> float | None:
        """The bit rate of what is held, in bytes a second of video; None before a few seconds tell, if so much fits."""
        tells = self._seconds >= LEAST_SECONDS_FOR_RATE or (self._is_full and self._seconds > 0.0)
        return self._size / self._seconds if tells else None

    @property
    def fitting_seconds(self) -> float | None:
        """How many seconds of this camera's video `max_bytes` hold, may they be held yet or not; None as above."""
        rate = self.bytes_per_second
        return self._max_bytes / rate if rate else None

    @property
    def seconds(self) -> float:
        """Seconds of video of all segments of the index."""
        return self._seconds

    @property
    def connections(self) -> frozenset[ConnectionId]:
        """Those of which any segment is held, pinned or about to be returned as fallen out."""
        waiting = (*self._waiting.values(), *self._released)
        return frozenset(segment.connection for segment in (*(held.segment for held in self._held), *waiting))

    @property
    def oldest(self) -> Segment | None:
        """The one that falls out next."""
        return self._held[0].segment if self._held else None

    @property
    def newest(self) -> Segment | None:
        """The one that was appended last."""
        return self._held[-1].segment if self._held else None

    def append(self, segment: Segment) -> tuple[Segment, ...]:
        """Hold one more, newer than all others; those that fell out and may be removed from the shelf, oldest first."""
        self._hold(segment)
        return self._fallen_out()

    def restore(self, segments: Iterable[Segment]) -> tuple[Segment, ...]:
        """Hold what a shelf kept over a restart; those that fell out, as `append`.

        In the order in which they were appended, as far as it can be known: connections by the wall time at which
        they began, and within one by sequence, for a clock may have been set back in its midst.
        """
        kept = sorted(segments, key=lambda one: one.sequence)
        began = {segment.connection: segment.starts_at for segment in reversed(kept)}
        for segment in sorted(kept, key=lambda one: (began[one.connection], one.connection)):
            self._hold(segment)
        return self._fallen_out()

    def limit(self, max_bytes: int) -> None:
        """Hold at most so many bytes from now on; what is too much falls out with the next `append` or `overflow`."""
        self._max_bytes = max_bytes

    def overflow(self) -> tuple[Segment, ...]:
        """What is too much now, also where nothing is appended any more: the camera is off; as by `append`."""
        return self._fallen_out()

    def redate(self, dating: Dating) -> None:
        """All that is held was told by a guess."""
        self._held = deque(_redated(held, dating) for held in self._held)

    def drop_oldest(self, count: int) -> tuple[Segment, ...]:
        """Let up to `count` of the oldest fall out before their time, the newest never; returned as by `append`."""
        for _ in range(min(count, len(self._held) - 1)):
            self._drop()
        return self._fallen_out()

    def between(self, start: datetime, end: datetime) -> tuple[Segment, ...]:
        """Those that decode or show anything in [start, end)."""
        return tuple(held.segment for held in self._held if held.begins_at < end and start < held.ends_at)

    def since_key_frame_before(self, instant: datetime) -> tuple[Segment, ...]:
        """All from the one that holds the last key frame shown at or before `instant` up to the newest.

        Where no key frame reaches back that far, all from the oldest that holds one; () where none does.  What lies
        before a hole, or before the clock was set, leads in to nothing behind that.
        """
        begin: int | None = None
        for index in range(len(self._held) - 1, -1, -1):
            segment = self._held[index].segment
            if begin is not None and self._is_of_another_time(index, instant):
                break
            if 1 not in segment.samples.keys:
                continue
            begin = index
            if _first_key_pts(segment) <= segment.tick_at(instant):
                break
        if begin is None:
            return ()
        return tuple(held.segment for held in self._held)[begin:]

    def _is_of_another_time(self, index: int, instant: datetime) -> bool:
        """Whether nothing shows that what was held then was shortly before `instant`."""
        held, after = self._held[index], self._held[index + 1]
        apart = after.segment.starts_at - held.segment.ends_at
        return apart < -LARGEST_SEAM or (apart > LARGEST_SEAM and held.ends_at <= instant)

    def pin(self, segments: Iterable[Segment]) -> None:
        """Somebody reads their bytes: they are not returned as fallen out until `unpin` was called as often."""
        self._pins.update(map(_key, segments))

    def unpin(self, segments: Iterable[Segment]) -> None:
        """End one pin of each.  Those that fell out meanwhile are returned by the next `append`.

        Raises KeyError for a segment that is not pinned.
        """
        for key in map(_key, segments):
            if key not in self._pins:
                raise KeyError(key)
            self._pins[key] -= 1
            if not self._pins[key]:
                del self._pins[key]
                if key in self._waiting:
                    self._release(key)

    def _hold(self, segment: Segment) -> None:
        held = _Held(segment, segment.duration / segment.timescale, *_span(segment))
        self._held.append(held)
        self._size += segment.size
        self._seconds += held.seconds

    def _fallen_out(self) -> tuple[Segment, ...]:
        while self._is_over():
            self._is_full = self._is_full or self._size > self._max_bytes
            self._drop()
        while self._waiting_size > self._max_bytes // WAITING_PART:
            self._release(next(iter(self._waiting)))
        fallen, self._released = self._released, []
        return tuple(fallen)

    def _drop(self) -> None:
        held = self._held.popleft()
        self._size -= held.segment.size
        self._seconds = max(0.0, self._seconds - held.seconds)
        key = _key(held.segment)
        if key in self._pins:
            self._waiting[key] = held.segment
            self._waiting_size += held.segment.size
        else:
            self._released.append(held.segment)

    def _release(self, key: tuple[ConnectionId, int]) -> None:
        segment = self._waiting.pop(key)
        self._waiting_size -= segment.size
        self._released.append(segment)

    def _is_over(self) -> bool:
        if len(self._held) <= 1:
            return False
        # A thousandth: the sum of many durations in floating point is not exact.
        without_oldest = self._seconds - self._held[0].seconds + 0.001
        return self._size > self._max_bytes or without_oldest >= self._most_seconds


def _redated(held: _Held, dating: Dating) -> _Held:
    segment = replace(held.segment, starts_at=dating.dated(held.segment.starts_at))
    return _Held(segment, held.seconds, *_span(segment))


def _key(segment: Segment) -> tuple[ConnectionId, int]:
    return segment.connection, segment.sequence


def _span(segment: Segment) -> tuple[datetime, datetime]:
    """From the first to the last instant that a sample of the segment is decoded or shown."""
    offsets = segment.samples.composition_offsets
    begin = segment.first_dts + min(0, *offsets)
    end = segment.first_dts + segment.duration + max(0, *offsets)
    return segment.wall_at(begin), segment.wall_at(end)


def _first_key_pts(segment: Segment) -> int:
    samples = segment.samples
    index = samples.keys.index(1)
    return segment.first_dts + sum(samples.durations[:index]) + samples.composition_offsets[index]
