"""Which wall time a media time of one connection was.  Media time is the camera's, wall time ours."""

from datetime import datetime, timedelta

WINDOW_SECONDS = 10.0
"""How long a packet that came in time vouches for those that follow."""

SLOWEST, FASTEST = 0.7, 1.4
"""Bounds of a camera's rate: wall seconds for each second that it counts.  30 pictures told as 25 are 0.83."""

_EARLY_SECONDS = 10.0
_EARLY_SLEW = 0.8
_BURST = 0.5  # wall seconds for each media second: faster than any camera counts
_MOST_POINTS = 48
_LONGEST_BUCKET = 16.0
_LEAST_DISAGREEMENT = 0.1  # seconds over the points' span; less is noise

_Point = tuple[float, float]  # media seconds, arrival in wall seconds, both since the anchor


class WallTime:
    """Follows rate and offset between media time and wall time of one connection.

    A packet may come late and never early, so of all packets within a window the one that came earliest, as the rate
    has it, is nearest to the truth (as in the clock filter of NTP, RFC 5905 section 10).  The rate is the slope
    between the earliest of long ago and of late.  Told times follow by the rate and at most `slew_ppm` millionths
    beside it, more while a connection is young and its first packet's lateness unknown: they neither jump nor run
    backwards.  Only when both disagree by more than `reanchor_seconds` (a clock was set, or the camera left something
    out) does it begin anew.
    """

    def __init__(self, slew_ppm: float = 500.0, reanchor_seconds: float = 2.0) -> None:
        self._slew = slew_ppm / 1e6
        self._reanchor_seconds = reanchor_seconds
        self._anchor: tuple[float, datetime] | None = None
        self._media = 0.0
        self._told = 0.0
        self._recent: list[_Point] = []
        self._rate = _Rate()
        self._reanchored = False

    @property
    def reanchored(self) -> bool:
        """Whether the last observation began anew: times before and after it do not compare."""
        return self._reanchored

    def observe(self, media_seconds: float, arrived_wall: datetime) -> datetime:
        """The wall time of `media_seconds`, of which the packet arrived at `arrived_wall`.

        Media times are expected in decoding order; one that is smaller than the last begins anew.
        """
        self._reanchored = False
        if self._anchor is None:
            return self._begin(media_seconds, arrived_wall)
        anchor_media, anchor_wall = self._anchor
        media = media_seconds - anchor_media
        passed = media - self._media
        arrived = (arrived_wall - anchor_wall).total_seconds()
        regular = self._told + passed * self._rate.value
        if passed < 0 or abs(self._earliest(media, arrived) - regular) > self._reanchor_seconds:
            self._reanchored = True
            return self._begin(media_seconds, arrived_wall)
        self._rate.add((media, arrived))
        self._follow(media, passed, self._earliest(media, arrived))
        return anchor_wall + timedelta(seconds=self._told)

    def _begin(self, media_seconds: float, arrived_wall: datetime) -> datetime:
        self._anchor = (media_seconds, arrived_wall)
        self._media = self._told = 0.0
        self._recent = [(0.0, 0.0)]
        self._rate.restart()
        return arrived_wall

    def _earliest(self, media: float, arrived: float) -> float:
        """When this media time was, by whichever packet of the window came earliest."""
        oldest = media - min(max(media / 2, 2.0), WINDOW_SECONDS)
        rate = self._rate.value
        offset = arrived - media * rate
        # A packet that came no earlier than this one, as the rate has it, says nothing more.
        recent = [each for each in self._recent if each[0] >= oldest and each[1] - each[0] * rate < offset]
        recent.append((media, arrived))
        self._recent = recent
        return min(at - counted * rate for counted, at in recent) + media * rate

    def _follow(self, media: float, passed: float, target: float) -> None:
        slew = _EARLY_SLEW if media < _EARLY_SECONDS else max(self._slew, 1 / media)
        regular = passed * self._rate.value
        most = regular * slew
        self._told += regular + min(max(target - self._told - regular, -most), most)
        self._media = media


class _Rate:
    """Wall seconds for each media second: 1 until packets prove another."""

    def __init__(self) -> None:
        self.value = 1.0
        self.restart()

    def restart(self) -> None:
        """Forget the packets, and keep what they taught."""
        self._points: list[_Point] = []
        self._bucket = 1.0

    def add(self, point: _Point) -> None:
        """One point is kept for each bucket of media time; buckets grow with the connection, up to 16 seconds."""
        points = self._points
        if points and point[0] < 2 * _EARLY_SECONDS and point[1] - points[-1][1] < _BURST * (point[0] - points[-1][0]):
            points.clear()  # what came before was late: a GOP that the camera had kept, or a slow beginning
        if points and point[0] // self._bucket == points[-1][0] // self._bucket:
            if self._lateness(point) < self._lateness(points[-1]):
                points[-1] = point
            return
        points.append(point)
        if len(points) > _MOST_POINTS:
            if self._bucket < _LONGEST_BUCKET:
                self._bucket *= 2
                pairs = zip(points[::2], points[1::2], strict=False)
                self._points = points = [min(pair, key=self._lateness) for pair in pairs]
            else:
                del points[0]
        self._learn(points)

    def _learn(self, points: list[_Point]) -> None:
        third = len(points) // 3
        if not third:
            return
        long_ago, of_late = min(points[:third], key=self._lateness), min(points[-third:], key=self._lateness)
        span = of_late[0] - long_ago[0]
        slope = (of_late[1] - long_ago[1]) / span
        if abs(slope - self.value) * span > _LEAST_DISAGREEMENT:
            self.value = min(max(slope, SLOWEST), FASTEST)

    def _lateness(self, point: _Point) -> float:
        return point[1] - point[0] * self.value
