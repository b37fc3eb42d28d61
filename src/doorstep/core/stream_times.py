"""Which decode and presentation times a picture of a live stream has, whatever its camera claims.

Only the rule: reading packets lives in `media`, wall time in `wall_time`.
"""

from bisect import bisect_right, insort
from collections import deque
from dataclasses import dataclass
from statistics import median_low

LONGEST_JUMP_SECONDS = 10.0
"""What a connection survives forward: pictures were left out, or a camera takes one every few seconds."""

LONGEST_REPAIR_SECONDS = 0.5
"""What it survives backward: times that repeat, or run a little back, are spread out again."""

DEEPEST_REORDER = 16
"""Pictures that H.264 (A.3.1) and HEVC (A.4.2) may hold back at most."""

_COUNTER_BITS = (31, 32, 33)
"""Where counters wrap: FLV's milliseconds (signed or not), RTP's ticks, MPEG's 90 kHz."""

_REMEMBERED = 2 * DEEPEST_REORDER
_STEPS = 5


@dataclass(frozen=True, slots=True)
class Times:
    """In ticks: when to show a picture, when to decode it, and how long until the next is decoded, as far as known."""

    pts: int
    dts: int
    duration: int


class StreamTimes:
    """The times of one connection; the next one needs another object.

    Decode times rise strictly.  Where a stream gives only presentation times (RTP), a picture's decode time is the
    presentation time of the one `depth` pictures before it in the order of showing: the usual delay of a decoder
    (H.264, C.4; HEVC, C.5.2).  Where it gives both (FLV), they are kept.
    """

    def __init__(self, timescale: int, usual_duration: int, depth: int = 0) -> None:
        """`depth` is how many pictures may be shown after one that is decoded later; more is learnt."""
        self._longest_jump = round(LONGEST_JUMP_SECONDS * timescale)
        self._longest_repair = round(LONGEST_REPAIR_SECONDS * timescale)
        self._usual = max(1, usual_duration)
        self._wrapped = 0
        self._shown: list[int] = []  # the last presentation times, rising
        self._held: list[int] = []  # presentation times that are no decode time yet, rising
        self._dts: int | None = None
        self._repaired = False
        self._raw: int | None = None
        self._steps: deque[int] = deque(maxlen=_STEPS)
        self.depth = min(depth, DEEPEST_REORDER)
        self.count = 0
        """Pictures whose times were believed."""

    def place(self, pts: int | None, dts: int | None = None, *, backward: bool = False) -> Times | None:
        """The times of the next picture in decoding order, None where it cannot belong to this connection.

        `dts` is None where the stream gives none; `pts` is None where it is missing.  `backward` says that the picture
        may be shown before one that came earlier (a B-frame), so that an earlier time is no fault.
        """
        raw = dts if dts is not None else pts
        moved = self._unwrapped(raw) if raw is not None else self._expected()
        self._repaired = False
        if dts is None:
            placed = self._shown_at(moved, backward=backward)
        else:
            placed = self._decoded_at(moved, (pts - dts) if pts is not None else 0)
        if placed is None:
            return None
        self._raw = max(moved, self._raw) if self._raw is not None else moved
        return self._counted(*placed)

    # --------------------------------------------------------------------------------------- both times are given

    def _decoded_at(self, dts: int, offset: int) -> tuple[int, int] | None:
        if self._dts is None:
            return dts + offset, dts
        if dts - self._dts > self._longest_jump or self._dts - dts > self._longest_repair:
            return None
        placed = dts if dts > self._dts else self._repair(self._dts, 2)
        return (max(dts + offset, placed) if offset >= 0 else dts + offset), placed

    # ----------------------------------------------------------------------------------- only presentation is given

    def _shown_at(self, pts: int, *, backward: bool) -> tuple[int, int] | None:
        if self._dts is None:
            self._held = [pts - place * self._usual for place in range(self.depth, 0, -1)]
            return pts, self._next_dts(pts)
        newest = self._shown[-1]
        if pts - newest > self._longest_jump or newest - pts > self._longest_repair:
            return None
        if pts <= newest:
            if backward and pts not in self._shown:
                self._learn(pts)
            else:
                pts = self._repair(newest, 2)
        dts = self._next_dts(pts)
        return (pts if self.depth else dts), dts

    def _learn(self, pts: int) -> None:
        """As many pictures as are shown later than this one, though they came earlier, must be held back."""
        later = len(self._shown) - bisect_right(self._shown, pts)
        self.depth = max(self.depth, min(later, DEEPEST_REORDER))

    def _next_dts(self, pts: int) -> int:
        insort(self._held, pts)
        earliest = self._held.pop(0) if len(self._held) > self.depth else None
        if self._dts is None:
            return earliest if earliest is not None else pts
        # While a depth that was learnt late is made up for, decode times creep, so that showing overtakes them soon.
        if earliest is not None and earliest > self._dts:
            return earliest
        return self._repair(self._dts, 8)

    # -------------------------------------------------------------------------------------------------------- both

    def _expected(self) -> int:
        """Where a picture without times belongs; a stream's first one is where FFmpeg counts RTP's times from: 0."""
        return self._raw + self._usual_step() if self._raw is not None else 0

    def _unwrapped(self, raw: int) -> int:
        """The time with every turn of its counter added."""
        moved = raw + self._wrapped
        if self._raw is None or -self._longest_repair <= moved - self._raw <= self._longest_jump:
            return moved
        for turn in (sign << bits for bits in _COUNTER_BITS for sign in (1, -1)):
            if -self._longest_repair <= moved + turn - self._raw <= self._longest_jump:
                self._wrapped += turn
                return moved + turn
        return moved

    def _repair(self, last: int, parts: int) -> int:
        """A time that is no later than the last one moves behind it, by a part of the usual step."""
        self._repaired = True
        return last + max(1, self._usual_step() // parts)

    def _usual_step(self) -> int:
        return median_low(self._steps) if self._steps else self._usual

    def _counted(self, pts: int, dts: int) -> Times:
        if self._dts is not None and not self._repaired:
            self._steps.append(dts - self._dts)
        self._dts = dts
        self.count += not self._repaired
        insort(self._shown, pts)
        del self._shown[:-_REMEMBERED]
        return Times(pts, dts, max(1, self._usual_step()))
