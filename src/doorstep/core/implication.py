"""When is a camera itself the trouble?  Counts its crashes; what follows from a fault lives in `pipeline`."""

from collections import deque

MOST_IMPLICATIONS = 3
WINDOW_SECONDS = 600.0


class Implications:
    """How often one camera ended its connection by a crash: of the code that reads it, or by a bug that it wakes.

    Three within ten minutes are a fault of that camera.  Once it is faulted, the next crash is a fault at once, until
    it has been read for ten minutes without one.  Times are monotonic seconds and never fall.
    """

    def __init__(self) -> None:
        self._at: deque[float] = deque(maxlen=MOST_IMPLICATIONS)
        self._faulted = False

    def implicated(self, at: float) -> bool:
        """It was implicated now; whether it is faulted from now on."""
        self._at.append(at)
        within = len(self._at) == MOST_IMPLICATIONS and at - self._at[0] <= WINDOW_SECONDS
        self._faulted = self._faulted or within
        return self._faulted

    def read_well(self, seconds: float) -> None:
        """A connection was live for so long and ended otherwise; enough of it, and the past is forgotten."""
        if seconds >= WINDOW_SECONDS:
            self._faulted = False
            self._at.clear()
