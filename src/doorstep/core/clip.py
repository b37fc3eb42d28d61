"""Which samples a clip shows: from the picture that was on at the asked start to the last one before the asked end.

Planning only, over the index; the bytes of the clip are laid out in `mp4`.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from operator import add, attrgetter

from doorstep.core.segment import Segment

LONGEST_HOLD = 2**31 - 1
"""Ticks that one sample may be held: what every reader of MP4 takes as a sample's duration."""

LARGEST_CORRECTION = timedelta(seconds=10)
"""By how much the wall times of two segments may disagree with their ticks: less is a stream that came late for a
while, more is a clock that was set, and what is before that is asked for by other times than what is behind.
"""

_MICROSECOND = timedelta(microseconds=1)
_first_dts = attrgetter("first_dts")


@dataclass(frozen=True, slots=True)
class ClipRun:
    """`sample_count` samples of one segment from `first_sample` on, counted from 0: of its pictures or of its sound."""

    segment: Segment
    first_sample: int
    sample_count: int

    @property
    def first_dts(self) -> int:
        """The decode time of the first picture."""
        return self.segment.first_dts + sum(self.segment.samples.durations[: self.first_sample])


@dataclass(frozen=True, slots=True)
class ClipPlan:
    """What a clip consists of, and what of it is shown.

    The runs begin with a key frame and join in decode order without a hole: the last sample of a run lasts until the
    first of the next.  `media_start_ticks` is the pts of the first shown picture, relative to the dts of the first
    sample; pictures before it are only decoded.  `shown_ticks` is how long the clip is.  `starts_at` and `ends_at` are
    the wall times actually shown: `starts_at` is the asked start or earlier by less than the duration of one picture
    whenever the segments reach back that far, and `ends_at` the asked end or later by less than one picture whenever
    they reach that far.

    `audio` are the runs of sound that is heard while pictures are shown, each beginning after the last sample of the
    one before; a silence between them may be long.  Where the segment has it, one sample more stands before the first
    that is heard, for a decoder needs it to come in (ISO/IEC 14496-3, 4.6.11.3.3: each window overlaps the last).
    """

    runs: tuple[ClipRun, ...]
    starts_at: datetime
    ends_at: datetime
    media_start_ticks: int
    shown_ticks: int
    audio: tuple[ClipRun, ...] = ()

    @property
    def timescale(self) -> int:
        """Ticks a second of all runs."""
        return self.runs[0].segment.timescale

    @property
    def first_dts(self) -> int:
        """The decode time of the first sample."""
        return self.runs[0].first_dts


def plan_clip(
    segments: Sequence[Segment], start: datetime, end: datetime, *, bridge_gaps: bool = False, exact: bool = True
) -> ClipPlan | None:
    """The clip of [start, end) that shows most of it without a hole; None where nothing of it can be shown.

    See `plan_parts`; of two that show as much the earlier.
    """
    parts = plan_parts(segments, start, end, bridge_gaps=bridge_gaps, exact=exact)
    return max(parts, key=_seconds, default=None)


def plan_parts(
    segments: Sequence[Segment], start: datetime, end: datetime, *, bridge_gaps: bool = False, exact: bool = True
) -> tuple[ClipPlan, ...]:
    """A clip of each gapless part of [start, end) of which anything can be shown, in the order of the segments.

    `segments` are of one camera in the order of time, perhaps of several connections and with holes.  A run of them is
    gapless while connection and ticks stay, the sequence rises by one, no clock is set, and no more than half a second
    (the shortest segment that is cut on purpose) is missing between decode times.  With `bridge_gaps` (segments of one
    recording, which has one format and rising decode times) only other ticks or a decode time that does not
    rise ends a run, and the picture before a hole is held until the hole is over.  Without `exact` a part shows all
    from the key frame with which its samples begin: no picture is only decoded.
    """
    plans = (_Timeline(run).plan(start, end, exact=exact) for run in _gapless(segments, bridge_gaps=bridge_gaps))
    return tuple(plan for plan in plans if plan is not None)


def _seconds(plan: ClipPlan) -> float:
    return plan.shown_ticks / plan.timescale


def _gapless(segments: Sequence[Segment], *, bridge_gaps: bool) -> Iterator[list[Segment]]:
    run: list[Segment] = []
    for segment in segments:
        if run and not _joins(run[-1], segment, bridge_gaps=bridge_gaps):
            yield run
            run = []
        run.append(segment)
    if run:
        yield run


def _joins(before: Segment, after: Segment, *, bridge_gaps: bool) -> bool:
    hole = after.first_dts - before.first_dts - before.duration
    held = hole + before.samples.durations[-1]
    other_ticks = (before.timescale, before.sample_rate) != (after.timescale, after.sample_rate)
    if other_ticks or not 0 < held <= LONGEST_HOLD:
        return False
    if bridge_gaps:
        return True
    follows = before.connection == after.connection and before.sequence + 1 == after.sequence
    if not follows or hole * 2 > before.timescale:
        return False
    return abs(after.starts_at - before.wall_at(after.first_dts)) <= LARGEST_CORRECTION


class _Timeline:
    """The samples of one gapless run, counted flat and in decode order.

    Decode times rise, so what is shown around a tick lies in the few segments around it: no others are looked into.
    """

    def __init__(self, segments: Sequence[Segment]) -> None:
        offsets = [segment.samples.composition_offsets for segment in segments]
        self._segments = segments
        self._firsts = list(accumulate((len(segment.samples) for segment in segments), initial=0))
        self._keys = b"".join(segment.samples.keys for segment in segments)
        self._earliest = min(map(min, offsets))
        self._latest = max(map(max, offsets))
        self._pts: dict[int, list[int]] = {}

    def plan(self, start: datetime, end: datetime, *, exact: bool) -> ClipPlan | None:
        """The clip of [start, end) out of this run."""
        first_key = self._keys.find(1)
        if first_key < 0 or start >= end:
            return None
        last = self._shown_at(end - _MICROSECOND, first_key)
        if last is None:
            return None
        first = self._shown_at(start, first_key)
        shown_until = self._shown_until(last)
        if first is None:
            first = first_key
        elif self._segment_of(last).wall_at(shown_until) <= start:
            return None
        key = self._key_of(first)
        if not exact:
            first = key
        runs = self._runs(key, self._last_decoded_before(end))
        shown_from = self._pts_at(first)
        return ClipPlan(
            runs=runs,
            starts_at=self._segment_of(first).wall_at(shown_from),
            ends_at=self._segment_of(last).wall_at(shown_until),
            media_start_ticks=shown_from - runs[0].first_dts,
            shown_ticks=shown_until - shown_from,
            audio=tuple(_audio_runs(self._segments, shown_from, shown_until)),
        )

    def _shown_at(self, instant: datetime, first_key: int) -> int | None:
        """The sample of the picture on show at an instant; None before the first key frame's picture.

        That is the latest picture whose own segment dates it no later: segments may be dated by different clocks.
        """
        shown: int | None = None
        pts = self._pts_at(first_key)
        for position in range(len(self._segments) - 1, self._position_of(first_key) - 1, -1):
            segment, base = self._segments[position], self._firsts[position]
            limit = segment.tick_at(instant)
            if limit < segment.first_dts + self._earliest:
                continue
            of_segment = self._pts_of(position)
            begin = max(0, first_key - base)
            candidate = max(filter(limit.__ge__, of_segment[begin:]), default=pts - 1)
            if candidate >= pts:
                shown, pts = base + of_segment.index(candidate, begin), candidate
            if segment.first_dts + self._latest <= pts and shown is not None:
                break
        return shown

    def _shown_until(self, sample: int) -> int:
        """The tick at which the next picture replaces this one."""
        pts, later = self._pts_at(sample), list[int]()
        begin = bisect_right(self._segments, pts - self._latest, key=_first_dts) - 1
        for position in range(max(0, begin), len(self._segments)):
            if later and self._segments[position].first_dts + self._earliest >= min(later):
                break
            later += filter(pts.__lt__, self._pts_of(position))
        position = self._position_of(sample)
        duration = self._segments[position].samples.durations[sample - self._firsts[position]]
        return min(later, default=pts + duration)

    def _key_of(self, sample: int) -> int:
        """The last key frame before a sample that is not shown after it (as it is by the leading pictures of a GOP)."""
        key = self._keys.rfind(1, 0, sample + 1)
        while self._pts_at(key) > self._pts_at(sample):
            key = self._keys.rfind(1, 0, key)
        return key

    def _last_decoded_before(self, end: datetime) -> int:
        """The last sample in decode order whose picture is shown before `end`; there is one."""
        position = len(self._segments)
        while True:
            position -= 1
            limit = self._segments[position].tick_at(end - _MICROSECOND)
            pts = self._pts_of(position)
            for sample in range(len(pts) - 1, -1, -1):
                if pts[sample] <= limit:
                    return self._firsts[position] + sample

    def _runs(self, first: int, last: int) -> tuple[ClipRun, ...]:
        begin, end = self._position_of(first), self._position_of(last) + 1
        runs = [ClipRun(segment, 0, len(segment.samples)) for segment in self._segments[begin:end]]
        runs[-1] = ClipRun(runs[-1].segment, 0, last + 1 - self._firsts[end - 1])
        skipped = first - self._firsts[begin]
        runs[0] = ClipRun(runs[0].segment, skipped, runs[0].sample_count - skipped)
        return tuple(runs)

    def _pts_of(self, position: int) -> list[int]:
        """Of all samples of a segment."""
        found = self._pts.get(position)
        if found is None:
            segment = self._segments[position]
            dts = accumulate(segment.samples.durations, initial=segment.first_dts)
            found = self._pts[position] = list(map(add, dts, segment.samples.composition_offsets))
        return found

    def _pts_at(self, sample: int) -> int:
        position = self._position_of(sample)
        return self._pts_of(position)[sample - self._firsts[position]]

    def _position_of(self, sample: int) -> int:
        return bisect_right(self._firsts, sample) - 1

    def _segment_of(self, sample: int) -> Segment:
        return self._segments[self._position_of(sample)]


def _audio_runs(segments: Sequence[Segment], shown_from: int, shown_until: int) -> Iterator[ClipRun]:
    """The sound of [shown_from, shown_until), which are ticks of the pictures; it need not lie in their segments."""
    last: int | None = None
    for segment in segments:
        if segment.audio is None:
            continue
        start, end = (tick * segment.sample_rate // segment.timescale for tick in (shown_from, shown_until))
        pts = list(accumulate(segment.audio.durations[:-1], initial=segment.audio.first_pts))
        begin = _first_heard(pts, start, min(segment.audio.durations)) if last is None else bisect_right(pts, last)
        count = bisect_left(pts, end) - begin
        if count <= 0:
            continue
        if last is not None and pts[begin] - last > LONGEST_HOLD:
            return
        last = pts[begin + count - 1]
        yield ClipRun(segment, begin, count)


def _first_heard(pts: Sequence[int], start: int, frame: int) -> int:
    """The sample on at `start`, or the one before it; `frame` is how long one sounds, whatever silence is behind it."""
    first = bisect_right(pts, start - frame)
    leads_in = 0 < first < len(pts) and pts[first] <= start and pts[first] - pts[first - 1] < 2 * frame
    return first - 1 if leads_in else first
