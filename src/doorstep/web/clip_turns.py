"""How many clips are sent at once, and who reads next: nobody's downloads keep another's from beginning."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from anyio import CapacityLimiter
from starlette.requests import Request

from doorstep.web.problems import Refusal

MOST_OPEN = 32
MOST_OF_ONE_ASKER = 8
MOST_READING = 4
"""Threads that read at once: a waiting reader has none, and those who wait get theirs in the order of asking."""

MOST_READING_OFF_SITE = 4
"""Besides, for what comes from outside: a slow line must not hold up who reads from the disk here."""

LARGEST_KEPT = 4 << 20
"""Bytes of a piece whose memory is used again; twice as much may lie idle."""

RETRY = {"Retry-After": "5"}


class ClipTurns:
    """Of one server; on the event loop.

    An open clip costs some megabytes of memory for as long as its reader takes, so their number is bounded.  The
    threads that read go round: whoever had a turn waits behind all others, however fast he takes what he gets.
    """

    def __init__(self, most_open: int = MOST_OPEN, most_of_one: int = MOST_OF_ONE_ASKER) -> None:
        self._most_open = most_open
        self._most_of_one = most_of_one
        self._open: Counter[str] = Counter()
        self.reading = CapacityLimiter(MOST_READING)
        self.reading_off_site = CapacityLimiter(MOST_READING_OFF_SITE)

    @property
    def open(self) -> int:
        """How many are being sent now."""
        return self._open.total()

    @contextmanager
    def sending(self, asker: str) -> Iterator[None]:
        """One clip on its way.  Raises Refusal where there are too many."""
        if self._open[asker] >= self._most_of_one:
            raise Refusal(429, "too-many-clips", f"At most {self._most_of_one} clips at once. Try again.", RETRY)
        if self.open >= self._most_open:
            raise Refusal(503, "too-many-clips", "Too many clips are being sent just now. Try again.", RETRY)
        self._open[asker] += 1
        try:
            yield
        finally:
            self._open[asker] -= 1
            if not self._open[asker]:
                del self._open[asker]


def clip_turns_of(request: Request) -> ClipTurns:
    """Those of this server, made when the first clip is asked for."""
    state = request.app.state
    if not hasattr(state, "clip_turns"):
        _keep_what_is_freed()
        state.clip_turns = ClipTurns()
    turns: ClipTurns = state.clip_turns
    return turns


def _keep_what_is_freed() -> None:
    """Let glibc's malloc give the next piece of a clip the memory of the last one.

    It returns what is larger than the largest block that was ever freed to the kernel (mallopt(3), M_MMAP_THRESHOLD),
    which then clears each page anew: that costs as much as to copy the clip.
    """
    bytes(LARGEST_KEPT)
