"""How fast what waited goes out: the other end lives through it too.  Pure; who sleeps is the publisher."""

TIMES_AS_FAST = 8.0
"""A minute takes eight seconds: quick, and nothing that a server on a small machine has to stumble over."""

LONGEST_STEP_SECONDS = 1.0  # a hole in the times, such as a camera that was away, is no reason to wait
NEGLIGIBLE_SECONDS = 0.01


class Pace:
    """Of one connection; what is sent as it is filmed never waits."""

    def __init__(self, times: float = TIMES_AS_FAST) -> None:
        self._times = times
        self._time: int | None = None
        self._due = float("-inf")

    def wait(self, time: int, at: float) -> float:
        """Seconds until the next packet may go, 0 for now; asked once for each.

        `time` is the packet's running time in milliseconds, `at` is now in monotonic seconds.
        """
        step = 0.0 if self._time is None else max(0, time - self._time) / 1000
        self._time = time if self._time is None else max(self._time, time)
        self._due = max(self._due + min(step, LONGEST_STEP_SECONDS) / self._times, at)
        wait = self._due - at
        return wait if wait > NEGLIGIBLE_SECONDS else 0.0
