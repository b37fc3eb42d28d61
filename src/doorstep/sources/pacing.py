"""When a picture of a stream is due, in real time.  Waiting for it is the source's business."""

from doorstep.ports import Clock

MOST_BEHIND_SECONDS = 10.0


class Pacer:
    """Ties the times of a stream to the clock at the first one, so that waiting never adds up to a drift."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._started_at: float | None = None

    def delay(self, at: float) -> float:
        """Seconds to wait until the stream's second `at` is due; 0 when it is late.

        Who is ten seconds late (the machine stood still) is not let catch up in one burst: the tie is made anew.
        """
        now = self._clock.monotonic()
        if self._started_at is None or now - self._started_at - at > MOST_BEHIND_SECONDS:
            self._started_at = now - at
        return max(0.0, self._started_at + at - now)
