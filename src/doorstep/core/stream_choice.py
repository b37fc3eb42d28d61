"""Which stream of a camera fits a viewer's link: the main one, or the small one while that is too slow for it.

How far behind the viewer is grows exactly while their link carries less than the stream has, and falls while it carries
more: that is what is measured, and no rate is guessed.  Who measures it, and who hands over, live elsewhere.
"""

from collections import deque
from dataclasses import dataclass

from doorstep.core.camera import StreamKind


@dataclass(frozen=True, slots=True)
class ChoiceLimits:
    """Seconds: `behind` for `slow_after` without catching up is too slow; `calm` for `back_after` may be enough."""

    behind: float = 1.5
    slow_after: float = 2.0
    calm: float = 1.0
    back_after: float = 60.0
    longest_back_after: float = 960.0
    """A link that was too slow again within `back_after` gets twice the time before the next try, at most this."""
    unjudged: float = 2.0
    """Who was not looked at for so long was not calm: nothing was sent to them."""


LIMITS = ChoiceLimits()


class StreamChoice:
    """For one viewer, from their first picture on.  Times are monotonic seconds."""

    def __init__(self, stream: StreamKind = StreamKind.MAIN, limits: ChoiceLimits = LIMITS) -> None:
        self.stream = stream
        self._limits = limits
        self._back_after = limits.back_after
        self._behind = deque[tuple[float, float]]()
        self._calm_since: float | None = None
        self._judged_at: float | None = None
        self._returned_at: float | None = None

    def judge(self, at: float, behind: float, *, has_small: bool, skipped: bool = False) -> StreamKind:
        """The stream from now on, for who is so many seconds behind, or `skipped` pictures because of it.

        `has_small`: there is a small stream now.  To be asked a few times a second, while something is sent.
        """
        if not has_small:
            self._begin(StreamKind.MAIN)
        elif self.stream is StreamKind.MAIN:
            if skipped or self._is_slow(at, behind):
                self._leave_main(at)
        elif self._was_calm(at, behind):
            self._returned_at = at
            self._begin(StreamKind.MAIN)
        self._judged_at = at
        return self.stream

    def _is_slow(self, at: float, behind: float) -> bool:
        if behind < self._limits.behind:
            self._behind.clear()
            return False
        self._behind.append((at, behind))
        while len(self._behind) > 1 and at - self._behind[1][0] >= self._limits.slow_after:
            self._behind.popleft()
        then, before = self._behind[0]
        return at - then >= self._limits.slow_after and behind >= before

    def _leave_main(self, at: float) -> None:
        returned = self._returned_at
        soon = returned is not None and at - returned < self._limits.back_after
        longer = min(2 * self._back_after, self._limits.longest_back_after)
        self._back_after = longer if soon else self._limits.back_after
        self._begin(StreamKind.SUB)

    def _was_calm(self, at: float, behind: float) -> bool:
        unjudged = self._judged_at is None or at - self._judged_at > self._limits.unjudged
        if behind >= self._limits.calm:
            self._calm_since = None
        elif self._calm_since is None or unjudged:
            self._calm_since = at
        return self._calm_since is not None and at - self._calm_since >= self._back_after

    def _begin(self, stream: StreamKind) -> None:
        self.stream = stream
        self._behind.clear()
        self._calm_since = None
