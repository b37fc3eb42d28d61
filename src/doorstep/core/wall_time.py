"""Which wall time a media time of one connection was.  Media time is the camera's, wall time ours."""

from collections import deque
from datetime import datetime, timedelta

WINDOW_SECONDS = 10.0


class WallTime:
    """Follows the offset between media time and wall time of one connection.

    A packet may come late and never early, so of all offsets within a window the smallest is nearest to the truth
    (as in the clock filter of NTP, RFC 5905 section 10).  The offset follows it by at most `slew_ppm` millionths of
    the media time that passed: times neither jump nor run backwards.  Only when both disagree by more than
    `reanchor_seconds` (a clock was set, or the camera left something out) does it begin anew.
    """

    def __init__(self, slew_ppm: float = 500.0, reanchor_seconds: float = 2.0) -> None:
        self._slew = slew_ppm / 1e6
        self._reanchor_seconds = reanchor_seconds
        self._anchor: tuple[float, datetime] | None = None
        self._media = 0.0
        self._offset = 0.0
        self._lateness: deque[tuple[float, float]] = deque()
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
        passed = media_seconds - self._media
        media = media_seconds - anchor_media
        target = self._smallest(media, (arrived_wall - anchor_wall).total_seconds() - media) if passed >= 0 else 0.0
        if passed < 0 or abs(target - self._offset) > self._reanchor_seconds:
            self._reanchored = True
            return self._begin(media_seconds, arrived_wall)
        self._media = media_seconds
        step = self._slew * passed
        self._offset += min(max(target - self._offset, -step), step)
        return anchor_wall + timedelta(seconds=media + self._offset)

    def _begin(self, media_seconds: float, arrived_wall: datetime) -> datetime:
        self._anchor = (media_seconds, arrived_wall)
        self._media, self._offset = media_seconds, 0.0
        self._lateness.clear()
        self._lateness.append((0.0, 0.0))
        return arrived_wall

    def _smallest(self, media: float, offset: float) -> float:
        """The smallest offset within the window; a queue that only rises holds the candidates."""
        while self._lateness and self._lateness[-1][1] >= offset:
            self._lateness.pop()
        self._lateness.append((media, offset))
        while self._lateness[0][0] < media - WINDOW_SECONDS:
            self._lateness.popleft()
        return self._lateness[0][1]
